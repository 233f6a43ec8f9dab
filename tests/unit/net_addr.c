/* SPDX-License-Identifier: MIT */
/* Addresses, prefixes and targets: what is read, what is printed, what is refused. */
#include <arpa/inet.h>

#include "net/addr.h"
#include "tap.h"

static const struct {
	const char *text, *printed; /* NULL: the same; "" : refused */
} prefixes[] = {
	{"192.0.2.7", NULL},
	{"192.0.2.7/32", "192.0.2.7"},
	{"10.0.0.0/8", NULL},
	{"0.0.0.0/0", NULL},
	{"::/0", NULL},
	{"fd00::/8", NULL},
	{"2001:db8::1", NULL},
	{"2001:0db8:0::0001/128", "2001:db8::1"},
	{"2001:db8::/127", NULL},

	{"", ""},
	{"/", ""},
	{"/8", ""},
	{"10.0.0.0/", ""},
	{"10.0.0.0/33", ""},
	{"10.0.0.0/08", ""},
	{"10.0.0.0/+8", ""},
	{"10.0.0.0/-1", ""},
	{"10.0.0.0/8x", ""},
	{"10.0.0.0/8/8", ""},
	{"10.0.0.0/4294967304", ""},
	{"10.0.0.1/8", ""},
	{"::1/127", ""},
	{"::/129", ""},
	{"10.0.0", ""},
	{"10.0.0.256", ""},
	{"010.0.0.1", ""},
	{"10.0.0.1 ", ""},
	{"::ffff:10.0.0.1", ""},
	{"fe80::1%eth0", ""},
	{"example.org", ""},
	{"1111:2222:3333:4444:5555:6666:7777:8888:9999", ""},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
}, targets[] = {
	{"10.0.0.0/8", NULL},
	{"10.0.0.1:443/tcp", NULL},
	{"10.0.0.1:443", NULL},
	{"10.0.0.1:1-65535/udp", NULL},
	{"10.0.0.1:80-80/udp", "10.0.0.1:80/udp"},
	{"10.0.0.0/8:icmp", NULL},
	{"10.0.0.0/8:tcp", NULL},
	{"::/0", NULL},
	{"[::/0]:25/tcp", NULL},
	{"[2001:db8::1]:udp", NULL},
	{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124]:10000-20000/tcp", NULL},

	{"", ""},
	{":", ""},
	{":80", ""},
	{"10.0.0.1:", ""},
	{"10.0.0.1:0", ""},
	{"10.0.0.1:65536", ""},
	{"10.0.0.1:080", ""},
	{"10.0.0.1:80-", ""},
	{"10.0.0.1:80-79", ""},
	{"10.0.0.1:80-81-82", ""},
	{"10.0.0.1:80/", ""},
	{"10.0.0.1:80/sctp", ""},
	{"10.0.0.1:80/icmp", ""},
	{"10.0.0.1:80/TCP", ""},
	{"10.0.0.1:http", ""},
	{"10.0.0.1:tcp/80", ""},
	{"10.0.0.1:80:81", ""},
	{"[10.0.0.1]:80", ""},
	{"[::1", ""},
	{"[::1]", ""},
	{"[::1]80", ""},
	{"[]:80", ""},
	{"2001:db8::1:80/tcp", ""},
};

static void check_prefix(size_t i)
{
	const char *text = prefixes[i].text, *want = prefixes[i].printed ? prefixes[i].printed : text;
	char printed[PREFIX_TEXT_MAX];
	struct prefix p;
	struct err err = {""};

	if (!*want) {
		ok(prefix_parse(text, &p, &err) < 0, "'%s' is no prefix", text);
		ok(*err.text, "'%s': and it is said why", text);
		return;
	}
	if (!ok(prefix_parse(text, &p, &err) == 0, "'%s' is a prefix", text))
		return;
	prefix_print(&p, printed);
	is_str(printed, want, "'%s' printed", text);
}

static void check_target(size_t i)
{
	const char *text = targets[i].text, *want = targets[i].printed ? targets[i].printed : text;
	char printed[TARGET_TEXT_MAX];
	struct target t;
	struct err err = {""};

	if (!*want) {
		ok(target_parse(text, &t, &err) < 0, "'%s' is no target", text);
		ok(*err.text, "'%s': and it is said why", text);
		return;
	}
	if (!ok(target_parse(text, &t, &err) == 0, "'%s' is a target", text)) {
		printf("# %s\n", err.text);
		return;
	}
	target_print(&t, printed);
	is_str(printed, want, "'%s' printed", text);
}

static void check_overlap(const char *a, const char *b, bool want)
{
	struct prefix x, y;

	ok(prefix_parse(a, &x, NULL) == 0 && prefix_parse(b, &y, NULL) == 0, "(%s and %s)", a, b);
	is_int(prefix_overlaps(&x, &y), want, "%s and %s overlap: %d", a, b, want);
	is_int(prefix_overlaps(&y, &x), want, "%s and %s overlap: %d", b, a, want);
}

static void check_nth(const char *prefix, uint32_t n, const char *want)
{
	char got[INET6_ADDRSTRLEN];
	uint8_t addr[16];
	struct prefix p;

	ok(prefix_parse(prefix, &p, NULL) == 0, "(%s)", prefix);
	prefix_nth(&p, n, addr);
	is_str(inet_ntop(p.family, addr, got, sizeof got), want, "%u places into %s", n, prefix);
}

int main(void)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		check_prefix(i);
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
		check_target(i);
	check_overlap("10.0.0.0/8", "10.213.0.0/16", true);
	check_overlap("10.213.0.0/16", "10.214.0.0/16", false);
	check_overlap("10.213.0.0/16", "10.213.255.255", true);
	check_overlap("0.0.0.0/0", "192.0.2.1", true);
	check_overlap("0.0.0.0/0", "::/0", false);
	check_overlap("fd00::/15", "fd01::/16", true);
	check_overlap("fd00::/16", "fd01::/16", false);
	check_nth("10.213.0.0/16", 1, "10.213.0.1");
	check_nth("10.213.0.0/16", 255, "10.213.0.255");
	check_nth("10.213.0.0/16", 65534, "10.213.255.254");
	check_nth("10.255.0.0/16", 300, "10.255.1.44");
	check_nth("192.0.2.128/25", 126, "192.0.2.254");
	check_nth("fd00::ff00/120", 254, "fd00::fffe");
	check_nth("fd00::/64", 4194302, "fd00::3f:fffe");
	check_nth("fd00::ffff:ffff:0:0/96", 65536, "fd00::ffff:ffff:1:0");
	return done_testing();
}
