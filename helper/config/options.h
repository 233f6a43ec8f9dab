/* SPDX-License-Identifier: MIT */
/* options.def as C: the row numbers, the rows, and the struct with a field for each. */
#ifndef LOGINJAIL_CONFIG_OPTIONS_H
#define LOGINJAIL_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/types.h"
#include "lib/err.h"

enum option_id {
#define OPT(name, ...) OPTION_##name,
#include "config/options.def"
	OPTION_MAX,
	OPTION_INVALID = -1,
};

enum option_scope {
	IN_DEFAULTS = 1 << 0,
	IN_JAIL = 1 << 1,
	IN_ANY = IN_DEFAULTS | IN_JAIL,
	WHO = 1 << 2, /* says whom a section matches: an error in it leaves that open */
	NOT_INHERITED = 1 << 3, /* what [defaults] has is no value for the sections */
};

/* Not "struct option": that is getopt_long()'s. */
struct option_row {
	const char *name;
	const struct type *type;
	const char *default_text;
	struct range range;
	unsigned scope;
	const char *example;
	const char *doc;
	size_t offset; /* of its field in struct settings */
};

extern const struct option_row options[OPTION_MAX];

enum origin_kind { ORIGIN_BUILTIN, ORIGIN_DEFAULTS, ORIGIN_SECTION };

struct origin {
	enum origin_kind kind;
	unsigned line; /* 0 for ORIGIN_BUILTIN */
};

/* The value of every option (see FIELD_* in types.h), and where each came from. */
struct settings {
#define OPT(name, type, ...) FIELD_##type name;
#include "config/options.def"
	struct origin origin[OPTION_MAX];
};

static inline void *settings_field(struct settings *s, enum option_id id)
{
	return (char *)s + options[id].offset;
}

static inline const void *settings_field_const(const struct settings *s, enum option_id id)
{
	return (const char *)s + options[id].offset;
}

/* OPTION_INVALID if there is none of that name. */
enum option_id option_find(const char *name);

/* The name of the option that was probably meant, or NULL. */
const char *option_nearest(const char *name);

/*
 * Parse a value as it would be written in the file, with the option's range.
 * The field must be clear; err and errors as of struct type's parse.
 */
int option_parse(enum option_id id, const char *text, struct settings *s, struct err *err);

/* A field as text; *ret is the caller's. -ENOMEM. */
int option_print(enum option_id id, const struct settings *s, char **ret);

/* Free what the fields own and zero all. */
void settings_clear(struct settings *s);

#endif
