/* SPDX-License-Identifier: MIT */
#include "idle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Between HUP and KILL. */
#define KILL_GRACE_S 3

/* The kernel changes a terminal's time only if more than these bits of it change. */
#define STEP_MASK 7

/* By how much the clocks' distance may differ, with both cut to seconds. */
#define CLOCK_SLACK_S 2

/* Of all terminals in a devpts. */
#define PTS_MAJOR 136

int64_t idle_lead(int64_t idle_time)
{
	int64_t tenth = idle_time / 10;

	return tenth > 60 ? 60 : tenth > 1 ? tenth : 1;
}

static int64_t clock_s(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return t.tv_sec;
}

void idle_begin(struct idle *it, int64_t idle_time)
{
	int64_t now = clock_s(CLOCK_BOOTTIME);

	*it = (struct idle){
		.due = now + idle_time - idle_lead(idle_time),
		.busy = now,
		.offset = clock_s(CLOCK_REALTIME) - now,
	};
}

/* The warning is output, too, and may come a little late. */
static bool is_warning(const struct idle *it, int64_t mtime)
{
	return it->warned && mtime <= (it->warned | STEP_MASK) + STEP_MASK + 1;
}

/* Has it been used since it was looked at?  The time of the last use, as shown; 0: no. */
static int64_t last_use(struct idle *it, const struct idle_facts *f)
{
	int64_t in = f->atime != it->atime ? f->atime : 0;
	int64_t out = f->mtime != it->mtime && !is_warning(it, f->mtime) ? f->mtime : 0;

	it->atime = f->atime;
	it->mtime = f->mtime;
	return in > out ? in : out;
}

enum idle_verdict idle_decide(struct idle *it, const struct idle_facts *f, int64_t idle_time,
			      int64_t *left)
{
	int64_t last = last_use(it, f), offset = f->real - f->now, shift = offset - it->offset, end;

	if (last) {
		/* What may have been in the same step. */
		it->busy = (last | STEP_MASK) + 1 - offset;
		/* The clock was set, so that the time says only that it was used. */
		if (shift > CLOCK_SLACK_S || shift < -CLOCK_SLACK_S)
			it->busy = f->now;
		/* The user can write any time. */
		if (it->busy > f->now + STEP_MASK + 1)
			it->busy = f->now + STEP_MASK + 1;
		it->warned = 0;
	}
	it->offset = offset;
	end = it->busy + idle_time;
	*left = end - f->now;
	if (*left <= 0) {
		it->stage = IDLE_HUNG_UP;
		it->due = f->now + KILL_GRACE_S;
		return IDLE_HANG_UP;
	}
	if (*left <= idle_lead(idle_time) && !it->warned) {
		it->warned = f->real;
		it->due = end;
		return IDLE_WARN;
	}
	it->due = it->warned ? end : end - idle_lead(idle_time);
	return IDLE_WAIT;
}

/* Of /proc/PID/stat: the terminal and its foreground group. */
static bool read_stat(pid_t pid, unsigned int *ret_tty, long *ret_foreground)
{
	char path[32], text[1024], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text - 1);
	(void)close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	/* The name before it is the user's, and may have anything in it.  Then come the
	 * state, the parent, the group and the session. */
	p = strrchr(text, ')');
	for (int field = 0; p && field < 5; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return false;
	*ret_tty = (unsigned int)strtoul(p, &p, 10);
	*ret_foreground = strtol(p, NULL, 10);
	return true;
}

pid_t idle_foreground(pid_t leader)
{
	unsigned int tty;
	long foreground;

	return read_stat(leader, &tty, &foreground) && foreground > 1 ? (pid_t)foreground : 0;
}

static bool find_terminal(struct idle *it, pid_t leader)
{
	unsigned int tty;
	long foreground;

	if (!read_stat(leader, &tty, &foreground))
		return false;
	/* As the kernel puts it together: the minor number's low byte, the major one,
	 * the rest of the minor one. */
	if (((tty >> 8) & 0xfff) != PTS_MAJOR)
		return false;
	it->terminal = (tty & 0xff) | ((tty >> 12) & 0xfff00);
	it->stage = IDLE_KNOWN;
	return true;
}

enum idle_verdict idle_look(struct idle *it, pid_t leader, int64_t idle_time, int64_t *left)
{
	struct idle_facts f = {.now = clock_s(CLOCK_BOOTTIME), .real = clock_s(CLOCK_REALTIME)};
	struct stat st;
	char path[32];

	*left = 0;
	if (f.now < it->due)
		return IDLE_WAIT;
	if (it->stage == IDLE_HUNG_UP) {
		it->due = IDLE_NEVER;
		return IDLE_KILL;
	}
	it->due = IDLE_NEVER;
	if (it->stage == IDLE_NEW && !find_terminal(it, leader))
		return IDLE_WAIT;
	snprintf(path, sizeof path, "/dev/pts/%u", it->terminal);
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return IDLE_WAIT;
	f.atime = st.st_atime;
	f.mtime = st.st_mtime;
	return idle_decide(it, &f, idle_time, left);
}
