/* SPDX-License-Identifier: MIT */
/*
 * What tests of files and mounts share: a directory that goes away at the end, mounts
 * that nobody else sees, and a count of open descriptors.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char scratch[] = "/tmp/loginjail-unit.XXXXXX";
static int scratch_fd = -EBADF;

/* Make the directory.  Returns false, and has said so, if that can't be done. */
__attribute__((unused)) static bool scratch_make(void)
{
	umask(022);
	if (!mkdtemp(scratch))
		return ok(false, "make a scratch directory");
	scratch_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return scratch_fd >= 0 || ok(false, "open the scratch directory");
}

__attribute__((unused)) static void scratch_remove(void)
{
	char command[64];

	(void)close(scratch_fd);
	snprintf(command, sizeof command, "rm -rf %s", scratch);
	while (umount2(scratch, MNT_DETACH) == 0)
		;
	ok(system(command) == 0, "(clean up)");
}

/* Mounts of our own.  Returns NULL, or why that can't be had. */
__attribute__((unused)) static const char *private_mounts(void)
{
	if (getuid() != 0)
		return "needs root, for mounts of its own";
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return "needs a mount namespace of its own";
	return NULL;
}

__attribute__((unused)) static bool tmpfs_on(const char *where)
{
	return ok(mount("tmpfs", where, "tmpfs", 0, "mode=0755") == 0, "(a tmpfs on %s)", where);
}

__attribute__((unused)) static bool put(int dirfd, const char *path, const char *text, mode_t mode)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0;

	if (fd >= 0)
		(void)close(fd);
	return good || ok(false, "make %s: %s", path, strerror(errno));
}

/* Not by /proc/self/fd, which some tests cover. */
__attribute__((unused)) static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 512; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

#endif
