/* SPDX-License-Identifier: MIT */
/* System calls that the C library of our floor (glibc 2.36) does not wrap. */
#ifndef LOGINJAIL_SYS_H
#define LOGINJAIL_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * Named ways to resolve a path, so that each place says what it trusts.
 * PLAIN:   an administrator's absolute path; it may hold no symbolic link, so
 *          that what was written is what is opened.
 * BENEATH: a path below a descriptor that somebody else may be changing: it
 *          can't leave that directory, follow a link, or cross a mount.
 * IN_ROOT: a path inside a tree that will be somebody's root: absolute links
 *          are taken from that root.
 * ATTACH:  a mount point in such a tree. We have made it, so a link on the way is
 *          somebody's who wants the mount elsewhere.
 */
#define RESOLVE_POLICY_PLAIN (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
#define RESOLVE_POLICY_BENEATH \
	(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
#define RESOLVE_POLICY_IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define RESOLVE_POLICY_ATTACH (RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

static inline int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode,
			      uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};

	int fd, tries = 64;

	/* EAGAIN: it passed a "..", while something of the host's was renamed or mounted. */
	do
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
	while (fd < 0 && errno == EAGAIN && (resolve & (RESOLVE_IN_ROOT | RESOLVE_BENEATH)) && --tries > 0);
	return fd;
}

static inline pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

/* fork(2) of a child whose end brings another signal than SIGCHLD; by the older call,
 * which a filter can look into and so need not forbid. */
static inline pid_t sys_fork_signal(int signal)
{
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, 0, signal, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, signal, 0, 0, 0, 0);
#endif
}

#endif
