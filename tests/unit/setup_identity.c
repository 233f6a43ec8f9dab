/* SPDX-License-Identifier: MIT */
/*
 * The account, and what a jail is told of the host's accounts.  As root, with account
 * files of its own; else only what needs none.
 */
#include "lib/scope.h"
#include "setup/identity.h"
#include "tap.h"
#include "scratch.h"

static gid_t ann_groups[] = {2001, 27, 999, 1000, 3000, 65534, 3001};
static struct identity ann = {
	.name = (char *)"ann",
	.uid = 1001,
	.gid = 2001,
	.gecos = (char *)"Ann,,,",
	.home = (char *)"/home/ann",
	.shell = (char *)"/bin/bash",
	.groups = ann_groups,
	.ngroups = 7,
};

static struct accounts host = {.root = -EBADF};

static void kept(void)
{
	gid_t keep[8] = {0};
	struct identity none = {.name = (char *)"x", .gid = 5};

	is_int(identity_kept_groups(&ann, keep, 8), 3, "three groups are kept");
	ok(keep[0] == 1000 && keep[1] == 3000 && keep[2] == 3001,
	   "no system group, nobody's or primary one");
	is_int(identity_kept_groups(&ann, keep, 3), 3, "with just enough room");
	is_int(identity_kept_groups(&ann, keep, 2), -E2BIG, "too little room is an error");
	is_int(identity_kept_groups(&ann, keep, 0), -E2BIG, "none as well");
	is_int(identity_kept_groups(&none, keep, 0), 0, "unless there are none to keep");
	ok(identity_free(NULL) == NULL, "free nothing");
}

static bool cover(const char *name, const char *text)
{
	char at[64], path[128];

	put(scratch_fd, name, text, 0644);
	snprintf(at, sizeof at, "/etc/%s", name);
	snprintf(path, sizeof path, "%s/%s", scratch, name);
	return ok(mount(path, at, "none", MS_BIND, NULL) == 0, "(an %s of our own)", at);
}

static void passwd(void)
{
	static const struct {
		const char *in, *want; /* want: before the user's own line */
	} cases[] = {
		{"", ""},
		{"root:x:0:0:root:/root:/bin/bash\n", "root:x:0:0:root:/root:/bin/bash\n"},
		{"root:x:0:0:root:/root:/bin/bash", "root:x:0:0:root:/root:/bin/bash\n"},
		{"sys:x:999:999::/:/x\nbob:x:1000:1000:Bob:/home/bob:/bin/sh\n",
		 "sys:x:999:999::/:/x\n"},
		{"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
		 "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
		{"ann:x:1001:2001:Ann:/home/ann:/bin/bash\n", ""},
		{"ann:x:5:5:an impostor:/:/bin/sh\n", ""},
		{"annie:x:6:6::/:/x\n", "annie:x:6:6::/:/x\n"},
		{"bob:x:1000:1000::/h:/s\ncarl:x:65533:1::/h:/s\n"
		 "dora:x:65535:1::/h:/s\neve:x:70000:1::/h:/s\n",
		 ""},
		{"x:x:4294967296:0::/:/x\ny:x:18446744073709551616:0::/:/x\n", ""},
		{"x:x:-1:0::/:/x\ny:x: 5:0::/:/x\nz:x:5x:0::/:/x\n", ""},
		{"rubbish\n\n:x:0:0::/:/x\nroot:x\nroot:x:\n", ""},
		{"+\n+@people\n-bob\n", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		_cleanup_free_ char *got = NULL;
		char want[512];
		struct err err;

		put(AT_FDCWD, "/etc/passwd", cases[i].in, 0644);
		is_int(identity_passwd_text(&host, &ann, "/h", "/s", &got, &err), 0, "passwd %zu", i);
		snprintf(want, sizeof want, "%sann:x:1001:2001:Ann,,,:/h:/s\n", cases[i].want);
		is_str(got, want, "passwd %zu: text", i);
	}

	{
		_cleanup_free_ char *got = NULL;
		struct err err;

		put(AT_FDCWD, "/etc/passwd",
		    "root:$6$salt$hash:0:0:root:/root:/bin/bash\nold::3:3::/:/x\n", 0644);
		is_int(identity_passwd_text(&host, &ann, "/h", "/s", &got, &err), 0,
		       "a host without shadow passwords");
		ok(got && !strstr(got, "hash"), "shows no password");
		ok(got && strstr(got, "root:x:0:0:"), "but root");
	}
}

static void group(void)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"", ""},
		{"root:x:0:\nsudo:x:27:ann,bob\n", "root:x:0:\nsudo:x:27:\n"},
		{"shadow:!:42:bob\n", "shadow:x:42:\n"},
		{"ann:x:2001:ann\n", "ann:x:2001:\n"},
		{"web:x:3000:ann,bob\n", "web:x:3000:ann\n"},
		{"web:x:3000:bob\n", "web:x:3000:ann\n"},
		{"secret:x:3002:bob\n", ""},
		{"nogroup:x:65534:\n", "nogroup:x:65534:\n"},
		{"web:x:3000:bob\nweb2:x:3000:\n", "web:x:3000:ann\nweb2:x:3000:ann\n"},
		{"web:x:3000:bob", "web:x:3000:ann\n"},
		{"rubbish\n:x:5:\nx:x:-1:\ny:x:4294967296:\n", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		_cleanup_free_ char *got = NULL;
		struct err err;

		put(AT_FDCWD, "/etc/group", cases[i].in, 0644);
		is_int(identity_group_text(&host, &ann, &got, &err), 0, "group %zu", i);
		is_str(got, cases[i].want, "group %zu: text", i);
	}
}

/* Of a tree that is not the host: its system accounts, whatever it lacks. */
static void tree(void)
{
	static const struct {
		const char *in, *want;
	} shadows[] = {
		{"root:*:1:0:99999:7:::\n", "root::1:0:99999:7:::\n"},
		{"root:!:1::::::\nwww:!:2::::::\n", "root::1::::::\nwww:!:2::::::\n"},
		{"root:!*:1::::::", "root::1::::::\n"},
		{"root:x:1::::::\n", "root::1::::::\n"},
		{"root::1::::::\n", "root::1::::::\n"},
		{"root:$6$s$hash:1::::::\n", "root:$6$s$hash:1::::::\n"},
		{"rooty:*:1::::::\nann:$6$s$old:1::::::\n", "rooty:*:1::::::\n"},
		{"rubbish\n\nroot\n:\n", ""},
		{"", ""},
	};
	struct accounts from = {.tree = true};
	_cleanup_close_ int root = -EBADF;
	struct err err = {""};
	char *got = NULL;

	(void)mkdirat(scratch_fd, "tree", 0755);
	from.root = root = openat(scratch_fd, "tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
	is_int(identity_passwd_text(&from, &ann, "/h", "/s", &got, &err), 0, "a tree without accounts");
	contains(got, "root:x:0:0:", "has root");
	contains(got, "ann:x:1001:2001:Ann,,,:/h:/s\n", "and the user");
	free(got);
	is_int(identity_shadow_text(&from, &ann, &got, &err), 0, "nor shadow file");
	is_str(got, "root::::::::\nann:*:::::::\n", "has a root to become");
	free(got);

	(void)mkdirat(root, "etc", 0755);
	put(root, "etc/group", "root:x:0:\nweb:x:33:\npeople:x:2001:\nother:x:1000:\n", 0644);
	put(AT_FDCWD, "/etc/group", "ann:x:2001:\nweb:x:3000:ann\nreal:x:3001:ann\n", 0644);
	is_int(identity_group_text(&from, &ann, &got, &err), 0, "groups of a tree");
	contains(got, "web:x:33:\n", "its system groups");
	contains(got, "ann:x:2001:\n", "the user's have the host's names");
	contains(got, "real:x:3001:ann\n", "with the user as a member");
	ok(!strstr(got, "people") && !strstr(got, "other") && !strstr(got, "3000"),
	   "not the tree's people, and no name twice");
	free(got);
	for (size_t i = 0; i < sizeof shadows / sizeof *shadows; i++) {
		char want[256];

		put(root, "etc/shadow", shadows[i].in, 0600);
		is_int(identity_shadow_text(&from, &ann, &got, &err), 0, "shadow %zu", i);
		snprintf(want, sizeof want, "%sann:*:::::::\n", shadows[i].want);
		is_str(got, want, "shadow %zu: text", i);
		free(got);
	}
	(void)unlinkat(root, "etc/shadow", 0);
	ok(mkfifoat(root, "etc/shadow", 0600) == 0, "(a pipe)");
	is_int(identity_shadow_text(&from, &ann, &got, &err), -EINVAL, "a shadow file that is a pipe");
}

static void missing(void)
{
	_cleanup_free_ char *got = NULL;
	struct err err = {""};

	ok(umount2("/etc/passwd", MNT_DETACH) == 0 && umount2("/etc/group", MNT_DETACH) == 0 &&
		   tmpfs_on("/etc"),
	   "(an empty /etc)");
	is_int(identity_passwd_text(&host, &ann, "/h", "/s", &got, &err), -ENOENT, "no /etc/passwd");
	contains(err.text, "/etc/passwd", "and that is said");
	is_int(identity_group_text(&host, &ann, &got, &err), -ENOENT, "no /etc/group");
	contains(err.text, "/etc/group", "and that is said");
	ok(got == NULL, "no text");
	ok(umount2("/etc", MNT_DETACH) == 0, "(uncover /etc)");
}

static const struct {
	const char *name;
	int want;
	const char *gecos, *home, *shell, *said;
} accounts[] = {
	{"ann", 0, "Ann,,,", "/home/ann", "/bin/bash", NULL},
	{"noshell", 0, "", "/home/n", "/bin/sh", NULL},
	{"nohome", 0, "", "", "/bin/sh", NULL},
	{"gecos", 0, "", "/home/g", "/bin/sh", NULL},
	{"badhome", -EINVAL, NULL, NULL, NULL, "control character"},
	{"badshell", -EINVAL, NULL, NULL, NULL, "control character"},
	{"nobody-has-this", -ESRCH, NULL, NULL, NULL, "no account 'nobody-has-this'"},
	{"", -ESRCH, NULL, NULL, NULL, "no account ''"},
	{"an", -ESRCH, NULL, NULL, NULL, "no account"},
	{"ann:x", -ESRCH, NULL, NULL, NULL, "no account"},
};

static void lookup(void)
{
	static const gid_t groups[] = {2001, 3000, 27};

	put(AT_FDCWD, "/etc/passwd",
	    "ann:x:1001:2001:Ann,,,:/home/ann:/bin/bash\n"
	    "noshell:x:1002:2001::/home/n:\n"
	    "nohome:x:1003:2001:::/bin/sh\n"
	    "gecos:x:1004:2001:a\x1b[2J:/home/g:/bin/sh\n"
	    "badhome:x:1005:2001::/home/\x01:/bin/sh\n"
	    "badshell:x:1006:2001::/home/b:/bin/sh\x7f\n",
	    0644);
	for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
		struct identity *id = NULL;
		struct err err = {""};
		const char *name = accounts[i].name;

		is_int(identity_lookup(name, groups, 3, &id, &err), accounts[i].want,
		       "account '%s'", name);
		if (accounts[i].want) {
			ok(id == NULL, "'%s': no identity", name);
			contains(err.text, accounts[i].said, "'%s': why", name);
			continue;
		}
		is_str(id->name, name, "'%s': name", name);
		is_int(id->gid, 2001, "'%s': group", name);
		is_str(id->gecos, accounts[i].gecos, "'%s': gecos", name);
		is_str(id->home, accounts[i].home, "'%s': home", name);
		is_str(id->shell, accounts[i].shell, "'%s': shell", name);
		ok(id->ngroups == 3 && memcmp(id->groups, groups, sizeof groups) == 0,
		   "'%s': groups", name);
		identity_free(id);
	}
}

int main(void)
{
	const char *why;

	kept();
	why = private_mounts();
	if (why) {
		skip(why);
		return done_testing();
	}
	host.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!scratch_make())
		return done_testing();
	if (cover("passwd", "") && cover("group", "") &&
	    cover("nsswitch.conf", "passwd: files\ngroup: files\n")) {
		int before;

		lookup();
		before = open_fds();
		passwd();
		group();
		tree();
		lookup();
		is_int(open_fds(), before, "no descriptor is left");
		missing();
	}
	scratch_remove();
	return done_testing();
}
