/* SPDX-License-Identifier: MIT */
/*
 * Whose login is ours: every rule of config_decide(), with groups that exist, that do not and
 * that can't be looked up.
 * Linked with: all objects of helper/config, helper/lib/err.o, -l:libinih.a
 */
#include <stdlib.h>

#include "config/decide.h"
#include "config/render.h"
#include "lib/scope.h"
#include "tap.h"

/*
 * The host of these tests.  alice: uid 1001, primary group users (100), in students (200).
 * bob: uid 1002, primary group students; root: 0.  Group "listed" names alice but her
 * login does not have its gid.  "broken" and "refused" can't be looked up.
 */
static int lookups;

static int find(void *userdata, const char *group, const char *user, gid_t *ret_gid,
		bool *ret_listed)
{
	static const struct {
		const char *name;
		gid_t gid;
	} groups[] = {{"users", 100}, {"students", 200}, {"staff", 300}, {"listed", 400}};
	size_t i;

	(void)userdata;
	lookups++;
	if (!strcmp(group, "broken"))
		return -EIO;
	if (!strcmp(group, "refused"))
		return -ECONNREFUSED;
	for (i = 0; i < sizeof groups / sizeof *groups; i++)
		if (!strcmp(groups[i].name, group)) {
			*ret_gid = groups[i].gid;
			*ret_listed = !strcmp(group, "listed") && !strcmp(user, "alice");
			return 0;
		}
	return -ENOENT;
}

static const struct group_lookup lookup = {.find = find};
static const gid_t alices[] = {200, 100};
static const struct user_facts alice = {"alice", 1001, 100, alices, 2};
static const struct user_facts bob = {"bob", 1002, 200, NULL, 0};
static const struct user_facts root = {"root", 0, 0, NULL, 0};
static const struct user_facts toor = {"toor", 0, 0, NULL, 0};

static const struct {
	const char *text;
	const struct user_facts *user;
	const char *service;
	enum verdict verdict;
	const char *section; /* of VERDICT_JAIL */
	const char *why;
} cases[] = {
	/* who is matched */
	{"", &alice, "sshd", VERDICT_NOT_OURS, NULL, "no section of jail.ini matches"},
	{"[jail a]\nusers = alice\n", &alice, "sshd", VERDICT_JAIL, "a",
	 "matched by user alice, jail.ini:2"},
	{"[jail a]\nusers = x #1001\n", &alice, "sshd", VERDICT_JAIL, "a", "user #1001"},
	{"[jail a]\nusers = alic alicea #10010\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, ""},
	{"[jail a]\nusers = Alice\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, ""},
	{"[jail a]\ngroups = students\n", &alice, "sshd", VERDICT_JAIL, "a",
	 "matched by group students, jail.ini:2"},
	{"[jail a]\ngroups = students\n", &bob, "sshd", VERDICT_JAIL, "a", "students"},
	{"[jail a]\ngroups = staff\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, ""},
	{"[jail a]\ngroups = listed\n", &alice, "sshd", VERDICT_JAIL, "a", "listed"},
	{"[jail a]\ngroups = listed\n", &bob, "sshd", VERDICT_NOT_OURS, NULL, ""},
	{"[jail a]\nusers = bob\n[jail b]\nusers = alice\n[jail c]\nusers = alice\n", &alice,
	 "sshd",
	 VERDICT_JAIL, "b", "jail.ini:4"},
	{"[jail a]\nusers = bob\ngroups = users\n", &alice, "sshd", VERDICT_JAIL, "a", "users"},
	/* uid 0 */
	{"[jail a]\ngroups = broken\n", &root, "sshd", VERDICT_NOT_OURS, NULL, "uid 0"},
	{"[jail a]\nusers = toor\n", &toor, "sshd", VERDICT_NOT_OURS, NULL, "uid 0"},
	{"foo\n", &root, "sshd", VERDICT_NOT_OURS, NULL, "uid 0"},
	/* except of [defaults] */
	{"[defaults]\nexcept = alice\n[jail a]\nusers = alice\n", &alice, "sshd", VERDICT_NOT_OURS,
	 NULL, "exempt as user alice, jail.ini:2"},
	{"[defaults]\nexcept = #1001\n[jail a]\nusers = alice\n", &alice, "cron", VERDICT_NOT_OURS,
	 NULL, "#1001"},
	{"[defaults]\nexcept = @students\n[jail a]\nusers = alice bob\n", &alice, "sshd",
	 VERDICT_NOT_OURS, NULL, "exempt by group students"},
	{"[defaults]\nexcept = alice\nfoo\n[jail a]\nusers = alice\n", &alice, "sshd",
	 VERDICT_NOT_OURS, NULL, "exempt"},
	{"[defaults]\nexcept = 99 alice\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, "exempt"},
	{"[defaults]\nexcept = @students\nfoo\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, "exempt"},
	{"[defaults]\nexcept = @broken alice\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, "exempt"},
	{"[defaults]\nexcept = @broken\n[jail a]\nusers = alice\n", &alice, "sshd", VERDICT_REFUSE,
	 NULL, "jail.ini:2: group 'broken' can't be looked up"},
	{"[defaults]\nexcept = @nix\n[jail a]\nusers = alice\n", &alice, "sshd", VERDICT_REFUSE,
	 NULL, "jail.ini:2: there is no group 'nix'"},
	{"[defaults]\nexcept = @broken\n[jail a]\nusers = bob\n", &alice, "sshd", VERDICT_NOT_OURS,
	 NULL, ""},
	/* except of a section */
	{"[jail a]\ngroups = students\nexcept = alice\n", &alice, "sshd", VERDICT_NOT_OURS, NULL,
	 ""},
	{"[jail a]\ngroups = students\nexcept = alice\n", &bob, "sshd", VERDICT_JAIL, "a", ""},
	{"[jail a]\ngroups = students\nexcept = @users\n[jail b]\nusers = alice\n", &alice, "sshd",
	 VERDICT_JAIL, "b", ""},
	{"[jail a]\ngroups = broken\nexcept = alice\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, ""},
	{"[jail a]\nusers = alice\nexcept = @broken\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "jail.ini:3: group 'broken'"},
	{"[jail a]\nusers = bob\nexcept = @broken\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, ""},
	/* groups that can't be looked up */
	{"[jail a]\ngroups = broken\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "jail.ini:2: group 'broken' can't be looked up (Input/output error)"},
	{"[jail a]\ngroups = refused\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "getent group refused"},
	{"[jail a]\ngroups = nix\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "jail.ini:2: there is no group 'nix': create it, or take it out"},
	{"[jail a]\ngroups = broken\nusers = alice\n", &alice, "sshd", VERDICT_JAIL, "a", "user"},
	{"[jail a]\ngroups = broken students\n", &alice, "sshd", VERDICT_JAIL, "a", "students"},
	{"[jail a]\ngroups = students nix\n", &alice, "sshd", VERDICT_JAIL, "a", "students"},
	{"[jail a]\ngroups = staff broken\n", &alice, "sshd", VERDICT_REFUSE, NULL, "broken"},
	{"[jail a]\nusers = alice\n[jail b]\ngroups = broken\n", &alice, "sshd", VERDICT_JAIL,
	 "a", ""},
	{"[jail b]\ngroups = broken\n[jail a]\nusers = alice\n", &alice, "sshd", VERDICT_REFUSE,
	 NULL,
	 "broken"},
	/* services */
	{"[jail a]\nusers = alice\n", &alice, "su-l", VERDICT_REFUSE, NULL,
	 "service 'su-l' is not among the services of [jail a]"},
	{"[jail a]\nusers = alice\nservices = login\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "services (line 3) of [jail a] (matched by user alice, jail.ini:2): if it shall be, add "
	 "it to services ="},
	{"[defaults]\nservices = su-l\n[jail a]\nusers = alice\n", &alice, "su-l", VERDICT_JAIL,
	 "a",
	 ""},
	{"[jail a]\nusers = alice\nservices = sshd\n[jail b]\nusers = alice\nservices = cron\n",
	 &alice,
	 "cron", VERDICT_REFUSE, NULL, "[jail a]"},
	{"[jail a]\nusers = bob\n", &alice, "cron", VERDICT_NOT_OURS, NULL, ""},
	/* errors */
	{"[jail a]\nusers = bob\nfoo\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "jail.ini:3: neither"},
	{"[jail a]\nusers = bob\nmemroy = 1G\nfoo\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "(and 1 more: run 'loginjail check')"},
	{"[jail a]\nusers = bob\nmemory = 1\n", &alice, "sshd", VERDICT_NOT_OURS, NULL, ""},
	{"[jail a]\nusers = bob\nmemory = 1\n", &bob, "sshd", VERDICT_REFUSE, NULL,
	 "jail.ini:3: memory: '1' is too little"},
	{"[jail a]\nusers = bob\n[jail b]\nusers = alice\npids = 1\n", &bob, "sshd", VERDICT_REFUSE,
	 NULL, "jail.ini:5: pids"},
	{"[jail a]\nusers = alice\nnofile = 90:80\n", &alice, "sshd", VERDICT_REFUSE, NULL,
	 "nofile"},
};

static void check_case(size_t i)
{
	_cleanup_config_ struct config *config = NULL;
	struct decision d;
	struct err err;

	ok(config_parse("/x/jail.ini", cases[i].text, strlen(cases[i].text), &config) == 0,
	   "case %zu is read", i);
	ok(config_decide(config, cases[i].user, cases[i].service, &lookup, &d, &err) == 0,
	   "case %zu is decided", i);
	if (!is_int(d.verdict, cases[i].verdict, "case %zu: verdict", i))
		printf("# %s# why: %s\n", cases[i].text, d.why);
	is_str(d.section ? d.section->name : NULL, cases[i].section, "case %zu: section", i);
	contains(d.why, cases[i].why, "case %zu: why", i);
	is_int(!!d.told[0], d.verdict == VERDICT_REFUSE, "case %zu: the refused are told", i);
}

/* An untrusted file: its except counts for nothing. */
static void check_untrusted(void)
{
	static const char text[] = "[defaults]\nexcept = alice\n";
	_cleanup_config_ struct config *config = NULL;
	struct decision d;

	ok(config_parse("/x/jail.ini", text, sizeof text - 1, &config) == 0, "a file");
	config->untrusted = true;
	ok(config_add_error(config, 0, true, "written by %s", "mallory") == 0, "untrusted");
	ok(config_decide(config, &alice, "sshd", &lookup, &d, NULL) == 0, "is decided");
	is_int(d.verdict, VERDICT_REFUSE, "an untrusted file exempts nobody");
	is_str(d.why, "/x/jail.ini: written by mallory", "and says which file");
	ok(config_decide(config, &root, "sshd", &lookup, &d, NULL) == 0, "is decided");
	is_int(d.verdict, VERDICT_NOT_OURS, "but uid 0");
}

static void check_no_needless_lookup(void)
{
	static const char text[] = "[jail a]\nusers = alice\ngroups = staff\nexcept = x\n";
	_cleanup_config_ struct config *config = NULL;
	struct decision d;

	ok(config_parse("f", text, sizeof text - 1, &config) == 0, "a file");
	lookups = 0;
	ok(config_decide(config, &alice, "sshd", &lookup, &d, NULL) == 0, "is decided");
	is_int(lookups, 0, "a user that is named needs no group");
}

/* Name services answer in any order: which section matches is jail.ini's order alone. */
static void check_order_of_groups(void)
{
	static const char text[] = "[jail c]\ngroups = listed\n[jail a]\ngroups = staff\n"
				   "[jail b]\ngroups = students users\n";
	static const gid_t orders[][3] = {{100, 200, 300}, {100, 300, 200}, {200, 100, 300},
					  {200, 300, 100}, {300, 100, 200}, {300, 200, 100}};
	_cleanup_config_ struct config *config = NULL;
	struct decision d;

	ok(config_parse("f", text, sizeof text - 1, &config) == 0, "a file");
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		/* The primary group is none of the three, then each of them. */
		for (int primary = -1; primary < 3; primary++) {
			const struct user_facts carl = {"carl", 1003, primary < 0 ? 500 : orders[i][primary], orders[i],
							3};

			ok(config_decide(config, &carl, "sshd", &lookup, &d, NULL) == 0, "is decided");
			is_str(d.section ? d.section->name : NULL, "a", "order %zu of the groups, primary %d", i,
			       primary);
		}
	}
}

static void check_called_wrong(void)
{
	static const struct user_facts nobody = {"", 5, 5, NULL, 0};
	_cleanup_config_ struct config *config = NULL;
	struct decision d;
	struct err err;

	ok(config_parse("f", "", 0, &config) == 0, "a file");
	is_int(config_decide(config, &nobody, "sshd", &lookup, &d, &err), -EINVAL, "no user name");
	is_int(d.verdict, VERDICT_REFUSE, "refuses");
	is_int(config_decide(config, &alice, "", &lookup, &d, &err), -EINVAL, "no service");
	is_int(d.verdict, VERDICT_REFUSE, "refuses");
}

static void check_explain(void)
{
	static const char text[] = "[defaults]\npids = 99\n[jail a]\nusers = alice\nmemory = 2G\n";
	_cleanup_config_ struct config *config = NULL;
	_cleanup_free_ char *out = NULL;
	struct decision d;
	size_t len;
	FILE *f;
	int i;

	ok(config_parse("/x/jail.ini", text, sizeof text - 1, &config) == 0, "a file");
	ok(config_decide(config, &alice, "sshd", &lookup, &d, NULL) == 0, "is decided");
	f = open_memstream(&out, &len);
	ok(render_explain(f, config, &alice, "sshd", &d) == 0, "and explained");
	fclose(f);
	contains(out, "user     alice (uid 1001)\n", "the user");
	contains(out, "login    jailed\nsection  [jail a], jail.ini:3\n", "the section");
	contains(out, "because  matched by user alice, jail.ini:4\n", "the reason");
	contains(out, "  jail.ini:5\n", "a value of the section");
	contains(out, "  jail.ini:2 [defaults]\n", "one of [defaults]");
	contains(out, "  built in\n", "one that is built in");
	for (i = 0; i < OPTION_MAX; i++)
		contains(out, options[i].name, "explain has %s", options[i].name);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		check_case(i);
	check_untrusted();
	check_no_needless_lookup();
	check_order_of_groups();
	check_called_wrong();
	check_explain();
	return done_testing();
}
