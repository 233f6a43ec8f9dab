/* SPDX-License-Identifier: MIT */
#include "cli/check_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter/cache.h"
#include "filter/program.h"
#include "lib/scope.h"
#include "setup/state.h"

bool filter_first(const struct config *config, size_t i)
{
	const struct settings *set = &config->sections[i].settings;

	if (filter_kind(set->seccomp) != FILTER_FILE)
		return false;
	for (size_t k = 0; k < i; k++) {
		const struct settings *other = &config->sections[k].settings;

		if (!strcmp(other->seccomp, set->seccomp) && filter_variant(other) == filter_variant(set))
			return false;
	}
	return true;
}

struct first_report {
	const char *path;
	struct err *err;
	bool said;
};

static void report(void *arg, unsigned line, const char *text)
{
	struct first_report *first = arg;

	if (!first->said)
		err_set(first->err, 0, "%s:%u: %s", first->path, line, text);
	first->said = true;
}

int filter_compile(const char *path, unsigned variant, char **text, struct sock_filter **program, struct err *err)
{
	_cleanup_free_ struct profile *profile = calloc(1, sizeof *profile);
	_cleanup_free_ struct sock_filter *insn = calloc(BPF_MAXINSNS, sizeof *insn);
	struct first_report first = {.path = path, .err = err};
	_cleanup_free_ char *source = NULL;
	int r;

	if (!profile || !insn)
		return err_set(err, -ENOMEM, "the filter");
	r = filter_source(path, &source, err);
	if (!r)
		r = profile_read(source, variant, profile, report, &first);
	if (r)
		return r == -ENOMEM ? err_set(err, r, "the filter") : r;
	r = program_make(profile, insn, err);
	if (r < 0)
		return err_prefix(err, r, "%s", path);
	*text = take_ptr(source);
	*program = take_ptr(insn);
	return r;
}

/* Can a login use it?  Only root can tell. */
static int load(const struct config *config, const struct settings *set, size_t *len, struct err *err)
{
	const char *dir = config->defaults.settings.state;
	_cleanup_free_ struct sock_filter *program = NULL;
	_cleanup_close_ int state = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (state < 0 && errno == ENOENT)
		return err_set(err, -ENOENT, "%s: it was not compiled: run 'loginjail seccomp apply'", set->seccomp);
	if (state < 0)
		return err_set(err, -errno, "%s", dir);
	return filter_cache_load(state, set->seccomp, filter_variant(set), &program, len, err);
}

static int check_one(struct config *config, const struct section *section)
{
	const struct settings *set = &section->settings;
	unsigned line = section->text_line[OPTION_seccomp];
	_cleanup_free_ struct sock_filter *program = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err;
	size_t len;
	int r;

	if (!line)
		line = config->defaults.text_line[OPTION_seccomp];
	r = filter_compile(set->seccomp, filter_variant(set), &text, &program, &err);
	if (r >= 0)
		r = load(config, set, &len, &err);
	if (r == -EACCES && geteuid() != 0) {
		fprintf(stderr, "%s:%u: warning: seccomp: only root can look whether '%s' is compiled, ignoring\n",
			config->path, line, set->seccomp);
		return 0;
	}
	return r < 0 ? config_add_error(config, line, false, "seccomp: %s", err.text) : 0;
}

int check_filters(struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < config->n_sections && r == 0; i++)
		if (filter_first(config, i))
			r = check_one(config, &config->sections[i]);
	return r;
}

void explain_filter(const struct config *config, const struct section *section)
{
	const struct settings *set = &section->settings;
	const enum filter_kind kind = filter_kind(set->seccomp);
	struct err err;
	size_t len;
	int r = 0;

	if (kind != FILTER_FILE)
		(void)filter_builtin(kind, filter_variant(set), &len);
	else
		r = load(config, set, &len, &err);
	if (r)
		printf("\nfilter   %s\n", err.text);
	else
		printf("\nfilter   %s, %zu instructions\n", set->seccomp, len);
}
