/* SPDX-License-Identifier: MIT */
/*
 * Detached mounts by descriptor: made or cloned first, attached last and whole.
 * Until then nobody sees them, and closing the descriptor undoes them.
 */
#ifndef LOGINJAIL_MNT_H
#define LOGINJAIL_MNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>

#include "lib/err.h"

/* What every mount of a jail has at the least. */
#define MNT_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

struct mnt_option {
	const char *key, *value;
};

/* A new file system. options end with a NULL key. Returns its descriptor. */
int mnt_new(const char *fstype, const struct mnt_option *options, unsigned int attr,
	    struct err *err);

/*
 * Clone what dirfd/path is (AT_EMPTY_PATH: dirfd itself), with the mounts below
 * it where recursive.  path is resolved by the kernel's usual rules, so it must
 * be one that only root can change; else open it first and pass "".
 * Sets attr and, where userns >= 0, maps ids by that user namespace.
 * Returns the descriptor; -EINVAL from the idmap becomes a text with a remedy.
 */
int mnt_clone(int dirfd, const char *path, bool recursive, uint64_t attr, int userns,
	      struct err *err);

/*
 * Open root/path for mnt to be mounted there, where root is the top of a tree that
 * will be somebody's root. A link in path, which a user may have left in what is
 * kept, is an error (-ELOOP); so is what a directory can't be mounted on, and nothing.
 * Returns a descriptor, the caller's.
 */
int mnt_point(int root, const char *path, int mnt, struct err *err);

/* Attach a detached mount there. */
int mnt_attach(int mnt, int root, const char *path, struct err *err);

/* Attach it on dirfd/name, all directories of which we alone have made. */
int mnt_attach_plain(int mnt, int dirfd, const char *name, struct err *err);

/* Change attributes of a mount, and those below it where recursive. */
int mnt_set(int mnt, bool recursive, uint64_t set, uint64_t clear, struct err *err);

/* Map the ids of a detached mount that has no map yet by that user namespace; not of those
 * below it.  -EINVAL or -EPERM: its file system can't. */
int mnt_map(int mnt, int userns, struct err *err);

/* Make the directory fd the root of this mount namespace and drop all that was. */
int mnt_pivot(int fd, struct err *err);

#endif
