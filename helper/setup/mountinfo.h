/* SPDX-License-Identifier: MIT */
/* The mounts that this process sees. */
#ifndef LOGINJAIL_MOUNTINFO_H
#define LOGINJAIL_MOUNTINFO_H

#include "lib/err.h"

/* One mount, its strings decoded and valid during the callback only. */
struct mount_line {
	int id, parent;
	const char *root;   /* what of the file system is mounted */
	const char *target; /* where */
	const char *fstype;
	const char *super_options;
};

/* Call fn for each mount, in the kernel's order, until it returns non-zero,
 * which is then returned. -errno where the list can't be read. */
int mountinfo_each(int (*fn)(const struct mount_line *m, void *arg), void *arg, struct err *err);

#endif
