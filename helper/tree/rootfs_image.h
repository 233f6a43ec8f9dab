/* SPDX-License-Identifier: MIT */
/* A tree that is one file: an erofs or squashfs image, mounted without a trace. */
#ifndef LOGINJAIL_ROOTFS_IMAGE_H
#define LOGINJAIL_ROOTFS_IMAGE_H

#include "rootfs.h"

/*
 * Mount the image that r->fd is, read-only with these attributes, its ids as they
 * are in it.  Returns a detached mount, so nothing of it is in any mount table
 * before the caller puts it there; or -errno, with the remedy in err.
 *
 * The kernel reads an erofs from the file itself where it can (6.12 and later),
 * else it takes a loop device (see loop.h for stage), which goes with the last
 * mount, however that ends.
 */
int rootfs_image_mount(const struct rootfs *r, int stage, unsigned int attr, struct err *err);

#endif
