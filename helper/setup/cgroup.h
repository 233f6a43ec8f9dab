/* SPDX-License-Identifier: MIT */
/*
 * The control groups of a jail: memory, pids and cpu, each in whichever
 * hierarchy this host has it (all in v2, all in v1, or mixed), behind one
 * interface.  A jail's group is BASE/INSTANCE in each hierarchy used, where BASE
 * is "loginjail" below the hierarchy's root as this process sees it.
 */
#ifndef LOGINJAIL_CGROUP_H
#define LOGINJAIL_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

#define CGROUP_BASE "loginjail"

enum cgroup_controller { CGROUP_MEMORY, CGROUP_PIDS, CGROUP_CPU, CGROUP_CONTROLLER_MAX };

struct cgroup_limits {
	uint64_t memory;       /* bytes; 0: none */
	uint64_t pids;         /* processes and threads; 0: none */
	uint32_t cpu_permille; /* thousandths of one core; 0: none */
};

/* One hierarchy: root is a descriptor of its mount, dir of the jail's group. */
struct cgroup_tree {
	bool v2;
	unsigned int controllers; /* bit mask of enum cgroup_controller */
	int root, dir;
};

struct cgroup {
	struct cgroup_tree tree[CGROUP_CONTROLLER_MAX];
	int ntrees;
};

/* Find the hierarchies; refuses (-ENOTSUP) a host that lacks a controller. */
int cgroup_find(struct cgroup *cg, struct err *err);

/* Make the group of this instance everywhere, set the limits and read them
 * back.  On an error nothing is left. */
int cgroup_create(struct cgroup *cg, const char *instance, const struct cgroup_limits *limits,
		  struct err *err);

/* The descriptor for CLONE_INTO_CGROUP, or -EBADF where a jail's group is not
 * (or not only) in v2, so that cgroup_attach must be called. */
int cgroup_clone_fd(const struct cgroup *cg);

/* Move a process into the v1 groups. May wait for an RCU grace period. */
int cgroup_attach(const struct cgroup *cg, pid_t pid, struct err *err);

/* Remove the instance's groups, and BASE if it was the last. The processes in
 * them must be gone: -EBUSY otherwise. */
int cgroup_remove(const struct cgroup *cg, const char *instance);

/* Close what cgroup_find and cgroup_create opened. */
void cgroup_close(struct cgroup *cg);

#endif
