/* SPDX-License-Identifier: MIT */
/*
 * A tree to be a jail's root, found below the directory of trees:
 *
 *   TREES/NAME/current          a relative link to a generation, replaced by rename
 *   TREES/NAME/GENERATION/root  the tree; or root.erofs, root.squashfs: it as one file
 *   TREES/NAME/GENERATION/lock  who uses the generation has a shared lock on it
 *
 * All of it is root's, and TREES is searched by root alone.  A name that begins
 * with a dot is something unfinished, and is none of a generation.
 */
#ifndef LOGINJAIL_ROOTFS_H
#define LOGINJAIL_ROOTFS_H

#include <stdbool.h>

#include "lib/err.h"

#define ROOTFS_NAME_MAX 65
#define ROOTFS_GENERATION_MAX 40

enum rootfs_kind { ROOTFS_HOST, ROOTFS_DIRECTORY, ROOTFS_EROFS, ROOTFS_SQUASHFS };

struct rootfs {
	enum rootfs_kind kind;
	int fd;	  /* the directory (O_PATH) or the image (readable) */
	int lock; /* the generation stays as long as this is open */
	char name[ROOTFS_NAME_MAX];
	char generation[ROOTFS_GENERATION_MAX];
};

#define ROOTFS_CLOSED {.kind = ROOTFS_HOST, .fd = -EBADF, .lock = -EBADF}

/*
 * Open the current generation of a tree and lock it against removal.  Everything
 * on the way is opened without following a link, and must be root's alone.
 * *ret is the caller's, for rootfs_close(); it is closed where this fails.
 * err has the remedy; -ENOENT: there is no such tree, or no generation of it.
 */
int rootfs_open(const char *trees, const char *name, struct rootfs *ret, struct err *err);

void rootfs_close(struct rootfs *r);

/* The name of the current generation, looked at with the same distrust. */
int rootfs_current(const char *trees, const char *name, char generation[static ROOTFS_GENERATION_MAX],
		   struct err *err);

/* 2026-11-22T10.00.00, or that and a dot and a number. */
bool rootfs_generation_name(const char *name);

#endif
