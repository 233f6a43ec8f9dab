/* SPDX-License-Identifier: MIT */
#include "cli/host_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"
#include "lib/scope.h"
#include "setup/mountinfo.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40

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

/* Is all of a path's way local, where it has no links? */
static bool is_local_path(const struct mounts *m, const char *path)
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

/* A way through links: where it has come to, and what is still to go. */
struct way {
	int fd;
	char *at, *rest;
	unsigned links;
};

static int open_root(struct way *w)
{
	scope_close(&w->fd);
	w->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*w->at = '\0';
	return w->fd < 0 ? -errno : 0;
}

static int go_to_link(struct way *w, int link)
{
	char target[PATH_MAX], *rest;
	ssize_t n = readlinkat(link, "", target, sizeof target);

	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	if (n == sizeof target)
		return -ENAMETOOLONG;
	if (w->links++ >= LINKS_MAX)
		return -ELOOP;
	rest = text_format("%.*s/%s", (int)n, target, w->rest);
	if (!rest)
		return -ENOMEM;
	free(w->rest);
	w->rest = rest;
	return *rest == '/' ? open_root(w) : 0;
}

static int step(struct way *w, const struct mounts *m, const char *name)
{
	const char *last = strrchr(w->at, '/');
	_cleanup_free_ char *to = strcmp(name, "..") == 0 ? strndup(w->at, last ? (size_t)(last - w->at) : 0) :
							    text_format("%s/%s", w->at, name);
	_cleanup_close_ int fd = -EBADF;
	struct statx st;

	if (!to)
		return -ENOMEM;
	if (!is_local_path(m, to))
		return -EREMOTE;
	fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* By now it may be another than the text says. */
	if (!mounts_stat(m, fd, "", &st))
		return -EREMOTE;
	if (S_ISLNK(st.stx_mode))
		return go_to_link(w, fd);
	scope_close(&w->fd);
	w->fd = take_fd(&fd);
	free(w->at);
	w->at = take_ptr(to);
	return 0;
}

static int walk(struct way *w, const struct mounts *m, struct statx *ret)
{
	int r = open_root(w);

	while (r == 0) {
		char *begin = w->rest + strspn(w->rest, "/"), *end = strchrnul(begin, '/');
		_cleanup_free_ char *name = strndup(begin, (size_t)(end - begin));

		if (!name)
			return -ENOMEM;
		if (!*name)
			return mounts_stat(m, w->fd, "", ret) ? take_fd(&w->fd) : -EREMOTE;
		memmove(w->rest, end, strlen(end) + 1);
		if (strcmp(name, ".") != 0)
			r = step(w, m, name);
	}
	return r;
}

int mounts_open(const struct mounts *m, const char *path, struct statx *ret)
{
	struct way w = {.fd = -EBADF, .at = strdup(""), .rest = strdup(path)};
	int r = w.at && w.rest ? walk(&w, m, ret) : -ENOMEM;

	scope_close(&w.fd);
	free(w.at);
	free(w.rest);
	return r;
}
