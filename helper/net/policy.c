/* SPDX-License-Identifier: MIT */
#include "net/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"
#include "net/port_filter.h"
#include "net/rules.h"

static uint64_t fnv1a(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return h;
}

uint32_t policy_group(const char *section)
{
	uint64_t h = fnv1a(section);
	uint32_t own = (uint32_t)((h >> 40 ^ h) & ~POLICY_GROUPS_MASK);

	return POLICY_GROUPS | (own ? own : 1);
}

/* ---- a section ------------------------------------------------------------- */

struct entry {
	const struct target *t;
	bool allow;
};

/* The longest prefix first; in it, what names ports or a protocol; then what denies. */
static int by_precedence(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->t->to.len != y->t->to.len)
		return x->t->to.len > y->t->to.len ? -1 : 1;
	if ((x->t->proto != TARGET_ALL) != (y->t->proto != TARGET_ALL))
		return x->t->proto != TARGET_ALL ? -1 : 1;
	return (int)x->allow - (int)y->allow;
}

static void write_entry(FILE *f, const struct entry *e, const char *accept)
{
	const struct target *t = e->t;
	char to[PREFIX_TEXT_MAX];
	bool six = t->to.family == AF_INET6;

	prefix_print(&t->to, to);
	/* A prefix of no bits is no match for nft, but the family is. */
	if (t->to.len == 0)
		fprintf(f, "\t\tmeta nfproto %s", six ? "ipv6" : "ipv4");
	else
		fprintf(f, "\t\t%s daddr %s", six ? "ip6" : "ip", to);
	switch (t->proto) {
	case TARGET_ICMP:
		fprintf(f, " meta l4proto %s", six ? "ipv6-icmp" : "icmp");
		break;
	case TARGET_TCP:
	case TARGET_UDP:
		fprintf(f, " meta l4proto %s", t->proto == TARGET_TCP ? "tcp" : "udp");
		break;
	case TARGET_PORTS:
		fputs(" meta l4proto { tcp, udp }", f);
		break;
	default:
		break;
	}
	if (t->first)
		fprintf(f, " th dport %u-%u", t->first, t->last);
	fprintf(f, " goto %s\n", e->allow ? accept : "refuse");
}

static int write_entries(FILE *f, const struct settings *set, const char *accept)
{
	size_t n = set->allow.n + set->deny.n;
	_cleanup_free_ struct entry *v = calloc(n + 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		v[i] = i < set->allow.n ? (struct entry){&set->allow.v[i], true}
					: (struct entry){&set->deny.v[i - set->allow.n], false};
	qsort(v, n, sizeof *v, by_precedence);
	for (size_t i = 0; i < n; i++)
		write_entry(f, &v[i], accept);
	return 0;
}

static void write_dns(FILE *f, const struct settings *set, const char *chain)
{
	char addr[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < set->dns.n; i++) {
		prefix_print(&set->dns.v[i], addr);
		fprintf(f, "\t\t%s daddr %s meta l4proto { tcp, udp } th dport 53 goto %s-new\n",
			set->dns.v[i].family == AF_INET6 ? "ip6" : "ip", addr, chain);
	}
}

/*
 * What is let through but for the number of connections.  They count by the jail's
 * address, which the user's next jail has again, and together with those of the other
 * direction.  What can't be counted, because memory or the set is full, is refused.
 */
static void write_counted(FILE *f, const char *name, const char *end, const struct settings *set, const char *sets)
{
	fprintf(f, "\tchain %s {\n", name);
	if (set->connections == NO_LIMIT) {
		fputs("\t\taccept\n\t}\n", f);
		return;
	}
	fputs("\t\tct state != new accept\n", f);
	fprintf(f, "\t\tadd @%s4 { ip %s ct count %" PRIu64 " } accept\n", sets, end, set->connections);
	fprintf(f, "\t\tadd @%s6 { ip6 %s ct count %" PRIu64 " } accept\n", sets, end, set->connections);
	fputs("\t\tgoto refuse\n\t}\n", f);
}

/*
 * The chains of a section, CHAIN for where its jails may go, CHAIN-dns for the name
 * servers, which may be the host itself, and CHAIN-new for what has been let
 * through but for the number of connections, CHAIN-in for the same from outside.
 */
static int write_section(FILE *f, const char *chain, const struct settings *set)
{
	char accept[POLICY_CHAIN_MAX + 8], sets[POLICY_CHAIN_MAX + 8] = "connections";
	int r;

	if (set->network == NETWORK_BRIDGE) {
		snprintf(sets, sizeof sets, "%s-", chain);
		rules_counters(f, sets, &set->address);
	}
	snprintf(accept, sizeof accept, "%s-new", chain);
	write_counted(f, accept, "saddr", set, sets);
	snprintf(accept, sizeof accept, "%s-in", chain);
	write_counted(f, accept, "daddr", set, sets);
	snprintf(accept, sizeof accept, "%s-new", chain);

	fprintf(f, "\tchain %s-dns {\n", chain);
	write_dns(f, set, chain);
	fputs("\t}\n", f);

	fprintf(f, "\tchain %s {\n", chain);
	if (set->dns.n > 0) {
		fprintf(f, "\t\tjump %s-dns\n", chain);
		fputs("\t\tmeta l4proto { tcp, udp } th dport 53 goto refuse\n", f);
	}
	fputs("\t\tip daddr @never4 goto refuse\n\t\tip6 daddr @never6 goto refuse\n", f);
	r = write_entries(f, set, accept);
	fputs("\t\tip daddr @private4 goto refuse\n\t\tip6 daddr @private6 goto refuse\n", f);
	fprintf(f, "\t\tgoto %s\n\t}\n", accept);
	return r;
}

int policy_chain(const char *section, const struct settings *set, char name[static POLICY_CHAIN_MAX])
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int r;

	if (!f)
		return -ENOMEM;
	fprintf(f, "%s %u\n", section, (unsigned int)set->nat);
	for (size_t i = 0; i < set->publish.n; i++) {
		char port[PUBLISH_TEXT_MAX];

		publish_print(&set->publish.v[i], port);
		fprintf(f, "%s\n", port);
	}
	rules_common(f, &set->pool);
	if (set->network == NETWORK_BRIDGE) {
		for (size_t i = 0; i < set->address.n; i++) {
			char prefix[PREFIX_TEXT_MAX];

			prefix_print(&set->address.v[i], prefix);
			fprintf(f, "%s\n", prefix);
		}
		rules_guard(f);
	}
	r = write_section(f, "x", set);
	if (fclose(f) || r)
		return -ENOMEM;
	snprintf(name, POLICY_CHAIN_MAX, "jail-%.32s-%08" PRIx32, section,
		 (uint32_t)(fnv1a(text) ^ fnv1a(text) >> 32));
	return 0;
}

/* ---- the table ------------------------------------------------------------- */

static bool same_port(const struct settings *a, const struct settings *b, char text[static PUBLISH_TEXT_MAX])
{
	for (size_t i = 0; i < a->publish.n; i++)
		for (size_t k = 0; k < b->publish.n; k++) {
			if (a->publish.v[i].host != b->publish.v[k].host || a->publish.v[i].udp != b->publish.v[k].udp)
				continue;
			publish_print(&a->publish.v[i], text);
			return true;
		}
	return false;
}

/* By its address is a jail on a bridge known: the first range that both have. */
static const struct prefix *same_addresses(const struct settings *a, const struct settings *b)
{
	if (a->network != NETWORK_BRIDGE || b->network != NETWORK_BRIDGE)
		return NULL;
	return prefixes_overlap(&a->address, &b->address);
}

/* The addresses that a section's jails have their hardware addresses from; NULL: it has none. */
static const struct prefix *hardware_source(const struct settings *s)
{
	const struct prefix *four = prefixes_find(&s->address, AF_INET);

	return four ? four : prefixes_find(&s->address, AF_INET6);
}

/* What of them tells one from another, as a number and how many bits of it all have. */
static uint32_t hardware(const struct prefix *p, unsigned int *len)
{
	struct link_address first[2] = {{0}}, *own = &first[p->family == AF_INET ? 0 : 1];
	uint8_t mac[6];
	uint32_t last;

	own->family = p->family;
	memcpy(own->addr, p->addr, sizeof own->addr);
	port_hardware(first, mac);
	memcpy(&last, mac + 2, sizeof last);
	*len = p->family == AF_INET ? p->len : p->len > 96 ? p->len - 96 : 0;
	return ntohl(last);
}

static bool same_hardware(const struct settings *a, const struct settings *b)
{
	const struct prefix *p = hardware_source(a), *q = hardware_source(b);
	unsigned int x, y, len;
	uint32_t differ;

	if (a->network != NETWORK_BRIDGE || b->network != NETWORK_BRIDGE || strcmp(a->bridge, b->bridge) != 0 || !p ||
	    !q)
		return false;
	differ = hardware(p, &x) ^ hardware(q, &y);
	len = x < y ? x : y;
	return len == 0 || differ >> (32 - len) == 0;
}

static int check_pair(const struct section *a, const struct section *b, struct err *err)
{
	const struct prefix *address;
	char port[PUBLISH_TEXT_MAX], text[PREFIX_TEXT_MAX];

	if (!network_has_link(a->settings.network) || !network_has_link(b->settings.network))
		return 0;
	address = same_addresses(&a->settings, &b->settings);
	if (address) {
		prefix_print(address, text);
		return err_set(err, -EEXIST, "[jail %s] and [jail %s] both have the addresses %s: give each a part of "
			       "its own", a->name, b->name, text);
	}
	if (same_hardware(&a->settings, &b->settings))
		return err_set(err, -EEXIST, "[jail %s] and [jail %s] are on one bridge with addresses that end alike, "
			       "of which their jails' hardware addresses are made: give them other ones, or "
			       "addresses of IPv4 as well", a->name, b->name);
	if (policy_group(a->name) == policy_group(b->name))
		return err_set(err, -EEXIST, "the names of [jail %s] and [jail %s] give the same interface group; "
			       "rename one", a->name, b->name);
	/* Of the jails on a bridge each has its own. */
	if (a->settings.network != NETWORK_ROUTED || b->settings.network != NETWORK_ROUTED)
		return 0;
	if (same_port(&a->settings, &b->settings, port))
		return err_set(err, -EEXIST, "[jail %s] and [jail %s] both publish %s of the host; take one out",
			       a->name, b->name, port);
	return 0;
}

bool policy_publishes_for_many(const struct section *section)
{
	const struct settings *s = &section->settings;

	return s->network == NETWORK_ROUTED && s->publish.n > 0 && (s->users.n != 1 || s->groups.n > 0);
}

static int check_sections(const struct config *config, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < config->n_sections; i++) {
		if (policy_publishes_for_many(&config->sections[i]))
			return err_set(err, -EINVAL, "[jail %s] publishes ports: " POLICY_PUBLISH_TEXT,
				       config->sections[i].name);
		for (size_t k = 0; !r && k < i; k++)
			r = check_pair(&config->sections[k], &config->sections[i], err);
	}
	return r;
}

/* What is made of the sections, text by text. */
enum part {
	PART_CHAINS,
	PART_SECTIONS,
	PART_DNS,
	PART_NAT,
	PART_PUBLISHED,
	PART_INBOUND,
	PART_LOCAL,
	/* Of jails on bridges, what is of IPv6 behind what is of IPv4. */
	PART_BRIDGED,
	PART_BRIDGED_SECTIONS = PART_BRIDGED + 2,
	PART_BRIDGED_DNS = PART_BRIDGED_SECTIONS + 2,
	PART_BRIDGED_SOURCES = PART_BRIDGED_DNS + 2,
	PART_BRIDGED_INBOUND = PART_BRIDGED_SOURCES + 2,
	PART_MAX,
};

static int write_published(FILE *const f[PART_MAX], const struct section *s, const char *chain,
			   policy_address_fn *address, struct err *err)
{
	const struct publishes *list = &s->settings.publish;
	struct link_address a[2];
	char text[INET6_ADDRSTRLEN];
	int r = list->n > 0 && address ? address(s, a, err) : 0;

	for (size_t i = 0; !r && address && i < list->n; i++) {
		const struct publish *p = &list->v[i];
		const char *proto = p->udp ? "udp" : "tcp";

		for (int k = 0; k < 2; k++) {
			if (!a[k].family)
				continue;
			(void)inet_ntop(a[k].family, a[k].addr, text, sizeof text);
			fprintf(f[PART_PUBLISHED], "\t\tmeta nfproto %s %s dport %u dnat %s to %s%s%s:%u\n",
				k ? "ipv6" : "ipv4", proto, p->host, k ? "ip6" : "ip", k ? "[" : "", text,
				k ? "]" : "", p->inside);
			fprintf(f[PART_LOCAL], "\t\t%s daddr %s %s dport %u accept\n", k ? "ip6" : "ip", text,
				proto, p->inside);
		}
		fprintf(f[PART_INBOUND], "\t\toifgroup %" PRIu32 " %s dport %u goto %s-in\n", policy_group(s->name),
			proto, p->inside, chain);
	}
	return r;
}

static int write_routed(FILE *const f[PART_MAX], const struct section *s, policy_address_fn *address,
			struct err *err)
{
	const uint32_t group = policy_group(s->name);
	char chain[POLICY_CHAIN_MAX];
	int r = policy_chain(s->name, &s->settings, chain);

	if (!r)
		r = write_section(f[PART_CHAINS], chain, &s->settings);
	if (r)
		return err_set(err, r, "the rules");
	fprintf(f[PART_SECTIONS], "%" PRIu32 " : goto %s, ", group, chain);
	fprintf(f[PART_DNS], "%" PRIu32 " : jump %s-dns, ", group, chain);
	if (s->settings.nat == ANSWER_YES)
		fprintf(f[PART_NAT], "\t\tiifgroup %" PRIu32 " masquerade\n", group);
	return write_published(f, s, chain, address, err);
}

static int write_bridged(FILE *const f[PART_MAX], const struct section *s, struct err *err)
{
	const struct settings *set = &s->settings;
	char chain[POLICY_CHAIN_MAX];
	int r = policy_chain(s->name, set, chain);

	if (!r)
		r = write_section(f[PART_CHAINS], chain, set);
	if (r)
		return err_set(err, r, "the rules");
	for (size_t i = 0; i < set->address.n; i++) {
		const int six = set->address.v[i].family == AF_INET6;
		char text[PREFIX_TEXT_MAX];

		prefix_print(&set->address.v[i], text);
		fprintf(f[PART_BRIDGED + six], "%s, ", text);
		fprintf(f[PART_BRIDGED_SECTIONS + six], "%s : goto %s, ", text, chain);
		fprintf(f[PART_BRIDGED_SOURCES + six], "%" PRIu32 " . %s, ", policy_group(s->name), text);
		fprintf(f[PART_BRIDGED_DNS + six], "%s : jump %s-dns, ", text, chain);
		for (size_t k = 0; k < set->publish.n; k++)
			fprintf(f[PART_BRIDGED_INBOUND], "\t\t%s daddr %s %s dport %u goto %s-in\n", six ? "ip6" : "ip",
				text, set->publish.v[k].udp ? "udp" : "tcp", set->publish.v[k].inside, chain);
	}
	return 0;
}

/* nft takes no empty list for one. */
static void write_elements(FILE *f, const char *text)
{
	if (*text)
		fprintf(f, "\t\telements = { %s}\n", text);
	fputs("\t}\n", f);
}

static void write_bridged_parts(FILE *f, char *const text[PART_MAX])
{
	for (int six = 0; six < 2; six++) {
		const char c = six ? '6' : '4';

		fprintf(f, "\tset bridged%c {\n\t\ttype ipv%c_addr\n\t\tflags interval\n", c, c);
		write_elements(f, text[PART_BRIDGED + six]);
		fprintf(f, "\tmap bridged-sections%c {\n\t\ttype ipv%c_addr : verdict\n\t\tflags interval\n", c, c);
		write_elements(f, text[PART_BRIDGED_SECTIONS + six]);
		fprintf(f, "\tmap bridged-dns%c {\n\t\ttype ipv%c_addr : verdict\n\t\tflags interval\n", c, c);
		write_elements(f, text[PART_BRIDGED_DNS + six]);
	}
	fprintf(f, "\tchain bridged-inbound {\n%s\t}\n", text[PART_BRIDGED_INBOUND]);
}

/* The table of bridges.  Where no section has one, jails of before may still be on one: they
 * get nowhere. */
static void write_guard(FILE *f, char *const text[PART_MAX])
{
	fputs("add table bridge " POLICY_TABLE "\ndelete table bridge " POLICY_TABLE "\n", f);
	fputs("table bridge " POLICY_TABLE " {\n\tcomment \"made of jail.ini by loginjail net apply\"\n", f);
	for (int six = 0; six < 2; six++) {
		const char c = six ? '6' : '4';

		fprintf(f, "\tset sources%c {\n\t\ttype devgroup . ipv%c_addr\n\t\tflags interval\n", c, c);
		write_elements(f, text[PART_BRIDGED_SOURCES + six]);
	}
	rules_guard(f);
	fputs("}\n", f);
}

static void write_parts(FILE *f, char *const text[PART_MAX])
{
	fputs(text[PART_CHAINS], f);
	fputs("\tmap sections {\n\t\ttype devgroup : verdict\n", f);
	write_elements(f, text[PART_SECTIONS]);
	fputs("\tmap dns {\n\t\ttype devgroup : verdict\n", f);
	write_elements(f, text[PART_DNS]);
	write_bridged_parts(f, text);
	fprintf(f, "\tchain inbound {\n%s\t}\n\tchain inbound-local {\n%s\t}\n\tchain published {\n%s\t}\n",
		text[PART_INBOUND], text[PART_LOCAL], text[PART_PUBLISHED]);
	/* For others, and for the host itself, whose loopback stays its own. */
	fputs("\tchain publish {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
	      "\t\tfib daddr type local jump published\n\t}\n"
	      "\tchain publish-local {\n\t\ttype nat hook output priority -100; policy accept;\n"
	      "\t\tip daddr 127.0.0.0/8 accept\n\t\tip6 daddr ::1 accept\n"
	      "\t\tfib daddr type local jump published\n\t}\n", f);
	fprintf(f, "\tchain nat {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n%s\t}\n}\n",
		text[PART_NAT]);
	write_guard(f, text);
}

static int write_sections(FILE *f, const struct config *config, policy_address_fn *address,
			  struct policy_count *count, struct err *err)
{
	char *text[PART_MAX] = {0};
	FILE *part[PART_MAX];
	size_t len;
	int r = 0;

	for (int i = 0; i < PART_MAX; i++) {
		part[i] = open_memstream(&text[i], &len);
		if (!part[i])
			r = err_set(err, -ENOMEM, "the rules");
	}
	for (size_t i = 0; !r && i < config->n_sections; i++) {
		const struct section *s = &config->sections[i];

		if (s->settings.network == NETWORK_BRIDGE) {
			count->bridged++;
			r = write_bridged(part, s, err);
		} else if (s->settings.network == NETWORK_ROUTED) {
			count->routed++;
			r = write_routed(part, s, address, err);
		}
	}
	for (int i = 0; i < PART_MAX; i++)
		if (part[i] && fclose(part[i]) && !r)
			r = err_set(err, -ENOMEM, "the rules");
	if (!r)
		write_parts(f, text);
	for (int i = 0; i < PART_MAX; i++)
		free(text[i]);
	return r;
}

int policy_table(const struct config *config, policy_address_fn *address, char **ret,
		 struct policy_count *ret_count, struct err *err)
{
	char *text = NULL;
	size_t len;
	FILE *f;
	int r = check_sections(config, err);

	if (r)
		return r;
	f = open_memstream(&text, &len);
	if (!f)
		return err_set(err, -ENOMEM, "the rules");
	*ret_count = (struct policy_count){0};
	fprintf(f, "define jails = %#" PRIx32 "\ndefine mask = %#" PRIx32 "\n", POLICY_GROUPS, POLICY_GROUPS_MASK);
	/* Added first, so that there is something to delete. */
	fputs("add table inet " POLICY_TABLE "\ndelete table inet " POLICY_TABLE "\n", f);
	fputs("table inet " POLICY_TABLE " {\n\tcomment \"made of jail.ini by loginjail net apply\"\n", f);
	rules_common(f, &config->defaults.settings.pool);
	r = write_sections(f, config, address, ret_count, err);
	if (fclose(f) && !r)
		r = err_set(err, -ENOMEM, "the rules");
	if (r)
		free(text);
	else
		*ret = text;
	return r;
}
