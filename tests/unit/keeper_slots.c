/* SPDX-License-Identifier: MIT */
/* The count of a user's logins: exact among many that come at once, free when one dies. */
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "lib/scope.h"
#include "keeper/slots.h"
#include "setup/state.h"
#include "tap.h"
#include "scratch.h"

#define UID 1000

static struct state state = STATE_CLOSED;

static void one_keeper(void)
{
	struct slots s;
	struct err err = {""};

	is_int(slots_open(&state, UID, &s, &err), 0, "open");
	is_int(slots_take(&s, 3), 0, "the first");
	is_int(slots_take(&s, 3), 1, "the second");
	is_int(slots_take(&s, 3), 2, "the third");
	is_int(slots_take(&s, 3), -EUSERS, "is the last of three");
	is_int(slots_take(&s, 4), 3, "but not of four");
	slots_release(&s, 1);
	is_int(slots_take(&s, 3), 1, "one that was given back");
	slots_release(&s, -1);
	slots_close(&s);
	ok(s.fd < 0, "closed");
	slots_release(&s, 1);
	slots_close(&s);
	is_int(slots_open(&state, UID, &s, &err), 0, "another keeper");
	is_int(slots_take(&s, 1), 0, "begins anew");
	slots_close(&s);
}

static void two_keepers(void)
{
	struct slots a, b, other;
	struct err err = {""};
	int lock;

	is_int(slots_open(&state, UID, &a, &err), 0, "one keeper");
	is_int(slots_open(&state, UID, &b, &err), 0, "and another of the same user");
	is_int(slots_open(&state, UID + 1, &other, &err), 0, "and one of another");
	is_int(slots_take(&a, 2), 0, "one has the first");
	is_int(slots_take(&b, 2), 1, "the other the second");
	is_int(slots_take(&a, 2), -EUSERS, "there is no third for one");
	is_int(slots_take(&b, 2), -EUSERS, "nor for the other");
	is_int(slots_take(&other, 2), 0, "another user has their own");
	lock = state_lock_uid(&state, UID, &err);
	ok(lock >= 0, "the lock of builders is another matter");
	scope_close(&lock);
	slots_release(&b, 1);
	is_int(slots_take(&a, 2), 1, "what one gives back the other can have");
	slots_close(&a);
	is_int(slots_take(&b, 2), 0, "all are free when one ends");
	slots_close(&b);
	slots_close(&other);
}

/* Runs fn(b) while a's last holder is a process that soon dies.  -EALREADY: it was
 * not waited for. */
static int while_ending(struct slots *a, int (*fn)(struct slots *b), struct slots *b)
{
	struct pollfd p = {.events = POLLIN};
	int last[2], r;
	pid_t pid;

	if (pipe(last) < 0)
		return -errno;
	p.fd = last[0];
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)poll(NULL, 0, 200);
		_exit(write(last[1], "", 1) != 1);
	}
	(void)close(a->fd);
	*a = SLOTS_CLOSED;
	r = fn(b);
	if (poll(&p, 1, 0) != 1)
		r = -EALREADY;
	(void)close(last[0]);
	(void)close(last[1]);
	(void)waitpid(pid, NULL, 0);
	return r;
}

static int take_shared(struct slots *b)
{
	return slots_take_shared_jail(b, "user");
}

static int take_alone(struct slots *b)
{
	return slots_take_with_jail(b, "user", 2);
}

/* A jail keeps the next one waiting, but not the logins. */
static void jails(void)
{
	struct slots a, b, c;
	struct err err = {""};

	is_int(slots_open(&state, UID, &a, &err), 0, "one keeper");
	is_int(slots_open(&state, UID, &b, &err), 0, "the next");
	is_int(slots_take_shared_jail(&a, "user"), 0, "a jail that logins share");
	is_int(slots_take(&a, 1), 0, "and a login");
	slots_release_all(&a);
	is_int(slots_take(&b, 1), 0, "which has ended; another can be had");
	slots_release(&b, 0);
	is_int(while_ending(&a, &take_shared, &b), 0, "the next jail comes when its last holder is dead");

	is_int(slots_open(&state, UID, &a, &err), 0, "one keeper");
	is_int(slots_open(&state, UID, &c, &err), 0, "and another");
	is_int(slots_take_with_jail(&a, "user", 2), 0, "a jail that is a login's alone, beside a shared one");
	is_int(slots_take_with_jail(&c, "user", 2), 1, "another");
	is_int(slots_take_with_jail(&b, "user", 2), -EUSERS, "a third is refused, not waited for");
	slots_release_all(&a);
	is_int(slots_take_with_jail(&b, "user", 3), 2, "a place without a jail comes first");
	slots_release_all(&b);
	is_int(while_ending(&a, &take_alone, &b), 0, "or that of an ended login, when its jail is dead");
	is_int(slots_take_with_jail(&c, "user", 2), -EUSERS, "and no more than two");
	slots_close(&b);
	slots_close(&c);
}

/* Forked copies share a keeper's places, and it gives them back all the same. */
static void forked(void)
{
	struct slots a, b;
	struct err err = {""};
	int hold[2];
	pid_t pid;

	ok(pipe(hold) == 0, "(a pipe)");
	is_int(slots_open(&state, UID, &a, &err), 0, "open");
	is_int(slots_take(&a, 1), 0, "take");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char byte;

		(void)close(hold[1]);
		_exit(read(hold[0], &byte, 1) != 0);
	}
	slots_close(&a);
	is_int(slots_open(&state, UID, &b, &err), 0, "open again");
	is_int(slots_take(&b, 1), 0, "free, though a child has a copy");
	slots_close(&b);
	(void)close(hold[0]);
	(void)close(hold[1]);
	(void)waitpid(pid, NULL, 0);
}

/* As many processes as want one, each of which says whether it has. */
static void storm(void)
{
	enum { WANT = 50, MAX = 7 };
	int go[2], end[2], said[2], got = 0;
	char byte;

	ok(pipe(go) == 0 && pipe(end) == 0 && pipe(said) == 0, "(pipes)");
	fflush(stdout);
	for (int i = 0; i < WANT; i++) {
		if (fork() != 0)
			continue;
		(void)close(go[1]);
		(void)close(end[1]);
		struct slots s;
		struct err err;
		int r = slots_open(&state, UID, &s, &err);

		(void)!read(go[0], &byte, 1);
		r = r ? r : slots_take(&s, MAX);
		byte = r >= 0 ? 'y' : r == -EUSERS ? 'n' : '!';
		(void)!write(said[1], &byte, 1);
		/* Dies with it, without giving it back. */
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	(void)close(go[1]);
	for (int i = 0; i < WANT; i++) {
		byte = '!';
		(void)!read(said[0], &byte, 1);
		got += byte == 'y';
		if (byte == '!')
			ok(false, "an error");
	}
	is_int(got, MAX, "of %d at once %d have a place", WANT, MAX);
	(void)close(end[1]);
	while (wait(NULL) > 0)
		;
	struct slots s;
	struct err err;

	is_int(slots_open(&state, UID, &s, &err), 0, "open");
	is_int(slots_take(&s, 1), 0, "all are free when they are dead");
	slots_close(&s);
}

int main(void)
{
	const char *why = private_mounts();
	struct err err = {""};
	int fds;

	alarm(60);
	if (why) {
		skip(why);
		return done_testing();
	}
	if (!tmpfs_on("/run"))
		return done_testing();
	is_int(state_open(&state, &err), 0, "open the state");
	fds = open_fds();
	one_keeper();
	two_keepers();
	forked();
	jails();
	is_int(open_fds(), fds, "no descriptor is left");
	storm();
	state_close(&state);
	ok(umount2("/run", MNT_DETACH) == 0, "(uncover /run)");
	return done_testing();
}
