/* SPDX-License-Identifier: MIT */
/* What the build makes from the table of options: conf/jail.ini and the list of jail.ini(5). */
#include <stdio.h>

#include "cli/verbs.h"
#include "config/render.h"

int verb_sample(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return EXIT_USAGE;
	render_sample(stdout);
	return EXIT_OK;
}

int verb_mdoc_options(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return EXIT_USAGE;
	render_mdoc(stdout);
	return EXIT_OK;
}
