/* SPDX-License-Identifier: MIT */
/* What a gate is bound to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "lib/paths.h"

static const char *const kinds[GATE_KIND_MAX] = {
	[GATE_FILE] = "file", [GATE_UNIT] = "unit", [GATE_PROCESS] = "process"};

/* What the kernel keeps of a command's name. */
#define COMMAND_MAX 15

#define UNIT_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"

static int check_file(const char *path, struct err *err)
{
	int r = path_check(path, err);

	if (r)
		return r;
	if (!path[1])
		return err_set(err, 0, "'/' always exists: name a path below it");
	if (path_is_below(path, "/proc") || path_is_below(path, "/sys"))
		return err_set(err, 0, "'%s' is a file that the kernel tells no changes of: name one of another file "
				       "system", path);
	return 0;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

static int check_unit(const char *name, struct err *err)
{
	size_t chars = strspn(name, UNIT_CHARS "/");

	if (*name == '/') {
		int r = path_check(name, err);

		if (r)
			return r;
	} else if (strchr(name, '/')) {
		return err_set(err, 0, "'%s' is neither a unit nor a control group: write the name alone, or what "
				       "'systemctl show -p ControlGroup' prints", name);
	}
	if (name[chars] || !(ends_in(name, ".service") || ends_in(name, ".scope")))
		return err_set(err, 0, "'%s' is not a unit that has processes: write the whole name of a service or "
				       "scope, like meeting.service", name);
	return 0;
}

static bool is_user(const char *user)
{
	uint64_t uid;

	if (*user == '#')
		return number_parse(user + 1, NULL, &uid) == 0 && uid < UINT32_MAX;
	return *user && !user[strcspn(user, " \t,:/#@\"'")];
}

/* Cuts the user off. */
static int check_process(char *name, char **user, struct err *err)
{
	char *at = strrchr(name, '@');

	if (at) {
		if (!is_user(at + 1))
			return err_set(err, 0, "'%s' is not a user: write a login name or #UID after the @", at + 1);
		*at = '\0';
		*user = at + 1;
	}
	if (!*name || strlen(name) > COMMAND_MAX || strchr(name, '/'))
		return err_set(err, 0, "'%s' is not the name of a command: write the last part of its path, and of "
				       "that not more than %d bytes, as 'ps -o comm' shows it", name, COMMAND_MAX);
	return 0;
}

static int parse_kind(const char *text, enum gate_kind *ret, const char **ret_rest, struct err *err)
{
	const char *colon = strchr(text, ':');

	for (int i = GATE_FILE; colon && i < GATE_KIND_MAX; i++)
		if (strlen(kinds[i]) == (size_t)(colon - text) && !strncmp(text, kinds[i], (size_t)(colon - text))) {
			*ret = (enum gate_kind)i;
			*ret_rest = colon + 1;
			return 0;
		}
	return err_set(err, 0, "'%s' is not a gate: write file:PATH, unit:NAME or process:NAME", text);
}

VALUE_PARSER(gate)
{
	struct gate_spec spec = {GATE_NONE}, *ret = field;
	char *user = NULL;
	const char *rest = NULL;
	int r;

	(void)type;
	(void)range;
	if (!*text)
		return 0;
	r = parse_kind(text, &spec.kind, &rest, err);
	if (r)
		return r;
	spec.name = strdup(rest);
	if (!spec.name)
		return -ENOMEM;
	if (spec.kind == GATE_FILE)
		r = check_file(spec.name, err);
	else if (spec.kind == GATE_UNIT)
		r = check_unit(spec.name, err);
	else
		r = check_process(spec.name, &user, err);
	if (!r && user && !(spec.user = strdup(user)))
		r = -ENOMEM;
	if (r)
		clear_gate(&spec);
	else
		*ret = spec;
	return r;
}

VALUE_PRINTER(gate)
{
	const struct gate_spec *spec = field;

	(void)type;
	if (spec->kind == GATE_NONE)
		return (*ret = strdup("")) ? 0 : -ENOMEM;
	return asprintf(ret, "%s:%s%s%s", kinds[spec->kind], spec->name, spec->user ? "@" : "",
			spec->user ? spec->user : "") < 0 ? -ENOMEM : 0;
}

void clear_gate(void *field)
{
	struct gate_spec *spec = field;

	free(spec->name);
	free(spec->user);
	*spec = (struct gate_spec){GATE_NONE};
}
