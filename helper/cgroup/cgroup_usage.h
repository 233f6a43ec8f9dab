/* SPDX-License-Identifier: MIT */
/* What a jail has used, as its cgroups count it. */
#ifndef LOGINJAIL_CGROUP_USAGE_H
#define LOGINJAIL_CGROUP_USAGE_H

#include <stdint.h>

#include "cgroup.h"

/* What this kernel does not count. */
#define USAGE_UNKNOWN UINT64_MAX

struct cgroup_usage {
	uint64_t cpu_us;
	uint64_t throttled_us;	  /* held up by the limit on cpu */
	uint64_t memory, memory_peak; /* bytes */
	uint64_t memory_hits;	  /* how often the limit was reached and memory taken back */
	uint64_t oom_kills;	  /* processes killed for it */
	uint64_t pids, pids_peak;
	uint64_t pids_hits;	  /* forks that failed for the limit */
	uint64_t read, written;	  /* bytes, of disks; known where disk traffic is limited */
};

/* Read what can be read: no error is one here, since nothing depends on it. */
void cgroup_usage_read(const struct cgroup *cg, struct cgroup_usage *ret);

/* What it may use: USAGE_UNKNOWN where there is no limit. */
struct cgroup_bounds {
	uint64_t memory, pids, cpu_permille;
};

void cgroup_bounds_read(const struct cgroup *cg, struct cgroup_bounds *ret);

/* The number that a file of a group has; and the one after a word that begins a line of its text, as
 * "oom_kill 3".  USAGE_UNKNOWN: there is none. */
uint64_t cgroup_number(int dir, const char *file);
uint64_t cgroup_keyed(const char *text, const char *key);

/* Just these two, which tell whether a limit was hit. */
uint64_t cgroup_usage_oom_kills(const struct cgroup_tree *memory);
uint64_t cgroup_usage_pids_hits(const struct cgroup_tree *pids);

#endif
