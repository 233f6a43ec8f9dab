/* SPDX-License-Identifier: MIT */
/* The table and a decision as text.  Writes to a stream of the caller's; errors: ferror(). */
#ifndef LOGINJAIL_CONFIG_RENDER_H
#define LOGINJAIL_CONFIG_RENDER_H

#include <stdio.h>

#include "config/decide.h"

/* What happens to the login and why; of a jail, each setting and where it is from. -ENOMEM. */
int render_explain(FILE *f, const struct config *config, const struct user_facts *user,
		   const char *service, const struct decision *decision);

/* A jail.ini with every option commented out at its default. */
void render_sample(FILE *f);

/* The items of the man page's list of options, in mdoc. */
void render_mdoc(FILE *f);

/* What values an option takes, as a sentence: "A size from 1M." *ret is the caller's. -ENOMEM. */
int render_values(enum option_id id, char **ret);

#endif
