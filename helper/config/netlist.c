/* SPDX-License-Identifier: MIT */
/* Values that are lists of addresses. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/value.h"
#include "lib/scope.h"

static int add_prefix(struct prefixes *list, const struct prefix *p)
{
	struct prefix *v = reallocarray(list->v, list->n + 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	list->v = v;
	v[list->n++] = *p;
	return 0;
}

/* Room for a few users at least, and for a number that the 32 bits of an index hold. */
static int add_pool(void *field, const char *item, struct err *err)
{
	struct prefixes *list = field;
	struct prefix p;
	int r = prefix_parse(item, &p, err);

	if (r)
		return r;
	if (list->n > 0 && list->v[0].family == p.family)
		return err_set(err, 0, "'%s' is a second prefix of its family: write one of IPv4 and one of IPv6",
			       item);
	if (p.family == AF_INET && (p.len < 8 || p.len > 30))
		return err_set(err, 0, "'%s' can't be a pool: of IPv4 it has a length of 8 to 30", item);
	if (p.family == AF_INET6 && (p.len < 32 || p.len > 120))
		return err_set(err, 0, "'%s' can't be a pool: of IPv6 it has a length of 32 to 120", item);
	return add_prefix(list, &p);
}

/* Of a jail's own, of a link's, of many: no server of that address is somebody else. */
static const struct {
	const char *prefix, *what;
} no_server[] = {
	{"0.0.0.0/8", "names no server"},
	{"127.0.0.0/8", "would be the jail's own loopback: name an address of the host or of another server"},
	{"169.254.0.0/16", "is link-local, and the jail is on no link with it"},
	{"224.0.0.0/3", "is a multicast or reserved address"},
	{"::", "names no server"},
	{"::1", "would be the jail's own loopback: name an address of the host or of another server"},
	{"::/96", "names no server"},
	{"fe80::/10", "is link-local, and the jail is on no link with it"},
	{"ff00::/8", "is a multicast address"},
};

static int add_address(void *field, const char *item, struct err *err)
{
	struct prefix p, no;
	int r = prefix_parse(item, &p, err);

	if (!r && p.len != prefix_bits(&p))
		r = err_set(err, 0, "'%s' is a prefix: write an address", item);
	for (size_t i = 0; !r && i < sizeof no_server / sizeof *no_server; i++)
		if (!prefix_parse(no_server[i].prefix, &no, NULL) && prefix_overlaps(&p, &no))
			r = err_set(err, 0, "'%s' %s", item, no_server[i].what);
	return r ? r : add_prefix(field, &p);
}

static int add_target(void *field, const char *item, struct err *err)
{
	struct targets *list = field;
	struct target t, *v;
	int r = target_parse(item, &t, err);

	if (r)
		return r;
	v = reallocarray(list->v, list->n + 1, sizeof *v);
	if (!v)
		return -ENOMEM;
	list->v = v;
	v[list->n++] = t;
	return 0;
}

VALUE_PARSER(pool)
{
	(void)type;
	return parse_list(range, text, true, add_pool, field, err);
}

VALUE_PARSER(address_list)
{
	(void)type;
	return parse_list(range, text, true, add_address, field, err);
}

/* The address as it is, and with it how much of it names the net. */
static int add_gateway(void *field, const char *item, struct err *err)
{
	const char *slash = strchrnul(item, '/');
	_cleanup_free_ char *address = strndup(item, (size_t)(slash - item));
	struct prefixes *list = field;
	struct prefix p;
	unsigned int len;
	int used = 0, r;

	if (!address)
		return -ENOMEM;
	r = prefix_parse(address, &p, err);
	if (r)
		return r;
	if (*slash != '/' || slash[1] < '0' || slash[1] > '9' || sscanf(slash, "/%3u%n", &len, &used) != 1 ||
	    slash[used] || len < 8 || len > prefix_bits(&p) - 2)
		return err_set(err, 0, "'%s' lacks the length of the net that it is in: write it like 192.168.1.1/24 "
				       "or fe80::1/64", item);
	p.len = len;
	if (list->n > 0 && list->v[0].family == p.family)
		return err_set(err, 0, "'%s' is a second gateway of its family: write one of IPv4 and one of IPv6",
			       item);
	return add_prefix(list, &p);
}

VALUE_PARSER(gateway_list)
{
	(void)type;
	return parse_list(range, text, true, add_gateway, field, err);
}

VALUE_PARSER(target_list)
{
	(void)type;
	return parse_list(range, text, true, add_target, field, err);
}

static int add_publish(void *field, const char *item, struct err *err)
{
	struct publishes *list = field;
	struct publish p, *v;
	int r = publish_parse(item, &p, err);

	for (size_t i = 0; !r && i < list->n; i++)
		if (list->v[i].host == p.host && list->v[i].udp == p.udp)
			r = err_set(err, 0, "'%s' has a port of the host for the second time: take one out", item);
	if (r)
		return r;
	v = reallocarray(list->v, list->n + 1, sizeof *v);
	if (!v)
		return -ENOMEM;
	list->v = v;
	v[list->n++] = p;
	return 0;
}

VALUE_PARSER(publish_list)
{
	(void)type;
	return parse_list(range, text, true, add_publish, field, err);
}

/* A list is written as its items, and owns the array of them. */
#define PRINT_AND_CLEAR(name, clear, list_type, text_max, print_item)           \
	VALUE_PRINTER(name)                                                     \
	{                                                                       \
		const list_type *list = field;                                  \
		char text[text_max];                                            \
		size_t len;                                                     \
		FILE *f = open_memstream(ret, &len);                            \
										\
		(void)type;                                                     \
		if (!f)                                                         \
			return -ENOMEM;                                         \
		for (size_t i = 0; i < list->n; i++) {                          \
			print_item(&list->v[i], text);                          \
			fprintf(f, "%s%s", i > 0 ? ", " : "", text);            \
		}                                                               \
		return fclose(f) ? -ENOMEM : 0;                                 \
	}                                                                       \
	void clear(void *field)                                                 \
	{                                                                       \
		list_type *list = field;                                        \
										\
		free(list->v);                                                  \
		*list = (list_type){0};                                         \
	}

PRINT_AND_CLEAR(prefixes, clear_prefixes, struct prefixes, PREFIX_TEXT_MAX, prefix_print)
PRINT_AND_CLEAR(targets, clear_targets, struct targets, TARGET_TEXT_MAX, target_print)
PRINT_AND_CLEAR(publish_list, clear_publish_list, struct publishes, PUBLISH_TEXT_MAX, publish_print)
