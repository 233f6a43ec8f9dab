/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation of loginjail-init.
 *
 * PID 1 of a jail: uid 0 of the jail's user namespace, which is nobody on the
 * host.  Started by set-up with an empty environment, its control socket on
 * descriptor 3 and the socket that loginjail-enter connects to on 4; static, so
 * that nothing of the jail's tree is ever loaded into it.  What it just holds: on 5
 * the place of this jail among the user's (keeper/slots.h), on 6 there may be the lock
 * of the user's persistent storage.
 *
 * First it makes what set-up's other half, the keeper, can't make from outside:
 * network, ipc and uts namespaces, owned by the jail's user namespace; then, when
 * told that the tree stands ("t" below its working directory), its mount
 * namespace, /proc and /sys, and takes its root (root.c).  All that can fail happens before
 * it says INIT_ROOTED.  From then on it allocates nothing and can't fail; told
 * INIT_OPEN (it is in its cgroup now) it accepts sessions.
 *
 * A session is a forked child that drops every privilege before it reads a byte
 * of what the user's loginjail-enter says (session.c).  One is forked in advance,
 * the spare: it waits on the listening socket with no privilege left, takes the
 * next connection, hands PID 1 a copy of it and goes on, so that neither the fork
 * nor the drop is waited for.  Where there is no spare (the limit on processes)
 * PID 1 accepts itself.  It reads nothing from a user: it keeps the connection to
 * report the end on, and sees when the other side is gone, upon which the session
 * is hung up.  So it is when its terminal was idle for too long (idle.h).
 *
 * Where the user may become root of the jail (INIT_INSIDE_ROOT) that root has our
 * uid, and still is not us: we are not dumpable and were executed from a file that
 * it can't read, no signal from inside reaches PID 1, the capabilities that it can
 * have are fewer than what tracing us takes, and the filter forbids what asks for
 * the uid only, limits and scheduling.
 *
 * The spare is a child of another kind (its end would bring another signal than
 * SIGCHLD), until it executes something.  So the kernel can tell whether there is any
 * process of the user's: orphans are PID 1's children, of the usual kind.
 *
 * It ends when told to or when the keeper is gone: TERM and HUP to all, KILL when
 * the grace is over, and when nobody is left it exits.  In this order, since the
 * kernel would take the lock away from a PID 1 that exits before it kills the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idle.h"
#include "lib/fdio.h"
#include "lib/sys.h"
#include "lib/wire.h"
#include "root.h"
#include "session.h"

#define SOCK 4
#define SLOTS 5
#define LOCK 6

/* What the end of a session that has executed nothing brings. */
#define SPARE_SIGNAL SIGUSR1

/* Between TERM and KILL. */
#define GRACE_S 3

/* Sessions at a time; a login may have ten channels (MaxSessions). */
#define SESSIONS_MAX 1024

enum { POLL_CTL, POLL_SIGNAL, POLL_TIMER, POLL_IDLE, POLL_LISTEN, POLL_SPARE, POLL_FIXED };

/* Static, since nothing may be allocated later. poll[POLL_FIXED + i] is the
 * connection of the session whose process is pid[i]. */
static struct init_spec spec;
static struct sock_filter filter[BPF_MAXINSNS]; /* what is not used takes no memory */
static struct pollfd fds[POLL_FIXED + SESSIONS_MAX];
static pid_t pid[SESSIONS_MAX];
static struct idle idle[SESSIONS_MAX];
static int64_t idle_due = IDLE_NEVER; /* what POLL_IDLE is set to */
static size_t sessions;
static pid_t spare; /* its socket is fds[POLL_SPARE]; 0: none */
static bool ending, watching;
static uint8_t watch; /* the number of what is watched for */

static void set_up_loop(void)
{
	sigset_t all;
	int sfd, tfd, ifd = -1;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	sfd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	tfd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (spec.idle_time)
		ifd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (sfd < 0 || tfd < 0 || (spec.idle_time && ifd < 0) ||
	    fcntl(SOCK, F_SETFD, FD_CLOEXEC) < 0 || fcntl(CTL, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(SOCK, F_SETFL, O_NONBLOCK) < 0)
		give_up("descriptors");
	/* No session has them: it could give them away. */
	if (fcntl(SLOTS, F_SETFD, FD_CLOEXEC) < 0 ||
	    (fcntl(LOCK, F_SETFD, FD_CLOEXEC) < 0 && errno != EBADF))
		give_up("locks");
	fds[POLL_CTL] = (struct pollfd){.fd = CTL, .events = POLLIN};
	fds[POLL_SIGNAL] = (struct pollfd){.fd = sfd, .events = POLLIN};
	fds[POLL_TIMER] = (struct pollfd){.fd = tfd, .events = POLLIN};
	fds[POLL_IDLE] = (struct pollfd){.fd = ifd, .events = POLLIN};
	/* Not polled before INIT_OPEN: who connects waits in the queue. */
	fds[POLL_LISTEN] = (struct pollfd){.fd = -1, .events = POLLIN};
	fds[POLL_SPARE] = (struct pollfd){.fd = -1, .events = POLLIN};
}

/* ---- what can't ------------------------------------------------------------ */

static void report(int conn, uint32_t event, uint32_t value)
{
	const struct session_reply r = {.magic = WIRE_MAGIC, .event = event, .value = value};

	/* Fails where nobody listens any more, and blocks never: the buffer of a
	 * fresh connection holds this. */
	(void)send(conn, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* To the keeper, which never is behind by as many as fit; and we don't wait for it. */
static bool tell_event(uint32_t kind, uint32_t value, uint32_t seconds)
{
	const struct init_event e = {
		.magic = WIRE_MAGIC, .kind = kind, .value = value, .seconds = seconds};

	return send(CTL, &e, sizeof e, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof e;
}

static int session_conn(size_t i)
{
	int fd = fds[POLL_FIXED + i].fd;

	return fd < 0 ? -fd - 1 : fd;
}

static void session_forget(size_t i)
{
	(void)close(session_conn(i));
	sessions--;
	fds[POLL_FIXED + i] = fds[POLL_FIXED + sessions];
	pid[i] = pid[sessions];
	idle[i] = idle[sessions];
}

static void session_note(pid_t child, int conn)
{
	pid[sessions] = child;
	/* Only the hang-up is waited for; what comes in is the child's. */
	fds[POLL_FIXED + sessions] = (struct pollfd){.fd = conn, .events = POLLRDHUP};
	idle[sessions].due = IDLE_NEVER;
	if (spec.idle_time)
		idle_begin(&idle[sessions], spec.idle_time);
	sessions++;
}

/* Fork the next session.  Without one (the jail may have reached its limit on
 * processes) we accept ourselves, and try again then. */
static void make_spare(void)
{
	int pair[2] = {-1, -1};

	if (spare || ending)
		return;
	if (sessions < SESSIONS_MAX && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		spare = sys_fork_signal(SPARE_SIGNAL);
		if (spare == 0) {
			(void)close(pair[0]);
			(void)close(SLOTS);
			(void)close(LOCK);
			(void)close(CTL);
			session_run(&spec, SOCK, pair[1]);
		}
		(void)close(pair[1]);
	}
	if (spare > 0) {
		fds[POLL_SPARE].fd = pair[0];
		fds[POLL_LISTEN].fd = -1;
		return;
	}
	if (pair[0] >= 0)
		(void)close(pair[0]);
	spare = 0;
	fds[POLL_LISTEN].fd = SOCK;
}

/* Its connection has come, or it died; what it was becomes a session. */
static void hear_spare(void)
{
	int got[PASS_FDS_MAX];
	char byte;

	if (recv_msg(fds[POLL_SPARE].fd, &byte, 1, got) == 0 && got[0] >= 0) {
		session_note(spare, got[0]);
		for (int i = 1; i < PASS_FDS_MAX; i++)
			if (got[i] >= 0)
				(void)close(got[i]);
	}
	(void)close(fds[POLL_SPARE].fd);
	fds[POLL_SPARE].fd = -1;
	spare = 0;
	/* The next one is made when this session has ended, or when somebody comes:
	 * now it would take the processor from the session's own start. */
	fds[POLL_LISTEN].fd = SOCK;
}

/* Only while there is no spare. */
static void accept_sessions(void)
{
	int conn;

	if (sessions < SESSIONS_MAX)
		make_spare();
	if (spare)
		return;
	conn = accept4(SOCK, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (conn < 0)
		return;
	report(conn, SESSION_REFUSED, sessions == SESSIONS_MAX ? EMFILE : EAGAIN);
	(void)close(conn);
}

/* Asked by the keeper: has the user no process any more? */
static void look_for_processes(void)
{
	siginfo_t si;

	/* Without __WALL the spare is none. */
	if (!watching || waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD)
		return;
	/* What it can't be told now it is told when the next orphan ends. */
	watching = !tell_event(INIT_ALONE, watch, 0);
}

static void reap(void)
{
	siginfo_t si;

	for (;;) {
		si.si_pid = 0;
		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | __WALL) < 0) {
			if (errno == ECHILD && ending)
				_exit(0);
			break;
		}
		if (si.si_pid == 0)
			break;
		/* It may have become a session, and ended, since we polled. */
		if (si.si_pid == spare)
			hear_spare();
		for (size_t i = 0; i < sessions; i++) {
			if (pid[i] != si.si_pid)
				continue;
			report(session_conn(i), si.si_code == CLD_EXITED ? SESSION_EXITED : SESSION_SIGNALED,
			       (uint32_t)si.si_status);
			session_forget(i);
			break;
		}
	}
	look_for_processes();
	if (fds[POLL_LISTEN].fd >= 0)
		make_spare();
}

static void end_all(void)
{
	const struct itimerspec grace = {.it_value = {.tv_sec = GRACE_S}};

	if (ending)
		return;
	ending = true;
	fds[POLL_LISTEN].fd = -1;
	if (fds[POLL_SPARE].fd >= 0)
		(void)close(fds[POLL_SPARE].fd);
	fds[POLL_SPARE].fd = -1;
	(void)close(SOCK);
	/* HUP is what ends an interactive shell; a stopped one must run to hear it. */
	(void)kill(-1, SIGTERM);
	(void)kill(-1, SIGHUP);
	(void)kill(-1, SIGCONT);
	(void)timerfd_settime(fds[POLL_TIMER].fd, 0, &grace, NULL);
	reap();
}

/* The grace is over.  Who is left is reaped as it goes, and with the last so do we. */
static void kill_all(void)
{
	uint64_t ticks;

	(void)!read(fds[POLL_TIMER].fd, &ticks, sizeof ticks);
	(void)kill(-1, SIGKILL);
	reap();
}

static void open_jail(void)
{
	if (drop_the_rest(&spec) < 0)
		_exit(1);
	make_spare();
}

static void hear_keeper(void)
{
	char word[2];
	ssize_t n = read(CTL, word, sizeof word);

	if (n == 1 && word[0] == INIT_OPEN) {
		open_jail();
		return;
	}
	if (n == 2 && word[0] == INIT_WATCH) {
		watching = true;
		watch = (uint8_t)word[1];
		look_for_processes();
		return;
	}
	/* Told to end, or the keeper is gone. */
	fds[POLL_CTL].fd = -1;
	end_all();
}

/* enter is gone before its session: as when a terminal's other side is closed. */
static void hang_up(size_t i)
{
	(void)kill(-pid[i], SIGHUP);
	(void)kill(-pid[i], SIGCONT);
	/* Not polled again (poll ignores negative ones), but kept. */
	fds[POLL_FIXED + i].fd = -fds[POLL_FIXED + i].fd - 1;
	/* Its terminal is gone, and the number may become another's. */
	idle[i].due = IDLE_NEVER;
}

/* What a terminal does whose other side is closed: the shell, and what runs before it. */
static void hang_up_terminal(size_t i)
{
	pid_t foreground = idle_foreground(pid[i]);

	if (foreground && foreground != pid[i]) {
		(void)kill(-foreground, SIGHUP);
		(void)kill(-foreground, SIGCONT);
	}
	(void)kill(-pid[i], SIGHUP);
	(void)kill(-pid[i], SIGCONT);
	(void)tell_event(INIT_HUNG_UP, idle[i].terminal, 0);
}

static void look_at_terminals(void)
{
	uint64_t ticks;

	(void)!read(fds[POLL_IDLE].fd, &ticks, sizeof ticks);
	idle_due = IDLE_NEVER;
	for (size_t i = 0; i < sessions; i++) {
		int64_t left;

		switch (idle_look(&idle[i], pid[i], spec.idle_time, &left)) {
		case IDLE_WAIT:
			break;
		case IDLE_WARN:
			(void)tell_event(INIT_IDLE, idle[i].terminal, (uint32_t)left);
			break;
		case IDLE_HANG_UP:
			hang_up_terminal(i);
			break;
		case IDLE_KILL:
			/* Then the kernel takes the terminal from all who have it open. */
			(void)kill(pid[i], SIGKILL);
			break;
		}
	}
}

static void set_idle_timer(void)
{
	struct itimerspec t = {.it_value = {.tv_sec = 0}};
	int64_t next = IDLE_NEVER;

	for (size_t i = 0; i < sessions; i++)
		if (idle[i].due < next)
			next = idle[i].due;
	if (next == idle_due)
		return;
	idle_due = next;
	if (next != IDLE_NEVER)
		t.it_value.tv_sec = next;
	(void)timerfd_settime(fds[POLL_IDLE].fd, TFD_TIMER_ABSTIME, &t, NULL);
}

static void __attribute__((noreturn)) loop(void)
{
	for (;;) {
		if (spec.idle_time)
			set_idle_timer();
		if (poll(fds, POLL_FIXED + sessions, -1) < 0)
			continue;
		for (size_t i = 0; i < sessions; i++)
			if (fds[POLL_FIXED + i].revents & (POLLRDHUP | POLLHUP | POLLERR))
				hang_up(i);
		if (fds[POLL_SPARE].fd >= 0 && fds[POLL_SPARE].revents)
			hear_spare();
		if (fds[POLL_SIGNAL].revents) {
			struct signalfd_siginfo si;

			while (read(fds[POLL_SIGNAL].fd, &si, sizeof si) == sizeof si)
				;
			reap();
		}
		if (fds[POLL_IDLE].fd >= 0 && fds[POLL_IDLE].revents)
			look_at_terminals();
		if (fds[POLL_CTL].fd >= 0 && fds[POLL_CTL].revents)
			hear_keeper();
		if (fds[POLL_TIMER].revents)
			kill_all();
		if (fds[POLL_LISTEN].fd >= 0 && fds[POLL_LISTEN].revents)
			accept_sessions();
	}
}

/* What set-up ignores (SIGPIPE), and what posix_spawn does (32 and 33, which the
 * C library won't let us name), would stay ignored in every session. */
static void default_signals(void)
{
	const struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} dfl = {.handler = SIG_DFL};

	for (int s = 1; s <= 64; s++)
		(void)syscall(SYS_rt_sigaction, s, &dfl, NULL, sizeof dfl.mask);
}

int main(void)
{
	int got[PASS_FDS_MAX];

	/* Ours, not the user's: no process of the jail may look into this one. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		give_up("closing itself");
	if (recv_msg(CTL, &spec, sizeof spec, got) < 0 || spec.magic != WIRE_MAGIC ||
	    spec.ngroups > INIT_GROUPS_MAX || spec.nlimits > INIT_LIMITS_MAX || spec.filter_len == 0 ||
	    spec.filter_len > BPF_MAXINSNS || getpid() != 1 ||
	    recv_msg(CTL, filter, spec.filter_len * sizeof *filter, got) < 0)
		return 100;
	(void)syscall(SYS_setsid);
	/* Not that of the login that made us; and should a session's own fail, this. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0 && errno != ENOSYS)
		give_up("a session keyring");
	default_signals();
	make_namespaces(&spec);
	tell(INIT_NETWORK);
	take_root(&spec);
	set_up_loop();
	drop_privileges(&spec, filter);
	/* Still non-dumpable, whatever the changes of credentials did to that. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		give_up("closing itself");
	tell(INIT_ROOTED);
	/* From now on an orderly end is possible when the keeper is gone. */
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		_exit(1);
	loop();
}
