/* SPDX-License-Identifier: MIT */
#include "net/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/fdio.h"
#include "net/link_parts.h"
#include "net/port_filter.h"

/* ---- the bridge -------------------------------------------------------------- */

struct seen {
	bool is_bridge, up, calls[2]; /* rules of IPv4, of IPv6 */
	uint32_t mtu;
};

static void see_bridge(const struct nlattr *data, struct seen *s)
{
	const char *end = (const char *)data + NLA_HDRLEN + nl.attr_get_payload_len(data);
	const struct nlattr *a = nl.attr_get_payload(data);

	for (; nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a)) {
		if (nl.attr_get_type(a) == IFLA_BR_NF_CALL_IPTABLES)
			s->calls[0] = *(const uint8_t *)nl.attr_get_payload(a);
		if (nl.attr_get_type(a) == IFLA_BR_NF_CALL_IP6TABLES)
			s->calls[1] = *(const uint8_t *)nl.attr_get_payload(a);
	}
}

static void see_kind(const struct nlattr *info, struct seen *s)
{
	const char *end = (const char *)info + NLA_HDRLEN + nl.attr_get_payload_len(info);
	const struct nlattr *a = nl.attr_get_payload(info), *data = NULL;

	for (; nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a)) {
		if (nl.attr_get_type(a) == IFLA_INFO_KIND)
			s->is_bridge = !strcmp(nl.attr_get_str(a), "bridge");
		if (nl.attr_get_type(a) == IFLA_INFO_DATA)
			data = a;
	}
	if (s->is_bridge && data)
		see_bridge(data, s);
}

static void see_link(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *i = nl.nlmsg_get_payload(h);
	const struct nlattr *a = nl.nlmsg_get_payload_offset(h, sizeof *i);
	const char *end = (const char *)h + h->nlmsg_len;
	struct seen *s = arg;

	s->up = i->ifi_flags & IFF_UP;
	for (; nl.attr_ok(a, (int)(end - (const char *)a)); a = nl.attr_next(a)) {
		if (nl.attr_get_type(a) == IFLA_MTU)
			s->mtu = nl.attr_get_u32(a);
		if (nl.attr_get_type(a) == IFLA_LINKINFO)
			see_kind(a, s);
	}
}

/* For all bridges of the host: 1, 0, or -errno where there is no br_netfilter. */
static int all_call(bool six)
{
	char value[4];
	ssize_t n = read_file_at(AT_FDCWD, six ? "/proc/sys/net/bridge/bridge-nf-call-ip6tables"
					       : "/proc/sys/net/bridge/bridge-nf-call-iptables",
				 value, sizeof value);

	return n < 0 ? (int)n : n > 0 && value[0] == '1';
}

static int check_calls(const char *name, const struct seen *s, const struct prefixes *address, struct err *err)
{
	for (size_t i = 0; i < address->n; i++) {
		const bool six = address->v[i].family == AF_INET6;
		const int all = all_call(six);

		if (all < 0)
			return err_set(err, -EOPNOTSUPP, "bridges don't show the rules what passes them: load the "
				       "kernel module br_netfilter at boot (a file of /etc/modules-load.d)");
		if (!all && !s->calls[six])
			return err_set(err, -EOPNOTSUPP, "the bridge %s does not show the rules what passes it: run "
				       "'ip link set %s type bridge nf_call_iptables 1 nf_call_ip6tables 1' where the "
				       "host makes it", name, name);
	}
	return 0;
}

/* Its index, or -errno. */
static int see(struct nl_socket *host, const char *name, struct seen *s)
{
	int index = link_find(host, name), r;
	struct nlmsghdr *h;

	*s = (struct seen){0};
	if (index < 0)
		return index;
	h = nl_request(host, RTM_GETLINK, 0);
	link_put_info(h, 0, index);
	r = nl_ask(host, see_link, s);
	return r ? r : index;
}

bool bridge_is_ours(const char *name)
{
	/* The links of jails have a digit after the letters. */
	return !strncmp(name, "lj-", 3);
}

int bridge_make(struct nl_socket *host, const char *name, struct err *err)
{
	/* No jail's (port_hardware), and no other host's. */
	uint8_t hardware[6] = {0x02, 0x6d};
	struct nlmsghdr *h = nl_request(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data;
	int r;

	if (getrandom(hardware + 2, sizeof hardware - 2, 0) != (ssize_t)sizeof hardware - 2)
		return err_set(err, -EIO, "a hardware address for the bridge %s", name);
	link_put_info(h, IFF_UP, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, name);
	/* One that was given: else it has that of some port, which comes and goes. */
	nl.attr_put(h, IFLA_ADDRESS, sizeof hardware, hardware);
	info = nl.attr_nest_start(h, IFLA_LINKINFO);
	nl.attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	data = nl.attr_nest_start(h, IFLA_INFO_DATA);
	nl.attr_put_u8(h, IFLA_BR_NF_CALL_IPTABLES, 1);
	nl.attr_put_u8(h, IFLA_BR_NF_CALL_IP6TABLES, 1);
	nl.attr_nest_end(h, data);
	nl.attr_nest_end(h, info);
	r = nl_talk(host, NULL);
	return r && r != -EEXIST ? err_set(err, r, "making the bridge %s (kernel module bridge)", name) : 0;
}

int bridge_remove(struct nl_socket *host, const char *name)
{
	struct seen s;
	int index = see(host, name, &s);

	if (index < 0)
		return index == -ENODEV ? 0 : index;
	return s.is_bridge ? link_remove(host, name) : 0;
}

int bridge_find(struct nl_socket *host, const char *name, const struct prefixes *address, struct bridge *ret,
		struct err *err)
{
	struct seen s;
	int index = see(host, name, &s);

	if (index == -ENODEV && bridge_is_ours(name))
		return err_set(err, index, "there is no bridge '%s': run 'loginjail net apply', which makes it", name);
	if (index == -ENODEV)
		return err_set(err, index, "there is no bridge '%s': make it in the host's configuration of its "
			       "network, or name another with 'bridge'", name);
	if (index < 0)
		return err_set(err, index, "the bridge %s", name);
	if (!s.is_bridge)
		return err_set(err, -EINVAL, "'%s' is an interface, but not a bridge: name another with 'bridge'",
			       name);
	if (!s.up)
		return err_set(err, -ENETDOWN, "the bridge %s is down: run 'ip link set %s up'", name, name);
	*ret = (struct bridge){index, s.mtu};
	return check_calls(name, &s, address, err);
}

/* ---- its port ---------------------------------------------------------------- */

static void put_neighbour(struct nlmsghdr *h, int index, uint8_t flags)
{
	struct ndmsg *m = nl.nlmsg_put_extra_header(h, sizeof *m);

	m->ndm_family = AF_BRIDGE;
	m->ndm_ifindex = index;
	/* Neither learnt nor forgotten. */
	m->ndm_state = NUD_NOARP;
	m->ndm_flags = flags;
}

static void is_there(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	*(bool *)arg = true;
}

bool port_taken(struct nl_socket *host, const struct bridge *bridge, const struct link_address address[static 2])
{
	bool there = false;
	struct nlmsghdr *h;
	uint8_t mac[6];
	int r;

	port_hardware(address, mac);
	h = nl_request(host, RTM_GETNEIGH, 0);
	put_neighbour(h, 0, 0);
	((struct ndmsg *)nl.nlmsg_get_payload(h))->ndm_state = 0;
	nl.attr_put(h, NDA_LLADDR, sizeof mac, mac);
	nl.attr_put_u32(h, NDA_MASTER, (uint32_t)bridge->index);
	r = nl_ask(host, is_there, &there);
	return there || (r && r != -ENOENT);
}

/* The end of ours gets an address above all others': a bridge takes the lowest of its ports'. */
static struct nlmsghdr *new_pair(struct nl_socket *host, const struct bridge *bridge, const char *name, uint32_t group,
				 int net_ns, const uint8_t mac[static 6])
{
	struct nlmsghdr *h = nl_request(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	uint8_t ours[6] = {0xfe, mac[1], mac[2], mac[3], mac[4], mac[5]};
	struct nlattr *info, *data, *peer;

	link_put_info(h, 0, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, name);
	nl.attr_put(h, IFLA_ADDRESS, sizeof ours, ours);
	nl.attr_put_u32(h, IFLA_MTU, bridge->mtu);
	nl.attr_put_u32(h, IFLA_GROUP, group);
	nl.attr_put_u32(h, IFLA_MASTER, (uint32_t)bridge->index);
	info = nl.attr_nest_start(h, IFLA_LINKINFO);
	nl.attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = nl.attr_nest_start(h, IFLA_INFO_DATA);
	peer = nl.attr_nest_start(h, VETH_INFO_PEER);
	link_put_info(h, 0, 0);
	nl.attr_put_strz(h, IFLA_IFNAME, LINK_INSIDE);
	nl.attr_put(h, IFLA_ADDRESS, 6, mac);
	nl.attr_put_u32(h, IFLA_MTU, bridge->mtu);
	nl.attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)net_ns);
	nl.attr_nest_end(h, peer);
	nl.attr_nest_end(h, data);
	nl.attr_nest_end(h, info);
	return h;
}

/* Nothing to and from other jails, nothing that is for others, nothing learnt. */
static void put_isolation(struct nl_socket *host, int index)
{
	static const struct {
		uint16_t type;
		uint8_t value;
	} flags[] = {{IFLA_BRPORT_ISOLATED, 1}, {IFLA_BRPORT_LEARNING, 0}, {IFLA_BRPORT_UNICAST_FLOOD, 0},
		     {IFLA_BRPORT_GUARD, 1},	{IFLA_BRPORT_PROTECT, 1},  {IFLA_BRPORT_MODE, 0},
		     {IFLA_BRPORT_PROXYARP, 0}, {IFLA_BRPORT_MCAST_FLOOD, 1}};
	struct nlmsghdr *h = nl_request(host, RTM_SETLINK, 0);
	struct ifinfomsg *i = nl.nlmsg_put_extra_header(h, sizeof *i);
	struct nlattr *nest;

	i->ifi_family = AF_BRIDGE;
	i->ifi_index = index;
	nest = nl.attr_nest_start(h, IFLA_PROTINFO | NLA_F_NESTED);
	for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
		nl.attr_put_u8(h, flags[k].type, flags[k].value);
	nl.attr_nest_end(h, nest);
}

/* For the log and for who looks, and for link_addresses. */
static void put_alias(struct nl_socket *host, int index, const struct link_address address[static 2])
{
	char text[2 * INET6_ADDRSTRLEN + 1] = "", one[INET6_ADDRSTRLEN];
	struct nlmsghdr *h = nl_request(host, RTM_SETLINK, 0);

	for (int i = 0; i < 2; i++)
		if (address[i].family && inet_ntop(address[i].family, address[i].addr, one, sizeof one)) {
			if (*text)
				strcat(text, " ");
			strcat(text, one);
		}
	link_put_info(h, 0, index);
	nl.attr_put(h, IFLA_IFALIAS, strlen(text), text);
}

static void put_entry(struct nl_socket *host, int index, const uint8_t mac[static 6])
{
	struct nlmsghdr *h = nl_request(host, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL);

	put_neighbour(h, index, NTF_MASTER | NTF_STICKY);
	nl.attr_put(h, NDA_LLADDR, 6, mac);
}

static struct tcmsg *put_tc(struct nlmsghdr *h, int index, uint32_t parent)
{
	struct tcmsg *m = nl.nlmsg_put_extra_header(h, sizeof *m);

	m->tcm_ifindex = index;
	m->tcm_parent = parent;
	return m;
}

static void put_program(struct nl_socket *host, int index, uint32_t place, const struct sock_filter *prog, size_t n,
			bool decides)
{
	const uint16_t len = (uint16_t)n;
	struct nlmsghdr *h = nl_request(host, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL);
	struct tcmsg *m = put_tc(h, index, TC_H_MAKE(TC_H_INGRESS, 0));
	struct nlattr *nest;

	m->tcm_info = TC_H_MAKE(place << 16, htons(ETH_P_ALL));
	nl.attr_put_strz(h, TCA_KIND, "bpf");
	nest = nl.attr_nest_start(h, TCA_OPTIONS);
	nl.attr_put(h, TCA_BPF_OPS_LEN, sizeof len, &len);
	nl.attr_put(h, TCA_BPF_OPS, n * sizeof *prog, prog);
	if (decides)
		nl.attr_put_u32(h, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nl.attr_nest_end(h, nest);
}

/*
 * Two programs: what the first does not say yes to is left to the second, which drops
 * it.  A program that the kernel can't run to its end says no by that.
 */
static int set_filter(struct nl_socket *host, int index, const struct link_address address[static 2])
{
	const struct sock_filter drop[] = {{BPF_RET | BPF_K, 0, 0, TC_ACT_SHOT}};
	struct sock_filter prog[PORT_FILTER_MAX];
	const size_t n = port_filter(address, prog);
	struct nlmsghdr *h = nl_request(host, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
	int r;

	put_tc(h, index, TC_H_INGRESS)->tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0);
	nl.attr_put_strz(h, TCA_KIND, "ingress");
	put_program(host, index, 2, drop, 1, true);
	r = nl_talk(host, NULL);
	if (r)
		return r;
	put_program(host, index, 1, prog, n, false);
	return nl_talk(host, NULL);
}

/* Up comes last, by a request of its own: nothing passes before the filter is there. */
static int dress(struct nl_socket *host, int index, const char *name, const struct link_address address[static 2],
		 struct err *err)
{
	uint8_t mac[6];
	int r;

	port_hardware(address, mac);
	put_entry(host, index, mac);
	r = nl_talk(host, NULL);
	/* Somebody's, a jail's or not. */
	if (r)
		return err_set(err, r, "the hardware address of the link %s", name);
	put_isolation(host, index);
	put_alias(host, index, address);
	r = nl_talk(host, NULL);
	if (r)
		return err_set(err, r, "isolating the link %s on the bridge", name);
	r = set_filter(host, index, address);
	if (r)
		return err_set(err, r == -EEXIST ? -EBUSY : r,
			       "the filter of the link %s (kernel modules sch_ingress, cls_bpf)", name);
	link_put_up(host, index);
	r = nl_talk(host, NULL);
	return r ? err_set(err, r, "raising the link %s", name) : 0;
}

int port_make(struct nl_socket *host, const struct bridge *bridge, const char *name, uint32_t group, int net_ns,
	      const struct link_address address[static 2], struct err *err)
{
	uint8_t mac[6];
	int index, r;

	port_hardware(address, mac);
	(void)new_pair(host, bridge, name, group, net_ns, mac);
	r = nl_talk(host, NULL);
	/* As in link_make. */
	if (r)
		return err_set(err, r == -EEXIST ? -EBUSY : r, "making the link %s on the bridge", name);
	index = link_find(host, name);
	r = index < 0 ? err_set(err, index, "the link %s", name) : dress(host, index, name, address, err);
	if (r)
		(void)link_remove(host, name);
	return r;
}

/* ---- inside ------------------------------------------------------------------ */

int port_inside(struct nl_socket *jail, const struct link_address address[static 2], const struct prefixes *gateway,
		struct err *err)
{
	int index = link_find(jail, LINK_INSIDE), r;

	if (index < 0)
		return err_set(err, index, "the jail's link");
	link_put_up(jail, index);
	for (int i = 0; i < 2; i++) {
		const struct prefix *g = address[i].family ? prefixes_find(gateway, address[i].family) : NULL;

		if (!g)
			continue;
		link_put_address(jail, index, &address[i], g->len);
		/* Neighbours are asked for by it where there is no packet to take the source from. */
		if (address[i].family == AF_INET6) {
			struct link_address own = {.family = AF_INET6};
			uint8_t mac[6];

			port_hardware(address, mac);
			port_link_local(mac, own.addr);
			link_put_address(jail, index, &own, 64);
		}
		link_put_route(jail, index, &address[i], g->addr);
	}
	r = nl_talk(jail, NULL);
	return r ? err_set(err, r, "the jail's addresses and routes") : 0;
}
