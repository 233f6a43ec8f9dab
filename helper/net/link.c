/* SPDX-License-Identifier: MIT */
#include "net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <syslog.h>

#include "lib/log.h"
#include "net/conntrack.h"
#include "net/link_parts.h"
#include "net/policy.h"

/* Locally administered. */
static const uint8_t hardware[6] = {0x02, 0x6c, 0x6a, 0x00, 0x00, 0x01};

/* What the jail's default routes name as their gateway.  Nobody has these addresses:
 * with one for all destinations there is one neighbour entry, not one for each. */
static const uint8_t gateway4[4] = {169, 254, 1, 1};
static const uint8_t gateway6[16] = {0xfe, 0x80, [15] = 1};

static size_t address_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

void link_name(const char *instance, char name[static LINK_NAME_MAX])
{
	const size_t room = LINK_NAME_MAX - sizeof "lj";
	size_t len = strlen(instance);

	snprintf(name, LINK_NAME_MAX, "lj%s", instance + (len > room ? len - room : 0));
}

void link_put_info(struct nlmsghdr *h, unsigned int flags, int index)
{
	struct ifinfomsg *i = nl.nlmsg_put_extra_header(h, sizeof *i);

	i->ifi_family = AF_UNSPEC;
	i->ifi_index = index;
	i->ifi_flags = flags;
	i->ifi_change = flags;
}

static struct nlmsghdr *new_pair(struct nl_socket *host, const char *name, uint32_t group, int net_ns)
{
	struct nlmsghdr *h = nl_request(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data, *peer;

	link_put_info(h, IFF_NOARP, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, name);
	nl.attr_put(h, IFLA_ADDRESS, sizeof hardware, hardware);
	nl.attr_put_u32(h, IFLA_GROUP, group);
	info = nl.attr_nest_start(h, IFLA_LINKINFO);
	nl.attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = nl.attr_nest_start(h, IFLA_INFO_DATA);
	peer = nl.attr_nest_start(h, VETH_INFO_PEER);
	link_put_info(h, IFF_NOARP, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, LINK_INSIDE);
	nl.attr_put(h, IFLA_ADDRESS, sizeof hardware, hardware);
	nl.attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)net_ns);
	nl.attr_nest_end(h, peer);
	nl.attr_nest_end(h, data);
	nl.attr_nest_end(h, info);
	return h;
}

static void keep_index(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *i = nl.nlmsg_get_payload(h);

	*(int *)arg = i->ifi_index;
}

int link_find(struct nl_socket *s, const char *name)
{
	struct nlmsghdr *h = nl_request(s, RTM_GETLINK, 0);
	int index = 0, r;

	link_put_info(h, 0, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, name);
	r = nl_ask(s, keep_index, &index);
	return r ? r : index;
}

/* Up, but with no address that nobody gave it: IPv6 would make a link-local one. */
void link_put_up(struct nl_socket *s, int index)
{
	struct nlmsghdr *h = nl_request(s, RTM_SETLINK, 0);
	struct nlattr *spec, *six;

	link_put_info(h, 0, index);
	spec = nl.attr_nest_start(h, IFLA_AF_SPEC);
	six = nl.attr_nest_start(h, AF_INET6);
	nl.attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nl.attr_nest_end(h, six);
	nl.attr_nest_end(h, spec);
	link_put_info(nl_request(s, RTM_SETLINK, 0), IFF_UP, index);
}

void link_put_route(struct nl_socket *s, int index, const struct link_address *to, const uint8_t *gateway)
{
	const size_t len = address_len(to->family);
	struct nlmsghdr *h = nl_request(s, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *m = nl.nlmsg_put_extra_header(h, sizeof *m);

	m->rtm_family = (uint8_t)to->family;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_type = RTN_UNICAST;
	m->rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (gateway) {
		m->rtm_flags = RTNH_F_ONLINK;
		nl.attr_put(h, RTA_GATEWAY, len, gateway);
	} else {
		m->rtm_dst_len = (uint8_t)(len * 8);
		nl.attr_put(h, RTA_DST, len, to->addr);
	}
	nl.attr_put_u32(h, RTA_OIF, (uint32_t)index);
}

void link_put_address(struct nl_socket *s, int index, const struct link_address *a, unsigned int len)
{
	const size_t bytes = address_len(a->family);
	/* IPv4 keeps its own while the link is down. */
	struct nlmsghdr *h = nl_request(s, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *m = nl.nlmsg_put_extra_header(h, sizeof *m);

	m->ifa_family = (uint8_t)a->family;
	m->ifa_prefixlen = (uint8_t)len;
	m->ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0;
	m->ifa_index = (uint32_t)index;
	nl.attr_put(h, IFA_LOCAL, bytes, a->addr);
	nl.attr_put(h, IFA_ADDRESS, bytes, a->addr);
}

int link_make(struct nl_socket *host, const char *name, uint32_t group, int net_ns,
	      const struct link_address address[static 2], struct err *err)
{
	unsigned int failed = 0;
	int index, r;

	(void)new_pair(host, name, group, net_ns);
	r = nl_talk(host, NULL);
	/* Of the name it would be a chance in four thousand millions, and a hint. */
	if (r == -EEXIST)
		return err_set(err, -EBUSY, "there is a link %s already", name);
	if (r)
		return err_set(err, r, "making the link %s", name);
	index = link_find(host, name);
	if (index < 0) {
		(void)link_remove(host, name);
		return err_set(err, index, "the link %s", name);
	}
	link_put_up(host, index);
	for (int i = 0; i < 2; i++)
		if (address[i].family)
			link_put_route(host, index, &address[i], NULL);
	r = nl_talk(host, &failed);
	if (!r)
		return 0;
	(void)link_remove(host, name);
	if (r == -EACCES)
		return err_set(err, r, "the host's links have no IPv6: set sysctl net.ipv6.conf.default.disable_ipv6 "
			       "to 0, or take the IPv6 prefix out of 'pool'");
	return err_set(err, r, failed < 2 ? "raising the link %s" : "the route to the link %s", name);
}

int link_inside(struct nl_socket *jail, const struct link_address address[static 2], struct err *err)
{
	int index = link_find(jail, LINK_INSIDE), r;

	if (index < 0)
		return err_set(err, index, "the jail's link");
	link_put_up(jail, index);
	for (int i = 0; i < 2; i++) {
		if (!address[i].family)
			continue;
		link_put_address(jail, index, &address[i], (unsigned int)address_len(address[i].family) * 8);
		link_put_route(jail, index, &address[i], address[i].family == AF_INET ? gateway4 : gateway6);
	}
	r = nl_talk(jail, NULL);
	return r ? err_set(err, r, "the jail's addresses and routes") : 0;
}

/*
 * A token bucket.  It holds what goes in 10 ms, so that short answers are quick, and
 * queues no more than 100 ms: who sends faster than that shall notice.
 */
int link_limit(struct nl_socket *s, const char *name, uint64_t rate, struct err *err)
{
	const uint64_t bytes = rate / 8;
	const uint32_t burst = bytes / 100 < 16000 ? 16000 : (uint32_t)(bytes / 100);
	struct tc_tbf_qopt parms = {
		.rate = {.linklayer = TC_LINKLAYER_ETHERNET,
			 .rate = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes},
		.limit = burst + (bytes / 10 < 64000 ? 64000 : (uint32_t)(bytes / 10)),
	};
	int index = link_find(s, name), r;
	struct nlattr *nest;
	struct nlmsghdr *h;
	struct tcmsg *m;

	if (index < 0)
		return err_set(err, index, "the link %s", name);
	h = nl_request(s, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	m = nl.nlmsg_put_extra_header(h, sizeof *m);
	m->tcm_ifindex = index;
	m->tcm_parent = TC_H_ROOT;
	m->tcm_handle = TC_H_MAKE(1 << 16, 0);
	nl.attr_put_strz(h, TCA_KIND, "tbf");
	nest = nl.attr_nest_start(h, TCA_OPTIONS);
	nl.attr_put(h, TCA_TBF_PARMS, sizeof parms, &parms);
	nl.attr_put_u32(h, TCA_TBF_BURST, burst);
	if (bytes > UINT32_MAX)
		nl.attr_put(h, TCA_TBF_RATE64, sizeof bytes, &bytes);
	nl.attr_nest_end(h, nest);
	r = nl_talk(s, NULL);
	return r ? err_set(err, r, "bounding the bandwidth of %s (kernel module sch_tbf)", name) : 0;
}

int link_pause(struct nl_socket *host, const char *name)
{
	struct nlmsghdr *h = nl_request(host, RTM_SETLINK, 0);
	struct ifinfomsg *i = nl.nlmsg_put_extra_header(h, sizeof *i);

	i->ifi_change = IFF_UP;
	nl.attr_put_strz(h, IFLA_IFNAME, name);
	return nl_talk(host, NULL);
}

int link_resume(struct nl_socket *host, const char *name, const struct link_address address[static 2])
{
	int index = link_find(host, name);

	if (index < 0)
		return index;
	link_put_up(host, index);
	for (int i = 0; i < 2; i++)
		if (address[i].family)
			link_put_route(host, index, &address[i], NULL);
	return nl_talk(host, NULL);
}

int link_remove(struct nl_socket *host, const char *name)
{
	struct nlmsghdr *h = nl_request(host, RTM_DELLINK, 0);
	int r;

	link_put_info(h, 0, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, name);
	r = nl_talk(host, NULL);
	return r == -ENODEV ? 0 : r;
}

static void keep_length(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *m = nl.nlmsg_get_payload(h);

	*(unsigned int *)arg = m->rtm_dst_len;
}

bool link_taken(struct nl_socket *host, const struct link_address address[static 2])
{
	for (int i = 0; i < 2; i++) {
		const size_t len = address_len(address[i].family);
		unsigned int found = 0;
		struct nlmsghdr *h;
		struct rtmsg *m;
		int r;

		if (!address[i].family)
			continue;
		h = nl_request(host, RTM_GETROUTE, 0);
		m = nl.nlmsg_put_extra_header(h, sizeof *m);
		m->rtm_family = (uint8_t)address[i].family;
		m->rtm_dst_len = (uint8_t)(len * 8);
		m->rtm_flags = RTM_F_FIB_MATCH;
		nl.attr_put(h, RTA_DST, len, address[i].addr);
		r = nl_ask(host, keep_length, &found);
		/* That it leads nowhere is an error as well. */
		if ((r && r != -ENETUNREACH && r != -EHOSTUNREACH && r != -EACCES) || found == len * 8)
			return true;
	}
	return false;
}

struct routes {
	int index;
	struct link_address *ret;
};

static void each_route(const struct nlmsghdr *h, void *arg)
{
	const struct routes *want = arg;
	const struct rtmsg *m = nl.nlmsg_get_payload(h);
	const struct nlattr *a = nl.nlmsg_get_payload_offset(h, sizeof *m), *to = NULL;
	const char *end = (const char *)h + h->nlmsg_len;
	const size_t len = address_len(m->rtm_family);
	int index = 0;

	if (m->rtm_table != RT_TABLE_MAIN || (m->rtm_family != AF_INET && m->rtm_family != AF_INET6) ||
	    m->rtm_dst_len != len * 8)
		return;
	for (; nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a)) {
		if (nl.attr_get_type(a) == RTA_DST && nl.attr_get_payload_len(a) == len)
			to = a;
		if (nl.attr_get_type(a) == RTA_OIF)
			index = (int)nl.attr_get_u32(a);
	}
	if (to && index == want->index) {
		struct link_address *found = &want->ret[m->rtm_family == AF_INET6];

		found->family = m->rtm_family;
		memcpy(found->addr, nl.attr_get_payload(to), len);
	}
}

/* What port_make has written. */
static void keep_alias(const struct nlmsghdr *h, void *arg)
{
	struct link_address *ret = arg;
	const struct nlattr *a = nl.nlmsg_get_payload_offset(h, sizeof(struct ifinfomsg));
	const char *end = (const char *)h + h->nlmsg_len;
	char text[2 * INET6_ADDRSTRLEN + 1] = "", *save = NULL;

	for (; nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a))
		if (nl.attr_get_type(a) == IFLA_IFALIAS)
			snprintf(text, sizeof text, "%.*s", (int)nl.attr_get_payload_len(a),
				 (const char *)nl.attr_get_payload(a));
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		for (int six = 0; six < 2; six++)
			if (inet_pton(six ? AF_INET6 : AF_INET, word, ret[six].addr) == 1)
				ret[six].family = six ? AF_INET6 : AF_INET;
}

int link_addresses(struct nl_socket *host, const char *name, struct link_address ret[static 2])
{
	struct routes want = {link_find(host, name), ret};
	struct nlmsghdr *h;
	struct rtmsg *m;
	int r;

	memset(ret, 0, 2 * sizeof *ret);
	if (want.index < 0)
		return want.index;
	h = nl_request(host, RTM_GETLINK, 0);
	link_put_info(h, 0, want.index);
	r = nl_ask(host, keep_alias, ret);
	if (r || ret[0].family || ret[1].family)
		return r;
	m = nl.nlmsg_put_extra_header(nl_request(host, RTM_GETROUTE, NLM_F_DUMP), sizeof *m);
	m->rtm_family = AF_UNSPEC;
	return nl_ask(host, each_route, &want);
}

/*
 * While its connections are forgotten it must let nothing through, or new ones came up,
 * and keep the addresses, or they were a next jail's already.  So it is not taken down,
 * which takes the routes, but put into the group that is no section's.
 */
int link_end(struct nl_socket *host, const char *name, const struct link_address addresses[2])
{
	struct link_address found[2] = {0};
	struct nlmsghdr *h;
	struct err err;
	int r = 0;

	if (!addresses) {
		r = link_addresses(host, name, found);
		addresses = found;
	}
	h = nl_request(host, RTM_SETLINK, 0);
	link_put_info(h, 0, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, name);
	nl.attr_put_u32(h, IFLA_GROUP, POLICY_GROUPS);
	/* No link: no group, and no harm. */
	(void)nl_talk(host, NULL);
	if (r && r != -ENODEV)
		log_line(LOG_WARNING, "the routes of the link %s: %s", name, strerror(-r));
	else if (conntrack_forget(addresses, 2, &err))
		log_line(LOG_WARNING, "connections by the link %s stay until they time out: %s", name, err.text);
	return link_remove(host, name);
}

struct each {
	void (*fn)(const char *name, void *arg);
	void *arg;
};

static void each_link(const struct nlmsghdr *h, void *arg)
{
	const struct each *e = arg;
	const struct nlattr *a = nl.nlmsg_get_payload_offset(h, sizeof(struct ifinfomsg));
	const char *name = NULL, *end = (const char *)h + h->nlmsg_len;
	uint32_t group = 0;

	for (; nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a)) {
		if (nl.attr_get_type(a) == IFLA_IFNAME)
			name = nl.attr_get_str(a);
		if (nl.attr_get_type(a) == IFLA_GROUP)
			group = nl.attr_get_u32(a);
	}
	if (name && (group & POLICY_GROUPS_MASK) == POLICY_GROUPS)
		e->fn(name, e->arg);
}

int link_each(struct nl_socket *host, void (*fn)(const char *name, void *arg), void *arg)
{
	struct each e = {fn, arg};

	link_put_info(nl_request(host, RTM_GETLINK, NLM_F_DUMP), 0, 0);
	return nl_ask(host, each_link, &e);
}
