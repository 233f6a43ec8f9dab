/* SPDX-License-Identifier: MIT */
#include "cli/sshd_words.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r"

static const struct {
	const char *skip, *end, *quotes;
} kinds[] = {
	[SSHD_KEYWORD] = {BLANKS "=", BLANKS "=\n", "\""},
	[SSHD_ARGUMENT] = {BLANKS, BLANKS "\n", "\"'"},
};

bool sshd_word_next(const char **at, enum sshd_word_kind kind, struct sshd_word *ret)
{
	const char *begin = *at + strspn(*at, kinds[kind].skip), *end;
	const bool quoted = *begin && strchr(kinds[kind].quotes, *begin);
	const char ends[] = {*begin, '\n', '\0'};

	*at = begin;
	*ret = (struct sshd_word){begin, 0, '\0', true};
	if (!*begin || *begin == '\n' || *begin == '#')
		return false;
	if (quoted)
		ret->quote = *begin++;
	ret->text = begin;
	ret->len = strcspn(begin, quoted ? ends : kinds[kind].end);
	end = begin + ret->len;
	if (quoted) {
		ret->plain = *end == ret->quote && (!end[1] || strchr(kinds[kind].end, end[1]));
		end += *end == ret->quote;
	}
	for (size_t i = 0; i < ret->len; i++)
		ret->plain &= !strchr(quoted ? "\\" : "\\\"'=", begin[i]);
	*at = end;
	return true;
}

bool sshd_line_has(const char *line, const char *keyword, const char **ret_args)
{
	struct sshd_word word;

	if (!sshd_word_next(&line, SSHD_KEYWORD, &word) || !word.plain || word.len != strlen(keyword) ||
	    strncasecmp(word.text, keyword, word.len) != 0)
		return false;
	*ret_args = line + strspn(line, kinds[SSHD_KEYWORD].skip);
	return true;
}
