/* SPDX-License-Identifier: MIT */
/* explain: decide about a user as a login would, and print the decision with its reasons. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/check_filter.h"
#include "cli/load.h"
#include "cli/trees.h"
#include "cli/verbs.h"
#include "config/nss.h"
#include "config/render.h"
#include "gate/by_hand.h"
#include "gate/gate.h"
#include "lib/scope.h"
#include "setup/state.h"

/* What a jail made now would have below its own layer. */
static void print_tree(const struct config *config, const struct section *section)
{
	const char *trees = config->defaults.settings.trees, *root = section->settings.root;
	char generation[ROOTFS_GENERATION_MAX];
	struct err err;

	if (!strcmp(root, "host"))
		return;
	if (trees_current(trees, root, generation, &err))
		printf("\ntree     %s\n", err.text);
	else
		printf("\ntree     %s/%s, generation %s\n", trees, root, generation);
}

/* Whether a jail made now would have its network, and why not. */
static void print_network(const struct section *section, uid_t uid)
{
	static const char *const off[] = {
		[BY_HAND_OFF_ALL] = "net off",
		[BY_HAND_OFF_SECTION] = "net off of the section",
		[BY_HAND_OFF_USER] = "net off of the user",
	};
	const struct settings *s = &section->settings;
	_cleanup_close_ int run = open(RUNDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum by_hand hand = BY_HAND_ON;
	struct gate gate;
	struct err err;

	if (!network_has_link(s->network))
		return;
	/* No directory: nobody has switched anything, or only root can tell. */
	if (run >= 0 && geteuid() == 0)
		hand = by_hand_get(run, section->name, uid);
	if (hand != BY_HAND_ON)
		printf("\nnetwork  closed by hand, with 'loginjail %s'\n", off[hand]);
	if (s->gate.kind == GATE_NONE)
		return;
	if (gate_make(&gate, &s->gate, -EBADF, &err) == 0) {
		gate_look(&gate);
		printf("\ngate     %s%s%s\n", gate.state == GATE_OPEN ? "open" : "closed",
		       gate.state == GATE_OPEN ? "" : ": ", gate.why);
	} else {
		printf("\ngate     closed: %s\n", err.text);
	}
	gate_close(&gate);
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
		print_network(decision.section, user->uid);
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
