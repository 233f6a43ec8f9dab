/* SPDX-License-Identifier: MIT */
#include "cli/trees.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/scope.h"

#define DEADLINE_S 5

struct answer {
	int r;
	char generation[ROOTFS_GENERATION_MAX];
	struct err err;
};

typedef int look_fn(const char *trees, const char *name, struct answer *a);

static int look_current(const char *trees, const char *name, struct answer *a)
{
	return rootfs_current(trees, name, a->generation, &a->err);
}

static int look_open(const char *trees, const char *name, struct answer *a)
{
	struct rootfs found;
	int r = rootfs_open(trees, name, &found, &a->err);

	rootfs_close(&found);
	return r;
}

/* The one that asks may be stuck for as long as the server is away. */
static _Noreturn void look(look_fn *fn, const char *trees, const char *name, int to)
{
	struct answer a = {0};

	/* Whoever reads what we print does not wait for this one, too. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)close(fd);
	a.r = fn(trees, name, &a);
	_exit(write(to, &a, sizeof a) != sizeof a);
}

static int no_answer(const char *trees, struct err *err)
{
	err_set(err, 0, "%s gives no answer within %d seconds: is the server of that file system away?", trees,
		DEADLINE_S);
	return -ETIMEDOUT;
}

static int ask(look_fn *fn, const char *trees, const char *name, struct answer *ret)
{
	/* Who has given no answer is not waited for again. */
	static char silent[PATH_MAX];
	int ends[2], r;
	struct pollfd p = {.events = POLLIN};
	pid_t pid;

	if (strcmp(silent, trees) == 0)
		return no_answer(trees, &ret->err);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(&ret->err, -errno, "a pipe");
	pid = fork();
	if (pid == 0)
		look(fn, trees, name, ends[1]);
	r = pid < 0 ? -errno : 0;
	(void)close(ends[1]);
	p.fd = ends[0];
	if (r)
		err_set(&ret->err, r, "a process to look at %s", trees);
	else if (poll(&p, 1, DEADLINE_S * 1000) == 0) {
		snprintf(silent, sizeof silent, "%s", trees);
		r = no_answer(trees, &ret->err);
	} else if (read(ends[0], ret, sizeof *ret) != sizeof *ret)
		r = err_set(&ret->err, -EPROTO, "looking at %s", trees);
	(void)close(ends[0]);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, r == -ETIMEDOUT ? WNOHANG : 0);
	}
	return r ? r : ret->r;
}

int trees_current(const char *trees, const char *name, char generation[static ROOTFS_GENERATION_MAX],
		  struct err *err)
{
	struct answer a = {0};
	int r = ask(look_current, trees, name, &a);

	*err = a.err;
	memcpy(generation, a.generation, sizeof a.generation);
	return r;
}

int trees_look(const char *trees, const char *name, struct err *err)
{
	struct answer a = {0};
	int r = ask(look_open, trees, name, &a);

	*err = a.err;
	return r;
}
