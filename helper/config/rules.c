/* SPDX-License-Identifier: MIT */
#include "config/rules.h"

#include <string.h>
#include <sys/socket.h>

#include "filter/builtin.h"
#include "lib/scope.h"

/* A test returns what breaks the rule ("" if that needs no words) or NULL. */
struct rule {
	enum option_id at;
	enum option_id also; /* the other one of a pair, or the same again */
	const char *(*test)(const struct settings *s);
	const char *text;
};

static bool is_or_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (path[len] == '\0' || path[len] == '/');
}

/* These the jail has of its own, whatever the host has there. */
static bool jails_own(const char *path)
{
	return is_or_below(path, "/proc") || is_or_below(path, "/sys") ||
	       is_or_below(path, "/dev") || is_or_below(path, "/run/loginjail");
}

static const char *root_inside_host(const struct settings *s)
{
	return s->inside_root == ANSWER_YES && !strcmp(s->root, "host") ? "" : NULL;
}

#define SOFT_ABOVE_HARD(name)                                            \
	static const char *name##_soft_above_hard(const struct settings *s) \
	{                                                                   \
		return s->name.soft > s->name.hard ? "" : NULL;             \
	}

SOFT_ABOVE_HARD(nofile)
SOFT_ABOVE_HARD(nproc)
SOFT_ABOVE_HARD(core)
SOFT_ABOVE_HARD(fsize)
SOFT_ABOVE_HARD(stack)
SOFT_ABOVE_HARD(memlock)
SOFT_ABOVE_HARD(as)
SOFT_ABOVE_HARD(data)
SOFT_ABOVE_HARD(cpu_time)

static const char *high_above_limit(const struct settings *s)
{
	return s->memory_high != NO_LIMIT && s->memory != NO_LIMIT && s->memory_high > s->memory ? "" : NULL;
}

static const char *destination_reserved(const struct binds *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		const char *d = list->v[i].destination;

		if (!strcmp(d, "/") || jails_own(d))
			return d;
	}
	return NULL;
}

static const char *bind_reserved(const struct settings *s)
{
	return destination_reserved(&s->bind);
}

static const char *bind_ro_reserved(const struct settings *s)
{
	return destination_reserved(&s->bind_ro);
}

static const char *shows_everything(const struct binds *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!strcmp(list->v[i].source, "/"))
			return list->v[i].source;
	return NULL;
}

static const char *bind_root(const struct settings *s)
{
	return shows_everything(&s->bind);
}

static const char *bind_ro_root(const struct settings *s)
{
	return shows_everything(&s->bind_ro);
}

static const char *twice_in(const struct binds *a, size_t from, const char *destination)
{
	size_t i;

	for (i = from; i < a->n; i++)
		if (!strcmp(a->v[i].destination, destination))
			return destination;
	return NULL;
}

static const char *destination_twice(const struct settings *s)
{
	const char *twice = NULL;
	size_t i;

	for (i = 0; i < s->bind.n && !twice; i++) {
		twice = twice_in(&s->bind, i + 1, s->bind.v[i].destination);
		if (!twice)
			twice = twice_in(&s->bind_ro, 0, s->bind.v[i].destination);
	}
	for (i = 0; i < s->bind_ro.n && !twice; i++)
		twice = twice_in(&s->bind_ro, i + 1, s->bind_ro.v[i].destination);
	return twice;
}

static const char *masks_root(const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->mask.n; i++)
		if (!strcmp(s->mask.v[i], "/"))
			return s->mask.v[i];
	return NULL;
}

static const char *masks_jails_own(const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->mask.n; i++)
		if (jails_own(s->mask.v[i]))
			return s->mask.v[i];
	return NULL;
}

static const char *memory_unbounded(const struct settings *s)
{
	return s->storage == STORAGE_MEMORY && s->disk == NO_LIMIT && !s->readonly ? "" : NULL;
}

/* The kernel counts them by id, of which that root has 65,536. */
static const char *nests_with_root(const struct settings *s)
{
	return s->nested == ANSWER_YES && s->inside_root == ANSWER_YES ? "" : NULL;
}

/* Which is what strict is not. */
static const char *nests_strictly(const struct settings *s)
{
	return s->nested == ANSWER_YES && filter_kind(s->seccomp) == FILTER_STRICT ? "" : NULL;
}

/* It would never be full: its writers are killed before. */
static const char *disk_above_memory(const struct settings *s)
{
	return s->storage == STORAGE_MEMORY && s->disk != NO_LIMIT && s->memory != NO_LIMIT &&
			       s->disk >= s->memory
		       ? ""
		       : NULL;
}

static const char *inodes_alone(const struct settings *s)
{
	return s->inodes != NO_LIMIT && s->disk == NO_LIMIT ? "" : NULL;
}

static const char *readonly_stored(const struct settings *s)
{
	return s->readonly && s->storage != STORAGE_EPHEMERAL ? "" : NULL;
}

static const char *readonly_bounded(const struct settings *s)
{
	return s->readonly && s->disk != NO_LIMIT ? "" : NULL;
}

static const char *readonly_home(const struct settings *s)
{
	return s->readonly && s->home == HOME_PRIVATE ? "" : NULL;
}

/* One storage can't be in several jails at once. */
static const char *stored_for_each(const struct settings *s)
{
	return s->scope == SCOPE_SESSION && s->storage == STORAGE_PERSISTENT ? "" : NULL;
}

/* Nobody could log in to it again. */
static const char *lingers_alone(const struct settings *s)
{
	return s->scope == SCOPE_SESSION && s->linger > 0 ? "" : NULL;
}

static const char *printed(const struct prefix *p)
{
	static char text[PREFIX_TEXT_MAX];

	if (!p)
		return NULL;
	prefix_print(p, text);
	return text;
}

/* Jails don't reach each other, and who gets the address is not known before. */
static const char *dns_in_pool(const struct settings *s)
{
	return printed(prefixes_overlap(&s->dns, &s->pool));
}

static const char *no_bridge(const struct settings *s)
{
	return s->network == NETWORK_BRIDGE && !*s->bridge ? "" : NULL;
}

/* Without one nothing would tell the jail from what it claims to be. */
static const char *no_address(const struct settings *s)
{
	return s->network == NETWORK_BRIDGE && s->address.n == 0 ? "" : NULL;
}

static const char *other_families(const struct settings *s)
{
	if (s->network != NETWORK_BRIDGE || s->address.n == 0)
		return NULL;
	return !prefixes_find(&s->gateway, AF_INET) == !prefixes_find(&s->address, AF_INET) &&
			       !prefixes_find(&s->gateway, AF_INET6) == !prefixes_find(&s->address, AF_INET6)
		       ? NULL
		       : "";
}

static bool is_link_local(const struct prefix *p)
{
	return p->family == AF_INET6 && p->addr[0] == 0xfe && (p->addr[1] & 0xc0) == 0x80;
}

static const char *address_outside_net(const struct settings *s)
{
	for (size_t i = 0; s->network == NETWORK_BRIDGE && i < s->address.n; i++) {
		const struct prefix *a = &s->address.v[i], *g = prefixes_find(&s->gateway, a->family);

		if (g && (a->len < g->len || (!is_link_local(g) && !prefix_overlaps(a, g))))
			return printed(a);
	}
	return NULL;
}

static const char *address_of_link(const struct settings *s)
{
	for (size_t i = 0; s->network == NETWORK_BRIDGE && i < s->address.n; i++)
		if (is_link_local(&s->address.v[i]))
			return printed(&s->address.v[i]);
	return NULL;
}

static const char *gateway_in_address(const struct settings *s)
{
	for (size_t i = 0; s->network == NETWORK_BRIDGE && i < s->address.n; i++) {
		const struct prefix *g = prefixes_find(&s->gateway, s->address.v[i].family);
		struct prefix one;

		if (!g)
			continue;
		one = *g;
		one.len = prefix_bits(g);
		if (prefix_overlaps(&one, &s->address.v[i]))
			return printed(&one);
	}
	return NULL;
}

static const char *address_in_pool(const struct settings *s)
{
	return s->network == NETWORK_BRIDGE ? printed(prefixes_overlap(&s->address, &s->pool)) : NULL;
}

static const char *dns_in_address(const struct settings *s)
{
	return s->network == NETWORK_BRIDGE ? printed(prefixes_overlap(&s->dns, &s->address)) : NULL;
}

/* The jail has its own address there, and nothing is translated. */
static const char *publishes_other(const struct settings *s)
{
	static char text[PUBLISH_TEXT_MAX];

	for (size_t i = 0; s->network == NETWORK_BRIDGE && i < s->publish.n; i++) {
		if (s->publish.v[i].host == s->publish.v[i].inside)
			continue;
		publish_print(&s->publish.v[i], text);
		return text;
	}
	return NULL;
}

/* The jail has its network anyway, or none: in the latter case, what [defaults] says does no harm. */
static const char *gate_unlinked(const struct settings *s)
{
	const bool shut = s->network == NETWORK_NONE || s->network == NETWORK_PRIVATE;

	return s->gate.kind != GATE_NONE && !network_has_link(s->network) &&
			       !(shut && s->origin[OPTION_gate].kind != ORIGIN_SECTION)
		       ? ""
		       : NULL;
}

#define PAIR_RULE(name)                                   \
	{OPTION_##name, OPTION_##name, name##_soft_above_hard, \
	 "the soft limit is above the hard one: write SOFT:HARD, the smaller first"}

static const struct rule rules[] = {
	{OPTION_inside_root, OPTION_root, root_inside_host,
	 "nobody can be root in a jail of the host's own tree: name a tree with 'root =', or write no"},
	PAIR_RULE(nofile),
	PAIR_RULE(nproc),
	PAIR_RULE(core),
	PAIR_RULE(fsize),
	PAIR_RULE(stack),
	PAIR_RULE(memlock),
	PAIR_RULE(as),
	PAIR_RULE(data),
	PAIR_RULE(cpu_time),
	{OPTION_memory_high, OPTION_memory, high_above_limit,
	 "is above memory, so that it would never be reached: write less"},
	{OPTION_bind, OPTION_bind, bind_reserved,
	 "can't be a destination in the jail: write SOURCE:DESTINATION with another place"},
	{OPTION_bind_ro, OPTION_bind_ro, bind_ro_reserved,
	 "can't be a destination in the jail: write SOURCE:DESTINATION with another place"},
	{OPTION_bind, OPTION_bind, bind_root,
	 "would show the whole host without what is masked: name the directories needed"},
	{OPTION_bind_ro, OPTION_bind_ro, bind_ro_root,
	 "would show the whole host without what is masked: name the directories needed"},
	{OPTION_bind, OPTION_bind_ro, destination_twice,
	 "is a destination twice in bind and bind_ro: take one out"},
	{OPTION_storage, OPTION_disk, memory_unbounded,
	 "memory has no size of its own: set 'disk' as well"},
	{OPTION_disk, OPTION_memory, disk_above_memory,
	 "with 'storage = memory' it counts towards memory, and must be less than that"},
	/* An image is made of a size. */
	{OPTION_inodes, OPTION_disk, inodes_alone, "set 'disk' as well"},
	{OPTION_readonly, OPTION_storage, readonly_stored,
	 "with it there is nothing to store: set 'storage = ephemeral'"},
	{OPTION_readonly, OPTION_disk, readonly_bounded,
	 "with it there is nothing to bound: set 'disk' and 'inodes' to max"},
	{OPTION_readonly, OPTION_home, readonly_home,
	 "with it nobody could write to a private home: set 'home' to bind or none"},
	{OPTION_mask, OPTION_mask, masks_root,
	 "would hide everything: name paths below it"},
	{OPTION_mask, OPTION_mask, masks_jails_own,
	 "is the jail's own, masking it has no effect: take it out"},
	{OPTION_storage, OPTION_scope, stored_for_each,
	 "with scope = session the user's jails would share one storage: write ephemeral, or scope = user"},
	{OPTION_nested, OPTION_inside_root, nests_with_root,
	 "with inside_root = yes each of the jail's ids would have as many namespaces: write no to one of the two"},
	{OPTION_nested, OPTION_seccomp, nests_strictly,
	 "with seccomp = strict there are no namespaces: write no, or 'seccomp = default'"},
	{OPTION_dns, OPTION_pool, dns_in_pool,
	 "is in the pool, and would be a jail's: name an address of the host or of another server"},
	{OPTION_network, OPTION_bridge, no_bridge, "with it name the host's bridge as well: 'bridge ='"},
	{OPTION_network, OPTION_address, no_address,
	 "the jails of a bridge have addresses that they are held to, and no program in a jail may ask a DHCP "
	 "server for one: set 'address' to a part of the bridge's net that nobody else uses"},
	{OPTION_gateway, OPTION_address, other_families,
	 "with network = bridge it has to be of the same families as 'address': write an address with the "
	 "length of its net for each"},
	{OPTION_address, OPTION_gateway, address_outside_net,
	 "is not a part of the net that 'gateway' is in: write a part of that"},
	{OPTION_address, OPTION_address, address_of_link,
	 "is link-local, and leads nowhere: write a part of the net's prefix"},
	{OPTION_gateway, OPTION_address, gateway_in_address,
	 "is in 'address', and would be a jail's: choose another part of the net"},
	{OPTION_address, OPTION_pool, address_in_pool,
	 "overlaps with 'pool', where routed jails have their addresses: choose another"},
	{OPTION_dns, OPTION_address, dns_in_address,
	 "is in 'address', and would be a jail's: name an address of the host or of another server"},
	{OPTION_publish, OPTION_network, publishes_other,
	 "with network = bridge it is the jail's own address that has the port: write one number"},
	{OPTION_gate, OPTION_network, gate_unlinked,
	 "without 'network = routed' or 'bridge' there is nothing that it opens: set that, or let 'gate =' be empty"},
	{OPTION_linger, OPTION_scope, lingers_alone,
	 "with scope = session no later login finds the jail: write linger = 0, or scope = user"},
};

/* Where the section itself has brought the rule up, or 0: defaults are told of once. */
static unsigned line_at(const struct rule *rule, const struct section *section)
{
	unsigned a = section->text_line[rule->at];
	unsigned b = section->text_line[rule->also];

	return a > b ? a : b;
}

static int check_section(struct config *config, const struct section *section)
{
	size_t i;
	int r = 0;

	for (i = 0; i < sizeof rules / sizeof *rules && r == 0; i++) {
		const struct rule *rule = &rules[i];
		unsigned line = line_at(rule, section);
		const char *item = line ? rule->test(&section->settings) : NULL;

		if (!item)
			continue;
		if (*item)
			r = config_add_error(config, line, false, "%s: '%s' %s",
					     options[rule->at].name, item, rule->text);
		else
			r = config_add_error(config, line, false, "%s: %s",
					     options[rule->at].name, rule->text);
	}
	return r;
}

int rules_check(struct config *config)
{
	size_t i;
	int r;

	r = check_section(config, &config->defaults);
	for (i = 0; i < config->n_sections && r == 0; i++)
		r = check_section(config, &config->sections[i]);
	return r;
}
