/* SPDX-License-Identifier: MIT */
/* The words of sshd_config's lines.  All versions of sshd read those that are plain alike. */
#ifndef LOGINJAIL_CLI_SSHD_WORDS_H
#define LOGINJAIL_CLI_SSHD_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* sshd has two readers: its versions differ in where they use which. */
enum sshd_word_kind {
	SSHD_KEYWORD,  /* as strdelim(): '=' parts as blanks do, and quotes are double; Match's criteria as well */
	SSHD_ARGUMENT, /* as argv_split(): '=' is part of a word, and quotes are of both kinds; Include's files */
};

struct sshd_word {
	const char *text; /* within the line, after the quote */
	size_t len;       /* 0 at the line's end */
	char quote;       /* which it is in, or '\0' */
	bool plain;       /* no backslash, and wholly in quotes or free of them and of '=' */
};

/* The next word of the line at *at, which then is behind it.  pure.  false: the line's end, or a comment. */
bool sshd_word_next(const char **at, enum sshd_word_kind kind, struct sshd_word *ret);

/*
 * Does this line begin with that keyword?  *ret_args is where its arguments begin then, at the line's end
 * if there are none.  pure.
 */
bool sshd_line_has(const char *line, const char *keyword, const char **ret_args);

#endif
