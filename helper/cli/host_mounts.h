/* SPDX-License-Identifier: MIT */
/*
 * Which mounts are of file systems of this machine's.  Another's server, or the user who serves a
 * FUSE, may never answer: what is mounted there is asked nothing.
 */
#ifndef LOGINJAIL_CLI_HOST_MOUNTS_H
#define LOGINJAIL_CLI_HOST_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/err.h"

struct mounts {
	struct mount_kind *v;
	size_t n;
};

/* The mounts as they are now.  Free with mounts_clear, also after an error.  0, or -errno. */
int mounts_read(struct mounts *ret, struct err *err);
void mounts_clear(struct mounts *m);

/*
 * Open (O_PATH) what an absolute path leads to, as any program would, but without a question to a file
 * system on the way that is not local; *ret is what is known of it.  The descriptor is the caller's.
 * -EREMOTE at the first that is not, or -errno.
 */
int mounts_open(const struct mounts *m, const char *path, struct statx *ret);

/*
 * Look at dir/name, or at dir itself for "", without a question to its file system: false where it is
 * not there, or not local, and *ret is what is known of it by then.
 */
bool mounts_stat(const struct mounts *m, int dir, const char *name, struct statx *ret);

#endif
