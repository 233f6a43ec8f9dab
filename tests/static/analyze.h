/* SPDX-License-Identifier: MIT */
/*
 * Before every file that is analysed but lib/err.c: what the analysers, who see one file at a
 * time, can't know of the others.
 */
#include "lib/err.h"

#define ANALYZE_FAILED(r)                        \
	({                                       \
		int _r = (r);                    \
		if (_r >= 0)                     \
			__builtin_unreachable(); \
		_r;                              \
	})

/* What returns these returns no success, so that nothing it did not fill in is used. */
#define err_set(err, ...) ANALYZE_FAILED((err_set)(err, __VA_ARGS__))
#define err_prefix(err, ...) ANALYZE_FAILED((err_prefix)(err, __VA_ARGS__))
