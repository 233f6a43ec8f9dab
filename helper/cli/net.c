/* SPDX-License-Identifier: MIT */
/*
 * net: the table of rules that all routed jails have in common.  libnftables, which
 * is slow to load, is used here and in no login.  (on, off and status: net_switch.c.)
 */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <nftables/libnftables.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/load.h"
#include "cli/net_switch.h"
#include "cli/verbs.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "net/conntrack.h"
#include "net/link.h"
#include "net/policy.h"
#include "net/pool.h"
#include "net/port.h"
#include "setup/state.h"

static int say(const char *what)
{
	fprintf(stderr, "loginjail: %s\n", what);
	return EXIT_ERRORS;
}

/* Run commands of nft as one transaction. */
static int run_rules(const char *text)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int status = EXIT_OK;

	if (!ctx || nft_ctx_buffer_error(ctx) || nft_ctx_buffer_output(ctx)) {
		if (ctx)
			nft_ctx_free(ctx);
		return say("libnftables can't be used");
	}
	if (nft_run_cmd_from_buffer(ctx, text)) {
		fprintf(stderr, "loginjail: the rules can't be loaded:\n%s", nft_ctx_get_error_buffer(ctx));
		status = EXIT_ERRORS;
	}
	nft_ctx_free(ctx);
	return status;
}

/*
 * To make the host a router is for the administrator to decide: it concerns all of the
 * host's interfaces, and with IPv6 how the host gets its own address.
 */
static int check_forwarding(const struct prefixes *pool)
{
	static const char *const names[2] = {"net/ipv4/conf/all/forwarding", "net/ipv6/conf/all/forwarding"};
	int status = EXIT_OK;

	for (size_t i = 0; i < pool->n; i++) {
		bool six = pool->v[i].family == AF_INET6;
		char path[64], value[8];

		snprintf(path, sizeof path, "/proc/sys/%s", names[six]);
		if (read_file_at(AT_FDCWD, path, value, sizeof value) > 0 && value[0] == '1')
			continue;
		fprintf(stderr,
			"loginjail: the host does not forward IPv%c: put '%s = 1' into a file of /etc/sysctl.d and run "
			"'sysctl --system'%s, or take the prefix out of 'pool'\n",
			six ? '6' : '4', six ? "net.ipv6.conf.all.forwarding" : "net.ipv4.conf.all.forwarding",
			six ? " (where the host's own address comes from router advertisements, "
			      "accept_ra = 2 of that interface first)" : "");
		status = EXIT_ERRORS;
	}
	return status;
}

static bool interface_prefix(const struct ifaddrs *a, struct prefix *ret)
{
	const uint8_t *addr, *mask;

	if (!a->ifa_addr || !a->ifa_netmask ||
	    (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
		return false;
	*ret = (struct prefix){.family = a->ifa_addr->sa_family};
	if (ret->family == AF_INET) {
		addr = (const void *)&((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr;
		mask = (const void *)&((const struct sockaddr_in *)(const void *)a->ifa_netmask)->sin_addr;
	} else {
		addr = (const void *)&((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr;
		mask = (const void *)&((const struct sockaddr_in6 *)(const void *)a->ifa_netmask)->sin6_addr;
	}
	for (unsigned int i = 0; i < prefix_bits(ret) / 8; i++) {
		ret->addr[i] = addr[i] & mask[i];
		ret->len += (unsigned int)__builtin_popcount(mask[i]);
	}
	return true;
}

/* A net of the host's own would be out of reach from here on. */
static int check_pool(const struct prefixes *pool)
{
	struct ifaddrs *list, *a;
	int status = EXIT_OK;

	if (getifaddrs(&list) < 0)
		return say("the host's addresses can't be listed");
	for (a = list; a; a = a->ifa_next) {
		char ours[PREFIX_TEXT_MAX], theirs[PREFIX_TEXT_MAX];
		struct prefix p;

		if (!interface_prefix(a, &p))
			continue;
		for (size_t i = 0; i < pool->n; i++) {
			if (!prefix_overlaps(&pool->v[i], &p))
				continue;
			prefix_print(&pool->v[i], ours);
			prefix_print(&p, theirs);
			fprintf(stderr, "loginjail: %s of 'pool' overlaps with %s, the net of %s: choose another\n",
				ours, theirs, a->ifa_name);
			status = EXIT_ERRORS;
		}
	}
	freeifaddrs(list);
	return status;
}

struct removal {
	char (*name)[LINK_NAME_MAX];
	size_t n;
	int error;
};

static void collect(const char *name, void *arg)
{
	struct removal *r = arg;
	char (*more)[LINK_NAME_MAX] = reallocarray(r->name, r->n + 1, sizeof *more);

	if (!more) {
		r->error = -ENOMEM;
		return;
	}
	r->name = more;
	snprintf(r->name[r->n++], LINK_NAME_MAX, "%s", name);
}

static int remove_links(void)
{
	struct link_address *address;
	struct removal r = {0};
	struct nl_socket host;
	struct err err;
	int k = nl_open(&host, NETLINK_ROUTE, &err);

	if (k)
		return say(err.text);
	k = link_each(&host, collect, &r);
	address = calloc(r.n + 1, 2 * sizeof *address);
	for (size_t i = 0; i < r.n; i++) {
		int one;

		/* For the sake of these no link stays. */
		if (address)
			(void)link_addresses(&host, r.name[i], &address[2 * i]);
		one = link_remove(&host, r.name[i]);
		k = k ? k : one;
	}
	if (r.n > 0 && address && conntrack_forget(address, 2 * r.n, &err))
		fprintf(stderr, "loginjail: connections of jails stay until they time out: %s\n", err.text);
	free(address);
	free(r.name);
	nl_close(&host);
	k = k ? k : r.error;
	if (!k)
		return EXIT_OK;
	err_set(&err, k, "cutting the jails off");
	return say(err.text);
}

static int make_bridges(const struct config *config)
{
	struct nl_socket host;
	struct err err;
	int r = nl_open(&host, NETLINK_ROUTE, &err);

	for (size_t i = 0; !r && i < config->n_sections; i++) {
		const struct settings *s = &config->sections[i].settings;

		if (s->network == NETWORK_BRIDGE && bridge_is_ours(s->bridge))
			r = bridge_make(&host, s->bridge, &err);
	}
	nl_close(&host);
	return r ? say(err.text) : EXIT_OK;
}

static int remove_bridges(void)
{
	struct if_nameindex *list = if_nameindex();
	struct nl_socket host;
	struct err err;
	int r = list ? nl_open(&host, NETLINK_ROUTE, &err) : err_set(&err, -errno, "the host's interfaces");

	if (!list)
		return say(err.text);
	for (const struct if_nameindex *i = list; !r && i->if_name; i++)
		if (bridge_is_ours(i->if_name)) {
			r = bridge_remove(&host, i->if_name);
			if (r)
				err_set(&err, r, "removing the bridge %s", i->if_name);
		}
	nl_close(&host);
	if_freenameindex(list);
	return r ? say(err.text) : EXIT_OK;
}

/*
 * First the links: without the rules they would be open.  And once more after it, for
 * a set-up that looked for the rules between the two.
 */
static int clear(void)
{
	int status = remove_links();

	if (!status)
		status = run_rules("add table inet " POLICY_TABLE "\ndelete table inet " POLICY_TABLE "\n"
				   "add table bridge " POLICY_TABLE "\ndelete table bridge " POLICY_TABLE "\n");
	if (!status)
		status = remove_links();
	return status ? status : remove_bridges();
}

/* The first jail of the one user that such a section has. */
static int published_address(const struct section *section, struct link_address ret[static 2], struct err *err)
{
	_cleanup_close_ int state_dir = state_dir_open(section->settings.state, err);
	const char *user = section->settings.users.v[0];
	const struct passwd *pw = *user == '#' ? NULL : getpwnam(user);
	struct pool pool;

	if (state_dir < 0)
		return state_dir;
	if (!pw && *user != '#')
		return err_set(err, -ENOENT, "[jail %s] publishes ports of '%s', and there is no such user",
			       section->name, user);
	pool_of(&section->settings, &pool);
	return pool_get(&pool, state_dir, pw ? pw->pw_uid : (uid_t)strtoul(user + 1, NULL, 10), 0,
			NULL, NULL, ret, err);
}

static void say_count(const struct policy_count *n, const char *path)
{
	if (n->routed > 0 || n->bridged == 0)
		printf("%zu routed jail%s", n->routed, n->routed == 1 ? "" : "s");
	if (n->bridged > 0)
		printf("%s%zu bridged jail%s", n->routed > 0 ? " and " : "", n->bridged, n->bridged == 1 ? "" : "s");
	printf(" in %s%s\n", path, n->routed + n->bridged > 0 ? ", rules loaded" : ", no rules needed");
}

static int apply(const struct config *config, bool show)
{
	_cleanup_free_ char *text = NULL;
	const struct prefixes *pool = &config->defaults.settings.pool;
	struct policy_count count;
	struct err err;
	int status = EXIT_OK;

	if (policy_table(config, published_address, &text, &count, &err))
		return say(err.text);
	if (show) {
		fputs(text, stdout);
		return EXIT_OK;
	}
	/* Jails of sections that are neither any more may live: they are cut off. */
	if (count.routed + count.bridged == 0)
		status = clear();
	if (count.routed > 0 && (status = check_forwarding(pool)) == EXIT_OK)
		status = check_pool(pool);
	if (!status && count.bridged > 0)
		status = make_bridges(config);
	if (!status && count.routed + count.bridged > 0)
		status = run_rules(text);
	if (!status)
		say_count(&count, config->path);
	return status;
}

/* The file may have errors: a network must be closed all the same. */
static int switch_by_hand(const char *path, const char *name, bool off)
{
	_cleanup_config_ struct config *config = NULL;

	if (name && load_config(path, &config))
		return EXIT_TEMPFAIL;
	return net_switch_by_hand(config, name, off);
}

int verb_net(int argc, char **argv)
{
	_cleanup_config_ struct config *config = NULL;
	const char *path = CONFIG_PATH, *what = argc > 1 ? argv[1] : "", *name = NULL;

	if (argc == 2 && !strcmp(what, "clear"))
		return clear();
	if (argc == 2 && !strcmp(what, "status"))
		return net_status();
	if (argc > 3 && !strcmp(argv[2], "-f")) {
		path = argv[3];
		argv += 2;
		argc -= 2;
	}
	if (argc == 3 && *argv[2] != '-')
		name = argv[2];
	else if (argc != 2)
		return EXIT_USAGE;
	if (!strcmp(what, "on") || !strcmp(what, "off"))
		return switch_by_hand(path, name, !strcmp(what, "off"));
	if (name || (strcmp(what, "apply") && strcmp(what, "show")))
		return EXIT_USAGE;
	if (load_config(path, &config))
		return EXIT_TEMPFAIL;
	print_errors(config);
	if (config->n_errors > 0)
		return EXIT_ERRORS;
	return apply(config, !strcmp(what, "show"));
}
