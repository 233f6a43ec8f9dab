/* SPDX-License-Identifier: MIT */
/* The values that a jail's cgroups get: what jail.ini says, in the kernel's words. */
#ifndef LOGINJAIL_CGROUP_LIMITS_H
#define LOGINJAIL_CGROUP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blockdev.h"
#include "cgroup.h"
#include "config/options.h"
#include "lib/err.h"

#define CGROUP_DEVICES_MAX 2

/* The byte of it that is locked; others may have a meaning to others. */
#define CGROUP_LOCK_AT 4096

struct cgroup_limits {
	const struct settings *set;
	int lock; /* a file for the user's jails that only root can open (cgroup_user.h) */
	struct blockdev device[CGROUP_DEVICES_MAX]; /* where io_* are limited */
	size_t ndevices;
};

/* Does any option limit disk traffic, so that devices are needed? */
bool cgroup_limits_io(const struct settings *set);

/* Add the device under fd, if it is not there yet; errors as of blockdev_of. */
int cgroup_limits_add_device(struct cgroup_limits *l, int fd, const char *what, struct err *err);

/* The controllers (bits) that these settings need. */
unsigned int cgroup_limits_need(const struct settings *set);

/*
 * Can this host enforce what the option says?  Of all options that are about cgroups;
 * of others, and where nothing is limited, yes.  0, or -EINVAL with what is missing.
 */
int cgroup_limits_possible(const struct cgroup *cg, enum option_id id, const struct settings *set,
			   struct err *err);

/*
 * Set what the hierarchy of t limits, in the group t->dir, and read it back: what
 * the kernel took otherwise, or can't enforce, is an error.
 */
int cgroup_limits_set(const struct cgroup_tree *t, const struct cgroup_limits *l, struct err *err);

/* Only the limits of memory and swap; and only the weight (1 to 10000). */
int cgroup_limits_set_memory(const struct cgroup_tree *t, const struct settings *set, struct err *err);
int cgroup_limits_set_weight(const struct cgroup_tree *t, uint64_t weight, struct err *err);

#endif
