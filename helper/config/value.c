/* SPDX-License-Identifier: MIT */
/*
 * Values that are one thing.  A printer writes what its parser reads as the same value.
 * The texts say what is wrong and what would be right; the caller puts file and
 * line before them.
 */
#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/number.h"
#include "filter/builtin.h"
#include "lib/scope.h"

#define TREE_NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static int keep_text(const char *text, void *field)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	*(char **)field = copy;
	return 0;
}

/* The type decides the unit in which the limits are shown. */
static int check_range(const struct range *range, const char *text, uint64_t n,
		       const struct unit *units, struct err *err)
{
	_cleanup_free_ char *min = NULL;
	_cleanup_free_ char *max = NULL;

	if (n >= range->min && n <= range->max)
		return 0;
	if (number_print(range->min, units, &min) < 0 || number_print(range->max, units, &max) < 0)
		return -ENOMEM;
	if (n < range->min)
		return err_set(err, 0, "'%s' is too little: the least is %s", text, min);
	return err_set(err, 0, "'%s' is too much: the most is %s", text, max);
}

int value_number(const struct range *range, const char *text, const struct unit *units,
		 const char *form, uint64_t *ret, struct err *err)
{
	uint64_t n;
	int r;

	r = number_parse(text, units, &n);
	if (r == -ERANGE)
		return err_set(err, 0, "'%s' is too large a number", text);
	if (r < 0)
		return err_set(err, 0, "'%s' is not %s", text, form);
	r = check_range(range, text, n, units, err);
	if (r < 0)
		return r;
	*ret = n;
	return 0;
}

/* Of enumerations: the field is an enum that counts the words. */
VALUE_PARSER(word)
{
	char list[200] = "";
	size_t used = 0;
	unsigned i;

	(void)range;
	for (i = 0; type->words[i]; i++)
		if (!strcmp(type->words[i], text)) {
			*(unsigned *)field = i;
			return 0;
		}
	for (i = 0; type->words[i] && used < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
					 i == 0 ? "" : type->words[i + 1] ? ", " : " or ",
					 type->words[i]);
	return err_set(err, 0, "'%s' is none of its values: write %s", text, list);
}

VALUE_PRINTER(word)
{
	return keep_text(type->words[*(const unsigned *)field], ret);
}

VALUE_PARSER(size)
{
	(void)type;
	return value_number(range, text, size_units, "a size: write it like 512M or 2G", field,
			    err);
}

VALUE_PRINTER(size)
{
	(void)type;
	return number_print(*(const uint64_t *)field, size_units, ret);
}

VALUE_PARSER(size_or_max)
{
	(void)type;
	if (!strcmp(text, "max")) {
		*(uint64_t *)field = NO_LIMIT;
		return 0;
	}
	return value_number(range, text, size_units,
			    "a size: write it like 512M or 2G, or max for no limit", field, err);
}

VALUE_PRINTER(size_or_max)
{
	if (*(const uint64_t *)field == NO_LIMIT)
		return keep_text("max", ret);
	return print_size(type, field, ret);
}

/* Its least is 0, so that "max" needs another value than NO_LIMIT. */
VALUE_PARSER(swap_size)
{
	(void)type;
	if (!strcmp(text, "max")) {
		*(uint64_t *)field = LIMIT_MAX;
		return 0;
	}
	return value_number(range, text, size_units,
			    "a size: write it like 512M or 2G, or max for no limit", field, err);
}

VALUE_PRINTER(swap_size)
{
	if (*(const uint64_t *)field == LIMIT_MAX)
		return keep_text("max", ret);
	return print_size(type, field, ret);
}

VALUE_PARSER(rate_or_max)
{
	(void)type;
	if (!strcmp(text, "max")) {
		*(uint64_t *)field = NO_LIMIT;
		return 0;
	}
	return value_number(range, text, rate_units,
			    "a rate: write it like 500K or 10M (bits per second), or max for no limit",
			    field, err);
}

VALUE_PRINTER(rate_or_max)
{
	(void)type;
	if (*(const uint64_t *)field == NO_LIMIT)
		return keep_text("max", ret);
	return number_print(*(const uint64_t *)field, rate_units, ret);
}

VALUE_PARSER(count)
{
	(void)type;
	return value_number(range, text, NULL, "a number: write digits only", field, err);
}

VALUE_PRINTER(count)
{
	(void)type;
	return number_print(*(const uint64_t *)field, NULL, ret);
}

VALUE_PARSER(count_or_max)
{
	(void)type;
	if (!strcmp(text, "max")) {
		*(uint64_t *)field = NO_LIMIT;
		return 0;
	}
	return value_number(range, text, NULL,
			    "a number: write digits only, or max for no limit", field, err);
}

VALUE_PRINTER(count_or_max)
{
	if (*(const uint64_t *)field == NO_LIMIT)
		return keep_text("max", ret);
	return print_count(type, field, ret);
}

/*
 * "50" would be fifty processors, and hardly ever is meant to be: a whole number from
 * ten up has to say which it is.
 */
VALUE_PARSER(cpu_share)
{
	const char *form = "a share of the processors: write it like 50% or 1.5, or max for "
			   "no limit";
	const char *rest;
	uint64_t n;
	int point;

	(void)type;
	if (!strcmp(text, "max")) {
		*(uint64_t *)field = NO_LIMIT;
		return 0;
	}
	if (number_parse_fixed(text, 3, &n, &point, &rest) < 0)
		return err_set(err, 0, "'%s' is not %s", text, form);
	if (!strcmp(rest, "%")) {
		if (n % 100 != 0)
			return err_set(err, 0, "'%s' is too fine: one digit after the point "
					       "is what can be kept", text);
		n /= 100;
	} else if (*rest) {
		return err_set(err, 0, "'%s' is not %s", text, form);
	} else if (!point && n >= 10000) {
		return err_set(err, 0, "'%s' may be per cent or processors: write %s%% or %s.0",
			       text, text, text);
	}
	if (n < range->min)
		return err_set(err, 0, "'%s' is too little: the least is 1%%", text);
	if (n > range->max)
		return err_set(err, 0, "'%s' is too much: the most is %" PRIu64 "%%", text,
			       range->max / 10);
	*(uint64_t *)field = n;
	return 0;
}

VALUE_PRINTER(cpu_share)
{
	uint64_t n = *(const uint64_t *)field;
	int r;

	(void)type;
	if (n == NO_LIMIT)
		return keep_text("max", ret);
	if (n % 10 == 0)
		r = asprintf(ret, "%" PRIu64 "%%", n / 10);
	else
		r = asprintf(ret, "%" PRIu64 ".%" PRIu64 "%%", n / 10, n % 10);
	return r < 0 ? -ENOMEM : 0;
}

VALUE_PARSER(octal)
{
	uint64_t n = 0;
	size_t i;

	(void)type;
	for (i = 0; text[i] >= '0' && text[i] <= '7' && i < 5; i++)
		n = n * 8 + (uint64_t)(text[i] - '0');
	if (i == 0 || text[i])
		return err_set(err, 0, "'%s' is not an octal number: write it like 0022", text);
	if (n < range->min || n > range->max)
		return err_set(err, 0, "'%s' is too much: the most is %04" PRIo64, text,
			       range->max);
	*(mode_t *)field = (mode_t)n;
	return 0;
}

VALUE_PRINTER(octal)
{
	(void)type;
	return asprintf(ret, "%04o", *(const mode_t *)field) < 0 ? -ENOMEM : 0;
}

VALUE_PARSER(duration_or_max)
{
	(void)type;
	if (!strcmp(text, "max")) {
		*(uint64_t *)field = NO_LIMIT;
		return 0;
	}
	return value_number(range, text, duration_units,
			    "a time: write it like 90s, 10m, 2h or 1d, or max for no limit", field,
			    err);
}

VALUE_PRINTER(duration_or_max)
{
	uint64_t n = *(const uint64_t *)field;

	(void)type;
	return n == NO_LIMIT ? keep_text("max", ret) : number_print(n, duration_units, ret);
}

VALUE_PARSER(linger)
{
	(void)type;
	if (!strcmp(text, "while-busy")) {
		*(uint64_t *)field = LINGER_WHILE_BUSY;
		return 0;
	}
	return value_number(range, text, duration_units,
			    "a time: write it like 90s, 10m, 2h or 1d, or while-busy", field, err);
}

VALUE_PRINTER(linger)
{
	uint64_t n = *(const uint64_t *)field;

	(void)type;
	if (n == LINGER_WHILE_BUSY)
		return keep_text("while-busy", ret);
	return number_print(n, duration_units, ret);
}

static int check_length(const struct range *range, const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len < range->min)
		return err_set(err, 0, "a value is needed after the '='");
	if (len > range->max)
		return err_set(err, 0, "the value is too long: at most %" PRIu64 " characters",
			       range->max);
	return 0;
}

static bool hostname_valid(const char *s)
{
	char last = '.';

	for (; *s; last = *s++)
		if (!isalnum((unsigned char)*s) && (*s != '-' || last == '.') &&
		    (*s != '.' || last == '.' || last == '-'))
			return false;
	return last != '.' && last != '-';
}

VALUE_PARSER(hostname)
{
	int r;

	(void)type;
	r = check_length(range, text, err);
	if (r < 0)
		return r;
	if (*text && !hostname_valid(text))
		return err_set(err, 0, "'%s' is not a host name: use letters, digits, '-' and "
				       "'.'", text);
	return keep_text(text, field);
}

VALUE_PARSER(interface)
{
	int r;

	(void)type;
	r = check_length(range, text, err);
	if (r < 0)
		return r;
	if (text[strspn(text, TREE_NAME_CHARS)] || !strcmp(text, ".") || !strcmp(text, ".."))
		return err_set(err, 0, "'%s' is not the name of an interface: use letters, digits, '.', '_' and "
				       "'-'", text);
	return keep_text(text, field);
}

VALUE_PARSER(tree_name)
{
	int r;

	(void)type;
	r = check_length(range, text, err);
	if (r < 0)
		return r;
	if (!isalnum((unsigned char)*text) || text[strspn(text, TREE_NAME_CHARS)])
		return err_set(err, 0, "'%s' is not the name of a tree: write host, or letters, digits, '.', "
				       "'_' and '-', the first of them a letter or digit", text);
	return keep_text(text, field);
}

VALUE_PARSER(seccomp_profile)
{
	(void)type;
	if (*text == '/')
		return parse_path(type, range, text, field, err);
	if (filter_kind(text) == FILTER_FILE)
		return err_set(err, 0, "'%s' is no profile: write default, strict, off, or the absolute path of a "
				       "file of rules", text);
	return keep_text(text, field);
}

int path_check(const char *path, struct err *err)
{
	const char *p, *slash;

	if (*path != '/')
		return err_set(err, 0, "'%s' is not an absolute path: begin it with '/'", path);
	if (!strcmp(path, "/"))
		return 0;
	for (p = path; *p; p = slash) {
		size_t len;

		p++;
		slash = strchrnul(p, '/');
		len = (size_t)(slash - p);
		if (len == 0)
			return err_set(err, 0, "'%s' has a slash too many: write it without "
					       "'//' and without a slash at its end", path);
		if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return err_set(err, 0, "'%s' has a part '.' or '..': write the path "
					       "it leads to", path);
	}
	return 0;
}

VALUE_PARSER(path)
{
	int r;

	(void)type;
	r = check_length(range, text, err);
	if (r == 0 && *text)
		r = path_check(text, err);
	if (r == 0 && *text && !text[1])
		r = err_set(err, 0, "'/' can't be used here: name a path below it");
	if (r < 0)
		return r;
	return keep_text(text, field);
}

VALUE_PRINTER(text)
{
	(void)type;
	return keep_text(*(char *const *)field, ret);
}

void clear_text(void *field)
{
	free(*(char **)field);
	*(char **)field = NULL;
}
