/* SPDX-License-Identifier: MIT */
/*
 * There is no deletion by address in older kernels, only of a connection that is
 * named in full: so they are dumped and deleted one by one.  From 5.8 on the
 * kernel is asked for those of the address only; an older one sends all, so that
 * each is looked at here as well.
 */
#include "net/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/scope.h"
#include "net/nl.h"

/* The kernel's, which its headers don't give away: compare nothing but the source. */
#define FILTER_IP_SRC 1u

/* How many are named at a time, and how often that is done. */
#define BATCH 8192
#define ROUNDS_MAX 256

/* Deletions that are sent in one go: they fit into the room of a socket. */
#define SEND_MAX 16

/* Addresses, ports and zone of IPv6's ICMP, the longest, and room to spare. */
#define TUPLE_MAX 120

struct connection {
	uint8_t family;
	bool has_id, has_zone;
	uint8_t id[4], zone[2]; /* as the kernel has sent them */
	uint16_t len;
	uint8_t tuple[TUPLE_MAX];
};

struct found {
	const struct link_address *v;
	size_t n;
	struct connection *list;
	size_t used;
	bool more;
};

static size_t address_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* The attribute of that type among those of a nest, or NULL. */
static const struct nlattr *inside(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *a = nest ? nl.attr_get_payload(nest) : NULL;
	const char *end = nest ? (const char *)nest + NLA_HDRLEN + nl.attr_get_payload_len(nest) : NULL;

	for (; a && nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a))
		if (nl.attr_get_type(a) == type)
			return a;
	return NULL;
}

/* Does a direction of the connection begin at one of the addresses? */
static bool is_from(const struct found *f, const struct nlattr *tuple, int family)
{
	const uint16_t type = family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC;
	const struct nlattr *src = inside(inside(tuple, CTA_TUPLE_IP), type);

	if (!src || nl.attr_get_payload_len(src) != address_len(family))
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].family == family && !memcmp(f->v[i].addr, nl.attr_get_payload(src), address_len(family)))
			return true;
	return false;
}

static void keep(const struct nlmsghdr *h, void *arg)
{
	struct found *f = arg;
	const struct nfgenmsg *g = nl.nlmsg_get_payload(h);
	const struct nlattr *a = nl.nlmsg_get_payload_offset(h, sizeof *g);
	const struct nlattr *there = NULL, *back = NULL, *id = NULL, *zone = NULL;
	const char *end = (const char *)h + h->nlmsg_len;
	struct connection *c = &f->list[f->used];

	for (; nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a)) {
		const uint16_t type = nl.attr_get_type(a);

		there = type == CTA_TUPLE_ORIG ? a : there;
		back = type == CTA_TUPLE_REPLY ? a : back;
		id = type == CTA_ID && nl.attr_get_payload_len(a) == sizeof c->id ? a : id;
		zone = type == CTA_ZONE && nl.attr_get_payload_len(a) == sizeof c->zone ? a : zone;
	}
	if (!there || nl.attr_get_payload_len(there) > TUPLE_MAX ||
	    !(is_from(f, there, g->nfgen_family) || is_from(f, back, g->nfgen_family)))
		return;
	if (f->used == BATCH) {
		f->more = true;
		return;
	}
	*c = (struct connection){.family = g->nfgen_family, .has_id = id, .has_zone = zone,
				 .len = nl.attr_get_payload_len(there)};
	memcpy(c->tuple, nl.attr_get_payload(there), c->len);
	if (id)
		memcpy(c->id, nl.attr_get_payload(id), sizeof c->id);
	if (zone)
		memcpy(c->zone, nl.attr_get_payload(zone), sizeof c->zone);
	f->used++;
}

static struct nlmsghdr *request(struct nl_socket *s, uint16_t type, uint16_t flags, int family)
{
	struct nlmsghdr *h = nl_request(s, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags);
	struct nfgenmsg *g = nl.nlmsg_put_extra_header(h, sizeof *g);

	*g = (struct nfgenmsg){.nfgen_family = (uint8_t)family, .version = NFNETLINK_V0, .res_id = htons(0)};
	return h;
}

/* Ask for those of which one direction (CTA_TUPLE_ORIG or CTA_TUPLE_REPLY) begins there. */
static void put_filter(struct nlmsghdr *h, const struct link_address *a, uint16_t direction)
{
	struct nlattr *tuple = nl.attr_nest_start(h, direction);
	struct nlattr *ip = nl.attr_nest_start(h, CTA_TUPLE_IP), *filter;

	nl.attr_put(h, a->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, address_len(a->family), a->addr);
	nl.attr_nest_end(h, ip);
	nl.attr_nest_end(h, tuple);
	filter = nl.attr_nest_start(h, CTA_FILTER);
	nl.attr_put_u32(h, CTA_FILTER_ORIG_FLAGS, direction == CTA_TUPLE_ORIG ? FILTER_IP_SRC : 0);
	nl.attr_put_u32(h, CTA_FILTER_REPLY_FLAGS, direction == CTA_TUPLE_REPLY ? FILTER_IP_SRC : 0);
	nl.attr_nest_end(h, filter);
}

/* What was found already gone is as good. */
static int delete_all(struct nl_socket *s, const struct found *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < f->used;) {
		for (size_t end = i + SEND_MAX; i < f->used && i < end; i++) {
			const struct connection *c = &f->list[i];
			struct nlmsghdr *h = request(s, IPCTNL_MSG_CT_DELETE, 0, c->family);

			nl.attr_put(h, CTA_TUPLE_ORIG | NLA_F_NESTED, c->len, c->tuple);
			if (c->has_id)
				nl.attr_put(h, CTA_ID, sizeof c->id, c->id);
			if (c->has_zone)
				nl.attr_put(h, CTA_ZONE, sizeof c->zone, c->zone);
		}
		r = nl_talk(s, NULL);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

/* direction 0: of all that f names. */
static int forget(struct nl_socket *s, struct found *f, int family, uint16_t direction)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		struct nlmsghdr *h = request(s, IPCTNL_MSG_CT_GET, NLM_F_DUMP, family);
		int r;

		if (direction)
			put_filter(h, f->v, direction);
		f->used = 0;
		f->more = false;
		r = nl_ask(s, keep, f);
		if (!r)
			r = delete_all(s, f);
		if (r || !f->more)
			return r;
	}
	return -EOVERFLOW;
}

int conntrack_forget(const struct link_address *v, size_t n, struct err *err)
{
	static const uint16_t directions[] = {CTA_TUPLE_ORIG, CTA_TUPLE_REPLY};
	/* One more, of which is only seen that it is there. */
	_cleanup_free_ struct connection *list = calloc(BATCH + 1, sizeof *list);
	struct nl_socket s;
	int r = list ? nl_open(&s, NETLINK_NETFILTER, err) : err_set(err, -ENOMEM, "the table of connections");

	if (r)
		return r;
	if (n <= 2)
		for (size_t i = 0; i < 2 * n && !r; i++) {
			struct found f = {.v = &v[i / 2], .n = 1, .list = list};

			if (f.v->family)
				r = forget(&s, &f, f.v->family, directions[i % 2]);
		}
	else
		r = forget(&s, &(struct found){.v = v, .n = n, .list = list}, AF_UNSPEC, 0);
	nl_close(&s);
	return r ? err_set(err, r, "the table of connections (kernel module nf_conntrack_netlink)") : 0;
}
