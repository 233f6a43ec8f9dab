/* SPDX-License-Identifier: MIT */
#include "cli/host_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/text.h"
#include "lib/scope.h"

#define BLANKS " \t\r"

/* '*' and '?' only, as in sshd; without recursion: a pattern may be long. */
static bool matches_one(const char *name, const char *pattern, size_t len)
{
	const char *end = pattern + len, *star = NULL, *resume = NULL;

	while (*name) {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			resume = name;
		} else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

int match_patterns(const char *name, const char *patterns)
{
	int found = 0;

	for (const char *at = patterns; *at; at += *at == ',') {
		size_t len = strcspn(at, ",");
		bool not = *at == '!';

		if (matches_one(name, at + not, len - not)) {
			if (not)
				return -1;
			found = 1;
		}
		at += len;
	}
	return found;
}

/* The next word of a line, maybe in quotes or after a '='; the caller's, "" at the end or a comment. */
static char *word_next(const char **at)
{
	const char *begin = *at + strspn(*at, BLANKS "=");
	bool quoted = *begin == '"';
	size_t len;

	begin += quoted;
	len = quoted ? strcspn(begin, "\"\n") : strcspn(begin, BLANKS "=\n");
	if (!quoted && *begin == '#')
		len = 0;
	*at = begin + len + (quoted && begin[len] == '"');
	return strndup(begin, len);
}

static int add_list(struct matches *m, bool group, char *patterns)
{
	struct match_list *v = reallocarray(m->v, m->n + 1, sizeof *v);

	if (!v) {
		free(patterns);
		return -ENOMEM;
	}
	m->v = v;
	v[m->n++] = (struct match_list){group, patterns};
	return 0;
}

static int add_criteria(struct matches *m, const char *at)
{
	static const char *const places[] = {"host", "localaddress", "localport", "address", "rdomain", "version"};

	for (;;) {
		_cleanup_free_ char *name = word_next(&at);
		bool place = false;
		char *value;
		int r;

		if (!name)
			return -ENOMEM;
		if (!*name)
			return 0;
		if (strcasecmp(name, "all") == 0 || strcasecmp(name, "invalid-user") == 0)
			continue;
		value = word_next(&at);
		if (!value)
			return -ENOMEM;
		for (size_t i = 0; i < sizeof places / sizeof *places; i++)
			place |= strcasecmp(name, places[i]) == 0;
		m->place |= place;
		if (strcasecmp(name, "user") == 0 || strcasecmp(name, "group") == 0) {
			r = add_list(m, strcasecmp(name, "group") == 0, value);
			if (r)
				return r;
			continue;
		}
		m->unknown |= !place;
		free(value);
	}
}

static int each_word(const char *at, int (*fn)(void *arg, const char *pattern), void *arg)
{
	for (;;) {
		_cleanup_free_ char *word = word_next(&at);
		int r;

		if (!word || !*word)
			return word ? 0 : -ENOMEM;
		r = fn(arg, word);
		if (r)
			return r;
	}
}

int matches_add(struct matches *m, const char *text, int (*fn)(void *arg, const char *pattern), void *arg)
{
	for (; *text; text = text_next_line(text)) {
		const char *at = text;
		_cleanup_free_ char *keyword = word_next(&at);
		int r = 0;

		if (!keyword)
			return -ENOMEM;
		/* What these mean depends on sshd's version. */
		m->unknown |= text[strcspn(text, "'\\\n#")] == '\'' || text[strcspn(text, "'\\\n#")] == '\\';
		if (strcasecmp(keyword, "match") == 0)
			r = add_criteria(m, at);
		else if (strcasecmp(keyword, "include") == 0)
			r = each_word(at, fn, arg);
		if (r)
			return r;
	}
	return 0;
}

void matches_clear(struct matches *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].patterns);
	free(m->v);
	*m = (struct matches){0};
}

static int answer_groups(const char *patterns, const char *const *groups, size_t n)
{
	int found = 0;

	for (size_t i = 0; i < n; i++) {
		int r = match_patterns(groups[i], patterns);

		if (r < 0)
			return r;
		found |= r;
	}
	return found;
}

char *matches_answer(const struct matches *m, const char *user, const char *const *groups, size_t n_groups)
{
	char *text = calloc(m->n + 1, 1);

	for (size_t i = 0; text && i < m->n; i++) {
		const struct match_list *list = &m->v[i];
		int r = list->group ? answer_groups(list->patterns, groups, n_groups) :
				      match_patterns(user, list->patterns);

		text[i] = r > 0 ? 'y' : 'n';
	}
	return text;
}
