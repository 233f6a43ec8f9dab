/* SPDX-License-Identifier: MIT */
/*
 * The jail's own overlay layer, between the user's upper layer and the tree: it
 * hides what must not be seen, and holds the few files and mount points that
 * are made for this jail.  It lies in the staging tmpfs and goes with it.
 */
#ifndef LOGINJAIL_LAYER_H
#define LOGINJAIL_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"
#include "setup/identity.h"
#include "setup/subid.h"

#define LAYER_MASKED_MAX 512
#define LAYER_MADE_MAX 512

struct layer {
	int dir;  /* the layer's top, owned by the caller */
	int host; /* the top of the tree below, to look at owners and modes: the host's root, or
		   * that of another tree, its ids as they are in it */
	const struct identity *id;
	struct subids sub;
	char *masked[LAYER_MASKED_MAX]; /* what is hidden or emptied */
	size_t nmasked;
	char *made[LAYER_MADE_MAX]; /* directories that the layer has */
	size_t nmade;
};

/* Host ids as this jail must store them: its user's own stay, others shift. */
uid_t layer_uid(const struct layer *l, uid_t uid);
gid_t layer_gid(const struct layer *l, gid_t gid);

/*
 * Everything that makes something is for between owner_take() (owner.h), with the
 * jail's root, and owner_back().  It may change the working directory.
 */

/* Make path and what leads to it, directories with the host's owner and mode
 * where the host has them, else root's 0755.  path is absolute, normal, and
 * goes through no symbolic link of the host. */
int layer_directory(struct layer *l, const char *path, struct err *err);

/* The same, hiding whatever the host has below it. */
int layer_empty(struct layer *l, const char *path, struct err *err);

/* Make path not to be there. */
int layer_hide(struct layer *l, const char *path, struct err *err);

/* A file with this text, of jail-root, 0644. */
int layer_file(struct layer *l, const char *path, const char *text, struct err *err);

/* /etc/hostname, and an /etc/hosts that knows the name. */
int layer_hostname(struct layer *l, const char *name, struct err *err);

/* All rows of rootfs-tools/host-mask.def, and an administrator's list. */
int layer_mask_host(struct layer *l, struct err *err);
int layer_mask_path(struct layer *l, const char *path, struct err *err);

/* Is path, or a directory above it, hidden or emptied? */
bool layer_hides(const struct layer *l, const char *path);

void layer_clear(struct layer *l);

#endif
