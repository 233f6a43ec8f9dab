/* SPDX-License-Identifier: MIT */
#include "filter/profile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"
#include "rules.h"

#define LINE_WORDS " \t\r"

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"EPERM", EPERM},   {"ENOSYS", ENOSYS}, {"EACCES", EACCES},	    {"EINVAL", EINVAL},
	{"ENOTSUP", ENOTSUP}, {"EOPNOTSUPP", EOPNOTSUPP}, {"EAFNOSUPPORT", EAFNOSUPPORT},
};

/* What a reading has to hand. */
struct reading {
	struct profile *p;
	const struct profile *floor, *needed; /* NULL: a text of ours, which may say anything */
	profile_report *report;
	void *arg;
	unsigned line, ruled;
	bool failed;
};

static void __attribute__((format(printf, 2, 3))) complain(struct reading *r, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	r->failed = true;
	r->report(r->arg, r->line, text);
}

static void refuse_all(struct profile *p)
{
	/* What the C libraries do without, but only if it is not there. */
	static const char *const optional[] = {"clone3", "faccessat2", "fchmodat2", "epoll_pwait2", "statx"};

	for (int i = 0; i < CALL_END; i++)
		p->refuse[i] = call_exists(i) ? EPERM : ENOSYS;
	for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
		if (call_number(optional[i]) >= 0)
			p->refuse[call_number(optional[i])] = ENOSYS;
}

static void set_call(struct reading *r, const char *name, uint16_t error)
{
	int n = call_number(name);

	if (n == CALL_UNKNOWN)
		complain(r, "there is no system call '%s': see syscalls(2) for their names", name);
	else if (n == CALL_ELSEWHERE)
		return;
	else if (!error && r->floor && r->floor->refuse[n])
		complain(r, "no such jail can have '%s': take it out", name);
	else if (error && r->needed && !r->needed->refuse[n])
		complain(r, "no session could begin without '%s': take it out", name);
	else
		r->p->refuse[n] = error;
}

static void rule_calls(struct reading *r, char **save, uint16_t error)
{
	const char *name = strtok_r(NULL, LINE_WORDS, save);

	if (!name)
		complain(r, "name a system call after it");
	for (; name; name = strtok_r(NULL, LINE_WORDS, save))
		set_call(r, name, error);
}

static void rule_errno(struct reading *r, char **save)
{
	const char *word = strtok_r(NULL, LINE_WORDS, save);

	for (size_t i = 0; word && i < sizeof errors / sizeof *errors; i++)
		if (strcmp(errors[i].name, word) == 0) {
			rule_calls(r, save, (uint16_t)errors[i].number);
			return;
		}
	complain(r, "write 'errno ERROR CALL ...', with an ERROR such as EPERM or ENOSYS");
}

static int read_rules(const char *text, struct reading *r);

/* One of our own texts, on top of what p is. */
static int apply(struct profile *p, const char *text, profile_report *report, void *arg)
{
	struct reading r = {.p = p, .report = report, .arg = arg};

	return read_rules(text, &r);
}

/* With what a jail of that sort has besides; one text of ours includes another without. */
static int include(const struct reading *r, const char *text)
{
	struct profile *p = r->p;
	int k = apply(p, text, r->report, r->arg);

	if (!k && r->floor && p->variant == FILTER_NESTED)
		k = apply(p, rules_nested, r->report, r->arg);
	if (!k && r->floor && p->variant == FILTER_ROOT)
		k = apply(p, rules_root, r->report, r->arg);
	return k;
}

static void rule_include(struct reading *r, char **save)
{
	const char *name = strtok_r(NULL, LINE_WORDS, save);

	const char *text = name ? profile_text(name) : NULL;

	if (r->ruled)
		complain(r, "include comes before all other rules, and once");
	else if (!text || strtok_r(NULL, LINE_WORDS, save))
		complain(r, "write 'include default' or 'include strict'");
	else if (r->p->variant == FILTER_NESTED && text == rules_strict)
		complain(r, "with nested = yes it can't be 'strict', which has no namespaces: include default");
	else if (include(r, text) < 0)
		r->failed = true;
}

static void read_line(struct reading *r, char *line)
{
	char *save = NULL;
	const char *word = strtok_r(line, LINE_WORDS, &save);

	if (!word || *word == '#')
		return;
	if (strcmp(word, "include") == 0)
		rule_include(r, &save);
	else if (strcmp(word, "allow") == 0)
		rule_calls(r, &save, 0);
	else if (strcmp(word, "errno") == 0)
		rule_errno(r, &save);
	else
		complain(r, "unknown rule '%.40s': write include, allow or errno", word);
	r->ruled++;
}

static int read_rules(const char *text, struct reading *r)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		_cleanup_free_ char *line = NULL;

		end = strchrnul(text, '\n');
		line = strndup(text, (size_t)(end - text));
		if (!line)
			return -ENOMEM;
		r->line++;
		read_line(r, line);
	}
	return r->failed ? -EINVAL : 0;
}

static int make_floor(unsigned variant, struct profile *floor, profile_report *report, void *arg)
{
	int r = apply(floor, rules_floor, report, arg);

	floor->variant = variant;
	if (!r && variant == FILTER_ROOT)
		r = apply(floor, rules_floor_root, report, arg);
	return r;
}

static void put_floor(struct profile *p, const struct profile *floor)
{
	for (int i = 0; i < CALL_END; i++)
		if (floor->refuse[i])
			p->refuse[i] = floor->refuse[i];
}

int profile_read(const char *text, unsigned variant, struct profile *ret, profile_report *report, void *arg)
{
	struct profile floor = {.variant = variant}, needed = {.variant = variant};
	struct reading reading = {
		.p = ret, .floor = &floor, .needed = &needed, .report = report, .arg = arg};
	int r = make_floor(variant, &floor, report, arg);

	refuse_all(&needed);
	if (!r)
		r = apply(&needed, rules_needed, report, arg);
	*ret = (struct profile){.variant = variant};
	refuse_all(ret);
	if (!r)
		r = read_rules(text, &reading);
	put_floor(ret, &floor);
	return r ? r : apply(ret, rules_needed, report, arg);
}

static void to_err(void *arg, unsigned line, const char *text)
{
	err_set(arg, 0, "line %u: %s", line, text);
}

int profile_builtin(const char *name, unsigned variant, struct profile *ret, struct err *err)
{
	char text[32];
	int r;

	if (strcmp(name, "off") != 0) {
		snprintf(text, sizeof text, "include %s\n", name);
		/* There is no strict jail with namespaces, but a place for one in the table. */
		if (strcmp(name, "strict") == 0 && variant == FILTER_NESTED)
			variant = 0;
		return profile_read(text, variant, ret, to_err, err);
	}
	*ret = (struct profile){.open = true};
	r = make_floor(variant, ret, to_err, err);
	return r;
}

const char *profile_text(const char *name)
{
	if (strcmp(name, "default") == 0)
		return rules_default;
	return strcmp(name, "strict") == 0 ? rules_strict : NULL;
}
