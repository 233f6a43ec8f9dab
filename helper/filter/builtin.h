/* SPDX-License-Identifier: MIT */
/* The filters that were compiled with the programs; which one jail.ini's word means. */
#ifndef LOGINJAIL_FILTER_BUILTIN_H
#define LOGINJAIL_FILTER_BUILTIN_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the words of FILTER_WORDS; FILTER_FILE: an absolute path. */
enum filter_kind { FILTER_DEFAULT, FILTER_STRICT, FILTER_OFF, FILTER_FILE };
#define FILTER_WORDS {"default", "strict", "off"}

/* The sorts of jail, for each of which a profile is another program: 0, or one of these. */
enum { FILTER_ROOT = 1, FILTER_NESTED = 2, FILTER_VARIANTS = 3 };

/* Of a value that jail.ini can have. */
enum filter_kind filter_kind(const char *seccomp);

struct settings;

/* That of the jails of a section. */
unsigned filter_variant(const struct settings *set);

/* kind is none of FILTER_FILE; variant: see above. */
const struct sock_filter *filter_builtin(enum filter_kind kind, unsigned variant, size_t *len);

/* Another one has other programs, or other rules for a file's. */
uint64_t filter_build(void);

#endif
