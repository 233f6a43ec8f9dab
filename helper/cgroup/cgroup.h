/* SPDX-License-Identifier: MIT */
/*
 * The control groups of a jail: memory, pids and cpu, and what else its limits need,
 * each in whichever hierarchy this host has it (all in v2, all in v1, or mixed), behind
 * one interface.  A jail's group is BASE/INSTANCE in each hierarchy used, and in the
 * one that counts memory, which is the only one in v2, BASE/user-UID/INSTANCE
 * (cgroup_user.h).
 *
 * In v2 under systemd, BASE is the group of loginjail.service, which systemd
 * leaves to us (Delegate=): nobody but systemd may write elsewhere in that
 * hierarchy, it hands the controllers down to there, and stopping the unit ends
 * the jails.  Beside the jails it has a group for the keepers, who so belong to
 * no login's session, and for the process without which systemd would remove it.
 *
 * In v1, without systemd, or where the unit is not started, BASE is "loginjail"
 * below the hierarchy's root as this process sees it; it goes with the last group in it.
 */
#ifndef LOGINJAIL_CGROUP_H
#define LOGINJAIL_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

#define CGROUP_BASE "loginjail"
#define CGROUP_UNIT "loginjail.slice/loginjail.service"
#define CGROUP_KEEPERS "keepers" /* no instance has such a name */

/* CPUACCT is v1's: there it counts what in v2 every group counts by itself. */
enum cgroup_controller {
	CGROUP_MEMORY,
	CGROUP_PIDS,
	CGROUP_CPU,
	CGROUP_CPUSET,
	CGROUP_IO,
	CGROUP_CPUACCT,
	CGROUP_CONTROLLER_MAX
};

#define CGROUP_BIT(c) (1u << (c))
/* Those that every jail has. */
#define CGROUP_BASIC (CGROUP_BIT(CGROUP_MEMORY) | CGROUP_BIT(CGROUP_PIDS) | CGROUP_BIT(CGROUP_CPU))
#define CGROUP_ALL (CGROUP_BIT(CGROUP_CONTROLLER_MAX) - 1)

struct cgroup_limits;

/* One hierarchy: root is a descriptor of its mount, dir of the jail's group. */
struct cgroup_tree {
	bool v2;
	bool delegated; /* the jail's group is below CGROUP_UNIT */
	unsigned int controllers; /* bit mask of enum cgroup_controller */
	int root, dir;
};

struct cgroup {
	struct cgroup_tree tree[CGROUP_CONTROLLER_MAX];
	int ntrees;
};

/*
 * Find the hierarchies of the controllers that need names (bits), which refuses
 * (-ENOTSUP) a host that lacks one, and of those of also that the host has.  A
 * v1 hierarchy may come with more than was asked for.
 */
int cgroup_find(struct cgroup *cg, unsigned int need, unsigned int also, struct err *err);

/* The hierarchy that has the controller, or NULL. */
const struct cgroup_tree *cgroup_tree_of(const struct cgroup *cg, enum cgroup_controller c);

/* Make the group of this instance everywhere, set the limits (cgroup_limits.h) and read
 * them back.  On an error nothing is left.  -EDQUOT: of cgroup_user_limit. */
int cgroup_create(struct cgroup *cg, const char *instance, const struct cgroup_limits *limits,
		  struct err *err);

/* Open the groups that an instance has, for reading: what cgroup_create leaves open.
 * -ENOENT where one is not there (any more). */
int cgroup_open(struct cgroup *cg, const char *instance);

/* The descriptor for CLONE_INTO_CGROUP, or -EBADF where a jail's group is not
 * (or not only) in v2, so that cgroup_attach must be called. */
int cgroup_clone_fd(const struct cgroup *cg);

/* Move a process into the v1 groups. May wait for an RCU grace period. */
int cgroup_attach(const struct cgroup *cg, pid_t pid, struct err *err);

/*
 * Go on as a copy of this process that is born in the keepers' group: moving it
 * would hold up every fork of the host.  Returns true in the process that has been
 * copied, which must end; false where this is the one to go on, be there no such
 * group.
 */
bool cgroup_fork_keeper(void);

/* Where the group of this instance is that counts memory, below its hierarchy's root. */
void cgroup_path(const struct cgroup *cg, const char *instance, char *buf, size_t size);

/* Kill all that is in the jail's group, at once.  False: the kernel has no word for it (v1). */
bool cgroup_kill(const struct cgroup *cg);

/* Remove the instance's groups, and BASE, if it is not systemd's, after the
 * last; the user's stays.  The processes in them must be gone: -EBUSY otherwise. */
int cgroup_remove(const struct cgroup *cg, const char *instance);

/* Close what cgroup_find and cgroup_create opened. */
void cgroup_close(struct cgroup *cg);

#endif
