/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/scope.h"

/* LOOP_CTRL_MINOR, which the kernel's exported headers lack. */
#define LOOP_CONTROL_MINOR 237

/* Of our own: /dev may be somebody's who shows only what is needed. */
static int open_device(int stage, mode_t type, unsigned int major, unsigned int minor, int mode)
{
	static const char name[] = "device";
	int fd, r;

	if (mknodat(stage, name, type | 0600, makedev(major, minor)) < 0)
		return -errno;
	fd = openat(stage, name, mode | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : fd;
	(void)unlinkat(stage, name, 0);
	return r;
}

int loop_attach(int stage, int image, uint32_t flags, struct err *err)
{
	const struct loop_config config = {.fd = (uint32_t)image, .info.lo_flags = LO_FLAGS_AUTOCLEAR | flags};
	_cleanup_close_ int control = open_device(stage, S_IFCHR, MISC_MAJOR, LOOP_CONTROL_MINOR, O_RDWR);
	const int mode = (flags & LO_FLAGS_READ_ONLY) ? O_RDONLY : O_RDWR;

	if (control < 0)
		return err_set(err, control, "no loop device can be had ('modprobe loop')");
	/* Another may take the one that was free: there is one more each time. */
	for (int tries = 0; tries < 1000; tries++) {
		_cleanup_close_ int loop = -EBADF;
		int n = ioctl(control, LOOP_CTL_GET_FREE);

		if (n < 0)
			return err_set(err, -errno, "no loop device is free");
		loop = open_device(stage, S_IFBLK, LOOP_MAJOR, (unsigned int)n, mode);
		if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) == 0)
			return take_fd(&loop);
		if (loop < 0 ? loop != -ENXIO && loop != -ENODEV : errno != EBUSY)
			return err_set(err, loop < 0 ? loop : -errno, "loop device %d", n);
	}
	return err_set(err, -EBUSY, "a loop device");
}
