/* SPDX-License-Identifier: MIT */
#include "config/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

static bool separates(char c, bool commas)
{
	return c == ' ' || c == '\t' || (commas && c == ',');
}

int token_next(const char **p, bool commas, char **ret, struct err *err)
{
	_cleanup_free_ char *item = NULL;
	bool quoted = false;
	const char *s = *p;
	size_t n = 0;

	while (*s && separates(*s, commas))
		s++;
	*p = s;
	if (!*s)
		return 0;
	item = malloc(strlen(s) + 1);
	if (!item)
		return -ENOMEM;
	for (; *s && (quoted || !separates(*s, commas)); s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (quoted && *s == '\\' && s[1])
			item[n++] = *++s;
		else
			item[n++] = *s;
	}
	*p = s;
	if (quoted)
		return err_set(err, 0, "a double quote is not closed (' ;' begins a comment even "
				       "in quotes: write ' \\;' there)");
	item[n] = '\0';
	*ret = take_ptr(item);
	return 1;
}

void token_write(FILE *f, const char *item, size_t keep)
{
	const char *s;

	if (*item && !strpbrk(item, " \t,;\"")) {
		fputs(item, f);
		return;
	}
	fprintf(f, "%.*s\"", (int)keep, item);
	for (s = item + keep; *s; s++) {
		if (strchr("\";\\", *s))
			fputc('\\', f);
		fputc(*s, f);
	}
	fputc('"', f);
}
