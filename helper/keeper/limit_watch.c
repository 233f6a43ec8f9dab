/* SPDX-License-Identifier: MIT */
/*
 * An event only wakes us: what is said comes from the counters, a moment later, when
 * the kernel has counted what it told of (v1 tells before it kills) and more of the same
 * has come together.  After that there is a rest, since a jail at its limit may
 * make events as fast as it can.
 */
#include "limit_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>

#include "cgroup/cgroup_usage.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "notice.h"
#include "oom_victim.h"

#define SETTLE_MS 100
#define REST_MS 1000
#define REST_AFTER_WORD_MS 30000

static int watch_memory_v1(const struct cgroup_tree *t)
{
	_cleanup_close_ int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	_cleanup_close_ int file = openat(t->dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	char text[32];

	if (event < 0 || file < 0)
		return -errno;
	snprintf(text, sizeof text, "%d %d", event, file);
	int r = write_file_at(t->dir, "cgroup.event_control", text);

	return r ? r : take_fd(&event);
}

static int watch_memory(const struct cgroup_tree *t)
{
	if (!t)
		return -EBADF;
	return t->v2 ? openat(t->dir, "memory.events", O_RDONLY | O_CLOEXEC) : watch_memory_v1(t);
}

/* What was told is heard; from now on it counts anew. */
static void drain(int fd)
{
	char text[512];

	/* A file of the kernel's is at its end after that, an eventfd has no place. */
	if (fd >= 0 && pread(fd, text, sizeof text, 0) < 0 && errno == ESPIPE)
		(void)!read(fd, text, 8);
}

static void set_timer(int timer, long ms)
{
	const struct itimerspec t = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};

	(void)timerfd_settime(timer, 0, &t, NULL);
}

/* How often a limit was hit: in a process killed, or a fork that failed. */
static uint64_t hits(const struct jail *j, int kind)
{
	return kind == WATCH_MEMORY ? cgroup_usage_oom_kills(cgroup_tree_of(&j->cgroup, CGROUP_MEMORY))
				    : cgroup_usage_pids_hits(cgroup_tree_of(&j->cgroup, CGROUP_PIDS));
}

void limit_watch_start(struct limit_watch *w, const struct jail *j)
{
	const struct cgroup_tree *pids = cgroup_tree_of(&j->cgroup, CGROUP_PIDS);

	*w = (struct limit_watch){.j = j};
	w->of[WATCH_MEMORY].event = watch_memory(cgroup_tree_of(&j->cgroup, CGROUP_MEMORY));
	w->of[WATCH_PIDS].event = pids ? openat(pids->dir, "pids.events", O_RDONLY | O_CLOEXEC) : -EBADF;
	for (int i = 0; i < WATCH_KINDS; i++) {
		w->of[i].timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		w->of[i].said = hits(j, i);
		drain(w->of[i].event);
	}
}

static void tell(const struct jail *j, const char *text, bool ended)
{
	log_line(LOG_NOTICE, "%s: %s", j->id->name, text);
	if (!ended)
		notice_terminals("%s", text);
}

/* In quotes that it can't end: what is killed has the name that the user gave it. */
static void quote(const char *name, char *ret, size_t size)
{
	snprintf(ret, size, "\"%s\"", name);
	for (char *p = ret + 1; *p && p[1]; p++)
		if (*p == '"')
			*p = '?';
}

static void tell_kills(const struct jail *j, uint64_t n, bool ended)
{
	_cleanup_free_ char *limit = NULL;
	struct oom_victim v;
	char text[200], who[64], more[32] = "";

	oom_victim_read(j->kmsg, j->instance, &v);
	if (v.name[0])
		quote(v.name, who, sizeof who);
	else
		snprintf(who, sizeof who, "%" PRIu64 " process%s", n, n == 1 ? "" : "es");
	if (v.name[0] && n > 1)
		snprintf(more, sizeof more, " and %" PRIu64 " more", n - 1);
	/* Of all jails together, or of the host: no fault of this one. */
	if (v.not_its_limit || j->set->memory == NO_LIMIT)
		snprintf(text, sizeof text, "the host is out of memory: killed %s%s", who, more);
	else if (v.limit_of_all && j->set->scope == SCOPE_SESSION)
		snprintf(text, sizeof text,
			 "memory limit of all jails of %s reached, with what they passed on: killed %s%s", j->id->name,
			 who, more);
	else if (option_print(OPTION_memory, j->set, &limit) == 0)
		snprintf(text, sizeof text, "memory limit %s reached: killed %s%s", limit, who, more);
	else
		return;
	tell(j, text, ended);
}

static void tell_forks(const struct jail *j, bool ended)
{
	char text[100];

	/* A kernel older than 6.11 counts here what a limit above the jail's has refused. */
	if (j->set->pids == NO_LIMIT)
		snprintf(text, sizeof text, "no more processes can be started");
	else
		snprintf(text, sizeof text, "process limit %" PRIu64 " reached: no more can be started",
			 j->set->pids);
	tell(j, text, ended);
}

static bool tell_new(struct limit_watch *w, int kind, bool ended)
{
	uint64_t n = hits(w->j, kind), said = w->of[kind].said;

	if (n == USAGE_UNKNOWN || said == USAGE_UNKNOWN || n <= said)
		return false;
	w->of[kind].said = n;
	if (kind == WATCH_MEMORY)
		tell_kills(w->j, n - said, ended);
	else
		tell_forks(w->j, ended);
	return true;
}

static void timer_ended(struct limit_watch *w, int kind)
{
	bool settling = w->of[kind].settling;

	w->of[kind].settling = false;
	drain(w->of[kind].timer);
	drain(w->of[kind].event);
	if (tell_new(w, kind, false))
		set_timer(w->of[kind].timer, REST_AFTER_WORD_MS);
	else if (settling)
		set_timer(w->of[kind].timer, REST_MS);
	else
		w->of[kind].muted = false;
}

void limit_watch_poll(const struct limit_watch *w, struct pollfd *p)
{
	bool counter = !cgroup_tree_of(&w->j->cgroup, CGROUP_MEMORY)->v2;

	for (int i = 0; i < WATCH_KINDS; i++) {
		bool on = w->of[i].event >= 0 && w->of[i].timer >= 0 && !w->of[i].muted;

		/* Files of the kernel's can always be read: an event is what counts. */
		p[2 * i] = (struct pollfd){.fd = on ? w->of[i].event : -1,
					   .events = i == WATCH_MEMORY && counter ? POLLIN : POLLPRI};
		p[2 * i + 1] = (struct pollfd){.fd = w->of[i].timer, .events = POLLIN};
	}
}

void limit_watch_heard(struct limit_watch *w, const struct pollfd *p)
{
	for (int i = 0; i < WATCH_KINDS; i++) {
		if (p[2 * i + 1].revents)
			timer_ended(w, i);
		else if (p[2 * i].revents) {
			w->of[i].muted = w->of[i].settling = true;
			set_timer(w->of[i].timer, SETTLE_MS);
		}
	}
}

void limit_watch_end(struct limit_watch *w)
{
	for (int i = 0; w->j && i < WATCH_KINDS; i++)
		(void)tell_new(w, i, true);
}
