/* SPDX-License-Identifier: MIT */
/*
 * A tree's current generation, found, distrusted and locked.  The attacks on it are in
 * tests/escape/trees.sh; here what takes a second process there.  As root.
 */
#include <sys/file.h>

#include "lib/scope.h"
#include "tree/rootfs.h"
#include "tap.h"
#include "scratch.h"

#define TREES "/mnt/trees"

static void names(void)
{
	static const struct {
		const char *name;
		bool want;
	} cases[] = {
		{"2026-11-22T10.00.00", true},	  {"2026-11-22T10.00.00.1", true},
		{"2026-11-22T10.00.00.999", true}, {"2026-11-22T10.00.00.", false},
		{"2026-11-22T10.00.00.x", false},  {"2026-11-22T10.00.00x", false},
		{"2026-11-22T10.00.00.1/", false}, {"2026-11-22T10.00.00/..", false},
		{"2026-11-22T10:00:00", false},	  {".2026-11-22T10.00.00", false},
		{"2026-11-22", false},		  {"", false},
		{"..", false},			  {"2026-11-22T10.00.00.1234567890", false},
		{" 026-11-22T10.00.00", false},	  {"2026-11-22T10.00.00.-1", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(rootfs_generation_name(cases[i].name), cases[i].want, "generation '%s'", cases[i].name);
}

/* A generation with a lock and what else. */
static void make(const char *generation, const char *what)
{
	char path[256];
	int fd;

	(void)mkdir(TREES, 0700);
	(void)mkdir(TREES "/lab", 0755);
	snprintf(path, sizeof path, TREES "/lab/%s", generation);
	ok(mkdir(path, 0755) == 0, "(generation %s)", generation);
	snprintf(path, sizeof path, TREES "/lab/%s/lock", generation);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	scope_close(&fd);
	snprintf(path, sizeof path, TREES "/lab/%s/%s", generation, what);
	if (strchr(what, '.')) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		scope_close(&fd);
	} else {
		(void)mkdir(path, 0755);
	}
	(void)unlink(TREES "/lab/current");
	ok(symlink(generation, TREES "/lab/current") == 0, "(current)");
}

static void kinds(void)
{
	static const struct {
		const char *generation, *what;
		enum rootfs_kind kind;
	} cases[] = {
		{"2026-01-01T00.00.00", "root", ROOTFS_DIRECTORY},
		{"2026-01-01T00.00.00.1", "root.erofs", ROOTFS_EROFS},
		{"2026-01-02T00.00.00", "root.squashfs", ROOTFS_SQUASHFS},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char now[ROOTFS_GENERATION_MAX], lock[256];
		int before = open_fds(), mine;
		struct err err = {""};
		struct rootfs r;

		make(cases[i].generation, cases[i].what);
		is_int(rootfs_open(TREES, "lab", &r, &err), 0, "%s opens", cases[i].what);
		is_int(r.kind, cases[i].kind, "%s: its kind", cases[i].what);
		is_str(r.generation, cases[i].generation, "%s: its generation", cases[i].what);
		is_str(r.name, "lab", "%s: its name", cases[i].what);
		snprintf(lock, sizeof lock, TREES "/lab/%s/lock", cases[i].generation);
		mine = open(lock, O_RDONLY | O_CLOEXEC);
		ok(flock(mine, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK, "%s: is locked", cases[i].what);
		rootfs_close(&r);
		ok(flock(mine, LOCK_EX | LOCK_NB) == 0, "%s: and not when closed", cases[i].what);
		is_int(rootfs_open(TREES, "lab", &r, &err), -EINVAL, "%s: not while it is removed",
		       cases[i].what);
		contains(err.text, "is being removed", "%s: why", cases[i].what);
		close(mine);
		is_int(open_fds(), before, "%s: no descriptor is left", cases[i].what);
		is_int(rootfs_current(TREES, "lab", now, &err), 0, "%s: it is current", cases[i].what);
		is_str(now, cases[i].generation, "%s: by name", cases[i].what);
	}
}

static void missing(void)
{
	struct err err = {""};
	struct rootfs r;

	is_int(rootfs_open(TREES, "lob", &r, &err), -ENOENT, "no such tree");
	contains(err.text, "loginjail-rootfs build lob", "and what to do");
	is_int(rootfs_open("/mnt/nothing", "lab", &r, &err), -ENOENT, "no such directory");
	contains(err.text, "/mnt/nothing", "and which");
	(void)unlink(TREES "/lab/current");
	is_int(rootfs_open(TREES, "lab", &r, &err), -ENOENT, "no generation");
	ok(r.fd < 0 && r.lock < 0 && r.kind == ROOTFS_HOST, "nothing is open");
}

int main(void)
{
	const char *why;

	names();
	why = private_mounts();
	if (why) {
		skip(why);
		return done_testing();
	}
	if (tmpfs_on("/mnt")) {
		kinds();
		missing();
	}
	return done_testing();
}
