/* SPDX-License-Identifier: MIT */
/* The directories of an upper layer, for one overlay each: storage.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "setup/jail.h"
#include "storage.h"

/* In one step, so that a power cut leaves none that is owned by somebody else. */
static int make_dir(const struct jail *j, int at, const char *name, const struct stat *st, struct err *err)
{
	const char *fresh = storage_persistent(j) ? "new" : name;

	if (storage_persistent(j)) {
		if (faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
		(void)unlinkat(at, fresh, AT_REMOVEDIR);
	}
	if (mkdirat(at, fresh, 0700) < 0)
		return err_set(err, -errno, "making '%s' for the upper layer", name);
	if (fchownat(at, fresh, layer_uid(&j->layer, st->st_uid), layer_gid(&j->layer, st->st_gid), 0) < 0 ||
	    fchmodat(at, fresh, st->st_mode & 01777, 0) < 0)
		return err_set(err, -errno, "owner and mode of '%s' for the upper layer", name);
	if (fresh != name && renameat(at, fresh, at, name) < 0)
		return err_set(err, -errno, "making '%s' for the upper layer", name);
	return 0;
}

/* A file name for an absolute path: each path has its own. */
static int name_of(const char *target, char *name, size_t size)
{
	size_t n = 0;

	for (const char *p = target; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if (n + 4 > size)
			return -ENAMETOOLONG;
		n += (size_t)snprintf(name + n, size - n, isalnum(c) || strchr("._-", c) ? "%c" : "%%%02X", c);
	}
	return 0;
}

/* Where a kept upper layer's directories for target are. */
static int open_kept(const struct jail *j, const char *target, struct err *err)
{
	char name[NAME_MAX + 1];
	int fd, r = name_of(target, name, sizeof name);

	if (r)
		return err_set(err, r, "the storage for '%s'", target);
	if (mkdirat(j->storage.upper, name, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making the storage for '%s'", target);
	fd = openat(j->storage.upper, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_set(err, -errno, "the storage for '%s'", target) : fd;
}

int storage_piece(struct jail *j, unsigned int number, const char *target, const struct stat *st,
		  struct storage_piece *ret, struct err *err)
{
	/* What is thrown away need not reach the disk.  What is kept may find another tree
	 * below it the next time, of which overlayfs must then remember nothing but names. */
	const char *how = storage_persistent(j) ? "redirect_dir=nofollow,metacopy=off,index=off,xino=off"
					   : "volatile,redirect_dir=on,metacopy=off,index=off";
	char up[16] = "u", work[16] = "w";
	int r;

	*ret = (struct storage_piece){.dir = -EBADF};
	if (j->storage.upper < 0)
		return 0;
	if (storage_persistent(j)) {
		ret->dir = open_kept(j, target, err);
	} else {
		ret->dir = fcntl(j->storage.upper, F_DUPFD_CLOEXEC, 0);
		snprintf(up, sizeof up, "%uu", number);
		snprintf(work, sizeof work, "%uw", number);
	}
	if (ret->dir < 0)
		return ret->dir;
	r = make_dir(j, ret->dir, up, st, err);
	if (!r)
		r = make_dir(j, ret->dir, work, &(struct stat){.st_mode = S_IFDIR | 0700}, err);
	/* By descriptor: a path may hold characters that mean something here. */
	snprintf(ret->options, sizeof ret->options, ",upperdir=/proc/self/fd/%d/%s,workdir=/proc/self/fd/%d/%s,%s",
		 ret->dir, up, ret->dir, work, how);
	return r;
}
