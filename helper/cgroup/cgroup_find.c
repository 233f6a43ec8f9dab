/* SPDX-License-Identifier: MIT */
/* Which hierarchies this host has, and what of a jail's limits each is for. */
#include "cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdio.h"
#include "setup/mountinfo.h"

static const char *const v1_name[CGROUP_CONTROLLER_MAX] = {
	[CGROUP_MEMORY] = "memory", [CGROUP_PIDS] = "pids", [CGROUP_CPU] = "cpu",
	[CGROUP_CPUSET] = "cpuset", [CGROUP_IO] = "blkio",  [CGROUP_CPUACCT] = "cpuacct",
};

const char *const cgroup_v2_name[CGROUP_CONTROLLER_MAX] = {
	[CGROUP_MEMORY] = "memory", [CGROUP_PIDS] = "pids", [CGROUP_CPU] = "cpu",
	[CGROUP_CPUSET] = "cpuset", [CGROUP_IO] = "io",
};

bool cgroup_list_has(const char *list, const char *word)
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
			if (cgroup_list_has(m->super_options, v1_name[c])) {
				free(f->v1[c]);
				f->v1[c] = strdup(m->target);
			}
	}
	return 0;
}

/* The hierarchy of a v1 controller: "cpu,cpuacct" and the like may serve several. */
static struct cgroup_tree *v1_tree(struct cgroup *cg, const struct found_mounts *f, int c)
{
	for (int k = 0; k < c; k++)
		if (f->v1[k] && strcmp(f->v1[k], f->v1[c]) == 0)
			for (int i = 0; i < cg->ntrees; i++)
				if (cg->tree[i].controllers & CGROUP_BIT(k))
					return &cg->tree[i];
	return tree_add(cg, f->v1[c], false);
}

static int find_in_v2(struct cgroup *cg, const struct found_mounts *f, unsigned int need,
		      unsigned int also, struct err *err)
{
	struct cgroup_tree *t = f->v2 ? tree_add(cg, f->v2, true) : NULL;
	unsigned int found = 0;
	char have[512];

	if (!t || read_file_at(t->root, "cgroup.controllers", have, sizeof have) < 0)
		have[0] = '\0';
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++) {
		if (!((need | also) & CGROUP_BIT(c)))
			continue;
		if (cgroup_v2_name[c] && cgroup_list_has(have, cgroup_v2_name[c]))
			found |= CGROUP_BIT(c);
		else if (need & CGROUP_BIT(c))
			return err_set(err, -ENOTSUP,
				       "no cgroup hierarchy with the controller '%s' is mounted",
				       cgroup_v2_name[c] ? cgroup_v2_name[c] : v1_name[c]);
	}
	if (t)
		t->controllers = found;
	return 0;
}

/* v1: what shares a hierarchy that we use has its say about our groups as well. */
static void note_companions(struct cgroup *cg, const struct found_mounts *f)
{
	for (int i = 0; i < cg->ntrees; i++)
		for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
			for (int k = 0; f->v1[c] && k < CGROUP_CONTROLLER_MAX; k++)
				if (f->v1[k] && (cg->tree[i].controllers & CGROUP_BIT(k)) &&
				    strcmp(f->v1[k], f->v1[c]) == 0)
					cg->tree[i].controllers |= CGROUP_BIT(c);
}

static int find_trees(struct cgroup *cg, const struct found_mounts *f, unsigned int need,
		      unsigned int also, struct err *err)
{
	unsigned int in_v1 = 0;

	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++) {
		struct cgroup_tree *t;

		if (!f->v1[c] || !((need | also) & CGROUP_BIT(c)))
			continue;
		t = v1_tree(cg, f, c);
		if (!t)
			return err_set(err, -errno, "cgroup hierarchy %s", f->v1[c]);
		t->controllers |= CGROUP_BIT(c);
		in_v1 |= CGROUP_BIT(c);
	}
	note_companions(cg, f);
	need &= ~in_v1;
	also &= ~(in_v1 | CGROUP_BIT(CGROUP_CPUACCT));
	return need || also ? find_in_v2(cg, f, need, also, err) : 0;
}

int cgroup_find(struct cgroup *cg, unsigned int need, unsigned int also, struct err *err)
{
	struct found_mounts f = {.v2 = NULL};
	int r;

	cg->ntrees = 0;
	r = mountinfo_each(note_mount, &f, err);
	if (!r)
		r = find_trees(cg, &f, need, also, err);
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
		free(f.v1[c]);
	free(f.v2);
	if (r)
		cgroup_close(cg);
	return r;
}

const struct cgroup_tree *cgroup_tree_of(const struct cgroup *cg, enum cgroup_controller c)
{
	for (int i = 0; i < cg->ntrees; i++)
		if (cg->tree[i].controllers & CGROUP_BIT(c))
			return &cg->tree[i];
	return NULL;
}
