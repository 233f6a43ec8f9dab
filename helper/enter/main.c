/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation of loginjail-enter.
 *
 * Runs as the user, in the fence: the only program there that can be executed.
 * The login shell's path and /bin/sh lead to it, so whatever sshd wants to run
 * for the user (shell, ForceCommand, xauth, sshrc) comes here.  It holds nothing
 * worth stealing: no privilege, no file but its three descriptors; and it is the
 * user's own process on the host, so it lets nobody in either: it is not
 * readable, hence not dumpable from birth; it takes no new privileges; its
 * seccomp filter, compiled at build time, knows no way to execute anything.  The
 * filter goes in when the request is out, since the kernel takes its time to
 * compile it, and before anything is read that comes from the jail.
 *
 * It connects to PID 1 of the jail, hands over its stdio, what to run and a few
 * harmless variables, waits for the end, and ends likewise: with the session's
 * exit status, or 128 plus the number of the signal that killed it.
 *
 * Static: no loader, no NSS, no locale, nothing of the environment that a C
 * library would act upon.
 *
 * A terminal that belongs to the jail (sshd opened it in the fence) is given
 * away: enter leads a session on it and lets it go, so that the jailed process
 * can take it.  One that does not (su, login) stays out: see proxy.h.
 *
 * It ends with whoever started it: a command without a terminal would notice nothing
 * of a login that has ended.  PID 1 sees the connection close, and hangs the session up.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "enter_filter.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/wire.h"
#include "proxy.h"
#include "request.h"

#ifndef FENCE_INIT_SOCKET
#define FENCE_INIT_SOCKET "/run/loginjail/init.sock"
#endif
#define SELF LIBEXECDIR "/loginjail-enter"

enum { EXIT_NO_JAIL = 254 };

static void say(const char *text, const char *more)
{
	(void)!write(2, "loginjail: ", 11);
	(void)!write(2, text, strlen(text));
	if (more) {
		(void)!write(2, ": ", 2);
		(void)!write(2, more, strlen(more));
	}
	(void)!write(2, "\n", 1);
}

static int close_doors(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

/* To end with the process that started us, whatever we wait for then and whatever it
 * had blocked. */
static int end_with_parent(void)
{
	const pid_t parent = getppid();
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (signal(SIGTERM, SIG_DFL) == SIG_ERR || sigprocmask(SIG_UNBLOCK, &term, NULL) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		return -errno;
	/* Before the kernel knew. */
	return getppid() == parent ? 0 : -ESRCH;
}

static int set_filter(void)
{
	const struct sock_fprog prog = {.len = sizeof enter_filter / sizeof *enter_filter,
					.filter = enter_filter};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0 ? -errno : 0;
}

static int connect_init(void)
{
	_cleanup_close_ int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = FENCE_INIT_SOCKET};
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (s < 0 || connect(s, (const struct sockaddr *)&sa, sizeof sa) < 0)
		return -errno;
	/* It was root who listened, whoever accepts. */
	if (getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != 0)
		return -EPERM;
	return take_fd(&s);
}

/* Which of 0, 1, 2 are terminals, and which of those are not of the jail? */
static void look_at_stdio(uint32_t *ret_ttys, uint32_t *ret_foreign)
{
	struct stat pts, st;
	struct termios t;
	int ok = stat("/dev/pts", &pts) == 0;

	*ret_ttys = *ret_foreign = 0;
	for (int fd = 0; fd < 3; fd++) {
		if (tcgetattr(fd, &t) < 0)
			continue;
		*ret_ttys |= 1u << fd;
		if (!ok || fstat(fd, &st) < 0 || st.st_dev != pts.st_dev)
			*ret_foreign |= 1u << fd;
	}
}

static int send_request(int conn, const struct request *rq, uint32_t ttys, uint32_t foreign, char **environ_)
{
	static const int stdio[3] = {0, 1, 2};
	struct enter_request q = {.magic = WIRE_MAGIC, .kind = rq->kind};
	struct winsize ws;
	size_t env_len = 0;
	int r;

	if (foreign) {
		q.flags = ENTER_NEW_PTY;
		q.pty_mask = foreign;
		for (int fd = 0; fd < 3; fd++)
			if ((foreign & (1u << fd)) && ioctl(fd, TIOCGWINSZ, &ws) == 0) {
				q.rows = ws.ws_row;
				q.cols = ws.ws_col;
				break;
			}
	} else if (ttys & 1) {
		q.flags = ENTER_TTY;
	}
	for (char **e = environ_; *e; e++)
		if (request_env_allowed(*e, rq->pass_original))
			env_len += strlen(*e) + 1;
	q.command_len = rq->command ? (uint32_t)strlen(rq->command) + 1 : 0;
	q.env_len = (uint32_t)env_len;
	if (env_len > ENTER_STRINGS_MAX || q.command_len > ENTER_STRINGS_MAX)
		return -E2BIG;
	if (q.flags & ENTER_TTY) {
		/* Giving it up hangs us up; the jailed process takes it next. */
		(void)signal(SIGHUP, SIG_IGN);
		(void)ioctl(0, TIOCNOTTY);
	}
	/* A foreign terminal is not handed over at all: /dev/null would do, but the
	 * place must be filled, so its own end of the connection goes there. */
	{
		int fds[3];

		for (int i = 0; i < 3; i++)
			fds[i] = (foreign & (1u << i)) ? conn : stdio[i];
		r = send_msg(conn, &q, sizeof q, fds, 3);
	}
	if (!r && rq->command)
		r = write_all(conn, rq->command, q.command_len);
	for (char **e = environ_; !r && *e; e++)
		if (request_env_allowed(*e, rq->pass_original))
			r = write_all(conn, *e, strlen(*e) + 1);
	return r;
}

static int first_bit(uint32_t mask)
{
	return mask & 1 ? 0 : mask & 2 ? 1 : 2;
}

static int end_like(const struct session_reply *reply)
{
	switch (reply->event) {
	case SESSION_EXITED:
		return (int)(reply->value & 255);
	case SESSION_SIGNALED:
		return 128 + (int)(reply->value & 127);
	case SESSION_REFUSED:
		say("the session could not be started", strerror((int)reply->value));
		return EXIT_NO_JAIL;
	default:
		say("the jail has ended", NULL);
		return EXIT_NO_JAIL;
	}
}

static int wait_end(int conn, uint32_t foreign)
{
	struct session_reply reply;
	int got[PASS_FDS_MAX];

	/* Nothing of the session is ours any more: the client must see the end of its
	 * output when the jailed process closes it. */
	for (int fd = 0; fd < 2 && !foreign; fd++)
		(void)close(fd);
	if (recv_msg(conn, &reply, sizeof reply, got) < 0 || reply.magic != WIRE_MAGIC)
		reply.event = 0;
	else if (reply.event == SESSION_STARTED && foreign && got[0] >= 0)
		reply = proxy_run(conn, first_bit(foreign), got[0], foreign & 1);
	return end_like(&reply);
}

int main(int argc, char **argv, char **envp)
{
	_cleanup_close_ int conn = -EBADF;
	struct request rq;
	uint32_t ttys, foreign;
	int r = close_doors();

	if (r) {
		say("can't lock itself up", strerror(-r));
		return EXIT_NO_JAIL;
	}
	r = end_with_parent();
	if (r) {
		say("can't follow what started it", strerror(-r));
		return EXIT_NO_JAIL;
	}
	if (getuid() == 0 || geteuid() == 0) {
		say("refused: root is never jailed, and has no business here", NULL);
		return EXIT_NO_JAIL;
	}
	if (request_from_args(argc, argv, SELF, getenv("SSH_ORIGINAL_COMMAND"), &rq) < 0) {
		say("as a shell I take '-c COMMAND' or no argument at all", NULL);
		return EXIT_NO_JAIL;
	}
	conn = connect_init();
	if (conn < 0) {
		say("refused: there is no jail here (is pam_loginjail.so in the PAM stack of this service, "
		    "and UsePAM on?)",
		    strerror(-conn));
		return EXIT_NO_JAIL;
	}
	look_at_stdio(&ttys, &foreign);
	r = send_request(conn, &rq, ttys, foreign, envp);
	if (!r || r == -EPIPE || r == -ECONNRESET)
		r = set_filter(); /* a session that hung up has said why */
	else {
		say("asking for a session", strerror(-r));
		return EXIT_NO_JAIL;
	}
	if (r) {
		/* Hanging up ends the session. */
		say("can't lock itself up", strerror(-r));
		return EXIT_NO_JAIL;
	}
	return wait_end(conn, foreign);
}
