/* SPDX-License-Identifier: MIT */
/*
 * An administrator's profile, compiled: STATE/seccomp/HASH-VARIANT, root's alone, made by
 * `loginjail seccomp apply` and read by logins, which have no compiler.  It holds what
 * the profile's text was, as a hash, and which build's rules made it; so one that does
 * not fit the text as it stands now is never used.
 */
#ifndef LOGINJAIL_FILTER_CACHE_H
#define LOGINJAIL_FILTER_CACHE_H

#include <linux/filter.h>
#include <stddef.h>

#include "lib/err.h"

/*
 * Read a profile's text as jail.ini itself is read: a regular file of root's, as must be
 * the directories above it, all closed to other writers, and no link in the path.
 * *ret is the caller's and ends with a NUL, and has none before.  err has the remedy.
 */
int filter_source(const char *path, char **ret, struct err *err);

/*
 * The program for the profile at path, whose text is read and compared.  state: the state
 * directory.  *ret is the caller's; at most BPF_MAXINSNS.  err says what is wrong and the
 * remedy; -ENOENT: there is none yet, -ESTALE: it is of another text or build, -EACCES:
 * others than root could have written it, -EBADMSG: it is damaged.
 */
int filter_cache_load(int state, const char *path, unsigned variant, struct sock_filter **ret, size_t *len,
		      struct err *err);

/* Put it there, whole or not at all. */
int filter_cache_store(int state, const char *path, unsigned variant, const char *text,
		       const struct sock_filter *program, size_t len, struct err *err);

#endif
