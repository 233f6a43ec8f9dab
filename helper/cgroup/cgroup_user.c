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

#include "cgroup_usage.h"
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

static const char *limit_file(const struct cgroup_tree *t)
{
	return t->v2 ? "memory.max" : "memory.limit_in_bytes";
}

/* There where the kernel accounts for swap.  In v1 it has both. */
static const char *swap_limit_file(const struct cgroup_tree *t)
{
	return t->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
}

static uint64_t usage(const struct cgroup_tree *t, int user)
{
	return cgroup_number(user, t->v2 ? "memory.current" : "memory.usage_in_bytes");
}

/* With what of it is swapped out, where the kernel accounts for that. */
static uint64_t usage_with_swap(const struct cgroup_tree *t, int user)
{
	uint64_t memory = usage(t, user);
	uint64_t more = cgroup_number(user, t->v2 ? "memory.swap.current" : "memory.memsw.usage_in_bytes");

	if (memory == USAGE_UNKNOWN || more == USAGE_UNKNOWN)
		return memory;
	return t->v2 ? memory + more : more;
}

/*
 * The page cache, without what is shared memory or a file system in memory; or of that only
 * what is locked, by whomever.
 */
static uint64_t page_cache(const struct cgroup_tree *t, int user, bool locked)
{
	uint64_t file, shmem, unevictable;
	char text[8192];

	if (read_file_at(user, "memory.stat", text, sizeof text) < 0)
		return 0;
	file = cgroup_keyed(text, t->v2 ? "file" : "total_cache");
	shmem = cgroup_keyed(text, t->v2 ? "shmem" : "total_shmem");
	unevictable = cgroup_keyed(text, t->v2 ? "unevictable" : "total_unevictable");
	if (file == USAGE_UNKNOWN || shmem == USAGE_UNKNOWN || unevictable == USAGE_UNKNOWN || file < shmem)
		return 0;
	file -= shmem;
	return locked && unevictable < file ? unevictable : file;
}

/* Have it taken back what is more than left; what can't be is seen in the counter. */
static void reclaim(const struct cgroup_tree *t, int user, uint64_t left)
{
	uint64_t used = usage(t, user);
	char text[24];

	if (!t->v2) {
		/* Who makes room sets the limit that it is to be after that. */
		snprintf(text, sizeof text, "%" PRIu64, left);
		(void)write_file_at(user, left ? limit_file(t) : "memory.force_empty", text);
		return;
	}
	for (int i = 0; i < RECLAIM_TRIES && used != USAGE_UNKNOWN && used > left; i++) {
		snprintf(text, sizeof text, "%" PRIu64, used - left);
		if (write_file_at(user, "memory.reclaim", text) != -EAGAIN) /* it was not all */
			return;
		used = usage(t, user);
	}
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

/*
 * What the kernel can have back must not be in a new jail's way, and what it can't be is
 * better said than to have the jail's first process killed for it.  *limit is that on
 * memory, swap that on what is swapped out beside it.
 */
static bool make_room(const struct cgroup_tree *t, int user, uint64_t *limit, uint64_t swap)
{
	const uint64_t room = *limit / 4 < ROOM_MAX ? *limit / 4 : ROOM_MAX;
	uint64_t used = usage(t, user), extra, both;

	/* Most logins: a first one, or little is left of earlier ones. */
	if (used == USAGE_UNKNOWN || used <= *limit / 4)
		return true;
	extra = page_cache(t, user, true);
	if (used > *limit + extra - room) {
		reclaim(t, user, *limit + extra - room);
		used = usage(t, user);
		/* Held in other ways, as in a pipe, or not on the disk yet. */
		if (used > *limit + extra - room)
			extra = page_cache(t, user, false);
	}
	*limit += extra;
	if (used > *limit - room / 2)
		return false;
	/* v1 has made room by swapping, perhaps, which its other limit counts as well. */
	used = usage_with_swap(t, user);
	return t->v2 || used == USAGE_UNKNOWN || __builtin_add_overflow(*limit, swap, &both) || used <= both - room / 2;
}

/* v1's limit of both must never be below the other. */
static int raise_swap(const struct cgroup_tree *t, int user, uint64_t memory, struct err *err)
{
	int r = 0;

	if (!t->v2 && cgroup_number(user, swap_limit_file(t)) < memory)
		r = write_file_at(user, swap_limit_file(t), "-1");
	return r ? err_set(err, r, "raising %s", swap_limit_file(t)) : 0;
}

/* Where the user's section of before had one. */
static int set_free(const struct cgroup_tree *t, int user, bool memory, bool swap, struct err *err)
{
	int r = swap ? write_file_at(user, swap_limit_file(t), t->v2 ? "max" : "-1") : 0;

	if (r == -ENOENT)
		r = 0;
	if (!r && memory)
		r = write_file_at(user, limit_file(t), t->v2 ? "max" : "-1");
	return r ? err_set(err, r, "taking a limit of memory away") : 0;
}

static int set_limits(const struct cgroup_tree *t, int user, const struct settings *set, struct err *err)
{
	struct cgroup_tree group = *t;
	struct settings all = *set;
	bool limited;
	int r;

	if (set->memory != NO_LIMIT && __builtin_add_overflow(set->memory, CGROUP_USER_REST, &all.memory))
		all.memory = NO_LIMIT;
	all.memory = for_all(set, all.memory, NO_LIMIT);
	all.memory_high = NO_LIMIT;
	all.swap = for_all(set, set->swap, LIMIT_MAX);
	group.dir = user;
	limited = all.memory != NO_LIMIT;
	if (limited && !make_room(t, user, &all.memory, all.swap)) {
		(void)err_set(err, 0,
			      "%" PRIu64 "M of the %" PRIu64 "M of memory that all jails of this user may have are "
			      "held by others: something that was in memory was passed to them ('loginjail ps' lists "
			      "who lives)", usage_with_swap(t, user) >> 20, all.memory >> 20);
		return -EDQUOT;
	}
	r = set_free(t, user, !limited, !limited || all.swap == LIMIT_MAX, err);
	if (!r && limited)
		r = raise_swap(t, user, all.memory, err);
	if (!r)
		r = cgroup_limits_set_memory(&group, &all, err);
	/* A weight counts among the groups beside it only. */
	if (!r && (t->controllers & CGROUP_BIT(CGROUP_CPU)))
		r = cgroup_limits_set_weight(&group, set->cpu_weight, err);
	return r;
}

/* One set-up at a time: of jails that are their login's alone there may be several. */
static int lock_limits(int fd, int how, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = CGROUP_LOCK_AT, .l_len = 1};
	int r;

	do
		r = fcntl(fd, how, &l) < 0 ? -errno : 0;
	while (r == -EINTR);
	return r;
}

int cgroup_user_limit(const struct cgroup_tree *t, int user, const struct cgroup_limits *limits, struct err *err)
{
	int r = lock_limits(limits->lock, F_OFD_SETLKW, F_WRLCK);

	if (r)
		return err_set(err, r, "locking the limits of the user's cgroup");
	r = set_limits(t, user, limits->set, err);
	(void)lock_limits(limits->lock, F_OFD_SETLK, F_UNLCK);
	return r ? err_prefix(err, r, "the cgroup of all jails of the user") : 0;
}

/* ---- the end --------------------------------------------------------------- */

/* v1 has no word for "no limit": it is the largest number of pages.  One that can't be
 * told is one, but where the group never got the controller. */
static bool limited(const struct cgroup_tree *t, int user)
{
	char text[32];
	uint64_t n;
	ssize_t r = read_file_at(user, limit_file(t), text, sizeof text);

	if (r < 0)
		return r != -ENOENT;
	return sscanf(text, "%" SCNu64, &n) == 1 && n < INT64_MAX / 2;
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
		if (limited(t, user) && usage_with_swap(t, user) > CGROUP_USER_REST)
			reclaim(t, user, 0);
		/* A jail that came meanwhile keeps it, or has what it took counted by now. */
		if ((!limited(t, user) || usage_with_swap(t, user) <= CGROUP_USER_REST) &&
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
