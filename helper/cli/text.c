/* SPDX-License-Identifier: MIT */
#include "cli/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *text_next_line(const char *line)
{
	const char *end = strchrnul(line, '\n');

	return *end ? end + 1 : end;
}

char *text_format(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : text;
}

char *text_replace(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);

	if (!at)
		return strdup(text);
	return text_format("%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
}
