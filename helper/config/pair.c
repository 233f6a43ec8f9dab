/* SPDX-License-Identifier: MIT */
/* Pairs of limits, SOFT:HARD.  That soft is not above hard is a rule of rules.c. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "lib/scope.h"

struct notation {
	const struct unit *units;
	bool max; /* the word is allowed */
	const char *form;
};

static const struct notation plain = {NULL, false, "a number or a pair: write it like 4096 or 1024:65536"};
static const struct notation counts = {NULL, true, "a number or a pair: write it like 100, 80:100 or 80:max"};
static const struct notation sizes = {size_units, true, "a size or a pair: write it like 64M, 8M:64M or 8M:max"};
static const struct notation times = {duration_units, true, "a time or a pair: write it like 10m, 10m:11m or 10m:max"};

static int parse_one(const struct range *range, const char *text, const struct notation *n,
		     uint64_t *ret, struct err *err)
{
	if (n->max && strcmp(text, "max") == 0) {
		*ret = LIMIT_MAX;
		return 0;
	}
	return value_number(range, text, n->units, n->form, ret, err);
}

static int parse_pair(const struct range *range, const char *text, const struct notation *n,
		      void *field, struct err *err)
{
	_cleanup_free_ char *copy = strdup(text);
	struct limit_pair pair;
	char *colon;
	int r;

	if (!copy)
		return -ENOMEM;
	colon = strchr(copy, ':');
	if (colon)
		*colon = '\0';
	r = parse_one(range, copy, n, &pair.soft, err);
	if (r < 0)
		return r;
	pair.hard = pair.soft;
	if (colon)
		r = parse_one(range, colon + 1, n, &pair.hard, err);
	if (r < 0)
		return r;
	*(struct limit_pair *)field = pair;
	return 0;
}

static int print_one(uint64_t value, const struct notation *n, char **ret)
{
	if (value == LIMIT_MAX)
		return (*ret = strdup("max")) ? 0 : -ENOMEM;
	return number_print(value, n->units, ret);
}

static int print_pair(const struct limit_pair *p, const struct notation *n, char **ret)
{
	_cleanup_free_ char *soft = NULL;
	_cleanup_free_ char *hard = NULL;

	if (p->soft == p->hard)
		return print_one(p->soft, n, ret);
	if (print_one(p->soft, n, &soft) < 0 || print_one(p->hard, n, &hard) < 0)
		return -ENOMEM;
	return asprintf(ret, "%s:%s", soft, hard) < 0 ? -ENOMEM : 0;
}

VALUE_PARSER(limit_pair)
{
	(void)type;
	return parse_pair(range, text, &plain, field, err);
}

VALUE_PRINTER(limit_pair)
{
	(void)type;
	return print_pair(field, &plain, ret);
}

#define RLIMIT(name, notation)                                                         \
	VALUE_PARSER(name)                                                              \
	{                                                                               \
		(void)type;                                                             \
		if (!*text) {                                                           \
			*(struct limit_pair *)field =                                   \
				(struct limit_pair){LIMIT_UNSET, LIMIT_UNSET};          \
			return 0;                                                       \
		}                                                                       \
		return parse_pair(range, text, notation, field, err);                   \
	}                                                                               \
	VALUE_PRINTER(name)                                                             \
	{                                                                               \
		(void)type;                                                             \
		if (((const struct limit_pair *)field)->hard == LIMIT_UNSET)            \
			return (*ret = strdup("")) ? 0 : -ENOMEM;                       \
		return print_pair(field, notation, ret);                                \
	}

RLIMIT(rlimit_count, &counts)
RLIMIT(rlimit_size, &sizes)
RLIMIT(rlimit_time, &times)
