/* SPDX-License-Identifier: MIT */
/* jail.ini said once more in the words of sshd_config(5). */
#ifndef LOGINJAIL_CLI_SSHD_MATCH_H
#define LOGINJAIL_CLI_SSHD_MATCH_H

#include <sys/types.h>

#include "config/config.h"

#define SSHD_MATCH_HEAD "# Made by \"loginjail setup\" from jail.ini"

/* What the user data base says; arg is the caller's. */
struct sshd_names {
	/* The name of a uid, the caller's; NULL if there is none. */
	char *(*user_of)(void *arg, uid_t uid);
	/* Names of all accounts with uid 0 but root, each with ",!" before it; the caller's. */
	char *(*other_roots)(void *arg);
	void *arg;
};

/*
 * Match blocks with the ForceCommand for the users whom a section matches and no other: who
 * gets it without a jail can't log in.  *ret is the caller's; NULL where nobody is
 * matched.  0 or -ENOMEM.
 */
int sshd_match_text(const struct config *config, const char *command, const struct sshd_names *names,
		    char **ret);

/* The name that an item of users or except ("ann", "#1001") stands for, the caller's;
 * NULL if there is nobody of that uid. */
char *sshd_user_name(const struct sshd_names *names, const char *item);

#endif
