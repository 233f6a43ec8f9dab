/* SPDX-License-Identifier: MIT */
/* What setup adds to files comes out again, and nothing else does. */
#include <errno.h>
#include <stdlib.h>

#include "cli/blocks.h"
#include "tap.h"

static void round_trip(const char *name, const char *text)
{
	static const struct {
		const char *first, *last;
	} lines[] = {{NULL, "last x\n"}, {"first x\n", NULL}, {"first x\n", "account x\nlast x\n"}};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char *with = NULL, *again = NULL, *without = NULL;
		struct err err = {""};

		is_int(blocks_add("f", text, lines[i].first, lines[i].last, &with, &err), 0,
		       "%s %zu: add", name, i);
		ok(blocks_any(with), "%s %zu: it has a block", name, i);
		if (lines[i].last)
			contains(strstr(with, lines[i].last) ?: "", "\n# loginjail: end\n",
				 "%s %zu: the last is last", name, i);
		is_int(blocks_strip("f", with, &without, &err), 0, "%s %zu: strip", name, i);
		is_str(without, text, "%s %zu: what was there is there again", name, i);
		is_int(blocks_add("f", without, lines[i].first, lines[i].last, &again, &err), 0,
		       "%s %zu: and once more", name, i);
		is_str(again, with, "%s %zu: gives the same", name, i);
		free(with);
		free(again);
		free(without);
	}
}

static void places(void)
{
	char *with = NULL;
	struct err err;

	blocks_add("f", "#%PAM-1.0\nauth x\nsession y\n", "FIRST\n", "LAST\n", &with, &err);
	contains(with, "#%PAM-1.0\n# loginjail: begin", "after the heading");
	contains(with, "FIRST\n# loginjail: end\nauth x\n", "before the first line");
	contains(with, "session y\n# loginjail: begin", "after the last line");
	free(with);
	blocks_add("f", "# A file\n\n# of two\nauth x\n", "FIRST\n", NULL, &with, &err);
	contains(with, "\n\n# loginjail: begin", "a comment stays with the line that it is about");
	contains(with, "end\n# of two\nauth x\n", "and follows");
	free(with);
	is_int(blocks_add("f", "a\nb \\\n", NULL, "LAST\n", &with, &err), -EINVAL, "a last line with '\\'");
	is_int(blocks_add("f", "a\nb \\", NULL, "LAST\n", &with, &err), -EINVAL, "without a newline, too");
	is_int(blocks_add("f", "\\", NULL, "LAST\n", &with, &err), -EINVAL, "or with nothing else");
}

static void later(void)
{
	char *with = NULL, *longer = NULL, *without = NULL;
	struct err err;

	blocks_add("f", "a\nno newline", NULL, "x\n", &with, &err);
	ok(asprintf(&longer, "%sadded\n", with) > 0, "(a line after ours)");
	is_int(blocks_strip("f", longer, &without, &err), 0, "strip where lines came after ours");
	is_str(without, "a\nno newline\nadded\n", "both lines stay lines");
	free(without);
	free(with);
	free(longer);
}

static void broken(void)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"a\n# loginjail: begin x\nb\n", "f:2: "},
		{"a\nb\n# loginjail: end\n", "f:3: "},
		{"# loginjail: begin\n# loginjail: begin\n# loginjail: end\n", "f:2: "},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {""};
		char *without = NULL;

		is_int(blocks_strip("f", cases[i].text, &without, &err), -EINVAL, "broken %zu", i);
		contains(err.text, cases[i].says, "the line is named");
		contains(err.text, "by hand", "and the remedy");
		is_str(without, NULL, "nothing is given back");
	}
}

static void fresh(void)
{
	char *with = NULL, *without = (char *)"x";
	struct err err;

	is_int(blocks_add("f", NULL, NULL, "x\n", &with, &err), 0, "a new file");
	is_int(blocks_strip("f", with, &without, &err), 0, "strip it");
	is_str(without, NULL, "nothing is left, not even a file");
	free(with);
}

/* Whoever writes into a file of setup's counts on what it has from the vendor. */
static void built_on(void)
{
	char *with = NULL, *more = NULL, *without = NULL;
	struct err err;

	blocks_add("f", NULL, NULL, "session include /usr/v\nsession required pam_loginjail.so\n", &with, &err);
	ok(asprintf(&more, "first\n%slast\n", with) > 0, "(lines around ours)");
	is_int(blocks_strip("f", more, &without, &err), 0, "strip a new file that got more lines");
	is_str(without, "first\nsession include /usr/v\nlast\n", "the vendor's stay, in their place");
	free(without);
	free(more);
	free(with);
	blocks_add("f", "a\n", "x y\n", "z pam_loginjail.so\n", &with, &err);
	is_int(blocks_strip("f", with, &without, &err), 0, "strip a file that was there");
	is_str(without, "a\n", "all of the blocks goes");
	free(without);
	free(with);
}

int main(void)
{
	char *without = NULL;
	struct err err;

	round_trip("plain", "auth x\nsession y\n");
	round_trip("open", "auth x\nsession y");
	round_trip("empty", "");
	round_trip("newline", "\n");
	round_trip("comment", "# only this\n");
	round_trip("open comment", "# only this");
	round_trip("debian", "#\n# PAM\n#\n\n# auth\n@include common-auth\n\n\n");
	ok(!blocks_any("# about loginjail: begin\n"), "no block");
	is_int(blocks_strip("f", "a\n\nb", &without, &err), 0, "no block");
	is_str(without, "a\n\nb", "is left alone");
	free(without);
	places();
	later();
	broken();
	fresh();
	built_on();
	return done_testing();
}
