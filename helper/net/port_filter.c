/* SPDX-License-Identifier: MIT */
/*
 * Ethernet with the jail's hardware address and no VLAN, and in it: ARP about itself;
 * IPv4 from its address; IPv6 from its address, with neighbour discovery about itself.
 * Of the extension headers of IPv6 only the fragment's is let through, and that not
 * before ICMPv6: in others, neighbour discovery could be hidden.  No router is
 * announced, no group joined or asked for (IGMP, PIM, MLD), nor is anything sent to
 * the multicast addresses that bridges keep for themselves.
 */
#include "net/port_filter.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/icmpv6.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>

/* Where things are in a frame. */
enum {
	AT_TO = 0,
	AT_FROM = 6,
	AT_TYPE = 12,
	AT_ARP = 14,
	AT_IP4_PROTOCOL = 23,
	AT_IP4_SOURCE = 26,
	AT_IP6_LENGTH = 18,
	AT_IP6_NEXT = 20,
	AT_IP6_SOURCE = 22,
	AT_IP6_PAYLOAD = 54,
	AT_ND_FLAGS = 58,
	AT_ND_TARGET = 62,
	AT_ND_OPTION = 78,
};

#define ND_SOLICIT 135
#define ND_ADVERT 136
#define ND_LENGTH 24
#define ND_OPTION_LENGTH 8
#define ND_FROM_ROUTER 0x80
/* What is above is of routers, of groups, or not for hosts to send. */
#define ICMPV6_ECHO_REPLY_TYPE 129

#define PASS UINT32_MAX
#define DROP 0

struct program {
	struct sock_filter *v;
	size_t n;
};

void port_hardware(const struct link_address address[static 2], uint8_t mac[static 6])
{
	const uint8_t *last = address[0].family ? address[0].addr : address[1].addr + 12;

	/* Locally administered; the rest is the address. */
	mac[0] = 0x02;
	mac[1] = 0x6c;
	memcpy(mac + 2, last, 4);
}

void port_link_local(const uint8_t mac[static 6], uint8_t addr[static 16])
{
	const uint8_t made[16] = {0xfe, 0x80, [8] = mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};

	memcpy(addr, made, sizeof made);
}

static uint32_t word(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof n);
	return ntohl(n);
}

static void emit(struct program *p, unsigned int code, uint32_t k, size_t yes, size_t no)
{
	p->v[p->n++] = (struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, k};
}

static void answer(struct program *p, uint32_t k)
{
	emit(p, BPF_RET | BPF_K, k, 0, 0);
}

/* size: BPF_W, BPF_H or BPF_B. */
static void load(struct program *p, unsigned int size, uint32_t at)
{
	emit(p, BPF_LD | BPF_ABS | size, at, 0, 0);
}

static void must_be(struct program *p, uint32_t k)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0);
	answer(p, DROP);
}

static void must(struct program *p, unsigned int size, uint32_t at, uint32_t k)
{
	load(p, size, at);
	must_be(p, k);
}

/* What is emitted from here to end_if is for when it is that. */
static size_t begin_if(struct program *p, uint32_t k)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 0);
	return p->n - 1;
}

static void end_if(struct program *p, size_t begin)
{
	p->v[begin].jf = (uint8_t)(p->n - begin - 1);
}

static void must_not_be(struct program *p, uint32_t k)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	answer(p, DROP);
}

static void must_hardware(struct program *p, uint32_t at, const uint8_t mac[static 6])
{
	must(p, BPF_W, at, word(mac));
	must(p, BPF_H, at + 4, (uint32_t)mac[4] << 8 | mac[5]);
}

static void must_address6(struct program *p, uint32_t at, const uint8_t addr[static 16])
{
	for (uint32_t i = 0; i < 16; i += 4)
		must(p, BPF_W, at + i, word(addr + i));
}

/* One of both, which differ in the first word. */
static void must_either(struct program *p, uint32_t at, const uint8_t one[static 16], const uint8_t other[static 16])
{
	size_t first, over;

	load(p, BPF_W, at);
	first = begin_if(p, word(one));
	must_address6(p, at, one);
	over = p->n;
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	end_if(p, first);
	must_address6(p, at, other);
	p->v[over].k = (uint32_t)(p->n - over - 1);
}

/* What was loaded is a protocol that leads to no neighbour discovery. */
static void must_transport(struct program *p)
{
	static const uint8_t list[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ESP, IPPROTO_SCTP};

	for (size_t i = 0; i < sizeof list; i++)
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, list[i], sizeof list - i, 0);
	answer(p, DROP);
}

static void arp(struct program *p, const uint8_t mac[static 6], const struct link_address *four)
{
	must(p, BPF_W, AT_ARP, ARPHRD_ETHER << 16 | ETH_P_IP);
	must(p, BPF_H, AT_ARP + 4, 6 << 8 | 4);
	must_hardware(p, AT_ARP + 8, mac);
	must(p, BPF_W, AT_ARP + 14, word(four->addr));
	/* The last: a request or a reply. */
	load(p, BPF_H, AT_ARP + 6);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, ARPOP_REQUEST, 2, 0);
	must_be(p, ARPOP_REPLY);
	answer(p, PASS);
}

static void neighbour(struct program *p, uint32_t type, const uint8_t mac[static 6], const uint8_t own[static 16],
		      const uint8_t link_local[static 16])
{
	size_t bare;

	must_either(p, AT_IP6_SOURCE, own, link_local);
	if (type == ND_ADVERT) {
		must_either(p, AT_ND_TARGET, own, link_local);
		load(p, BPF_B, AT_ND_FLAGS);
		emit(p, BPF_JMP | BPF_JSET | BPF_K, ND_FROM_ROUTER, 0, 1);
		answer(p, DROP);
	}
	load(p, BPF_H, AT_IP6_LENGTH);
	bare = begin_if(p, ND_LENGTH);
	answer(p, PASS);
	end_if(p, bare);
	/* One option, which says the hardware address: of the source, or of the target. */
	must_be(p, ND_LENGTH + ND_OPTION_LENGTH);
	must(p, BPF_H, AT_ND_OPTION, (type == ND_ADVERT ? 2u : 1u) << 8 | ND_OPTION_LENGTH / 8);
	must_hardware(p, AT_ND_OPTION + 2, mac);
	answer(p, PASS);
}

static void six(struct program *p, const uint8_t mac[static 6], const uint8_t own[static 16])
{
	uint8_t link_local[16];
	size_t icmp, fragment, which;

	port_link_local(mac, link_local);
	load(p, BPF_B, AT_IP6_NEXT);
	icmp = begin_if(p, IPPROTO_ICMPV6);
	for (uint32_t type = ND_SOLICIT; type <= ND_ADVERT; type++) {
		load(p, BPF_B, AT_IP6_PAYLOAD);
		which = begin_if(p, type);
		neighbour(p, type, mac, own, link_local);
		end_if(p, which);
	}
	load(p, BPF_B, AT_IP6_PAYLOAD);
	emit(p, BPF_JMP | BPF_JGT | BPF_K, ICMPV6_ECHO_REPLY_TYPE, 0, 1);
	answer(p, DROP);
	must_address6(p, AT_IP6_SOURCE, own);
	answer(p, PASS);
	end_if(p, icmp);
	fragment = begin_if(p, IPPROTO_FRAGMENT);
	/* The first byte of that header; in the accumulator as what it is compared to below. */
	load(p, BPF_B, AT_IP6_PAYLOAD);
	end_if(p, fragment);
	must_transport(p);
	must_address6(p, AT_IP6_SOURCE, own);
	answer(p, PASS);
}

size_t port_filter(const struct link_address address[static 2], struct sock_filter prog[static PORT_FILTER_MAX])
{
	struct program p = {prog, 0};
	uint8_t mac[6];
	size_t type;

	port_hardware(address, mac);
	load(&p, BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT));
	must_be(&p, 0);
	must_hardware(&p, AT_FROM, mac);
	/* 01:80:c2:00:.., of which a bridge forwards some and hands others up as they are. */
	load(&p, BPF_W, AT_TO);
	must_not_be(&p, 0x0180c200);
	load(&p, BPF_H, AT_TYPE);
	if (address[0].family) {
		type = begin_if(&p, ETH_P_ARP);
		arp(&p, mac, &address[0]);
		end_if(&p, type);
		type = begin_if(&p, ETH_P_IP);
		must(&p, BPF_W, AT_IP4_SOURCE, word(address[0].addr));
		/* A bridge that snoops believes these of whoever sends them, to any address. */
		load(&p, BPF_B, AT_IP4_PROTOCOL);
		must_not_be(&p, IPPROTO_IGMP);
		must_not_be(&p, IPPROTO_PIM);
		answer(&p, PASS);
		end_if(&p, type);
	}
	if (address[1].family) {
		type = begin_if(&p, ETH_P_IPV6);
		six(&p, mac, address[1].addr);
		end_if(&p, type);
	}
	answer(&p, DROP);
	return p.n;
}
