/* SPDX-License-Identifier: MIT */
/* What the pieces of the floor program share: one run and its time marks. */
#ifndef LOGINJAIL_BENCH_FLOOR_H
#define LOGINJAIL_BENCH_FLOOR_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

enum { FLOOR_MARKS_MAX = 32, FLOOR_GROUPS_MAX = 3, FLOOR_TREES_MAX = 16 };

enum floor_attach {
	ATTACH_INLINE, /* the jail waits until it is in its groups */
	ATTACH_BESIDE, /* a thread moves it meanwhile, ready does not wait */
	ATTACH_NONE,   /* no groups at all */
};

/*
 * Marks live in memory that the builder and the jail share: they run in turn,
 * each names the end of the phase it has just finished.
 */
struct floor_marks {
	uint64_t start;
	unsigned int n;
	struct {
		const char *name; /* a string constant, the same in both processes */
		uint64_t at;
	} mark[FLOOR_MARKS_MAX];
};

struct floor {
	/* asked for */
	const char *scratch; /* a directory on disk, for the upper layer */
	uid_t uid;           /* maps to itself */
	uid_t base;          /* first of 65536 subordinate ids */
	enum floor_attach attach;
	int fence; /* build what sshd's session goes into as well */
	const char *tree[FLOOR_TREES_MAX]; /* mounts that the jail's root consists of; first "/" */
	unsigned int ntrees;
	/* one run */
	struct floor_marks *marks;
	char dir[PATH_MAX];   /* scratch/PID: upper and work */
	char self[PATH_MAX];  /* this program */
	char stage[PATH_MAX]; /* tmpfs of the private mount namespace */
	char group[FLOOR_GROUPS_MAX][PATH_MAX];
	unsigned int ngroups;
	int v2; /* group[0] is a unified one */
	int group_fd[FLOOR_GROUPS_MAX];
	int self_fd; /* this program, for exec in the jail */
	int host_ns; /* mount namespace to clean up from, where there is a fence */
	int sock;    /* builder: to the jail; jail: to the builder */
	int pid_fd;
	pid_t pid;
};

void floor_mark(struct floor *f, const char *name);
/* Print what failed with errno's text, leave with 1. The floor has no other error
 * path: whoever gave it the scratch directory removes what it leaves there. */
_Noreturn void floor_die(const char *what);

/* floor_jail.c: the whole of it. ready_fd gets a byte when the jail is ready and
 * another when its first session has ended; end of file at hold_fd ends it; -1: none. */
void floor_run(struct floor *f, int ready_fd, int hold_fd);
/* What "floor-init" is: descriptor 3 is the builder's socket, 4 this program. */
int floor_init(void);

/* floor_group.c: find the groups' parents, make children with limits, attach, remove */
void floor_group_find(struct floor *f, const char *below);
void floor_group_create(struct floor *f);
void floor_group_attach(struct floor *f);
void floor_group_remove(struct floor *f);

/* floor_mount.c: the builder's side ... */
void floor_stage(struct floor *f);
void floor_upper(struct floor *f);
void floor_root(struct floor *f);
void floor_dev(struct floor *f);
void floor_remove(struct floor *f);
/* ... and the jail's */
void floor_enter_root(struct floor *f);

/* floor_fence.c */
void floor_fence(struct floor *f);
void floor_fence_enter(struct floor *f);
void floor_fence_leave(struct floor *f);

#endif
