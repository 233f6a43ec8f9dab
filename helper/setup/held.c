/* SPDX-License-Identifier: MIT */
#include "held.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "cgroup/cgroup_held.h"
#include "lib/log.h"
#include "lib/scope.h"

#define DIR_HELD "held"
#define MIB (UINT64_C(1) << 20)
/* What jail.ini may say at least. */
#define REST_MIN (16 * MIB)

static void user_dir(uid_t uid, char path[static 32])
{
	snprintf(path, 32, DIR_HELD "/%u", uid);
}

/* The name begins with the uid: state_instance_name has seen to that. */
static void record_path(const char *instance, char path[static 32 + INSTANCE_MAX])
{
	char dir[32];

	user_dir((uid_t)strtoul(instance, NULL, 10), dir);
	snprintf(path, 32 + INSTANCE_MAX, "%.31s/%.31s", dir, instance);
}

static int make_record(const struct state *s, const char *instance)
{
	char dir[32], path[32 + INSTANCE_MAX];

	user_dir((uid_t)strtoul(instance, NULL, 10), dir);
	record_path(instance, path);
	/* Whoever removes a user's last record removes the directory, perhaps just now. */
	for (int tries = 0; tries < 100; tries++) {
		int fd;

		if ((mkdirat(s->run, DIR_HELD, 0700) < 0 && errno != EEXIST) ||
		    (mkdirat(s->run, dir, 0700) < 0 && errno != EEXIST && errno != ENOENT))
			return -errno;
		fd = openat(s->run, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0) {
			(void)close(fd);
			return 0;
		}
		if (errno != ENOENT)
			return -errno;
	}
	return -EAGAIN;
}

/* The group first: one without a record would be nobody's. */
static int forget(const struct state *s, const struct cgroup *cg, const char *instance)
{
	char dir[32], path[32 + INSTANCE_MAX];
	int r = cgroup_remove(cg, instance);

	if (r)
		return r;
	user_dir((uid_t)strtoul(instance, NULL, 10), dir);
	record_path(instance, path);
	if (unlinkat(s->run, path, 0) < 0 && errno != ENOENT)
		return -errno;
	(void)unlinkat(s->run, dir, AT_REMOVEDIR);
	(void)unlinkat(s->run, DIR_HELD, AT_REMOVEDIR);
	return 0;
}

int held_keep(const struct state *s, const struct cgroup *cg, const char *instance, uint64_t *ret,
	      struct err *err)
{
	int r;

	*ret = cgroup_held(cg, instance);
	if (!*ret)
		return 0;
	r = make_record(s, instance);
	return r ? err_set(err, r, "recording in " RUNDIR "/" DIR_HELD " what is held of its memory") : 0;
}

int held_remove_rest(const struct state *s, const struct cgroup *cg, const char *instance)
{
	char path[32 + INSTANCE_MAX];

	record_path(instance, path);
	if (faccessat(s->run, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return cgroup_remove_others(cg, instance);
	return errno == ENOENT ? cgroup_remove(cg, instance) : -errno;
}

/* What the records in this directory stand for; stops where it is enough. */
static int sum_records(const struct state *s, const struct cgroup *cg, const char *dir, uint64_t enough,
		       uint64_t *sum, int *freed)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int fd = openat(s->run, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), first = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return -ENOMEM;
	}
	while (*sum < enough && (errno = 0, e = readdir(d))) {
		uint64_t n;
		int r;

		if (!state_instance_name(e->d_name))
			continue;
		n = cgroup_held_still(cg, e->d_name);
		*sum += n;
		if (n)
			continue;
		/* -EBUSY: root has put somebody in. */
		r = forget(s, cg, e->d_name);
		if (r && r != -EBUSY && !first)
			first = r;
		*freed += r == 0;
	}
	return first ? first : -errno;
}

int held_sum(const struct state *s, const char *user, uid_t uid, const char *last,
	     const struct settings *set, uint64_t *ret, struct err *err)
{
	struct cgroup cg;
	char dir[32];
	int freed = 0, r;

	*ret = 0;
	user_dir(uid, dir);
	if (set->memory == NO_LIMIT || (!last && faccessat(s->run, dir, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
					errno == ENOENT))
		return 0;
	r = cgroup_find(&cg, CGROUP_BASIC, CGROUP_ALL, err);
	if (r)
		return r;
	r = last ? held_keep(s, &cg, last, ret, err) : 0;
	*ret = 0;
	if (!r) {
		r = sum_records(s, &cg, dir, set->memory, ret, &freed);
		if (r)
			err_set(err, r, RUNDIR "/%s", dir);
	}
	cgroup_close(&cg);
	if (r || !*ret)
		return r;
	if (*ret >= set->memory || set->memory - *ret < REST_MIN)
		return err_set(err, -EDQUOT,
			       "%" PRIu64 "M of the memory limit %" PRIu64 "M are held by what earlier jails of %s "
			       "passed to others; they end with the processes that have them",
			       *ret / MIB, set->memory / MIB, user);
	log_line(LOG_NOTICE,
		 "%s: the memory limit %" PRIu64 "M is less by %" PRIu64
		 "M, held by what earlier jails passed to others",
		 user, set->memory / MIB, (*ret + MIB - 1) / MIB);
	return 0;
}

int held_sweep(const struct state *s, const struct cgroup *cg, int *count)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int fd = openat(s->run, DIR_HELD, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), first = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return -ENOMEM;
	}
	while ((errno = 0, e = readdir(d))) {
		uint64_t sum = 0;
		char dir[32];
		int r;

		if (strspn(e->d_name, "0123456789") != strlen(e->d_name))
			continue;
		user_dir((uid_t)strtoul(e->d_name, NULL, 10), dir);
		r = sum_records(s, cg, dir, UINT64_MAX, &sum, count);
		if (r && !first)
			first = r;
	}
	return first ? first : -errno;
}
