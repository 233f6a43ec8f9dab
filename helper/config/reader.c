/* SPDX-License-Identifier: MIT */
#include "config/reader.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

#include "config/config.h"

_Static_assert(CONFIG_LINE_MAX < sizeof((struct reader *)0)->last, "a line fits");

static void note(struct reader *r, int result)
{
	if (result < 0 && r->result == 0)
		r->result = result;
}

static void complain(struct reader *r, const char *why)
{
	note(r, r->bad_line(r->userdata, r->line, why));
}

/* What is wrong with the bytes of a line, or NULL. */
static const char *line_fault(const char *s, size_t len)
{
	size_t i;

	if (memchr(s, '\0', len))
		return "a NUL byte in the line: is this a text file?";
	if (len > CONFIG_LINE_MAX)
		return "the line is too long: at most 198 bytes";
	if (len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
		return "the line begins with a byte order mark: save the file without one";
	for (i = 0; i < len; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
			return "a control character in the line";
	return NULL;
}

/* Cut the next line off; false at the end. The carriage return of DOS files goes too. */
static bool cut_line(struct reader *r, const char **ret, size_t *ret_len)
{
	const char *newline;
	size_t len;

	if (r->text == r->end)
		return false;
	newline = memchr(r->text, '\n', (size_t)(r->end - r->text));
	len = (size_t)((newline ? newline : r->end) - r->text);
	*ret = r->text;
	r->text += len + (newline ? 1 : 0);
	r->line++;
	if (len > 0 && (*ret)[len - 1] == '\r')
		len--;
	*ret_len = len;
	return true;
}

/* A header must end its line, but for a comment: inih would drop what follows. */
static void take_header(struct reader *r)
{
	char *close = strchr(r->last, ']');
	const char *rest;

	if (!close) {
		complain(r, "a section header without its ']'");
		note(r, r->header(r->userdata, r->line, NULL));
		return;
	}
	rest = close + 1 + strspn(close + 1, " \t");
	if (*rest && (*rest != ';' || rest == close + 1)) {
		complain(r, "something follows the ']' of a section header: put it on a line of "
			    "its own, or ' ;' before a comment");
		note(r, r->header(r->userdata, r->line, NULL));
		return;
	}
	*close = '\0';
	note(r, r->header(r->userdata, r->line, r->last + 1));
}

/* True if this line is one for inih. */
static bool take_line(struct reader *r, const char *s, size_t len)
{
	const char *fault = line_fault(s, len);
	size_t blank;

	for (blank = 0; blank < len && (s[blank] == ' ' || s[blank] == '\t'); blank++)
		;
	if (fault || (blank > 0 && blank < len && s[blank] == '[')) {
		complain(r, fault ? fault : "an indented section header: begin it at the left "
					    "margin");
		/* Whatever it was to be, what follows belongs to no section that is known. */
		if (blank < len && s[blank] == '[')
			note(r, r->header(r->userdata, r->line, NULL));
		return false;
	}
	memcpy(r->last, s, len);
	r->last[len] = '\0';
	if (!r->last[blank] || strchr(";#", r->last[blank]))
		return false;
	if (blank > 0) {
		complain(r, "an indented line: begin it at the left margin (a value can't go on "
			    "in the next line)");
		return false;
	}
	if (r->last[0] == '[') {
		take_header(r);
		return false;
	}
	return true;
}

/* inih's fgets(): the next line that holds a key. */
static char *give_line(char *str, int num, void *stream)
{
	struct reader *r = stream;
	const char *s;
	size_t len;

	if (r->pending)
		complain(r, "neither a [section] nor 'option = value'");
	r->pending = false;
	while (r->result == 0 && cut_line(r, &s, &len)) {
		if (!take_line(r, s, len))
			continue;
		/* Another build of inih may have a smaller buffer than the usual one. */
		if (num < 1 || len >= (size_t)num) {
			complain(r, "the line is longer than the INI library here can take");
			continue;
		}
		memcpy(str, r->last, len + 1);
		r->pending = true;
		return str;
	}
	return NULL;
}

static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct reader *r = user;

	(void)section; /* inih never sees the headers */
	if (!r->pending)
		return 1;
	r->pending = false;
	if (r->last[strcspn(r->last, "=:")] == ':')
		complain(r, "a ':' after the option's name: write '='");
	else
		note(r, r->key(r->userdata, r->line, key, value ? value : ""));
	return 1;
}

int reader_run(struct reader *r)
{
	int e;

	r->line = 0;
	r->pending = false;
	r->result = 0;
	/* Its result is the first line that it could not read: known better above. */
	e = ini_parse_stream(give_line, r, take_key, r);
	if (e == -2)
		return -ENOMEM;
	return r->result;
}
