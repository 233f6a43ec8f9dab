/* SPDX-License-Identifier: MIT */
/* Who is logging in: the account as NSS knows it. */
#ifndef LOGINJAIL_IDENTITY_H
#define LOGINJAIL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

/* Supplementary groups below this are never carried into a jail: docker, disk,
 * shadow, adm, sudo ... are keys to the host. */
#define SYSTEM_ID_MAX 999

struct identity {
	char *name; /* canonical: pw_name, not what the client typed */
	uid_t uid;
	gid_t gid;
	char *gecos, *home, *shell;
	gid_t *groups; /* all of them, the primary one included */
	size_t ngroups;
};

/*
 * Look the account up.  Its groups come from the caller: the module asked for
 * them in sshd, which has the name services loaded; here that would take longer
 * than all the rest.  *ret is the caller's, for identity_free().
 * -ESRCH: no such account; any other errno: the look-up itself failed, which
 * proves nothing about the account.
 */
int identity_lookup(const char *name, const gid_t *groups, size_t ngroups, struct identity **ret,
		    struct err *err);

struct identity *identity_free(struct identity *id); /* takes NULL; returns NULL */

/*
 * The groups to carry into the jail (gid > SYSTEM_ID_MAX, not the primary one)
 * into keep, at most max.  Returns their number, or -E2BIG.
 */
int identity_kept_groups(const struct identity *id, gid_t *keep, size_t max);

/* Whose system accounts a jail has: those of the files below root/etc. */
struct accounts {
	int root;  /* a directory; links in it stay in it */
	bool tree; /* not the host: it may lack the files, and knows none of the host's people */
};

/*
 * The text of the jail's passwd and group files: the system accounts and this one
 * user, with home and shell as given; others' memberships are left out.  *ret is
 * malloc'ed.
 */
int identity_passwd_text(const struct accounts *from, const struct identity *id, const char *home,
			 const char *shell, char **ret, struct err *err);
int identity_group_text(const struct accounts *from, const struct identity *id, char **ret,
			struct err *err);

/*
 * A tree's shadow file for a jail whose user may become root: a root that nobody
 * can become has no password now, one that has a password keeps it; and the user
 * is an account that has none to give.
 */
int identity_shadow_text(const struct accounts *from, const struct identity *id, char **ret,
			 struct err *err);

#endif
