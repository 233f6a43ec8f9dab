/* SPDX-License-Identifier: MIT */
#include "cgroup_user.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/scope.h"

#define USER_PREFIX "user-"

/* Without it a jail can't even begin. */
#define ROOM_MAX (UINT64_C(8) << 20)

/* Emptying a group takes some calls, each of which gives up early. */
#define RECLAIM_TRIES 16

void cgroup_user_name(const char *instance, char ret[static CGROUP_USER_MAX])
{
	snprintf(ret, CGROUP_USER_MAX, USER_PREFIX "%.*s", (int)strcspn(instance, "-"), instance);
}

void cgroup_group_path(const struct cgroup_tree *t, const char *base, const char *instance,
		       char ret[static CGROUP_PATH_MAX])
{
	char user[CGROUP_USER_MAX];

	cgroup_user_name(instance, user);
	if (t->controllers & CGROUP_BIT(CGROUP_MEMORY))
		snprintf(ret, CGROUP_PATH_MAX, "%s/%s/%s", base, user, instance);
	else
		snprintf(ret, CGROUP_PATH_MAX, "%s/%s", base, instance);
}

static uint64_t number_in(int dir, const char *file, uint64_t otherwise)
{
	char text[32];
	uint64_t n;

	if (read_file_at(dir, file, text, sizeof text) < 0 || sscanf(text, "%" SCNu64, &n) != 1)
		return otherwise;
	return n;
}

static uint64_t usage(const struct cgroup_tree *t, int user)
{
	return number_in(user, t->v2 ? "memory.current" : "memory.usage_in_bytes", UINT64_MAX);
}

/* Have it taken back what is more than left; what can't be is seen in the counter. */
static void reclaim(const struct cgroup_tree *t, int user, uint64_t left)
{
	uint64_t used = usage(t, user);
	char text[24];

	if (!t->v2) {
		/* The limit is not what it was then, but for who sets it next. */
		snprintf(text, sizeof text, "%" PRIu64, left);
		(void)write_file_at(user, left ? "memory.limit_in_bytes" : "memory.force_empty", text);
		return;
	}
	for (int i = 0; i < RECLAIM_TRIES && used != UINT64_MAX && used > left; i++) {
		snprintf(text, sizeof text, "%" PRIu64, used - left);
		if (write_file_at(user, "memory.reclaim", text) != -EAGAIN) /* it was not all */
			return;
		used = usage(t, user);
	}
}

/*
 * What the kernel can have back must not be in a new jail's way, and what it can't be is
 * better said than to have the jail's first process killed for it.
 */
static int make_room(const struct cgroup_tree *t, int user, uint64_t limit, struct err *err)
{
	uint64_t room = limit / 4 < ROOM_MAX ? limit / 4 : ROOM_MAX, used = usage(t, user);

	if (used == UINT64_MAX || used <= limit - room)
		return 0;
	reclaim(t, user, limit - room);
	used = usage(t, user);
	if (used <= limit - room / 2)
		return 0;
	return err_set(err, -EDQUOT,
		       "%" PRIu64 "M of the %" PRIu64 "M of memory that this user's jails may have are held by others: "
		       "something that was in memory was passed to them ('loginjail ps' lists who lives)",
		       used >> 20, limit >> 20);
}

/* ---- limits ---------------------------------------------------------------- */

/* That of all jails of a user together; otherwise is what stands for none. */
static uint64_t for_all(const struct settings *set, uint64_t n, uint64_t otherwise)
{
	uint64_t all;

	if (n == otherwise || set->scope == SCOPE_USER)
		return n;
	return __builtin_mul_overflow(n, set->sessions, &all) ? otherwise : all;
}

/* No limit, where the user's section of before had one.  v1's one of both must never be
 * below the other. */
static int set_free(const struct cgroup_tree *t, int user, bool memory, struct err *err)
{
	const char *const file[] = {t->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes",
				    t->v2 ? "memory.max" : "memory.limit_in_bytes"};
	int r = write_file_at(user, file[0], t->v2 ? "max" : "-1");

	/* It is there where the kernel accounts for swap. */
	if (r == -ENOENT)
		r = 0;
	if (!r && memory)
		r = write_file_at(user, file[1], t->v2 ? "max" : "-1");
	return r ? err_set(err, r, "taking a limit of memory away") : 0;
}

static int set_limits(const struct cgroup_tree *t, int user, const struct settings *set, struct err *err)
{
	struct cgroup_tree group = *t;
	struct settings all = *set;
	int r;

	all.memory = for_all(set, set->memory, NO_LIMIT);
	all.memory_high = NO_LIMIT;
	all.swap = for_all(set, set->swap, LIMIT_MAX);
	group.dir = user;
	r = all.memory == NO_LIMIT ? 0 : make_room(t, user, all.memory, err);
	if (!r)
		r = set_free(t, user, all.memory == NO_LIMIT, err);
	if (!r)
		r = cgroup_limits_set_memory(&group, &all, err);
	/* A weight counts among the groups beside it only. */
	if (!r && (t->controllers & CGROUP_BIT(CGROUP_CPU)))
		r = cgroup_limits_set_weight(&group, set->cpu_weight, err);
	return r;
}

int cgroup_user_limit(const struct cgroup_tree *t, int user, const struct settings *set, struct err *err)
{
	int r = set_limits(t, user, set, err);

	return r ? err_prefix(err, r, "the cgroup of all jails of the user") : 0;
}

/* ---- the end --------------------------------------------------------------- */

/* v1 has no word for "no limit": it is the largest number of pages. */
static bool limited(const struct cgroup_tree *t, int user)
{
	return number_in(user, t->v2 ? "memory.max" : "memory.limit_in_bytes", UINT64_MAX) < INT64_MAX / 2;
}

void cgroup_user_left(const struct cgroup_tree *t, int base, const char *instance)
{
	_cleanup_close_ int user = -EBADF;
	char name[CGROUP_USER_MAX];

	cgroup_user_name(instance, name);
	user = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (user < 0)
		return;
	/* The kernel keeps a group's times if they are set once. */
	(void)futimens(user, NULL);
	if (!limited(t, user))
		(void)unlinkat(base, name, AT_REMOVEDIR);
}

static bool has_groups(int user)
{
	_cleanup_closedir_ DIR *d = NULL;
	int fd = openat(user, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		scope_close(&fd);
		return true;
	}
	while ((e = readdir(d)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			return true;
	return false;
}

static bool idle(int user, int64_t idle_s)
{
	struct stat st;

	return !has_groups(user) && fstat(user, &st) == 0 && time(NULL) - st.st_mtime >= idle_s;
}

static int sweep(const struct cgroup_tree *t, const char *path, int64_t idle_s, int max)
{
	_cleanup_closedir_ DIR *d = NULL;
	int fd = openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), removed = 0;
	struct dirent *e;

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		scope_close(&fd);
		return 0;
	}
	while (max > 0 && (e = readdir(d))) {
		_cleanup_close_ int user = -EBADF;

		if (strncmp(e->d_name, USER_PREFIX, strlen(USER_PREFIX)) != 0)
			continue;
		user = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (user < 0 || !idle(user, idle_s))
			continue;
		max--;
		if (limited(t, user) && usage(t, user) > CGROUP_USER_REST)
			reclaim(t, user, 0);
		/* A jail that came meanwhile keeps it, or has what it took counted by now. */
		if ((!limited(t, user) || usage(t, user) <= CGROUP_USER_REST) &&
		    unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) == 0)
			removed++;
		else
			(void)futimens(user, NULL); /* not the same one each time */
	}
	return removed;
}

int cgroup_users_sweep(const struct cgroup *cg, int64_t idle_s, int max)
{
	const struct cgroup_tree *t = cgroup_tree_of(cg, CGROUP_MEMORY);
	int n = 0;

	if (!t)
		return 0;
	if (t->v2)
		n = sweep(t, CGROUP_UNIT, idle_s, max);
	n += sweep(t, CGROUP_BASE, idle_s, max - n);
	/* Fails while there are other groups. */
	(void)unlinkat(t->root, CGROUP_BASE, AT_REMOVEDIR);
	return n;
}
