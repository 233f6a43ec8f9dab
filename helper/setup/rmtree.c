/* SPDX-License-Identifier: MIT */
#include "rmtree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/scope.h"

/* Remove one entry if that is a matter of one call; -ENOTEMPTY: a directory
 * with something in it. */
static int remove_one(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return errno == EEXIST ? -ENOTEMPTY : -errno;
}

/* Empty the directory fd; directories that are not empty go up to top. */
static int empty_into(int top, int fd, unsigned long *serial)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), first = 0;

	if (copy < 0)
		return -errno;
	d = fdopendir(copy);
	if (!d) {
		(void)close(copy);
		return -errno;
	}
	while ((errno = 0, e = readdir(d))) {
		char up[40];
		int r;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		r = remove_one(fd, e->d_name);
		if (r == -ENOTEMPTY) {
			/* A removal that was interrupted, or a user, may have left names
			 * like ours. */
			do {
				snprintf(up, sizeof up, ".rmtree-%lu", (*serial)++);
				r = renameat2(fd, e->d_name, top, up, RENAME_NOREPLACE) < 0 ? -errno : 0;
			} while (r == -EEXIST);
		}
		if (r && !first)
			first = r;
	}
	return first ? first : -errno;
}

int rmtree_at(int dirfd, const char *name)
{
	_cleanup_close_ int top = -EBADF;
	unsigned long serial = 0;
	int r = remove_one(dirfd, name);

	if (r != -ENOTEMPTY)
		return r;
	top = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0)
		return -errno;
	for (;;) {
		_cleanup_closedir_ DIR *d = NULL;
		struct dirent *e;
		int copy = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		unsigned long seen = 0;

		if (copy < 0)
			return -errno;
		d = fdopendir(copy);
		if (!d) {
			(void)close(copy);
			return -errno;
		}
		while ((errno = 0, e = readdir(d))) {
			_cleanup_close_ int sub = -EBADF;

			if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
				continue;
			seen++;
			r = remove_one(top, e->d_name);
			if (r == 0)
				continue;
			if (r != -ENOTEMPTY)
				return r;
			sub = openat(top, e->d_name,
				     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (sub < 0)
				return -errno;
			r = empty_into(top, sub, &serial);
			if (!r)
				r = remove_one(top, e->d_name);
			if (r)
				return r;
		}
		if (errno)
			return -errno;
		if (seen == 0)
			break;
	}
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}
