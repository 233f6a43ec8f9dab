/* SPDX-License-Identifier: MIT */
#include "layer.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"

/* All whiteouts are links of one node. */
#define WHITEOUT ".whiteout"

uid_t layer_uid(const struct layer *l, uid_t uid)
{
	return uid == l->id->uid || uid >= SUBID_MAPPED ? uid : l->sub.uid + uid;
}

gid_t layer_gid(const struct layer *l, gid_t gid)
{
	return gid == l->id->gid || gid >= SUBID_MAPPED ? gid : l->sub.gid + gid;
}

/* What of a path that can't be looked at says that there is nothing. */
static bool is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* Has this directory been made already?  A jail has some twenty of them. */
static bool made(const struct layer *l, const char *path, size_t len)
{
	for (size_t i = 0; i < l->nmade; i++)
		if (strncmp(l->made[i], path, len) == 0 && l->made[i][len] == '\0')
			return true;
	return false;
}

/*
 * Make one directory, by its whole path: the layer is ours alone, nobody changes
 * it under us.  last: nothing will be below it that the host has.
 */
static int make_one(struct layer *l, const char *path, bool last, struct err *err)
{
	struct stat st;
	uid_t uid;
	gid_t gid;

	if (fstatat(l->host, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (!is_absent(errno))
			return err_set(err, -errno, "'%s' of the tree", path);
		st = (struct stat){.st_mode = S_IFDIR | 0755};
	}
	/* A directory of ours would cover the link, and with it all that the host
	 * has behind it: /lib, say. */
	if (S_ISLNK(st.st_mode) && !last)
		return err_set(err, -ELOOP,
			       "the path goes through the symbolic link '%s' of the tree; use the real one", path);
	if (!S_ISDIR(st.st_mode))
		st = (struct stat){.st_mode = S_IFDIR | 0755};
	if (mkdirat(l->dir, path + 1, st.st_mode & 01777) < 0)
		return err_set(err, -errno, "making '%s' in the jail's layer (is a part of it hidden?)", path);
	uid = layer_uid(l, st.st_uid);
	gid = layer_gid(l, st.st_gid);
	if ((uid != l->sub.uid || gid != l->sub.gid) &&
	    fchownat(l->dir, path + 1, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, -errno, "owner of '%s' in the jail's layer", path);
	if (l->nmade == LAYER_MADE_MAX)
		return err_set(err, -E2BIG, "more than %d directories in the jail's layer", LAYER_MADE_MAX);
	l->made[l->nmade] = strdup(path);
	if (!l->made[l->nmade])
		return err_set(err, -ENOMEM, "the jail's layer");
	l->nmade++;
	return 0;
}

/* Make the directories that lead to path, and with self path itself. */
static int make_path(struct layer *l, const char *path, bool self, struct err *err)
{
	char upto[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof upto)
		return err_set(err, -ENAMETOOLONG, "'%s'", path);
	for (size_t i = 1; i <= len; i++) {
		int r;

		if ((path[i] != '/' && path[i] != '\0') || (path[i] == '\0' && !self) || made(l, path, i))
			continue;
		memcpy(upto, path, i);
		upto[i] = '\0';
		r = make_one(l, upto, i == len, err);
		if (r)
			return r;
	}
	return 0;
}

int layer_directory(struct layer *l, const char *path, struct err *err)
{
	return make_path(l, path, true, err);
}

static int note_masked(struct layer *l, const char *path, struct err *err)
{
	if (l->nmasked == LAYER_MASKED_MAX)
		return err_set(err, -E2BIG, "more than %d masked paths", LAYER_MASKED_MAX);
	l->masked[l->nmasked] = strdup(path);
	if (!l->masked[l->nmasked])
		return err_set(err, -ENOMEM, "masked paths");
	l->nmasked++;
	return 0;
}

/* Of a directory that the layer has: what the host has below it is not seen.
 * There is no such call with a descriptor of the directory above before 6.13. */
static int make_opaque(struct layer *l, const char *path, struct err *err)
{
	if (fchdir(l->dir) < 0 || lsetxattr(path + 1, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return err_set(err, -errno, "hiding what is below '%s'", path);
	return note_masked(l, path, err);
}

int layer_empty(struct layer *l, const char *path, struct err *err)
{
	int r = make_path(l, path, true, err);

	return r ? r : make_opaque(l, path, err);
}

int layer_hide(struct layer *l, const char *path, struct err *err)
{
	int r = make_path(l, path, false, err);

	if (r)
		return r;
	if (linkat(l->dir, WHITEOUT, l->dir, path + 1, 0) < 0) {
		if (errno == ENOENT && mknodat(l->dir, WHITEOUT, S_IFCHR, makedev(0, 0)) == 0 &&
		    linkat(l->dir, WHITEOUT, l->dir, path + 1, 0) == 0)
			return note_masked(l, path, err);
		if (errno != EEXIST)
			return err_set(err, -errno, "hiding '%s'", path);
		/* We have something below it ourselves, so it must be there. */
		if (made(l, path, strlen(path)))
			return make_opaque(l, path, err);
	}
	return note_masked(l, path, err);
}

int layer_file(struct layer *l, const char *path, const char *text, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r = make_path(l, path, false, err);

	if (r)
		return r;
	fd = openat(l->dir, path + 1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(err, -errno, "making '%s' in the jail's layer", path);
	r = write_all(fd, text, strlen(text));
	return r ? err_set(err, r, "writing '%s' in the jail's layer", path) : 0;
}

int layer_hostname(struct layer *l, const char *name, struct err *err)
{
	char text[512];
	int r;

	snprintf(text, sizeof text, "%s\n", name);
	r = layer_file(l, "/etc/hostname", text, err);
	if (r)
		return r;
	snprintf(text, sizeof text,
		 "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n", name);
	return layer_file(l, "/etc/hosts", text, err);
}

enum mask_kind { HIDE, EMPTY, GLOB };

static const struct mask_row {
	enum mask_kind kind;
	const char *path;
} mask_rows[] = {
#define MASK(kind, path, why) {kind, path},
#include "host-mask.def"
#undef MASK
};

static int mask_glob(struct layer *l, const char *pattern, struct err *err)
{
	const char *slash = strrchr(pattern, '/');
	_cleanup_close_ int fd = -EBADF;
	_cleanup_closedir_ DIR *d = NULL;
	char dir[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
	struct dirent *e;

	snprintf(dir, sizeof dir, "%.*s", (int)(slash - pattern), pattern);
	fd = sys_openat2(l->host, dir, O_RDONLY | O_DIRECTORY, 0, RESOLVE_POLICY_IN_ROOT);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return is_absent(errno) ? 0 : err_set(err, -errno, "%s", dir);
	(void)take_fd(&fd);
	while ((errno = 0, e = readdir(d))) {
		int r;

		if (fnmatch(slash + 1, e->d_name, 0) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		r = layer_hide(l, path, err);
		if (r)
			return r;
	}
	return errno ? err_set(err, -errno, "%s", dir) : 0;
}

int layer_mask_host(struct layer *l, struct err *err)
{
	for (size_t i = 0; i < sizeof mask_rows / sizeof *mask_rows; i++) {
		const struct mask_row *m = &mask_rows[i];
		struct stat st;
		int r;

		if (m->kind == GLOB) {
			r = mask_glob(l, m->path, err);
		} else if (fstatat(l->host, m->path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			/* What is not known to be absent may not be seen. */
			r = is_absent(errno) ? 0 : err_set(err, -errno, "'%s', to be hidden", m->path);
		} else if (S_ISLNK(st.st_mode)) {
			/* /home -> /data/home, say: hide what it leads to as well. */
			r = m->kind == EMPTY ? layer_empty(l, m->path, err) : 0;
			if (!r)
				r = layer_mask_path(l, m->path, err);
		} else if (m->kind == EMPTY && S_ISDIR(st.st_mode)) {
			r = layer_empty(l, m->path, err);
		} else {
			r = layer_hide(l, m->path, err);
		}
		if (r)
			return r;
	}
	return 0;
}

/* What path leads to in the tree below, as realpath() has it for the host's. */
static int real_path(const struct layer *l, const char *path, char real[static PATH_MAX])
{
	_cleanup_close_ int fd = sys_openat2(l->host, path, O_PATH, 0, RESOLVE_POLICY_IN_ROOT);
	char link[40], top[PATH_MAX], at[PATH_MAX];
	size_t len;
	ssize_t n;

	if (fd < 0)
		return -errno;
	snprintf(link, sizeof link, "/proc/self/fd/%d", l->host);
	n = readlink(link, top, sizeof top - 1);
	if (n < 0)
		return -errno;
	top[n] = '\0';
	len = strcmp(top, "/") == 0 ? 0 : (size_t)n;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, at, sizeof at - 1);
	if (n < 0)
		return -errno;
	at[n] = '\0';
	if (strncmp(at, top, len) != 0 || (at[len] != '/' && at[len] != '\0'))
		return -ENOENT; /* moved away meanwhile */
	snprintf(real, PATH_MAX, "%s", at[len] ? at + len : "/");
	return 0;
}

int layer_mask_path(struct layer *l, const char *path, struct err *err)
{
	char dir[PATH_MAX], real[PATH_MAX], at[PATH_MAX + NAME_MAX + 2];
	const char *slash = strrchr(path, '/');
	int r;

	/* The link itself, at the place where it really is ... */
	snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
	r = real_path(l, dir[0] ? dir : "/", real);
	if (r)
		return is_absent(-r) ? 0 : err_set(err, r, "mask '%s'", path);
	snprintf(at, sizeof at, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash + 1);
	if (!layer_hides(l, at)) {
		r = layer_hide(l, at, err);
		if (r)
			return r;
	}
	/* ... and what it leads to. */
	r = real_path(l, path, real);
	if (r)
		return is_absent(-r) ? 0 : err_set(err, r, "mask '%s'", path);
	if (layer_hides(l, real))
		return 0;
	return layer_hide(l, real, err);
}

bool layer_hides(const struct layer *l, const char *path)
{
	for (size_t i = 0; i < l->nmasked; i++) {
		size_t len = strlen(l->masked[i]);

		if (strncmp(path, l->masked[i], len) == 0 && (path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return false;
}

void layer_clear(struct layer *l)
{
	while (l->nmasked > 0)
		free(l->masked[--l->nmasked]);
	while (l->nmade > 0)
		free(l->made[--l->nmade]);
}
