/* SPDX-License-Identifier: MIT */
/* Addresses and prefixes, and what of them a rule can name. Pure. */
#ifndef LOGINJAIL_NET_ADDR_H
#define LOGINJAIL_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct prefix {
	int family; /* AF_INET or AF_INET6 */
	unsigned int len;
	uint8_t addr[16]; /* network order; the bits behind len are zero */
};

#define PREFIX_TEXT_MAX 52

/* ADDRESS/LEN, or ADDRESS for all of its bits.  -EINVAL with err. */
int prefix_parse(const char *text, struct prefix *ret, struct err *err);

/* Without the length where it is all bits. */
void prefix_print(const struct prefix *p, char text[static PREFIX_TEXT_MAX]);

/* Bits of an address of that family. */
unsigned int prefix_bits(const struct prefix *p);

bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

/* The address n places behind the first one; the caller knows that it is inside. */
void prefix_nth(const struct prefix *p, uint32_t n, uint8_t addr[static 16]);

enum target_proto { TARGET_ALL, TARGET_TCP, TARGET_UDP, TARGET_ICMP, TARGET_PORTS, TARGET_MAX };

/* Where to, and by what. */
struct target {
	struct prefix to;
	enum target_proto proto; /* TARGET_PORTS: both of TCP and UDP */
	uint16_t first, last;	 /* 0: any port */
};

#define TARGET_TEXT_MAX (PREFIX_TEXT_MAX + 24)

/*
 * PREFIX, PREFIX:PROTOCOL or PREFIX:PORT[-PORT][/PROTOCOL], an IPv6 prefix before
 * a colon in brackets.  -EINVAL with err.
 */
int target_parse(const char *text, struct target *ret, struct err *err);
void target_print(const struct target *t, char text[static TARGET_TEXT_MAX]);

/* A port of the host that leads into a jail. */
struct publish {
	uint16_t host, inside;
	bool udp;
};

#define PUBLISH_TEXT_MAX 20

/* PORT[:PORT]/PROTOCOL, the host's port first.  -EINVAL with err. */
int publish_parse(const char *text, struct publish *ret, struct err *err);
void publish_print(const struct publish *p, char text[static PUBLISH_TEXT_MAX]);

#endif
