/* SPDX-License-Identifier: MIT */
/*
 * A "no" has to be proved like a "yes": a group that can't be looked up leaves it open
 * whether a section matches, and then what depends on it is refused.
 */
#include "config/decide.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/number.h"

#define TOLD_CONFIG "the configuration of the jails has errors: ask the administrator"
#define TOLD_GROUPS "groups can't be looked up: try again later or ask the administrator"

enum match { MATCH_NO, MATCH_YES, MATCH_UNSURE };

struct question {
	const struct config *config;
	const struct user_facts *user;
	const struct group_lookup *lookup;
};

/* An answer, with its reason; of MATCH_NO there is none. */
struct answer {
	enum match match;
	char why[500];
};

__attribute__((format(printf, 3, 4))) static void answer(struct answer *a, enum match match,
							 const char *fmt, ...)
{
	va_list ap;

	a->match = match;
	va_start(ap, fmt);
	vsnprintf(a->why, sizeof a->why, fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 4, 5))) static int decide(struct decision *ret, enum verdict verdict,
							const char *told, const char *fmt, ...)
{
	va_list ap;

	ret->verdict = verdict;
	snprintf(ret->told, sizeof ret->told, "%s", told);
	va_start(ap, fmt);
	vsnprintf(ret->why, sizeof ret->why, fmt, ap);
	va_end(ap);
	return 0;
}

static bool user_is(const struct user_facts *user, const char *item)
{
	uint64_t uid;

	if (*item == '#')
		return number_parse(item + 1, NULL, &uid) == 0 && uid == user->uid;
	return !strcmp(user->name, item);
}

static bool has_gid(const struct user_facts *user, gid_t gid)
{
	size_t i;

	if (user->gid == gid)
		return true;
	for (i = 0; i < user->n_gids; i++)
		if (user->gids[i] == gid)
			return true;
	return false;
}

/* Name or number in a list of users, @groups of an `except` left aside. */
static void match_names(const struct question *q, const struct strings *list, const char *what,
			unsigned line, struct answer *a)
{
	size_t i;

	for (i = 0; i < list->n && a->match != MATCH_YES; i++)
		if (*list->v[i] != '@' && user_is(q->user, list->v[i]))
			answer(a, MATCH_YES, "%s %s, %s:%u", what, list->v[i],
			       config_short_name(q->config), line);
}

static void match_group(const struct question *q, const char *group, const char *what,
			unsigned line, struct answer *a)
{
	const char *file = config_short_name(q->config);
	bool listed = false;
	gid_t gid = 0;
	int r;

	r = q->lookup->find(q->lookup->userdata, group, q->user->name, &gid, &listed);
	if (r == 0 && (listed || has_gid(q->user, gid)))
		answer(a, MATCH_YES, "%s %s, %s:%u", what, group, file, line);
	else if (r == -ENOENT && a->match == MATCH_NO)
		answer(a, MATCH_UNSURE, "%s:%u: there is no group '%s': create it, or take it out "
					"of jail.ini", file, line, group);
	else if (r < 0 && r != -ENOENT && a->match == MATCH_NO)
		answer(a, MATCH_UNSURE, "%s:%u: group '%s' can't be looked up (%s): see why "
					"'getent group %s' fails", file, line, group,
		       strerror(-r), group);
}

/* One group that is sure decides, however many others can't be looked up. */
static void match_groups(const struct question *q, const struct strings *list, bool with_at,
			 const char *what, unsigned line, struct answer *a)
{
	size_t i;

	for (i = 0; i < list->n && a->match != MATCH_YES; i++)
		if ((*list->v[i] == '@') == with_at)
			match_group(q, list->v[i] + with_at, what, line, a);
}

static void match_except(const struct question *q, const struct section *section, struct answer *a)
{
	const struct strings *list = &section->settings.except;
	unsigned line = section->text_line[OPTION_except];

	*a = (struct answer){.match = MATCH_NO};
	match_names(q, list, "exempt as user", line, a);
	match_groups(q, list, true, "exempt by group", line, a);
}

static void match_section(const struct question *q, const struct section *section,
			  struct answer *a)
{
	struct answer except;

	*a = (struct answer){.match = MATCH_NO};
	match_names(q, &section->settings.users, "matched by user",
		    section->text_line[OPTION_users], a);
	match_groups(q, &section->settings.groups, false, "matched by group",
		     section->text_line[OPTION_groups], a);
	if (a->match == MATCH_NO)
		return;
	match_except(q, section, &except);
	if (except.match == MATCH_YES)
		*a = (struct answer){.match = MATCH_NO};
	else if (except.match == MATCH_UNSURE)
		*a = except;
}

static bool has_service(const struct settings *s, const char *service)
{
	size_t i;

	for (i = 0; i < s->services.n; i++)
		if (!strcmp(s->services.v[i], service))
			return true;
	return false;
}

static int refuse_errors(const struct config *config, struct decision *ret)
{
	const struct config_error *e = &config->errors[0];
	const char *file = config_short_name(config);
	char more[60] = "";

	if (config->n_errors > 1)
		snprintf(more, sizeof more, " (and %zu more: run 'loginjail check')",
			 config->n_errors - 1);
	if (e->line)
		return decide(ret, VERDICT_REFUSE, TOLD_CONFIG, "%s:%u: %s%s", file, e->line,
			      e->text, more);
	return decide(ret, VERDICT_REFUSE, TOLD_CONFIG, "%s: %s%s", config->path, e->text, more);
}

static int refuse_service(const struct config *config, const struct section *section,
			  const char *service, const char *why, struct decision *ret)
{
	const struct origin *o = &section->settings.origin[OPTION_services];
	char where[48] = "";

	if (o->line)
		snprintf(where, sizeof where, " (line %u)", o->line);
	return decide(ret, VERDICT_REFUSE,
		      "this account can't log in in this way: ask the administrator",
		      "service '%s' is not among the services%s of [jail %s] (%s): if it shall be, "
		      "add it to services = in %s", service, where, section->name, why,
		      config_short_name(config));
}

static int decide_matched(const struct config *config, const struct section *section,
			  const char *service, const struct answer *matched,
			  const struct answer *exempt, struct decision *ret)
{
	if (exempt->match == MATCH_UNSURE)
		return decide(ret, VERDICT_REFUSE, TOLD_GROUPS, "%s", exempt->why);
	if (matched->match == MATCH_UNSURE)
		return decide(ret, VERDICT_REFUSE, TOLD_GROUPS, "%s", matched->why);
	if (config->n_errors > 0)
		return refuse_errors(config, ret);
	if (!has_service(&section->settings, service))
		return refuse_service(config, section, service, matched->why, ret);
	ret->section = section;
	return decide(ret, VERDICT_JAIL, "", "%s", matched->why);
}

int config_decide(const struct config *config, const struct user_facts *user, const char *service,
		  const struct group_lookup *lookup, struct decision *ret, struct err *err)
{
	const struct question q = {config, user, lookup};
	struct answer exempt, matched;
	size_t i;

	*ret = (struct decision){.verdict = VERDICT_REFUSE, .why = "nothing decided yet"};
	if (!user->name || !*user->name || !service || !*service) {
		decide(ret, VERDICT_REFUSE, TOLD_CONFIG, "no user or no service to decide about");
		return err_set(err, 0, "%s", ret->why);
	}
	if (user->uid == 0)
		return decide(ret, VERDICT_NOT_OURS, "", "uid 0 is never jailed");
	if (config->untrusted)
		return refuse_errors(config, ret);
	match_except(&q, &config->defaults, &exempt);
	if (exempt.match == MATCH_YES)
		return decide(ret, VERDICT_NOT_OURS, "", "%s", exempt.why);
	if (config->who_unsure)
		return refuse_errors(config, ret);
	for (i = 0; i < config->n_sections; i++) {
		match_section(&q, &config->sections[i], &matched);
		if (matched.match != MATCH_NO)
			return decide_matched(config, &config->sections[i], service, &matched,
					      &exempt, ret);
	}
	return decide(ret, VERDICT_NOT_OURS, "", "no section of %s matches",
		      config_short_name(config));
}
