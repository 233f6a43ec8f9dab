/* SPDX-License-Identifier: MIT */
#include "cli/host_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/sshd_words.h"
#include "cli/text.h"
#include "lib/scope.h"

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

static bool word_is(const struct sshd_word *word, const char *name)
{
	return word->len == strlen(name) && strncasecmp(word->text, name, word->len) == 0;
}

static int add_criteria(struct matches *m, const char *at)
{
	static const char *const places[] = {"host", "localaddress", "localport", "address", "rdomain", "version"};
	struct sshd_word name, value;

	while (sshd_word_next(&at, SSHD_KEYWORD, &name)) {
		bool place = false, group = word_is(&name, "group");

		m->unknown |= !name.plain;
		if (word_is(&name, "all") || word_is(&name, "invalid-user"))
			continue;
		for (size_t i = 0; i < sizeof places / sizeof *places; i++)
			place |= word_is(&name, places[i]);
		m->place |= place;
		m->unknown |= !sshd_word_next(&at, SSHD_KEYWORD, &value) || !value.plain;
		if (group || word_is(&name, "user")) {
			char *patterns = strndup(value.text, value.len);
			int r = patterns ? add_list(m, group, patterns) : -ENOMEM;

			if (r)
				return r;
		} else {
			m->unknown |= !place;
		}
	}
	return 0;
}

static int include_each(struct matches *m, const char *at, int (*fn)(void *arg, const char *pattern), void *arg)
{
	struct sshd_word word;

	while (sshd_word_next(&at, SSHD_ARGUMENT, &word)) {
		_cleanup_free_ char *pattern = strndup(word.text, word.len);
		int r = pattern ? fn(arg, pattern) : -ENOMEM;

		/* Old versions take the one kind of quotes only. */
		m->unknown |= !word.plain || word.quote == '\'';
		if (r)
			return r;
	}
	return 0;
}

int matches_add(struct matches *m, const char *text, int (*fn)(void *arg, const char *pattern), void *arg)
{
	for (; *text; text = text_next_line(text)) {
		struct sshd_word keyword;
		const char *at = text;
		int r = 0;

		m->unknown |= sshd_word_next(&at, SSHD_KEYWORD, &keyword) && !keyword.plain;
		if (sshd_line_has(text, "match", &at))
			r = add_criteria(m, at);
		else if (sshd_line_has(text, "include", &at))
			r = include_each(m, at, fn, arg);
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
