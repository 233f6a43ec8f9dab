/* SPDX-License-Identifier: MIT */
#include "net/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "net/nl.h"
#include "net/policy.h"

static void found(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	*(int *)arg = 1;
}

int table_has_chain(enum table table, const char *chain, struct err *err)
{
	const bool bridge = table == TABLE_BRIDGE;
	struct nl_socket s;
	struct nlmsghdr *h;
	struct nfgenmsg *g;
	int r = nl_open(&s, NETLINK_NETFILTER, err), there = 0;

	if (r)
		return r;
	h = nl_request(&s, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, 0);
	g = nl.nlmsg_put_extra_header(h, sizeof *g);
	*g = (struct nfgenmsg){.nfgen_family = bridge ? NFPROTO_BRIDGE : NFPROTO_INET, .version = NFNETLINK_V0,
				.res_id = htons(0)};
	nl.attr_put_strz(h, NFTA_CHAIN_TABLE, POLICY_TABLE);
	nl.attr_put_strz(h, NFTA_CHAIN_NAME, chain);
	r = nl_ask(&s, found, &there);
	nl_close(&s);
	if (!r && !there)
		r = -ENOENT;
	return r ? err_set(err, r, "the chain %s of the table %s " POLICY_TABLE, chain,
			   bridge ? "bridge" : "inet") : 0;
}

bool table_loaded(bool both)
{
	return table_has_chain(TABLE_INET, "from-jail", NULL) == 0 &&
	       (!both || table_has_chain(TABLE_BRIDGE, POLICY_GUARD, NULL) == 0);
}

int table_watch(struct err *err)
{
	/* Of the many words about a transaction the one that ends it. */
	struct sock_filter only_end[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = {sizeof only_end / sizeof *only_end, only_end};
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	const int group = NFNLGRP_NFTABLES;
	_cleanup_close_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	/* Without the filter there is more to hear, no more. */
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof any) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
		return err_set(err, -errno, "listening for changes of the rules");
	return take_fd(&fd);
}
