/* SPDX-License-Identifier: MIT */
/*
 * Does the thing exist that a jail's network is open for?
 *
 * A file: each directory on the way to it is watched, by inotify, for what happens to the
 * next name; so what is not there yet, or is replaced on the way, is noticed.  What is
 * mounted over one of them, the mount table tells.  All of these must be root's
 * alone, or the file would be no word of root's.
 *
 * A unit of systemd: the same, of its control group, and whether there is a process in it,
 * which the kernel tells by inotify, too.  There is no message bus to it.
 *
 * A process: that it ends is told by a pidfd.  That one has begun, the kernel tells only
 * in its first network namespace, and there of every process to all who listen, at a cost to
 * each fork of the host; so where there is none it is looked for, twice a second.
 * Those who look for the same share what they see (process.c).
 *
 * What can't be told counts as not there.
 */
#ifndef LOGINJAIL_GATE_H
#define LOGINJAIL_GATE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/types.h"
#include "lib/err.h"

enum gate_state {
	GATE_CLOSED,
	GATE_OPEN,
	GATE_UNFIT, /* closed: it can't be told, or others than root could have a say */
};

#define GATE_DEPTH_MAX 64
#define GATE_FDS 4

struct gate {
	const struct gate_spec *spec;
	enum gate_state state;
	char why[256]; /* of any but GATE_OPEN: a clause */
	int root;      /* the host's, whatever the caller's own is */
	int proc;      /* the host's /proc */
	int mounts;    /* the host's mount table */
	int run;       /* RUNDIR, not ours; or negative */
	int notify;    /* inotify; negative: nobody watches */
	int timer, pidfd;
	char path[1024]; /* of a file or unit, what is looked for */
	uid_t uid;	 /* of a process */
	struct {
		int wd;
		const char *name; /* in path: what is awaited there; of no length: any change counts */
		size_t len;
	} watch[GATE_DEPTH_MAX + 1];
	size_t watches;
	bool blind; /* one of them could not be had */
	bool rests; /* heard just now: a storm of what others do costs no more than this */
};

#define GATE_NOT_MADE ((struct gate){.root = -EBADF, .proc = -EBADF, .mounts = -EBADF, .run = -EBADF, \
				     .notify = -EBADF, .timer = -EBADF, .pidfd = -EBADF})

/*
 * Hold on to what is needed of the host: to be called in its mount namespace.  spec must
 * stay.  run: a descriptor of RUNDIR, to share what is seen there; or negative.
 */
int gate_make(struct gate *g, const struct gate_spec *spec, int run, struct err *err);
void gate_close(struct gate *g);

/* Look, and say what is in state and why. */
void gate_look(struct gate *g);

/*
 * Look, and watch from now on: notify is a fresh inotify descriptor, or -errno; taken over.
 * Changes the calling process's directory to its root.
 */
void gate_watch(struct gate *g, int notify);

/* What to poll for now: GATE_FDS of them. */
void gate_poll(const struct gate *g, struct pollfd *p);

/* After a poll. */
void gate_hear(struct gate *g, const struct pollfd *p);

/* Set state and why; for the files of this room. */
void gate_set(struct gate *g, enum gate_state state, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
