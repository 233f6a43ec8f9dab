/* SPDX-License-Identifier: MIT */
/* The one writer to the system log (authpriv) for the helper programs. */
#ifndef LOGINJAIL_LOG_H
#define LOGINJAIL_LOG_H

/* Say who is writing.  Must be called before log_line. */
void log_open(const char *ident);

/*
 * One line.  Control characters, which a user may have put into a name or an
 * environment, are written as '?', so that nobody forges a second line.
 * @priority: LOG_ERR, LOG_NOTICE, ...
 */
void log_line(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Replace each control character of text, also of those above ASCII, in place, by '?'s. */
void text_defuse(char *text);

#endif
