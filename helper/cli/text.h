/* SPDX-License-Identifier: MIT */
/* Texts of files, and those that are made of others. */
#ifndef LOGINJAIL_CLI_TEXT_H
#define LOGINJAIL_CLI_TEXT_H

/* Where the next line begins: after the newline, or at the NUL. */
const char *text_next_line(const char *line);

/* As asprintf(), but the result is the caller's, or NULL without memory. */
char *text_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* text with the first "what" in it replaced; the caller's, NULL without memory. */
char *text_replace(const char *text, const char *what, const char *with);

#endif
