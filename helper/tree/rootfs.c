/* SPDX-License-Identifier: MIT */
#include "rootfs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "lib/scope.h"
#include "lib/sys.h"

/* A generation that is removed under us has a successor; nobody makes them this fast. */
#define TRIES 5

/* Of a generation; the option's range bounds the first part. */
#define PATH_SIZE (128 + ROOTFS_NAME_MAX + ROOTFS_GENERATION_MAX)

/* Another mount is the administrator's; a link is nobody's. */
#define RESOLVE_OWN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

bool rootfs_generation_name(const char *name)
{
	static const char form[] = "0000-00-00T00.00.00";
	size_t i, digits;

	for (i = 0; form[i]; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)name[i]) : name[i] != form[i])
			return false;
	if (!name[i])
		return true;
	digits = strspn(name + i + 1, "0123456789");
	return name[i] == '.' && digits > 0 && digits <= 9 && !name[i + 1 + digits];
}

static int check_owner(const struct stat *st, const char *path, struct err *err)
{
	if (st->st_uid != 0 || (st->st_mode & 022))
		return err_set(err, 0,
			       "%s is not root's alone (owner %u, mode %04o): 'chown root: %s; chmod go-w %s'",
			       path, st->st_uid, st->st_mode & 07777, path, path);
	return 0;
}

/* Open dir/name, which path is, and look whose it is. */
static int open_own(int dir, const char *name, const char *path, uint64_t flags, struct stat *st,
		    struct err *err)
{
	_cleanup_close_ int fd = sys_openat2(dir, name, flags, 0, RESOLVE_OWN);
	int r;

	if (fd < 0 && (errno == ELOOP || (errno == ENOTDIR && (flags & O_DIRECTORY))))
		return err_set(err, -errno, "%s must be itself what it is, and no symbolic link", path);
	/* Root is asked by nobody else for permission. */
	if (fd < 0 && errno == EACCES)
		return err_set(err, -errno, "%s (on NFS: export it with no_root_squash)", path);
	if (fd < 0 || fstat(fd, st) < 0)
		return err_set(err, -errno, "%s", path);
	r = check_owner(st, path, err);
	return r ? r : take_fd(&fd);
}

/*
 * Every directory that leads there must be root's alone, or the tree could be
 * exchanged.  The last is closed to others, who would else find the set-uid
 * programs of old generations; a mount that has none and can't be written is as good.
 */
static int open_trees(const char *trees, struct err *err)
{
	_cleanup_close_ int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char upto[PATH_MAX], name[NAME_MAX + 1];
	struct statvfs vfs;
	struct stat st;

	if (at < 0)
		return err_set(err, -errno, "/");
	for (const char *p = trees; *p;) {
		size_t len = strcspn(++p, "/");
		int fd;

		if (len > NAME_MAX || (size_t)(p - trees) + len >= sizeof upto)
			return err_set(err, -ENAMETOOLONG, "%s", trees);
		snprintf(name, sizeof name, "%.*s", (int)len, p);
		p += len;
		snprintf(upto, sizeof upto, "%.*s", (int)(p - trees), trees);
		fd = open_own(at, name, upto, O_PATH | O_DIRECTORY, &st, err);
		if (fd < 0)
			return fd;
		scope_close(&at);
		at = fd;
	}
	if ((st.st_mode & 077) == 0)
		return take_fd(&at);
	if (fstatvfs(at, &vfs) < 0)
		return err_set(err, -errno, "%s", trees);
	if (!(vfs.f_flag & ST_NOSUID) || !(vfs.f_flag & ST_RDONLY))
		return err_set(err, 0,
			       "%s is open to others than root, who would find set-uid programs in it: "
			       "'chmod 700 %s', or mount it with nosuid,ro",
			       trees, trees);
	return take_fd(&at);
}

static int open_name(const char *trees, const char *name, struct err *err)
{
	_cleanup_close_ int dir = open_trees(trees, err);
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (dir < 0)
		return err_prefix(err, dir, "root '%s'", name);
	snprintf(path, sizeof path, "%s/%s", trees, name);
	fd = open_own(dir, name, path, O_PATH | O_DIRECTORY, &st, err);
	if (fd == -ENOENT)
		(void)err_set(err, 0,
			      "there is no tree '%s' in %s: build it with 'loginjail-rootfs build %s', or name "
			      "another with 'root ='",
			      name, trees, name);
	return fd;
}

static int read_current(int dir, const char *trees, const char *name,
			char generation[static ROOTFS_GENERATION_MAX], struct err *err)
{
	ssize_t n = readlinkat(dir, "current", generation, ROOTFS_GENERATION_MAX - 1);

	if (n < 0 && errno == ENOENT) {
		(void)err_set(err, 0,
			      "the tree '%s' has no finished generation: build it with 'loginjail-rootfs build "
			      "%s'",
			      name, name);
		return -ENOENT;
	}
	if (n >= 0)
		generation[n] = '\0';
	if ((n < 0 && errno == EINVAL) || (n >= 0 && !rootfs_generation_name(generation)))
		return err_set(err, 0,
			       "%s/%s/current is no link to a generation beside it: set it with "
			       "'loginjail-rootfs rollback %s'",
			       trees, name, name);
	return n < 0 ? err_set(err, -errno, "%s/%s/current", trees, name) : 0;
}

int rootfs_current(const char *trees, const char *name, char generation[static ROOTFS_GENERATION_MAX],
		   struct err *err)
{
	_cleanup_close_ int dir = open_name(trees, name, err);

	return dir < 0 ? dir : read_current(dir, trees, name, generation, err);
}

/* Returns -EAGAIN if the generation went away meanwhile. */
static int lock_generation(int dir, int gen, const char *path, struct rootfs *ret, struct err *err)
{
	struct stat st, named;
	char at[PATH_SIZE + 16];
	int r;

	snprintf(at, sizeof at, "%s/lock", path);
	ret->lock = open_own(gen, "lock", at, O_RDONLY | O_NONBLOCK, &st, err);
	if (ret->lock < 0)
		return err_prefix(err, ret->lock, "a generation that is not whole");
	if (flock(ret->lock, LOCK_SH | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return -EAGAIN;
		return err_set(err, -errno, "locking %s (on NFS that needs a lock daemon, or 'local_lock=flock')",
			       at);
	}
	/* Renamed or removed before we had the lock? */
	r = fstat(gen, &st) < 0 || fstatat(dir, ret->generation, &named, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	if (r == -ENOENT || (!r && (st.st_dev != named.st_dev || st.st_ino != named.st_ino)))
		return -EAGAIN;
	return r ? err_set(err, r, "%s", path) : 0;
}

static int open_root(int gen, const char *path, struct rootfs *ret, struct err *err)
{
	static const struct {
		enum rootfs_kind kind;
		const char *name;
		uint64_t flags;
	} kinds[] = {
		{ROOTFS_DIRECTORY, "root", O_PATH | O_DIRECTORY},
		{ROOTFS_EROFS, "root.erofs", O_RDONLY | O_NONBLOCK},
		{ROOTFS_SQUASHFS, "root.squashfs", O_RDONLY | O_NONBLOCK},
	};
	char at[PATH_SIZE + 16];
	struct stat st;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		snprintf(at, sizeof at, "%s/%s", path, kinds[i].name);
		ret->fd = open_own(gen, kinds[i].name, at, kinds[i].flags, &st, err);
		if (ret->fd == -ENOENT)
			continue;
		if (ret->fd < 0)
			return ret->fd;
		if (kinds[i].kind != ROOTFS_DIRECTORY && !S_ISREG(st.st_mode))
			return err_set(err, 0, "%s is no file", at);
		ret->kind = kinds[i].kind;
		return 0;
	}
	return err_set(err, 0, "%s holds neither 'root' nor an image: build the tree once more", path);
}

/* Returns -EAGAIN if the generation went away meanwhile. */
static int open_generation(int dir, const char *trees, struct rootfs *ret, struct err *err)
{
	_cleanup_close_ int gen = -EBADF;
	char path[PATH_SIZE];
	struct stat st;
	int r = read_current(dir, trees, ret->name, ret->generation, err);

	if (r)
		return r;
	snprintf(path, sizeof path, "%s/%s/%s", trees, ret->name, ret->generation);
	gen = open_own(dir, ret->generation, path, O_PATH | O_DIRECTORY, &st, err);
	if (gen == -ENOENT)
		return -EAGAIN;
	if (gen < 0)
		return gen;
	r = lock_generation(dir, gen, path, ret, err);
	return r ? r : open_root(gen, path, ret, err);
}

int rootfs_open(const char *trees, const char *name, struct rootfs *ret, struct err *err)
{
	_cleanup_close_ int dir = -EBADF;
	int r = -EAGAIN;

	*ret = (struct rootfs)ROOTFS_CLOSED;
	dir = open_name(trees, name, err);
	if (dir < 0)
		return dir;
	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		rootfs_close(ret);
		snprintf(ret->name, sizeof ret->name, "%s", name);
		r = open_generation(dir, trees, ret, err);
	}
	if (r == -EAGAIN)
		r = err_set(err, 0,
			    "the current generation %s of the tree '%s' is gone, or is being removed: see "
			    "'loginjail-rootfs list', and set another with 'loginjail-rootfs rollback %s'",
			    ret->generation, name, name);
	if (r)
		rootfs_close(ret);
	return r;
}

void rootfs_close(struct rootfs *r)
{
	scope_close(&r->fd);
	scope_close(&r->lock);
	*r = (struct rootfs)ROOTFS_CLOSED;
}
