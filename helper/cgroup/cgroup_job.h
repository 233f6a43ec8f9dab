/* SPDX-License-Identifier: MIT */
/*
 * The cgroups of a jail, made beside the rest of the build.
 *
 * On v2 init can be born in its group, so the group is made at once.  On v1 and
 * hybrid hosts it has to be moved there, which waits for an RCU grace period:
 * five to twenty milliseconds of mostly nothing.  There a thread finds the
 * hierarchies, makes the groups and moves init; the login waits for the limits to
 * be set, and only its first session for the move.
 */
#ifndef LOGINJAIL_CGROUP_JOB_H
#define LOGINJAIL_CGROUP_JOB_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "cgroup_limits.h"
#include "lib/err.h"

struct cgroup_job {
	struct cgroup *cgroup;
	const char *instance;
	struct cgroup_limits limits;
	bool threaded, joined;
	pthread_t thread;
	sem_t created, born; /* the thread says, the thread is told */
	pid_t pid;	     /* of init; 0: there is none to move */
	int made, moved;     /* 0 or -errno, with err */
	struct err err;
};

/* Begin; on an error nothing is left. The pointers must stay valid until the end.
 * lock: of cgroup_limits.h; upper and home are descriptors of what io_* limit; home may be none. */
int cgroup_job_start(struct cgroup_job *job, struct cgroup *cg, const char *instance,
		     const struct settings *set, int lock, int upper, int home, struct err *err);

/* Init lives. To be called once at the most. */
void cgroup_job_born(struct cgroup_job *job, pid_t pid);

/* Wait until the groups are there with their limits, or can't be. */
int cgroup_job_created(struct cgroup_job *job, struct err *err);

/* Wait until init is in them.  Also where the job was never started, or init was
 * never born: then there is nothing to wait for. */
int cgroup_job_end(struct cgroup_job *job, struct err *err);

#endif
