/* SPDX-License-Identifier: MIT */
#include "net/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "net/nl.h"
#include "net/policy.h"

static void found(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	*(int *)arg = 1;
}

int table_has_chain(const char *chain, struct err *err)
{
	struct nl_socket s;
	struct nlmsghdr *h;
	struct nfgenmsg *g;
	int r = nl_open(&s, NETLINK_NETFILTER, err), there = 0;

	if (r)
		return r;
	h = nl_request(&s, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, 0);
	g = nl.nlmsg_put_extra_header(h, sizeof *g);
	*g = (struct nfgenmsg){.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0, .res_id = htons(0)};
	nl.attr_put_strz(h, NFTA_CHAIN_TABLE, POLICY_TABLE);
	nl.attr_put_strz(h, NFTA_CHAIN_NAME, chain);
	r = nl_ask(&s, found, &there);
	nl_close(&s);
	if (!r && !there)
		r = -ENOENT;
	return r ? err_set(err, r, "the chain %s of the table inet " POLICY_TABLE, chain) : 0;
}
