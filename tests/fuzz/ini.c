/* SPDX-License-Identifier: MIT */
/*
 * jail.ini: whatever is in it is read or complained of; what was read can be written and
 * read again; and what it says of a login errs on the safe side.
 */
#include <errno.h>

#include "config/decide.h"
#include "fuzz.h"
#include "lib/scope.h"

/* Groups that are there, that are not, and that nobody can tell. */
static int find(void *userdata, const char *group, const char *user, gid_t *ret_gid, bool *ret_listed)
{
	(void)userdata;
	(void)user;
	switch (strlen(group) % 4) {
	case 0:
		return -ENOENT;
	case 1:
		return -EIO;
	case 2:
		*ret_gid = 1001;
		*ret_listed = false;
		return 0;
	default:
		*ret_gid = 77;
		*ret_listed = strlen(group) > 4;
		return 0;
	}
}

static const struct group_lookup lookup = {.find = find};

/* section: of VERDICT_JAIL, the line of its header. */
static enum verdict verdict(const struct config *config, const char *name, uid_t uid, const char *service,
			    unsigned *section)
{
	static const gid_t gids[] = {1001, 100};
	const struct user_facts facts = {.name = name, .uid = uid, .gid = 100, .gids = gids, .n_gids = 2};
	struct decision d;
	struct err err;

	must(config_decide(config, &facts, service, &lookup, &d, &err) == 0);
	must((d.verdict == VERDICT_JAIL) == (d.section != NULL));
	must(d.verdict != VERDICT_JAIL || config->n_errors == 0);
	must(d.verdict != VERDICT_REFUSE || (*d.why && *d.told));
	must(uid != 0 || d.verdict == VERDICT_NOT_OURS);
	if (d.section && section)
		*section = d.section->line;
	return d.verdict;
}

static void check_errors(const struct config *config, const char *text, size_t len)
{
	unsigned lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	for (size_t i = 0; i < config->n_errors; i++) {
		must(config->errors[i].text[0]);
		must(config->errors[i].line <= lines);
	}
}

/* One line more, which can't be read: nobody is let into a jail by what is left, and
 * whom it had jailed is not let past it. */
static void check_safe_side(const char *text, size_t len, enum verdict was, uid_t uid, const char *service)
{
	_cleanup_config_ struct config *config = NULL;
	_cleanup_free_ char *more = malloc(len + 16);
	enum verdict now;

	must(more);
	memcpy(more, text, len);
	memcpy(more + len, "\n[nonsense\n", 11);
	must(config_parse("fuzz", more, len + 11, &config) == 0 && config->n_errors > 0);
	now = verdict(config, "alice", uid, service, NULL);
	must(now != VERDICT_JAIL);
	if (was == VERDICT_JAIL)
		must(now == VERDICT_REFUSE);
}

/* The header of the section that jails her is misspelt: her name is in no section then, and
 * still she does not get past it. */
static void check_hidden(const char *text, size_t len, unsigned line)
{
	_cleanup_config_ struct config *config = NULL;
	_cleanup_free_ char *copy = malloc(len);
	char *p = copy;

	must(copy);
	memcpy(copy, text, len);
	while (--line)
		p = (char *)memchr(p, '\n', (size_t)(copy + len - p)) + 1;
	must(memcmp(p, "[jail", 5) == 0);
	p[1] = 'x';
	must(config_parse("fuzz", copy, len, &config) == 0);
	must(verdict(config, "alice", 1001, "sshd", NULL) == VERDICT_REFUSE);
}

/* False where a line would be too long for the file. */
static bool write_section(FILE *f, const struct section *section, bool defaults)
{
	bool fits = true;

	fprintf(f, defaults ? "[defaults]\n" : "[jail %s]\n", section->name);
	for (int i = 0; i < OPTION_MAX; i++) {
		_cleanup_free_ char *value = NULL;

		if (!section->text[i])
			continue;
		must(option_print((enum option_id)i, &section->settings, &value) == 0);
		fits = fits && fprintf(f, "%s = %s\n", options[i].name, value) <= CONFIG_LINE_MAX;
	}
	return fits;
}

static bool write_config(const struct config *config, char **ret, size_t *ret_len)
{
	FILE *f = open_memstream(ret, ret_len);
	bool fits;

	must(f);
	fits = write_section(f, &config->defaults, true);
	for (size_t i = 0; i < config->n_sections; i++)
		fits = write_section(f, &config->sections[i], false) && fits;
	must(fclose(f) == 0);
	return fits;
}

static void check_round_trip(const struct config *config, enum verdict was)
{
	_cleanup_config_ struct config *again = NULL;
	_cleanup_free_ char *first = NULL, *second = NULL;
	size_t len, len2;

	if (!write_config(config, &first, &len))
		return;
	must(config_parse("fuzz", first, len, &again) == 0);
	if (again->n_errors)
		fprintf(stderr, "%s\n%u: %s\n", first, again->errors[0].line, again->errors[0].text);
	must(again->n_errors == 0);
	must(write_config(again, &second, &len2));
	must(len == len2 && memcmp(first, second, len) == 0);
	must(verdict(again, "alice", 1001, "sshd", NULL) == was);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_config_ struct config *config = NULL;
	const char *text = (const char *)data;
	enum verdict sshd, other;
	unsigned line = 0;

	must(config_parse("fuzz", text, size, &config) == 0);
	check_errors(config, text, size);
	(void)verdict(config, "root", 0, "sshd", NULL);
	sshd = verdict(config, "alice", 1001, "sshd", &line);
	other = verdict(config, "alice", 4711, "su-l", NULL);
	/* With a line that has no end it would be another line. */
	if (!memchr(data, '\0', size)) {
		check_safe_side(text, size, sshd, 1001, "sshd");
		check_safe_side(text, size, other, 4711, "su-l");
	}
	if (sshd == VERDICT_JAIL)
		check_hidden(text, size, line);
	if (config->n_errors == 0)
		check_round_trip(config, sshd);
	return 0;
}
