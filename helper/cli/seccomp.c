/* SPDX-License-Identifier: MIT */
/*
 * seccomp: compile the profiles that jail.ini names files for, so that logins need not:
 * libseccomp takes longer than all else of a login, and is code that none needs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/check_filter.h"
#include "cli/load.h"
#include "cli/verbs.h"
#include "filter/cache.h"
#include "filter/profile.h"
#include "lib/scope.h"
#include "setup/state.h"

static int apply_one(int state, const struct section *section, struct err *err)
{
	const char *path = section->settings.seccomp;
	_cleanup_free_ struct sock_filter *program = NULL;
	_cleanup_free_ char *text = NULL;
	int n = filter_compile(path, filter_variant(&section->settings), &text, &program, err);

	if (n < 0)
		return n;
	return filter_cache_store(state, path, filter_variant(&section->settings), text, program, (size_t)n, err);
}

static int apply(const struct config *config)
{
	_cleanup_close_ int state = -EBADF;
	int status = EXIT_OK;
	size_t done = 0;
	struct err err;

	for (size_t i = 0; i < config->n_sections; i++) {
		if (!filter_first(config, i))
			continue;
		if (state < 0)
			state = state_dir_open(config->defaults.settings.state, &err);
		/* Each for itself: the users of the others need theirs. */
		if (state < 0 || apply_one(state, &config->sections[i], &err) < 0) {
			fprintf(stderr, "loginjail: %s\n", err.text);
			status = EXIT_ERRORS;
			continue;
		}
		done++;
	}
	printf("%zu profile%s compiled\n", done, done == 1 ? "" : "s");
	return status;
}

int verb_seccomp(int argc, char **argv)
{
	_cleanup_config_ struct config *config = NULL;
	const char *path = CONFIG_PATH;

	if (argc == 3 && !strcmp(argv[1], "show")) {
		const char *text = profile_text(argv[2]);

		if (!text)
			return EXIT_USAGE;
		fputs(text, stdout);
		return EXIT_OK;
	}
	if (argc == 4 && !strcmp(argv[2], "-f"))
		path = argv[3];
	else if (argc != 2)
		return EXIT_USAGE;
	if (strcmp(argv[1], "apply") != 0)
		return EXIT_USAGE;
	if (load_config(path, &config) < 0)
		return EXIT_TEMPFAIL;
	if (config->n_errors > 0) {
		print_errors(config);
		return EXIT_ERRORS;
	}
	return apply(config);
}
