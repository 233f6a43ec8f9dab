/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/scope.h"

/* Others take free loop devices as well: between being told of one and having it. */
#define LOOP_TRIES 64

/*
 * A loop device for the image, not to be written, that the kernel frees as soon as
 * nobody has it open or mounted: also when we are killed right here.
 */
static int loop_attach(int image, char path[static 32], struct err *err)
{
	const struct loop_config config = {
		.fd = (__u32)image,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};
	_cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (control < 0)
		return err_set(err, -errno, "/dev/loop-control ('modprobe loop')");
	for (int i = 0; i < LOOP_TRIES; i++) {
		int n = ioctl(control, LOOP_CTL_GET_FREE);
		_cleanup_close_ int fd = -EBADF;

		if (n < 0)
			return err_set(err, -errno, "a free loop device");
		snprintf(path, 32, "/dev/loop%d", n);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_set(err, -errno, "%s", path);
		if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
			return take_fd(&fd);
		if (errno != EBUSY)
			return err_set(err, -errno, "making %s of the image", path);
	}
	return err_set(err, -EBUSY, "a free loop device");
}

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

int image_mount(const struct rootfs *r, unsigned int attr, struct err *err)
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
		loop = loop_attach(r->fd, path, err);
		fd = loop < 0 ? loop : mount_source(fstype, path, attr, err);
		if (fd == -ENOTBLK)
			(void)err_set(err, fd, "mounting the image as %s", fstype);
	}
	return fd < 0 ? err_prefix(err, fd, "the tree '%s', generation %s", r->name, r->generation) : fd;
}
