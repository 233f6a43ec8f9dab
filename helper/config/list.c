/* SPDX-License-Identifier: MIT */
/*
 * Values that are lists.  A bad item does not end the reading of its list: the good
 * ones are kept, so that `except` still says who must not be locked out.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/number.h"
#include "config/token.h"
#include "config/value.h"
#include "lib/scope.h"

int parse_list(const struct range *range, const char *text, bool commas, add_fn *add,
	       void *field, struct err *err)
{
	struct err first = {""}, other, *e = &first;
	const char *p = text;
	uint64_t n = 0;
	int bad = 0;
	int r;

	for (;; n++) {
		_cleanup_free_ char *item = NULL;

		if (bad)
			e = &other;
		r = token_next(&p, commas, &item, e);
		if (r == 0)
			break;
		if (r > 0 && n < range->max)
			r = add(field, item, e);
		else if (r > 0)
			r = err_set(e, 0, "the list is too long: at most %" PRIu64 " items",
				    range->max);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			bad = r;
	}
	if (!bad && *text && n < range->min)
		bad = err_set(e, 0, "the list names nothing");
	if (bad && err)
		*err = first;
	return bad;
}

static int add_string(void *field, const char *item)
{
	struct strings *list = field;
	char **v = reallocarray(list->v, list->n + 1, sizeof *v);
	char *copy;

	if (!v)
		return -ENOMEM;
	list->v = v;
	copy = strdup(item);
	if (!copy)
		return -ENOMEM;
	v[list->n++] = copy;
	return 0;
}

/* What user data bases allow, Active Directory's REALM\user and user@realm with it. */
static bool name_valid(const char *s)
{
	const char *p;

	if (!*s || *s == '-' || strlen(s) > 64)
		return false;
	for (p = s; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-@\\$+", *p) && !(*p & 0x80))
			return false;
	return *s != '@' && *s != '+';
}

static bool all_digits(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

static int check_uid(const char *item, struct err *err)
{
	uint64_t n;

	if (!item[1])
		return err_set(err, 0, "'#' is not a user; to begin a comment after a value "
				       "write ' ;'");
	if (number_parse(item + 1, NULL, &n) < 0 || n >= UINT32_MAX)
		return err_set(err, 0, "'%s' is not a user: write '#' and the uid's digits", item);
	return n == 0 ? 1 : 0;
}

static int check_user(const char *item, struct err *err)
{
	if (*item == '#')
		return check_uid(item, err);
	if (all_digits(item))
		return err_set(err, 0, "'%s' is not a user name: write #%s for the uid", item,
			       item);
	if (!name_valid(item))
		return err_set(err, 0, "'%s' is not a user name", item);
	return !strcmp(item, "root") ? 1 : 0;
}

static int add_user(void *field, const char *item, struct err *err)
{
	int r;

	if (*item == '@')
		return err_set(err, 0, "'%s' is a group: write 'groups = %s'", item, item + 1);
	r = check_user(item, err);
	if (r > 0)
		return err_set(err, 0, "'%s' is never jailed: take the name out", item);
	return r < 0 ? r : add_string(field, item);
}

static int check_group(const char *shown, const char *name, struct err *err)
{
	if (!name_valid(name) || all_digits(name))
		return err_set(err, 0, "'%s' is not the name of a group", shown);
	return 0;
}

static int add_group(void *field, const char *item, struct err *err)
{
	int r;

	if (*item == '@')
		return err_set(err, 0, "'%s' needs no '@' here: write %s", item, item + 1);
	r = check_group(item, item, err);
	return r < 0 ? r : add_string(field, item);
}

static int add_except(void *field, const char *item, struct err *err)
{
	int r;

	r = *item == '@' ? check_group(item, item + 1, err) : check_user(item, err);
	return r < 0 ? r : add_string(field, item);
}

static int add_service(void *field, const char *item, struct err *err)
{
	const char *p;

	for (p = item; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			break;
	if (*p || p == item || strlen(item) > 64 || *item == '.' || *item == '-')
		return err_set(err, 0, "'%s' is not the name of a PAM service: use a file name "
				       "of /etc/pam.d", item);
	return add_string(field, item);
}

static int add_path(void *field, const char *item, struct err *err)
{
	int r = path_check(item, err);

	return r < 0 ? r : add_string(field, item);
}

static bool same_variable(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return !strncmp(a, b, len + 1);
}

static int add_env(void *field, const char *item, struct err *err)
{
	const struct strings *list = field;
	const char *p = item;
	size_t i;

	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	if (*p != '=' || p == item || isdigit((unsigned char)*item))
		return err_set(err, 0, "'%s' is not an assignment: write NAME=VALUE, in double "
				       "quotes if it has blanks", item);
	for (i = 0; i < list->n; i++)
		if (same_variable(list->v[i], item))
			return err_set(err, 0, "'%.*s' is set twice: take one out",
				       (int)(p - item), item);
	return add_string(field, item);
}

static int add_bind(void *field, const char *item, struct err *err)
{
	_cleanup_free_ char *source = strdup(item);
	_cleanup_free_ char *destination = NULL;
	struct binds *list = field;
	struct bind *v;
	char *colon;
	int r;

	if (!source)
		return -ENOMEM;
	colon = strchr(source, ':');
	if (colon)
		*colon = '\0';
	if (colon && strchr(colon + 1, ':'))
		return err_set(err, 0, "'%s' has two colons: write SOURCE:DESTINATION", item);
	r = path_check(source, err);
	if (r == 0 && colon)
		r = path_check(colon + 1, err);
	if (r < 0)
		return r;
	destination = strdup(colon ? colon + 1 : source);
	if (!destination)
		return -ENOMEM;
	v = reallocarray(list->v, list->n + 1, sizeof *v);
	if (!v)
		return -ENOMEM;
	list->v = v;
	v[list->n++] = (struct bind){take_ptr(source), take_ptr(destination)};
	return 0;
}

#define LIST_PARSER(name, commas, add)                                       \
	VALUE_PARSER(name)                                                   \
	{                                                                    \
		(void)type;                                                  \
		return parse_list(range, text, commas, add, field, err);     \
	}

LIST_PARSER(user_list, true, add_user)
LIST_PARSER(group_list, true, add_group)
LIST_PARSER(except_list, true, add_except)
LIST_PARSER(service_list, true, add_service)
LIST_PARSER(path_list, true, add_path)
LIST_PARSER(env_list, false, add_env)
LIST_PARSER(bind_list, true, add_bind)

static int print_strings(const struct strings *list, const char *between, bool assignments,
			 char **ret)
{
	size_t len, i;
	FILE *f;

	f = open_memstream(ret, &len);
	if (!f)
		return -ENOMEM;
	for (i = 0; i < list->n; i++) {
		if (i > 0)
			fputs(between, f);
		token_write(f, list->v[i], assignments ? strcspn(list->v[i], "=") + 1 : 0);
	}
	return fclose(f) ? -ENOMEM : 0;
}

VALUE_PRINTER(comma_list)
{
	(void)type;
	return print_strings(field, ", ", false, ret);
}

VALUE_PRINTER(blank_list)
{
	(void)type;
	return print_strings(field, " ", true, ret);
}

VALUE_PRINTER(bind_list)
{
	const struct binds *list = field;
	size_t len, i;
	FILE *f;

	(void)type;
	f = open_memstream(ret, &len);
	if (!f)
		return -ENOMEM;
	for (i = 0; i < list->n; i++) {
		const struct bind *b = &list->v[i];

		if (i > 0)
			fputs(", ", f);
		token_write(f, b->source, 0);
		if (strcmp(b->source, b->destination)) {
			fputc(':', f);
			token_write(f, b->destination, 0);
		}
	}
	return fclose(f) ? -ENOMEM : 0;
}

void clear_strings(void *field)
{
	struct strings *list = field;
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct strings){0};
}

void clear_binds(void *field)
{
	struct binds *list = field;
	size_t i;

	for (i = 0; i < list->n; i++) {
		free(list->v[i].source);
		free(list->v[i].destination);
	}
	free(list->v);
	*list = (struct binds){0};
}
