/* SPDX-License-Identifier: MIT */
#include "net/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

/*
 * Never in reach, whatever is allowed: no address of somebody else's (this host,
 * this link, many), and where clouds hand out keys to whoever asks.
 */
static const char never4[] =
	"0.0.0.0/8, 100.100.100.200, 127.0.0.0/8, 168.63.129.16, 169.254.0.0/16, 192.0.0.192, "
	"224.0.0.0/3";
static const char never6[] =
	"::/96, ::ffff:0:0/96, 64:ff9b::7f00:0/104, 64:ff9b::a9fe:0/112, fd00:c1::a9fe:a9fe, "
	"fd00:ec2::/32, fd20:ce::254, fe80::/10, ff00::/8";

/* Nets that are somebody's own, in reach if allowed; also by way of a translator. */
static const char private4[] =
	"10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.0.0.0/24, 192.168.0.0/16, 198.18.0.0/15";
static const char private6[] =
	"64:ff9b::a00:0/104, 64:ff9b::6440:0/106, 64:ff9b::ac10:0/108, 64:ff9b::c0a8:0/112, "
	"64:ff9b:1::/48, 2002::/16, fc00::/7, fec0::/10";

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

	return POLICY_GROUPS | (uint32_t)((h >> 40 ^ h) & ~POLICY_GROUPS_MASK);
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
 * The chains of a section, CHAIN for where its jails may go, CHAIN-dns for the name
 * servers, which may be the host itself, and CHAIN-new for what has been let
 * through but for the number of connections.
 */
static int write_section(FILE *f, const char *chain, const struct settings *set)
{
	char accept[POLICY_CHAIN_MAX + 8];
	int r;

	snprintf(accept, sizeof accept, "%s-new", chain);
	fprintf(f, "\tchain %s {\n", accept);
	if (set->connections != NO_LIMIT)
		fprintf(f, "\t\tct state new add @connections { iif ct count over %" PRIu64 " } goto refuse\n",
			set->connections);
	fputs("\t\taccept\n\t}\n", f);

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

/* What is the same for all sections. */
static void write_common(FILE *f, const struct settings *set);

int policy_chain(const char *section, const struct settings *set, char name[static POLICY_CHAIN_MAX])
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int r;

	if (!f)
		return -ENOMEM;
	fprintf(f, "%s %u\n", section, (unsigned int)set->nat);
	write_common(f, set);
	r = write_section(f, "x", set);
	if (fclose(f) || r)
		return -ENOMEM;
	snprintf(name, POLICY_CHAIN_MAX, "jail-%.32s-%08" PRIx32, section,
		 (uint32_t)(fnv1a(text) ^ fnv1a(text) >> 32));
	return 0;
}

/* ---- the table ------------------------------------------------------------- */

static void write_set(FILE *f, const char *name, bool six, const char *elements,
		      const struct prefixes *more)
{
	char text[PREFIX_TEXT_MAX];

	fprintf(f, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n\t\tauto-merge\n\t\telements = { %s",
		name, six ? "ipv6_addr" : "ipv4_addr", elements);
	for (size_t i = 0; more && i < more->n; i++) {
		if ((more->v[i].family == AF_INET6) != six)
			continue;
		prefix_print(&more->v[i], text);
		fprintf(f, ", %s", text);
	}
	fputs(" }\n\t}\n", f);
}

/*
 * The hooks.  "From a jail" is told by the interface alone, which nothing inside can
 * change; that the source is the jail's own address, by where the host has a route
 * to it.  A drop of somebody else's table stays one: to accept here only ends
 * this table's say.
 */
static const char hooks[] =
	"\tchain refuse {\n"
	"\t\tmeta l4proto tcp reject with tcp reset\n"
	"\t\treject with icmpx admin-prohibited\n"
	"\t}\n"
	/* Before connections are tracked: what is forged makes no entry. */
	"\tchain source {\n"
	"\t\ttype filter hook prerouting priority raw; policy accept;\n"
	"\t\tiifgroup & $mask == $jails fib saddr . iif oif missing drop\n"
	"\t}\n"
	/* Before anybody's DNAT: the host on any address, by what was dialled. */
	"\tchain host {\n"
	"\t\ttype filter hook prerouting priority mangle; policy accept;\n"
	"\t\tiifgroup & $mask == $jails jump to-host\n"
	"\t}\n"
	"\tchain to-host {\n"
	"\t\tct state established,related accept\n"
	"\t\tct state invalid drop\n"
	"\t\tfib daddr type unicast accept\n"
	"\t\tiifgroup vmap @dns\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	/* After it: what was turned to the host on the way. */
	"\tchain input {\n"
	"\t\ttype filter hook input priority filter; policy accept;\n"
	"\t\tiifgroup & $mask == $jails jump into-host\n"
	"\t}\n"
	"\tchain into-host {\n"
	"\t\tct state established,related accept\n"
	"\t\tiifgroup vmap @dns\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain forward {\n"
	"\t\ttype filter hook forward priority filter; policy accept;\n"
	"\t\tiifgroup & $mask == $jails goto from-jail\n"
	"\t\toifgroup & $mask == $jails goto to-jail\n"
	"\t}\n"
	"\tchain from-jail {\n"
	"\t\toifgroup & $mask == $jails goto refuse\n"
	"\t\ttcp flags syn tcp option maxseg size set rt mtu\n"
	"\t\tct state established,related accept\n"
	"\t\tct state invalid drop\n"
	"\t\tiifgroup vmap @sections\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain to-jail {\n"
	"\t\ttcp flags syn tcp option maxseg size set rt mtu\n"
	"\t\tct state established,related accept\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain output {\n"
	"\t\ttype filter hook output priority filter; policy accept;\n"
	"\t\toifgroup & $mask == $jails jump from-host\n"
	"\t}\n"
	"\tchain from-host {\n"
	"\t\tct state established,related accept\n"
	/* What the refusals above are made of. */
	"\t\ttcp flags & rst == rst accept\n"
	"\t\ticmp type { destination-unreachable, time-exceeded, parameter-problem } accept\n"
	"\t\ticmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept\n"
	"\t\tgoto refuse\n"
	"\t}\n";

static void write_common(FILE *f, const struct settings *set)
{
	write_set(f, "never4", false, never4, &set->pool);
	write_set(f, "never6", true, never6, &set->pool);
	write_set(f, "private4", false, private4, NULL);
	write_set(f, "private6", true, private6, NULL);
	fputs("\tset connections {\n\t\ttype iface_index\n\t\tsize 65535\n\t\tflags dynamic\n\t}\n", f);
	fputs(hooks, f);
}

static int check_groups(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config->n_sections; i++)
		for (size_t k = 0; k < i; k++) {
			const struct section *a = &config->sections[k], *b = &config->sections[i];

			if (a->settings.network == NETWORK_ROUTED && b->settings.network == NETWORK_ROUTED &&
			    policy_group(a->name) == policy_group(b->name))
				return err_set(err, -EEXIST, "the names of [jail %s] and [jail %s] give the same "
							     "interface group; rename one", a->name, b->name);
		}
	return 0;
}

static int write_sections(FILE *f, const struct config *config, size_t *routed)
{
	_cleanup_free_ char *sections = NULL, *dns = NULL, *nat = NULL;
	size_t len[3];
	FILE *m[3] = {open_memstream(&sections, &len[0]), open_memstream(&dns, &len[1]),
		      open_memstream(&nat, &len[2])};
	int r = m[0] && m[1] && m[2] ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < config->n_sections; i++) {
		const struct section *s = &config->sections[i];
		char chain[POLICY_CHAIN_MAX];

		if (s->settings.network != NETWORK_ROUTED)
			continue;
		(*routed)++;
		r = policy_chain(s->name, &s->settings, chain);
		if (!r)
			r = write_section(f, chain, &s->settings);
		fprintf(m[0], "\t\t\t%" PRIu32 " : goto %s,\n", policy_group(s->name), chain);
		fprintf(m[1], "\t\t\t%" PRIu32 " : jump %s-dns,\n", policy_group(s->name), chain);
		if (s->settings.nat == SWITCH_YES)
			fprintf(m[2], "\t\tiifgroup %" PRIu32 " masquerade\n", policy_group(s->name));
	}
	for (size_t i = 0; i < 3; i++)
		if (m[i] && fclose(m[i]) && !r)
			r = -ENOMEM;
	if (r)
		return r;
	fprintf(f, "\tmap sections {\n\t\ttype devgroup : verdict\n\t\telements = {\n%s\t\t}\n\t}\n", sections);
	fprintf(f, "\tmap dns {\n\t\ttype devgroup : verdict\n\t\telements = {\n%s\t\t}\n\t}\n", dns);
	fprintf(f, "\tchain nat {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n%s\t}\n", nat);
	return 0;
}

int policy_table(const struct config *config, char **ret, size_t *ret_routed, struct err *err)
{
	_cleanup_free_ char *sections = NULL;
	char *text = NULL;
	size_t len, routed = 0;
	FILE *f;
	int r = check_groups(config, err);

	if (r)
		return r;
	f = open_memstream(&sections, &len);
	r = f ? write_sections(f, config, &routed) : -ENOMEM;
	if (f && fclose(f))
		r = -ENOMEM;
	f = r ? NULL : open_memstream(&text, &len);
	if (!f)
		return err_set(err, -ENOMEM, "the rules");
	/* Added first, so that there is something to delete. */
	fprintf(f, "define jails = %#" PRIx32 "\ndefine mask = %#" PRIx32 "\n", POLICY_GROUPS, POLICY_GROUPS_MASK);
	fputs("add table inet " POLICY_TABLE "\ndelete table inet " POLICY_TABLE "\n", f);
	fputs("table inet " POLICY_TABLE " {\n\tcomment \"made of jail.ini by loginjail net apply\"\n", f);
	write_common(f, &config->defaults.settings);
	fputs(sections, f);
	fputs("}\n", f);
	if (fclose(f)) {
		free(text);
		return err_set(err, -ENOMEM, "the rules");
	}
	*ret = text;
	*ret_routed = routed;
	return 0;
}
