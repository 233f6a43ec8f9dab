/* SPDX-License-Identifier: MIT */
/* What is kept for users: one at a time has it, its record, and how it goes. */
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "lib/scope.h"
#include "storage/persistent.h"
#include "tap.h"
#include "scratch.h"

static struct state state = STATE_CLOSED;

static bool there(const char *path)
{
	return faccessat(scratch_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void opening(void)
{
	int dir = -EBADF, lock = -EBADF, before = open_fds();
	struct stat st;
	struct err err;

	is_int(persistent_open(scratch_fd, 1000, &dir, &lock, &err), 0, "a first time");
	ok(fstat(dir, &st) == 0 && (st.st_mode & 07777) == 0700, "a directory of root's alone");
	ok(fstat(lock, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0600, "with a lock");
	ok((fcntl(lock, F_GETFL) & O_ACCMODE) == O_RDONLY, "that can't be written to");
	is_int(persistent_settle(&state, dir, &err), 0, "nobody had it before");
	is_int(persistent_hold(dir, "1000-00000001", &err), 0, "somebody has it");
	is_int(persistent_hold(dir, "1000-00000002", &err), 0, "and then another");
	is_int(persistent_settle(&state, dir, &err), 0, "who is gone");
	scope_close(&dir);
	scope_close(&lock);
	is_int(open_fds(), before, "no descriptor is left");
	ok(symlinkat("/tmp", scratch_fd, "persistent/1001") == 0, "(a link)");
	is_int(persistent_open(scratch_fd, 1001, &dir, &lock, &err), -ENOTDIR, "is not followed");
	(void)unlinkat(scratch_fd, "persistent/1001", 0);
	is_int(open_fds(), before, "no descriptor is left");
}

/* The lock is waited for as long as it takes, and what the alarm was for stays. */
static void waiting(void)
{
	int dir = -EBADF, lock = -EBADF, pipes[2];
	struct err err;
	char byte;
	pid_t pid;

	if (!ok(pipe(pipes) == 0, "(a pipe)"))
		return;
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (persistent_open(scratch_fd, 1000, &dir, &lock, NULL) || write(pipes[1], "x", 1) != 1)
			_exit(1);
		/* Until we wait for it: then the kernel lists it so. */
		for (;;) {
			char text[64], path[64];
			FILE *f;
			int blocked = 0;

			snprintf(path, sizeof path, "/proc/locks");
			f = fopen(path, "re");
			while (f && fgets(text, sizeof text, f))
				blocked |= strstr(text, "-> FLOCK") != NULL;
			if (f)
				(void)fclose(f);
			if (blocked)
				_exit(0);
		}
	}
	ok(pid > 0 && read(pipes[0], &byte, 1) == 1, "(another has it)");
	(void)alarm(1000);
	is_int(persistent_open(scratch_fd, 1000, &dir, &lock, &err), 0, "it is waited for");
	ok(alarm(0) > 900, "the alarm goes on");
	scope_close(&dir);
	scope_close(&lock);
	(void)waitpid(pid, NULL, 0);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}

static void record(void)
{
	const struct persistent_record out = {
		.user = "a user", .sub = {.uid = 100000, .gid = 4294901760u}, .lower = "host", .image = true};
	static const char *const bad[] = {
		"", "x", "loginjail storage 2\nuser a\nuid-base 1\ngid-base 1\nlower host\nkind tree\n",
		"loginjail storage 1\nuser a\nuid-base x\ngid-base 1\nlower host\nkind tree\n",
		"loginjail storage 1\nuser a\nuid-base 1\ngid-base 1\nlower host\nkind boat\n",
		"loginjail storage 1\nuser a\nuid-base 1\ngid-base 1\nlower host\n"};
	struct persistent_record in;
	int dir = -EBADF, lock = -EBADF;
	struct err err;

	is_int(persistent_open(scratch_fd, 1000, &dir, &lock, &err), 0, "(open)");
	is_int(persistent_read(dir, &in, &err), -ENOENT, "no record");
	is_int(persistent_write(dir, &out, &err), 0, "written");
	is_int(persistent_read(dir, &in, &err), 0, "read");
	is_str(in.user, out.user, "user");
	is_str(in.lower, out.lower, "lower");
	is_int(in.sub.uid, 100000, "uid");
	is_int(in.sub.gid, 4294901760u, "gid");
	ok(in.image, "kind");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put(dir, "record", bad[i], 0600);
		is_int(persistent_read(dir, &in, &err), -EINVAL, "a record without sense (%zu)", i);
	}
	ok(mkdirat(dir, "tree", 0700) == 0 && mkdirat(dir, "tree/u", 0700) == 0, "(something half made)");
	put(dir, "tree/u/x", "x", 0600);
	put(dir, "image", "x", 0600);
	is_int(persistent_clear(dir, &err), 0, "is removed");
	ok(!there("persistent/1000/tree") && !there("persistent/1000/image") && there("persistent/1000/lock"),
	   "and the lock not");
	scope_close(&dir);
	scope_close(&lock);
}

static void note(uid_t uid, void *arg)
{
	*(uid_t *)arg += uid;
}

static void reset(void)
{
	int dir = -EBADF, lock = -EBADF, image, before = open_fds(), count = 0;
	struct err err;
	uid_t sum = 0;

	is_int(persistent_reset(&state, scratch_fd, 1234, &err), -ENOENT, "nothing is kept for this one");
	is_int(persistent_open(scratch_fd, 1000, &dir, &lock, &err), 0, "(open)");
	is_int(persistent_reset(&state, scratch_fd, 1000, &err), -EBUSY, "a jail has it");
	contains(err.text, "loginjail kill", "what to do is said");
	put(dir, "image", "x", 0600);
	scope_close(&lock);
	image = openat(dir, "image", O_RDONLY | O_CLOEXEC);
	ok(image >= 0 && flock(image, LOCK_EX) == 0, "(its image is mounted)");
	is_int(persistent_reset(&state, scratch_fd, 1000, &err), -EBUSY, "is as good");
	scope_close(&image);
	scope_close(&dir);
	is_int(persistent_open(scratch_fd, 1001, &dir, &lock, &err), 0, "(another's)");
	is_int(persistent_reset(&state, scratch_fd, 1000, &err), 0, "nobody has it");
	ok(!there("persistent/1000") && there("persistent/1001"), "it is gone, and no other");
	scope_close(&dir);
	scope_close(&lock);
	ok(mkdirat(scratch_fd, "persistent/reset-5-00000000", 0700) == 0 &&
		   mkdirat(scratch_fd, "persistent/reset-5-00000000/tree", 0700) == 0,
	   "(left by a killed one)");
	is_int(persistent_sweep(scratch_fd, &count), 0, "is swept up");
	is_int(count, 1, "and counted");
	ok(!there("persistent/reset-5-00000000"), "it is gone");
	is_int(persistent_each(scratch_fd, note, &sum), 0, "who has something");
	is_int(sum, 1001, "is told");
	is_int(open_fds(), before, "no descriptor is left");
}

int main(void)
{
	if (!scratch_make())
		return done_testing();
	(void)mkdirat(scratch_fd, "lock", 0700);
	(void)mkdirat(scratch_fd, "jail", 0700);
	state.lock = openat(scratch_fd, "lock", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	state.jail = openat(scratch_fd, "jail", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	opening();
	waiting();
	record();
	reset();
	scratch_remove();
	return done_testing();
}
