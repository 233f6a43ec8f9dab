/* SPDX-License-Identifier: MIT */
/*
 * The group of all jails of a user: its place and limits, and when it is removed, on directories
 * like the kernel's.  That what is charged stays there is seen in tests/escape/held-memory.sh.
 */
#include "cgroup/cgroup_user.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "tap.h"
#include "scratch.h"
#include "settings.h"

#include <time.h>

static const struct cgroup_tree v2 = {.v2 = true, .controllers = CGROUP_BASIC};
static const struct cgroup_tree v1 = {.controllers = CGROUP_BIT(CGROUP_MEMORY)};
static const struct cgroup_tree pids = {.controllers = CGROUP_BIT(CGROUP_PIDS)};

static void place(void)
{
	char path[CGROUP_PATH_MAX], name[CGROUP_USER_MAX];

	cgroup_user_name("4294967294-0123abcd", name);
	is_str(name, "user-4294967294", "the name");
	cgroup_group_path(&v2, CGROUP_UNIT, "2001-0123abcd", path);
	is_str(path, CGROUP_UNIT "/user-2001/2001-0123abcd", "where memory is counted");
	cgroup_group_path(&pids, CGROUP_BASE, "2001-0123abcd", path);
	is_str(path, CGROUP_BASE "/2001-0123abcd", "where it is not");
}

static void holds(const char *file, const char *want)
{
	char got[64] = "";

	(void)read_file_at(scratch_fd, file, got, sizeof got);
	is_str(got, want, "%s", file);
}

struct row {
	const char *text, *used, *limit, *swap, *weight;
	int r;
	const char *stat;
};

static void limit(const struct cgroup_tree *t, const struct row *row, size_t n)
{
	const char *file = t->v2 ? "memory.max" : "memory.limit_in_bytes";
	const char *swap = t->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";

	for (size_t i = 0; i < n; i++) {
		_cleanup_close_ int lock = openat(scratch_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		struct config *config = settings_of(row[i].text);
		const struct cgroup_limits limits = {.set = &config->sections[0].settings, .lock = lock};
		struct err err = {""};

		put(scratch_fd, file, "", 0644);
		put(scratch_fd, swap, "", 0644);
		put(scratch_fd, "cpu.weight", "", 0644);
		put(scratch_fd, "memory.reclaim", "", 0644);
		put(scratch_fd, "memory.stat", row[i].stat ? row[i].stat : "file 0\nshmem 0\nunevictable 0\n", 0644);
		put(scratch_fd, t->v2 ? "memory.current" : "memory.usage_in_bytes", row[i].used, 0644);
		is_int(cgroup_user_limit(t, scratch_fd, &limits, &err), row[i].r,
		       "v%d: row %zu: %s", t->v2 ? 2 : 1, i, err.text);
		if (row[i].r == -EDQUOT)
			contains(err.text, "are held by others", "which is said");
		else
			holds(swap, row[i].swap);
		holds(file, row[i].limit);
		if (t->v2)
			holds("cpu.weight", row[i].weight);
		config_free(config);
	}
}

static const struct row rows_v2[] = {
	{"memory = 100M\ncpu_weight = 300\n", "0\n", "105906176", "0", "300", 0},
	{"memory = 100M\nswap = 20M\n", "95371840\n", "105906176", "20971520", "100", 0},
	{"memory = 100M\nswap = 20M\nscope = session\nsessions = 3\n", "300000000\n", "317718528", "62914560",
	 "100", 0},
	{"memory = 100M\nswap = max\n", "0\n", "105906176", "max", "100", 0},
	{"memory = max\n", "999999999999\n", "max", "max", "100", 0},
	{"memory = 100M\n", "102500000\n", "", "", "", -EDQUOT},
	{"memory = 16M\n", "15900000\n", "", "", "", -EDQUOT},
	/* Page cache that others have locked is not held against anybody. */
	{"memory = 100M\n", "102500000\n", "126386176", "0", "100", 0,
	 "anon 7\nfile 30720000\nunevictable 0\nshmem 10240000\n"},
	{"memory = 100M\n", "60000000\n", "110002176", "0", "100", 0,
	 "file 30720000\nunevictable 4096000\nshmem 10240000\n"},
	{"memory = 100M\n", "122500000\n", "", "", "", -EDQUOT,
	 "anon 7\nfile 30720000\nunevictable 0\nshmem 10240000\n"},
	{"memory = 16M\n", "14000000\n", "17825792", "0", "100", 0},
};

static const struct row rows_v1[] = {
	{"memory = 100M\n", "0\n", "105906176", "105906176", NULL, 0},
	{"memory = 100M\nswap = 20M\nscope = session\nsessions = 3\n", "0\n", "317718528", "380633088", NULL, 0},
	{"memory = 100M\nswap = max\n", "0\n", "105906176", "-1", NULL, 0},
	{"memory = max\n", "999999999999\n", "-1", "-1", NULL, 0},
	/* The lower limit that room was to be made with was not taken by this file, which does nothing. */
	{"memory = 100M\n", "102500000\n", "97517568", "", NULL, -EDQUOT},
};

static bool there(const char *name)
{
	return faccessat(scratch_fd, name, F_OK, 0) == 0;
}

static void make(const char *name, time_t seconds_ago)
{
	struct timespec t[2] = {{.tv_sec = time(NULL) - seconds_ago}, {.tv_sec = time(NULL) - seconds_ago}};

	ok(mkdirat(scratch_fd, name, 0755) == 0 && utimensat(scratch_fd, name, t, 0) == 0, "(%s)", name);
}

static void sweep(void)
{
	struct cgroup cg = {.tree = {v2}, .ntrees = 1};
	_cleanup_close_ int base = -EBADF;

	cg.tree[0].root = scratch_fd;
	is_int(cgroup_users_sweep(&cg, 0, 9), 0, "there is nothing to remove");
	make(CGROUP_BASE, 0);
	make(CGROUP_BASE "/user-1", 7200);
	make(CGROUP_BASE "/user-2", 60);
	make(CGROUP_BASE "/user-3", 0);
	make(CGROUP_BASE "/user-3/3-0123abcd", 0);
	make(CGROUP_BASE "/user-4", 7200);
	make(CGROUP_BASE "/keepers", 7200);
	is_int(cgroup_users_sweep(&cg, CGROUP_USER_IDLE_S, 1), 1, "one at a time");
	is_int(there(CGROUP_BASE "/user-1") + there(CGROUP_BASE "/user-4"), 1, "of the idle ones");
	is_int(cgroup_users_sweep(&cg, CGROUP_USER_IDLE_S, 9), 1, "then the other");
	is_int(cgroup_users_sweep(&cg, CGROUP_USER_IDLE_S, 9), 0, "then there is none");
	ok(there(CGROUP_BASE "/user-2") && there(CGROUP_BASE "/user-3/3-0123abcd") && there(CGROUP_BASE "/keepers"),
	   "others stay");
	/* One that holds something, which is what it has a limit for. */
	make(CGROUP_BASE "/user-5", 7200);
	ok(put(scratch_fd, CGROUP_BASE "/user-5/memory.max", "9999999\n", 0644) &&
		   put(scratch_fd, CGROUP_BASE "/user-5/memory.current", "1048577\n", 0644), "(who holds something)");
	is_int(cgroup_users_sweep(&cg, 0, 9), 1, "at once");
	ok(!there(CGROUP_BASE "/user-2") && there(CGROUP_BASE "/user-5"), "that stays");

	base = openat(scratch_fd, CGROUP_BASE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok(unlinkat(scratch_fd, CGROUP_BASE "/user-3/3-0123abcd", AT_REMOVEDIR) == 0, "(a jail has gone)");
	cgroup_user_left(&v2, base, "5-0123abcd");
	ok(there(CGROUP_BASE "/user-5"), "a group with a limit stays after the last jail");
	cgroup_user_left(&v2, base, "6-0123abcd");
	cgroup_user_left(&v2, base, "3-0123abcd");
	ok(!there(CGROUP_BASE "/user-3"), "one without does not");
	ok(unlinkat(scratch_fd, CGROUP_BASE "/user-5/memory.max", 0) == 0 &&
		   unlinkat(scratch_fd, CGROUP_BASE "/user-5/memory.current", 0) == 0 &&
		   unlinkat(scratch_fd, CGROUP_BASE "/keepers", AT_REMOVEDIR) == 0, "(nothing else)");
	is_int(cgroup_users_sweep(&cg, CGROUP_USER_IDLE_S, 9), 0, "who has just left is not idle");
	is_int(cgroup_users_sweep(&cg, 0, 9), 1, "but goes at once, too");
	ok(!there(CGROUP_BASE), "and what they were in with the last");
}

int main(void)
{
	int before;

	place();
	if (!scratch_make())
		return done_testing();
	limit(&v2, rows_v2, sizeof rows_v2 / sizeof *rows_v2);
	limit(&v1, rows_v1, sizeof rows_v1 / sizeof *rows_v1);
	before = open_fds();
	sweep();
	is_int(open_fds(), before, "no descriptor is left");
	scratch_remove();
	return done_testing();
}
