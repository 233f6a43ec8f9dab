/* SPDX-License-Identifier: MIT */
/* Whether something is left to be removed: seen by no login too many, and by some. */
#include <sys/file.h>

#include "lib/scope.h"
#include "setup/gc.h"
#include "tap.h"
#include "scratch.h"

/* More than one look takes in. */
#define JAILS 60

static struct state state = STATE_CLOSED;
static int held[JAILS];

static void name_of(char name[static INSTANCE_MAX], int i)
{
	snprintf(name, INSTANCE_MAX, "%d-%08x", 1000 + i, i);
}

static bool make(int i)
{
	char name[INSTANCE_MAX];

	name_of(name, i);
	if (mkdirat(state.jail, name, 0700) < 0)
		return ok(false, "(make %s)", name);
	held[i] = openat(state.jail, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return held[i] >= 0 && flock(held[i], LOCK_EX | LOCK_NB) == 0;
}

static int seen_in(int looks)
{
	int n = 0;

	for (int i = 0; i < looks; i++)
		n += gc_pending(&state, scratch_fd);
	return n;
}

int main(void)
{
	char name[INSTANCE_MAX];
	int before = open_fds(), live = 0, orphan;

	if (!scratch_make())
		return done_testing();
	(void)mkdirat(scratch_fd, "jail", 0700);
	(void)mkdirat(scratch_fd, "upper", 0700);
	state.jail = openat(scratch_fd, "jail", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_int(seen_in(10), 0, "nothing is there");
	for (int i = 0; i < JAILS; i++)
		live += make(i);
	is_int(live, JAILS, "(live jails)");
	put(state.jail, "no-instance", "", 0600);
	is_int(seen_in(200), 0, "live jails are not meant");

	/* Each place in the directory is looked at, and not each time. */
	for (int i = 0; i < JAILS; i += 7) {
		int n;

		name_of(name, i);
		scope_close(&held[i]);
		ok(gc_dead(&state, name), "%s: is dead", name);
		/* By chance it goes unseen once in 10^27 times. */
		n = seen_in(200);
		ok(n > 0, "%s: is seen", name);
		ok(n < 200, "%s: not by every login", name);
		held[i] = openat(state.jail, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ok(flock(held[i], LOCK_EX | LOCK_NB) == 0 && !gc_dead(&state, name), "%s: lives again", name);
	}
	ok(!gc_dead(&state, "1-00000000"), "one that is not there is not dead");

	/* Upper layers: of a live jail, and of none */
	orphan = openat(scratch_fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	name_of(name, 3);
	(void)mkdirat(orphan, name, 0700);
	is_int(seen_in(10), 0, "the upper layer of a live jail");
	(void)mkdirat(orphan, "9-0000000a", 0700);
	is_int(seen_in(10), 10, "an upper layer without a jail");
	scope_close(&orphan);

	for (int i = 0; i < JAILS; i++)
		scope_close(&held[i]);
	scope_close(&state.jail);
	scratch_remove();
	is_int(open_fds(), before, "no descriptor is left");
	return done_testing();
}
