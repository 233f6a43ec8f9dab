/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

void log_open(const char *ident)
{
	openlog(ident, LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
}

/* Bytes of the character of UTF-8 that text begins with; 0 for what is none. */
static size_t utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Terminals obey U+0080 to U+009F as well, and in other encodings the bytes 0x80 to 0x9f. */
void text_defuse(char *text)
{
	while (*text) {
		const unsigned char *s = (const unsigned char *)text;
		size_t len = utf8_len(text);

		if (len == 0 || *s < 0x20 || *s == 0x7f) {
			if (*s < 0xa0)
				*text = '?';
			text++;
		} else if (len == 2 && *s == 0xc2 && s[1] < 0xa0) {
			*text++ = '?';
			*text++ = '?';
		} else {
			text += len;
		}
	}
}

void log_line(int priority, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	text_defuse(line);
	syslog(priority, "%s", line);
}
