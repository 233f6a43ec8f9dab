/* SPDX-License-Identifier: MIT */
/*
 * To look at each process of the host costs a millisecond or some; keepers of a hundred jails
 * with one gate would do it a hundred times.  So who looks writes down what was seen and
 * when, in a file of RUNDIR that root alone can reach, and who comes soon after believes it:
 * but that nothing was there, and which process to look at.  Nobody waits for anybody.
 */
#include "gate/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/scope.h"

/* Of what was seen by another. Below the time between two looks of one (gate.c). */
#define FRESH_MS 400

struct seen {
	int64_t at; /* CLOCK_BOOTTIME, ms */
	int64_t pid; /* 0: none */
};

void gate_process_make(struct gate *g)
{
	const char *user = g->spec->user;
	const struct passwd *pw;

	if (!user) {
		g->uid = 0;
		return;
	}
	if (*user == '#') {
		g->uid = (uid_t)strtoul(user + 1, NULL, 10);
		return;
	}
	pw = getpwnam(user);
	if (pw)
		g->uid = pw->pw_uid;
	else
		gate_set(g, GATE_UNFIT, "there is no user '%s' whose process it could be", user);
}

/* Where the values of that key begin, behind its tab. */
static const char *values_of(const char *status, const char *key)
{
	const char *p = strstr(status, key);

	return p && p[strlen(key)] == '\t' ? p + strlen(key) + 1 : NULL;
}

bool gate_process_counts(const char *status, uid_t uid)
{
	const char *uids = values_of(status, "\nUid:"), *pids = values_of(status, "\nNSpid:");
	const char *state = values_of(status, "\nState:");
	unsigned int u[4];

	if (!uids || !pids || !state || sscanf(uids, "%u %u %u %u", &u[0], &u[1], &u[2], &u[3]) != 4)
		return false;
	for (int i = 0; i < 4; i++)
		if (u[i] != uid)
			return false;
	/* More than one number: it is in a pid namespace below. */
	return pids[strspn(pids, "0123456789")] == '\n' && *state != 'Z' && *state != 'X';
}

/* Does the file PID/FILE of /proc say that? */
static bool has_name(const struct gate *g, const char *pid)
{
	char path[32], name[32];
	ssize_t n;

	snprintf(path, sizeof path, "%.15s/comm", pid);
	n = read_file_at(g->proc, path, name, sizeof name);
	if (n <= 0 || name[n - 1] != '\n')
		return false;
	name[n - 1] = '\0';
	return strcmp(name, g->spec->name) == 0;
}

/* A descriptor of the process, if it is one that counts; or negative. */
static int take(const struct gate *g, const char *pid)
{
	_cleanup_close_ int fd = -EBADF;
	char path[32], status[4096];
	struct pollfd ended;

	if (!has_name(g, pid))
		return -ESRCH;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0);
	if (fd < 0)
		return -errno;
	snprintf(path, sizeof path, "%.15s/status", pid);
	if (read_file_at(g->proc, path, status, sizeof status) <= 0 || !gate_process_counts(status, g->uid) ||
	    !has_name(g, pid))
		return -ESRCH;
	/* Still the one that the descriptor is of, so it was when we read. */
	ended = (struct pollfd){.fd = fd, .events = POLLIN};
	return poll(&ended, 1, 0) == 0 ? take_fd(&fd) : -ESRCH;
}

static int find(const struct gate *g, int64_t *ret_pid)
{
	int fd = openat(g->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	*ret_pid = 0;
	if (!d) {
		scope_close(&fd);
		return -ENOMEM;
	}
	while ((e = readdir(d))) {
		if (e->d_name[strspn(e->d_name, "0123456789")])
			continue;
		fd = take(g, e->d_name);
		if (fd < 0)
			continue;
		*ret_pid = strtol(e->d_name, NULL, 10);
		return fd;
	}
	return -ESRCH;
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The file for that gate, with its lock; negative: there is none, or somebody looks just now. */
static int open_seen(const struct gate *g)
{
	_cleanup_close_ int fd = -EBADF;
	char path[64];

	if (g->run < 0 || (mkdirat(g->run, "gate", 0700) < 0 && errno != EEXIST))
		return -EBADF;
	snprintf(path, sizeof path, "gate/%u-%s", g->uid, g->spec->name);
	fd = openat(g->run, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -EBADF;
	return take_fd(&fd);
}

void gate_process_look(struct gate *g)
{
	_cleanup_close_ int file = -EBADF;
	struct seen seen = {0};
	bool ended = g->state == GATE_OPEN, fresh;
	char pid[24];
	int found = -ESRCH;

	if (g->state == GATE_UNFIT)
		return;
	scope_close(&g->pidfd);
	g->pidfd = -EBADF;
	gate_set(g, GATE_CLOSED, "no such process");
	file = open_seen(g);
	/* The next look is soon. */
	if (file == -EAGAIN && !ended)
		return;
	fresh = !ended && file >= 0 && pread(file, &seen, sizeof seen, 0) == sizeof seen && seen.at <= now_ms() &&
		now_ms() - seen.at < FRESH_MS;
	if (fresh && seen.pid > 0) {
		snprintf(pid, sizeof pid, "%lld", (long long)seen.pid);
		found = take(g, pid);
	}
	/* That what was seen has ended meanwhile says nothing about others. */
	if (found < 0 && (!fresh || seen.pid > 0)) {
		seen.at = now_ms();
		found = find(g, &seen.pid);
		if (file >= 0)
			(void)!pwrite(file, &seen, sizeof seen, 0);
	}
	if (found < 0)
		return;
	g->pidfd = found;
	gate_set(g, GATE_OPEN, "%s", "");
}
