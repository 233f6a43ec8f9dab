/* SPDX-License-Identifier: MIT */
#include "net/rules.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "net/policy.h"
#include "net/pool.h"

/*
 * Never in reach, whatever is allowed: no address of somebody else's (this host,
 * this link, many), and where clouds hand out keys to whoever asks.
 */
static const char *const never4[] = {"0.0.0.0/8",      "100.100.100.200", "127.0.0.0/8", "168.63.129.16",
				     "169.254.0.0/16", "192.0.0.192",	  "224.0.0.0/3", NULL};
static const char *const never6[] = {"::/96",	       "::ffff:0:0/96", "fd00:c1::a9fe:a9fe", "fd00:ec2::/32",
				     "fd20:ce::254", "fe80::/10",     "ff00::/8",	      NULL};

/* Nets that are somebody's own, in reach if allowed. */
static const char *const private4[] = {"10.0.0.0/8",	 "100.64.0.0/10",  "172.16.0.0/12", "192.0.0.0/24",
				       "192.168.0.0/16", "198.18.0.0/15", NULL};
static const char *const private6[] = {"64:ff9b:1::/48", "2002::/16", "fc00::/7", "fec0::/10", NULL};

/* How a translator to IPv4 is told of that prefix (RFC 6052). */
static struct prefix translated(const struct prefix *p)
{
	struct prefix six = {.family = AF_INET6, .len = 96 + p->len, .addr = {0x00, 0x64, 0xff, 0x9b}};

	memcpy(six.addr + 12, p->addr, 4);
	return six;
}

static void write_element(FILE *f, const struct prefix *p, bool six)
{
	struct prefix way = *p;
	char text[PREFIX_TEXT_MAX];

	if (six && p->family == AF_INET)
		way = translated(p);
	if ((way.family == AF_INET6) != six)
		return;
	prefix_print(&way, text);
	fprintf(f, "%s, ", text);
}

/* Of four and six what is of the family, in IPv6 four by way of a translator as well. */
static void write_set(FILE *f, const char *name, bool is_six, const char *const four[], const char *const six[],
		      const struct prefixes *more)
{
	struct prefix p;

	fprintf(f, "\tset %s%c {\n\t\ttype ipv%c_addr\n\t\tflags interval\n\t\tauto-merge\n\t\telements = { ",
		name, is_six ? '6' : '4', is_six ? '6' : '4');
	for (; *four; four++)
		if (!prefix_parse(*four, &p, NULL))
			write_element(f, &p, is_six);
	for (; *six; six++)
		if (!prefix_parse(*six, &p, NULL))
			write_element(f, &p, is_six);
	for (size_t i = 0; more && i < more->n; i++)
		write_element(f, &more->v[i], is_six);
	fputs("}\n\t}\n", f);
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
	"\t\tip saddr @bridged4 goto bridged-to-host\n"
	"\t\tip6 saddr @bridged6 goto bridged-to-host\n"
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
	"\t\tip saddr @bridged4 goto bridged-into-host\n"
	"\t\tip6 saddr @bridged6 goto bridged-into-host\n"
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
	"\t\tjump bridged\n"
	"\t\tjump nobodys\n"
	"\t}\n"
	"\tchain from-jail {\n"
	"\t\toifgroup & $mask == $jails goto refuse\n"
	"\t\tip daddr @bridged4 goto refuse\n"
	"\t\tip6 daddr @bridged6 goto refuse\n"
	"\t\ttcp flags syn tcp option maxseg size set rt mtu\n"
	"\t\tct state established,related accept\n"
	"\t\tct state invalid drop\n"
	"\t\tiifgroup vmap @sections\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain to-jail {\n"
	"\t\ttcp flags syn tcp option maxseg size set rt mtu\n"
	"\t\tct state established,related accept\n"
	"\t\tct status dnat jump inbound\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain output {\n"
	"\t\ttype filter hook output priority filter; policy accept;\n"
	"\t\toifgroup & $mask == $jails jump from-host\n"
	/* After DNAT of its own the host's way is not seen here; the address is. */
	"\t\tct status dnat jump inbound-local\n"
	"\t\tip daddr @bridged4 goto bridged-from-host\n"
	"\t\tip6 daddr @bridged6 goto bridged-from-host\n"
	"\t\tjump nobodys\n"
	"\t}\n"
	"\tchain from-host {\n"
	"\t\tct state established,related accept\n"
	"\t\tct status dnat jump inbound\n"
	/* What the refusals above are made of. */
	"\t\ttcp flags & rst == rst accept\n"
	"\t\ticmp type { destination-unreachable, time-exceeded, parameter-problem } accept\n"
	"\t\ticmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept\n"
	"\t\tgoto refuse\n"
	"\t}\n";

/*
 * Jails on a bridge are known by their source, which the filter of their port holds
 * them to (port.h), since the interface that these hooks see is the bridge.  The same
 * address from somewhere else opens nothing.  Neighbour discovery is checked there, too.
 */
#define NEIGHBOURS "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
static const char bridged[] =
	"\tchain bridged-to-host {\n"
	"\t\t" NEIGHBOURS
	"\t\tct state established,related accept\n"
	"\t\tct state invalid drop\n"
	"\t\tfib daddr type unicast accept\n"
	"\t\tip saddr vmap @bridged-dns4\n"
	"\t\tip6 saddr vmap @bridged-dns6\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain bridged-into-host {\n"
	"\t\t" NEIGHBOURS
	"\t\tct state established,related accept\n"
	"\t\tip saddr vmap @bridged-dns4\n"
	"\t\tip6 saddr vmap @bridged-dns6\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	/* What has come by here is marked for the guard. */
	"\tchain bridged {\n"
	"\t\tip saddr @bridged4 meta priority set 4c6a:0 goto from-bridged\n"
	"\t\tip6 saddr @bridged6 meta priority set 4c6a:0 goto from-bridged\n"
	"\t\tip daddr @bridged4 meta priority set 4c6a:0 goto to-bridged\n"
	"\t\tip6 daddr @bridged6 meta priority set 4c6a:0 goto to-bridged\n"
	"\t}\n"
	"\tchain from-bridged {\n"
	"\t\t" NEIGHBOURS
	"\t\tip daddr @bridged4 goto refuse\n"
	"\t\tip6 daddr @bridged6 goto refuse\n"
	"\t\toifgroup & $mask == $jails goto refuse\n"
	"\t\tct state established,related accept\n"
	"\t\tct state invalid drop\n"
	"\t\tip saddr vmap @bridged-sections4\n"
	"\t\tip6 saddr vmap @bridged-sections6\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain to-bridged {\n"
	"\t\t" NEIGHBOURS
	"\t\tct state established,related accept\n"
	"\t\tct state invalid drop\n"
	"\t\tjump bridged-inbound\n"
	"\t\tgoto refuse\n"
	"\t}\n"
	"\tchain bridged-from-host {\n"
	"\t\t" NEIGHBOURS
	"\t\tct state established,related accept\n"
	"\t\tjump bridged-inbound\n"
	"\t\ttcp flags & rst == rst accept\n"
	"\t\ticmp type { destination-unreachable, time-exceeded, parameter-problem } accept\n"
	"\t\ticmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept\n"
	"\t\tgoto refuse\n"
	"\t}\n";

/*
 * The bridge's own say, after those of the host's rules that it asks (br_netfilter's
 * priority is 0): whatever these have not seen, because the bridge does not ask them
 * any more, is of a kind that they don't know, or has a tag, does not pass.
 */
static const char guard[] =
	/* By its source the other hooks know the section: it has to be one of that of the port. */
	"\tchain source {\n"
	"\t\ttype filter hook prerouting priority -300; policy accept;\n"
	"\t\tiifgroup & $mask == $jails jump sections-own\n"
	"\t}\n"
	"\tchain sections-own {\n"
	"\t\tiifgroup . ip saddr @sources4 accept\n"
	"\t\tiifgroup . ip6 saddr @sources6 accept\n"
	"\t\tether type arp accept\n"
	"\t\tip6 saddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	"\t\tdrop\n"
	"\t}\n"
	"\tchain " POLICY_GUARD " {\n"
	"\t\ttype filter hook forward priority 300; policy accept;\n"
	"\t\tiifgroup & $mask == $jails jump seen\n"
	"\t\toifgroup & $mask == $jails jump seen\n"
	"\t}\n"
	"\tchain seen {\n"
	"\t\tiifgroup & $mask == $jails oifgroup & $mask == $jails drop\n"
	"\t\tether type arp accept\n"
	"\t\tmeta l4proto ipv6-icmp " NEIGHBOURS
	"\t\tmeta priority 4c6a:0 accept\n"
	"\t\tdrop\n"
	"\t}\n";

/* Never full: nothing comes this far by an address outside of the pool. */
void rules_counters(FILE *f, const char *name, const struct prefixes *pool)
{
	for (int six = 0; six < 2; six++)
		fprintf(f, "\tset %s%c {\n\t\ttype ipv%c_addr\n\t\tsize %" PRIu32 "\n"
			   "\t\tflags dynamic\n\t}\n", name, six ? '6' : '4', six ? '6' : '4', pool_size(pool));
}

void rules_common(FILE *f, const struct prefixes *pool)
{
	for (int six = 0; six < 2; six++) {
		write_set(f, "never", six, never4, never6, pool);
		write_set(f, "private", six, private4, private6, NULL);
	}
	rules_counters(f, "connections", pool);
	/* Of no live jail's: not to go wherever a default route leads. */
	fputs("\tchain nobodys {\n", f);
	for (size_t i = 0; i < pool->n; i++) {
		char text[PREFIX_TEXT_MAX];

		prefix_print(&pool->v[i], text);
		fprintf(f, "\t\t%s daddr %s goto refuse\n", pool->v[i].family == AF_INET6 ? "ip6" : "ip", text);
	}
	fputs("\t}\n", f);
	fputs(hooks, f);
	fputs(bridged, f);
}

void rules_guard(FILE *f)
{
	fputs(guard, f);
}
