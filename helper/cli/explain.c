/* SPDX-License-Identifier: MIT */
/* explain: decide about a user as a login would, and print the decision with its reasons. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/check_filter.h"
#include "cli/load.h"
#include "cli/verbs.h"
#include "config/nss.h"
#include "config/render.h"
#include "tree/rootfs.h"

/* What a jail made now would have below its own layer. */
static void print_tree(const struct config *config, const struct section *section)
{
	const char *trees = config->defaults.settings.trees, *root = section->settings.root;
	char generation[ROOTFS_GENERATION_MAX];
	struct err err;

	if (!strcmp(root, "host"))
		return;
	if (rootfs_current(trees, root, generation, &err))
		printf("\ntree     %s\n", err.text);
	else
		printf("\ntree     %s/%s, generation %s\n", trees, root, generation);
}

static int explain(const char *path, const char *service, const struct user_facts *user)
{
	_cleanup_config_ struct config *config = NULL;
	struct decision decision;
	struct err err;
	int r;

	if (load_config(path, &config) < 0)
		return EXIT_TEMPFAIL;
	if (config_decide(config, user, service, &nss_group_lookup, &decision, &err) < 0) {
		fprintf(stderr, "loginjail: %s\n", err.text);
		return EXIT_USAGE;
	}
	r = render_explain(stdout, config, user, service, &decision);
	if (r < 0) {
		fprintf(stderr, "loginjail: %s\n", strerror(-r));
		return EXIT_TEMPFAIL;
	}
	if (decision.section) {
		print_tree(config, decision.section);
		explain_filter(config, decision.section);
	}
	return decision.verdict == VERDICT_REFUSE ? EXIT_REFUSED : EXIT_OK;
}

int verb_explain(int argc, char **argv)
{
	const char *service = "sshd";
	const char *path = CONFIG_PATH;
	struct nss_user user = {0};
	struct err err;
	int c, r;

	optind = 1;
	while ((c = getopt(argc, argv, "+f:s:")) != -1) {
		if (c == 'f')
			path = optarg;
		else if (c == 's')
			service = optarg;
		else
			return EXIT_USAGE;
	}
	if (argc - optind != 1 || !*service)
		return EXIT_USAGE;
	r = nss_user_find(argv[optind], &user, &err);
	if (r < 0) {
		fprintf(stderr, "loginjail: %s\n", err.text);
		return r == -ENOENT ? EXIT_ERRORS : EXIT_TEMPFAIL;
	}
	r = explain(path, service, &user.facts);
	nss_user_clear(&user);
	return r;
}
