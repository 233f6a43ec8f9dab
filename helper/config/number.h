/* SPDX-License-Identifier: MIT */
/* Numbers with a unit, as people write them. */
#ifndef LOGINJAIL_CONFIG_NUMBER_H
#define LOGINJAIL_CONFIG_NUMBER_H

#include <stddef.h>
#include <stdint.h>

struct unit {
	char letter;
	uint64_t factor;
};

/* Largest first, ending with a row whose letter is 0. */
extern const struct unit rate_units[]; /* of 1000 */
extern const struct unit size_units[];
extern const struct unit duration_units[];

/*
 * Digits and, if units is not NULL, at most one letter of it (in either case).
 * All of text; no sign, no blanks.  -EINVAL, or -ERANGE where it overflows.
 */
int number_parse(const char *text, const struct unit *units, uint64_t *ret);

/*
 * Digits with at most `places` digits after a point, times 10^places.  What follows the
 * number is at *ret_rest.  *ret_point says whether there was a point.
 */
int number_parse_fixed(const char *text, unsigned places, uint64_t *ret, int *ret_point,
		       const char **ret_rest);

/* With the largest unit that divides it; *ret is the caller's. -ENOMEM. */
int number_print(uint64_t n, const struct unit *units, char **ret);

#endif
