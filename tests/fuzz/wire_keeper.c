/* SPDX-License-Identifier: MIT */
/*
 * What a keeper, as root, is sent: on its socket (even first byte), keeper_request; and by the
 * jail's PID 1 (odd), init_event.  The second byte is the number of descriptors.  None of
 * these stays open but a lease's pidfd, and no message of PID 1's does more than end the
 * jail that it is of, or have a line written.
 */
#define login_give fuzz_login_give
#define logins_send fuzz_logins_send
#define notice_terminal fuzz_notice_terminal
#define cgroup_path fuzz_cgroup_path
#define log_line fuzz_log_line
#define state_unset_current fuzz_state_unset_current
#include "keeper/keeper.c"
#undef login_give
#undef logins_send
#undef notice_terminal
#undef cgroup_path
#undef log_line
#undef state_unset_current

#include "fuzz.h"

static int leases, lines, ends;

void fuzz_login_give(struct keeper *k, size_t i, int pidfd, uint32_t pid)
{
	(void)pid;
	if (pidfd >= 0)
		(void)close(pidfd);
	leases++;
	connection_drop(k, i);
}

void fuzz_logins_send(struct keeper *k, int fd)
{
	(void)k;
	(void)fd;
}

void fuzz_notice_terminal(unsigned int number, const char *fmt, ...)
{
	(void)number;
	must(fmt);
	lines++;
}

void fuzz_log_line(int priority, const char *fmt, ...)
{
	(void)priority;
	must(fmt);
	lines++;
}

void fuzz_cgroup_path(const struct cgroup *cg, const char *instance, char *buf, size_t size)
{
	(void)cg;
	snprintf(buf, size, "/%s", instance);
}

int fuzz_state_unset_current(const struct state *state, uid_t uid, const char *instance)
{
	(void)state;
	(void)uid;
	(void)instance;
	ends++;
	return 0;
}

static void from_init(struct keeper *k, const uint8_t *data, size_t size, size_t nfds)
{
	const int give[] = {0, 1, 2, 0, 1};
	struct init_event e = {.kind = 0};

	k->j->init_ctl = fuzz_peer(SOCK_SEQPACKET, data, size, give, nfds);
	if (size == sizeof e)
		memcpy(&e, data, size);
	hear_init(k);
	if (e.magic != WIRE_MAGIC || nfds > PASS_FDS_MAX)
		must(!ends && !lines && k->poll[POLL_CTL].fd == -1);
	/* The number of a question of ours: no other ends it. */
	if (ends)
		must(e.kind == INIT_ALONE && e.value == k->watch);
	must(ends + lines <= 1);
	(void)close(k->j->init_ctl);
}

static void from_peer(struct keeper *k, const uint8_t *data, size_t size, size_t nfds)
{
	const int give[] = {0, 1, 2, 0, 1};
	struct keeper_request q = {.verb = 0};
	int fd = fuzz_peer(SOCK_SEQPACKET, data, size, give, nfds);
	bool good;

	if (size == sizeof q)
		memcpy(&q, data, size);
	good = (q.magic == WIRE_MAGIC || ((q.magic ^ WIRE_MAGIC) < 256 && q.verb == KEEPER_KILL)) &&
	       nfds <= PASS_FDS_MAX;
	must(connection_add(k, fd, NULL) == 0);
	if (serve(k, POLL_FIXED)) {
		must(k->n == POLL_FIXED);
		must(leases == (good && q.verb == KEEPER_LEASE));
	} else {
		must(good && (q.verb == KEEPER_STATUS || q.verb == KEEPER_LOGINS || q.verb == KEEPER_NET ||
			     q.verb == KEEPER_KILL));
		if (k->n > POLL_FIXED)
			connection_drop(k, POLL_FIXED);
	}
	must(ends == (good && q.verb == KEEPER_KILL));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct identity id = {.name = (char *)"alice", .uid = 4711};
	struct settings set = {.trees = (char *)"/trees", .network = NETWORK_NONE};
	struct jail j = {.id = &id, .set = &set, .section = "lab", .instance = "4711-0", .init_ctl = -1,
			 .keeper_sock = -1, .slots = SLOTS_CLOSED, .state.run = -EBADF};
	struct keeper k = {.j = &j, .n = POLL_FIXED, .room = POLL_FIXED + 1, .watch = 7, .lingering = true};
	int open_before = fuzz_open_fds();

	if (size < 2)
		return 0;
	leases = lines = ends = 0;
	k.poll = calloc(k.room, sizeof *k.poll);
	k.login = calloc(k.room, sizeof *k.login);
	must(k.poll && k.login);
	for (size_t i = 0; i < k.room; i++) {
		k.poll[i].fd = -1;
		k.login[i] = NO_LOGIN;
	}
	if (data[0] & 1)
		from_init(&k, data + 2, size - 2, data[1] % 6);
	else
		from_peer(&k, data + 2, size - 2, data[1] % 6);
	must(fuzz_open_fds() == open_before);
	free(k.poll);
	free(k.login);
	return 0;
}
