/* SPDX-License-Identifier: MIT */
/*
 * What the Match lines of sshd_config ask of a user, so that sshd need not be asked about each of
 * thousands: users for whom all those questions have the same answers get the same values.
 */
#ifndef LOGINJAIL_CLI_HOST_MATCH_H
#define LOGINJAIL_CLI_HOST_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct match_list {
	bool group;
	char *patterns;
};

struct matches {
	struct match_list *v;
	size_t n;
	bool unknown; /* a criterion, or a file, that may tell users apart in a way not known here */
	bool place;   /* one about the connection: where it comes from, by which client */
};

/*
 * Add the criteria of a file's Match lines, and call fn with each argument of its Include lines.
 * pure otherwise.  0, what fn returns, or -ENOMEM.
 */
int matches_add(struct matches *m, const char *text, int (*fn)(void *arg, const char *pattern), void *arg);

void matches_clear(struct matches *m);

/*
 * The answers for a user and its groups, a character each; the caller's, NULL without memory.  Two
 * users with equal texts are one to sshd, unless m->unknown.
 */
char *matches_answer(const struct matches *m, const char *user, const char *const *groups, size_t n_groups);

/* Does name match one of the patterns (with '*' and '?', separated by commas)?  -1: by one after '!'. */
int match_patterns(const char *name, const char *patterns);

#endif
