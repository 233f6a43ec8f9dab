/* SPDX-License-Identifier: MIT */
/*
 * What shall become of a system's files: gathered first, looked at as if it were done, then
 * shown or done.
 */
#ifndef LOGINJAIL_CLI_CHANGES_H
#define LOGINJAIL_CLI_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/edit_file.h"
#include "cli/pam_stack.h"

struct change {
	char *path;
	struct file old; /* text is NULL for a file that is not there yet */
	char *text;	 /* NULL: there shall be none; as old.text: nothing changes */
	char *why;
	bool brief;	 /* a new file that need not be shown whole */
};

struct changes {
	struct tree tree;
	struct change **v;
	size_t n;
	unsigned problems; /* said so far; any of them keeps all files as they are */
};

/* Say on standard error what keeps setup from working, and count it.  Returns -EINVAL. */
int problem(struct changes *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Text of a file as it will be; *ret is the caller's, NULL for no file.  It is of struct
 * pam_source's kind, with struct changes as arg.
 */
int changes_read(void *arg, const char *path, char **ret, struct err *err);

/*
 * The entry of a path, with the file as it is where it has none yet.  It belongs to
 * the list.  0, -EINVAL for a problem that was told, -ENOMEM.
 */
int changes_open(struct changes *c, const char *path, struct change **ret);

/* Let it be this text, which is taken over; NULL removes.  0 or -ENOMEM. */
int change_set(struct change *change, char *text, const char *why, ...)
	__attribute__((format(printf, 3, 4)));

/* Does it change anything? */
bool change_pending(const struct change *change);
size_t changes_pending(const struct changes *c);

/* Is there a change of this path? */
bool changes_touch(const struct changes *c, const char *path);

/* Print them, with differences where these are not brief. 0 or -ENOMEM. */
int changes_print(const struct changes *c);

/*
 * Make them in order, and say so of each.  Where one fails the ones before it are done,
 * and err says what failed.
 */
int changes_apply(const struct changes *c, struct err *err);

void changes_clear(struct changes *c);

#endif
