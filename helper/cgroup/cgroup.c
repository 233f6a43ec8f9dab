/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cgroup_find.h"
#include "cgroup_limits.h"
#include "cgroup_user.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"

void cgroup_close(struct cgroup *cg)
{
	for (int i = 0; i < cg->ntrees; i++) {
		scope_close(&cg->tree[i].root);
		scope_close(&cg->tree[i].dir);
	}
	cg->ntrees = 0;
}

/* v2: a controller must be handed down level by level. -EBUSY: the group has
 * processes; -ENOENT: it has not got what it should hand down. */
static int hand_down(const struct cgroup_tree *t, int dir, const char *which, struct err *err)
{
	char have[512], want[96] = "";
	ssize_t n;
	int r;

	if (!t->v2)
		return 0;
	n = read_file_at(dir, "cgroup.subtree_control", have, sizeof have);
	if (n < 0)
		return err_set(err, (int)n, "reading cgroup.subtree_control of %s", which);
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
		if ((t->controllers & CGROUP_BIT(c)) && cgroup_v2_name[c] &&
		    !cgroup_list_has(have, cgroup_v2_name[c])) {
			strcat(want, " +");
			strcat(want, cgroup_v2_name[c]);
		}
	if (!want[0])
		return 0;
	r = write_file_at(dir, "cgroup.subtree_control", want + 1);
	return r ? err_set(err, r, "writing '%s' to cgroup.subtree_control of %s", want + 1, which)
		 : 0;
}

static const char *needed(const struct cgroup_tree *t, char *text, size_t size)
{
	size_t len = 0;

	for (int c = 0; c < CGROUP_CONTROLLER_MAX && len < size; c++)
		if (t->controllers & CGROUP_BIT(c))
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "",
						cgroup_v2_name[c]);
	return text;
}

/* A new group of v1's cpuset has neither processors nor memory, and takes nobody. */
static int cpuset_fill(const struct cgroup_tree *t, int from, int to, struct err *err)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char have[1024];

	if (t->v2 || !(t->controllers & CGROUP_BIT(CGROUP_CPUSET)))
		return 0;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		ssize_t n = read_file_at(to, files[i], have, sizeof have);
		int r;

		if (n > 0 && have[0] != '\n')
			continue;
		if (n >= 0)
			n = read_file_at(from, files[i], have, sizeof have);
		r = n < 0 ? (int)n : write_file_at(to, files[i], have);
		if (r)
			return err_set(err, r, "giving %s of a cgroup to one below it", files[i]);
	}
	return 0;
}

/*
 * The instance's group below base, in its user's where memory is counted.  where is
 * the name of base for errors.  -ENOENT, -ENODEV: one that it is to be in has just been
 * removed.
 */
static int group_create(struct cgroup_tree *t, int base, const char *where, const char *instance,
			const struct cgroup_limits *limits, struct err *err)
{
	_cleanup_close_ int user = -EBADF;
	char name[CGROUP_USER_MAX];
	int above = base, r = 0;

	if (t->controllers & CGROUP_BIT(CGROUP_MEMORY)) {
		cgroup_user_name(instance, name);
		if (mkdirat(base, name, 0755) < 0 && errno != EEXIST)
			return err_set(err, -errno, "making the cgroup %s/%s", where, name);
		above = user = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (user < 0)
			return err_set(err, -errno, "the cgroup %s/%s", where, name);
		r = hand_down(t, user, name, err);
		if (!r)
			r = cpuset_fill(t, base, user, err);
		if (r)
			return r;
	}
	if (mkdirat(above, instance, 0755) < 0)
		return err_set(err, -errno, "making the cgroup %s of the jail in %s", instance, where);
	t->dir = openat(above, instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return err_set(err, -errno, "the cgroup %s of the jail in %s", instance, where);
	r = cpuset_fill(t, above, t->dir, err);
	return !r && user >= 0 ? cgroup_user_limit(t, user, limits, err) : r;
}

/* Groups of users, and BASE, are removed when they are empty, perhaps just between our calls;
 * not when the jail's is in them. */
#define TRIES 100

static bool gone(const struct cgroup_tree *t, int r)
{
	return t->dir < 0 && (r == -ENOENT || r == -ENODEV);
}

/* Below the group that systemd has delegated to us. */
static int tree_create_delegated(struct cgroup_tree *t, int base, const char *instance,
				 const struct cgroup_limits *limits, struct err *err)
{
	/* While systemd starts the unit, it has a process for a moment. */
	static const struct timespec moment = {.tv_nsec = 10000000};
	char text[64];
	int r;

	t->delegated = true;
	for (int tries = 0; tries < TRIES; tries++) {
		r = hand_down(t, base, CGROUP_UNIT, err);
		if (r != -EBUSY)
			break;
		(void)nanosleep(&moment, NULL);
	}
	if (r == -EBUSY)
		return err_set(err, r, "the cgroup " CGROUP_UNIT " has processes of its own, so that there "
				       "can be no limits below it; try 'systemctl restart loginjail.service'");
	if (r == -ENOENT)
		return err_set(err, 0, "loginjail.service has not got all of the cgroup controllers that this "
				       "jail needs (%s): see its 'Delegate='", needed(t, text, sizeof text));
	if (r)
		return r;
	for (int tries = 0; tries < TRIES; tries++) {
		r = group_create(t, base, CGROUP_UNIT, instance, limits, err);
		if (!gone(t, r))
			break;
	}
	return r;
}

static int tree_create_own(struct cgroup_tree *t, const char *instance, const struct cgroup_limits *limits,
			   struct err *err)
{
	t->delegated = false;
	for (int tries = 0; tries < TRIES; tries++) {
		_cleanup_close_ int base = -EBADF;
		int r;

		if (mkdirat(t->root, CGROUP_BASE, 0755) < 0 && errno != EEXIST)
			return err_set(err, -errno, "making the cgroup " CGROUP_BASE);
		base = openat(t->root, CGROUP_BASE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (base < 0 && errno == ENOENT)
			continue;
		if (base < 0)
			return err_set(err, -errno, "the cgroup " CGROUP_BASE);
		r = hand_down(t, t->root, "the root", err);
		if (!r)
			r = hand_down(t, base, CGROUP_BASE, err);
		if (!r)
			r = cpuset_fill(t, t->root, base, err);
		if (!r)
			r = group_create(t, base, CGROUP_BASE, instance, limits, err);
		if (!gone(t, r))
			return r;
	}
	return err_set(err, -EAGAIN, "making the cgroup " CGROUP_BASE "/%s", instance);
}

static int tree_create(struct cgroup_tree *t, const char *instance, const struct cgroup_limits *limits,
		       struct err *err)
{
	_cleanup_close_ int unit = -EBADF;

	if (t->v2)
		unit = openat(t->root, CGROUP_UNIT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return unit >= 0 ? tree_create_delegated(t, unit, instance, limits, err) :
			   tree_create_own(t, instance, limits, err);
}

int cgroup_create(struct cgroup *cg, const char *instance, const struct cgroup_limits *limits,
		  struct err *err)
{
	int r = 0;

	for (int i = 0; i < cg->ntrees && !r; i++) {
		r = tree_create(&cg->tree[i], instance, limits, err);
		if (!r)
			r = cgroup_limits_set(&cg->tree[i], limits, err);
	}
	if (r)
		(void)cgroup_remove(cg, instance);
	return r;
}

int cgroup_open(struct cgroup *cg, const char *instance)
{
	for (int i = 0; i < cg->ntrees; i++) {
		struct cgroup_tree *t = &cg->tree[i];
		char path[CGROUP_PATH_MAX];

		cgroup_group_path(t, CGROUP_UNIT, instance, path);
		t->dir = t->v2 ? openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;
		cgroup_group_path(t, CGROUP_BASE, instance, path);
		if (t->dir < 0)
			t->dir = openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* Only those that every jail has are sure to be there. */
		if (t->dir < 0 && (errno != ENOENT || (t->controllers & CGROUP_BASIC)))
			return -errno;
	}
	return 0;
}

int cgroup_clone_fd(const struct cgroup *cg)
{
	return cg->ntrees == 1 && cg->tree[0].v2 ? cg->tree[0].dir : -EBADF;
}

int cgroup_attach(const struct cgroup *cg, pid_t pid, struct err *err)
{
	char text[16];

	snprintf(text, sizeof text, "%d", pid);
	for (int i = 0; i < cg->ntrees; i++) {
		int r = write_file_at(cg->tree[i].dir, "cgroup.procs", text);

		if (r)
			return err_set(err, r, "moving PID 1 of the jail into its cgroup");
	}
	return 0;
}

bool cgroup_fork_keeper(void)
{
	/* Where systemd has it; there is no unit in other places. */
	_cleanup_close_ int keepers =
		open("/sys/fs/cgroup/" CGROUP_UNIT "/" CGROUP_KEEPERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};

	if (keepers < 0)
		return false;
	args.cgroup = (uint64_t)keepers;
	/* It fails where the unit is just being stopped. */
	return sys_clone3(&args) > 0;
}

void cgroup_path(const struct cgroup *cg, const char *instance, char *buf, size_t size)
{
	const struct cgroup_tree *t = cgroup_tree_of(cg, CGROUP_MEMORY);
	char path[CGROUP_PATH_MAX];

	cgroup_group_path(t, t->delegated ? CGROUP_UNIT : CGROUP_BASE, instance, path);
	snprintf(buf, size, "%s", path);
}

bool cgroup_kill(const struct cgroup *cg)
{
	bool killed = false;

	for (int i = 0; i < cg->ntrees; i++)
		if (cg->tree[i].v2 && cg->tree[i].dir >= 0)
			killed |= write_file_at(cg->tree[i].dir, "cgroup.kill", "1") == 0;
	return killed;
}

/* -errno; not to be there is no error. */
static int group_remove(const struct cgroup_tree *t, const char *base, const char *instance)
{
	_cleanup_close_ int dir = -EBADF;
	char path[CGROUP_PATH_MAX];

	cgroup_group_path(t, base, instance, path);
	if (unlinkat(t->root, path, AT_REMOVEDIR) < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = openat(t->root, base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && (t->controllers & CGROUP_BIT(CGROUP_MEMORY)))
		cgroup_user_left(t, dir, instance);
	return 0;
}

int cgroup_remove(const struct cgroup *cg, const char *instance)
{
	int first = 0;

	for (int i = 0; i < cg->ntrees; i++) {
		const struct cgroup_tree *t = &cg->tree[i];
		/* Whoever looks for a dead jail's does not know which it had. */
		int delegated = t->v2 ? group_remove(t, CGROUP_UNIT, instance) : 0;
		int own = group_remove(t, CGROUP_BASE, instance);

		if (!first)
			first = delegated ? delegated : own;
		/* Fails while there are others, which is as it should be. */
		(void)unlinkat(t->root, CGROUP_BASE, AT_REMOVEDIR);
	}
	return first;
}
