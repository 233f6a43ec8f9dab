/* SPDX-License-Identifier: MIT */
#include "cli/edit_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/text.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"

#define SIZE_MAX_READ (1024 * 1024)
#define XATTR_MAX (64 * 1024)

int tree_open(const char *root, struct tree *ret, struct err *err)
{
	int fd = open(root ? root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, -errno, "%s", root ? root : "/");
	*ret = (struct tree){.fd = fd, .root = root && strcmp(root, "/") ? root : ""};
	return 0;
}

int tree_lock(const struct tree *tree, struct err *err)
{
	if (flock(tree->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, -EBUSY, "another 'loginjail setup' is at work; wait for its end");
	return err_set(err, -errno, "locking %s/", tree->root);
}

static int open_below(const struct tree *tree, const char *path, uint64_t flags)
{
	const char *below = path + strspn(path, "/");
	int fd = sys_openat2(tree->fd, *below ? below : ".", flags, 0, RESOLVE_POLICY_IN_ROOT);

	return fd < 0 ? -errno : fd;
}

int dir_open(const struct tree *tree, const char *path)
{
	return open_below(tree, path, O_RDONLY | O_DIRECTORY);
}

/* The directory that path lies in, and path's last part. */
static int open_parent(const struct tree *tree, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = strndup(path, (size_t)(slash - path) + 1);

	*ret_name = slash + 1;
	return dir ? dir_open(tree, dir) : -ENOMEM;
}

static int read_text(int fd, struct file *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (fstat(fd, &ret->st) < 0)
		return -errno;
	if (!S_ISREG(ret->st.st_mode))
		return -EINVAL;
	if (ret->st.st_size > SIZE_MAX_READ)
		return -EFBIG;
	len = (size_t)ret->st.st_size;
	text = calloc(len + 1, 1);
	if (!text)
		return -ENOMEM;
	r = read_all(fd, text, len);
	if (r == -ENODATA)
		return -ESTALE; /* somebody is writing it */
	if (r)
		return r;
	if (memchr(text, '\0', len))
		return -EINVAL;
	ret->text = take_ptr(text);
	ret->len = len;
	return 0;
}

int file_read(const struct tree *tree, const char *path, struct file *ret, struct err *err)
{
	_cleanup_close_ int dir = -EBADF, fd = -EBADF;
	const char *name;
	struct stat st;
	int r;

	*ret = (struct file){0};
	dir = open_parent(tree, path, &name);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return err_set(err, dir, "%s%s", tree->root, path);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(err, -errno, "%s%s", tree->root, path);
	ret->is_link = S_ISLNK(st.st_mode);
	/* O_NONBLOCK: a FIFO must not hold us up. */
	fd = open_below(tree, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return err_set(err, fd, "%s%s", tree->root, path);
	r = read_text(fd, ret);
	if (r == -EINVAL)
		return err_set(err, 0, "%s%s %s", tree->root, path, S_ISREG(ret->st.st_mode) ?
			       "holds a NUL, and is no text" : "is no file, but a directory, a device or the like");
	return r ? err_set(err, r, "%s%s", tree->root, path) : 0;
}

bool file_exists(const struct tree *tree, const char *path)
{
	_cleanup_close_ int fd = open_below(tree, path, O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

bool file_is_other(const struct tree *tree, const char *path)
{
	_cleanup_close_ int fd = open_below(tree, path, O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

void file_clear(struct file *file)
{
	free(file->text);
	*file = (struct file){0};
}

/* SELinux' label and ACLs are extended attributes. */
static int copy_xattrs(int from, int to)
{
	_cleanup_free_ char *names = malloc(XATTR_MAX), *value = malloc(XATTR_MAX);
	ssize_t len, n;

	if (!names || !value)
		return -ENOMEM;
	len = flistxattr(from, names, XATTR_MAX);
	if (len < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (const char *name = names; name < names + len; name += strlen(name) + 1) {
		n = fgetxattr(from, name, value, XATTR_MAX);
		if (n < 0 || fsetxattr(to, name, value, (size_t)n, 0) < 0)
			return -errno;
	}
	return 0;
}

/* Is dir/name still what was read?  fd: the file, or -EBADF where there was none. */
static int open_same(int dir, const char *name, const struct file *old)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT && !old->text ? -EBADF : -errno;
	if (old->text && fstat(fd, &st) == 0 && st.st_dev == old->st.st_dev &&
	    st.st_ino == old->st.st_ino && st.st_size == old->st.st_size &&
	    st.st_mtim.tv_sec == old->st.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == old->st.st_mtim.tv_nsec)
		return fd;
	(void)close(fd);
	return -ESTALE;
}

/* Write the new file beside the old one, complete and on the disk. */
static int write_beside(int dir, const char *temp, const char *text, int from, const struct file *old)
{
	_cleanup_close_ int fd = -EBADF;
	mode_t mode = old->text ? old->st.st_mode & 07777 : 0644;
	int r;

	/* What an earlier run left that was killed. */
	if (unlinkat(dir, temp, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	if (!r && old->text && fchown(fd, old->st.st_uid, old->st.st_gid) < 0)
		r = -errno;
	if (!r && from >= 0)
		r = copy_xattrs(from, fd);
	/* After the owner, since chown() takes bits away. */
	if (!r && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	return r;
}

static int replace_in(int dir, const char *name, const struct file *old, const char *text)
{
	_cleanup_close_ int from = open_same(dir, name, old);
	/* No glob of sshd_config's takes it, and no PAM service has such a name. */
	_cleanup_free_ char *temp = text_format(".%s.loginjail-new", name);
	int r;

	if (from < 0 && from != -EBADF)
		return from;
	if (!text)
		return unlinkat(dir, name, 0) < 0 || fsync(dir) < 0 ? -errno : 0;
	if (!temp)
		return -ENOMEM;
	r = write_beside(dir, temp, text, from, old);
	if (!r && renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r)
		(void)unlinkat(dir, temp, 0);
	else if (fsync(dir) < 0)
		r = -errno;
	return r;
}

/* The last part only: more that is missing is another mistake. */
static int make_parent(const struct tree *tree, const char *path)
{
	_cleanup_free_ char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));
	_cleanup_close_ int above = -EBADF;
	const char *name;

	if (!dir)
		return -ENOMEM;
	above = open_parent(tree, dir, &name);
	if (above < 0)
		return above;
	/* Not by the umask's leave: jail.ini must be readable for 'loginjail check'. */
	if (mkdirat(above, name, 0755) < 0 || fchmodat(above, name, 0755, 0) < 0)
		return errno == EEXIST ? 0 : -errno;
	return 0;
}

int file_replace(const struct tree *tree, const char *path, const struct file *old,
		 const char *text, struct err *err)
{
	_cleanup_close_ int dir = -EBADF;
	const char *name;
	int r;

	if (old->is_link)
		return err_set(err, -ELOOP, "%s%s is a symbolic link, and what it stands for is "
					    "somebody else's to change: edit that by hand",
			       tree->root, path);
	dir = open_parent(tree, path, &name);
	if (dir == -ENOENT && text) {
		r = make_parent(tree, path);
		dir = r ? r : open_parent(tree, path, &name);
	}
	r = dir < 0 ? dir : replace_in(dir, name, old, text);
	if (r == -ESTALE || r == -ELOOP)
		return err_set(err, -ESTALE, "%s%s has been changed by somebody else meanwhile: "
					     "run this again", tree->root, path);
	if (r == -EPERM)
		return err_set(err, r, "%s%s can't be replaced (lsattr shows whether it is immutable)",
			       tree->root, path);
	return r ? err_set(err, r, "replacing %s%s", tree->root, path) : 0;
}

int dir_each(const struct tree *tree, const char *path, int (*fn)(void *arg, const char *file), void *arg)
{
	_cleanup_close_ int fd = dir_open(tree, path);
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int r = 0;

	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	(void)take_fd(&fd);
	while (r == 0 && (e = readdir(d))) {
		_cleanup_free_ char *file = NULL;

		if (*e->d_name == '.' || e->d_type == DT_DIR)
			continue;
		file = text_format("%s/%s", path, e->d_name);
		r = file ? fn(arg, file) : -ENOMEM;
	}
	return r;
}

void dir_remove_if_empty(const struct tree *tree, const char *path)
{
	_cleanup_close_ int dir = -EBADF;
	const char *name;

	dir = open_parent(tree, path, &name);
	if (dir >= 0)
		(void)unlinkat(dir, name, AT_REMOVEDIR);
}
