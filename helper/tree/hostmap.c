/* SPDX-License-Identifier: MIT */
#include "hostmap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "setup/owner.h"

/* All but base and what follows it; the last number of all is no id. */
static int write_map(const struct jail *j, pid_t pid, const char *file, uint32_t base, struct err *err)
{
	const uint32_t after = base + SUBID_COUNT;
	char path[48], text[128];
	int r;

	snprintf(path, sizeof path, "%d/%s", pid, file);
	snprintf(text, sizeof text, "0 0 %" PRIu32 "\n%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", base, after, after,
		 UINT32_MAX - after);
	r = write_file_at(j->proc, path, text);
	return r ? err_set(err, r, "writing the %s for what is the host's", file) : 0;
}

int hostmap_make(const struct jail *j, struct err *err)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	_cleanup_close_ int until = -EBADF, ns = -EBADF;
	int end[2], r;
	char path[48], byte;
	pid_t pid;

	if (pipe2(end, O_CLOEXEC) < 0)
		return err_set(err, -errno, "a pipe");
	until = end[1];
	/* The namespace is the base uid's, whose allowance it counts to, not root's. */
	r = owner_become(j->sub.uid);
	if (r) {
		(void)close(end[0]);
		return err_set(err, r, "taking the jail's base uid");
	}
	pid = sys_clone3(&args);
	if (pid == 0) {
		/* It is there for its namespace only, and goes when we have that. */
		(void)close(end[1]);
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	r = pid < 0 ? -errno : 0;
	owner_become_root();
	(void)close(end[0]);
	if (r)
		return err_set(err, r, "a user namespace for what is the host's");
	r = write_map(j, pid, "uid_map", j->sub.uid, err);
	if (!r)
		r = write_map(j, pid, "gid_map", j->sub.gid, err);
	snprintf(path, sizeof path, "%d/ns/user", pid);
	ns = r ? r : openat(j->proc, path, O_RDONLY | O_CLOEXEC);
	if (!r && ns < 0)
		r = err_set(err, -errno, "the user namespace for what is the host's");
	scope_close(&until);
	until = -EBADF;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r ? r : take_fd(&ns);
}
