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

/* The group that systemd has delegated to us. */
static int tree_create_delegated(struct cgroup_tree *t, int base, const char *instance, struct err *err)
{
	/* While systemd starts the unit, it has a process for a moment. */
	static const struct timespec moment = {.tv_nsec = 10000000};
	char text[64];
	int r;

	t->delegated = true;
	for (int tries = 0; tries < 100; tries++) {
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
	if (mkdirat(base, instance, 0755) < 0)
		return err_set(err, -errno, "making the cgroup " CGROUP_UNIT "/%s", instance);
	t->dir = openat(base, instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return err_set(err, -errno, "the cgroup " CGROUP_UNIT "/%s", instance);
	return 0;
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

static int tree_create_own(struct cgroup_tree *t, const char *instance, struct err *err)
{
	t->delegated = false;
	/* The last jail to go removes BASE, perhaps just between our two calls. */
	for (int tries = 0; tries < 100; tries++) {
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
		if (r == -ENOENT || r == -ENODEV)
			continue;
		if (r)
			return r;
		if (mkdirat(base, instance, 0755) < 0) {
			if (errno == ENOENT)
				continue;
			return err_set(err, -errno, "making the cgroup " CGROUP_BASE "/%s", instance);
		}
		t->dir = openat(base, instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (t->dir < 0)
			return err_set(err, -errno, "the cgroup " CGROUP_BASE "/%s", instance);
		return cpuset_fill(t, base, t->dir, err);
	}
	return err_set(err, -EAGAIN, "making the cgroup " CGROUP_BASE "/%s", instance);
}

static int tree_create(struct cgroup_tree *t, const char *instance, struct err *err)
{
	_cleanup_close_ int unit = -EBADF;

	if (t->v2)
		unit = openat(t->root, CGROUP_UNIT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return unit >= 0 ? tree_create_delegated(t, unit, instance, err) : tree_create_own(t, instance, err);
}

int cgroup_create(struct cgroup *cg, const char *instance, const struct cgroup_limits *limits,
		  struct err *err)
{
	int r = 0;

	for (int i = 0; i < cg->ntrees && !r; i++) {
		r = tree_create(&cg->tree[i], instance, err);
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
		char path[sizeof CGROUP_UNIT + 64];

		snprintf(path, sizeof path, CGROUP_UNIT "/%s", instance);
		t->dir = t->v2 ? openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;
		snprintf(path, sizeof path, CGROUP_BASE "/%s", instance);
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
	bool delegated = cg->ntrees > 0 && cg->tree[cg->ntrees - 1].delegated;

	snprintf(buf, size, "%s/%s", delegated ? CGROUP_UNIT : CGROUP_BASE, instance);
}

bool cgroup_kill(const struct cgroup *cg)
{
	bool killed = false;

	for (int i = 0; i < cg->ntrees; i++)
		if (cg->tree[i].v2 && cg->tree[i].dir >= 0)
			killed |= write_file_at(cg->tree[i].dir, "cgroup.kill", "1") == 0;
	return killed;
}

int cgroup_remove(const struct cgroup *cg, const char *instance)
{
	char own[sizeof CGROUP_BASE + 64], delegated[sizeof CGROUP_UNIT + 64];
	int first = 0;

	snprintf(own, sizeof own, CGROUP_BASE "/%s", instance);
	snprintf(delegated, sizeof delegated, CGROUP_UNIT "/%s", instance);
	for (int i = 0; i < cg->ntrees; i++) {
		const struct cgroup_tree *t = &cg->tree[i];

		/* Whoever looks for a dead jail's does not know which it had. */
		if (t->v2 && unlinkat(t->root, delegated, AT_REMOVEDIR) < 0 && errno != ENOENT && !first)
			first = -errno;
		if (unlinkat(t->root, own, AT_REMOVEDIR) < 0 && errno != ENOENT && !first)
			first = -errno;
		/* Fails while other jails live, which is as it should be. */
		(void)unlinkat(t->root, CGROUP_BASE, AT_REMOVEDIR);
	}
	return first;
}
