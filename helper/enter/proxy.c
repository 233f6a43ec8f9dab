/* SPDX-License-Identifier: MIT */
#include "proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/scope.h"

/* One direction: what was read and is not yet written. */
struct pipe {
	char buf[4096];
	size_t from, to;
};

static bool pipe_empty(const struct pipe *p)
{
	return p->from == p->to;
}

/* Returns false at the end of the input. */
static bool pipe_fill(struct pipe *p, int fd)
{
	ssize_t n = read(fd, p->buf, sizeof p->buf);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	p->from = 0;
	p->to = (size_t)n;
	return true;
}

static void pipe_drain(struct pipe *p, int fd)
{
	ssize_t n = write(fd, p->buf + p->from, p->to - p->from);

	if (n > 0)
		p->from += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		p->from = p->to; /* nobody will read it */
}

static void copy_size(int tty, int master)
{
	struct winsize ws;

	if (ioctl(tty, TIOCGWINSZ, &ws) == 0)
		(void)ioctl(master, TIOCSWINSZ, &ws);
}

/* What the session has written before it ended. */
static void drain_all(struct pipe *p, int master, int tty)
{
	do {
		while (!pipe_empty(p))
			pipe_drain(p, tty);
	} while (pipe_fill(p, master) && !pipe_empty(p));
}

static struct session_reply copy(int conn, int tty, int master, int sigfd, bool input)
{
	enum { CONN, SIGNAL, TTY, MASTER };
	struct pipe in = {.to = 0}, out = {.to = 0};
	struct session_reply reply = {.event = 0};
	struct pollfd p[] = {
		[CONN] = {.fd = conn, .events = POLLIN},
		[SIGNAL] = {.fd = sigfd, .events = POLLIN},
		[TTY] = {.fd = tty},
		[MASTER] = {.fd = master},
	};

	for (;;) {
		p[TTY].events = (short)((input && pipe_empty(&in) ? POLLIN : 0) | (pipe_empty(&out) ? 0 : POLLOUT));
		p[MASTER].events =
			(short)((pipe_empty(&out) ? POLLIN : 0) | (pipe_empty(&in) ? 0 : POLLOUT));
		if (poll(p, 4, -1) < 0)
			continue;
		if (p[CONN].revents) {
			int got[PASS_FDS_MAX];

			if (recv_msg(conn, &reply, sizeof reply, got) < 0)
				reply.event = 0;
			drain_all(&out, master, tty);
			return reply;
		}
		if (p[SIGNAL].revents) {
			struct signalfd_siginfo si;

			if (read(sigfd, &si, sizeof si) == sizeof si && si.ssi_signo != SIGWINCH)
				return reply; /* closing conn hangs the session up */
			copy_size(tty, master);
		}
		/* The session is hung up: POLLHUP would come again and again. */
		if ((p[TTY].revents & POLLOUT) || !pipe_empty(&out))
			pipe_drain(&out, tty);
		if ((p[MASTER].revents & POLLOUT) || !pipe_empty(&in))
			pipe_drain(&in, master);
		/* A raw terminal ends only by being hung up, and closing conn hangs the
		 * session up in turn; no signal need have come. */
		if (p[TTY].revents & (POLLHUP | POLLERR))
			return reply;
		if (input && (p[TTY].revents & POLLIN) && pipe_empty(&in) && !pipe_fill(&in, tty))
			return reply;
		if ((p[MASTER].revents & (POLLIN | POLLHUP)) && pipe_empty(&out) && !pipe_fill(&out, master))
			p[MASTER].fd = -1;
	}
}

struct session_reply proxy_run(int conn, int tty, int master, bool input)
{
	struct session_reply reply = {.event = 0};
	struct termios was, raw;
	sigset_t caught;
	int sigfd;

	sigemptyset(&caught);
	sigaddset(&caught, SIGWINCH);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGQUIT);
	(void)sigprocmask(SIG_BLOCK, &caught, NULL);
	sigfd = signalfd(-1, &caught, SFD_CLOEXEC);
	if (sigfd < 0 || fcntl(master, F_SETFL, O_NONBLOCK) < 0 || tcgetattr(tty, &was) < 0)
		return reply;
	raw = was;
	if (input)
		cfmakeraw(&raw);
	if (tcsetattr(tty, TCSADRAIN, &raw) < 0)
		return reply;
	copy_size(tty, master);
	reply = copy(conn, tty, master, sigfd, input);
	(void)tcsetattr(tty, TCSADRAIN, &was);
	scope_close(&sigfd);
	return reply;
}
