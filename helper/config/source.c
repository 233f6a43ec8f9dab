/* SPDX-License-Identifier: MIT */
/*
 * What is trusted is the open file, not its path: each part of the path is opened
 * below the one before, without following links, and then looked at by descriptor.
 */
#include "config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "lib/scope.h"

struct walk {
	uid_t owner;
	bool trusted;
	struct err *err; /* holds the first reason for distrust */
};

/* Sticky directories are no better: anyone may put a file there first. */
static void look_at(struct walk *walk, const struct stat *st, const char *what, const char *name)
{
	if (!walk->trusted)
		return;
	if (st->st_uid != 0 && st->st_uid != walk->owner) {
		walk->trusted = false;
		err_set(walk->err, 0, "%s '%s' belongs to uid %u, who could change it: "
				      "chown root it", what, name, (unsigned)st->st_uid);
	} else if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		walk->trusted = false;
		err_set(walk->err, 0, "%s '%s' can be written by others than its owner (mode "
				      "%04o): chmod go-w it", what, name,
			(unsigned)st->st_mode & 07777);
	}
}

static int enter_dir(struct walk *walk, int *dirfd, const char *part)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	fd = openat(*dirfd, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(walk->err, 0, "'%s' in the path is no directory (links are not "
					     "followed)", part);
	if (fd < 0)
		return err_set(walk->err, -errno, "directory '%s' can't be opened", part);
	if (fstat(fd, &st) < 0)
		return err_set(walk->err, -errno, "directory '%s' can't be looked at", part);
	look_at(walk, &st, "directory", part);
	close(*dirfd);
	*dirfd = take_fd(&fd);
	return 0;
}

/* O_NONBLOCK: a FIFO in the file's place must not hold up a login. */
static int open_file(struct walk *walk, int dirfd, const char *name, int *ret_fd)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return err_set(walk->err, 0, "it is a symbolic link: put the file itself here");
	if (fd < 0 && errno == ENOENT)
		return err_set(walk->err, 0, "there is no such file: create it ('loginjail "
					     "sample' prints one)");
	if (fd < 0)
		return err_set(walk->err, -errno, "it can't be read");
	if (fstat(fd, &st) < 0)
		return err_set(walk->err, -errno, "it can't be looked at");
	if (!S_ISREG(st.st_mode))
		return err_set(walk->err, 0, "it is not a regular file");
	look_at(walk, &st, "the file", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int read_text(int fd, char **ret_text, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *text = malloc(CONFIG_SIZE_MAX + 1);
	size_t len = 0;
	ssize_t n;
	char *fit;

	if (!text)
		return -ENOMEM;
	for (;;) {
		n = read(fd, text + len, CONFIG_SIZE_MAX + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -errno, "it can't be read");
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > CONFIG_SIZE_MAX)
			return err_set(err, -EFBIG, "it is larger than 1 MiB");
	}
	text[len] = '\0';
	fit = realloc(text, len + 1);
	if (fit)
		text = fit;
	*ret_text = take_ptr(text);
	*ret_len = len;
	return 0;
}

int source_read(int dirfd, const char *path, uid_t owner, char **ret_text, size_t *ret_len,
		bool *ret_trusted, struct err *err)
{
	struct walk walk = {.owner = owner, .trusted = true, .err = err};
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_close_ int dir = -EBADF;
	_cleanup_close_ int fd = -EBADF;
	char *part, *next;
	int r;

	if (!copy)
		return -ENOMEM;
	dir = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	if (dir < 0)
		return -errno;
	r = enter_dir(&walk, &dir, ".");
	if (r < 0)
		return r;
	part = copy + strspn(copy, "/");
	for (;; part = next) {
		next = part + strcspn(part, "/");
		if (!*next)
			break;
		*next++ = '\0';
		next += strspn(next, "/");
		r = enter_dir(&walk, &dir, part);
		if (r < 0)
			return r;
	}
	r = open_file(&walk, dir, part, &fd);
	if (r == 0)
		r = read_text(fd, ret_text, ret_len, err);
	if (r == 0)
		*ret_trusted = walk.trusted;
	return r;
}
