/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "lib/scope.h"
#include "lib/sys.h"
#include "rmtree.h"

static int dir_trusted(int fd, const char *what, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s", what);
	if (st.st_uid != 0 || (st.st_mode & 022))
		return err_set(err, -EPERM,
			       "%s is not root's alone (owner %u, mode %04o): 'chown root: %s; chmod go-w %s'",
			       what, st.st_uid, st.st_mode & 07777, what, what);
	return 0;
}

static int dir_make(int at, const char *name, mode_t mode, const char *what, struct err *err)
{
	int fd, r;

	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(at, name, mode) < 0 && errno != EEXIST)
			return err_set(err, -errno, "making %s", what);
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return err_set(err, -errno, "opening %s", what);
	r = dir_trusted(fd, what, err);
	if (r) {
		(void)close(fd);
		return r;
	}
	return fd;
}

int state_open(struct state *s, struct err *err)
{
	*s = STATE_CLOSED;
	s->run = dir_make(AT_FDCWD, RUNDIR, 0700, RUNDIR, err);
	if (s->run < 0)
		return s->run;
	s->jail = dir_make(s->run, "jail", 0700, RUNDIR "/jail", err);
	s->uid = s->jail < 0 ? s->jail : dir_make(s->run, "uid", 0700, RUNDIR "/uid", err);
	s->lock = s->uid < 0 ? s->uid : dir_make(s->run, "lock", 0700, RUNDIR "/lock", err);
	if (s->lock < 0) {
		int r = s->lock;

		state_close(s);
		return r;
	}
	return 0;
}

void state_close(struct state *s)
{
	scope_close(&s->run);
	scope_close(&s->jail);
	scope_close(&s->uid);
	scope_close(&s->lock);
	*s = STATE_CLOSED;
}

int state_dir_open(const char *path, struct err *err)
{
	int fd = sys_openat2(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, RESOLVE_POLICY_PLAIN), r;

	if (fd < 0 && errno == ENOENT) {
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_set(err, -errno, "making the state directory %s", path);
		fd = sys_openat2(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, RESOLVE_POLICY_PLAIN);
	}
	if (fd < 0 && errno == ELOOP)
		return err_set(err, -ELOOP,
			       "the state directory %s has a symbolic link in its path; name the real one",
			       path);
	if (fd < 0)
		return err_set(err, -errno, "the state directory %s", path);
	r = dir_trusted(fd, path, err);
	if (r) {
		(void)close(fd);
		return r;
	}
	return fd;
}

int state_open_lock(const struct state *s, uid_t uid, struct err *err)
{
	char name[16];
	int fd;

	snprintf(name, sizeof name, "%u", uid);
	fd = openat(s->lock, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? err_set(err, -errno, "opening %s/lock/%s", RUNDIR, name) : fd;
}

static int lock_uid(const struct state *s, uid_t uid, int how, struct err *err)
{
	_cleanup_close_ int fd = state_open_lock(s, uid, err);

	if (fd < 0)
		return fd;
	while (flock(fd, how) < 0)
		if (errno != EINTR)
			return err_set(err, -errno, "locking %s/lock/%u", RUNDIR, uid);
	return take_fd(&fd);
}

int state_lock_uid(const struct state *s, uid_t uid, struct err *err)
{
	return lock_uid(s, uid, LOCK_EX, err);
}

bool state_instance_name(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits > 0 && digits <= 10 && name[digits] == '-' &&
	       strspn(name + digits + 1, "0123456789abcdef") == 8 && name[digits + 9] == '\0';
}

int state_current(const struct state *s, uid_t uid, char instance[static INSTANCE_MAX])
{
	char name[16];
	ssize_t n;

	snprintf(name, sizeof name, "%u", uid);
	n = readlinkat(s->uid, name, instance, INSTANCE_MAX - 1);
	if (n < 0)
		return -errno;
	instance[n] = '\0';
	return state_instance_name(instance) ? 0 : -ENOENT;
}

int state_set_current(const struct state *s, uid_t uid, const char *instance, struct err *err)
{
	char name[16], fresh[INSTANCE_MAX + 4];

	snprintf(name, sizeof name, "%u", uid);
	snprintf(fresh, sizeof fresh, ".%s", instance);
	if (symlinkat(instance, s->uid, fresh) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making %s/uid/%s", RUNDIR, name);
	if (renameat(s->uid, fresh, s->uid, name) < 0) {
		int r = -errno;

		(void)unlinkat(s->uid, fresh, 0);
		return err_set(err, r, "making %s/uid/%s", RUNDIR, name);
	}
	return 0;
}

int state_unset_current(const struct state *s, uid_t uid, const char *instance)
{
	char name[16], now[INSTANCE_MAX];
	int r = state_current(s, uid, now);

	snprintf(name, sizeof name, "%u", uid);
	/* Never waiting: who collects the dead may hold a fresh instance, and a keeper the
	 * storage, that a builder waits for, and that builder has the lock.  It puts its
	 * own link in the place, or takes this one away (state_forget_gone). */
	if (r == 0 && strcmp(now, instance) == 0) {
		_cleanup_close_ int lock = lock_uid(s, uid, LOCK_EX | LOCK_NB, NULL);

		r = lock < 0 ? lock : state_current(s, uid, now);
		if (r == 0 && strcmp(now, instance) == 0 && unlinkat(s->uid, name, 0) < 0)
			r = -errno;
	}
	/* A link that was made but not yet put in place when its maker died. */
	snprintf(now, sizeof now, ".%.30s", instance);
	(void)unlinkat(s->uid, now, 0);
	return r == -ENOENT || r == -EWOULDBLOCK ? 0 : r;
}

void state_forget_gone(const struct state *s, uid_t uid)
{
	char name[16], instance[INSTANCE_MAX];

	snprintf(name, sizeof name, "%u", uid);
	if (state_current(s, uid, instance) == 0 && faccessat(s->jail, instance, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		(void)unlinkat(s->uid, name, 0);
}

int state_instance_new(const struct state *s, uid_t uid, char instance[static INSTANCE_MAX],
		       struct err *err)
{
	for (int tries = 0; tries < 16; tries++) {
		_cleanup_close_ int fd = -EBADF;
		struct stat st;
		uint32_t x;

		if (getrandom(&x, sizeof x, 0) != sizeof x)
			return err_set(err, -errno, "random number");
		snprintf(instance, INSTANCE_MAX, "%u-%08x", uid, x);
		if (mkdirat(s->jail, instance, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			return err_set(err, -errno, "making %s/jail/%s", RUNDIR, instance);
		}
		fd = openat(s->jail, instance, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* Somebody who collects the dead may lock it, and remove it, before
		 * we do: then it has no link any more, and we take another. */
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0)
			return err_set(err, -errno, "locking %s/jail/%s", RUNDIR, instance);
		if (st.st_nlink > 0)
			return take_fd(&fd);
	}
	return err_set(err, -EAGAIN, "making an instance below %s/jail", RUNDIR);
}

int state_instance_remove(const struct state *s, const char *instance)
{
	return rmtree_at(s->jail, instance);
}
