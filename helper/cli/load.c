/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/scope.h"

/* config_read() takes no '.' or '..' for granted, but getcwd() has none. */
static int make_absolute(const char *path, char **ret)
{
	_cleanup_free_ char *cwd = NULL;

	if (*path != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return -errno;
	}
	while (!strncmp(path, "./", 2))
		path += 2 + strspn(path + 2, "/");
	return asprintf(ret, "%s%s%s", cwd ? cwd : "", cwd ? "/" : "", path) < 0 ? -ENOMEM : 0;
}

int load_config(const char *path, struct config **ret)
{
	_cleanup_free_ char *absolute = NULL;
	int r;

	r = make_absolute(path, &absolute);
	if (r < 0)
		absolute = NULL;
	else
		r = config_read(absolute, ret);
	if (r < 0)
		fprintf(stderr, "loginjail: %s: %s\n", path, strerror(-r));
	return r;
}

void print_errors(const struct config *config)
{
	size_t i;

	for (i = 0; i < config->n_errors; i++) {
		const struct config_error *e = &config->errors[i];

		if (e->line)
			fprintf(stderr, "%s:%u: %s\n", e->file, e->line, e->text);
		else
			fprintf(stderr, "%s: %s\n", e->file, e->text);
	}
}
