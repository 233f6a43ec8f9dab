/* SPDX-License-Identifier: MIT */
/* The host's user and group data bases, as config_decide() wants them. */
#ifndef LOGINJAIL_CONFIG_NSS_H
#define LOGINJAIL_CONFIG_NSS_H

#include "config/decide.h"
#include "lib/err.h"

/* A user_facts with the memory behind it, and what else the account says. */
struct nss_user {
	struct user_facts facts;
	char *home;
	char *shell;
	char *buffer; /* holds name, home and shell */
	gid_t *gids;
};

/*
 * Look a user up by name, and all of its groups.  -ENOENT: the data base answered and has
 * no such user.  Any other -errno: it could not be asked.  err says it in words.
 * Release with nss_user_clear(); *ret is untouched on failure.
 */
int nss_user_find(const char *name, struct nss_user *ret, struct err *err);

/* Of a zeroed one as well. */
void nss_user_clear(struct nss_user *user);

/* A group_lookup that asks the host's data base. */
extern const struct group_lookup nss_group_lookup;

#endif
