/* SPDX-License-Identifier: MIT */
/*
 * From text to struct config.  First every line is taken as it comes, its value tried
 * and its text kept; then, with all sections known, each section's settings are made
 * of its own texts, those of [defaults] and the built-in ones, in that order.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/nearest.h"
#include "config/reader.h"
#include "config/rules.h"
#include "config/source.h"
#include "lib/scope.h"

#define NO_SECTION (-1)	     /* before the first header */
#define BAD_SECTION (-2)     /* below a header that was an error: looked at and dropped */
#define DEFAULTS_SECTION (-3)

struct parse {
	struct config *config;
	int current; /* index of the section or one of the above */
};

static int config_new(const char *name, struct config **ret)
{
	_cleanup_config_ struct config *config = calloc(1, sizeof *config);

	if (!config)
		return -ENOMEM;
	config->path = strdup(name);
	config->defaults.name = strdup("defaults");
	if (!config->path || !config->defaults.name)
		return -ENOMEM;
	*ret = take_ptr(config);
	return 0;
}

static struct section *current_section(struct parse *p)
{
	if (p->current == DEFAULTS_SECTION)
		return &p->config->defaults;
	return p->current >= 0 ? &p->config->sections[p->current] : NULL;
}

static int take_bad_line(void *userdata, unsigned line, const char *why)
{
	struct parse *p = userdata;

	return config_add_error(p->config, line, true, "%s", why);
}

static bool jail_name_valid(const char *s)
{
	size_t i;

	if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s))
		return false;
	for (i = 0; s[i]; i++)
		if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) &&
		    s[i] != '_' && s[i] != '-')
			return false;
	return i <= 32;
}

static int unknown_header(struct config *config, unsigned line, const char *header)
{
	static const char *const forms[] = {"defaults", "default", "global", "jail"};
	const char *near = nearest_word(header, forms, sizeof forms / sizeof *forms);

	if (near && strcmp(near, "jail"))
		return config_add_error(config, line, true,
					"unknown section [%s]: did you mean [defaults]?", header);
	if (!near && jail_name_valid(header))
		return config_add_error(config, line, true,
					"unknown section [%s]: did you mean [jail %s]?", header,
					header);
	return config_add_error(config, line, true,
				"unknown section [%s]: write [defaults] or [jail NAME]", header);
}

static int add_section(struct parse *p, unsigned line, const char *name)
{
	struct config *config = p->config;
	const struct section *same;
	struct section *v;

	if (!jail_name_valid(name))
		return config_add_error(config, line, true,
					"'%s' can't be the name of a jail: use a-z, 0-9, '_' and "
					"'-', a letter or digit first, at most 32", name);
	same = config_section(config, name);
	if (same)
		return config_add_error(config, line, true,
					"a second [jail %s], the first is in line %u: join them or "
					"rename one", name, same->line);
	if (config->n_sections >= CONFIG_SECTIONS_MAX)
		return config_add_error(config, line, true, "too many sections: at most %d",
					CONFIG_SECTIONS_MAX);
	v = reallocarray(config->sections, config->n_sections + 1, sizeof *v);
	if (!v)
		return -ENOMEM;
	config->sections = v;
	v += config->n_sections;
	*v = (struct section){.line = line, .name = strdup(name)};
	if (!v->name)
		return -ENOMEM;
	p->current = (int)config->n_sections++;
	return 0;
}

static int take_header(void *userdata, unsigned line, const char *header)
{
	struct parse *p = userdata;
	struct config *config = p->config;

	p->current = BAD_SECTION;
	if (!header)
		return 0;
	if (!strcmp(header, "defaults")) {
		if (config->defaults.line)
			return config_add_error(config, line, true,
						"a second [defaults], the first is in line %u: "
						"join them", config->defaults.line);
		config->defaults.line = line;
		p->current = DEFAULTS_SECTION;
		return 0;
	}
	if (!strncmp(header, "jail", 4) && (header[4] == ' ' || header[4] == '\t'))
		return add_section(p, line, header + 4 + strspn(header + 4, " \t"));
	return unknown_header(config, line, header);
}

/* May the option stand here?  -EINVAL: no, and the error is noted. */
static int check_place(struct parse *p, unsigned line, enum option_id id)
{
	const struct section *section = current_section(p);
	const struct option_row *o = &options[id];
	bool who = o->scope & WHO;
	int r = 0;

	if (p->current == NO_SECTION)
		r = config_add_error(p->config, line, true,
				     "'%s' stands before the first section: put it below "
				     "[defaults] or a [jail NAME]", o->name);
	else if (p->current == DEFAULTS_SECTION && !(o->scope & IN_DEFAULTS))
		r = config_add_error(p->config, line, who,
				     "'%s' can't be in [defaults]: put it into a [jail NAME]",
				     o->name);
	else if (p->current >= 0 && !(o->scope & IN_JAIL))
		r = config_add_error(p->config, line, who,
				     "'%s' can only be in [defaults]: move it there", o->name);
	else if (section && section->text_line[id])
		r = config_add_error(p->config, line, who,
				     "'%s' is already set in line %u: join the two or take one out",
				     o->name, section->text_line[id]);
	else
		return 0;
	return r < 0 ? r : -EINVAL;
}

/* Try the value on settings that are thrown away. -EINVAL: it is wrong, and noted. */
static int check_value(struct parse *p, unsigned line, enum option_id id, const char *value)
{
	const struct option_row *o = &options[id];
	struct settings scratch = {0};
	struct err err;
	int r;

	if (!*value && o->range.min > 0)
		r = err_set(&err, 0, "a value is needed after the '='");
	else
		r = option_parse(id, value, &scratch, &err);
	settings_clear(&scratch);
	if (r == 0 || r == -ENOMEM)
		return r;
	r = config_add_error(p->config, line, o->scope & WHO, "%s: %s", o->name, err.text);
	return r < 0 ? r : -EINVAL;
}

/*
 * The text of a wrong `except` is kept all the same: whom its good names exempt must be
 * able to log in and mend the file.
 */
static int take_key(void *userdata, unsigned line, const char *key, const char *value)
{
	struct parse *p = userdata;
	enum option_id id = option_find(key);
	struct section *section;
	const char *near;
	int place, r;

	if (id == OPTION_INVALID) {
		near = option_nearest(key);
		return config_add_error(p->config, line, true, "unknown option '%s'%s%s%s", key,
					near ? ": did you mean '" : "", near ? near : "",
					near ? "'?" : ": jail.ini(5) has the list");
	}
	place = check_place(p, line, id);
	if (place == -ENOMEM)
		return place;
	r = check_value(p, line, id, value);
	if (r == -ENOMEM)
		return r;
	section = current_section(p);
	if (place < 0 || !section)
		return 0;
	section->text_line[id] = line;
	if (r < 0 && id != OPTION_except)
		return 0;
	section->text[id] = strdup(value);
	return section->text[id] ? 0 : -ENOMEM;
}

static int fill_section(struct config *config, struct section *section)
{
	const struct section *defaults = &config->defaults;
	bool is_defaults = section == defaults;
	int i, r;

	for (i = 0; i < OPTION_MAX; i++) {
		struct origin *origin = &section->settings.origin[i];
		const char *text = options[i].default_text;

		if (section->text[i]) {
			text = section->text[i];
			origin->kind = is_defaults ? ORIGIN_DEFAULTS : ORIGIN_SECTION;
			origin->line = section->text_line[i];
		} else if (defaults->text[i] && !(options[i].scope & NOT_INHERITED)) {
			text = defaults->text[i];
			origin->kind = ORIGIN_DEFAULTS;
			origin->line = defaults->text_line[i];
		}
		r = option_parse((enum option_id)i, text, &section->settings, NULL);
		if (r < 0 && i != OPTION_except)
			return r;
		if (r == -ENOMEM)
			return r;
	}
	if (is_defaults || section->text_line[OPTION_users] || section->text_line[OPTION_groups])
		return 0;
	return config_add_error(config, section->line, true,
				"[jail %s] says nobody is in it: add users = or groups =",
				section->name);
}

/* The settings of all sections, and then what must hold between them. */
static int config_fill(struct config *config)
{
	size_t i;
	int r;

	r = fill_section(config, &config->defaults);
	for (i = 0; i < config->n_sections && r == 0; i++)
		r = fill_section(config, &config->sections[i]);
	return r < 0 ? r : rules_check(config);
}

static int parse_text(struct config *config, const char *text, size_t len)
{
	struct parse parse = {.config = config, .current = NO_SECTION};
	struct reader reader = {
		.text = text,
		.end = text + len,
		.bad_line = take_bad_line,
		.header = take_header,
		.key = take_key,
		.userdata = &parse,
	};

	return reader_run(&reader);
}

int config_parse(const char *name, const char *text, size_t len, struct config **ret)
{
	_cleanup_config_ struct config *config = NULL;
	int r;

	r = config_new(name, &config);
	if (r == 0)
		r = parse_text(config, text, len);
	if (r == 0)
		r = config_fill(config);
	if (r == 0)
		*ret = take_ptr(config);
	return r;
}

int config_read_at(int dirfd, const char *path, const char *name, uid_t owner,
		   struct config **ret)
{
	_cleanup_config_ struct config *config = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {"it can't be read"};
	bool trusted = false;
	size_t len = 0;
	int r;

	r = config_new(name, &config);
	if (r < 0)
		return r;
	r = source_read(dirfd, path, owner, &text, &len, &trusted, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !trusted) {
		config->untrusted = true;
		r = config_add_error(config, 0, true, "%s", err.text);
	}
	if (r == 0 && text)
		r = parse_text(config, text, len);
	if (r == 0)
		r = config_fill(config);
	if (r == 0)
		*ret = take_ptr(config);
	return r;
}

int config_read(const char *path, struct config **ret)
{
	_cleanup_close_ int root = -EBADF;

	if (*path != '/')
		return -EINVAL;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	return config_read_at(root, path, path, 0, ret);
}
