/* SPDX-License-Identifier: MIT */
/*
 * A file system of fixed size in a file, for an upper layer on a host whose file
 * system has no project quotas.
 *
 * Making one is no work for a login: for each size that is asked for there is an
 * empty one below STATE/templates, made by mke2fs the first time, and copied.
 * Images are sparse: they take what is in them.
 */
#ifndef LOGINJAIL_IMAGE_H
#define LOGINJAIL_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

struct image_spec {
	uint64_t disk;	 /* bytes that its user gets */
	uint64_t inodes; /* 0: as many as are usual */
	bool journal;	 /* it is to survive a power cut */
};

/* The size of such an image: disk, what the file system needs itself, and a MiB after it that
 * is nobody's. */
uint64_t image_size(const struct image_spec *spec);

/* Write an empty file system into the empty file fd. state_dir: for its template. */
int image_fill(int state_dir, const struct image_spec *spec, int fd, struct err *err);

/*
 * Mount what the file image (open for reading and writing) holds: returns a detached
 * mount, nosuid and nodev.  The loop device goes by itself with the last mount, however
 * that comes to its end, and holds image open until then: so a lock on image is held
 * as long as anybody could write to it.
 * @stage: a directory that only root can search, on a mount that allows devices.
 * @ret_loop: NULL, or where to put a descriptor of the device, for image_drop.
 */
int image_mount(int stage, int image, bool journal, int *ret_loop, struct err *err);

/*
 * The jail that had the image, which has no name, is dead: wait a moment for its file system to be
 * unmounted.  Where somebody was passed a descriptor of a file in it, take the disk away from
 * under it, so that nothing of the host's is held: what is read and written fails then.
 * 0: it is unmounted; 1: it was taken away; -errno: neither.
 */
int image_drop(int image, int loop);

#endif
