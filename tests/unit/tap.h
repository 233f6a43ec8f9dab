/* SPDX-License-Identifier: MIT */
/*
 * TAP for unit tests: each test file is a program that calls these and ends with
 * `return done_testing();`.  A failure says where and what on lines that begin with '#'.
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
	int run;
	int failed;
} tap;

__attribute__((format(printf, 4, 5), unused)) static bool
tap_ok(const char *file, int line, bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap.run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		tap.failed++;
		printf("# at %s:%d\n", file, line);
	}
	return good;
}

#define ok(good, ...) tap_ok(__FILE__, __LINE__, good, __VA_ARGS__)

#define is_int(got, want, ...)                                                        \
	({                                                                            \
		long long tap_got = (long long)(got), tap_want = (long long)(want);   \
		bool tap_good = ok(tap_got == tap_want, __VA_ARGS__);                 \
		if (!tap_good)                                                        \
			printf("# got %lld, wanted %lld\n", tap_got, tap_want);       \
		tap_good;                                                             \
	})

/* NULL is equal to NULL only. */
#define is_str(got, want, ...)                                                        \
	({                                                                            \
		const char *tap_got = (got), *tap_want = (want);                      \
		bool tap_same = tap_got == tap_want ||                                \
				(tap_got && tap_want && !strcmp(tap_got, tap_want));  \
		bool tap_good = ok(tap_same, __VA_ARGS__);                            \
		if (!tap_good)                                                        \
			printf("# got '%s', wanted '%s'\n", tap_got ? tap_got : "(null)", \
			       tap_want ? tap_want : "(null)");                       \
		tap_good;                                                             \
	})

#define contains(got, want, ...)                                                      \
	({                                                                            \
		const char *tap_got = (got), *tap_want = (want);                      \
		bool tap_good = ok(tap_got && strstr(tap_got, tap_want), __VA_ARGS__); \
		if (!tap_good)                                                        \
			printf("# got '%s', wanted '%s' in it\n",                     \
			       tap_got ? tap_got : "(null)", tap_want);               \
		tap_good;                                                             \
	})

__attribute__((unused)) static void skip(const char *why)
{
	printf("ok %d # SKIP %s\n", ++tap.run, why);
}

/* The plan comes last, so that a test that ends early is noticed. */
__attribute__((unused)) static int done_testing(void)
{
	printf("1..%d\n", tap.run);
	return tap.failed ? 1 : 0;
}

#endif
