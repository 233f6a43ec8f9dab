/* SPDX-License-Identifier: MIT */
#include "filter/builtin.h"

#include <string.h>

#include "config/options.h"
#include "session_filter.h"

enum filter_kind filter_kind(const char *seccomp)
{
	static const char *const words[] = FILTER_WORDS;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], seccomp) == 0)
			return (enum filter_kind)i;
	return FILTER_FILE;
}

unsigned filter_variant(const struct settings *set)
{
	return set->inside_root == ANSWER_YES ? FILTER_ROOT : set->nested == ANSWER_YES ? FILTER_NESTED : 0;
}

const struct sock_filter *filter_builtin(enum filter_kind kind, unsigned variant, size_t *len)
{
	*len = builtin[kind][variant].len;
	return builtin[kind][variant].insn;
}

uint64_t filter_build(void)
{
	return FILTER_BUILD;
}
