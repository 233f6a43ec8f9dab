/* SPDX-License-Identifier: MIT */
/*
 * An error text that grows context on its way up.
 *
 * Functions of this project return 0 or -errno; where the reason matters to a
 * person they also fill a struct err.  Library code never prints: the edge of
 * each program (main, or the PAM entry points) does, once.
 */
#ifndef LOGINJAIL_ERR_H
#define LOGINJAIL_ERR_H

struct err {
	char text[600]; /* one clause, no full stop, no newline */
};

/*
 * Say what failed; the text replaces what err held.  err may be NULL.
 * @r: a negative errno (its text is appended) or 0 for none.
 * Returns r, or -EINVAL where r is 0, so that it can end a function.
 */
int err_set(struct err *err, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "prefix: " before the text.  Returns r unchanged. */
int err_prefix(struct err *err, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
