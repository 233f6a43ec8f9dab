/* SPDX-License-Identifier: MIT */
/*
 * The lines of a text, for inih.
 *
 * inih as distributions package it has a buffer of 200 bytes per line, takes an indented
 * line as more of the value before it, goes on after errors, tells its handler no line
 * numbers, does not report empty sections and ignores what follows a header's ']'.
 * So it only gets lines that hold a key, one at a time; all else is seen to here, and a line
 * that inih made nothing of is noticed when it asks for the next one.
 */
#ifndef LOGINJAIL_CONFIG_READER_H
#define LOGINJAIL_CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>

struct reader {
	const char *text, *end; /* what is left */
	unsigned line;		/* of the last line read */
	bool pending;		/* it holds a key that the handler has not been called with */
	char last[256];		/* that line */

	/*
	 * What the owner is told.  -ENOMEM from any of them ends the reading.
	 * header NULL: one that can't be read (bad_line was told why).
	 */
	int (*bad_line)(void *userdata, unsigned line, const char *why);
	int (*header)(void *userdata, unsigned line, const char *header);
	int (*key)(void *userdata, unsigned line, const char *key, const char *value);
	void *userdata;
	int result;
};

/* Read all; text must not be freed before. 0 or -ENOMEM. */
int reader_run(struct reader *reader);

#endif
