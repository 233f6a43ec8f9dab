/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation of the keeper.
 *
 * One process per live jail, root in the host's namespaces but for its mount
 * namespace, which is the jail's fence.  It holds what keeps the jail alive and
 * what is needed to remove it: PID 1's pidfd and control socket, descriptors of
 * the cgroups' and the upper layer's parents, the lock on the instance's run
 * directory, the two namespace descriptors that logins get, and for a routed jail
 * a netlink socket.
 *
 * It trusts nobody but root: its socket lies in a directory that only root can
 * search, and asks for the peer's uid besides.  Of the user's processes nothing
 * reaches it but the end of PID 1.
 *
 * A lease is a pair of sockets of which a login's sshd holds the other end.
 * The kernel closes that end however sshd dies, so a lease can't be forgotten;
 * nothing is ever sent on it.  A user's own processes can't prolong one: sshd
 * closes its descriptors before it executes anything.
 *
 * The end: no lease is left and linger is over, or root asks for it, or PID 1
 * dies.  A routed jail is cut off first, since the user's next one has its address.
 * From then on a new login must not find this jail: the listening socket
 * is closed (a set-up that had just connected sees that, and builds anew), then the
 * pointer to this instance is taken back, then PID 1 gets the word,
 * TERM, HUP and KILL are its business, and when it is dead the kernel has freed
 * every process, mount and interface.  What is left is removed here; if this
 * process is killed before, the next login's set-up does it (gc.c).
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>

#include <linux/keyctl.h>

#include "build.h"
#include "gc.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/wire.h"
#include "net.h"

/* PID 1 has its own deadline; this one is for a PID 1 that is stopped or stuck. */
#define INIT_DEADLINE_S 10

enum { POLL_INIT, POLL_SIGNAL, POLL_TIMER, POLL_LISTEN, POLL_FIXED };

struct keeper {
	struct jail *j;
	struct pollfd *poll; /* POLL_FIXED, then one per connection */
	bool *is_lease;	     /* of the same places */
	size_t n, room, leases;
	int64_t started; /* CLOCK_REALTIME */
	bool ending;
};

int keeper_reply(int sock, int verdict, const char *text, const int *fds, size_t nfds)
{
	struct setup_reply reply = {.magic = WIRE_MAGIC, .verdict = (uint32_t)verdict};

	snprintf(reply.text, sizeof reply.text, "%s", text);
	text_defuse(reply.text);
	return send_msg(sock, &reply, sizeof reply, fds, nfds);
}

static int reply_jailed(const struct jail *j, int sock, int lease)
{
	int fds[SETUP_FD_MAX] = {
		[SETUP_FD_FENCE] = j->fence_ns, [SETUP_FD_LEASE] = lease, [SETUP_FD_NET] = j->net_ns};

	return keeper_reply(sock, SETUP_JAILED, "", fds, j->net_ns < 0 ? SETUP_FD_NET : SETUP_FD_MAX);
}

static void set_timer(struct keeper *k, uint64_t seconds)
{
	struct itimerspec t = {.it_value = {.tv_sec = (time_t)seconds}};

	(void)timerfd_settime(k->poll[POLL_TIMER].fd, 0, &t, NULL);
}

static int add_connection(struct keeper *k, int fd, bool lease)
{
	struct pollfd new = {.fd = fd, .events = lease ? 0 : POLLIN};

	if (k->n == k->room) {
		size_t room = k->room * 2;
		struct pollfd *p = reallocarray(k->poll, room, sizeof *p);
		bool *l;

		if (!p)
			return -ENOMEM;
		k->poll = p;
		l = reallocarray(k->is_lease, room, sizeof *l);
		if (!l)
			return -ENOMEM;
		k->is_lease = l;
		k->room = room;
	}
	k->poll[k->n] = new;
	k->is_lease[k->n] = lease;
	k->n++;
	k->leases += lease;
	return 0;
}

/* The last one takes its place. */
static void drop_connection(struct keeper *k, size_t i)
{
	(void)close(k->poll[i].fd);
	k->leases -= k->is_lease[i];
	k->n--;
	k->poll[i] = k->poll[k->n];
	k->is_lease[i] = k->is_lease[k->n];
}

static void accept_all(struct keeper *k)
{
	for (;;) {
		int fd = accept4(k->poll[POLL_LISTEN].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct ucred who;
		socklen_t len = sizeof who;

		if (fd < 0)
			return;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || who.uid != 0 ||
		    add_connection(k, fd, false) < 0)
			(void)close(fd);
	}
}

/*
 * From now on nobody finds this jail.  Who has asked for a lease and got no answer
 * may hold the user's lock meanwhile: it must see the end of its connection before
 * we wait for that lock.
 */
static void withdraw(struct keeper *k)
{
	if (!k->poll)
		return; /* it never was found */
	/* While nobody builds the user's next jail, which has the same address. */
	net_end(k->j);
	scope_close(&k->poll[POLL_LISTEN].fd);
	k->poll[POLL_LISTEN].fd = -1;
	k->j->keeper_sock = -EBADF;
	for (size_t i = POLL_FIXED; i < k->n;)
		if (k->poll[i].events & POLLIN)
			drop_connection(k, i);
		else
			i++;
	state_unset_current(&k->j->state, k->j->id->uid, k->j->instance);
}

static void end_jail(struct keeper *k)
{
	char byte = INIT_END;

	if (k->ending)
		return;
	k->ending = true;
	withdraw(k);
	(void)send_msg(k->j->init_ctl, &byte, 1, NULL, 0);
	set_timer(k, INIT_DEADLINE_S);
}

static void last_lease_gone(struct keeper *k)
{
	if (k->j->set->linger > 0)
		set_timer(k, k->j->set->linger);
	else
		end_jail(k);
}

/* A lease more, its other end sent over sock. */
static int new_lease(struct keeper *k, int sock)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	r = add_connection(k, pair[0], true);
	if (!r) {
		/* If this fails the lease ends when the other end is closed below. */
		r = reply_jailed(k->j, sock, pair[1]);
	} else {
		(void)close(pair[0]);
	}
	(void)close(pair[1]);
	return r;
}

static void give_lease(struct keeper *k, size_t i)
{
	int fd = k->poll[i].fd;
	char text[128];

	if (k->leases >= k->j->set->sessions) {
		log_line(LOG_NOTICE, "%s: refused, %zu logins are the limit (sessions)", k->j->id->name,
			 k->leases);
		snprintf(text, sizeof text, "you are logged in %zu times already, which is the limit",
			 k->leases);
		(void)keeper_reply(fd, SETUP_REFUSED, text, NULL, 0);
		drop_connection(k, i);
		return;
	}
	if (new_lease(k, fd) == 0)
		set_timer(k, 0);
	drop_connection(k, i);
}

static void send_status(struct keeper *k, int fd)
{
	const struct jail *j = k->j;
	struct keeper_status s = {
		.magic = WIRE_MAGIC,
		.uid = j->id->uid,
		.leases = (uint32_t)k->leases,
		.init_pid = (uint32_t)j->init_pid,
		.started = k->started,
	};

	snprintf(s.user, sizeof s.user, "%s", j->id->name);
	snprintf(s.section, sizeof s.section, "%s", j->section);
	cgroup_path(&j->cgroup, j->instance, s.cgroup, sizeof s.cgroup);
	(void)send_msg(fd, &s, sizeof s, NULL, 0);
}

/* Returns true if connection i is gone from its place. */
static bool serve(struct keeper *k, size_t i)
{
	struct keeper_request q;
	int fds[PASS_FDS_MAX], r = recv_msg(k->poll[i].fd, &q, sizeof q, fds);

	for (size_t f = 0; f < PASS_FDS_MAX; f++)
		scope_close(&fds[f]); /* nobody has a reason to send one */
	if (r || q.magic != WIRE_MAGIC) {
		drop_connection(k, i);
		return true;
	}
	switch (q.verb) {
	case KEEPER_LEASE:
		/* Too late: without an answer it goes for the lock, and builds anew. */
		if (k->ending)
			drop_connection(k, i);
		else
			give_lease(k, i);
		return true;
	case KEEPER_KILL:
		/* It stays connected, and sees our end as the jail's. */
		k->poll[i].events = 0;
		end_jail(k);
		return false;
	case KEEPER_STATUS:
		send_status(k, k->poll[i].fd);
		return false;
	default:
		drop_connection(k, i);
		return true;
	}
}

static void finish(struct keeper *k) __attribute__((noreturn));

/* PID 1 is dead, and so is everything that was inside. */
static void finish(struct keeper *k)
{
	struct jail *j = k->j;
	siginfo_t si = {.si_pid = 0};

	(void)waitid(P_PIDFD, (id_t)j->init_pidfd, &si, WEXITED);
	if (!k->ending) {
		log_line(LOG_WARNING, "%s: PID 1 of the jail died unasked (%s %d)", j->id->name,
			 si.si_code == CLD_EXITED ? "status" : "signal", si.si_status);
		withdraw(k);
	}
	log_line(LOG_INFO, "%s: jail %s ended", j->id->name, j->instance);
	build_remove(j);
	_exit(0);
}

/* One turn of the loop over the connections. */
static void serve_all(struct keeper *k)
{
	size_t had = k->leases, had_n = k->n;

	for (size_t i = POLL_FIXED; i < k->n;) {
		short what = k->poll[i].revents;

		k->poll[i].revents = 0;
		if (what & POLLIN) {
			if (serve(k, i))
				continue;
		} else if (what & (POLLHUP | POLLERR | POLLNVAL)) {
			drop_connection(k, i);
			continue;
		}
		i++;
	}
	if (k->leases == 0 && (had > 0 || had_n != k->n) && !k->ending)
		last_lease_gone(k);
}

static void loop(struct keeper *k) __attribute__((noreturn));

static void loop(struct keeper *k)
{
	for (;;) {
		if (poll(k->poll, k->n, -1) < 0)
			continue; /* EINTR is all there can be */
		if (k->poll[POLL_INIT].revents)
			finish(k);
		if (k->poll[POLL_SIGNAL].revents) {
			struct signalfd_siginfo si;

			if (read(k->poll[POLL_SIGNAL].fd, &si, sizeof si) == sizeof si &&
			    si.ssi_signo == SIGTERM) {
						end_jail(k);
			}
		}
		if (k->poll[POLL_TIMER].revents) {
			uint64_t ticks;

			(void)!read(k->poll[POLL_TIMER].fd, &ticks, sizeof ticks);
			if (k->ending)
				(void)syscall(SYS_pidfd_send_signal, k->j->init_pidfd, SIGKILL, NULL, 0);
			else if (k->leases == 0)
				end_jail(k);
		}
		if (k->poll[POLL_LISTEN].fd >= 0 && k->poll[POLL_LISTEN].revents)
			accept_all(k);
		serve_all(k);
	}
}

/*
 * Keep what the rest of a keeper's life needs: signals to PID 1, which is another
 * uid's, removing what a user has made, and with a routed jail cutting that off.
 */
static void drop_capabilities(bool routed)
{
	static const cap_value_t keep[] = {CAP_KILL, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
					   CAP_NET_ADMIN};
	const int n = sizeof keep / sizeof *keep - !routed;
	cap_t caps = cap_init();

	if (!caps || cap_set_flag(caps, CAP_PERMITTED, n, keep, CAP_SET) < 0 ||
	    cap_set_flag(caps, CAP_EFFECTIVE, n, keep, CAP_SET) < 0 || cap_set_proc(caps) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		log_line(LOG_WARNING, "the keeper keeps more capabilities than it needs: %s, ignoring",
			 strerror(errno));
	if (caps)
		(void)cap_free(caps);
}

/* Leave what we share with the login that made us. */
static void detach(void)
{
	sigset_t all;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid();
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		(void)dup2(null, fd);
	scope_close(&null);
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);
	(void)prctl(PR_SET_NAME, "loginjail-keep", 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
}

static int start(struct keeper *k, int reply_fd, struct err *err)
{
	struct jail *j = k->j;
	sigset_t term;
	int r;

	k->room = 16;
	k->poll = calloc(k->room, sizeof *k->poll);
	k->is_lease = calloc(k->room, sizeof *k->is_lease);
	if (!k->poll || !k->is_lease)
		return err_set(err, -ENOMEM, "the keeper");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	k->n = POLL_FIXED;
	k->poll[POLL_INIT] = (struct pollfd){.fd = j->init_pidfd, .events = POLLIN};
	k->poll[POLL_SIGNAL] = (struct pollfd){.fd = signalfd(-1, &term, SFD_CLOEXEC), .events = POLLIN};
	k->poll[POLL_TIMER] =
		(struct pollfd){.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC), .events = POLLIN};
	k->poll[POLL_LISTEN] = (struct pollfd){.fd = j->keeper_sock, .events = POLLIN};
	r = k->poll[POLL_SIGNAL].fd < 0 || k->poll[POLL_TIMER].fd < 0 ? -errno : 0;
	k->started = time(NULL);
	if (r)
		return err_set(err, r, "the keeper's descriptors");
	r = state_set_current(&j->state, j->id->uid, j->instance, err);
	if (r)
		return r;
	r = new_lease(k, reply_fd);
	return r ? err_set(err, r, "handing the jail to the login") : 0;
}

void keeper_run(struct jail *j, int reply_fd, int uid_lock)
{
	struct keeper k = {.j = j};
	struct err err;

	detach();
	if (start(&k, reply_fd, &err)) {
		log_line(LOG_ERR, "%s: %s", j->id->name, err.text);
		(void)syscall(SYS_pidfd_send_signal, j->init_pidfd, SIGKILL, NULL, 0);
		k.ending = true;
		(void)close(reply_fd);
		/* withdraw() takes it. */
		(void)close(uid_lock);
		withdraw(&k);
		finish(&k);
	}
	(void)close(reply_fd);
	/* Others who wait for it find the jail now. */
	(void)close(uid_lock);
	log_line(LOG_INFO, "%s: jail %s of section %s", j->id->name, j->instance, j->section);
	build_finish(j);
	drop_capabilities(j->set->network == NETWORK_ROUTED);
	/* From here on no login waits for us, but its first session does. */
	if (build_open(j, &err)) {
		log_line(LOG_ERR, "%s: %s", j->id->name, err.text);
		(void)syscall(SYS_pidfd_send_signal, j->init_pidfd, SIGKILL, NULL, 0);
	}
	loop(&k);
}
