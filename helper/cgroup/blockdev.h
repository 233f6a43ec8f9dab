/* SPDX-License-Identifier: MIT */
/* The block device under a file system, as limits of disk traffic name it. */
#ifndef LOGINJAIL_BLOCKDEV_H
#define LOGINJAIL_BLOCKDEV_H

#include <stdbool.h>

#include "lib/err.h"

struct blockdev {
	unsigned int major, minor;
	bool counts_writeback; /* v2 can tell whose pages of the cache are written to it */
};

/*
 * The device that the file fd (O_PATH will do) is on; of a partition the whole disk,
 * since the kernel limits no others.  what names the file in the error: -EINVAL for
 * file systems of no device or of several (btrfs, NFS, tmpfs, overlays).
 */
int blockdev_of(int fd, const char *what, struct blockdev *ret, struct err *err);

#endif
