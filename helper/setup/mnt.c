/* SPDX-License-Identifier: MIT */
#include "mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/kept.h"
#include "lib/scope.h"
#include "lib/sys.h"

int mnt_new(const char *fstype, const struct mnt_option *options, unsigned int attr,
	    struct err *err)
{
	_cleanup_close_ int fs = fsopen(fstype, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return err_set(err, -errno, "file system '%s'", fstype);
	for (; options && options->key; options++)
		if (fsconfig(fs, options->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			     options->key, options->value, 0) < 0)
			return err_set(err, -errno, "option %s=%s of a new %s", options->key,
				       options->value ? options->value : "", fstype);
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_set(err, -errno, "making a new %s", fstype);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	if (fd < 0)
		return err_set(err, -errno, "mounting a new %s", fstype);
	return fd;
}

int mnt_set(int mnt, bool recursive, uint64_t set, uint64_t clear, struct err *err)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

	if (mount_setattr(mnt, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
			  sizeof attr) < 0)
		return err_set(err, -errno, "setting mount attributes");
	return 0;
}

int mnt_map(int mnt, int userns, struct err *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

	if (mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return err_set(err, -errno, "mapping the ids of a mount");
	return 0;
}

int mnt_clone(int dirfd, const char *path, bool recursive, uint64_t attr, int userns,
	      struct err *err)
{
	unsigned int deep = recursive ? AT_RECURSIVE : 0;
	struct mount_attr a = {.attr_set = attr, .propagation = MS_PRIVATE};
	_cleanup_close_ int fd = -EBADF;

	if (userns >= 0) {
		a.attr_set |= MOUNT_ATTR_IDMAP;
		a.userns_fd = (uint64_t)userns;
	}
	fd = open_tree(dirfd, path,
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_NO_AUTOMOUNT | deep |
			       (*path ? 0 : AT_EMPTY_PATH));
	if (fd < 0)
		return err_set(err, -errno, "cloning the mount of '%s'", *path ? path : "a directory");
	if (mount_setattr(fd, "", AT_EMPTY_PATH | deep, &a, sizeof a) < 0) {
		int r = -errno;

		if (userns >= 0 && (r == -EINVAL || r == -EPERM))
			return err_set(err, r,
				       "the file system of '%s' can't be mounted with mapped ids; "
				       "hide it with 'mask = %s', or use a file system that can (ext4, xfs, btrfs)",
				       path, path);
		return err_set(err, r, "mount attributes of '%s'", path);
	}
	return take_fd(&fd);
}

int mnt_point(int root, const char *path, int mnt, struct err *err)
{
	_cleanup_close_ int at = sys_openat2(root, path, O_PATH, 0, RESOLVE_POLICY_ATTACH);
	struct stat point, top;

	if (at < 0 && errno == ELOOP)
		return err_set(err, -ELOOP,
			       "mount point '%s' is behind a symbolic link in the jail's tree " KEPT_REMEDY, path);
	if (at < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_set(err, -errno, "mount point '%s'", path);
	if (at >= 0 && (fstat(at, &point) < 0 || fstat(mnt, &top) < 0))
		return err_set(err, -errno, "mount point '%s'", path);
	if (at < 0 || S_ISDIR(point.st_mode) != S_ISDIR(top.st_mode))
		return err_set(err, at < 0 ? -errno : -ENOTDIR,
			       "mount point '%s' is not as it was made in the jail's tree " KEPT_REMEDY, path);
	return take_fd(&at);
}

int mnt_attach(int mnt, int root, const char *path, struct err *err)
{
	_cleanup_close_ int at = mnt_point(root, path, mnt, err);

	if (at < 0)
		return at;
	if (move_mount(mnt, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(err, -errno, "mounting on '%s'", path);
	return 0;
}

int mnt_attach_plain(int mnt, int dirfd, const char *name, struct err *err)
{
	if (name[0] == '/')
		return err_set(err, -EINVAL, "mounting on '%s', which is not below a directory", name);
	if (move_mount(mnt, "", dirfd, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(err, -errno, "mounting on '%s'", name);
	return 0;
}

int mnt_pivot(int fd, struct err *err)
{
	/* The old root ends up below the new one at the same place, "." */
	if (fchdir(fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_set(err, -errno, "changing the root of the mount namespace");
	return 0;
}
