/* SPDX-License-Identifier: MIT */
/*
 * Files of a system's configuration, read whole and replaced whole: whatever happens,
 * each path holds the old file or the new one.
 */
#ifndef LOGINJAIL_CLI_EDIT_FILE_H
#define LOGINJAIL_CLI_EDIT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/err.h"

/* The system to work on: the host, or a tree that will be one. */
struct tree {
	int fd;
	const char *root; /* "" for the host; put before each path that is shown */
};

struct file {
	char *text; /* ends with a NUL; NULL: there is no such file */
	size_t len;
	bool is_link; /* the path is a symbolic link to it */
	struct stat st;
};

/* root is a directory, or NULL for the host.  The caller closes fd. */
int tree_open(const char *root, struct tree *ret, struct err *err);

/*
 * Take the lock that keeps two from editing one system at a time; held as long as
 * tree->fd is open.  -EBUSY.
 */
int tree_lock(const struct tree *tree, struct err *err);

/*
 * Read an absolute path of the tree; links are followed, and stay inside it.  0 with
 * text NULL where there is nothing; -EFBIG above 1 MiB, -EINVAL for what is no file
 * or holds a NUL.  The caller clears *ret.
 */
int file_read(const struct tree *tree, const char *path, struct file *ret, struct err *err);

/* Free and zero. */
void file_clear(struct file *file);

/*
 * Put text in the place of what was read into old, or remove it where text is NULL.
 * Owner, mode and extended attributes stay; a new file is root's, 0644, and its
 * directory (0755) is made if only that is missing.  Refuses links, and a file that
 * is no longer what was read (-ESTALE).
 */
int file_replace(const struct tree *tree, const char *path, const struct file *old,
		 const char *text, struct err *err);

/* Is there a file, links followed?  Is there what is none: a directory, a device or the like? */
bool file_exists(const struct tree *tree, const char *path);
bool file_is_other(const struct tree *tree, const char *path);

/* rmdir; not empty or not there is no error. */
void dir_remove_if_empty(const struct tree *tree, const char *path);

/*
 * Call fn with the path of each file in a directory, but those whose names begin
 * with a dot, until it returns other than 0.  Returns that, or -errno.
 */
int dir_each(const struct tree *tree, const char *path, int (*fn)(void *arg, const char *file), void *arg);

/* Open a directory of the tree for reading, or -errno. */
int dir_open(const struct tree *tree, const char *path);

#endif
