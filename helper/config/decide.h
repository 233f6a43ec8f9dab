/* SPDX-License-Identifier: MIT */
/* Whether a login is ours, and which section it gets.  Pure: the host is asked by callback. */
#ifndef LOGINJAIL_CONFIG_DECIDE_H
#define LOGINJAIL_CONFIG_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"
#include "lib/err.h"

struct user_facts {
	const char *name; /* canonical: as the user data base spells it */
	uid_t uid;
	gid_t gid;
	const gid_t *gids; /* supplementary; may hold gid as well */
	size_t n_gids;
};

struct group_lookup {
	/*
	 * Find a group.  0: *ret_gid is its number, *ret_listed whether user is
	 * named among its members.  -ENOENT: the data base answered and has no such
	 * group.  Any other -errno: it could not be asked.
	 */
	int (*find)(void *userdata, const char *group, const char *user, gid_t *ret_gid,
		    bool *ret_listed);
	void *userdata;
};

enum verdict {
	VERDICT_REFUSE, /* zero, so that what nobody filled in refuses */
	VERDICT_NOT_OURS,
	VERDICT_JAIL,
	VERDICT_MAX,
};

struct decision {
	enum verdict verdict;
	const struct section *section; /* of config, not owned; NULL unless VERDICT_JAIL */
	char why[600];	/* for the log: whole reason, one clause, with file:line and remedy */
	char told[120]; /* of VERDICT_REFUSE: for the user, without names of others */
};

/*
 * Decide.  service is the PAM service's name.  A file that has errors refuses whom
 * it might concern; so does a group that can't be looked up, unless nothing
 * depends on it.  uid 0 is never ours.
 *
 * Returns 0 with *ret filled in. -EINVAL with err: called wrong (no user name, no service);
 * *ret then holds a refusal, too.
 */
int config_decide(const struct config *config, const struct user_facts *user, const char *service,
		  const struct group_lookup *lookup, struct decision *ret, struct err *err);

#endif
