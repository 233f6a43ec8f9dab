/* SPDX-License-Identifier: MIT */
#include "config/render.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

#define COLUMNS 78

static int explain_option(FILE *f, const struct config *config, const struct section *section,
			  enum option_id id)
{
	const struct origin *o = &section->settings.origin[id];
	_cleanup_free_ char *value = NULL;
	int r;

	r = option_print(id, &section->settings, &value);
	if (r < 0)
		return r;
	fprintf(f, "  %-12s = %-28s  ", options[id].name, *value ? value : "(none)");
	if (o->kind == ORIGIN_BUILTIN)
		fputs("built in\n", f);
	else
		fprintf(f, "%s:%u%s\n", config_short_name(config), o->line,
			o->kind == ORIGIN_DEFAULTS ? " [defaults]" : "");
	return 0;
}

int render_explain(FILE *f, const struct config *config, const struct user_facts *user,
		   const char *service, const struct decision *decision)
{
	static const char *const verdicts[VERDICT_MAX] = {
		[VERDICT_REFUSE] = "refused",
		[VERDICT_NOT_OURS] = "not jailed",
		[VERDICT_JAIL] = "jailed",
	};
	const struct section *section = decision->section;
	int i, r = 0;

	fprintf(f, "user     %s (uid %u)\nservice  %s\nlogin    %s\n", user->name,
		(unsigned)user->uid, service, verdicts[decision->verdict]);
	if (section)
		fprintf(f, "section  [jail %s], %s:%u\n", section->name, config_short_name(config),
			section->line);
	fprintf(f, "because  %s\n", decision->why);
	if (!section)
		return 0;
	fputc('\n', f);
	for (i = 0; i < OPTION_MAX && r == 0; i++)
		r = explain_option(f, config, section, (enum option_id)i);
	return r;
}

/* A limit of the range, as a value of the option would be written. */
static int print_limit(const struct type *type, uint64_t n, char **ret)
{
	struct limit_pair both = {n, n}; /* begins like a plain number */
	mode_t mode = (mode_t)n;

	return type->print(type, type->size == sizeof mode ? (void *)&mode : (void *)&both, ret);
}

static int range_sentence(const struct option_row *o, char **ret)
{
	_cleanup_free_ char *min = NULL;
	_cleanup_free_ char *max = NULL;
	int r;

	if (o->type->range_kind == RANGE_ITEMS)
		r = asprintf(ret, " At most %" PRIu64 ".", o->range.max);
	else if (o->type->range_kind == RANGE_LENGTH)
		r = asprintf(ret, " At most %" PRIu64 " characters.", o->range.max);
	else if (o->range.min == 0 && o->range.max == UINT64_MAX)
		return (*ret = strdup("")) ? 0 : -ENOMEM;
	else if (o->range.min > 0 && print_limit(o->type, o->range.min, &min) < 0)
		return -ENOMEM;
	else if (o->range.max == UINT64_MAX)
		r = asprintf(ret, " At least %s.", min);
	else if (print_limit(o->type, o->range.max, &max) < 0)
		return -ENOMEM;
	else if (min)
		r = asprintf(ret, " From %s to %s.", min, max);
	else
		r = asprintf(ret, " At most %s.", max);
	return r < 0 ? -ENOMEM : 0;
}

static int words_sentence(const char *const *words, char **ret)
{
	size_t len, i;
	FILE *f;

	f = open_memstream(ret, &len);
	if (!f)
		return -ENOMEM;
	fputs(words[1] ? "One of" : "Only", f);
	for (i = 0; words[i]; i++)
		fprintf(f, "%s %s", i == 0 ? "" : words[i + 1] ? "," : " or", words[i]);
	fputc('.', f);
	return fclose(f) ? -ENOMEM : 0;
}

int render_values(enum option_id id, char **ret)
{
	const struct option_row *o = &options[id];
	_cleanup_free_ char *range = NULL;
	int r;

	if (o->type->words)
		return words_sentence(o->type->words, ret);
	r = range_sentence(o, &range);
	if (r < 0)
		return r;
	return asprintf(ret, "%s%s", o->type->doc, range) < 0 ? -ENOMEM : 0;
}

/* Words as lines of a comment. */
static void wrap(FILE *f, const char *text)
{
	size_t column = 0;
	size_t len;

	for (; *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column > 0 && column + 1 + len > COLUMNS) {
			fputc('\n', f);
			column = 0;
		}
		column += (size_t)fprintf(f, "%s%.*s", column == 0 ? "; " : " ", (int)len, text);
	}
	if (column > 0)
		fputc('\n', f);
}

static void sample_option(FILE *f, const struct option_row *o)
{
	_cleanup_free_ char *values = NULL;

	fputc('\n', f);
	wrap(f, o->doc);
	if (render_values((enum option_id)(o - options), &values) == 0)
		wrap(f, values);
	if (*o->default_text)
		fprintf(f, ";%s = %s\n", o->name, o->default_text);
	else
		fprintf(f, "; None by default; for example:\n;%s = %s\n", o->name, o->example);
}

void render_sample(FILE *f)
{
	int i;

	wrap(f, "jail.ini: whose logins are put into a jail, and into which. jail.ini(5) "
		"explains.");
	wrap(f, "The first [jail NAME] that matches a user is the user's; what it leaves out comes "
		"from [defaults]. As long as no section matches anybody, nobody is jailed.");
	wrap(f, "Any error in this file refuses the logins of those whom it might concern: run "
		"'loginjail check' after each change. An option is one line of at most 198 bytes; "
		"a comment begins with ';' or '#' at the start of a line, or with ' ;' after a "
		"value.");
	fputs("\n[defaults]\n", f);
	for (i = 0; i < OPTION_MAX; i++)
		if (options[i].scope & IN_DEFAULTS)
			sample_option(f, &options[i]);
	fputc('\n', f);
	wrap(f, "A jail. Each option above but state and trees can be here as well.");
	fputs(";[jail students]\n", f);
	for (i = 0; i < OPTION_MAX; i++)
		if (!(options[i].scope & IN_DEFAULTS))
			sample_option(f, &options[i]);
}

/* Text of the table in mdoc; \& keeps what begins a line from being a request. */
static void mdoc_word(FILE *f, const char *word, size_t len, bool begins_line)
{
	size_t i;

	if (begins_line && (*word == '.' || *word == '\''))
		fputs("\\&", f);
	for (i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", f);
		else
			fputc(word[i], f);
	}
}

/* Running text: a new sentence begins a new line, as mdoc wants it. */
static void mdoc_text(FILE *f, const char *text)
{
	size_t column = 0;
	size_t len;

	for (; *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column > 0 && (column + 1 + len > COLUMNS || text[-2] == '.')) {
			fputc('\n', f);
			column = 0;
		}
		if (column > 0)
			fputc(' ', f);
		mdoc_word(f, text, len, column == 0);
		column += len + 1;
	}
	fputc('\n', f);
}

/* The arguments of a macro, where a double quote would be syntax. */
static void mdoc_arguments(FILE *f, const char *text)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, "\"");
		mdoc_word(f, text, len, false);
		if (!text[len])
			break;
		fputs("\\(dq", f);
	}
	fputc('\n', f);
}

static void mdoc_option(FILE *f, const struct option_row *o)
{
	_cleanup_free_ char *values = NULL;

	fprintf(f, ".It Cm %s No = Ar ", o->name);
	mdoc_arguments(f, o->type->arg);
	mdoc_text(f, o->doc);
	if (render_values((enum option_id)(o - options), &values) == 0)
		mdoc_text(f, values);
	if (*o->default_text)
		fprintf(f, "The default is\n.Ql %s .\n", o->default_text);
	else
		fputs("None by default.\n", f);
	if (!(o->scope & IN_JAIL))
		fputs("Only in\n.Ql [defaults] .\n", f);
	if (!(o->scope & IN_DEFAULTS))
		fputs("Not in\n.Ql [defaults] .\n", f);
	if (!strcmp(o->example, o->default_text))
		return;
	fprintf(f, "For example:\n.Dl %s = ", o->name);
	mdoc_arguments(f, o->example);
}

void render_mdoc(FILE *f)
{
	int i;

	for (i = 0; i < OPTION_MAX; i++)
		mdoc_option(f, &options[i]);
}
