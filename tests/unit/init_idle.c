/* SPDX-License-Identifier: MIT */
/* When a terminal is idle: by its times alone, whatever the clocks do. */
#include <string.h>

#include "init/idle.h"
#include "tap.h"

#define LIMIT 600
#define REAL 1700000000 /* when CLOCK_BOOTTIME was 0; a multiple of eight */

static struct idle it;
static int64_t left;

/* A session that began at second 1000. */
static void begin(void)
{
	it = (struct idle){.due = 1000 + LIMIT - 60, .busy = 1000, .offset = REAL, .stage = IDLE_KNOWN};
}

/* Look at a moment, at a terminal with these times (seconds since the boot). */
static enum idle_verdict look(int64_t now, int64_t in, int64_t out)
{
	const struct idle_facts f = {
		.now = now, .real = REAL + now, .atime = REAL + in, .mtime = REAL + out};

	return idle_decide(&it, &f, LIMIT, &left);
}

static void leads(void)
{
	static const struct {
		int64_t limit, lead;
	} cases[] = {{1, 1}, {5, 1}, {19, 1}, {20, 2}, {600, 60}, {601, 60}, {86400, 60}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(idle_lead(cases[i].limit), cases[i].lead, "of %d s the last %d",
		       (int)cases[i].limit, (int)cases[i].lead);
}

static void plain(void)
{
	begin();
	is_int(look(1540, 1000, 1000), IDLE_WAIT, "the last step may have been used to its end");
	is_int(it.due, 1008 + LIMIT - 60, "so it is looked at when that is over");
	is_int(look(1548, 1000, 1000), IDLE_WARN, "then the user is told");
	is_int(left, 60, "that there is a minute");
	is_int(it.due, 1608, "and it is looked at when that is over");
	is_int(look(1608, 1000, 1552), IDLE_HANG_UP, "the warning itself is no use of it");
	is_int(it.stage, IDLE_HUNG_UP, "it was hung up");
	is_int(it.due, 1611, "and its session is looked at soon");
}

static void used(void)
{
	begin();
	is_int(look(1540, 1000, 1400), IDLE_WAIT, "output counts");
	is_int(it.due, 1408 + LIMIT - 60, "from when it was");
	is_int(look(1948, 1800, 1400), IDLE_WAIT, "so does input");
	is_int(it.due, 1808 + LIMIT - 60, "likewise");
	is_int(look(2348, 1800, 1400), IDLE_WARN, "until there is none");
	is_int(look(2408, 2352, 2352), IDLE_WAIT, "a key after the warning is enough");
	is_int(it.due, 2360 + LIMIT - 60, "for all of the time again");
	is_int(look(2900, 2352, 2352), IDLE_WARN, "then there is a new warning");
	is_int(look(2960, 2352, 2928), IDLE_WAIT, "and so is output some time after it");
	begin();
	(void)look(1548, 1000, 1000);
	is_int(look(1600, 1000, 1548), IDLE_WAIT, "looked at too early it is left alone");
	is_int(look(1608, 1000, 1548), IDLE_HANG_UP, "and hung up in time");
}

/* The clock is set; the terminal's times are by the new one. */
static enum idle_verdict look_shifted(int64_t now, int64_t by, int64_t use)
{
	const struct idle_facts f = {
		.now = now, .real = REAL + now + by, .atime = REAL + use, .mtime = REAL};

	return idle_decide(&it, &f, LIMIT, &left);
}

static void clock_set(void)
{
	begin();
	(void)look(1540, 1000, 0);
	is_int(look_shifted(1548, 86400, 1000), IDLE_WARN, "a day ahead: as idle as it was");
	is_int(left, 60, "by the other clock");
	begin();
	(void)look(1540, 1000, 0);
	is_int(look_shifted(1548, 86400, 1544), IDLE_WAIT, "used before the clock was set");
	is_int(it.busy, 1548, "counts as used now");
	begin();
	(void)look(1540, 1000, 0);
	is_int(look_shifted(1548, -86400, 1544 - 86400), IDLE_WAIT, "a day back, and used");
	ok(it.busy >= 1544 && it.busy <= 1556, "counts");
	is_int(look_shifted(2200, -86400, 1544 - 86400), IDLE_HANG_UP, "once");
	begin();
	(void)look(1540, 1000, 0);
	(void)look_shifted(1548, 0, 1000);
	is_int(look_shifted(1600, -86400, 1590 - 86400), IDLE_WAIT, "also after a warning");
}

static void forged(void)
{
	begin();
	is_int(look(1540, 1000000000, 1000000000), IDLE_WAIT, "a time to come is a use");
	ok(it.busy <= 1548, "of now");
	is_int(look(2160, 1000000000, 1000000000), IDLE_HANG_UP, "and no more than one");
	begin();
	is_int(look(1540, -1000000, -1000000), IDLE_HANG_UP, "a time long past is believed");
}

int main(void)
{
	leads();
	plain();
	used();
	clock_set();
	forged();
	return done_testing();
}
