/* SPDX-License-Identifier: MIT */
#include "cli/host_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/text.h"

#define BLANKS " \t\r"

char *cron_line_user(const char *line)
{
	const char *at = line + strspn(line, BLANKS);
	unsigned times = *at == '@' ? 1 : 5;
	size_t len;

	/* A time has digits, '*', and in cronie '~'; a setting like PATH=... has none of those first. */
	if (*at == '#' || (*at != '@' && *at != '*' && *at != '~' && !isdigit((unsigned char)*at) && *at != '-'))
		return NULL;
	while (times-- > 0) {
		at += strcspn(at, BLANKS "\n");
		at += strspn(at, BLANKS);
	}
	len = strcspn(at, BLANKS "\n");
	/* Cronie and others take user:group. */
	if (memchr(at, ':', len))
		len = strcspn(at, ":");
	return len > 0 && at[len] && at[len] != '\n' ? strndup(at, len) : NULL;
}

bool forward_runs(const char *text)
{
	const char *at = text + strspn(text, BLANKS "\n\v\f");

	/* Exim takes any blanks, also none, where its manual has one. */
	return strchr(text, '|') || strcasestr(text, ":include:") ||
	       (*at == '#' && strncasecmp(at + 1 + strspn(at + 1, BLANKS), "exim", 4) == 0);
}

bool sudoers_name(const char *text, const char *name, uid_t uid)
{
	char number[16];

	snprintf(number, sizeof number, "#%u", uid);
	/* Written with escapes it would not be found, and such names are rare: ask. */
	return strcasestr(text, name) || strstr(text, number) || strpbrk(name, " \\,=:()!\"@#%+");
}

/* Is the word at the line's beginning one of sudo's directives, include but for Debian's own? */
static bool includes_more(const char *line)
{
	static const char own[] = "/etc/sudoers.d";
	size_t word;

	line += strspn(line, BLANKS);
	if (*line != '@' && *line != '#')
		return false;
	line++;
	if (strncmp(line, "include", 7) != 0)
		return false;
	line += 7;
	word = strncmp(line, "dir", 3) == 0 ? 3 : 0;
	line += word;
	if (!strchr(BLANKS, *line) || !*line)
		return false;
	line += strspn(line, BLANKS);
	word = strcspn(line, BLANKS "\n");
	return word != sizeof own - 1 || strncmp(line, own, word) != 0;
}

bool sudoers_others(const char *text)
{
	for (; *text; text = text_next_line(text)) {
		const char *end = strchrnul(text, '\n');

		if (includes_more(text))
			return true;
		if (*text == '#' && !isdigit((unsigned char)text[1]))
			continue;
		/* +netgroup, and %: for groups of a plugin; and names and uids that are written otherwise. */
		for (const char *at = text; at < end; at++)
			if ((*at == '+' && at[1] != '=' && (at == text || strchr(BLANKS ",!=:\"", at[-1]))) ||
			    (*at == '%' && at[1] == ':') || (*at == '\\' && at[1] != '\n') ||
			    (*at == '#' && at[1] == '0' && isdigit((unsigned char)at[2])))
				return true;
	}
	return false;
}

/* Is that word all that the rest of a line has, but for a comment? */
static bool is_all(const char *at, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(at, word, len) != 0)
		return false;
	at += len;
	if (*at && !strchr(BLANKS "\n", *at))
		return false;
	at += strspn(at, BLANKS);
	return !*at || *at == '\n' || *at == '#';
}

bool sudo_conf_usual(const char *conf)
{
	static const char key[] = "Plugin";

	for (; *conf; conf = text_next_line(conf)) {
		const char *at = conf + strspn(conf, BLANKS);

		if (strncasecmp(at, key, sizeof key - 1) != 0)
			continue;
		at += sizeof key - 1;
		at += strspn(at, BLANKS);
		at += strcspn(at, BLANKS "\n");
		at += strspn(at, BLANKS);
		if (!is_all(at, "sudoers.so"))
			return false;
	}
	return true;
}

bool sudoers_in_files(const char *nsswitch)
{
	static const char key[] = "sudoers:";

	for (; *nsswitch; nsswitch = text_next_line(nsswitch)) {
		const char *at = nsswitch + strspn(nsswitch, BLANKS);

		if (strncmp(at, key, sizeof key - 1) != 0)
			continue;
		at += sizeof key - 1;
		at += strspn(at, BLANKS);
		if (!is_all(at, "files"))
			return false;
	}
	return true;
}

bool sudo_allows(const char *said)
{
	return strstr(said, " may run the following commands") != NULL;
}

bool kernel_at_least(const char *release, unsigned major, unsigned minor)
{
	unsigned a, b;

	return sscanf(release, "%u.%u", &a, &b) == 2 && (a > major || (a == major && b >= minor));
}
