/* SPDX-License-Identifier: MIT */
/*
 * Every row of options.def and of types.c has all it needs, and what is made of the table
 * holds every row.
 * Linked with: all objects of helper/config, helper/lib/err.o, -l:libinih.a
 */
#include <stdlib.h>

#include "config/config.h"
#include "config/render.h"
#include "lib/scope.h"
#include "tap.h"

/* Parse, print, parse, print: the two prints are the same. */
static void check_text(enum option_id id, const char *text, const char *what, bool same)
{
	struct settings first = {0}, second = {0};
	_cleanup_free_ char *printed = NULL;
	_cleanup_free_ char *again = NULL;
	const char *name = options[id].name;
	struct err err = {""};

	if (!ok(option_parse(id, text, &first, &err) == 0, "%s: %s '%s' parses", name, what, text))
		printf("# %s\n", err.text);
	ok(option_print(id, &first, &printed) == 0, "%s: %s prints", name, what);
	if (same)
		is_str(printed, text, "%s: %s prints as it is written", name, what);
	ok(option_parse(id, printed, &second, &err) == 0, "%s: what was printed parses", name);
	ok(option_print(id, &second, &again) == 0, "%s: and prints", name);
	is_str(again, printed, "%s: print and parse are inverse for the %s", name, what);
	settings_clear(&first);
	settings_clear(&second);
}

static void check_row(enum option_id id)
{
	const struct option_row *o = &options[id];
	_cleanup_free_ char *values = NULL;
	size_t len = strlen(o->doc);

	ok(len > 10 && o->doc[len - 1] == '.', "%s: has a doc of whole sentences", o->name);
	ok(o->type && o->type->name, "%s: has a type", o->name);
	ok(o->range.min <= o->range.max, "%s: has a range", o->name);
	ok(o->scope & IN_ANY, "%s: can be somewhere", o->name);
	is_int(option_find(o->name), id, "%s: is found by name", o->name);
	check_text(id, o->default_text, "default", true);
	check_text(id, o->example, "example", false);
	ok(*o->example, "%s: the example is none of nothing", o->name);
	ok(render_values(id, &values) == 0 && *values, "%s: its values have words", o->name);
}

static void check_types(void)
{
	bool used;
	int i, j;

	for (i = 0; i < TYPE_MAX; i++) {
		const struct type *t = &types[i];

		if (!ok(t->name && t->doc && t->arg && t->parse && t->print && t->size > 0,
			"type %d has all entries", i))
			continue;
		for (used = false, j = 0; j < OPTION_MAX; j++)
			used |= options[j].type == t;
		ok(used, "type %s is used by an option", t->name);
	}
}

static char *rendered(void (*render)(FILE *f))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	render(f);
	fclose(f);
	return text;
}

/* Take the comment sign from each ";option = value" and ";[section]". */
static void uncomment(char *text)
{
	char *in = text, *out = text;
	bool begins = true;

	for (; *in; in++) {
		if (!(begins && in[0] == ';' && in[1] != ' ' && in[1] != '\n'))
			*out++ = *in;
		begins = *in == '\n';
	}
	*out = '\0';
}

static void check_sample(void)
{
	_cleanup_config_ struct config *plain = NULL;
	_cleanup_config_ struct config *full = NULL;
	_cleanup_free_ char *text = rendered(render_sample);
	char want[100];
	size_t i;

	ok(config_parse("sample", text, strlen(text), &plain) == 0, "the sample is read");
	is_int(plain->n_errors, 0, "the sample has no errors");
	is_int(plain->n_sections, 0, "the sample jails nobody");
	for (i = 0; i < OPTION_MAX; i++) {
		const struct option_row *o = &options[i];

		snprintf(want, sizeof want, "\n;%s = %s\n", o->name,
			 *o->default_text ? o->default_text : o->example);
		contains(text, want, "%s: is in the sample", o->name);
	}
	uncomment(text);
	ok(config_parse("sample", text, strlen(text), &full) == 0, "uncommented it is read");
	if (!is_int(full->n_errors, 0, "uncommented it has no errors"))
		printf("# %u: %s\n", full->errors[0].line, full->errors[0].text);
	is_int(full->n_sections, 1, "and a jail");
}

static void check_mdoc(void)
{
	_cleanup_free_ char *text = rendered(render_mdoc);
	char want[100];
	size_t i;

	for (i = 0; i < OPTION_MAX; i++) {
		snprintf(want, sizeof want, ".It Cm %s No = Ar ", options[i].name);
		contains(text, want, "%s: is in the manual's list", options[i].name);
	}
}

static void check_defaults(void)
{
	_cleanup_config_ struct config *config = NULL;
	const struct settings *s;

	ok(config_parse("empty", "", 0, &config) == 0, "an empty file is read");
	is_int(config->n_errors, 0, "an empty file has no errors");
	s = &config->defaults.settings;
	is_int(s->home, HOME_BIND, "default home");
	is_int(s->network, NETWORK_PRIVATE, "default network");
	is_int(s->tmp, 256 * MIB, "default tmp");
	is_int(s->memory, 1024 * MIB, "default memory");
	is_int(s->cpu, 1000, "default cpu");
	is_int(s->umask, 022, "default umask");
	is_int(s->nofile.soft, 1024, "default nofile, soft");
	is_int(s->nofile.hard, 65536, "default nofile, hard");
	is_str(s->state, "/var/lib/loginjail", "default state");
	is_str(s->shell, "", "default shell");
	is_int(s->services.n, 2, "two default services");
	is_str(s->services.v[0], "sshd", "default service");
	is_str(s->services.v[1], "sshd-jail", "default service");
}

int main(void)
{
	int i;

	for (i = 0; i < OPTION_MAX; i++)
		check_row((enum option_id)i);
	check_types();
	check_sample();
	check_mdoc();
	check_defaults();
	return done_testing();
}
