/* SPDX-License-Identifier: MIT */
/*
 * What is on disk about live jails: names, locks, and that only root's own directories
 * are trusted.  As root, with a /run of its own; the names for everybody.
 */
#include <sys/file.h>
#include <sys/wait.h>

#include "lib/scope.h"
#include "setup/state.h"
#include "tap.h"
#include "scratch.h"

static void names(void)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{"1000-0123abcd", true},
		{"0-00000000", true},
		{"4294967295-ffffffff", true},
		{"", false},
		{"-", false},
		{"1000", false},
		{"1000-", false},
		{"-0123abcd", false},
		{"1000-0123abc", false},
		{"1000-0123abcde", false},
		{"1000-0123ABCD", false},
		{"1000-0123abcg", false},
		{"1000_0123abcd", false},
		{"12345678901-0123abcd", false},
		{" 1000-0123abcd", false},
		{"1000-0123abcd ", false},
		{"1000-0123abcd/", false},
		{"../1000-0123abcd", false},
		{"1000-0123abcd/..", false},
		{".1000-0123abcd", false},
		{"+1000-0123abcd", false},
		{"1000--0123abcd", false},
		{"1000-0123abcd\n", false},
		{"0x10-0123abcd", false},
		{".", false},
		{"..", false},
		{"1000-........", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(state_instance_name(cases[i].name), cases[i].good, "name %zu is %s", i,
		       cases[i].good ? "one" : "none");
}

static void is_private(const char *path)
{
	struct stat st = {0};

	ok(stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
		   (st.st_mode & 07777) == 0700,
	   "%s is root's alone", path);
}

static void refused(int want, const char *what, const char *said)
{
	int before = open_fds(), r;
	struct err err = {""};
	struct state s;

	r = state_open(&s, &err);
	if (want)
		is_int(r, want, "%s: refused", what);
	else
		ok(r < 0, "%s: refused", what);
	contains(err.text, said, "%s: and that is said", what);
	ok(s.run < 0 && s.jail < 0 && s.uid < 0 && s.lock < 0, "%s: nothing open", what);
	is_int(open_fds(), before, "%s: no descriptor is left", what);
}

static void trust(void)
{
	static const char *const dirs[] = {RUNDIR, RUNDIR "/jail", RUNDIR "/uid", RUNDIR "/lock"};
	struct err err = {""};
	struct state s;

	umask(0);
	is_int(state_open(&s, &err), 0, "opened at first %s", err.text);
	umask(022);
	state_close(&s);
	for (size_t i = 0; i < 4; i++)
		is_private(dirs[i]);
	is_int(state_open(&s, &err), 0, "opened again %s", err.text);
	for (const int *fd = (const int[]){s.run, s.jail, s.uid, s.lock, -1}; *fd >= 0; fd++)
		is_int(fcntl(*fd, F_GETFD), FD_CLOEXEC, "open, and close-on-exec");
	state_close(&s);
	ok(s.run == -EBADF && s.lock == -EBADF, "closed");
	state_close(&s);

	for (size_t i = 0; i < 4; i++) {
		const char *d = dirs[i];

		ok(chown(d, 1, 0) == 0, "(give %s away)", d);
		refused(-EPERM, d, d);
		ok(chown(d, 0, 0) == 0 && chmod(d, 0720) == 0, "(let its group write)");
		refused(-EPERM, d, "mode 0720");
		ok(chmod(d, 0702) == 0, "(let others write)");
		refused(-EPERM, d, "chmod go-w");
		ok(chmod(d, 01777) == 0, "(as /tmp is)");
		refused(-EPERM, d, d);
		ok(chmod(d, 0755) == 0, "(let others read)");
		is_int(state_open(&s, &err), 0, "%s may be read", d);
		state_close(&s);
		ok(rename(d, "/run/moved") == 0 && symlink("/run/moved", d) == 0,
		   "(a link in its place)");
		refused(0, d, d);
		ok(unlink(d) == 0 && mkfifo(d, 0700) == 0, "(a FIFO in its place)");
		refused(0, d, d);
		ok(unlink(d) == 0 && rename("/run/moved", d) == 0, "(put it back)");
	}
}

static bool locked(const char *path, int at)
{
	_cleanup_close_ int fd = openat(at, path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static void locks(struct state *s)
{
	int lock, p[2], status = -1;
	struct err err = {""};
	char byte;
	pid_t pid;

	lock = state_lock_uid(s, 1000, &err);
	ok(lock >= 0 && fcntl(lock, F_GETFD) == FD_CLOEXEC, "the lock of a user");
	ok(locked("1000", s->lock), "is held");
	is_int(pipe2(p, O_CLOEXEC), 0, "(a pipe)");
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct state mine;
		int l;

		close(lock);
		if (state_open(&mine, NULL) < 0)
			_exit(1);
		l = state_lock_uid(&mine, 1001, NULL); /* another's */
		if (l < 0 || write(p[1], "x", 1) != 1)
			_exit(2);
		l = state_lock_uid(&mine, 1000, NULL); /* waits for it */
		_exit(l < 0 || write(p[1], "y", 1) != 1 ? 3 : 0);
	}
	ok(read(p[0], &byte, 1) == 1 && byte == 'x', "another user's can be had meanwhile");
	usleep(20000);
	ok(fcntl(p[0], F_SETFL, O_NONBLOCK) == 0 && read(p[0], &byte, 1) < 0,
	   "the same has to be waited for");
	close(lock);
	waitpid(pid, &status, 0);
	is_int(status, 0, "until it is free");
	close(p[0]);
	close(p[1]);
	ok(faccessat(s->lock, "1000", F_OK, 0) == 0, "its file stays");

	ok(symlinkat("/run/elsewhere", s->lock, "7") == 0, "(a link)");
	is_int(state_lock_uid(s, 7, &err), -ELOOP, "is not followed");
	contains(err.text, "lock/7", "and that is said");
	ok(access("/run/elsewhere", F_OK) < 0, "and nothing is made there");
}

static void instances(struct state *s)
{
	char name[64][INSTANCE_MAX], now[INSTANCE_MAX];
	struct err err = {""};
	int dir[64], before = open_fds(), good = 0, lock;
	struct stat st;

	for (int i = 0; i < 64; i++) {
		dir[i] = state_instance_new(s, 4294967294u, name[i], &err);
		good += dir[i] >= 0 && state_instance_name(name[i]) &&
			strncmp(name[i], "4294967294-", 11) == 0 && locked(name[i], s->jail) &&
			fstat(dir[i], &st) == 0 && (st.st_mode & 07777) == 0700;
		for (int k = 0; k < i; k++)
			good -= strcmp(name[i], name[k]) == 0;
	}
	is_int(good, 64, "instances have names of their own and are locked");
	close(dir[0]);
	ok(!locked(name[0], s->jail), "closed, it is free");
	for (int i = 0; i < 64; i++) {
		if (i > 0)
			close(dir[i]);
		good -= state_instance_remove(s, name[i]) == 0;
	}
	is_int(good, 0, "all can be removed");
	is_int(state_instance_remove(s, name[0]), 0, "one that is gone as well");
	is_int(open_fds(), before, "no descriptor is left");

	is_int(state_current(s, 5, now), -ENOENT, "a user without a jail");
	is_int(state_set_current(s, 5, "5-00000001", &err), 0, "has one now");
	is_int(state_current(s, 5, now), 0, "it is found");
	is_str(now, "5-00000001", "by its name");
	is_int(state_current(s, 55, now), -ENOENT, "not as another's");
	is_int(state_set_current(s, 5, "5-00000002", &err), 0, "another takes its place");
	is_int(state_current(s, 5, now), 0, "which is found");
	is_str(now, "5-00000002", "by its name");
	state_unset_current(s, 5, "5-00000001");
	is_int(state_current(s, 5, now), 0, "the first ends: the second stays");
	ok(symlinkat("5-00000003", s->uid, ".5-00000003") == 0, "(a builder died half-way)");
	is_int(state_set_current(s, 5, "5-00000003", &err), 0, "that does not matter");
	is_int(state_current(s, 5, now), 0, "to the next");
	is_str(now, "5-00000003", "which is found");
	ok(symlinkat("5-00000004", s->uid, ".5-00000004") == 0, "(again)");
	state_unset_current(s, 5, "5-00000004");
	ok(faccessat(s->uid, ".5-00000004", F_OK, AT_SYMLINK_NOFOLLOW) < 0,
	   "what it left goes with it");
	state_unset_current(s, 5, "5-00000003");
	is_int(state_current(s, 5, now), -ENOENT, "the last ends");

	/* While the next one is built: its builder may wait for us. */
	is_int(state_set_current(s, 5, "5-00000006", &err), 0, "(one more)");
	ok(mkdirat(s->jail, "5-00000006", 0700) == 0, "(with its directory)");
	lock = state_lock_uid(s, 5, &err);
	ok(lock >= 0, "(the user's lock is taken)");
	state_unset_current(s, 5, "5-00000006");
	is_int(state_current(s, 5, now), 0, "it ends: the lock is not waited for, the link stays");
	state_forget_gone(s, 5);
	is_int(state_current(s, 5, now), 0, "and is left alone while there is something");
	is_int(state_instance_remove(s, "5-00000006"), 0, "(it goes)");
	state_forget_gone(s, 5);
	is_int(state_current(s, 5, now), -ENOENT, "then the builder takes it away");
	state_forget_gone(s, 5);
	scope_close(&lock);

	for (const char *const *t =
		     (const char *const[]){"/etc/passwd", "../x", "x", "5-0000000", "5-000000011",
					   "5-00000001/../../x",
					   "5-0000000100000000000000000000000000000000000", NULL};
	     *t; t++) {
		ok(symlinkat(*t, s->uid, "6") == 0, "(a link to %s)", *t);
		is_int(state_current(s, 6, now), -ENOENT, "is no instance");
		ok(unlinkat(s->uid, "6", 0) == 0, "(remove it)");
	}
	put(s->uid, "6", "6-00000001", 0600);
	ok(state_current(s, 6, now) < 0, "nor is a file");
	is_int(open_fds(), before, "no descriptor is left");
}

int main(void)
{
	const char *why;
	struct state s;

	names();
	alarm(60);
	why = private_mounts();
	if (why) {
		skip(why);
		return done_testing();
	}
	if (!tmpfs_on("/run"))
		return done_testing();
	trust();
	if (state_open(&s, NULL) == 0) {
		locks(&s);
		instances(&s);
		state_close(&s);
	}
	ok(umount2("/run", MNT_DETACH) == 0, "(uncover /run)");
	return done_testing();
}
