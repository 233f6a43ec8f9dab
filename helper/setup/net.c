/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "gate/by_hand.h"
#include "gc.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "net/conntrack.h"
#include "net/link.h"
#include "net/policy.h"
#include "net/pool.h"
#include "net/port.h"
#include "net/table.h"

/* Jails of one user at a time that each need an address. */
#define HOLDERS_MAX 1000

/* A socket of the jail's network, and what can only be set from there. */
static int open_inside(struct jail *j, struct nl_socket *jail, struct err *err)
{
	_cleanup_close_ int home = openat(j->proc, "thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int r, k;

	if (home < 0)
		return err_set(err, -errno, "our own network namespace");
	if (setns(j->net_ns, CLONE_NEWNET) < 0)
		return err_set(err, -errno, "entering the jail's network namespace");
	r = nl_open(jail, NETLINK_ROUTE, err);
	/* Whose these are, our place decides.  ping without a privilege, as on most hosts;
	 * and no port is anybody's own where there is one user. */
	if (!r && (k = write_file_at(j->proc, "sys/net/ipv4/ping_group_range", "0 2147483647")) < 0)
		r = err_set(err, k, "ping_group_range of the jail");
	if (!r && (k = write_file_at(j->proc, "sys/net/ipv4/ip_unprivileged_port_start", "0")) < 0)
		r = err_set(err, k, "ip_unprivileged_port_start of the jail");
	/* Its addresses and routes are what it was given, whoever announces others. */
	if (!r && (k = write_file_at(j->proc, "sys/net/ipv6/conf/default/accept_ra", "0")) < 0 && k != -ENOENT)
		r = err_set(err, k, "accept_ra of the jail");
	if (setns(home, CLONE_NEWNET) < 0)
		r = err_set(err, -errno, "leaving the jail's network namespace");
	return r;
}

/*
 * A killed keeper's jail may be dead and its network not: sshd's process of the last
 * login holds that.  Its address is the user's again.
 */
static void cut_off_dead(const struct jail *j)
{
	_cleanup_closedir_ DIR *d = NULL;
	char ours[16];
	int fd = openat(j->state.jail, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		scope_close(&fd);
		return;
	}
	snprintf(ours, sizeof ours, "%u-", j->id->uid);
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, ours, strlen(ours)) == 0 && state_instance_name(e->d_name))
			(void)gc_cut_off(&j->state, e->d_name);
	}
}

static bool is_used(const struct link_address address[static 2], void *arg)
{
	return link_taken(arg, address);
}

/* A bridge, and whom to ask about it. */
struct place {
	struct nl_socket *host;
	struct bridge bridge;
};

static bool is_used_there(const struct link_address address[static 2], void *arg)
{
	const struct place *p = arg;

	return port_taken(p->host, &p->bridge, address);
}

static int make_end(struct jail *j, const struct place *place, struct link_address address[static 2],
		    struct err *err)
{
	const uint32_t group = policy_group(j->section);

	if (j->set->network == NETWORK_BRIDGE)
		return port_make(&j->net.host, &place->bridge, j->net.name, group, j->net_ns, address, err);
	return link_make(&j->net.host, j->net.name, group, j->net_ns, address, err);
}

/* The first of the user's addresses that no other jail of the user's has. */
static int make_link(struct jail *j, struct link_address address[static 2], struct err *err)
{
	_cleanup_close_ int state_dir = state_dir_open(j->set->state, err);
	const bool bridged = j->set->network == NETWORK_BRIDGE;
	struct place place = {.host = &j->net.host};
	bool looked = false;
	unsigned int slot = 0;
	struct pool pool;
	int r = 0;

	if (state_dir < 0)
		return state_dir;
	if (bridged)
		r = bridge_find(&j->net.host, j->set->bridge, &j->set->address, &place.bridge, err);
	if (r)
		return r;
	pool_of(j->set, &pool);
	while (slot < HOLDERS_MAX) {
		r = pool_get(&pool, state_dir, j->id->uid, slot, bridged ? is_used_there : is_used,
			     bridged ? (void *)&place : &j->net.host, address, err);
		if (!r)
			r = make_end(j, &place, address, err);
		/* What is not ours is not to be forgotten by net_end(). */
		if (r)
			memset(address, 0, 2 * sizeof *address);
		if (r != -EEXIST)
			return r;
		if (looked)
			slot++;
		else
			cut_off_dead(j);
		looked = true;
	}
	return err_set(err, -EADDRINUSE, "every address of the user's is in use");
}

/*
 * Last, so that whoever takes the table away and then the links (loginjail net clear)
 * finds ours, or we find the table gone.
 */
static int check_table(const struct jail *j, struct err *err)
{
	char chain[POLICY_CHAIN_MAX];
	int r = policy_chain(j->section, j->set, chain);

	if (r)
		return err_set(err, r, "the rules");
	r = table_has_chain(TABLE_INET, chain, err);
	if (!r && j->set->network == NETWORK_BRIDGE)
		r = table_has_chain(TABLE_BRIDGE, POLICY_GUARD, err);
	if (r == -ENOENT)
		return err_set(err, r, "the rules of [jail %s] are not loaded, or jail.ini has changed since: "
			       "run 'loginjail net apply' (chain %s)", j->section, chain);
	return r;
}

/*
 * With a gate it is closed until the keeper has looked, before the first session: what is looked
 * at may take its time, and the login does not wait for that.
 */
static bool born_open(const struct jail *j)
{
	return j->set->gate.kind == GATE_NONE &&
	       by_hand_get(j->state.run, j->section, j->id->uid) == BY_HAND_ON;
}

/* The jail's end up, with its addresses and routes. */
static int raise_inside(struct jail *j, struct err *err)
{
	if (j->set->network == NETWORK_BRIDGE)
		return port_inside(&j->net.inside, j->net.address, &j->set->gateway, err);
	return link_inside(&j->net.inside, j->net.address, err);
}

int net_make(struct jail *j, struct err *err)
{
	struct link_address *address = j->net.address;
	struct nl_socket *inside = &j->net.inside;
	int r;

	r = nl_open(&j->net.host, NETLINK_ROUTE, err);
	if (!r)
		r = open_inside(j, inside, err);
	if (!r) {
		link_name(j->instance, j->net.name);
		r = make_link(j, address, err);
	}
	j->net.open = born_open(j);
	if (!r && j->net.open)
		r = raise_inside(j, err);
	if (!r && j->set->bandwidth_down != NO_LIMIT)
		r = link_limit(&j->net.host, j->net.name, j->set->bandwidth_down, err);
	if (!r && j->set->bandwidth_up != NO_LIMIT)
		r = link_limit(inside, LINK_INSIDE, j->set->bandwidth_up, err);
	return r ? r : check_table(j, err);
}

/*
 * By the jail's end: its routes go, so that who is inside hears at once that there is no network;
 * what is under way gets nowhere in either direction, and the host keeps its routes, which
 * say that the addresses are taken.
 */
int net_switch(struct jail *j, bool open)
{
	struct err err;
	int r;

	if (!j->net.name[0] || open == j->net.open)
		return 0;
	r = open ? raise_inside(j, &err) : link_pause(&j->net.inside, LINK_INSIDE);
	if (!r) {
		j->net.open = open;
		return 0;
	}
	log_line(LOG_WARNING, "jail %s: its link can't be %s: %s; it has no network any more", j->instance,
		 open ? "opened" : "closed", strerror(-r));
	net_end(j);
	return r;
}

void net_follow_rules(struct jail *j)
{
	static const struct link_address no_routes[2];
	const bool bridged = j->set->network == NETWORK_BRIDGE, loaded = table_loaded(bridged);
	struct err err;
	int r;

	if (!j->net.name[0] || loaded != j->net.paused)
		return;
	if (!loaded) {
		r = link_pause(&j->net.host, j->net.name);
		log_line(LOG_WARNING, "jail %s: the rules for %s jails are gone: it is cut off until 'loginjail "
			 "net apply' has loaded them", j->instance, bridged ? "bridged" : "routed");
	} else {
		/* What was begun while there were none; now nobody makes an entry of it again. */
		r = conntrack_forget(j->net.address, 2, &err);
		r = r ? r : link_resume(&j->net.host, j->net.name, bridged ? no_routes : j->net.address);
		log_line(LOG_INFO, "jail %s: the rules for %s jails are back", j->instance,
			 bridged ? "bridged" : "routed");
	}
	j->net.paused = !loaded;
	if (!r)
		return;
	/* A next jail has the address, or it is not to be stopped otherwise. */
	log_line(LOG_WARNING, "jail %s: its link: %s; it has no network any more", j->instance, strerror(-r));
	net_end(j);
}

void net_end(struct jail *j)
{
	int r;

	if (!j->net.name[0])
		return;
	r = link_end(&j->net.host, j->net.name, j->net.address);
	if (r)
		log_line(LOG_WARNING, "jail %s: removing the link %s: %s", j->instance, j->net.name, strerror(-r));
	nl_close(&j->net.host);
	nl_close(&j->net.inside);
	j->net.name[0] = '\0';
	j->net.open = false;
}

/*
 * Without a privilege, a socket can have any source in IPv6 and any port in a jail, and
 * so send the answer that a resolver beside it waits for; in IPv4 it can't.
 */
static bool can_forge(const struct prefix *server)
{
	return server->family != AF_INET;
}

int net_resolv_text(const struct jail *j, bool forgeable, char **ret, struct err *err)
{
	const struct prefixes *dns = &j->set->dns;
	char addr[PREFIX_TEXT_MAX];
	size_t len, n = 0;
	FILE *f;

	*ret = NULL;
	if (!network_has_link(j->set->network) || dns->n == 0)
		return 0;
	f = open_memstream(ret, &len);
	if (!f)
		return err_set(err, -ENOMEM, "resolv.conf");
	for (size_t i = 0; i < dns->n; i++) {
		if (!forgeable && can_forge(&dns->v[i]))
			continue;
		prefix_print(&dns->v[i], addr);
		fprintf(f, "nameserver %s\n", addr);
		n++;
	}
	if (fclose(f) == 0 && n > 0)
		return 0;
	free(*ret);
	*ret = NULL;
	return n > 0 ? err_set(err, -ENOMEM, "resolv.conf") : 0;
}
