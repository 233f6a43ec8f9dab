/* SPDX-License-Identifier: MIT */
#include "persistent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "cgroup/cgroup_wait.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "quota.h"
#include "setup/rmtree.h"

/* PID 1 has three seconds, and its keeper kills it after ten. */
#define PATIENCE_S 15

/* Of the directories that reset has put out of the way. */
#define DOOMED "reset-"

static const char record_form[] = "loginjail storage 1\nuser %s\nuid-base %u\ngid-base %u\nlower %s\nkind %s\n";

static void wake(int sig)
{
	(void)sig;
}

/*
 * A blocking flock that ends after PATIENCE_S.  The one timer that there is may be that
 * of the whole set-up: it goes on with what is left, or a little less.
 */
int persistent_wait(int fd, struct err *err)
{
	/* No SA_RESTART: the call is to be interrupted. And again, should the first come
	 * just before the call. */
	const struct sigaction now = {.sa_handler = wake};
	const struct itimerval patience = {.it_value.tv_sec = PATIENCE_S, .it_interval.tv_sec = 1};
	struct sigaction before;
	unsigned int left;
	int r;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	left = alarm(0);
	if (sigaction(SIGALRM, &now, &before) < 0 || setitimer(ITIMER_REAL, &patience, NULL) < 0)
		return err_set(err, -errno, "waiting for a lock");
	r = flock(fd, LOCK_EX) < 0 ? -errno : 0;
	(void)alarm(0);
	(void)sigaction(SIGALRM, &before, NULL);
	if (left)
		(void)alarm(left > PATIENCE_S ? left - PATIENCE_S : 1);
	if (r == -EINTR)
		return err_set(err, -EBUSY,
			       "another jail of this user still has the storage; 'loginjail ps' lists it, unless it "
			       "is held by a process that was put there from outside");
	return r ? err_set(err, r, "locking the storage") : 0;
}

static int open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int persistent_open(int state_dir, uid_t uid, int *ret_dir, int *ret_lock, struct err *err)
{
	_cleanup_close_ int root = -EBADF, dir = -EBADF, lock = -EBADF;
	char name[16];
	int r;

	snprintf(name, sizeof name, "%u", uid);
	if (mkdirat(state_dir, PERSISTENT_DIR, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making the directory " PERSISTENT_DIR " in 'state'");
	root = open_dir(state_dir, PERSISTENT_DIR);
	if (root < 0)
		return err_set(err, root, "the directory " PERSISTENT_DIR " in 'state'");
	if (mkdirat(root, name, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making " PERSISTENT_DIR "/%s in 'state'", name);
	dir = open_dir(root, name);
	if (dir < 0)
		return err_set(err, dir, PERSISTENT_DIR "/%s in 'state'", name);
	/* Not for writing: PID 1 of the jail inherits it. */
	lock = openat(dir, "lock", O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_set(err, -errno, "the lock of the storage");
	r = persistent_wait(lock, err);
	if (r)
		return r;
	*ret_dir = take_fd(&dir);
	*ret_lock = take_fd(&lock);
	return 0;
}

int persistent_settle(const struct state *s, int dir, struct err *err)
{
	char instance[INSTANCE_MAX];
	ssize_t n = readlinkat(dir, "holder", instance, sizeof instance - 1);
	struct cgroup cg;
	int r;

	if (n < 0)
		return errno == ENOENT ? 0 : err_set(err, -errno, "the storage's last jail");
	instance[n] = '\0';
	/* Who removed it saw its groups empty. */
	if (!state_instance_name(instance))
		return 0;
	if (faccessat(s->jail, instance, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(err, -errno, "the storage's last jail");
	r = cgroup_find(&cg, CGROUP_BASIC, CGROUP_ALL, err);
	if (r)
		return r;
	r = cgroup_wait(&cg, instance, PATIENCE_S);
	cgroup_close(&cg);
	return r ? err_set(err, r, "waiting for the last processes of the storage's last jail") : 0;
}

int persistent_hold(int dir, const char *instance, struct err *err)
{
	if ((unlinkat(dir, "holder", 0) < 0 && errno != ENOENT) || symlinkat(instance, dir, "holder") < 0)
		return err_set(err, -errno, "noting who has the storage");
	return 0;
}

int persistent_read(int dir, struct persistent_record *ret, struct err *err)
{
	char text[1024], kind[8] = "";
	ssize_t n = read_file_at(dir, "record", text, sizeof text);

	if (n == -ENOENT)
		return -ENOENT;
	if (n < 0)
		return err_set(err, (int)n, "reading the record of the storage");
	*ret = (struct persistent_record){.image = false};
	if (sscanf(text,
		   "loginjail storage 1\nuser %255[^\n]\nuid-base %u\ngid-base %u\nlower %63s\nkind %7s\n", ret->user,
		   &ret->sub.uid, &ret->sub.gid, ret->lower, kind) != 5 ||
	    (strcmp(kind, PERSISTENT_TREE) != 0 && strcmp(kind, PERSISTENT_IMAGE) != 0))
		return err_set(err, 0, "the record of the storage makes no sense");
	ret->image = strcmp(kind, PERSISTENT_IMAGE) == 0;
	return 0;
}

static int sync_directory(int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int persistent_write(int dir, const struct persistent_record *rec, struct err *err)
{
	_cleanup_close_ int fd = openat(dir, "record.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[1024];
	int n = snprintf(text, sizeof text, record_form, rec->user, rec->sub.uid, rec->sub.gid, rec->lower,
			 rec->image ? PERSISTENT_IMAGE : PERSISTENT_TREE);
	int r = fd < 0 ? -errno : write_all(fd, text, (size_t)n);

	if (!r && (fsync(fd) < 0 || renameat(dir, "record.new", dir, "record") < 0 || fsync(dir) < 0))
		r = -errno;
	/* The directories above this one are new as well.  Not syncfs(2): other jails may
	 * have much to write. */
	if (!r)
		r = sync_directory(dir, "..");
	if (!r)
		r = sync_directory(dir, "../..");
	return r ? err_set(err, r, "writing the record of the storage") : 0;
}

static int remove_tree(int dir)
{
	int r = quota_rmtree(dir, PERSISTENT_TREE);

	return r ? r : rmtree_at(dir, PERSISTENT_IMAGE);
}

int persistent_clear(int dir, struct err *err)
{
	int r = remove_tree(dir);

	return r ? err_set(err, r, "removing a storage that was made by half") : 0;
}

/* Everything of root/name, with the limits that it had. */
static int remove_storage(int root, const char *name)
{
	_cleanup_close_ int dir = open_dir(root, name);
	int r;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	r = remove_tree(dir);
	return r ? r : rmtree_at(root, name);
}

/* Nobody uses it: no process of a jail, and no mount of its image. */
static int take_for_reset(const struct state *s, int dir, struct err *err)
{
	static const char *const files[] = {"lock", PERSISTENT_IMAGE};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		_cleanup_close_ int fd = openat(dir, files[i], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_set(err, -errno, "the storage's %s", files[i]);
		/* The user's lock, which the caller has, keeps it from being taken again. */
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return err_set(err, -EBUSY, "a jail has the storage ('loginjail kill' ends it)");
	}
	return persistent_settle(s, dir, err);
}

int persistent_reset(const struct state *s, int state_dir, uid_t uid, struct err *err)
{
	_cleanup_close_ int root = open_dir(state_dir, PERSISTENT_DIR), dir = -EBADF, lock = -EBADF;
	char name[16], doomed[40];
	uint32_t x;
	int r;

	snprintf(name, sizeof name, "%u", uid);
	if (root == -ENOENT)
		return err_set(err, root, "nothing is kept");
	if (root < 0)
		return err_set(err, root, "the directory " PERSISTENT_DIR " in 'state'");
	lock = state_lock_uid(s, uid, err);
	if (lock < 0)
		return lock;
	dir = open_dir(root, name);
	if (dir < 0)
		return err_set(err, dir, "what is kept");
	r = take_for_reset(s, dir, err);
	if (r)
		return r;
	if (getrandom(&x, sizeof x, 0) != sizeof x)
		return err_set(err, -errno, "random number");
	snprintf(doomed, sizeof doomed, DOOMED "%s-%08x", name, x);
	if (renameat(root, name, root, doomed) < 0 || fsync(root) < 0)
		return err_set(err, -errno, "putting what is kept out of the way");
	/* A login need not wait for the rest. */
	scope_close(&lock);
	lock = -EBADF;
	r = remove_storage(root, doomed);
	return r ? err_set(err, r, "removing what was kept ('loginjail gc' tries again)") : 0;
}

/* Call fn for the entries of the storage's directory. */
static int each_entry(int state_dir, int (*fn)(int root, const char *name, void *arg), void *arg)
{
	_cleanup_closedir_ DIR *d = NULL;
	int root = open_dir(state_dir, PERSISTENT_DIR), first = 0;
	struct dirent *e;

	if (root < 0)
		return root == -ENOENT ? 0 : root;
	d = fdopendir(root);
	if (!d) {
		(void)close(root);
		return -ENOMEM;
	}
	while ((errno = 0, e = readdir(d))) {
		int r = fn(root, e->d_name, arg);

		if (r && !first)
			first = r;
	}
	return first ? first : -errno;
}

static int sweep_one(int root, const char *name, void *arg)
{
	int *count = arg, r;

	if (strncmp(name, DOOMED, strlen(DOOMED)) != 0)
		return 0;
	r = remove_storage(root, name);
	*count += !r;
	return r;
}

int persistent_sweep(int state_dir, int *count)
{
	return each_entry(state_dir, sweep_one, count);
}

struct each {
	void (*fn)(uid_t uid, void *arg);
	void *arg;
};

static int tell_one(int root, const char *name, void *arg)
{
	const struct each *each = arg;

	(void)root;
	if (name[0] && name[strspn(name, "0123456789")] == '\0')
		each->fn((uid_t)strtoul(name, NULL, 10), each->arg);
	return 0;
}

int persistent_each(int state_dir, void (*fn)(uid_t uid, void *arg), void *arg)
{
	return each_entry(state_dir, tell_one, &(struct each){fn, arg});
}
