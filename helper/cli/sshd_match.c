/* SPDX-License-Identifier: MIT */
/*
 * A section's users and groups are alternatives, and the criteria of one Match are not: each
 * gets a block of its own, with the same exceptions.  Blocks may overlap, since all say
 * the same.
 */
#include "cli/sshd_match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

char *sshd_user_name(const struct sshd_names *names, const char *item)
{
	return *item == '#' ? names->user_of(names->arg, (uid_t)strtoul(item + 1, NULL, 10)) :
			      strdup(item);
}

/* ",!NAME" for each exception that is a user, or a group. */
static void print_except(FILE *f, const struct sshd_names *names, const struct strings *except, bool groups)
{
	for (size_t i = 0; i < except->n; i++) {
		const char *item = except->v[i];
		_cleanup_free_ char *name = NULL;

		if ((*item == '@') != groups)
			continue;
		name = groups ? strdup(item + 1) : sshd_user_name(names, item);
		if (name)
			fprintf(f, ",!%s", name);
	}
}

struct writer {
	FILE *f;
	const struct config *config;
	const struct sshd_names *names;
	const char *command, *roots;
};

static bool has_group(const struct strings *except)
{
	for (size_t i = 0; i < except->n; i++)
		if (*except->v[i] == '@')
			return true;
	return false;
}

static void print_block(const struct writer *w, const struct section *s, const char *users,
			const char *groups)
{
	const struct strings *mine = &s->settings.except, *all = &w->config->defaults.settings.except;

	fprintf(w->f, "\n# [jail %s]\nMatch User %s,!root%s", s->name, users, w->roots);
	print_except(w->f, w->names, all, false);
	print_except(w->f, w->names, mine, false);
	if (strcmp(groups, "*") != 0 || has_group(mine) || has_group(all)) {
		fprintf(w->f, " Group %s", groups);
		print_except(w->f, w->names, all, true);
		print_except(w->f, w->names, mine, true);
	}
	fprintf(w->f, "\n\tForceCommand %s\n\tPermitTunnel no\n\tPermitUserRC no\n", w->command);
}

/* "a,b,c"; NULL for an empty list, and without memory. */
static char *join(const struct strings *list, const struct sshd_names *names)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *name = sshd_user_name(names, list->v[i]);

		if (name)
			fprintf(f, "%s%s", ftell(f) > 0 ? "," : "", name);
	}
	if (fclose(f) || !*text) {
		free(text);
		return NULL;
	}
	return text;
}

int sshd_match_text(const struct config *config, const char *command, const struct sshd_names *names,
		    char **ret)
{
	_cleanup_free_ char *roots = names->other_roots(names->arg);
	struct writer w = {NULL, config, names, command, roots};
	size_t len;

	*ret = NULL;
	if (!roots)
		return -ENOMEM;
	if (config->n_sections == 0)
		return 0;
	w.f = open_memstream(ret, &len);
	if (!w.f)
		return -ENOMEM;
	fprintf(w.f, SSHD_MATCH_HEAD "; run it again when the sections, users or\n"
		     "# groups there have changed.  \"loginjail setup --undo\" removes this file.\n");
	for (size_t i = 0; i < config->n_sections; i++) {
		const struct section *s = &config->sections[i];
		_cleanup_free_ char *users = join(&s->settings.users, names);
		_cleanup_free_ char *groups = join(&s->settings.groups, names);

		if (users)
			print_block(&w, s, users, "*");
		if (groups)
			print_block(&w, s, "*", groups);
	}
	return fclose(w.f) ? -ENOMEM : 0;
}
