/* SPDX-License-Identifier: MIT */
/*
 * Where a jail's upper layer is, and how much it may hold.
 *
 *			without disk		with it
 *   ephemeral		STATE/upper/INSTANCE	the same with a project quota, or an image
 *						that has no name
 *   memory					a tmpfs
 *   persistent		STATE/persistent/UID	the same with a project quota, or an image
 *   readonly = yes	nowhere
 *
 * Nothing of it is in the host's mount table, and nothing is in the jail's but the overlays.
 */
#ifndef LOGINJAIL_STORAGE_H
#define LOGINJAIL_STORAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/err.h"

struct jail;

struct storage {
	int state; /* the state directory */
	int root;  /* STATE/upper, of which INSTANCE is to be removed at the end; else -EBADF */
	int place; /* STATE/persistent/UID */
	int upper; /* where the overlays' directories are made; -EBADF: none may be */
	int lock;  /* of place; the keeper and init hold it */
	int image, loop; /* of one that goes with the jail, for the end (image_drop) */
	uint32_t project; /* that upper is; 0: none */
};

#define STORAGE_CLOSED ((struct storage){-EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, 0})

/* What one overlay mounts. */
struct storage_piece {
	int dir;	   /* must stay open until the mount; the caller's */
	char options[256]; /* of mount(2), after lowerdir=; "" for a read-only one */
};

/* Is what the jail changes kept for the next one? */
bool storage_persistent(const struct jail *j);

/* Before anything is made and anybody is started: open, and take the user's persistent
 * storage, which may wait for the end of the jail that has it. */
int storage_open(struct jail *j, struct err *err);

/* Make it, with its limits.  Needs j->instance_dir and j->stage. */
int storage_make(struct jail *j, struct err *err);

/* Have the project's limits hold: when all is mounted, since overlayfs makes a directory
 * for itself, without which it would give a user whose storage is full a read-only one. */
int storage_bound(struct jail *j, struct err *err);

/*
 * The directories for the overlay of target, the number-th one, owned and moded like
 * st.  In a persistent storage they are found by target, whatever else is mounted.
 */
int storage_piece(struct jail *j, unsigned int number, const char *target, const struct stat *st,
		  struct storage_piece *ret, struct err *err);

/* Close what was needed for building only. */
void storage_built(struct storage *s);

/* The jail is dead, and this process sees none of its mounts: take an image from whom something
 * in it was passed to, and say so in the log.  May wait two seconds. */
void storage_take_back(struct jail *j);

/* Remove what goes with the jail, whose processes are dead, and let go of what stays. */
int storage_remove(struct jail *j);

#endif
