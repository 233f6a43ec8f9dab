/* SPDX-License-Identifier: MIT */
/* A path through ".." is found though somebody renames something all the time. */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/scope.h"
#include "lib/sys.h"
#include "tap.h"
#include "scratch.h"

static pid_t start_renaming(void)
{
	pid_t pid = fork();

	while (pid == 0)
		if (renameat(scratch_fd, "x", scratch_fd, "y") < 0 || renameat(scratch_fd, "y", scratch_fd, "x") < 0)
			_exit(1);
	return pid;
}

int main(void)
{
	int refused = 0;
	pid_t renamer;

	if (!scratch_make())
		return done_testing();
	ok(mkdirat(scratch_fd, "a", 0700) == 0 && mkdirat(scratch_fd, "b", 0700) == 0 &&
		   mkdirat(scratch_fd, "x", 0700) == 0, "(directories)");
	renamer = start_renaming();
	for (int i = 0; i < 100000; i++) {
		_cleanup_close_ int fd = sys_openat2(scratch_fd, "a/../b/../a", O_PATH, 0, RESOLVE_POLICY_IN_ROOT);

		refused += fd < 0;
	}
	is_int(refused, 0, "each time");
	ok(kill(renamer, SIGKILL) == 0 && waitpid(renamer, NULL, 0) == renamer, "(that ends)");
	scratch_remove();
	return done_testing();
}
