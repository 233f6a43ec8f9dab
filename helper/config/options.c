/* SPDX-License-Identifier: MIT */
#include "config/options.h"

#include <string.h>

#include "config/nearest.h"

const struct option_row options[OPTION_MAX] = {
#define OPT(name_, type_, default_, min_, max_, scope_, example_, doc_)        \
	[OPTION_##name_] = {                                                   \
		.name = #name_,                                                \
		.type = &types[TYPE_##type_],                                  \
		.default_text = default_,                                      \
		.range = {min_, max_},                                         \
		.scope = scope_,                                               \
		.example = example_,                                           \
		.doc = doc_,                                                   \
		.offset = offsetof(struct settings, name_),                    \
	},
#include "config/options.def"
};

enum option_id option_find(const char *name)
{
	int i;

	for (i = 0; i < OPTION_MAX; i++)
		if (!strcmp(options[i].name, name))
			return (enum option_id)i;
	return OPTION_INVALID;
}

const char *option_nearest(const char *name)
{
	const char *names[OPTION_MAX];
	int i;

	for (i = 0; i < OPTION_MAX; i++)
		names[i] = options[i].name;
	return nearest_word(name, names, OPTION_MAX);
}

int option_parse(enum option_id id, const char *text, struct settings *s, struct err *err)
{
	const struct option_row *o = &options[id];

	return o->type->parse(o->type, &o->range, text, settings_field(s, id), err);
}

int option_print(enum option_id id, const struct settings *s, char **ret)
{
	const struct type *type = options[id].type;

	return type->print(type, settings_field_const(s, id), ret);
}

void settings_clear(struct settings *s)
{
	int i;

	for (i = 0; i < OPTION_MAX; i++)
		if (options[i].type->clear)
			options[i].type->clear(settings_field(s, (enum option_id)i));
	memset(s, 0, sizeof *s);
}
