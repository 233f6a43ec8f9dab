/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "mountinfo.h"

static const char *const controller_name[CGROUP_CONTROLLER_MAX] = {
	[CGROUP_MEMORY] = "memory",
	[CGROUP_PIDS] = "pids",
	[CGROUP_CPU] = "cpu",
};

/* Does the list (separated by commas or spaces) hold the word? */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += len)
		if ((p == list || strchr(", \n", p[-1])) && (p[len] == '\0' || strchr(", \n", p[len])))
			return true;
	return false;
}

static struct cgroup_tree *tree_add(struct cgroup *cg, const char *path, bool v2)
{
	struct cgroup_tree *t = &cg->tree[cg->ntrees];

	t->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->root < 0)
		return NULL;
	t->dir = -EBADF;
	t->v2 = v2;
	t->delegated = false;
	t->controllers = 0;
	cg->ntrees++;
	return t;
}

struct found_mounts {
	char *v1[CGROUP_CONTROLLER_MAX];
	char *v2;
};

static int note_mount(const struct mount_line *m, void *arg)
{
	struct found_mounts *f = arg;

	/* Not a bind mount of some group: the whole hierarchy, as we see it. */
	if (strcmp(m->root, "/") != 0)
		return 0;
	if (strcmp(m->fstype, "cgroup2") == 0) {
		free(f->v2);
		f->v2 = strdup(m->target);
	} else if (strcmp(m->fstype, "cgroup") == 0) {
		for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
			if (list_has(m->super_options, controller_name[c])) {
				free(f->v1[c]);
				f->v1[c] = strdup(m->target);
			}
	}
	return 0;
}

static int find_trees(struct cgroup *cg, const struct found_mounts *f, struct err *err)
{
	unsigned int in_v2 = 0;

	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++) {
		struct cgroup_tree *t = NULL;

		if (!f->v1[c]) {
			in_v2 |= 1u << c;
			continue;
		}
		/* "cpu,cpuacct" and the like: one hierarchy may serve several. */
		for (int k = 0; k < c && !t; k++)
			if (f->v1[k] && strcmp(f->v1[k], f->v1[c]) == 0)
				for (int i = 0; i < cg->ntrees; i++)
					if (cg->tree[i].controllers & (1u << k))
						t = &cg->tree[i];
		if (!t)
			t = tree_add(cg, f->v1[c], false);
		if (!t)
			return err_set(err, -errno, "cgroup hierarchy %s", f->v1[c]);
		t->controllers |= 1u << c;
	}
	if (in_v2) {
		char have[512];
		struct cgroup_tree *t = f->v2 ? tree_add(cg, f->v2, true) : NULL;

		if (!t || read_file_at(t->root, "cgroup.controllers", have, sizeof have) < 0)
			have[0] = '\0';
		for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
			if ((in_v2 & (1u << c)) && !list_has(have, controller_name[c]))
				return err_set(err, -ENOTSUP,
					       "no cgroup hierarchy with the controller '%s' is mounted",
					       controller_name[c]);
		t->controllers = in_v2;
	}
	return 0;
}

int cgroup_find(struct cgroup *cg, struct err *err)
{
	struct found_mounts f = {.v2 = NULL};
	int r;

	cg->ntrees = 0;
	r = mountinfo_each(note_mount, &f, err);
	if (!r)
		r = find_trees(cg, &f, err);
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
		free(f.v1[c]);
	free(f.v2);
	if (r)
		cgroup_close(cg);
	return r;
}

void cgroup_close(struct cgroup *cg)
{
	for (int i = 0; i < cg->ntrees; i++) {
		scope_close(&cg->tree[i].root);
		scope_close(&cg->tree[i].dir);
	}
	cg->ntrees = 0;
}

/* Write a limit and read it back: the kernel takes some values only in part. */
static int set_value(int dir, const char *file, const char *value, struct err *err)
{
	char got[128];
	ssize_t n;
	int r = write_file_at(dir, file, value);

	if (r)
		return err_set(err, r, "writing '%s' to %s", value, file);
	n = read_file_at(dir, file, got, sizeof got);
	if (n < 0)
		return err_set(err, (int)n, "reading %s back", file);
	got[strcspn(got, "\n")] = '\0';
	if (strcmp(got, value) != 0)
		return err_set(err, 0, "%s was set to '%s' but the kernel made it '%s'", file,
			       value, got);
	return 0;
}

static int set_memory(const struct cgroup_tree *t, uint64_t bytes, struct err *err)
{
	char v[24];
	int r;

	if (bytes == 0)
		return 0;
	/* The kernel counts in pages. */
	snprintf(v, sizeof v, "%" PRIu64, bytes - bytes % (uint64_t)sysconf(_SC_PAGESIZE));
	r = set_value(t->dir, t->v2 ? "memory.max" : "memory.limit_in_bytes", v, err);
	if (r)
		return r;
	/* No way round the limit by swapping; the file is there only where the
	 * kernel accounts for swap. */
	if (t->v2 && faccessat(t->dir, "memory.swap.max", F_OK, 0) == 0)
		r = set_value(t->dir, "memory.swap.max", "0", err);
	else if (!t->v2 && faccessat(t->dir, "memory.memsw.limit_in_bytes", F_OK, 0) == 0)
		r = set_value(t->dir, "memory.memsw.limit_in_bytes", v, err);
	return r;
}

static int set_cpu(const struct cgroup_tree *t, uint32_t permille, struct err *err)
{
	char v[32];

	if (permille == 0)
		return 0;
	/* The period is the kernel's default, 100 ms. */
	snprintf(v, sizeof v, t->v2 ? "%" PRIu64 " 100000" : "%" PRIu64, (uint64_t)permille * 100);
	return set_value(t->dir, t->v2 ? "cpu.max" : "cpu.cfs_quota_us", v, err);
}

static int set_limits(const struct cgroup_tree *t, const struct cgroup_limits *l, struct err *err)
{
	char v[24];
	int r = 0;

	if (t->controllers & (1u << CGROUP_MEMORY))
		r = set_memory(t, l->memory, err);
	if (!r && (t->controllers & (1u << CGROUP_PIDS)) && l->pids) {
		snprintf(v, sizeof v, "%" PRIu64, l->pids);
		r = set_value(t->dir, "pids.max", v, err);
	}
	if (!r && (t->controllers & (1u << CGROUP_CPU)))
		r = set_cpu(t, l->cpu_permille, err);
	return r;
}

/* v2: a controller must be handed down level by level. -EBUSY: the group has
 * processes; -ENOENT: it has not got what it should hand down. */
static int hand_down(const struct cgroup_tree *t, int dir, const char *which, struct err *err)
{
	char have[512], want[64] = "";
	ssize_t n;
	int r;

	if (!t->v2)
		return 0;
	n = read_file_at(dir, "cgroup.subtree_control", have, sizeof have);
	if (n < 0)
		return err_set(err, (int)n, "reading cgroup.subtree_control of %s", which);
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
		if ((t->controllers & (1u << c)) && !list_has(have, controller_name[c])) {
			strcat(want, " +");
			strcat(want, controller_name[c]);
		}
	if (!want[0])
		return 0;
	r = write_file_at(dir, "cgroup.subtree_control", want + 1);
	return r ? err_set(err, r, "writing '%s' to cgroup.subtree_control of %s", want + 1, which)
		 : 0;
}

/* The group that systemd has delegated to us. */
static int tree_create_delegated(struct cgroup_tree *t, int base, const char *instance, struct err *err)
{
	/* While systemd starts the unit, it has a process for a moment. */
	static const struct timespec moment = {.tv_nsec = 10000000};
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
		return err_set(err, 0, "loginjail.service has not got all of the cgroup controllers memory, "
				       "pids and cpu: see its 'Delegate='");
	if (r)
		return r;
	if (mkdirat(base, instance, 0755) < 0)
		return err_set(err, -errno, "making the cgroup " CGROUP_UNIT "/%s", instance);
	t->dir = openat(base, instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return err_set(err, -errno, "the cgroup " CGROUP_UNIT "/%s", instance);
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
		return 0;
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
			r = set_limits(&cg->tree[i], limits, err);
	}
	if (r)
		(void)cgroup_remove(cg, instance);
	return r;
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
