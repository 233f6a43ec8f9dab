/* SPDX-License-Identifier: MIT */
/*
 * Lists of processors, kept in the form that the kernel prints: in order, ranges joined,
 * so that what was set can be compared with what is read back.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "lib/scope.h"

/* As many as any kernel is built for. */
#define CPUS_MAX 8192

static const struct range cpu_range = {0, CPUS_MAX - 1};
static const char form[] = "a list of processors: write it like 0-1,3";

/* One item, "3" or "0-1". */
static int note_range(char *item, bool *has, struct err *err)
{
	char *dash = strchr(item, '-');
	uint64_t first, last;
	int r;

	if (dash)
		*dash = '\0';
	r = value_number(&cpu_range, item, NULL, form, &first, err);
	last = first;
	if (!r && dash)
		r = value_number(&cpu_range, dash + 1, NULL, form, &last, err);
	if (r)
		return r;
	if (first > last)
		return err_set(err, 0, "'%s-%s' runs backwards: write the smaller number first", item,
			       dash + 1);
	for (uint64_t i = first; i <= last; i++)
		has[i] = true;
	return 0;
}

static int print_ranges(const bool *has, char **ret)
{
	size_t len;
	FILE *f = open_memstream(ret, &len);
	const char *comma = "";

	if (!f)
		return -ENOMEM;
	for (int i = 0; i < CPUS_MAX; i++) {
		int last = i;

		if (!has[i])
			continue;
		while (last + 1 < CPUS_MAX && has[last + 1])
			last++;
		fprintf(f, last > i ? "%s%d-%d" : "%s%d", comma, i, last);
		comma = ",";
		i = last;
	}
	return fclose(f) ? -ENOMEM : 0;
}

VALUE_PARSER(cpu_list)
{
	_cleanup_free_ char *copy = strdup(text);
	_cleanup_free_ bool *has = calloc(CPUS_MAX, sizeof *has);
	char *rest = copy, *item;

	(void)type;
	(void)range;
	if (!copy || !has)
		return -ENOMEM;
	while (*text && (item = strsep(&rest, ","))) {
		int r = note_range(item + strspn(item, " \t"), has, err);

		if (r)
			return r;
	}
	return print_ranges(has, field);
}
