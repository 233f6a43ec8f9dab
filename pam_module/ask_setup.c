/* SPDX-License-Identifier: MIT */
#include "ask_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/scope.h"

#define SETUP LIBEXECDIR "/loginjail-setup"

/* A little more than set-up gives itself. */
#define ANSWER_DEADLINE_S 70

/* posix_spawn, since it shares our memory until the exec: forking an sshd takes
 * longer than all that set-up does for a live jail. */
static int start(char *const argv[], int sock, pid_t *ret_pid)
{
	char *const envp[] = {NULL};
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
	if (!r)
		r = posix_spawn(ret_pid, SETUP, &fa, &at, argv, envp);
	(void)posix_spawnattr_destroy(&at);
	(void)posix_spawn_file_actions_destroy(&fa);
	return -r;
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

/* The account's groups, asked here since sshd has the name services loaded.  An
 * account that can't be found has unknown groups, not none: no answer. */
static int send_request(int sock, const char *user)
{
	struct setup_request q = {.magic = WIRE_MAGIC};
	_cleanup_free_ char *buf = NULL;
	int n = SETUP_GROUPS_MAX, r;
	struct passwd pw;

	r = find_account(user, &pw, &buf);
	if (r)
		return r;
	if (getgrouplist(pw.pw_name, pw.pw_gid, q.groups, &n) < 0)
		return -E2BIG;
	q.ngroups = (uint32_t)n;
	return send_msg(sock, &q, offsetof(struct setup_request, groups) + q.ngroups * sizeof *q.groups,
			NULL, 0);
}

static void reap(struct setup_call *call, bool hung)
{
	const struct sigaction dfl = {.sa_handler = SIG_DFL};
	struct sigaction was;
	siginfo_t si;

	if (call->by != getpid())
		return;
	/* An application that ignores SIGCHLD may have had our child reaped for us. */
	if (sigaction(SIGCHLD, &dfl, &was) < 0)
		return;
	/* It hangs: it must not hang us as well.  Still our child, so the pid is its. */
	if (hung && waitid(P_PID, (id_t)call->pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0)
		(void)kill(call->pid, SIGKILL);
	while (waitpid(call->pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGCHLD, &was, NULL);
}

void setup_abandon(struct setup_call *call)
{
	scope_close(&call->sock);
	call->sock = -EBADF;
	reap(call, false);
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
	r = start(argv, theirs, &ret->pid);
	if (r)
		return r;
	r = send_request(ours, user);
	(void)shutdown(ours, SHUT_WR);
	ret->sock = take_fd(&ours);
	ret->by = getpid();
	if (r)
		setup_abandon(ret);
	return r;
}

int setup_wait(struct setup_call *call, struct setup_reply *reply, int fds[PASS_FDS_MAX])
{
	int r = recv_msg(call->sock, reply, sizeof *reply, fds);

	scope_close(&call->sock);
	call->sock = -EBADF;
	reap(call, r != 0);
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
