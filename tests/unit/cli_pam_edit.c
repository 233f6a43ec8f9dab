/* SPDX-License-Identifier: MIT */
/* Which lines setup plans for which services, and that it takes them out again. */
#include <stdlib.h>

#include "cli/changes.h"
#include "cli/pam_edit.h"
#include "lib/fdio.h"
#include "tap.h"
#include "scratch.h"

#define BY_HAND "session required pam_loginjail.so\n"

static struct changes c;

static void begin(void)
{
	struct err err;

	c = (struct changes){0};
	if (tree_open(scratch, &c.tree, &err))
		ok(false, "open the tree");
}

static void end(void)
{
	changes_clear(&c);
	close(c.tree.fd);
}

/* The plan's text of a file; "" for none. */
static const char *planned(const char *path)
{
	for (size_t i = 0; i < c.n; i++)
		if (strcmp(c.v[i]->path, path) == 0)
			return c.v[i]->text ?: "";
	return "";
}

static void plan(const char *name, unsigned problems, size_t pending)
{
	is_int(pam_plan(&c, "pam_loginjail.so"), 0, "%s: plan", name);
	is_int(c.problems, problems, "%s: problems", name);
	is_int(changes_pending(&c), pending, "%s: files to change", name);
}

/* What it says of each file is no TAP. */
static void apply(const char *name)
{
	int out = dup(1), null = open("/dev/null", O_WRONLY | O_CLOEXEC), r;
	struct err err = {""};

	fflush(stdout);
	dup2(null, 1);
	r = changes_apply(&c, &err);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	close(null);
	is_int(r, 0, "%s: apply (%s)", name, err.text);
}

static void stock(void)
{
	put(scratch_fd, "etc/pam.d/sshd", "#%PAM-1.0\nauth a b\nsession c d\n", 0644);
	put(scratch_fd, "etc/pam.d/su", "session c d", 0640);
	put(scratch_fd, "etc/pam.d/su-l", "session include su\n", 0644);
	/* No doors: parts of others, who changes an entry, who is root, copies, no session in it. */
	put(scratch_fd, "etc/pam.d/common-session", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/part", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/login.dpkg-old", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/runuser", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/chsh", "@include common-session\n", 0644);
	put(scratch_fd, "etc/pam.d/lock", "auth include part\n", 0644);
	put(scratch_fd, "usr/lib/pam.d/lock2", "auth c d\n", 0644);
	put(scratch_fd, "etc/pam.d/sudo", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/sshd-jail", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/broken", "@include none\n", 0644);
	put(scratch_fd, "usr/lib/pam.d/broken2", "@include none\n", 0644);
	put(scratch_fd, "usr/lib/pam.d/systemd-user", "session e f\n", 0644);
}

static void usual(void)
{
	char got[64];

	begin();
	plan("usual", 0, 3);
	contains(planned("/etc/pam.d/sshd"), "pam_loginjail.so close\n# loginjail: end\nauth a b\n", "first");
	contains(planned("/etc/pam.d/sshd"), "pam_loginjail.so open\n# loginjail: end\n", "and last");
	contains(planned("/etc/pam.d/su"), "session c d\n# loginjail", "su");
	is_str(planned("/etc/pam.d/su-l"), "session include su\n", "su-l has it by su");
	contains(planned("/etc/pam.d/systemd-user"), "session include /usr/lib/pam.d/systemd-user\nsession ",
		 "the vendor's is included");
	for (size_t i = 0; i < c.n; i++)
		if (change_pending(c.v[i]) && strcmp(c.v[i]->path, "/etc/pam.d/sshd") &&
		    strcmp(c.v[i]->path, "/etc/pam.d/su") && strcmp(c.v[i]->path, "/etc/pam.d/systemd-user"))
			ok(false, "%s is no door", c.v[i]->path);
	apply("usual");
	end();
	begin();
	plan("again", 0, 0);
	end();
	begin();
	is_int(pam_plan_undo(&c, false), 0, "undo");
	is_int(changes_pending(&c), 3, "the same files");
	apply("undo");
	end();
	ok(read_file_at(scratch_fd, "etc/pam.d/su", got, sizeof got) > 0 && strcmp(got, "session c d") == 0,
	   "su is what it was");
	ok(faccessat(scratch_fd, "etc/pam.d/systemd-user", F_OK, 0) < 0, "ours is gone");
}

/* Whatever opens sessions is a door, known or not. */
static void unknown(void)
{
	put(scratch_fd, "etc/pam.d/doas", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/other", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/new-ftp", "auth c d\n@include common-session\n", 0644);
	put(scratch_fd, "usr/lib/pam.d/new-mail", "session c d\n", 0644);
	begin();
	plan("more services", 0, 7);
	contains(planned("/etc/pam.d/doas"), "session c d\n# loginjail", "doas");
	contains(planned("/etc/pam.d/other"), "session c d\n# loginjail", "those without a file");
	contains(planned("/etc/pam.d/new-ftp"), "common-session\n# loginjail", "one that nobody knows");
	contains(planned("/etc/pam.d/new-mail"), "include /usr/lib/pam.d/new-mail\n", "and one of the vendor's");
	apply("more services");
	end();
	begin();
	plan("more services, again", 0, 0);
	is_int(pam_plan_undo(&c, false), 0, "undo");
	is_int(changes_pending(&c), 7, "as many files");
	apply("undo of more services");
	end();
	unlinkat(scratch_fd, "etc/pam.d/doas", 0);
	unlinkat(scratch_fd, "etc/pam.d/other", 0);
	unlinkat(scratch_fd, "etc/pam.d/new-ftp", 0);
	unlinkat(scratch_fd, "usr/lib/pam.d/new-mail", 0);
}

/* Where setup made the file, and then the administrator wrote into it. */
static void built_on(void)
{
	static const char vendor[] = "auth include /usr/lib/pam.d/systemd-user\n";
	static const char more[] = "session optional more.so\n";
	char text[2048] = "", got[2048] = "";

	begin();
	plan("made", 0, 3);
	snprintf(text, sizeof text, "%s%s", planned("/etc/pam.d/systemd-user"), more);
	apply("made");
	end();
	put(scratch_fd, "etc/pam.d/systemd-user", text, 0644);
	begin();
	plan("with a line more", 0, 1);
	contains(planned("/etc/pam.d/systemd-user"), vendor, "the vendor's lines stay");
	contains(planned("/etc/pam.d/systemd-user"), "pam.d/systemd-user\nsession optional more.so\n# loginjail",
		 "before what was added");
	apply("with a line more");
	end();
	begin();
	plan("with a line more, again", 0, 0);
	is_int(pam_plan_undo(&c, false), 0, "undo");
	apply("undo");
	end();
	ok(read_file_at(scratch_fd, "etc/pam.d/systemd-user", got, sizeof got) > 0, "the file is there");
	contains(got, vendor, "with the vendor's lines");
	contains(got, more, "and the one that was added");
	ok(!strstr(got, "loginjail"), "and none of ours");
	unlinkat(scratch_fd, "etc/pam.d/systemd-user", 0);
	/* The same, undone at once. */
	put(scratch_fd, "etc/pam.d/systemd-user", text, 0644);
	begin();
	is_int(pam_plan_undo(&c, false), 0, "undo");
	contains(planned("/etc/pam.d/systemd-user"), vendor, "undone at once they stay, too");
	end();
	unlinkat(scratch_fd, "etc/pam.d/systemd-user", 0);
}

/* PAM can't read it now; once it can, our line must be there. */
static void unreadable(void)
{
	put(scratch_fd, "etc/pam.d/part2", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/mended", "session c d\n@include part2\n", 0644);
	begin();
	plan("a whole one", 0, 4);
	apply("a whole one");
	end();
	unlinkat(scratch_fd, "etc/pam.d/part2", 0);
	begin();
	plan("one whose part is gone", 0, 0);
	contains(planned("/etc/pam.d/mended"), "session    required     pam_loginjail.so\n", "keeps our line");
	is_int(pam_plan_undo(&c, false), 0, "undo");
	apply("undo");
	end();
	unlinkat(scratch_fd, "etc/pam.d/mended", 0);
	/* And this one it can read: it fails where the file is missing, but not before. */
	put(scratch_fd, "etc/pam.d/broken", "session optional a.so\nsession include none\n", 0644);
	begin();
	plan("a missing part by type", 0, 4);
	contains(planned("/etc/pam.d/broken"), "include none\n# loginjail", "gets our line");
	end();
	put(scratch_fd, "etc/pam.d/broken", "session sufficient a.so\nsession include none\n", 0644);
	begin();
	plan("one that ends before it", 1, 4);
	end();
	put(scratch_fd, "etc/pam.d/broken", "@include none\n", 0644);
}

/* Links within the directory: what they stand for has a name of its own. */
static void links(void)
{
	put(scratch_fd, "etc/pam.d/vpn", "session c d\n", 0644);
	is_int(symlinkat("vpn", scratch_fd, "etc/pam.d/alias"), 0, "(a link)");
	is_int(symlinkat("/etc/pam.d/vpn", scratch_fd, "etc/pam.d/zalias"), 0, "(another)");
	is_int(symlinkat("common-session", scratch_fd, "etc/pam.d/part-link"), 0, "(and one to a part)");
	begin();
	plan("links", 0, 5);
	is_str(planned("/etc/pam.d/alias"), "session c d\n", "the link is not changed");
	contains(planned("/etc/pam.d/vpn"), "# loginjail", "what it stands for is");
	contains(planned("/etc/pam.d/part-link"), "# loginjail", "a part has no line of its own: the link is told");
	end();
	unlinkat(scratch_fd, "etc/pam.d/part-link", 0);
	begin();
	plan("links within", 0, 4);
	apply("links within");
	end();
	begin();
	plan("links, again", 0, 0);
	is_int(pam_plan_undo(&c, false), 0, "undo");
	is_int(changes_pending(&c), 4, "plans no change of a link");
	apply("undo");
	end();
	unlinkat(scratch_fd, "etc/pam.d/vpn", 0);
	unlinkat(scratch_fd, "etc/pam.d/alias", 0);
	unlinkat(scratch_fd, "etc/pam.d/zalias", 0);
}

/* Whoever is included is a part; but not by what nobody reads. */
static void old_copies(void)
{
	put(scratch_fd, "etc/pam.d/vpn", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/new.dpkg-old", "@include vpn\n", 0644);
	begin();
	plan("included by an old copy", 0, 4);
	contains(planned("/etc/pam.d/vpn"), "# loginjail", "it is a service");
	end();
	put(scratch_fd, "etc/pam.d/new", "auth c d\n@include vpn\n", 0644);
	begin();
	plan("included by another service", 0, 4);
	is_str(planned("/etc/pam.d/vpn"), "", "it is a part");
	end();
	unlinkat(scratch_fd, "etc/pam.d/vpn", 0);
	unlinkat(scratch_fd, "etc/pam.d/new", 0);
	unlinkat(scratch_fd, "etc/pam.d/new.dpkg-old", 0);
}

static void by_hand(void)
{
	unlinkat(scratch_fd, "etc/pam.d/su-l", 0);
	put(scratch_fd, "etc/pam.d/su", BY_HAND "session c d\n", 0644);
	begin();
	plan("a line by hand", 0, 2);
	is_str(planned("/etc/pam.d/su"), BY_HAND "session c d\n", "is left alone");
	end();
	put(scratch_fd, "etc/pam.d/su", "session sufficient c\n" BY_HAND, 0644);
	begin();
	plan("one that may be passed by", 1, 2);
	end();
	put(scratch_fd, "etc/pam.d/su", "session optional pam_loginjail.so\n", 0644);
	begin();
	plan("one that lets in", 1, 2);
	end();
	put(scratch_fd, "etc/pam.d/su", "session c d\n", 0644);
	put(scratch_fd, "etc/pam.d/sshd", "session c d\n" BY_HAND, 0644);
	begin();
	plan("one line for sshd", 0, 2);
	is_str(planned("/etc/pam.d/sshd"), "session c d\n" BY_HAND, "is enough");
	end();
	put(scratch_fd, "etc/pam.d/sshd", "session c d\nsession required pam_loginjail.so open\n", 0644);
	begin();
	plan("open without close", 1, 2);
	end();
	put(scratch_fd, "etc/pam.d/sshd", BY_HAND "session c d\n", 0644);
	begin();
	plan("sshd's line not last", 1, 2);
	end();
	begin();
	is_int(pam_plan_undo(&c, false), 0, "undo");
	is_int(changes_pending(&c), 0, "leaves lines by hand");
	is_int(pam_plan_undo(&c, true), 0, "undo all");
	is_str(planned("/etc/pam.d/sshd"), "#loginjail removed# " BY_HAND "session c d\n", "does not");
	end();
}

static void problems(void)
{
	stock();
	unlinkat(scratch_fd, "etc/pam.d/su-l", 0);
	put(scratch_fd, "etc/pam.d/su", "session sufficient x.so\n", 0644);
	begin();
	is_int(pam_plan(&c, "pam_loginjail.so"), 0, "a stack that ends before us: plan");
	is_int(c.problems, 1, "is a problem");
	end();
	put(scratch_fd, "etc/pam.d/su", "session c d\n# loginjail: begin\n", 0644);
	begin();
	is_int(pam_plan(&c, "pam_loginjail.so"), 0, "a broken block: plan");
	is_int(c.problems, 1, "is a problem");
	end();
	stock();
	unlinkat(scratch_fd, "etc/pam.d/sshd", 0);
	begin();
	is_int(pam_plan(&c, "pam_loginjail.so"), 0, "no sshd: plan");
	is_int(c.problems, 1, "is a problem");
	end();
	stock();
	unlinkat(scratch_fd, "etc/pam.d/su", 0);
	unlinkat(scratch_fd, "etc/pam.d/su-l", 0);
	begin();
	plan("without su", 0, 2);
	apply("without su");
	end();
	unlinkat(scratch_fd, "usr/lib/pam.d/systemd-user", 0);
	begin();
	plan("the vendor's file is gone", 0, 1);
	is_str(planned("/etc/pam.d/systemd-user"), "", "ours goes");
	end();
}

int main(void)
{
	/* What setup says is not TAP. */
	if (!scratch_make() || !freopen("/dev/null", "w", stderr))
		return done_testing();
	mkdirat(scratch_fd, "etc", 0755);
	mkdirat(scratch_fd, "etc/pam.d", 0755);
	mkdirat(scratch_fd, "usr", 0755);
	mkdirat(scratch_fd, "usr/lib", 0755);
	mkdirat(scratch_fd, "usr/lib/pam.d", 0755);
	stock();
	usual();
	unknown();
	built_on();
	unreadable();
	links();
	old_copies();
	by_hand();
	problems();
	scratch_remove();
	return done_testing();
}
