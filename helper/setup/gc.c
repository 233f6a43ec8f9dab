/* SPDX-License-Identifier: MIT */
#include "gc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>

#include "lib/scope.h"
#include "lib/sys.h"
#include "net/link.h"
#include "rmtree.h"
#include "storage/persistent.h"

/* The upper layer that a dead instance recorded. The directory is root's alone,
 * and what it says is still only believed if it ends in the instance's name. */
static int remove_recorded_upper(int dir, const char *instance)
{
	_cleanup_close_ int up = -EBADF;
	char path[PATH_MAX], *slash;
	ssize_t n = readlinkat(dir, GC_UPPER_LINK, path, sizeof path - 1);

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (path[0] != '/' || strcmp(slash + 1, instance) != 0)
		return -EINVAL;
	*slash = '\0';
	up = sys_openat2(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, RESOLVE_POLICY_PLAIN);
	if (up < 0)
		return errno == ENOENT ? 0 : -errno;
	return rmtree_at(up, instance);
}

/* A routed jail's, which lasts while sshd's process of a login is in its network. */
static int remove_link(const char *instance)
{
	char name[LINK_NAME_MAX];
	struct nl_socket host;
	int r;

	link_name(instance, name);
	/* Without libmnl, where there is nothing for it to do. */
	if (if_nametoindex(name) == 0)
		return 0;
	r = nl_open(&host, NETLINK_ROUTE, NULL);
	if (r)
		return r;
	r = link_end(&host, name, NULL);
	nl_close(&host);
	return r;
}

int gc_cut_off(const struct state *s, const char *instance)
{
	return gc_dead(s, instance) ? remove_link(instance) : 0;
}

static int remove_dead(const struct state *s, const char *instance, int dir, const struct cgroup *cg)
{
	int r = cgroup_remove(cg, instance);

	/* Its keeper is dead and its PID 1 is dying: somebody else's turn, later. */
	if (r)
		return r;
	r = remove_link(instance);
	if (r)
		return r;
	r = remove_recorded_upper(dir, instance);
	if (r)
		return r;
	/* The name begins with the uid: state_instance_name has seen to that. */
	(void)state_unset_current(s, (uid_t)strtoul(instance, NULL, 10), instance);
	return state_instance_remove(s, instance);
}

/* Upper layers without an instance. */
static int remove_orphans(const struct state *s, int state_dir, int *count)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int fd = openat(state_dir, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), first = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return -ENOMEM;
	}
	while ((errno = 0, e = readdir(d))) {
		int r;

		/* Not known to be gone is not gone. */
		if (!state_instance_name(e->d_name) ||
		    faccessat(s->jail, e->d_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
			continue;
		r = rmtree_at(dirfd(d), e->d_name);
		if (r && !first)
			first = r;
		if (!r)
			(*count)++;
	}
	return first ? first : -errno;
}

/* What gc_pending looks at, so that a login costs hardly more where many jails live. */
#define SAMPLE 16

/* Call fn for up to SAMPLE entries of the directory dirfd/name that are named like
 * an instance, from a random one on and around; stops when it returns true. */
static bool any_instance(int dirfd, const char *name, bool (*fn)(int dir, const char *instance, const struct state *s),
			 const struct state *s)
{
	_cleanup_closedir_ DIR *d = NULL;
	unsigned int n = 0, first = 0;
	struct dirent *e;
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return false;
	}
	while ((e = readdir(d)))
		n += state_instance_name(e->d_name);
	if (n == 0)
		return false;
	/* Nothing is lost where there is no number: then it is the first ones. */
	if (n > SAMPLE && getrandom(&first, sizeof first, GRND_NONBLOCK) == sizeof first)
		first %= n;
	else
		first = 0;
	rewinddir(d);
	for (unsigned int i = 0; i < n && (e = readdir(d));) {
		if (!state_instance_name(e->d_name))
			continue;
		if ((i++ + n - first) % n < SAMPLE && fn(fd, e->d_name, s))
			return true;
	}
	return false;
}

static bool is_dead(int dir, const char *instance, const struct state *s)
{
	_cleanup_close_ int fd = openat(dir, instance, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	(void)s;
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
}

static bool is_orphan(int dir, const char *instance, const struct state *s)
{
	(void)dir;
	return faccessat(s->jail, instance, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

bool gc_dead(const struct state *s, const char *instance)
{
	return is_dead(s->jail, instance, s);
}

bool gc_pending(const struct state *s, int state_dir)
{
	return any_instance(s->jail, ".", is_dead, s) || any_instance(state_dir, "upper", is_orphan, s);
}

int gc_run(const struct state *s, int state_dir, const struct cgroup *cg, struct err *err)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int fd = openat(s->jail, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), first = 0, count = 0, r;

	if (fd < 0)
		return err_set(err, -errno, RUNDIR "/jail");
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return err_set(err, -ENOMEM, RUNDIR "/jail");
	}
	while ((errno = 0, e = readdir(d))) {
		_cleanup_close_ int dir = -EBADF;

		if (!state_instance_name(e->d_name))
			continue;
		dir = openat(s->jail, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0)
			continue; /* gone, or its keeper lives */
		r = remove_dead(s, e->d_name, dir, cg);
		if (r && !first)
			first = err_set(err, r, "removing the dead jail %s", e->d_name);
		if (!r)
			count++;
	}
	if (errno && !first)
		first = err_set(err, -errno, RUNDIR "/jail");
	r = remove_orphans(s, state_dir, &count);
	if (r && !first)
		first = err_set(err, r, "removing upper layers that nobody owns");
	r = persistent_sweep(state_dir, &count);
	if (r && !first)
		first = err_set(err, r, "finishing a reset");
	return first ? first : count;
}
