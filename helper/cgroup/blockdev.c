/* SPDX-License-Identifier: MIT */
#include "blockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "lib/fdio.h"
#include "lib/scope.h"

#ifndef SYS_DEV_BLOCK
#define SYS_DEV_BLOCK "/sys/dev/block"
#endif
#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* Of those on one device, the ones with SB_I_CGROUPWB. */
static bool counts_writeback(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	return fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC || fs.f_type == F2FS_SUPER_MAGIC;
}

int blockdev_of(int fd, const char *what, struct blockdev *ret, struct err *err)
{
	_cleanup_close_ int dir = -EBADF;
	char path[64], text[32];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "the device of %s", what);
	ret->major = major(st.st_dev);
	ret->minor = minor(st.st_dev);
	ret->counts_writeback = counts_writeback(fd);
	snprintf(path, sizeof path, SYS_DEV_BLOCK "/%u:%u", ret->major, ret->minor);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno != ENOENT)
		return err_set(err, -errno, "%s", path);
	if (dir < 0)
		return err_set(err, 0,
			       "disk traffic can't be limited for %s: its file system is not on one block device "
			       "(btrfs, NFS, overlays and those in memory are not)", what);
	if (faccessat(dir, "partition", F_OK, 0) < 0)
		return errno == ENOENT ? 0 : err_set(err, -errno, "%s/partition", path);
	n = read_file_at(dir, "../dev", text, sizeof text);
	if (n < 0 || sscanf(text, "%u:%u", &ret->major, &ret->minor) != 2)
		return err_set(err, n < 0 ? (int)n : -EINVAL, "the disk that %s is a part of", path);
	return 0;
}
