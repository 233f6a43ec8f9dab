/* SPDX-License-Identifier: MIT */
#include "rootfs_image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/scope.h"
#include "storage/loop.h"

/* Returns -ENOTBLK, without a text, where the kernel wants a block device. */
static int mount_source(const char *fstype, const char *source, unsigned int attr, struct err *err)
{
	_cleanup_close_ int fs = fsopen(fstype, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 && errno == ENODEV)
		return err_set(err, 0, "this kernel has no %s: 'modprobe %s', or build the tree in another form",
			       fstype, fstype);
	if (fs < 0)
		return err_set(err, -errno, "file system '%s'", fstype);
	if (fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return err_set(err, -errno, "options of a new %s", fstype);
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return errno == ENOTBLK ? -ENOTBLK : err_set(err, -errno, "mounting the image as %s", fstype);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attr | MOUNT_ATTR_RDONLY);
	return fd < 0 ? err_set(err, -errno, "mounting the image as %s", fstype) : fd;
}

int rootfs_image_mount(const struct rootfs *r, int stage, unsigned int attr, struct err *err)
{
	const char *fstype = r->kind == ROOTFS_EROFS ? "erofs" : "squashfs";
	_cleanup_close_ int loop = -EBADF;
	char path[32];
	int fd = -ENOTBLK;

	/* By descriptor: it is the file that was looked at. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", r->fd);
	if (r->kind == ROOTFS_EROFS)
		fd = mount_source(fstype, path, attr, err);
	if (fd == -ENOTBLK) {
		loop = loop_attach(stage, r->fd, LO_FLAGS_READ_ONLY, err);
		snprintf(path, sizeof path, "/proc/self/fd/%d", loop);
		fd = loop < 0 ? loop : mount_source(fstype, path, attr, err);
		if (fd == -ENOTBLK)
			(void)err_set(err, fd, "mounting the image as %s", fstype);
	}
	return fd < 0 ? err_prefix(err, fd, "the tree '%s', generation %s", r->name, r->generation) : fd;
}
