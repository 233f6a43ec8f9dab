/* SPDX-License-Identifier: MIT */
#include "cgroup_job.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#define STACK_SIZE (PTHREAD_STACK_MIN + (96 << 10))

static int make(struct cgroup_job *job)
{
	const struct settings *set = job->limits.set;
	unsigned int need = cgroup_limits_need(set);
	/* v1 counts processor time in a hierarchy of its own. */
	int r = cgroup_find(job->cgroup, CGROUP_BASIC, need | CGROUP_BIT(CGROUP_CPUACCT), &job->err);

	if (r)
		return r;
	for (int i = 0; i < OPTION_MAX && !r; i++) {
		r = cgroup_limits_possible(job->cgroup, (enum option_id)i, set, &job->err);
		if (r)
			(void)err_prefix(&job->err, r, "the option %s", options[i].name);
	}
	for (int c = 0; c < CGROUP_CONTROLLER_MAX && !r; c++)
		if ((need & CGROUP_BIT(c)) && !cgroup_tree_of(job->cgroup, (enum cgroup_controller)c))
			r = err_set(&job->err, 0, "a cgroup controller that the jail needs is missing");
	if (!r)
		return cgroup_create(job->cgroup, job->instance, &job->limits, &job->err);
	cgroup_close(job->cgroup);
	return r;
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0)
		; /* EINTR is all there can be */
}

static void *run(void *arg)
{
	struct cgroup_job *job = arg;

	job->made = make(job);
	(void)sem_post(&job->created);
	wait_for(&job->born);
	if (!job->made && job->pid > 0)
		job->moved = cgroup_attach(job->cgroup, job->pid, &job->err);
	return NULL;
}

int cgroup_job_start(struct cgroup_job *job, struct cgroup *cg, const char *instance,
		     const struct settings *set, int lock, int upper, int home, struct err *err)
{
	pthread_attr_t attr;
	struct statfs fs;
	int r;

	*job = (struct cgroup_job){
		.cgroup = cg,
		.instance = instance,
		.limits = {.set = set, .lock = lock},
	};
	r = 0;
	if (cgroup_limits_io(set))
		r = cgroup_limits_add_device(&job->limits, upper, "the upper layer (state)", err);
	if (!r && cgroup_limits_io(set) && home >= 0)
		r = cgroup_limits_add_device(&job->limits, home, "the home directory", err);
	if (r)
		return r;
	if (statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
		job->made = make(job);
		if (job->made)
			*err = job->err;
		return job->made;
	}
	if (sem_init(&job->created, 0, 0) < 0 || sem_init(&job->born, 0, 0) < 0)
		return err_set(err, -errno, "making the cgroups");
	r = pthread_attr_init(&attr);
	if (!r)
		r = pthread_attr_setstacksize(&attr, STACK_SIZE);
	if (!r)
		r = pthread_create(&job->thread, &attr, run, job);
	if (r)
		return err_set(err, -r, "a thread for the cgroups");
	job->threaded = true;
	return 0;
}

void cgroup_job_born(struct cgroup_job *job, pid_t pid)
{
	job->pid = pid;
	if (job->threaded)
		(void)sem_post(&job->born);
}

int cgroup_job_created(struct cgroup_job *job, struct err *err)
{
	if (job->threaded)
		wait_for(&job->created);
	if (job->made)
		*err = job->err;
	return job->made;
}

int cgroup_job_end(struct cgroup_job *job, struct err *err)
{
	if (job->threaded && !job->joined) {
		if (job->pid == 0)
			(void)sem_post(&job->born);
		(void)pthread_join(job->thread, NULL);
		job->joined = true;
	}
	if ((job->made || job->moved) && err)
		*err = job->err;
	return job->made ? job->made : job->moved;
}
