/* SPDX-License-Identifier: MIT */
/*
 * jail.ini as text: every kind of error with its line, whether it leaves open who is matched,
 * and what a good file becomes.
 * Linked with: all objects of helper/config, helper/lib/err.o, -l:libinih.a
 */
#include <stdlib.h>

#include "config/config.h"
#include "lib/scope.h"
#include "tap.h"

#define A "[jail a]\nusers = x\n" /* two lines that are right */
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

struct expected {
	unsigned line;
	const char *said;
};

static const struct {
	const char *text;
	bool who_unsure;
	struct expected errors[4]; /* ends with line 0 */
} cases[] = {
	/* lines */
	{A "foo\n", true, {{3, "neither a [section] nor 'option = value'"}}},
	{A "foo", true, {{3, "neither a [section] nor 'option = value'"}}},
	{A "foo\nbar\n\nmemory = 1G\nbaz\n", true, {{3, "neither"}, {4, "neither"}, {7,
	 "neither"}}},
	{A "foo ; = 1\n", true, {{3, "neither"}}},
	{A " memory = 2G\n", true, {{3, "an indented line"}}},
	{A "\tmore\n", true, {{3, "an indented line"}}},
	{A "\n\n  more\n", true, {{5, "an indented line"}}},
	{A "memory : 1G\n", true, {{3, "write '='"}}},
	{A "memory: a = b\n", true, {{3, "write '='"}}},
	{"\xef\xbb\xbf" A, true, {{1, "byte order mark"}, {2, "before the first section"}}},
	{A "memory = 1G\001\n", true, {{3, "a control character"}}},
	{A "memory = 1G\rpids = 99\n", true, {{3, "a control character"}}},
	{A "env = A=" FIFTY FIFTY FIFTY FIFTY "\nfoo\n", true,
	 {{3, "at most 198 bytes"}, {4, "neither"}}},
	{A "; " FIFTY FIFTY FIFTY FIFTY "\n", true, {{3, "at most 198 bytes"}}},
	/* headers */
	{"[jail a\nusers = x\n", true, {{1, "without its ']'"}}},
	{"[jail a] users = x\n", true, {{1, "something follows"}}},
	{"[jail a]; x\n", true, {{1, "something follows"}}},
	{A "[jail a]\nusers = y\n", true, {{3, "a second [jail a], the first is in line 1"}}},
	{"[defaults]\n[defaults]\n", true, {{2, "a second [defaults], the first is in line 1"}}},
	{"[default]\nmemory = 1\n", true,
	 {{1, "did you mean [defaults]?"}, {2, "memory: '1' is too little"}}},
	{"[global]\n", true, {{1, "did you mean [defaults]?"}}},
	{"[students]\n", true, {{1, "did you mean [jail students]?"}}},
	{"[Jail x]\n", true, {{1, "write [defaults] or [jail NAME]"}}},
	{"[]\n", true, {{1, "unknown section []"}}},
	{"[ defaults ]\n", true, {{1, "unknown section"}}},
	{"[jail]\n", true, {{1, "write [defaults] or [jail NAME]"}}},
	{"[jail A]\nusers = x\n", true, {{1, "can't be the name of a jail"}}},
	{"[jail a b]\nusers = x\n", true, {{1, "can't be the name of a jail"}}},
	{"[jail -a]\nusers = x\n", true, {{1, "can't be the name of a jail"}}},
	{"[jail ]\nusers = x\n", true, {{1, "can't be the name of a jail"}}},
	{"[jail a23456789012345678901234567890123]\nusers = x\n", true, {{1, "at most 32"}}},
	{"[jail a]\n", true, {{1, "[jail a] says nobody is in it"}}},
	{"[jail a]\nmemory = 1G\n", true, {{1, "add users = or groups ="}}},
	/* places */
	{"memory = 1G\n" A, true, {{1, "before the first section"}}},
	{"[defaults]\nusers = x\n", true, {{2, "'users' can't be in [defaults]"}}},
	{"[defaults]\ngroups = x\n", true, {{2, "'groups' can't be in [defaults]"}}},
	{A "state = /x\n", false, {{3, "'state' can only be in [defaults]"}}},
	{A "memory = 1G\nmemory = 2G\n", false, {{4, "'memory' is already set in line 3"}}},
	{A "users = y\n", true, {{3, "'users' is already set in line 2"}}},
	{A "bind = /a\nbind = /b\n", false, {{4, "'bind' is already set in line 3"}}},
	{A "memory = x\nmemory = 2G\n", false, {{3, "not a size"}, {4, "already set in line 3"}}},
	/* options and values */
	{A "memroy = 1G\n", true, {{3, "unknown option 'memroy': did you mean 'memory'?"}}},
	{A "Memory = 1G\n", true, {{3, "did you mean 'memory'?"}}},
	{A "frobnicate = 1G\n", true, {{3, "unknown option 'frobnicate': jail.ini(5)"}}},
	{A "= 1G\n", true, {{3, "unknown option ''"}}},
	{A "memory = 1Q\n", false, {{3, "memory: '1Q' is not a size"}}},
	{A "memory = 1G # much\n", false, {{3, "memory: '1G # much' is not a size"}}},
	{A "memory =\n", false, {{3, "memory: a value is needed"}}},
	{"[jail a]\nusers =\n", true, {{2, "users: a value is needed"}}},
	{"[jail a]\nusers = ; x\n", true, {{2, "users: a value is needed"}}},
	{"[jail a]\nusers = x @y\n", true, {{2, "users: '@y' is a group"}}},
	{A "services = a/b\n", true, {{3, "services: 'a/b'"}}},
	{A "except = 12\n", true, {{3, "except: '12'"}}},
	{A "env = A=\"x ; y\"\n", false, {{3, "a double quote is not closed"}}},
	/* rules */
	{A "nofile = 9000:100\n", false, {{3, "nofile: the soft limit is above the hard one"}}},
	{A "nproc = 100:80\n", false, {{3, "nproc: the soft limit is above the hard one"}}},
	{A "core = max:0\n", false, {{3, "core: the soft limit is above the hard one"}}},
	{A "fsize = 2M:1M\n", false, {{3, "fsize: the soft limit is above the hard one"}}},
	{A "stack = 8M:4M\n", false, {{3, "stack: the soft limit is above the hard one"}}},
	{A "memlock = 2:1\n", false, {{3, "memlock: the soft limit is above the hard one"}}},
	{A "as = 65M:64M\n", false, {{3, "as: the soft limit is above the hard one"}}},
	{A "data = 17M:16M\n", false, {{3, "data: the soft limit is above the hard one"}}},
	{A "cpu_time = 2:1\n", false, {{3, "cpu_time: the soft limit is above the hard one"}}},
	{A "memory = 100M\nmemory_high = 101M\n", false, {{4, "memory_high: is above memory"}}},
	{A "memory_high = 2G\n", false, {{3, "memory_high: is above memory"}}},
	{A "memory = max\nmemory_high = 2G\n", false, {{0, NULL}}},
	{"[defaults]\nnofile = 9000:100\n" A "[jail b]\nusers = y\n", false, {{2, "nofile"}}},
	{A "bind = /a:/\n", false, {{3, "bind: '/' can't be a destination"}}},
	{A "bind_ro = /dev/dri\n", false, {{3, "bind_ro: '/dev/dri' can't be a destination"}}},
	{A "bind = /a:/procs\n", false, {{0, NULL}}},
	{A "bind = /:/host\n", false, {{3, "bind: '/' would show the whole host"}}},
	{A "bind = /a /b:/a\n", false, {{3, "'/a' is a destination twice"}}},
	{"[defaults]\nbind = /a\n" A "bind_ro = /b:/a\n", false, {{5,
	 "'/a' is a destination twice"}}},
	{A "bind = /a:/b/../c\n", false, {{3, "bind: '/b/../c' has a part"}}},
	{A "gate = file:/run/x\n", false, {{3, "gate: without 'network = routed' or 'bridge' there"}}},
	{A "root = lab\ninside_root = yes\nnested = yes\n", false, {{5, "nested: with inside_root = yes"}}},
	{A "network = host\ngate = file:/run/x\n", false, {{4, "gate: without 'network = routed'"}}},
	{"[defaults]\ngate = file:/run/x\n" A "network = host\n", false, {{5, "gate: without 'network = routed'"}}},
	{"[defaults]\nnetwork = host\ngate = file:/run/x\n" A, false, {{3, "gate: without 'network = routed'"}}},
	{A "network = routed\ngate = file:run\n", false, {{4, "gate: 'run' is not an absolute path"}}},
	{A "dns = 192.0.2.1 10.213.4.1\n", false, {{3, "dns: '10.213.4.1' is in the pool"}}},
	{"[defaults]\npool = 10.1.0.0/16\ndns = 10.1.0.9\n" A, false, {{3, "dns: '10.1.0.9' is in the pool"}}},
	{"[defaults]\npool = 10.1.0.0/16\n" A "dns = 10.213.4.1\n", false, {{0, NULL}}},
	{A "scope = session\n", false, {{0}}},
	{A "scope = session\nlinger = 0\n", false, {{0}}},
	{A "scope = session\nlinger = 5m\n", false, {{4, "linger: with scope = session no later"}}},
	{A "linger = while-busy\nscope = session\n", false,
	 {{4, "linger: with scope = session no later"}}},
	{"[defaults]\nlinger = 5m\n" A "scope = session\n", false,
	 {{5, "linger: with scope = session no later"}}},
	{A "mask = / /x\n", false, {{3, "mask: '/' would hide everything"}}},
	{A "mask = /proc/cpuinfo\n", false, {{3, "mask: '/proc/cpuinfo' is the jail's own"}}},
	{A "storage = memory\n", false, {{3, "storage: memory has no size of its own"}}},
	{A "storage = memory\ndisk = 64M\n", false, {{0, NULL}}},
	{A "storage = memory\ndisk = 64M\nmemory = 64M\n", false, {{5, "disk: with 'storage = memory'"}}},
	{A "storage = memory\ndisk = 64M\nmemory = max\n", false, {{0, NULL}}},
	{A "inodes = 1000\n", false, {{3, "inodes: set 'disk'"}}},
	{A "inodes = 255\ndisk = 16M\n", false, {{3, "inodes: '255' is too little"}}},
	{A "disk = 16777215\n", false, {{3, "disk: '16777215' is too little"}}},
	{A "disk = 9T\n", false, {{3, "disk: '9T' is too much"}}},
	{A "disk = 8T\ninodes = 256\nstorage = persistent\n", false, {{0, NULL}}},
	{A "readonly = yes\nstorage = persistent\n", false, {{4, "readonly: with it there is nothing to store"}}},
	{A "readonly = yes\ndisk = 16M\n", false, {{4, "readonly: with it there is nothing to bound"}}},
	{"[defaults]\ndisk = 16M\n" A "readonly = yes\n", false, {{5, "set 'disk' and 'inodes' to max"}}},
	{"[defaults]\ndisk = 16M\n" A "readonly = yes\ndisk = max\n", false, {{0, NULL}}},
	{A "readonly = yes\nhome = private\n", false, {{4, "readonly: with it nobody could write"}}},
	{A "readonly = 1\n", false, {{3, "readonly: '1' is none of its values"}}},
	{A "readonly = no\nhome = private\ndisk = 16M\n", false, {{0, NULL}}},
	{A "shell = bash\n", false, {{3, "shell: 'bash' is not an absolute path"}}},
	/* no errors */
	{"[defaults]\ngate = file:/run/x\n" A, false, {{0, NULL}}},
	{"[defaults]\ngate = file:/run/x\n" A "network = none\n", false, {{0, NULL}}},
	{"[defaults]\nnetwork = host\n" A "network = routed\ngate = file:/run/x\n", false, {{0, NULL}}},
	{"[defaults]\nnetwork = routed\ngate = file:/run/x\n" A "network = host\ngate =\n", false, {{0, NULL}}},
	{"", false, {{0, NULL}}},
	{"\n; x\n# x\n  ; x\n   \n", false, {{0, NULL}}},
	{"[defaults] ; x\n" A "bind = \nenv =\nhostname =\nshell =\n", false, {{0, NULL}}},
	{"[jail a]\r\nusers = x\r\n\r\nmemory = 1G\r\n", false, {{0, NULL}}},
	{"[jail a23456789012345678901234567890_-]\ngroups = y\n", false, {{0, NULL}}},
};

static void check_case(size_t i)
{
	_cleanup_config_ struct config *config = NULL;
	size_t want, n;

	for (want = 0; cases[i].errors[want].said; want++)
		;
	ok(config_parse("jail.ini", cases[i].text, strlen(cases[i].text), &config) == 0,
	   "case %zu is read", i);
	is_int(config->n_errors, want, "case %zu: number of errors", i);
	for (n = 0; n < config->n_errors; n++) {
		const struct config_error *e = &config->errors[n];

		if (n >= want) {
			printf("# line %u: %s\n", e->line, e->text);
			continue;
		}
		is_int(e->line, cases[i].errors[n].line, "case %zu: line of error %zu", i, n);
		contains(e->text, cases[i].errors[n].said, "case %zu: text of error %zu", i, n);
		is_str(e->file, "jail.ini", "and its file");
	}
	is_int(config->who_unsure, cases[i].who_unsure, "case %zu: who_unsure", i);
}

static void check_nul(void)
{
	static const char text[] = A "memory = 1G\0 ; x\npids = 1\n";
	_cleanup_config_ struct config *config = NULL;

	ok(config_parse("f", text, sizeof text - 1, &config) == 0, "a text with NUL is read");
	is_int(config->n_errors, 2, "it has two errors");
	is_int(config->errors[0].line, 3, "the NUL's line");
	contains(config->errors[0].text, "a NUL byte", "and text");
	is_int(config->errors[1].line, 4, "what follows is looked at");
}

/* 198 bytes are taken whole, in whatever line. */
static void check_longest_line(void)
{
	_cleanup_config_ struct config *config = NULL;
	char text[400], value[200] = "";
	int n;

	while (strlen(value) < CONFIG_LINE_MAX - strlen("shell = "))
		strcat(value, strlen(value) == 0 ? "/" : "y");
	n = snprintf(text, sizeof text, A "shell = %s\nmemory = 2G\n", value);
	ok(config_parse("f", text, (size_t)n, &config) == 0, "a line of 198 bytes is read");
	is_int(config->n_errors, 0, "without error");
	is_str(config->sections[0].settings.shell, value, "and whole");
	is_int(config->sections[0].settings.memory, 2048 * MIB, "and so is the next");
}

/* Nothing below a header that is an error may count for the section before it. */
static void check_bad_header_ends_section(void)
{
	static const char *const headers[] = {"[jail b", "[jail B]", "[jail b] x", " [jail b]",
					      "[jail b]\001", "[jail " FIFTY FIFTY FIFTY FIFTY "]"};
	size_t i;

	for (i = 0; i < sizeof headers / sizeof *headers; i++) {
		_cleanup_config_ struct config *config = NULL;
		char text[400];
		int n = snprintf(text, sizeof text, "[defaults]\n%s\nexcept = bob\n", headers[i]);

		ok(config_parse("f", text, (size_t)n, &config) == 0, "bad header %zu", i);
		is_int(config->n_errors, 1, "is one error");
		is_int(config->defaults.settings.except.n, 0, "and what is below is nobody's");
	}
}

static void check_good(void)
{
	static const char text[] =
		"[jail a]\n"
		"users = alice, bob\n"
		"memory = 2G ; much\n"
		"bind =\n"
		"env = A=\"x  y\" B=1;2\n"
		"[defaults]\n"
		"memory = 512M\n"
		"pids = 99\n"
		"bind = /d\n"
		"except = root adam\n"
		"services = sshd login\n"
		"[jail b]\n"
		"groups = g\n";
	_cleanup_config_ struct config *config = NULL;
	const struct settings *a, *b;

	ok(config_parse("/etc/x/jail.ini", text, sizeof text - 1, &config) == 0, "a good file");
	is_int(config->n_errors, 0, "has no errors");
	is_int(config->n_sections, 2, "has two jails");
	is_str(config_short_name(config), "jail.ini", "its short name");
	ok(config_section(config, "b") == &config->sections[1], "a section is found by name");
	ok(!config_section(config, "c"), "and one that is not there is not");
	a = &config->sections[0].settings;
	b = &config->sections[1].settings;
	is_int(config->sections[1].line, 12, "line of a header");
	is_int(a->users.n, 2, "two users");
	is_int(a->memory, 2048 * MIB, "the section's own value");
	is_int(a->origin[OPTION_memory].kind, ORIGIN_SECTION, "is the section's");
	is_int(a->origin[OPTION_memory].line, 3, "with its line");
	is_int(a->pids, 99, "a value of [defaults]");
	is_int(a->origin[OPTION_pids].kind, ORIGIN_DEFAULTS, "is that of [defaults]");
	is_int(a->origin[OPTION_pids].line, 8, "with its line");
	is_int(a->origin[OPTION_cpu].kind, ORIGIN_BUILTIN, "a built-in value");
	is_int(a->origin[OPTION_cpu].line, 0, "has no line");
	is_int(a->bind.n, 0, "an empty list takes the place of that of [defaults]");
	is_int(b->bind.n, 1, "which others have");
	is_str(b->bind.v[0].destination, "/d", "with source for destination");
	is_str(a->env.v[0], "A=x  y", "a quoted value");
	is_str(a->env.v[1], "B=1;2", "a semicolon without a blank before it");
	is_int(b->memory, 512 * MIB, "memory of [defaults]");
	is_int(b->services.n, 2, "services come from [defaults]");
	is_int(b->except.n, 0, "except does not");
	is_int(config->defaults.settings.except.n, 2, "it stays there");
}

static void check_many_errors(void)
{
	_cleanup_config_ struct config *config = NULL;
	size_t n = 5000 * 2, i;
	_cleanup_free_ char *text = malloc(n);

	for (i = 0; i < n; i += 2)
		memcpy(text + i, "x\n", 2);
	ok(config_parse("f", text, n, &config) == 0, "5000 wrong lines are read");
	is_int(config->n_errors, CONFIG_ERRORS_MAX, "errors are bounded");
	contains(config->errors[CONFIG_ERRORS_MAX - 1].text, "more errors", "the last says so");
}

static void check_many_sections(void)
{
	_cleanup_config_ struct config *config = NULL;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int i;

	for (i = 0; i <= CONFIG_SECTIONS_MAX; i++)
		fprintf(f, "[jail j%d]\nusers = x\n", i);
	fclose(f);
	ok(config_parse("f", text, len, &config) == 0, "1001 sections are read");
	is_int(config->n_errors, 1, "with an error");
	is_int(config->errors[0].line, 2 * CONFIG_SECTIONS_MAX + 1, "in the last one's line");
	free(text);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		check_case(i);
	check_nul();
	check_longest_line();
	check_bad_header_ends_section();
	check_good();
	check_many_errors();
	check_many_sections();
	return done_testing();
}
