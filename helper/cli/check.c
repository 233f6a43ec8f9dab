/* SPDX-License-Identifier: MIT */
/*
 * check: the parser's errors, and those that only the host can show: groups and users
 * that its data bases don't know, directories and trees that are not there, limits that
 * it can't keep.  All in one run.  With --host, the host's other doors follow: host.h.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/check_filter.h"
#include "cli/check_gate.h"
#include "cli/check_limits.h"
#include "cli/check_storage.h"
#include "cli/host.h"
#include "cli/load.h"
#include "cli/trees.h"
#include "cli/verbs.h"
#include "config/nss.h"
#include "lib/scope.h"
#include "net/policy.h"
#include "net/port.h"

static int check_group(struct config *config, unsigned line, const char *option, const char *group)
{
	bool listed;
	gid_t gid;
	int r;

	r = nss_group_lookup.find(NULL, group, "", &gid, &listed);
	if (r == 0 || r == -ENOMEM)
		return r;
	if (r == -ENOENT)
		return config_add_error(config, line, true, "%s: there is no group '%s': create "
							    "it or take it out", option, group);
	return config_add_error(config, line, true, "%s: group '%s' can't be looked up: %s",
				option, group, strerror(-r));
}

/* A user that is not there yet harms nobody. */
static void check_user(const struct config *config, unsigned line, const char *option,
		       const char *user)
{
	if (*user != '#' && !getpwnam(user))
		fprintf(stderr, "%s:%u: warning: %s: there is no user '%s', ignoring\n",
			config->path, line, option, user);
}

static int check_who(struct config *config, const struct section *section, enum option_id id)
{
	const struct strings *list = settings_field_const(&section->settings, id);
	unsigned line = section->text_line[id];
	const char *option = options[id].name;
	size_t i;
	int r = 0;

	for (i = 0; i < list->n && r == 0; i++) {
		if (id == OPTION_groups || *list->v[i] == '@')
			r = check_group(config, line, option, list->v[i] + (*list->v[i] == '@'));
		else
			check_user(config, line, option, list->v[i]);
	}
	return r;
}

static int check_binds(struct config *config, const struct section *section, enum option_id id)
{
	const struct binds *list = settings_field_const(&section->settings, id);
	struct stat st;
	size_t i;
	int r = 0;

	/* What comes from [defaults] is looked at there, once. */
	if (!section->text[id])
		return 0;
	for (i = 0; i < list->n && r == 0; i++)
		if (stat(list->v[i].source, &st) < 0)
			r = config_add_error(config, section->text_line[id], false,
					     "%s: '%s' can't be shown in the jail: %s",
					     options[id].name, list->v[i].source, strerror(errno));
	return r;
}

/* A tree that root names, unless only root can tell. */
static int check_tree(struct config *config, const struct section *section)
{
	const char *trees = config->defaults.settings.trees, *root = section->settings.root;
	unsigned line = section->text_line[OPTION_root];
	struct err err;
	int r;

	/* What comes from [defaults] is looked at there, once. */
	if (!line || !strcmp(root, "host"))
		return 0;
	r = trees_look(trees, root, &err);
	if (r == 0)
		return 0;
	if (r == -EACCES && geteuid() != 0) {
		fprintf(stderr, "%s:%u: warning: root: only root can look for the tree '%s', ignoring\n",
			config->path, line, root);
		return 0;
	}
	return config_add_error(config, line, false, "root: %s", err.text);
}

/* The bridge that a section's jails are on. */
static int check_bridge(struct config *config, const struct section *section)
{
	const struct settings *s = &section->settings;
	struct nl_socket host;
	struct bridge bridge;
	struct err err;
	int r;

	if (s->network != NETWORK_BRIDGE || !*s->bridge || s->address.n == 0)
		return 0;
	r = nl_open(&host, NETLINK_ROUTE, &err);
	if (!r)
		r = bridge_find(&host, s->bridge, &s->address, &bridge, &err);
	nl_close(&host);
	/* net apply will make it. */
	if (!r || (r == -ENODEV && bridge_is_ours(s->bridge)))
		return 0;
	return config_add_error(config, section->text_line[OPTION_network], false, "bridge: %s", err.text);
}

static int check_section(struct config *config, const struct section *section)
{
	int r;

	r = check_who(config, section, OPTION_users);
	if (r == 0)
		r = check_who(config, section, OPTION_groups);
	if (r == 0)
		r = check_who(config, section, OPTION_except);
	if (r == 0)
		r = check_tree(config, section);
	if (r == 0)
		r = check_binds(config, section, OPTION_bind);
	if (r == 0)
		r = check_binds(config, section, OPTION_bind_ro);
	if (r == 0)
		r = check_bridge(config, section);
	if (r == 0)
		r = check_gate(config, section);
	return r < 0 ? r : check_storage(config, section);
}

/* What only all sections together show. */
static int check_rules(struct config *config)
{
	_cleanup_free_ char *rules = NULL;
	struct policy_count count;
	size_t i;
	struct err err;
	int r = 0;

	for (i = 0; i < config->n_sections && r == 0; i++)
		if (policy_publishes_for_many(&config->sections[i]))
			r = config_add_error(config, config->sections[i].text_line[OPTION_publish], false,
					     "publish: " POLICY_PUBLISH_TEXT);
	if (r == 0 && config->n_errors == 0)
		r = policy_table(config, NULL, &rules, &count, &err);

	return r == -EEXIST ? config_add_error(config, 0, false, "%s", err.text) : r;
}

static int check_config(struct config *config)
{
	size_t i;
	int r;

	r = check_section(config, &config->defaults);
	for (i = 0; i < config->n_sections && r == 0; i++)
		r = check_section(config, &config->sections[i]);
	if (r == 0)
		r = check_limits(config);
	if (r == 0)
		r = check_filters(config);
	return r < 0 ? r : check_rules(config);
}

int verb_check(int argc, char **argv)
{
	_cleanup_config_ struct config *config = NULL;
	bool host = argc > 1 && strcmp(argv[1], "--host") == 0;
	const char *path = argc > 1 + host ? argv[1 + host] : CONFIG_PATH;

	if (argc > 2 + host || *path == '-' || !*path)
		return EXIT_USAGE;
	if (load_config(path, &config) < 0)
		return EXIT_TEMPFAIL;
	if (check_config(config) < 0) {
		fprintf(stderr, "loginjail: %s\n", strerror(ENOMEM));
		return EXIT_TEMPFAIL;
	}
	print_errors(config);
	if (config->n_errors > 0)
		return EXIT_ERRORS;
	printf("%s: %zu jail%s, no errors\n", config->path, config->n_sections,
	       config->n_sections == 1 ? "" : "s");
	/* With errors it is not known who is jailed. */
	return host ? host_check(config) : EXIT_OK;
}
