/* SPDX-License-Identifier: MIT */
/* The config as an object: made, added to, looked at, freed. Reading is in read.c. */
#include "config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

/* Errors are kept in order of lines, and of finding within one. */
static int insert_error(struct config *config, unsigned line, char *text)
{
	struct config_error *v;
	size_t i;

	v = reallocarray(config->errors, config->n_errors + 1, sizeof *v);
	if (!v)
		return -ENOMEM;
	config->errors = v;
	for (i = config->n_errors; i > 0 && v[i - 1].line > line; i--)
		v[i] = v[i - 1];
	v[i] = (struct config_error){.file = config->path, .line = line, .text = text};
	config->n_errors++;
	return 0;
}

int config_add_error(struct config *config, unsigned line, bool who, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int r;

	if (who)
		config->who_unsure = true;
	if (config->n_errors >= CONFIG_ERRORS_MAX)
		return 0;
	if (config->n_errors == CONFIG_ERRORS_MAX - 1) {
		text = strdup("more errors than can be shown: mend these first");
		r = text ? 0 : -1;
	} else {
		va_start(ap, fmt);
		r = vasprintf(&text, fmt, ap);
		va_end(ap);
	}
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	r = insert_error(config, line, text);
	if (r == 0)
		(void)take_ptr(text);
	return r;
}

const struct section *config_section(const struct config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->n_sections; i++)
		if (!strcmp(config->sections[i].name, name))
			return &config->sections[i];
	return NULL;
}

const char *config_short_name(const struct config *config)
{
	const char *slash = strrchr(config->path, '/');

	return slash ? slash + 1 : config->path;
}

static void section_clear(struct section *section)
{
	size_t i;

	settings_clear(&section->settings);
	for (i = 0; i < OPTION_MAX; i++)
		free(section->text[i]);
	free(section->name);
}

void config_free(struct config *config)
{
	size_t i;

	if (!config)
		return;
	for (i = 0; i < config->n_sections; i++)
		section_clear(&config->sections[i]);
	section_clear(&config->defaults);
	for (i = 0; i < config->n_errors; i++)
		free(config->errors[i].text);
	free(config->errors);
	free(config->sections);
	free(config->path);
	free(config);
}
