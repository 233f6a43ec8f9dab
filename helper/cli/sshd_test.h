/* SPDX-License-Identifier: MIT */
/* Asking sshd itself about a configuration before it is put in place. */
#ifndef LOGINJAIL_CLI_SSHD_TEST_H
#define LOGINJAIL_CLI_SSHD_TEST_H

#include "cli/changes.h"

#define SSHD_CONFIG "/etc/ssh/sshd_config"
#define SSHD_DROPINS "/etc/ssh/sshd_config.d"

/*
 * Does sshd_config include this file of SSHD_DROPINS, and outside of Match?  pure.  Returns the
 * line, or 0.
 */
unsigned sshd_includes(const char *text, const char *file);

/*
 * The text with SSHD_DROPINS in its Include lines changed to another directory; *ret is the
 * caller's.  0 or -ENOMEM.
 */
int sshd_redirect(const char *text, const char *dir, char **ret);

/* A copy of the configuration, as it will be, that sshd can be asked about. */
struct sshd_copy {
	struct changes *c;
	char dir[64]; /* in the tree; "" if there is none */
	char *program; /* sshd's path in the tree */
};

/*
 * Make the copy, and have sshd read it.  Problems are told.  0, -ENOENT where the tree has no
 * sshd, -EINVAL after a problem, -ENOMEM.  sshd_copy_remove in any case.
 */
int sshd_copy_make(struct changes *c, struct sshd_copy *ret);

/*
 * All that sshd -T says of a user, or of everybody for NULL; *ret is the caller's.  0, -EINVAL
 * after a problem, -ENOMEM.
 */
int sshd_copy_print(struct sshd_copy *copy, const char *user, char **ret);

/*
 * The value in a line of that, up to its end, or NULL if the line is another keyword's.  The
 * keywords are in lower case up to OpenSSH 10.4, and as in sshd_config(5) since 10.5.
 */
const char *sshd_line_value(const char *line, const char *keyword);

/* A keyword's first value in that; *ret is the caller's, NULL if there is none.  0 or -ENOMEM. */
int sshd_value(const char *text, const char *keyword, char **ret);

/*
 * The value of a keyword that a user would get, or everybody's for user
 * NULL; *ret is the caller's, NULL where sshd knows no such keyword.
 */
int sshd_copy_ask(struct sshd_copy *copy, const char *user, const char *keyword, char **ret);

void sshd_copy_remove(struct sshd_copy *copy);

#endif
