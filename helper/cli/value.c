/* SPDX-License-Identifier: MIT */
/* value: one value of [defaults], for scripts that must find what jails find. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/load.h"
#include "cli/verbs.h"
#include "config/options.h"
#include "lib/scope.h"

int verb_value(int argc, char **argv)
{
	_cleanup_config_ struct config *config = NULL;
	_cleanup_free_ char *text = NULL;
	const char *path = CONFIG_PATH;
	enum option_id id;
	int first = 1;

	if (argc > 2 && !strcmp(argv[1], "-f")) {
		path = argv[2];
		first = 3;
	}
	if (argc != first + 1)
		return EXIT_USAGE;
	id = option_find(argv[first]);
	if (id == OPTION_INVALID || !(options[id].scope & IN_DEFAULTS)) {
		fprintf(stderr, "loginjail: '%s' is no option of [defaults]\n", argv[first]);
		return EXIT_USAGE;
	}
	if (load_config(path, &config) < 0)
		return EXIT_TEMPFAIL;
	/* What could not be read says nothing: a default in its place would be a guess. */
	if (config->n_errors) {
		print_errors(config);
		return EXIT_ERRORS;
	}
	if (options[id].type->print(options[id].type,
				    settings_field_const(&config->defaults.settings, id), &text) < 0)
		return EXIT_TEMPFAIL;
	puts(text);
	return EXIT_OK;
}
