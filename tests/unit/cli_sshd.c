/* SPDX-License-Identifier: MIT */
/* jail.ini in the words of sshd_config, and where sshd_config includes. */
#include <stdlib.h>

#include "cli/sshd_match.h"
#include "cli/sshd_test.h"
#include "cli/sshd_words.h"
#include "tap.h"

static char *user_of(void *arg, uid_t uid)
{
	(void)arg;
	return uid == 1001 ? strdup("numbered") : NULL;
}

static char *other_roots(void *arg)
{
	return strdup(arg);
}

/* The Match lines that an ini gives, one after another. */
static void matches(const char *name, const char *ini, const char *roots, const char *want)
{
	const struct sshd_names names = {user_of, other_roots, (void *)roots};
	struct config *config = NULL;
	char got[2000] = "", *text = NULL;

	is_int(config_parse("jail.ini", ini, strlen(ini), &config), 0, "(%s: parse)", name);
	is_int(config->n_errors, 0, "(%s: no errors)", name);
	is_int(sshd_match_text(config, "/x/enter", &names, &text), 0, "%s", name);
	for (char *at = text, *line; text && (line = strsep(&at, "\n"));)
		if (strncmp(line, "Match ", 6) == 0)
			sprintf(got + strlen(got), "%s\n", line + 6);
	is_str(text ? got : NULL, want, "%s: who", name);
	free(text);
	config_free(config);
}

static void blocks(void)
{
	const struct sshd_names names = {user_of, other_roots, (void *)""};
	static const char ini[] = "[jail a]\nusers = u\n";
	struct config *config = NULL;
	char *text = NULL;

	matches("no jail", "[defaults]\nmemory = 1G\n", "", NULL);
	matches("users", "[jail a]\nusers = u, v #1001\n", "", "User u,v,numbered,!root\n");
	matches("a uid of nobody", "[jail a]\nusers = u #1002\n", "", "User u,!root\n");
	matches("none but that", "[jail a]\nusers = #1002\n", "", "");
	matches("groups", "[jail a]\ngroups = g h\n", "", "User *,!root Group g,h\n");
	matches("both", "[jail a]\nusers = u\ngroups = g\n", "", "User u,!root\nUser *,!root Group g\n");
	matches("exceptions", "[jail a]\nusers = u\ngroups = g\nexcept = x @k #1001\n", "",
		"User u,!root,!x,!numbered Group *,!k\nUser *,!root,!x,!numbered Group g,!k\n");
	matches("those of all", "[defaults]\nexcept = d @e\n[jail a]\ngroups = g\nexcept = x\n[jail b]\nusers = u\n",
		"",
		"User *,!root,!d,!x Group g,!e\nUser u,!root,!d Group *,!e\n");
	matches("more than one root", "[jail a]\ngroups = g\n", ",!toor", "User *,!root,!toor Group g\n");
	config_parse("jail.ini", ini, strlen(ini), &config);
	sshd_match_text(config, "/x/enter", &names, &text);
	contains(text, "\n\tForceCommand /x/enter\n", "the command");
	ok(strncmp(text, SSHD_MATCH_HEAD, strlen(SSHD_MATCH_HEAD)) == 0, "it can be told by its head");
	free(text);
	config_free(config);
}

static void includes(void)
{
	static const struct {
		const char *text;
		unsigned line;
	} cases[] = {
		{"Include /etc/ssh/sshd_config.d/*.conf\n", 1},
		{"# x\n\n include\t/etc/ssh/sshd_config.d/*.conf", 3},
		{"Include \"/etc/ssh/sshd_config.d/*.conf\"\n", 1},
		{"Include sshd_config.d/*\n", 1},
		{"Include=sshd_config.d/*\n", 1},
		{"Include /etc/other /etc/ssh/sshd_config.d/login*\n", 1},
		{"Include /etc/ssh/sshd_config.d/loginjail.conf\n", 1},
		{"#Include /etc/ssh/sshd_config.d/*.conf\n", 0},
		{"Include /etc/other # /etc/ssh/sshd_config.d/*.conf\n", 0},
		{"Include /etc/ssh/sshd_config.d/5*.conf\n", 0},
		{"Include /etc/ssh/sshd_config.d/*/x.conf\n", 0},
		{"Include /other/sshd_config.d/*.conf\n", 0},
		{"IncludeX /etc/ssh/sshd_config.d/*.conf\n", 0},
		{"Match User x\nInclude /etc/ssh/sshd_config.d/*.conf\n", 0},
		{"Port 22\nInclude /etc/ssh/sshd_config.d/*.conf\nMatch User x\n", 2},
		{"Include '/etc/ssh/sshd_config.d/*.conf'\n", 1},
		{"\"Include\" sshd_config.d/*.conf\n", 1},
		{"\"Match\" User x\nInclude /etc/ssh/sshd_config.d/*.conf\n", 0},
		{"Ma\"tch\" User x\nInclude /etc/ssh/sshd_config.d/*.conf\n", 0},
		{"Include '/etc/ssh/other' '/etc/ssh/sshd_config.d/*.conf' x\n", 1},
		{"Include '/etc/ssh/sshd_config.d/*.conf\n", 0},
		{"Include /etc/\\ ssh sshd_config.d/*\n", 0},
		{"Include \"x\"y sshd_config.d/*\n", 0},
		{"", 0},
	};
	char *text = NULL;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(sshd_includes(cases[i].text, "loginjail.conf"), cases[i].line, "included, case %zu", i);
	is_int(sshd_redirect("Port 1\n Include /a \"sshd_config.d/*\" # x\n#Include b\nMatch all\n"
			     "Include /etc/ssh/sshd_config.d/1\n", "/D", &text), 0, "redirect");
	is_str(text, "Port 1\nInclude \"/a\" \"/D/*\"\n#Include b\nMatch all\nInclude \"/D/1\"\n",
	       "the lines that include, and no other");
	free(text);
	is_int(sshd_redirect("Include '/a b' 'sshd_config.d/*'\nInclude a\\ b\nInclude 'a'\"b\"\n", "/D", &text), 0,
	       "redirect quotes");
	is_str(text, "Include '/a b' '/D/*'\nInclude a\\ b\nInclude 'a'\"b\"\n",
	       "they stay what they were, and what versions of sshd read otherwise is left alone");
	free(text);
}

/* The words of a line, with what is known of each: its quote, and a '-' where it isn't plain. */
static void words(const char *line, enum sshd_word_kind kind, const char *want)
{
	struct sshd_word word;
	char got[200] = "";
	const char *at = line;

	while (sshd_word_next(&at, kind, &word))
		sprintf(got + strlen(got), "%s%c%.*s|", word.plain ? "" : "-", word.quote ? word.quote : '.',
			(int)word.len, word.text);
	is_str(got, want, "%s: %s", kind == SSHD_KEYWORD ? "keywords" : "arguments", want);
	ok(word.len == 0 && (!*at || *at == '\n' || *at == '#'), "(and where they end)");
}

static void line_words(void)
{
	const char *args = NULL;

	words(" a\tb=c = d\ne", SSHD_KEYWORD, ".a|.b|.c|.d|");
	words(" a\tb=c = d\ne", SSHD_ARGUMENT, ".a|-.b=c|-.=|.d|");
	words("\"a b\" \"c=d\" 'e f'", SSHD_KEYWORD, "\"a b|\"c=d|-.'e|-.f'|");
	words("\"a b\" \"c=d\" 'e f'", SSHD_ARGUMENT, "\"a b|\"c=d|'e f|");
	words("\"a'b\" 'c\"d'", SSHD_ARGUMENT, "\"a'b|'c\"d|");
	words("\"a\"b 'c'\"d\" e\"f\"", SSHD_ARGUMENT, "-\"a|.b|-'c|\"d|-.e\"f\"|");
	words("a\\ b \"c\\\"", SSHD_ARGUMENT, "-.a\\|.b|-\"c\\|");
	words("\"open\nx", SSHD_ARGUMENT, "-\"open|");
	words("'open", SSHD_ARGUMENT, "-'open|");
	words("a #b", SSHD_ARGUMENT, ".a|");
	words("a#b \"#c\" \"\"", SSHD_KEYWORD, ".a#b|\"#c|\"|");
	words(" \t\r\n", SSHD_KEYWORD, "");
	ok(sshd_line_has("\tMATCH = a\n", "match", &args), "a keyword");
	is_str(args, "a\n", "its arguments");
	ok(sshd_line_has("\"match\"\nx", "match", &args), "one without any");
	is_str(args, "\nx", "of this line");
	ok(!sshd_line_has("matches a", "match", &args) && !sshd_line_has("mat ch", "match", &args) &&
	   !sshd_line_has("\"match\"s a", "match", &args) && !sshd_line_has("#match a", "match", &args) &&
	   !sshd_line_has("", "match", &args), "others");
}

/* What sshd -T says, before OpenSSH 10.5 and since then. */
static void values(void)
{
	static const char *const texts[] = {
		"port 22\nusepamx no\nusepam yes\nforcecommand /x/enter -a b\nusepam no\nbanner ",
		"Port 22\nUsePAMx no\nUsePAM yes\nForceCommand /x/enter -a b\nUsePAM no\nBanner ",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		static const char *const wanted[][2] = {
			{"usepam", "yes"}, {"forcecommand", "/x/enter -a b"}, {"banner", ""},
			{"pam", NULL}, {"22", NULL},
		};

		for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
			char *value = NULL;

			is_int(sshd_value(texts[i], wanted[k][0], &value), 0, "%s", wanted[k][0]);
			if (wanted[k][1])
				is_str(value, wanted[k][1], "its value, text %zu", i);
			else
				ok(!value, "is not there, text %zu", i);
			free(value);
		}
	}
	is_str(sshd_line_value("Subsystem sftp internal-sftp\nx", "subsystem"), "sftp internal-sftp\nx",
	       "the value in a line");
	ok(!sshd_line_value("x\nsubsystem sftp y", "subsystem") && !sshd_line_value("subsystem", "subsystem") &&
	   !sshd_line_value("subsystem\nx y", "subsystem"), "and in none");
}

int main(void)
{
	values();
	line_words();
	blocks();
	includes();
	return done_testing();
}
