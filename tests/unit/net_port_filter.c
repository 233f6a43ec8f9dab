/* SPDX-License-Identifier: MIT */
/*
 * What a jail on a bridge may send: the kernel runs the program, on frames that come
 * through a pair of sockets.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/port_filter.h"
#include "tap.h"

static struct link_address both[2], only4[2], only6[2];

/* Hexadecimal digits, blanks between them ignored; padded to what Ethernet takes at least. */
static size_t frame_of(const char *hex, uint8_t frame[static 256])
{
	size_t n = 0;
	unsigned int byte;

	memset(frame, 0, 256);
	for (; *hex; hex++)
		if (*hex != ' ' && sscanf(hex, "%2x", &byte) == 1) {
			frame[n++] = (uint8_t)byte;
			hex++;
		}
	return n < 60 ? 60 : n;
}

static bool passes_long(const struct link_address address[static 2], const uint8_t *frame, size_t n)
{
	struct sock_filter prog[PORT_FILTER_MAX];
	const struct sock_fprog p = {(unsigned short)port_filter(address, prog), prog};
	int pair[2];
	bool passed;
	char c;

	if (p.len > PORT_FILTER_MAX || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) < 0 ||
	    setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof p) < 0) {
		ok(false, "(the kernel takes the program)");
		return false;
	}
	/* What a filter drops was sent all the same; then there is nothing to be had. */
	passed = send(pair[0], frame, n, 0) == (ssize_t)n && recv(pair[1], &c, 1, 0) == 1;
	(void)close(pair[0]);
	(void)close(pair[1]);
	return passed;
}

static bool passes(const struct link_address address[static 2], const char *hex)
{
	uint8_t frame[256];
	const size_t n = frame_of(hex, frame);

	return passes_long(address, frame, n);
}

static const struct link_address *of;
#define yes(hex, ...) ok(passes(of, hex), "let through: " __VA_ARGS__)
#define no(hex, ...) ok(!passes(of, hex), "dropped: " __VA_ARGS__)

/* The jail is 10.1.2.3 and fd01::203, its hardware address 02:6c:0a:01:02:03. */
#define TO "fe0000000009"
#define ALL "ffffffffffff"
#define ME "026c0a010203"
#define HIM "026c0a010204"
#define ARP "0806 0001 0800 06 04"
#define IP4 "0800 4500001c00004000 4011 0000"
#define ME4 "0a010203"
#define HIM4 "0a010204"
#define ME6 "fd010000 00000000 00000000 00000203"
#define HIM6 "fd010000 00000000 00000000 00000204"
#define LOCAL6 "fe800000 00000000 006c0aff fe010203"
#define HISLOCAL6 "fe800000 00000000 006c0aff fe010204"
#define NONE6 "00000000 00000000 00000000 00000000"
#define IP6(len, next) "86dd 60000000" len next "ff"
#define NS "87 00 0000 00000000"
#define NA "88 00 0000 60000000"

static void check_ethernet(void)
{
	yes(TO ME IP4 ME4 HIM4, "IPv4 from its address");
	no(TO ME "0800 46c0002000004000 0102 0000" ME4 "e0000001" "94040000 1164ee9b00000000", "IGMP");
	no(TO ME "0800 4500001c00004000 4002 0000" ME4 HIM4 "1164ee9b00000000", "IGMP to one");
	no(TO ME "0800 4500001c00004000 4067 0000" ME4 HIM4 "2000dfff00000000", "PIM");
	no(TO ME IP4 HIM4 ME4, "from another's");
	no(TO ME IP4 "00000000 ffffffff", "from none, to all (DHCP)");
	no(TO HIM IP4 ME4 HIM4, "with another's hardware address");
	no(TO "026c0a010303" IP4 ME4 HIM4, "that differs in the last half");
	no(TO ME "8100 0001 0800 4500001c00004000 4011 0000" ME4 HIM4, "with a VLAN tag in it");
	no(TO ME "88a8 0001 0800" ME4, "with another one");
	no(TO ME "88cc 0207", "LLDP");
	no(TO ME "0026 424203", "a length (spanning tree)");
	no("0180c2000000" ME IP4 ME4 HIM4, "IPv4 to what bridges keep for themselves");
	no("0180c200000e" ME IP4 ME4 HIM4, "and the last of those");
	yes("01005e000001" ME IP4 ME4 "e0000001", "(another multicast address)");
}

static void check_arp(void)
{
	yes(ALL ME ARP "0001" ME ME4 "000000000000" HIM4, "ARP, asking");
	yes(TO ME ARP "0002" ME ME4 TO HIM4, "ARP, answering");
	no(TO ME ARP "0002" ME HIM4 TO HIM4, "ARP about another's address");
	no(TO ME ARP "0002" HIM ME4 TO HIM4, "ARP that gives another hardware address");
	no(ALL ME ARP "0001" ME "00000000" "000000000000" HIM4, "ARP from no address");
	no(TO ME ARP "0003" ME ME4 TO HIM4, "reverse ARP in it");
	no(TO ME "0806 0006 0800 06 04 0002" ME ME4 TO HIM4, "ARP of other hardware");
	no(TO ME "0806 0001 0800 06 08 0002" ME ME4 TO HIM4, "ARP of other lengths");
	no(TO ME "8035 0001 0800 06 04 0002" ME ME4 TO HIM4, "reverse ARP");
}

static void check_six(void)
{
	yes(TO ME IP6("0008", "11") ME6 HIM6 "0001000200080000", "IPv6 from its address");
	no(TO ME IP6("0008", "11") HIM6 ME6 "0001000200080000", "from another's");
	no(TO ME IP6("0008", "11") LOCAL6 HIM6 "0001000200080000", "from that of the link");
	no(TO ME IP6("0008", "11") NONE6 HIM6 "0001000200080000", "from none");
	yes(TO ME IP6("0008", "3a") ME6 HIM6 "8000000000000000", "an echo");
	yes(TO ME IP6("0008", "3a") ME6 HIM6 "0200000000000578", "too big");
	for (unsigned int type = 130; type < 256; type++) {
		char text[200];

		if (type == 135 || type == 136)
			continue;
		snprintf(text, sizeof text, TO ME IP6("0018", "3a") "%s" HIM6 "%02x000000", type % 2 ? LOCAL6 : ME6,
			 type);
		no(text, "ICMPv6 %u", type);
	}
	/* Whatever could hide another header */
	for (unsigned int next = 0; next < 256; next++) {
		const bool good = next == 6 || next == 17 || next == 50 || next == 132;
		char text[200];

		if (next == 58 || next == 44)
			continue;
		snprintf(text, sizeof text, TO ME "86dd600000000020%02xff" ME6 HIM6 "3a000000", next);
		ok(passes(of, text) == good, "header %u: %s", next, good ? "let through" : "dropped");
		snprintf(text, sizeof text, TO ME "86dd6000000000202cff" ME6 HIM6 "%02x000001", next);
		ok(passes(of, text) == good, "header %u in a fragment: %s", next, good ? "let through" : "dropped");
	}
	no(TO ME IP6("0020", "2c") ME6 HIM6 "3a000001 00000000" NA, "a fragment of ICMPv6");
	no(TO ME IP6("0020", "2c") ME6 HIM6 "2c000001 00000000" NA, "a fragment of a fragment");
	no(TO ME IP6("0020", "2c") HIM6 ME6 "11000001 00000000" NA, "a fragment from another's address");
}

static void check_neighbours(void)
{
	yes(TO ME IP6("0020", "3a") ME6 HIM6 NS HIM6 "0101" ME, "a question");
	yes(TO ME IP6("0020", "3a") LOCAL6 HIM6 NS HIM6 "0101" ME, "from its address of the link");
	yes(TO ME IP6("0018", "3a") ME6 HIM6 NS HIM6, "without saying who");
	yes(TO ME IP6("0020", "3a") ME6 HIM6 NA ME6 "0201" ME, "an answer");
	yes(TO ME IP6("0018", "3a") ME6 HIM6 NA ME6, "without the hardware address");
	yes(TO ME IP6("0020", "3a") LOCAL6 HIM6 NA LOCAL6 "0201" ME, "about its address of the link");
	no(TO ME IP6("0020", "3a") HIM6 ME6 NS ME6 "0101" ME, "a question from another's address");
	no(TO ME IP6("0020", "3a") HISLOCAL6 ME6 NS ME6 "0101" ME, "from another's of the link");
	no(TO ME IP6("0018", "3a") NONE6 HIM6 NS HIM6, "from none");
	no(TO ME IP6("0020", "3a") ME6 HIM6 NS HIM6 "0101" HIM, "that gives another hardware address");
	no(TO ME IP6("0020", "3a") ME6 HIM6 NS HIM6 "0201" ME, "with the other's option");
	no(TO ME IP6("0028", "3a") ME6 HIM6 NS HIM6 "0101" ME "0101" HIM, "with two");
	no(TO ME IP6("0020", "3a") ME6 HIM6 NS HIM6 "0102" ME, "with one that is too long");
	no(TO ME IP6("0020", "3a") ME6 HIM6 NA HIM6 "0201" ME, "an answer about another's address");
	no(TO ME IP6("0018", "3a") ME6 HIM6 NA HIM6, "even without the hardware address");
	no(TO ME IP6("0020", "3a") ME6 HIM6 NA HISLOCAL6 "0201" ME, "about another's of the link");
	no(TO ME IP6("0020", "3a") ME6 HIM6 NA ME6 "0201" HIM, "that gives another hardware address");
	no(TO ME IP6("0020", "3a") HIM6 ME6 NA ME6 "0201" ME, "from another's address");
	no(TO ME IP6("0020", "3a") ME6 HIM6 "88000000e0000000" ME6 "0201" ME, "as of a router");
	no(TO ME IP6("0028", "3a") ME6 HIM6 NA ME6 "0201" ME "0201" HIM, "with two options");
}

static void check_short(void)
{
	uint8_t frame[256];

	(void)frame_of(TO ME IP6("0020", "3a") ME6 HIM6 NA ME6 "0201" ME, frame);
	for (size_t n = 1; n < 86; n++)
		ok(!passes_long(of, frame, n), "dropped: what ends after %zu bytes", n);
}

int main(void)
{
	struct sock_filter prog[PORT_FILTER_MAX];
	uint8_t mac[6];

	both[0].family = AF_INET;
	both[1].family = AF_INET6;
	(void)inet_pton(AF_INET, "10.1.2.3", both[0].addr);
	(void)inet_pton(AF_INET6, "fd01::203", both[1].addr);
	only4[0] = both[0];
	only6[1] = both[1];
	ok(port_filter(both, prog) <= PORT_FILTER_MAX, "the program has %zu of %d steps", port_filter(both, prog),
	   PORT_FILTER_MAX);
	of = both;
	check_ethernet();
	check_arp();
	check_six();
	check_neighbours();
	check_short();

	of = only4;
	yes(TO ME IP4 ME4 HIM4, "IPv4 alone");
	no(TO ME IP6("0008", "11") ME6 HIM6 "0001000200080000", "IPv6 where there is none");
	no(TO ME IP6("0020", "3a") LOCAL6 HIM6 NS HIM6 "0101" ME, "nor a question of it");
	of = only6;
	port_hardware(only6, mac);
	ok(!memcmp(mac, "\x02\x6c\x00\x00\x02\x03", 6), "the hardware address is of the last of IPv6");
	yes(TO "026c00000203" IP6("0008", "11") ME6 HIM6 "0001000200080000", "IPv6 alone");
	no(TO "026c00000203" IP4 "00000000" HIM4, "IPv4 where there is none");
	no(ALL "026c00000203" ARP "0001 026c00000203 00000000 000000000000" HIM4, "nor ARP");
	return done_testing();
}
