/* SPDX-License-Identifier: MIT */
#include "cli/host_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "setup/mountinfo.h"

struct mount_kind {
	uint64_t id;
	bool local;
	char *target;
};

static bool is_local(const char *fstype)
{
	static const char *const local[] = {
		"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "jfs", "nilfs2", "ecryptfs",
		"tmpfs", "ramfs", "rootfs", "overlay", "squashfs", "erofs",
	};

	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		if (strcmp(local[i], fstype) == 0)
			return true;
	return false;
}

static int add(const struct mount_line *line, void *arg)
{
	struct mounts *m = arg;
	struct mount_kind *v = reallocarray(m->v, m->n + 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	m->v = v;
	v[m->n] = (struct mount_kind){(uint64_t)line->id, is_local(line->fstype), strdup(line->target)};
	return v[m->n].target ? (m->n++, 0) : -ENOMEM;
}

int mounts_read(struct mounts *ret, struct err *err)
{
	*ret = (struct mounts){0};
	return mountinfo_each(add, ret, err);
}

void mounts_clear(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].target);
	free(m->v);
	*m = (struct mounts){0};
}

static bool leads_through(const char *path, const char *target)
{
	size_t len = strlen(target);

	return strcmp(target, "/") == 0 || (strncmp(path, target, len) == 0 && (!path[len] || path[len] == '/'));
}

/* Is there another one on top of it? */
static bool is_hidden(const struct mounts *m, size_t i)
{
	for (size_t k = i + 1; k < m->n; k++)
		if (strcmp(m->v[k].target, m->v[i].target) == 0)
			return true;
	return false;
}

bool mounts_local_path(const struct mounts *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->v[i].local && leads_through(path, m->v[i].target) && !is_hidden(m, i))
			return false;
	return m->n > 0;
}

bool mounts_stat(const struct mounts *m, int dir, const char *name, struct statx *ret)
{
	static const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC | AT_EMPTY_PATH;

	if (statx(dir, name, flags, STATX_BASIC_STATS | STATX_MNT_ID, ret) < 0 || !(ret->stx_mask & STATX_MNT_ID))
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].id == ret->stx_mnt_id)
			return m->v[i].local;
	return false;
}
