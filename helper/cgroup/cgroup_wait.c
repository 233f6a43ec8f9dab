/* SPDX-License-Identifier: MIT */
#include "cgroup_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/scope.h"

/* The first process of the group dirfd/path; 0: there is none. */
static pid_t first_member(int dirfd, const char *path)
{
	_cleanup_fclose_ FILE *f = NULL;
	char file[sizeof CGROUP_UNIT + 96];
	int fd, pid = 0;

	snprintf(file, sizeof file, "%s/cgroup.procs", path);
	fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		scope_close(&fd);
		return 0;
	}
	return fscanf(f, "%d", &pid) == 1 ? pid : 0;
}

static int wait_empty(int dirfd, const char *path, const struct timespec *end)
{
	struct timespec now;
	pid_t pid;

	while ((pid = first_member(dirfd, path)) > 0) {
		_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		struct pollfd p = {.fd = pidfd, .events = POLLIN};

		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= end->tv_sec)
			return -ETIMEDOUT;
		/* It may have gone just now. */
		if (pidfd >= 0 && poll(&p, 1, (int)(end->tv_sec - now.tv_sec) * 1000) < 0 && errno != EINTR)
			return -errno;
	}
	return 0;
}

int cgroup_wait(const struct cgroup *cg, const char *instance, unsigned int seconds)
{
	static const char *const bases[] = {CGROUP_BASE, CGROUP_UNIT};
	char path[sizeof CGROUP_UNIT + 64];
	struct timespec end;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	for (int i = 0; i < cg->ntrees; i++)
		for (size_t b = 0; !r && b < sizeof bases / sizeof *bases; b++) {
			snprintf(path, sizeof path, "%s/%s", bases[b], instance);
			r = wait_empty(cg->tree[i].root, path, &end);
		}
	return r;
}
