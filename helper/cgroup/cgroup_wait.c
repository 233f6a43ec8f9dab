/* SPDX-License-Identifier: MIT */
#include "cgroup_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_user.h"
#include "lib/scope.h"

static int milliseconds_to(const struct timespec *end)
{
	struct timespec now;
	int64_t left;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

/* 0: it happened, maybe. */
static int wait_event(int fd, short event, const struct timespec *end)
{
	struct pollfd p = {.fd = fd, .events = event};
	int left = milliseconds_to(end);

	if (left == 0)
		return -ETIMEDOUT;
	return poll(&p, 1, left) < 0 && errno != EINTR ? -errno : 0;
}

/* v2: the kernel tells of a change of cgroup.events since it was read. */
static int wait_populated(int events, const struct timespec *end)
{
	char text[64];
	int r = 0;

	while (r == 0) {
		ssize_t n = pread(events, text, sizeof text - 1, 0);

		text[n > 0 ? n : 0] = '\0';
		if (!strstr(text, "populated 1"))
			return 0;
		r = wait_event(events, POLLPRI, end);
	}
	return r;
}

/* The first process of the group dirfd/path; 0: there is none. */
static pid_t first_member(int dirfd, const char *path)
{
	_cleanup_fclose_ FILE *f = NULL;
	char file[CGROUP_PATH_MAX + 16];
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

/* v1: one process after another. */
static int wait_members(int dirfd, const char *path, const struct timespec *end)
{
	pid_t pid;
	int r = 0;

	while (r == 0 && (pid = first_member(dirfd, path)) > 0) {
		_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

		if (pidfd >= 0)
			r = wait_event(pidfd, POLLIN, end);
		else if (errno != ESRCH && errno != EINVAL) /* it has gone just now, and the number is a thread's */
			r = -errno;
	}
	return r;
}

static int wait_empty(int dirfd, const char *path, const struct timespec *end)
{
	char file[CGROUP_PATH_MAX + 16];
	_cleanup_close_ int events = -EBADF;

	snprintf(file, sizeof file, "%s/cgroup.events", path);
	events = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	return events < 0 ? wait_members(dirfd, path, end) : wait_populated(events, end);
}

int cgroup_wait(const struct cgroup *cg, const char *instance, unsigned int seconds)
{
	static const char *const bases[] = {CGROUP_BASE, CGROUP_UNIT};
	char path[CGROUP_PATH_MAX];
	struct timespec end;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	for (int i = 0; i < cg->ntrees; i++)
		for (size_t b = 0; !r && b < sizeof bases / sizeof *bases; b++) {
			cgroup_group_path(&cg->tree[i], bases[b], instance, path);
			r = wait_empty(cg->tree[i].root, path, &end);
		}
	return r;
}
