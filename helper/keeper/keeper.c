/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation of the keeper.
 *
 * One process per live jail, root in the host's namespaces but for its mount
 * namespace, a copy of the jail's fence without its mounts.  It holds what keeps the jail alive and
 * what is needed to remove it: PID 1's pidfd and control socket, descriptors of
 * the cgroups' and the upper layer's parents, the locks on the instance's run
 * directory and on a persistent storage, the two namespace descriptors that logins
 * get, the kernel's log, and for a routed jail three netlink sockets: when the rules for its
 * network are gone, it takes the host's end of the link down, and with its gate, or by hand,
 * it closes and opens the jail's end.  For a gate it holds the host's root directory, /proc and
 * mount table, to be looked at, not written.
 *
 * It trusts nobody but root: its socket lies in a directory that only root can
 * search, and asks for the peer's uid besides.  Of the user's processes nothing
 * reaches it but the end of PID 1, PID 1's word that none is left or that a
 * terminal is idle, and the kernel's word that they have hit a limit
 * (limit_watch.h).  It opens nothing of theirs: a process of its own, that may hang,
 * writes to their terminals (notice.c).
 *
 * A lease is a pair of sockets of which a login's sshd holds the other end.
 * The kernel closes that end however sshd dies, so a lease can't be forgotten;
 * nothing is ever sent on it.  A user's own processes can't prolong one: sshd
 * closes its descriptors before it executes anything.  A login that has lasted
 * session_time is told to end (login.h), and its lease closes with it.
 *
 * A jail that is its login's alone (scope = session) is found by nobody: there is
 * no pointer to it, and it ends with its one lease.
 *
 * The end: no lease is left and linger is over, or root asks for it, or PID 1
 * dies.  A routed jail is cut off first, since the user's next one has its address.
 * From then on a new login must not find this jail: the listening socket
 * is closed (a set-up that had just connected sees that, and builds anew), then the
 * pointer to this instance is taken back, then PID 1 gets the word,
 * TERM, HUP and KILL are its business, and when it is dead the kernel has freed
 * every process, mount and interface.  Only then may the user's next jail be built
 * (slots.h).  What is left is removed here; if this process is killed before, the next
 * login's set-up does it (gc.c).
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>

#include <linux/keyctl.h>

#include "accounting.h"
#include "cgroup/cgroup_user.h"
#include "cgroup/cgroup_wait.h"
#include "confine.h"
#include "setup/build.h"
#include "setup/gc.h"
#include "keeper_parts.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/wire.h"
#include "limit_watch.h"
#include "login.h"
#include "setup/fence.h"
#include "setup/net.h"
#include "notice.h"
#include "oom_victim.h"

/* PID 1 has its own deadline; this one is for a PID 1 that is stopped or stuck. */
#define INIT_DEADLINE_S 10
/* For processes that root has put into the group, which are killed with it where the kernel can. */
#define OUTSIDERS_S 2

int keeper_reply(int sock, int verdict, const char *text, const int *fds, size_t nfds)
{
	struct setup_reply reply = {.magic = WIRE_MAGIC, .verdict = (uint32_t)verdict};

	snprintf(reply.text, sizeof reply.text, "%s", text);
	text_defuse(reply.text);
	return send_msg(sock, &reply, sizeof reply, fds, nfds);
}

static void accept_all(struct keeper *k)
{
	for (;;) {
		int fd = accept4(k->poll[POLL_LISTEN].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct ucred who;
		socklen_t len = sizeof who;

		if (fd < 0) {
			/* No descriptor for it, or no memory: it would be heard of again
			 * at once.  Who waits there goes away, or gets one later. */
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				listen_rest(k);
			return;
		}
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || who.uid != 0 ||
		    connection_add(k, fd, NULL) < 0)
			(void)close(fd);
	}
}

static void set_timer(struct keeper *k, uint64_t seconds)
{
	struct itimerspec t = {.it_value = {.tv_sec = (time_t)seconds}};

	(void)timerfd_settime(k->poll[POLL_TIMER].fd, 0, &t, NULL);
}

/*
 * From now on nobody finds this jail.  Who has asked for a lease and got no answer
 * may hold the user's lock meanwhile: it must see the end of its connection before
 * we wait for that lock.
 */
static void withdraw(struct keeper *k)
{
	int r;

	if (!k->poll)
		return; /* it never was found */
	/* While nobody builds the user's next jail, which has the same address. */
	net_end(k->j);
	scope_close(&k->poll[POLL_LISTEN].fd);
	k->poll[POLL_LISTEN].fd = -1;
	k->j->keeper_sock = -EBADF;
	/* Who is thrown out may log in again at once, and waits for our end then. */
	slots_release_all(&k->j->slots);
	for (size_t i = POLL_FIXED; i < k->n;)
		if (k->poll[i].events & POLLIN)
			connection_drop(k, i);
		else
			i++;
	r = state_unset_current(&k->j->state, k->j->id->uid, k->j->instance);
	if (r)
		log_line(LOG_WARNING, "jail %s: its name is left for the user's next login: %s", k->j->instance,
			 strerror(-r));
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

/* PID 1 takes all others with it; in v2 the kernel does so at once for the group. */
static void kill_jail(const struct keeper *k)
{
	(void)syscall(SYS_pidfd_send_signal, k->j->init_pidfd, SIGKILL, NULL, 0);
	(void)cgroup_kill(&k->j->cgroup);
}

static void last_lease_gone(struct keeper *k)
{
	const struct settings *set = k->j->set;
	char watch[2] = {INIT_WATCH};

	if (set->linger == 0 || set->scope == SCOPE_SESSION) {
		end_jail(k);
		return;
	}
	k->lingering = true;
	if (set->linger != LINGER_WHILE_BUSY) {
		set_timer(k, set->linger);
		return;
	}
	/* Its answer may be under way when the next login comes and goes: the number
	 * says which question it is to. */
	watch[1] = (char)++k->watch;
	(void)send_msg(k->j->init_ctl, watch, sizeof watch, NULL, 0);
}

/* PID 1 has something to say. */
static void hear_init(struct keeper *k)
{
	const char *user = k->j->id->name;
	int fds[PASS_FDS_MAX], r;
	struct init_event e;

	r = recv_msg(k->j->init_ctl, &e, sizeof e, fds);
	for (size_t f = 0; f < PASS_FDS_MAX; f++)
		scope_close(&fds[f]);
	if (r || e.magic != WIRE_MAGIC) {
		/* It is dying, or not itself; its end comes by another descriptor. */
		k->poll[POLL_CTL].fd = -1;
		return;
	}
	switch (e.kind) {
	case INIT_ALONE:
		if (k->lingering && !k->ending && e.value == k->watch)
			end_jail(k);
		return;
	case INIT_IDLE:
		notice_terminal(e.value, "this terminal is idle and will be hung up in %u s: idle_time",
				e.seconds);
		return;
	case INIT_HUNG_UP:
		log_line(LOG_INFO, "%s: terminal pts/%u was idle for idle_time: hung up", user, e.value);
		return;
	}
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
	if (j->rootfs.kind == ROOTFS_HOST)
		snprintf(s.root, sizeof s.root, "host");
	else
		snprintf(s.root, sizeof s.root, "%s/%s", j->rootfs.name, j->rootfs.generation);
	snprintf(s.trees, sizeof s.trees, "%s", j->set->trees);
	cgroup_path(&j->cgroup, j->instance, s.cgroup, sizeof s.cgroup);
	(void)send_msg(fd, &s, sizeof s, NULL, 0);
}

/* Returns true if connection i is gone from its place. */
static bool serve(struct keeper *k, size_t i)
{
	struct keeper_request q;
	int fds[PASS_FDS_MAX], r = recv_msg(k->poll[i].fd, &q, sizeof q, fds);
	const bool good = !r && (q.magic == WIRE_MAGIC || (WIRE_MAGIC_ANY(q.magic) && q.verb == KEEPER_KILL));

	/* A lease's comes with one; nobody has a reason to send others. */
	for (size_t f = good && q.verb == KEEPER_LEASE && !k->ending; f < PASS_FDS_MAX; f++)
		scope_close(&fds[f]);
	if (!good) {
		connection_drop(k, i);
		return true;
	}
	switch (q.verb) {
	case KEEPER_LEASE:
		/* Too late: without an answer it goes for the lock, and builds anew. */
		if (k->ending)
			connection_drop(k, i);
		else
			login_give(k, i, fds[0], q.pid);
		return true;
	case KEEPER_KILL:
		/* It stays connected, and sees our end as the jail's. */
		k->poll[i].events = 0;
		end_jail(k);
		return false;
	case KEEPER_STATUS:
		send_status(k, k->poll[i].fd);
		return false;
	case KEEPER_LOGINS:
		logins_send(k, k->poll[i].fd);
		return false;
	case KEEPER_NET:
		net_send(k, k->poll[i].fd);
		return false;
	default:
		connection_drop(k, i);
		return true;
	}
}

static void finish(struct keeper *k) __attribute__((noreturn));

/* PID 1 is dead, and so is everything that was inside. */
static void finish(struct keeper *k)
{
	struct jail *j = k->j;
	siginfo_t si = {.si_pid = 0};
	struct rusage ru = {.ru_inblock = 0};
	struct cgroup_usage used;
	char text[512];

	/* The C library's has no place for what all of them have used. */
	(void)syscall(SYS_waitid, P_PIDFD, j->init_pidfd, &si, WEXITED, &ru);
	if (!k->ending) {
		log_line(LOG_WARNING, "%s: PID 1 of the jail died unasked (%s %d)", j->id->name,
			 si.si_code == CLD_EXITED ? "status" : "signal", si.si_status);
		withdraw(k);
	}
	/* Whoever was put into its group from outside would keep that. */
	if (cgroup_kill(&j->cgroup))
		(void)cgroup_wait(&j->cgroup, j->instance, OUTSIDERS_S);
	/* Nor does anything else that was in memory outlast it, but what others have. */
	scope_close(&j->fence_ns);
	j->fence_ns = -EBADF;
	/* What is left takes nothing of the next one's limits. */
	slots_close(&j->slots);
	limit_watch_end(&k->limits);
	cgroup_usage_read(&j->cgroup, &used);
	accounting_text(&used, &ru, (int64_t)time(NULL) - k->started, j->section, text, sizeof text);
	log_line(LOG_INFO, "%s: jail %s ended: %s", j->id->name, j->instance, text);
	storage_take_back(j);
	build_remove(j);
	(void)cgroup_users_sweep(&j->cgroup, CGROUP_USER_IDLE_S, 1);
	_exit(0);
}

/* One turn of the loop over the connections. */
static void serve_all(struct keeper *k)
{
	for (size_t i = POLL_FIXED; i < k->n;) {
		short what = k->poll[i].revents;

		k->poll[i].revents = 0;
		if (what & POLLIN) {
			if (serve(k, i))
				continue;
		} else if (what & (POLLHUP | POLLERR | POLLNVAL)) {
			connection_drop(k, i);
			continue;
		}
		i++;
	}
	if (k->leases == 0 && !k->lingering && !k->ending)
		last_lease_gone(k);
}

static void loop(struct keeper *k) __attribute__((noreturn));

static void loop(struct keeper *k)
{
	for (;;) {
		logins_set_clock(k);
		gate_poll(&k->j->gate, &k->poll[POLL_GATE]);
		limit_watch_poll(&k->limits, &k->poll[POLL_WATCH]);
		if (poll(k->poll, k->n, -1) < 0)
			continue; /* EINTR is all there can be */
		if (k->poll[POLL_INIT].revents)
			finish(k);
		if (k->poll[POLL_SIGNAL].revents) {
			struct signalfd_siginfo si;

			if (read(k->poll[POLL_SIGNAL].fd, &si, sizeof si) == sizeof si &&
			    si.ssi_signo == SIGTERM)
				end_jail(k);
		}
		if (k->poll[POLL_TIMER].revents) {
			uint64_t ticks;

			(void)!read(k->poll[POLL_TIMER].fd, &ticks, sizeof ticks);
			if (k->ending)
				kill_jail(k);
			else if (k->lingering)
				end_jail(k);
		}
		if (k->poll[POLL_CLOCK].revents)
			logins_hear_clock(k);
		if (k->poll[POLL_CTL].fd >= 0 && k->poll[POLL_CTL].revents)
			hear_init(k);
		if (k->poll[POLL_RULES].fd >= 0 && k->poll[POLL_RULES].revents)
			rules_hear(k);
		gate_tells(k);
		limit_watch_heard(&k->limits, &k->poll[POLL_WATCH]);
		if (k->poll[POLL_LISTEN].fd >= 0 && k->poll[POLL_LISTEN].revents)
			accept_all(k);
		serve_all(k);
	}
}

/* Leave what we share with the login that made us. */
static void detach(void)
{
	struct rlimit files;
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
	/* Two for each login. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int start(struct keeper *k, int reply_fd, struct err *err)
{
	struct jail *j = k->j;
	sigset_t term;
	int r;

	k->room = 16;
	k->poll = calloc(k->room, sizeof *k->poll);
	k->login = calloc(k->room, sizeof *k->login);
	if (!k->poll || !k->login)
		return err_set(err, -ENOMEM, "the keeper");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	k->n = POLL_FIXED;
	k->poll[POLL_INIT] = (struct pollfd){.fd = j->init_pidfd, .events = POLLIN};
	k->poll[POLL_SIGNAL] = (struct pollfd){.fd = signalfd(-1, &term, SFD_CLOEXEC), .events = POLLIN};
	k->poll[POLL_TIMER] =
		(struct pollfd){.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC), .events = POLLIN};
	k->poll[POLL_CLOCK] =
		(struct pollfd){.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC), .events = POLLIN};
	k->poll[POLL_CTL] = (struct pollfd){.fd = j->init_ctl, .events = POLLIN};
	k->poll[POLL_RULES].fd = -1;
	k->poll[POLL_LISTEN] = (struct pollfd){.fd = j->keeper_sock, .events = POLLIN};
	k->clock = k->listen_again = LOGIN_NEVER;
	r = k->poll[POLL_SIGNAL].fd < 0 || k->poll[POLL_TIMER].fd < 0 || k->poll[POLL_CLOCK].fd < 0 ?
		    -errno :
		    0;
	k->started = time(NULL);
	if (r)
		return err_set(err, r, "the keeper's descriptors");
	if (j->set->scope == SCOPE_USER)
		r = state_set_current(&j->state, j->id->uid, j->instance, err);
	if (r)
		return r;
	r = login_new(k, reply_fd, j->slot, take_fd(&j->pam_pidfd), j->pam_pid);
	return r ? err_set(err, r, "handing the jail to the login") : 0;
}

void keeper_run(struct jail *j, int reply_fd, int uid_lock)
{
	struct keeper k = {.j = j};
	struct err err;
	int r;

	detach();
	if (start(&k, reply_fd, &err)) {
		log_line(LOG_ERR, "%s: %s", j->id->name, err.text);
		(void)syscall(SYS_pidfd_send_signal, j->init_pidfd, SIGKILL, NULL, 0);
		k.ending = true;
		(void)close(reply_fd);
		/* withdraw() takes it. */
		(void)close(uid_lock);
		withdraw(&k);
		build_finish(j);
		(void)fence_leave();
		finish(&k);
	}
	(void)close(reply_fd);
	/* Others who wait for it find the jail now. */
	(void)close(uid_lock);
	log_line(LOG_INFO, "%s: jail %s of section %s", j->id->name, j->instance, j->section);
	j->kmsg = oom_victim_open(j->proc, j->kmsg);
	build_finish(j);
	gate_begin(&k);
	/* From here on no login waits for us, but its first session does. */
	if (build_open(j, &err)) {
		log_line(LOG_ERR, "%s: %s", j->id->name, err.text);
		(void)syscall(SYS_pidfd_send_signal, j->init_pidfd, SIGKILL, NULL, 0);
	}
	rules_watch(&k);
	r = fence_leave();
	if (r)
		log_line(LOG_WARNING, "jail %s: leaving the fence: %s, ignoring", j->instance, strerror(-r));
	limit_watch_start(&k.limits, j);
	confine_keeper(j);
	loop(&k);
}
