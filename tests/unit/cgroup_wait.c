/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the end of all in a group, on directories like the kernel's.  These tell of no change: that is
 * seen on real hosts.
 */
#include <sys/wait.h>

#include "cgroup/cgroup_wait.h"
#include "tap.h"
#include "scratch.h"

#define INSTANCE "1000-0123abcd"

static void v2(const struct cgroup *cg)
{
	static const char events[] = CGROUP_UNIT "/" INSTANCE "/cgroup.events";

	ok(mkdirat(scratch_fd, "loginjail.slice", 0755) == 0 && mkdirat(scratch_fd, CGROUP_UNIT, 0755) == 0 &&
	   mkdirat(scratch_fd, CGROUP_UNIT "/" INSTANCE, 0755) == 0, "(a group below the unit's)");
	ok(put(scratch_fd, events, "populated 0\nfrozen 0\n", 0644), "(v2)");
	is_int(cgroup_wait(cg, INSTANCE, 0), 0, "nobody in it");
	ok(put(scratch_fd, events, "populated 1\nfrozen 0\n", 0644), "(somebody in it)");
	is_int(cgroup_wait(cg, INSTANCE, 0), -ETIMEDOUT, "who stays");
	is_int(cgroup_wait(cg, "1000-11111111", 0), 0, "which is nothing to another");
	ok(put(scratch_fd, events, "populated 0\nfrozen 0\n", 0644), "(left)");
}

static void v1(const struct cgroup *cg)
{
	static const char procs[] = CGROUP_BASE "/" INSTANCE "/cgroup.procs";
	int end[2];
	char text[16];
	pid_t child;

	ok(mkdirat(scratch_fd, CGROUP_BASE, 0755) == 0 && mkdirat(scratch_fd, CGROUP_BASE "/" INSTANCE, 0755) == 0 &&
	   put(scratch_fd, procs, "", 0644) && pipe2(end, O_CLOEXEC) == 0, "(a group of v1)");
	is_int(cgroup_wait(cg, INSTANCE, 0), 0, "nobody in it");
	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		(void)close(end[1]);
		(void)!read(end[0], text, 1);
		_exit(!put(scratch_fd, procs, "", 0644));
	}
	snprintf(text, sizeof text, "%d\n", child);
	ok(put(scratch_fd, procs, text, 0644), "(a process in it)");
	is_int(cgroup_wait(cg, INSTANCE, 0), -ETIMEDOUT, "which stays");
	(void)close(end[0]);
	(void)close(end[1]);
	is_int(cgroup_wait(cg, INSTANCE, 60), 0, "which ends");
	is_int(waitpid(child, NULL, 0), child, "(reaped)");
}

int main(void)
{
	struct cgroup cg = {.ntrees = 1};
	int before;

	if (!scratch_make())
		return done_testing();
	cg.tree[0].root = scratch_fd;
	before = open_fds();
	is_int(cgroup_wait(&cg, INSTANCE, 0), 0, "no group, nobody in it");
	v2(&cg);
	v1(&cg);
	is_int(open_fds(), before, "no descriptor is left");
	scratch_remove();
	return done_testing();
}
