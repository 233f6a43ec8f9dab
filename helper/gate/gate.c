/* SPDX-License-Identifier: MIT */
#include "gate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "gate/path.h"
#include "gate/process.h"
#include "lib/scope.h"

enum { POLL_NOTIFY, POLL_MOUNTS, POLL_TIMER, POLL_PROCESS };

/* So that with a look of somebody else's between two of ours all is within a second. */
#define LOOK_AGAIN_MS 450

/* Where something could not be watched. */
#define TRY_AGAIN_MS 5000

/* Between two readings of what has happened. */
#define REST_MS 100

void gate_set(struct gate *g, enum gate_state state, const char *fmt, ...)
{
	va_list ap;

	g->state = state;
	va_start(ap, fmt);
	vsnprintf(g->why, sizeof g->why, fmt, ap);
	va_end(ap);
}

int gate_make(struct gate *g, const struct gate_spec *spec, int run, struct err *err)
{
	*g = GATE_NOT_MADE;
	if (spec->kind == GATE_NONE) {
		g->spec = spec;
		g->state = GATE_OPEN;
		return 0;
	}
	gate_set(g, GATE_CLOSED, "nobody has looked yet");
	g->run = run;
	g->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	g->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	g->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (g->root < 0 || g->proc < 0 || g->mounts < 0)
		return err_set(err, -errno, "what the gate needs of the host");
	g->spec = spec;
	if (spec->kind != GATE_PROCESS)
		return gate_path_make(g, err);
	gate_process_make(g);
	return 0;
}

void gate_close(struct gate *g)
{
	scope_close(&g->root);
	scope_close(&g->proc);
	scope_close(&g->mounts);
	scope_close(&g->notify);
	scope_close(&g->timer);
	scope_close(&g->pidfd);
	*g = GATE_NOT_MADE;
}

/* Where the kernel tells nothing, look again. */
static void set_timer(struct gate *g)
{
	const bool process = g->spec->kind == GATE_PROCESS;
	const long ms = g->rests ? REST_MS : process ? LOOK_AGAIN_MS : TRY_AGAIN_MS;
	const bool on = process ? g->state == GATE_CLOSED : g->blind || g->rests;
	const struct timespec every = {.tv_sec = on ? ms / 1000 : 0, .tv_nsec = on ? ms % 1000 * 1000000 : 0};
	const struct itimerspec t = {.it_interval = every, .it_value = every};

	if (g->timer >= 0)
		(void)timerfd_settime(g->timer, 0, &t, NULL);
}

void gate_look(struct gate *g)
{
	if (g->spec->kind == GATE_NONE)
		return;
	if (g->spec->kind == GATE_PROCESS)
		gate_process_look(g);
	else
		gate_path_look(g);
	set_timer(g);
}

void gate_watch(struct gate *g, int notify)
{
	if (g->spec->kind != GATE_NONE) {
		g->notify = notify;
		g->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
		gate_look(g);
	} else {
		scope_close(&notify);
	}
	(void)!chdir("/");
}

void gate_poll(const struct gate *g, struct pollfd *p)
{
	p[POLL_NOTIFY] = (struct pollfd){.fd = g->rests ? -1 : g->notify, .events = POLLIN};
	/* It can always be read: an event is what counts. */
	p[POLL_MOUNTS] = (struct pollfd){.fd = g->notify < 0 ? -1 : g->mounts, .events = POLLPRI};
	p[POLL_TIMER] = (struct pollfd){.fd = g->timer, .events = POLLIN};
	p[POLL_PROCESS] = (struct pollfd){.fd = g->pidfd, .events = POLLIN};
}

void gate_hear(struct gate *g, const struct pollfd *p)
{
	const bool rested = g->rests;
	bool look = p[POLL_PROCESS].revents || (p[POLL_MOUNTS].revents && g->spec->kind != GATE_PROCESS);
	uint64_t ticks;

	if (p[POLL_TIMER].revents && read(g->timer, &ticks, sizeof ticks) == sizeof ticks) {
		look |= !g->rests;
		g->rests = false;
	}
	if (p[POLL_NOTIFY].revents) {
		look |= gate_path_hear(g);
		g->rests = g->timer >= 0;
	}
	if (!look) {
		if (g->rests != rested)
			set_timer(g);
		return;
	}
	gate_look(g);
	if (g->notify >= 0)
		(void)!chdir("/");
}
