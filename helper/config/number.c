/* SPDX-License-Identifier: MIT */
#include "config/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const struct unit size_units[] = {
	{'T', UINT64_C(1) << 40},
	{'G', UINT64_C(1) << 30},
	{'M', UINT64_C(1) << 20},
	{'K', UINT64_C(1) << 10},
	{0, 1},
};

const struct unit rate_units[] = {
	{'G', 1000000000},
	{'M', 1000000},
	{'K', 1000},
	{0, 1},
};

/* 's' is never printed: plain numbers are seconds. */
const struct unit duration_units[] = {
	{'d', 86400},
	{'h', 3600},
	{'m', 60},
	{'s', 1},
	{0, 1},
};

static int digits(const char **p, uint64_t *n)
{
	if (!isdigit((unsigned char)**p))
		return -EINVAL;
	for (; isdigit((unsigned char)**p); (*p)++)
		if (__builtin_mul_overflow(*n, 10, n) ||
		    __builtin_add_overflow(*n, (uint64_t)(**p - '0'), n))
			return -ERANGE;
	return 0;
}

int number_parse(const char *text, const struct unit *units, uint64_t *ret)
{
	const struct unit *u;
	uint64_t n = 0;
	int r;

	r = digits(&text, &n);
	if (r < 0)
		return r;
	if (*text && units) {
		for (u = units; u->letter; u++)
			if (tolower((unsigned char)*text) == tolower((unsigned char)u->letter))
				break;
		if (!u->letter)
			return -EINVAL;
		if (__builtin_mul_overflow(n, u->factor, &n))
			return -ERANGE;
		text++;
	}
	if (*text)
		return -EINVAL;
	*ret = n;
	return 0;
}

int number_parse_fixed(const char *text, unsigned places, uint64_t *ret, int *ret_point,
		       const char **ret_rest)
{
	uint64_t n = 0;
	int point = 0;
	int r;

	r = digits(&text, &n);
	if (r < 0)
		return r;
	if (*text == '.') {
		point = 1;
		text++;
		if (!isdigit((unsigned char)*text))
			return -EINVAL;
	}
	for (; places > 0; places--) {
		unsigned d = 0;

		if (point && isdigit((unsigned char)*text))
			d = (unsigned)(*text++ - '0');
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, d, &n))
			return -ERANGE;
	}
	if (isdigit((unsigned char)*text))
		return -EINVAL;
	*ret = n;
	*ret_point = point;
	*ret_rest = text;
	return 0;
}

int number_print(uint64_t n, const struct unit *units, char **ret)
{
	const struct unit *u = units;

	if (u && n > 0)
		while (u->factor > 1 && n % u->factor != 0)
			u++;
	if (!u || n == 0 || u->factor <= 1)
		return asprintf(ret, "%" PRIu64, n) < 0 ? -ENOMEM : 0;
	return asprintf(ret, "%" PRIu64 "%c", n / u->factor, u->letter) < 0 ? -ENOMEM : 0;
}
