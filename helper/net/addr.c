/* SPDX-License-Identifier: MIT */
#include "net/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char *const proto_words[TARGET_MAX] = {
	[TARGET_TCP] = "tcp", [TARGET_UDP] = "udp", [TARGET_ICMP] = "icmp"};

unsigned int prefix_bits(const struct prefix *p)
{
	return p->family == AF_INET ? 32 : 128;
}

/* Digits only, no zero in front; returns where they end, NULL if there is no such number. */
static const char *small_number(const char *p, unsigned int max, unsigned int *ret)
{
	const char *start = p;
	unsigned int n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (unsigned int)(*p - '0');
		if (n > max)
			return NULL;
	}
	if (p == start || (*start == '0' && p - start > 1))
		return NULL;
	*ret = n;
	return p;
}

static bool clear_behind(struct prefix *p)
{
	bool clean = true;

	for (unsigned int bit = p->len; bit < prefix_bits(p); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		clean &= !(p->addr[bit / 8] & mask);
		p->addr[bit / 8] &= (uint8_t)~mask;
	}
	return clean;
}

int prefix_parse(const char *text, struct prefix *ret, struct err *err)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const char *slash = strchrnul(text, '/'), *end = NULL;
	char address[INET6_ADDRSTRLEN], good[PREFIX_TEXT_MAX];
	struct prefix p = {.family = AF_INET};

	if ((size_t)(slash - text) >= sizeof address)
		return err_set(err, 0, "'%s' is not an address or prefix", text);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (inet_pton(AF_INET, address, p.addr) != 1) {
		p.family = AF_INET6;
		if (inet_pton(AF_INET6, address, p.addr) != 1)
			return err_set(err, 0, "'%s' is not an address or prefix: write it like 192.0.2.7, "
					       "10.0.0.0/8 or fd00::/8; names are not looked up", text);
	}
	if (p.family == AF_INET6 && !memcmp(p.addr, mapped, sizeof mapped))
		return err_set(err, 0, "'%s' is an IPv4 address in IPv6: write it as IPv4", text);
	p.len = prefix_bits(&p);
	if (*slash)
		end = small_number(slash + 1, p.len, &p.len);
	if (*slash && (!end || *end))
		return err_set(err, 0, "'%s' has no prefix length of 0 to %u after the slash", text,
			       prefix_bits(&p));
	if (!clear_behind(&p)) {
		prefix_print(&p, good);
		return err_set(err, 0, "'%s' has bits behind its prefix: write %s, or the address without "
				       "a length", text, good);
	}
	*ret = p;
	return 0;
}

void prefix_print(const struct prefix *p, char text[static PREFIX_TEXT_MAX])
{
	size_t n;

	(void)inet_ntop(p->family, p->addr, text, INET6_ADDRSTRLEN);
	n = strlen(text);
	if (p->len < prefix_bits(p))
		snprintf(text + n, PREFIX_TEXT_MAX - n, "/%u", p->len);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	struct prefix x = *a, y = *b;

	if (a->family != b->family)
		return false;
	x.len = y.len = a->len < b->len ? a->len : b->len;
	(void)clear_behind(&x);
	(void)clear_behind(&y);
	return !memcmp(x.addr, y.addr, sizeof x.addr);
}

void prefix_nth(const struct prefix *p, uint32_t n, uint8_t addr[static 16])
{
	size_t last = prefix_bits(p) / 8;

	memcpy(addr, p->addr, 16);
	for (uint64_t carry = n; carry && last-- > 0; carry >>= 8) {
		carry += addr[last];
		addr[last] = (uint8_t)carry;
	}
}

static int parse_ports(const char *text, const char *p, struct target *t, struct err *err)
{
	unsigned int first = 0, last = 0;

	p = small_number(p, UINT16_MAX, &first);
	last = first;
	if (p && *p == '-')
		p = small_number(p + 1, UINT16_MAX, &last);
	if (!p || first == 0 || last < first || (*p && *p != '/'))
		return err_set(err, 0, "'%s' has neither ports nor a protocol after the colon: write it like "
				       "%s", text, "10.0.0.1:443/tcp, 10.0.0.1:8000-8100 or 10.0.0.1:icmp");
	t->first = (uint16_t)first;
	t->last = (uint16_t)last;
	t->proto = TARGET_PORTS;
	if (!*p)
		return 0;
	if (!strcmp(p, "/tcp"))
		t->proto = TARGET_TCP;
	else if (!strcmp(p, "/udp"))
		t->proto = TARGET_UDP;
	else
		return err_set(err, 0, "'%s': ports are of tcp or udp: write /tcp, /udp, or neither for both",
			       text);
	return 0;
}

int target_parse(const char *text, struct target *ret, struct err *err)
{
	struct target t = {.proto = TARGET_ALL};
	const char *colon = NULL, *end = text + strlen(text);
	char prefix[PREFIX_TEXT_MAX];
	const char *start = text;
	int r;

	if (*text == '[') {
		start++;
		end = strchr(text, ']');
		if (!end || end[1] != ':')
			return err_set(err, 0, "'%s': write an IPv6 prefix with ports like [2001:db8::/32]:443/tcp",
				       text);
		colon = end + 1;
	} else if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
		colon = end = strchr(text, ':');
	}
	if ((size_t)(end - start) >= sizeof prefix)
		return err_set(err, 0, "'%s' is not an address or prefix", text);
	memcpy(prefix, start, (size_t)(end - start));
	prefix[end - start] = '\0';
	r = prefix_parse(prefix, &t.to, err);
	if (!r && *text == '[' && t.to.family != AF_INET6)
		r = err_set(err, 0, "'%s': brackets are for IPv6", text);
	if (r)
		return r;
	for (int i = TARGET_TCP; colon && i < TARGET_MAX; i++)
		if (proto_words[i] && !strcmp(colon + 1, proto_words[i]))
			t.proto = (enum target_proto)i;
	if (colon && t.proto == TARGET_ALL) {
		r = parse_ports(text, colon + 1, &t, err);
		if (r)
			return r;
	}
	*ret = t;
	return 0;
}

void target_print(const struct target *t, char text[static TARGET_TEXT_MAX])
{
	char to[PREFIX_TEXT_MAX], ports[16] = "";
	bool six = t->to.family == AF_INET6;

	prefix_print(&t->to, to);
	if (t->proto == TARGET_ALL) {
		snprintf(text, TARGET_TEXT_MAX, "%s", to);
		return;
	}
	if (t->first == t->last && t->first)
		snprintf(ports, sizeof ports, "%u", t->first);
	else if (t->first)
		snprintf(ports, sizeof ports, "%u-%u", t->first, t->last);
	snprintf(text, TARGET_TEXT_MAX, "%s%s%s:%s%s%s", six ? "[" : "", to, six ? "]" : "", ports,
		 *ports && proto_words[t->proto] ? "/" : "",
		 proto_words[t->proto] ? proto_words[t->proto] : "");
}

int publish_parse(const char *text, struct publish *ret, struct err *err)
{
	unsigned int host = 0, inside = 0;
	const char *p = small_number(text, UINT16_MAX, &host);

	inside = host;
	if (p && *p == ':')
		p = small_number(p + 1, UINT16_MAX, &inside);
	if (!p || host == 0 || inside == 0 || (strcmp(p, "/tcp") != 0 && strcmp(p, "/udp") != 0))
		return err_set(err, 0, "'%s' does not name a port: write it like 8080:80/tcp, the host's port, "
				       "the jail's, and tcp or udp", text);
	*ret = (struct publish){(uint16_t)host, (uint16_t)inside, p[1] == 'u'};
	return 0;
}

void publish_print(const struct publish *p, char text[static PUBLISH_TEXT_MAX])
{
	const char *proto = p->udp ? "udp" : "tcp";

	if (p->host == p->inside)
		snprintf(text, PUBLISH_TEXT_MAX, "%u/%s", p->host, proto);
	else
		snprintf(text, PUBLISH_TEXT_MAX, "%u:%u/%s", p->host, p->inside, proto);
}
