/* SPDX-License-Identifier: MIT */
/* What check --host reads: Match lines, crontabs, mail, sudo's rules, ranges of ids. */
#include <stdlib.h>

#include "cli/host_match.h"
#include "cli/host_ranges.h"
#include "cli/host_text.h"
#include "cli/text.h"
#include "tap.h"

static void patterns(void)
{
	static const struct {
		const char *name, *patterns;
		int want;
	} cases[] = {
		{"ann", "ann", 1}, {"ann", "an", 0}, {"an", "ann", 0}, {"ann", "bob,ann", 1}, {"ann", "*", 1},
		{"", "*", 1}, {"ann", "a?n", 1}, {"ann", "a?", 0}, {"ann", "a*", 1}, {"ann", "*n", 1},
		{"banana", "*an*a", 1}, {"banana", "*an*b", 0}, {"ann", "*,!ann", -1}, {"ann", "!ann,*", -1},
		{"bob", "*,!ann", 1}, {"ann", "!bob", 0}, {"a[b]", "a[b]", 1}, {"ab", "a[b]", 0}, {"ann", "", 0},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*a*a*c", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(match_patterns(cases[i].name, cases[i].patterns), cases[i].want, "'%s' and '%s'", cases[i].name,
		       cases[i].patterns);
}

static int collect(void *arg, const char *pattern)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s;", pattern);
	return 0;
}

static const char *answer(const struct matches *m, const char *user, const char *group)
{
	static char copy[64];
	char *text = matches_answer(m, user, &group, 1);

	snprintf(copy, sizeof copy, "%s", text ?: "(none)");
	free(text);
	return copy;
}

static void match_lines(void)
{
	struct matches m = {0};
	char included[200] = "";

	is_int(matches_add(&m, "Port 22\nInclude a/*.conf \"b c\" # d\ninclude=e\n#Include f\n"
			       "Match User ann,bo* Group \"x y\"\n\tForceCommand Match\nmatch group g\nMatch all\n"
			       " Match User=!c,*", collect, included), 0, "Match lines");
	is_str(included, "a/*.conf;b c;e;", "what is included");
	is_int(m.n, 4, "criteria");
	ok(!m.unknown && !m.place, "all of users");
	is_str(answer(&m, "ann", "g"), "ynyy", "answers");
	is_str(answer(&m, "bob", "x y"), "yyny", "others");
	is_str(answer(&m, "c", "h"), "nnnn", "none");
	is_int(matches_add(&m, "Match Address 10.0.0.0/8 User q\n", collect, included), 0, "an address");
	ok(m.place && !m.unknown && m.n == 5, "is a place, and what follows is read");
	is_int(matches_add(&m, "Match invalid-user User z\n", collect, included), 0, "one without a value");
	ok(!m.unknown && m.n == 6, "does not take the next");
	is_int(matches_add(&m, "Match moon full User ann\n", collect, included), 0, "one that nobody knows");
	ok(m.unknown, "may tell anybody from anybody");
	matches_clear(&m);
	is_int(matches_add(&m, "Match User \"ann\" # 'x'\n# it's\n", collect, included), 0, "one kind of quotes");
	ok(!m.unknown, "is known, and a comment is none of them");
	is_int(matches_add(&m, "Match User 'ann'\n", collect, included), 0, "the other kind");
	ok(m.unknown, "means what sshd's version says");
	matches_clear(&m);
	is_int(matches_add(&m, "Include /a\\ b\n", collect, included), 0, "an escape");
	ok(m.unknown, "so does that");
	matches_clear(&m);
	is_int(matches_add(&m, "Include 'a b'\n", collect, included), 0, "a file in the other kind of quotes");
	ok(m.unknown, "as well");
	matches_clear(&m);
	*included = '\0';
	is_int(matches_add(&m, "Include=a=b \"c d\"\n", collect, included), 0, "a file with '='");
	is_str(included, "a=b;c d;", "is one for the versions of today");
	ok(m.unknown, "and two for older ones");
	matches_clear(&m);
	is_int(matches_add(&m, "Banner it's\\n\nMatch User a#b\n", collect, included), 0, "what is neither of them");
	ok(!m.unknown, "may be written as it likes");
	is_int(matches_add(&m, "Match User a#'b'\n", collect, included), 0, "quotes behind what is no comment");
	ok(m.unknown, "are quotes");
	matches_clear(&m);
	is_int(matches_add(&m, "Match User\n", collect, included), 0, "a criterion without its value");
	ok(m.unknown, "is unknown");
	matches_clear(&m);
}

static void crontabs(void)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{"17 * * * * root cd / && run", "root"}, {"*/5 1-2 * jan mon,tue\tann  x\n", "ann"},
		{"@reboot ann x", "ann"}, {"@daily  bob\tx", "bob"}, {"  0 0 * * * ann x", "ann"},
		{"-*/5 * * * * ann x", "ann"}, {"* * * * * ann:staff x", "ann"},
		{"~ 1 * * * ann x", "ann"}, {"# 17 * * * * ann x", NULL},
		{"PATH=/bin:/usr/bin a b c d e", NULL}, {"", NULL}, {"\n", NULL},
		{"0 0 * * * ann\n", NULL}, {"0 0 * * *", NULL}, {"0 0\n1 1 1 1 1 ann x", NULL}, {"@reboot", NULL},
		{"MAILTO=ann\n", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *got = cron_line_user(cases[i].line);

		is_str(got, cases[i].want, "crontab line %zu", i);
		free(got);
	}
}

static void mail(void)
{
	ok(!forward_runs("ann@example.org\n\\bob, /var/mail/x\n"), "addresses");
	ok(!forward_runs(""), "nothing");
	ok(forward_runs("ann\n\"|/usr/bin/procmail\"\n"), "a command");
	ok(forward_runs("|x"), "a bare one");
	ok(forward_runs("a, :Include:/home/ann/list"), "a list, which may hold commands");
	ok(forward_runs("# Exim filter\npipe x"), "a filter of Exim's");
	ok(forward_runs("\n #\t  exim  FILTER\npipe x") && forward_runs("#exim filter"), "with other blanks");
	ok(!forward_runs("# examples\nann\n"), "a comment");
}

static void sudoers(void)
{
	static const char stock[] = "Defaults\tenv_reset\nDefaults env_keep += \"X\"\nroot ALL=(ALL:ALL) ALL\n"
				    "%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n";

	ok(!sudoers_others(stock), "Debian's own");
	ok(!sudoers_others("#includedir /etc/sudoers.d\n# +net\n"), "the older form, and a comment");
	ok(sudoers_others("+admins ALL=ALL\n"), "a netgroup");
	ok(sudoers_others("User_Alias X = ann, +admins\n"), "in an alias");
	ok(sudoers_others("%:plugin ALL=ALL\n"), "a group of a plugin");
	ok(sudoers_others("#include /etc/more\n"), "more files");
	ok(sudoers_others("@includedir /etc/sudoers.d2\n"), "another directory");
	ok(sudoers_name("ann ALL=ALL\n", "ann", 5), "a name");
	ok(sudoers_name("#5 ALL=ALL\n", "ann", 5), "a uid");
	ok(!sudoers_name(stock, "ann", 5), "none");
	ok(sudoers_name(stock, "an n", 5), "one that may be written otherwise");
	ok(sudoers_name("Ann ALL=ALL\n", "ann", 5), "in another case, as sudo may take it");
	ok(sudoers_others(" @include /etc/more\n"), "more files, indented");
	ok(sudoers_others("User_Alias X = \"+admins\"\n"), "a netgroup in quotes");
	ok(sudoers_others("an\\x6e ALL=ALL\n"), "an escape");
	ok(!sudoers_others("ann ALL=\\\nALL\n"), "a continued line is none");
	ok(sudoers_others("#0005 ALL=ALL\n") && sudoers_others("X, #005 ALL=ALL\n"), "a uid with more digits");
	ok(!sudoers_others("#5 ALL=ALL\n# 0\n"), "the usual form, and a comment");
	ok(sudo_conf_usual("Set x y\n#Plugin a b.so\nPlugin sudoers_policy sudoers.so\nPlugin x\tsudoers.so # x"),
	   "sudo.conf");
	ok(!sudo_conf_usual("Set x y\nPlugin sudoers_policy sudoers.so sudoers_file=/x\n"), "another file of rules");
	ok(!sudo_conf_usual("plugin sudoers_policy other.so\n"), "another plugin");
	ok(sudoers_in_files("passwd: files ldap\n"), "nothing said");
	ok(sudoers_in_files("sudoers: files # x\n"), "files");
	ok(!sudoers_in_files("x: y\nsudoers: files sss\n"), "and a directory");
	ok(!sudoers_in_files("sudoers:\tldap\n"), "a directory");
	ok(sudo_allows("Matching Defaults entries for ann on host:\n\nUser ann may run the following commands on "
		       "host:\n    (ALL) ALL"), "allowed");
	ok(!sudo_allows("User ann is not allowed to run sudo on host."), "not allowed");
}

static void overlap(void *arg, const struct id_range *a, const struct id_range *b)
{
	sprintf((char *)arg + strlen(arg), "%s/%s ", a->owner, b->owner);
}

static void held(void *arg, const struct id_range *r, uint32_t first, size_t n)
{
	sprintf((char *)arg + strlen(arg), "%s:%u+%zu ", r->owner, first, n);
}

static void ranges(const char *name, struct id_range *v, size_t n, const char *want)
{
	char got[300] = "";

	ranges_overlaps(v, n, overlap, got);
	is_str(got, want, "%s", name);
}

#define RANGES(...) (struct id_range[]){__VA_ARGS__}, sizeof((struct id_range[]){__VA_ARGS__}) / sizeof(struct id_range)

static void ids(void)
{
	static const uint32_t real[] = {0, 5, 99, 100, 150, 199, 200, UINT32_MAX};
	char got[300] = "";

	ranges("apart", RANGES({"a", "", 200, 100}, {"b", "", 100, 100}), "");
	ranges("one id", RANGES({"a", "", 200, 100}, {"b", "", 100, 101}), "b/a ");
	ranges("the same owner", RANGES({"a", "", 200, 100}, {"a", "", 100, 1000}), "");
	ranges("inside", RANGES({"a", "", 1, 1000}, {"b", "", 10, 1}, {"c", "", 500, 1}), "a/b a/c ");
	ranges("behind one of the same owner", RANGES({"b", "", 1, 500}, {"a", "", 2, 1000}, {"a", "", 400, 10}),
	       "b/a b/a ");
	ranges("one of another before", RANGES({"b", "", 1, 500}, {"a", "", 2, 1000}, {"a", "", 600, 10}), "b/a ");
	ranges("the last ids", RANGES({"a", "", UINT32_MAX - 1, 100}, {"b", "", UINT32_MAX, 1}), "a/b ");
	ranges_hold(RANGES({"a", "", 100, 100}, {"b", "", 6, 93}, {"c", "", UINT32_MAX, 9}), real,
		    sizeof real / sizeof *real, held, got);
	is_str(got, "a:100+3 c:4294967295+1 ", "real ids");
}

static void others(void)
{
	char *text = text_replace("a %s b %s", "%s", "%x");

	is_str(text, "a %x b %s", "the first is replaced");
	free(text);
	ok(kernel_at_least("5.19", 5, 19) && kernel_at_least("6.1.0-18-amd64", 5, 19), "new kernels");
	ok(!kernel_at_least("5.18.9", 5, 19) && !kernel_at_least("4.20.1", 5, 19) && !kernel_at_least("x", 5, 19),
	   "old ones, and what is none");
}

int main(void)
{
	patterns();
	match_lines();
	crontabs();
	mail();
	sudoers();
	ids();
	others();
	return done_testing();
}
