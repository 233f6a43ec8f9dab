/* SPDX-License-Identifier: MIT */
/* The rules: their order, what of jail.ini changes a section's chain, groups. */
#include <stdlib.h>

#include "lib/scope.h"
#include "net/link.h"
#include "net/policy.h"
#include "tap.h"

static struct config *config_of(const char *text)
{
	struct config *config = NULL;

	ok(config_parse("test", text, strlen(text), &config) == 0, "(a config)");
	if (!is_int(config->n_errors, 0, "(without errors)"))
		printf("# %s\n", config->errors[0].text);
	return config;
}

static char *table_of(const char *text, struct policy_count *count)
{
	_cleanup_config_ struct config *config = config_of(text);
	char *table = NULL;
	struct err err = {""};

	ok(policy_table(config, NULL, &table, count, &err) == 0, "(its table)");
	return table;
}

#define HEAD "[defaults]\npool = 10.9.0.0/16 fd09::/64\n"
#define BRIDGE "[jail one]\nusers = x\nnetwork = bridge\nbridge = br0\ngateway = 10.1.0.1/16 fe80::1/64\n"
#define ON_BRIDGE BRIDGE "address = 10.1.2.0/24 fd01::/112\n"
#define JAIL "[jail one]\nusers = x\nnetwork = routed\n"

/* Does changing the config from A to B give section "one" another chain? */
static void check_chain(const char *a, const char *b, bool changes, const char *what)
{
	_cleanup_config_ struct config *x = config_of(a);
	_cleanup_config_ struct config *y = config_of(b);
	char old[POLICY_CHAIN_MAX], new[POLICY_CHAIN_MAX];

	ok(policy_chain("one", &config_section(x, "one")->settings, old) == 0 &&
	   policy_chain("one", &config_section(y, "one")->settings, new) == 0, "(chains)");
	is_int(strcmp(old, new) != 0, changes, "%s: %s chain", what, changes ? "another" : "the same");
}

static void check_order(void)
{
	static const char *const wanted[] = {
		"ip daddr @never4 goto refuse",
		"ip daddr 10.1.2.3 meta l4proto tcp th dport 80-80 goto jail-one-",
		"ip daddr 10.1.2.3 goto refuse",
		"ip daddr 10.1.2.3 goto jail-one-",
		"ip daddr 10.1.0.0/16 meta l4proto icmp goto jail-one-",
		"meta nfproto ipv6 meta l4proto { tcp, udp } th dport 25-25 goto refuse",
		"meta nfproto ipv4 goto refuse",
		"ip daddr @private4 goto refuse",
		NULL,
	};
	struct policy_count count;
	_cleanup_free_ char *table = table_of(
		HEAD JAIL "allow = 10.1.0.0/16:icmp 10.1.2.3 10.1.2.3:80/tcp\n"
			  "deny = 0.0.0.0/0 [::/0]:25 10.1.2.3\n", &count);
	const char *p = table;

	is_int(count.routed, 1, "one is routed");
	for (size_t i = 0; wanted[i]; i++) {
		const char *at = strstr(p, wanted[i]);

		if (!ok(at, "'%s' comes next", wanted[i]))
			printf("%s\n", p);
		p = at ? at + 1 : p;
	}
}

/* Connections are let through when they were counted, by an address that stays, and only then. */
static void check_counted(void)
{
	struct policy_count count;
	_cleanup_free_ char *table = table_of(HEAD JAIL "connections = 7\n", &count);

	contains(table, "\t\tct state != new accept\n"
			"\t\tadd @connections4 { ip saddr ct count 7 } accept\n"
			"\t\tadd @connections6 { ip6 saddr ct count 7 } accept\n"
			"\t\tgoto refuse\n", "what goes out, by its source");
	contains(table, "\t\tct state != new accept\n"
			"\t\tadd @connections4 { ip daddr ct count 7 } accept\n"
			"\t\tadd @connections6 { ip6 daddr ct count 7 } accept\n"
			"\t\tgoto refuse\n", "what comes in, by its destination");
	contains(table, "set connections4 {\n\t\ttype ipv4_addr\n\t\tsize 65534\n", "with room for all of the pool");
}

/* What is closed in IPv4 is so by way of a translator as well. */
static void check_translated(void)
{
	static const char *const closed[][2] = {
		{"set never6 {", "64:ff9b::/104"},	     {"set never6 {", "64:ff9b::6464:64c8,"},
		{"set never6 {", "64:ff9b::7f00:0/104"},     {"set never6 {", "64:ff9b::a83f:8110,"},
		{"set never6 {", "64:ff9b::a9fe:0/112"},     {"set never6 {", "64:ff9b::c000:c0,"},
		{"set never6 {", "64:ff9b::e000:0/99"},	     {"set never6 {", "64:ff9b::a09:0/112"},
		{"set never6 {", "fd09::/64"},		     {"set never4 {", "10.9.0.0/16"},
		{"set private6 {", "64:ff9b::a00:0/104"},    {"set private6 {", "64:ff9b::6440:0/106"},
		{"set private6 {", "64:ff9b::ac10:0/108"},   {"set private6 {", "64:ff9b::c000:0/120"},
		{"set private6 {", "64:ff9b::c0a8:0/112"},   {"set private6 {", "64:ff9b::c612:0/111"},
		{"set private4 {", "198.18.0.0/15"},	     {"set private6 {", "fc00::/7"},
	};
	struct policy_count count;
	_cleanup_free_ char *table = table_of(HEAD JAIL, &count);

	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
		const char *set = strstr(table, closed[i][0]), *end = set ? strstr(set, "}\n") : NULL;
		const char *at = set ? strstr(set, closed[i][1]) : NULL;

		ok(at && at < end, "%s has %s", closed[i][0], closed[i][1]);
	}
}

/* Jails on a bridge are known by their source, in both tables. */
static void check_bridged(void)
{
	struct policy_count count;
	_cleanup_free_ char *table = table_of(HEAD ON_BRIDGE "publish = 80/tcp\ndns = 10.1.0.2\n", &count);
	_cleanup_free_ char *none = table_of(HEAD JAIL, &count);
	char chain[POLICY_CHAIN_MAX], text[256];
	_cleanup_config_ struct config *config = config_of(HEAD ON_BRIDGE "publish = 80/tcp\ndns = 10.1.0.2\n");

	is_int(count.bridged, 0, "a routed jail is not bridged");
	ok(policy_chain("one", &config_section(config, "one")->settings, chain) == 0, "(a chain)");
	snprintf(text, sizeof text, "elements = { 10.1.2.0/24 : goto %s, }", chain);
	contains(table, text, "its source leads to its rules");
	snprintf(text, sizeof text, "elements = { fd01::/112 : goto %s, }", chain);
	contains(table, text, "of IPv6 as well");
	snprintf(text, sizeof text, "elements = { 10.1.2.0/24 : jump %s-dns, }", chain);
	contains(table, text, "and to its name servers");
	snprintf(text, sizeof text, "ip6 daddr fd01::/112 tcp dport 80 goto %s-in", chain);
	contains(table, text, "what is published is so at its own address");
	ok(!strstr(table, "dnat ip to"), "and nowhere else");
	contains(table, "-4 {\n\t\ttype ipv4_addr\n\t\tsize 254\n", "its connections have room");
	contains(table, "table bridge loginjail {", "bridges have a table");
	snprintf(text, sizeof text, "elements = { %u . 10.1.2.0/24, }", policy_group("one"));
	contains(table, text, "in which the source is one of the section's");
	contains(none, "table bridge loginjail {", "where no section has one, those of before");
	ok(!strstr(none, "10.1.2.0/24"), "get nowhere");
}

static void check_groups(void)
{
	static const char *const names[] = {"a", "b", "aa", "ab", "ba", "one", "two", "students", "tutors",
					    "a-very-long-name-of-thirty-two-ch"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint32_t g = policy_group(names[i]);

		is_int(g & POLICY_GROUPS_MASK, POLICY_GROUPS, "%s: in the range", names[i]);
		for (size_t k = 0; k < i; k++)
			ok(g != policy_group(names[k]), "%s and %s differ", names[i], names[k]);
	}
}

/* Two names with one group: found, since it would mix their rules. */
static void check_collision(void)
{
	static uint32_t seen[6000];
	char text[400], *table = NULL;
	struct err err = {""};
	struct policy_count count;

	for (unsigned int i = 0; i < sizeof seen / sizeof *seen; i++) {
		snprintf(text, sizeof text, "j%u", i);
		seen[i] = policy_group(text);
		for (unsigned int k = 0; k < i; k++) {
			struct config *config;

			if (seen[k] != seen[i])
				continue;
			snprintf(text, sizeof text, "[jail j%u]\nusers = x\nnetwork = routed\n"
						    "[jail j%u]\nusers = y\nnetwork = routed\n", k, i);
			config = config_of(text);
			ok(policy_table(config, NULL, &table, &count, &err) < 0,
			   "j%u and j%u have one group: refused", k, i);
			contains(err.text, "rename one", "and it is said what to do");
			config_free(config);
			return;
		}
	}
	ok(false, "among six thousand names there are two with one group");
}

/* On one bridge two jails can't have one hardware address. */
static void check_hardware(void)
{
#define SIX(name, bridge, address)                                                               \
	"[jail " name "]\nusers = " name "\nnetwork = bridge\nbridge = " bridge "\ngateway = fe80::1/64\n" \
	"address = " address "\n"
	static const struct {
		const char *text;
		bool refused;
	} pairs[] = {
		{SIX("a", "br0", "fd00:a::/112") SIX("b", "br0", "fd00:b::/112"), true},
		{SIX("a", "br0", "fd00:a::/64") SIX("b", "br0", "fd00:b::5:0/112"), true},
		{SIX("a", "br0", "fd00:a::/112") SIX("b", "br1", "fd00:b::/112"), false},
		{SIX("a", "br0", "fd00:a::/112") SIX("b", "br0", "fd00:b::1:0/112"), false},
		{SIX("a", "br0", "fd00:a::a01:200/120") BRIDGE "address = 10.1.2.0/24 fd01::/112\n", true},
		{SIX("a", "br0", "fd00:a::a01:300/120") BRIDGE "address = 10.1.2.0/24 fd01::/112\n", false},
	};
	struct policy_count count;

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		_cleanup_config_ struct config *config = config_of(pairs[i].text);
		_cleanup_free_ char *table = NULL;
		struct err err = {""};

		is_int(policy_table(config, NULL, &table, &count, &err), pairs[i].refused ? -EEXIST : 0,
		       "pair %zu: %s", i, err.text);
		if (pairs[i].refused)
			contains(err.text, "addresses that end alike", "and why");
	}
}

static void check_names(void)
{
	char name[LINK_NAME_MAX];

	link_name("2001-0123abcd", name);
	is_str(name, "lj2001-0123abcd", "a link's name");
	link_name("4294967295-0123abcd", name);
	is_str(name, "lj7295-0123abcd", "that of a large uid");
	link_name("7-0123abcd", name);
	is_str(name, "lj7-0123abcd", "that of a small one");
}

int main(void)
{
	struct policy_count count;
	char *none = table_of(HEAD "[jail one]\nusers = x\n", &count);

	is_int(count.routed, 0, "a private jail needs no rules");
	ok(!strstr(none, "jail-one"), "and has none");
	free(none);
	check_order();
	check_counted();
	check_translated();
	check_bridged();
	check_hardware();
	check_groups();
	check_collision();
	check_names();
	check_chain(HEAD JAIL, HEAD JAIL "memory = 64M\n", false, "memory");
	check_chain(HEAD JAIL, HEAD JAIL "[jail two]\nusers = y\nnetwork = routed\n", false, "another section");
	check_chain(HEAD JAIL, HEAD JAIL "allow = 10.0.0.1\n", true, "allow");
	check_chain(HEAD JAIL, HEAD JAIL "deny = 10.0.0.1\n", true, "deny");
	check_chain(HEAD JAIL "allow = 10.0.0.1\n", HEAD JAIL "deny = 10.0.0.1\n", true, "allow for deny");
	check_chain(HEAD JAIL, HEAD JAIL "dns = 10.0.0.1\n", true, "dns");
	check_chain(HEAD JAIL, HEAD JAIL "publish = 80/tcp\n", true, "publish");
	check_chain(HEAD JAIL, HEAD JAIL "nat = no\n", true, "nat");
	check_chain(HEAD JAIL, HEAD JAIL "connections = 7\n", true, "connections");
	check_chain(HEAD JAIL, "[defaults]\npool = 10.8.0.0/16 fd09::/64\n" JAIL, true, "pool");
	check_chain(HEAD ON_BRIDGE, HEAD BRIDGE "address = 10.1.3.0/24 fd01::/112\n", true, "address");
	check_chain(HEAD ON_BRIDGE, HEAD JAIL, true, "bridge for routed");
	check_chain(HEAD ON_BRIDGE, HEAD ON_BRIDGE "memory = 64M\n", false, "memory of a bridged jail");
	return done_testing();
}
