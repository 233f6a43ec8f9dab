/* SPDX-License-Identifier: MIT */
#include "cli/blocks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pam_stack.h"
#include "cli/text.h"
#include "lib/scope.h"

#define BEGIN "# loginjail: begin"
#define END "# loginjail: end"
/* How the text before the block has to be put back. */
#define BEGIN_USUAL BEGIN " (made by \"loginjail setup\"; \"loginjail setup --undo\" removes it)\n"
#define BEGIN_OPEN BEGIN " (made by \"loginjail setup\", as was the newline before it)\n"
#define BEGIN_NEW BEGIN " (this file was made by \"loginjail setup\")\n"

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

bool blocks_any(const char *text)
{
	for (; *text; text = text_next_line(text))
		if (starts(text, BEGIN))
			return true;
	return false;
}

struct strip {
	char *out; /* as long as the text, at most */
	size_t n;
	unsigned line, begun; /* line of the block's begin; 0: in none */
	bool open, in_fresh, fresh;
	bool others; /* somebody wrote lines into a file that was setup's */
};

/*
 * In a file of setup's own a block has the vendor's lines as well, which whoever wrote more into the
 * file has built on: ours alone go.
 */
static bool stays(const struct strip *s, const char *line, size_t len)
{
	return !s->begun || (s->in_fresh && !memmem(line, len, PAM_MODULE_NAME, sizeof PAM_MODULE_NAME - 1));
}

static int strip_line(struct strip *s, const char *name, const char *at, size_t len, struct err *err)
{
	s->line++;
	if (starts(at, BEGIN)) {
		if (s->begun)
			return err_set(err, 0, "%s:%u: a second '" BEGIN "' before an end: take "
					       "the lines about loginjail out by hand", name, s->line);
		s->begun = s->line;
		s->open = starts(at, BEGIN_OPEN);
		s->in_fresh = starts(at, BEGIN_NEW);
		s->fresh |= s->in_fresh;
	} else if (starts(at, END)) {
		if (!s->begun)
			return err_set(err, 0, "%s:%u: '" END "' without a begin: take it out by hand",
				       name, s->line);
		s->begun = 0;
		/* Only while it is the end of the file that it was added to. */
		if (s->open && !at[len] && s->n > 0 && s->out[s->n - 1] == '\n')
			s->n--;
	} else if (stays(s, at, len)) {
		s->others |= !s->begun;
		memcpy(s->out + s->n, at, len);
		s->n += len;
	}
	return 0;
}

int blocks_strip(const char *name, const char *text, char **ret, struct err *err)
{
	_cleanup_free_ char *out = malloc(strlen(text) + 1);
	struct strip s = {.out = out};
	const char *at, *next;
	int r;

	if (!out)
		return -ENOMEM;
	for (at = text; *at; at = next) {
		next = text_next_line(at);
		r = strip_line(&s, name, at, (size_t)(next - at), err);
		if (r)
			return r;
	}
	if (s.begun)
		return err_set(err, 0, "%s:%u: '" BEGIN "' without an end: take the lines about "
				       "loginjail out by hand", name, s.begun);
	out[s.n] = '\0';
	*ret = s.fresh && !s.others ? NULL : take_ptr(out);
	return 0;
}

static bool blank(const char *line)
{
	line += strspn(line, " \t");
	return !*line || *line == '\n';
}

/* Where the first line begins that says something, or the comment that belongs to it. */
static size_t heading(const char *text)
{
	const char *at = text, *paragraph = NULL;

	for (; *at && (*at == '#' || blank(at)); at = text_next_line(at))
		if (blank(at))
			paragraph = text_next_line(at);
	return (size_t)((*at && paragraph ? paragraph : at) - text);
}

int blocks_add(const char *name, const char *text, const char *first, const char *last, char **ret,
	       struct err *err)
{
	size_t len = text ? strlen(text) : 0, head = text ? heading(text) : 0, size;
	bool open = len > 0 && text[len - 1] != '\n';
	size_t end = open ? len : len - 1; /* of the last line */
	FILE *f;

	if (len > 0 && end > 0 && text[end - 1] == '\\')
		return err_set(err, 0, "%s: the last line ends with '\\', so that a line after it "
				       "would be part of it: take the '\\' away", name);
	/* Nothing but comments, and no newline: there is no line to be put before. */
	if (open && head == len)
		head = 0;
	f = open_memstream(ret, &size);
	if (!f)
		return -ENOMEM;
	fwrite(text ? text : "", 1, head, f);
	if (first)
		fprintf(f, "%s%s" END "\n", BEGIN_USUAL, first);
	fputs(text ? text + head : "", f);
	if (last)
		fprintf(f, "%s%s%s" END "\n", open ? "\n" : "",
			!text ? BEGIN_NEW : open ? BEGIN_OPEN : BEGIN_USUAL, last);
	return fclose(f) ? -ENOMEM : 0;
}
