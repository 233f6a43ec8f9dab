/* SPDX-License-Identifier: MIT */
#include "ask_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/compare.h"
#include "lib/scope.h"

#define SETUP LIBEXECDIR "/loginjail-setup"

/* A little more than set-up gives itself. */
#define ANSWER_DEADLINE_S 70

struct spawn {
	char *const *argv;
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attributes;
	int r;
};

static int spawn_setup(void *arg)
{
	char *const envp[] = {NULL};
	struct spawn *s = arg;
	pid_t pid;

	/* Under su the real uid is the caller's, who may signal what has it: us, before
	 * set-up has left our memory, and the keeper later.  By system call: the C
	 * library would change the application's other threads. */
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0) {
		s->r = errno;
		return 0;
	}
	s->r = posix_spawn(&pid, SETUP, s->actions, s->attributes, s->argv, envp);
	return 0;
}

/*
 * Set-up becomes the keeper, which outlives the login: it must be no child of the
 * application's.  So a process in between starts it and ends at once.  All of them
 * share our memory until the exec: forking an sshd takes longer than all that
 * set-up does for a live jail.  The one in between sends no SIGCHLD and is seen by
 * nobody's wait() but this one, whatever the application does about its children.
 */
static int spawn_orphan(struct spawn *s)
{
	char stack[16384] __attribute__((aligned(16)));
	sigset_t all, was;
	int r, status = 0;
	pid_t between;

	/* A handler of the application's must not run in it. */
	sigfillset(&all);
	r = pthread_sigmask(SIG_SETMASK, &all, &was);
	if (r)
		return -r;
	between = clone(spawn_setup, stack + sizeof stack, CLONE_VM | CLONE_VFORK, s);
	if (between < 0)
		s->r = errno;
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	while (between > 0 && waitpid(between, &status, __WALL) < 0 && errno == EINTR)
		;
	/* What it started may be in our memory still, on a stack that we would use. */
	if (WIFSIGNALED(status)) {
		syslog(LOG_AUTHPRIV | LOG_CRIT, "pam_loginjail: what starts %s was killed: login refused", SETUP);
		_exit(EXIT_FAILURE);
	}
	return -s->r;
}

static int start(char *const argv[], int sock)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawn_file_actions_init(&fa);
	if (r)
		return -r;
	r = posix_spawnattr_init(&at);
	if (r) {
		(void)posix_spawn_file_actions_destroy(&fa);
		return -r;
	}
	for (int fd = 0; !r && fd < 3; fd++)
		r = posix_spawn_file_actions_addopen(&fa, fd, "/dev/null", O_RDWR, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&fa, sock, SETUP_REPLY_FD);
	if (!r)
		r = posix_spawn_file_actions_addclosefrom_np(&fa, SETUP_REPLY_FD + 1);
	if (!r)
		r = posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							  POSIX_SPAWN_SETSID);
	if (!r)
		r = posix_spawnattr_setsigmask(&at, &none);
	if (!r)
		r = posix_spawnattr_setsigdefault(&at, &all);
	r = r ? -r : spawn_orphan(&(struct spawn){.argv = argv, .actions = &fa, .attributes = &at});
	(void)posix_spawnattr_destroy(&at);
	(void)posix_spawn_file_actions_destroy(&fa);
	return r;
}

/* Look the account up, in *buf, which is the caller's. */
static int find_account(const char *user, struct passwd *pw, char **buf)
{
	struct passwd *found = NULL;
	int r = ERANGE;

	for (size_t size = 4096; r == ERANGE && size <= 1u << 20; size *= 2) {
		char *more = realloc(*buf, size);

		if (!more)
			return -ENOMEM;
		*buf = more;
		r = getpwnam_r(user, pw, more, size, &found);
	}
	return r ? -r : found ? 0 : -ESRCH;
}

static int ask_groups(const struct passwd *pw, gid_t groups[SETUP_GROUPS_MAX], int *n)
{
	*n = SETUP_GROUPS_MAX;
	if (getgrouplist(pw->pw_name, pw->pw_gid, groups, n) < 0)
		return -E2BIG;
	/* Services that are asked together answer in any order. */
	qsort(groups, (size_t)*n, sizeof *groups, compare_ids);
	return 0;
}

/* A name service that fails has no error here, but groups that are missing: twice the
 * same is an answer.  One may have changed between the first two. */
static int find_groups(const struct passwd *pw, gid_t groups[SETUP_GROUPS_MAX], int *n)
{
	gid_t before[SETUP_GROUPS_MAX];
	int m, r = ask_groups(pw, groups, n);

	for (int tries = 0; !r && tries < 2; tries++) {
		m = *n;
		memcpy(before, groups, (size_t)m * sizeof *before);
		r = ask_groups(pw, groups, n);
		if (!r && *n == m && memcmp(groups, before, (size_t)m * sizeof *before) == 0)
			return 0;
	}
	return r ? r : -EIO;
}

/* The account's groups, asked here since sshd has the name services loaded.  An
 * account that can't be found has unknown groups, not none: no answer. */
static int send_request(int sock, const char *user)
{
	struct setup_request q = {.magic = WIRE_MAGIC};
	_cleanup_free_ char *buf = NULL;
	int n = SETUP_GROUPS_MAX, r;
	struct passwd pw;

	r = find_account(user, &pw, &buf);
	if (!r)
		r = find_groups(&pw, q.groups, &n);
	if (r)
		return r;
	q.ngroups = (uint32_t)n;
	return send_msg(sock, &q, offsetof(struct setup_request, groups) + q.ngroups * sizeof *q.groups,
			NULL, 0);
}

void setup_abandon(struct setup_call *call)
{
	scope_close(&call->sock);
	call->sock = -EBADF;
}

int setup_start(const char *conf, const char *service, const char *user, struct setup_call *ret)
{
	char *const argv[] = {(char *)"loginjail-setup", (char *)conf, (char *)service, (char *)user, NULL};
	const struct timeval patience = {.tv_sec = ANSWER_DEADLINE_S};
	_cleanup_close_ int ours = -EBADF, theirs = -EBADF;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	/* Above what it will become, so that dup2 also clears its close-on-exec. */
	theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, SETUP_REPLY_FD + 1);
	(void)close(pair[1]);
	if (theirs < 0 || setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
		return -errno;
	r = start(argv, theirs);
	if (r)
		return r;
	r = send_request(ours, user);
	ret->sock = take_fd(&ours);
	ret->by = getpid();
	if (r)
		setup_abandon(ret);
	return r;
}

int setup_wait(struct setup_call *call, struct setup_reply *reply, int fds[PASS_FDS_MAX])
{
	int r;

	/* This is how set-up knows that the session has come. */
	(void)shutdown(call->sock, SHUT_WR);
	r = recv_msg(call->sock, reply, sizeof *reply, fds);
	scope_close(&call->sock);
	call->sock = -EBADF;
	if (r)
		return r;
	reply->text[sizeof reply->text - 1] = '\0';
	if (reply->magic != WIRE_MAGIC) {
		for (int i = 0; i < PASS_FDS_MAX; i++) {
			scope_close(&fds[i]);
			fds[i] = -EBADF;
		}
		return -EPROTO;
	}
	return 0;
}
