/* SPDX-License-Identifier: MIT */
#include "keeper_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>

#include "keeper.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/wire.h"
#include "terminals.h"

/* Where there is no descriptor for one more. */
#define LISTEN_REST_MS 1000

/* Make room for one more. */
static int grow(struct keeper *k)
{
	size_t room = k->room * 2;
	struct pollfd *p;
	struct login *l;

	if (k->n < k->room)
		return 0;
	p = reallocarray(k->poll, room, sizeof *p);
	if (!p)
		return -ENOMEM;
	k->poll = p;
	l = reallocarray(k->login, room, sizeof *l);
	if (!l)
		return -ENOMEM;
	k->login = l;
	k->room = room;
	return 0;
}

/* A lease, if there is a login to it. */
int connection_add(struct keeper *k, int fd, const struct login *login)
{
	int r = grow(k);

	if (r)
		return r;
	k->poll[k->n] = (struct pollfd){.fd = fd, .events = login ? 0 : POLLIN};
	k->login[k->n] = login ? *login : NO_LOGIN;
	k->n++;
	k->leases += login != NULL;
	return 0;
}

void listen_rest(struct keeper *k)
{
	k->poll[POLL_LISTEN].events = 0;
	k->listen_again = login_clock() + LISTEN_REST_MS;
}

static void listen_again(struct keeper *k)
{
	k->poll[POLL_LISTEN].events = POLLIN;
	k->listen_again = LOGIN_NEVER;
}

/* The last one takes its place. */
void connection_drop(struct keeper *k, size_t i)
{
	struct login *l = &k->login[i];

	(void)close(k->poll[i].fd);
	if (l->slot >= 0) {
		slots_release(&k->j->slots, l->slot);
		scope_close(&l->pidfd);
		k->leases--;
	}
	k->n--;
	k->poll[i] = k->poll[k->n];
	k->login[i] = k->login[k->n];
	listen_again(k);
}

/* Have the clock wake us when the next login has something to come. */
void logins_set_clock(struct keeper *k)
{
	struct itimerspec t = {.it_value = {.tv_sec = 0}};
	int64_t next = k->listen_again;

	for (size_t i = POLL_FIXED; i < k->n; i++)
		if (k->login[i].due < next)
			next = k->login[i].due;
	if (next == k->clock)
		return;
	k->clock = next;
	if (next != LOGIN_NEVER) {
		t.it_value.tv_sec = next / 1000;
		t.it_value.tv_nsec = (next % 1000) * 1000000;
	}
	(void)timerfd_settime(k->poll[POLL_CLOCK].fd, TFD_TIMER_ABSTIME, &t, NULL);
}

void logins_hear_clock(struct keeper *k)
{
	int64_t now = login_clock();
	uint64_t ticks;

	(void)!read(k->poll[POLL_CLOCK].fd, &ticks, sizeof ticks);
	k->clock = LOGIN_NEVER;
	if (now >= k->listen_again)
		listen_again(k);
	for (size_t i = POLL_FIXED; i < k->n; i++)
		login_act(&k->login[i], k->j, now);
}

static int reply_jailed(const struct jail *j, int sock, int lease)
{
	int fds[SETUP_FD_MAX] = {
		[SETUP_FD_FENCE] = j->fence_ns, [SETUP_FD_LEASE] = lease, [SETUP_FD_NET] = j->net_ns};

	return keeper_reply(sock, SETUP_JAILED, "", fds, j->net_ns < 0 ? SETUP_FD_NET : SETUP_FD_MAX);
}

/* A lease more, its other end sent over sock.  The slot and the pidfd are taken over. */
int login_new(struct keeper *k, int sock, int slot, int pidfd, uint32_t pid)
{
	struct login login;
	int pair[2], r;

	r = login_begin(&login, k->j, slot, pidfd, pid);
	if (!r && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		r = -errno;
	if (r) {
		slots_release(&k->j->slots, slot);
		scope_close(&pidfd);
		return r;
	}
	r = connection_add(k, pair[0], &login);
	if (!r) {
		/* If this fails the lease ends when the other end is closed below. */
		r = reply_jailed(k->j, sock, pair[1]);
	} else {
		slots_release(&k->j->slots, slot);
		scope_close(&login.pidfd);
		(void)close(pair[0]);
	}
	(void)close(pair[1]);
	return r;
}

void keeper_refuse_more(int sock, const char *user, uint64_t limit)
{
	char text[128];

	log_line(LOG_NOTICE, "%s: refused, %" PRIu64 " logins are the limit (sessions)", user, limit);
	snprintf(text, sizeof text, "you are logged in %" PRIu64 " times already, which is the limit",
		 limit);
	(void)keeper_reply(sock, SETUP_REFUSED, text, NULL, 0);
}

/* The pidfd is taken over. */
void login_give(struct keeper *k, size_t i, int pidfd, uint32_t pid)
{
	int fd = k->poll[i].fd, slot = slots_take(&k->j->slots, k->j->set->sessions);

	if (slot < 0) {
		scope_close(&pidfd);
		keeper_refuse_more(fd, k->j->id->name, k->j->set->sessions);
	} else if (login_new(k, fd, slot, pidfd, pid) == 0) {
		/* Linger, if there was any, is over; see the keeper's last_lease_gone. */
		k->lingering = false;
	}
	connection_drop(k, i);
}

void logins_send(struct keeper *k, int fd)
{
	_cleanup_free_ struct keeper_logins *l = calloc(1, sizeof *l);
	int64_t now = login_clock();

	if (!l)
		return;
	l->magic = WIRE_MAGIC;
	l->idle = terminals_idle();
	for (size_t i = POLL_FIXED; i < k->n && l->n < KEEPER_LOGINS_MAX; i++) {
		const struct login *from = &k->login[i];
		int64_t left = from->ends > now ? (from->ends - now) / 1000 : 0;

		if (from->slot < 0)
			continue;
		l->login[l->n++] = (struct keeper_login){
			.pid = from->pid, .since = from->since,
			.left = from->pidfd < 0 ? UINT32_MAX : (uint32_t)left};
	}
	(void)send_msg(fd, l, sizeof *l, NULL, 0);
}
