/* SPDX-License-Identifier: MIT */
/*
 * The layer that hides the host's secrets, over a made-up host, and seen through a real
 * overlay mount.  As root, in mounts of its own; skipped otherwise.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "tree/layer.h"
#include "setup/owner.h"
#include "tap.h"
#include "scratch.h"

#define BASE 300000u

static const struct identity ann = {.name = (char *)"ann", .uid = 1001, .gid = 2001};
static struct layer layer;

static void ids(void)
{
	static const struct {
		uint32_t in, uid, gid;
	} cases[] = {
		{0, BASE, BASE},
		{1, BASE + 1, BASE + 1},
		{1000, BASE + 1000, BASE + 1000},
		{1001, 1001, BASE + 1001},
		{2001, BASE + 2001, 2001},
		{65534, BASE + 65534, BASE + 65534},
		{65535, 65535, 65535},
		{65536, 65536, 65536},
		{BASE, BASE, BASE},
		{UINT32_MAX, UINT32_MAX, UINT32_MAX},
	};

	layer = (struct layer){.dir = -EBADF, .host = -EBADF, .id = &ann, .sub = {BASE, BASE}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		is_int(layer_uid(&layer, cases[i].in), cases[i].uid, "uid %u", cases[i].in);
		is_int(layer_gid(&layer, cases[i].in), cases[i].gid, "gid %u", cases[i].in);
	}
}

static void hides(void)
{
	static const struct {
		const char *path;
		bool want;
	} cases[] = {
		{"/a/b", true},	   {"/a/b/c", true}, {"/a/b/", true},	{"/a/bc", false},
		{"/a", false},	   {"/a/", false},   {"/a/b.c", false}, {"/c", true},
		{"/", false},	   {"", false},	     {"/b", false},	{"a/b", false},
		{"/x/a/b", false},
	};
	struct layer l = {.nmasked = 2, .masked = {(char *)"/a/b", (char *)"/c"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(layer_hides(&l, cases[i].path), cases[i].want, "hides '%s'", cases[i].path);
	l.nmasked = 0;
	is_int(layer_hides(&l, "/c"), false, "nothing is hidden by nothing");
}

/* A fresh host and a fresh layer. */
static void begin(void)
{
	struct err err;

	owner_back();
	layer_clear(&layer);
	scope_close(&layer.dir);
	scope_close(&layer.host);
	while (umount2(scratch, MNT_DETACH) == 0)
		;
	scope_close(&scratch_fd);
	if (mount("tmpfs", scratch, "tmpfs", 0, "mode=0755") < 0)
		ok(false, "(a tmpfs)");
	scratch_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)mkdirat(scratch_fd, "host", 0755);
	(void)mkdirat(scratch_fd, "layer", 0755);
	(void)mkdirat(scratch_fd, "seen", 0755);
	layer = (struct layer){
		.dir = openat(scratch_fd, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.host = openat(scratch_fd, "host", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.id = &ann,
		.sub = {BASE, BASE},
	};
	if (owner_take(BASE, BASE, &err))
		ok(false, "(begin): %s", err.text);
}

/* Make path on the host, with the directories above; text NULL: a directory. */
static void host(const char *path, const char *text, uid_t uid, gid_t gid, mode_t mode)
{
	char part[512];

	for (const char *p = path; (p = strchr(p, '/')); p++) {
		snprintf(part, sizeof part, "%.*s", (int)(p - path), path);
		(void)mkdirat(layer.host, part, 0755);
	}
	if (text)
		put(layer.host, path, text, mode);
	else
		(void)mkdirat(layer.host, path, 0755);
	if (fchownat(layer.host, path, uid, gid, 0) < 0 || fchmodat(layer.host, path, mode, 0) < 0)
		ok(false, "(make %s on the host)", path);
}

/* Lay the layer over the host. */
static int look(void)
{
	char data[256], at[64];

	snprintf(data, sizeof data, "lowerdir=%s/layer:%s/host", scratch, scratch);
	snprintf(at, sizeof at, "%s/seen", scratch);
	if (mount("overlay", at, "overlay", MS_RDONLY, data) < 0)
		ok(false, "(an overlay mount): %s", strerror(errno));
	return openat(scratch_fd, "seen", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool sees(int fd, const char *path)
{
	return faccessat(fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int entries(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), n = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		return -errno;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void is_like(int at, const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat st = {0};

	ok(fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == uid &&
		   st.st_gid == gid && (st.st_mode & 07777) == mode,
	   "%s is of %u:%u, %04o (got %u:%u, %04o)", path, uid, gid, mode, st.st_uid, st.st_gid,
	   st.st_mode & 07777);
}

static void directories(void)
{
	struct err err;

	begin();
	host("home", NULL, 0, 0, 0755);
	host("home/ann", NULL, 1001, 2001, 0700);
	host("home/ann/x", NULL, 1001, 50, 0755);
	host("big", NULL, 1001, 2001, 07777);
	host("far", NULL, 70000, 70000, 02750);
	is_int(layer_directory(&layer, "/home/ann/x", &err), 0, "a directory that the host has");
	is_like(layer.dir, "home", BASE, BASE, 0755);
	is_like(layer.dir, "home/ann", 1001, 2001, 0700);
	is_like(layer.dir, "home/ann/x", 1001, BASE + 50, 0755);
	is_int(layer_directory(&layer, "/home/new/deep", &err), 0, "one that it has not");
	is_like(layer.dir, "home/new", BASE, BASE, 0755);
	is_like(layer.dir, "home/new/deep", BASE, BASE, 0755);
	is_int(layer_directory(&layer, "/home/new/deep", &err), 0, "again");
	is_int(layer_directory(&layer, "/big", &err), 0, "with set-id bits");
	is_like(layer.dir, "big", 1001, 2001, 01777);
	is_int(layer_directory(&layer, "/far", &err), 0, "of somebody beyond the range");
	is_like(layer.dir, "far", 70000, 70000, 0750);
	is_int(entries(layer.dir, "."), 3, "and nothing else was made");
	is_int(layer_hides(&layer, "/home"), false, "all that hides nothing");
}

static void files(void)
{
	char name[300], buf[64];
	struct err err;

	begin();
	host("etc", NULL, 0, 0, 0755);
	host("etc/hosts", "host's\n", 0, 0, 0600);
	is_int(layer_file(&layer, "/etc/hosts", "jail's\n", &err), 0, "a file");
	is_like(layer.dir, "etc/hosts", BASE, BASE, 0644);
	is_like(layer.dir, "etc", BASE, BASE, 0755);
	ok(read_file_at(layer.dir, "etc/hosts", buf, sizeof buf) == 7, "with its text");
	is_str(buf, "jail's\n", "which is this");
	is_int(layer_file(&layer, "/etc/hosts", "x", &err), -EEXIST, "not twice");
	contains(err.text, "/etc/hosts", "and that is said");
	ok(read_file_at(layer.host, "etc/hosts", buf, sizeof buf) == 7 &&
		   strcmp(buf, "host's\n") == 0,
	   "the host's is as it was");
	is_int(layer_file(&layer, "/new/empty", "", &err), 0, "an empty file, in a new directory");
	ok(layer_directory(&layer, "/etc/hosts/x", &err) < 0, "no directory below a file");
	is_int(layer_hide(&layer, "/gone", &err), 0, "hide what is not there");
	is_int(layer_file(&layer, "/gone", "x", &err), -EEXIST, "what is hidden can't be a file");
	ok(layer_file(&layer, "/gone/x", "x", &err) < 0, "nor have something below it");
	memset(name, 'n', sizeof name);
	name[0] = '/';
	name[256] = '\0';
	is_int(layer_file(&layer, name, "x", &err), 0, "the longest name");
	name[256] = 'n';
	name[257] = '\0';
	ok(layer_file(&layer, name, "x", &err) < 0, "is the longest");
	ok(layer_directory(&layer, name, &err) == -ENAMETOOLONG, "for a directory as well");
}

/* A directory of ours in the place of the host's link would cover what the link leads to. */
static void links(void)
{
	struct err err;

	begin();
	host("usr/lib", NULL, 0, 0, 0755);
	host("usr/lib/libc", "x", 0, 0, 0755);
	ok(symlinkat("usr/lib", layer.host, "lib") == 0, "(a link)");
	is_int(layer_file(&layer, "/lib/new", "x", &err), -ELOOP,
	       "a file behind a link of the host");
	contains(err.text, "symbolic link '/lib'", "and the link is named");
	ok(layer_directory(&layer, "/lib/new", &err) < 0, "a directory behind it, asked second");
	ok(layer_hide(&layer, "/lib/libc", &err) < 0, "hiding behind it, asked third");
	ok(layer_empty(&layer, "/lib/x/y", &err) < 0, "emptying behind it");
	is_int(layer_file(&layer, "/usr/lib/new", "x", &err), 0, "the real path will do");
	is_int(layer.nmasked, 0, "nothing was masked");
}

static void hiding(void)
{
	int seen, before = open_fds();
	struct err err;
	struct stat a, b;

	begin();
	before = open_fds();
	host("etc/shadow", "secret", 0, 0, 0600);
	host("etc/passwd", "names", 0, 0, 0644);
	host("etc/ssl/private/key", "secret", 0, 0, 0600);
	host("etc/ssl/cert", "public", 0, 0, 0644);
	host("home/bob/x", "bob's", 1002, 1002, 0644);
	host("home/ann/x", "ann's", 1001, 2001, 0644);
	host("srv/a/b/c", "deep", 0, 0, 0644);
	is_int(layer_hide(&layer, "/etc/shadow", &err), 0, "hide a file");
	is_int(layer_hide(&layer, "/etc/shadow", &err), 0, "and again");
	is_int(layer_empty(&layer, "/etc/ssl/private", &err), 0, "empty a directory");
	is_int(layer_empty(&layer, "/home", &err), 0, "and another");
	is_int(layer_directory(&layer, "/home/ann", &err), 0, "put a directory into it");
	is_int(layer_hide(&layer, "/srv/a", &err), 0, "hide a directory");
	ok(fstatat(layer.dir, "etc/shadow", &a, AT_SYMLINK_NOFOLLOW) == 0 &&
		   fstatat(layer.dir, "srv/a", &b, AT_SYMLINK_NOFOLLOW) == 0 &&
		   S_ISCHR(a.st_mode) && a.st_rdev == makedev(0, 0) && a.st_ino == b.st_ino,
	   "what is hidden shares one node");
	is_int(open_fds(), before, "no descriptor is left");

	seen = look();
	ok(!sees(seen, "etc/shadow"), "the file is not there");
	ok(sees(seen, "etc/passwd"), "its neighbour is");
	is_int(entries(seen, "etc/ssl/private"), 0, "the directory is empty");
	ok(sees(seen, "etc/ssl/cert"), "beside it is what was");
	is_int(entries(seen, "home"), 1, "one home is left");
	is_int(entries(seen, "home/ann"), 0, "and it shows nothing of the host's");
	ok(!sees(seen, "srv/a"), "the hidden directory is not there");
	ok(sees(seen, "srv"), "the one above is");
	ok(sees(layer.host, "etc/shadow") && sees(layer.host, "srv/a/b/c"),
	   "the host is as it was");
	close(seen);
	ok(layer_hides(&layer, "/etc/shadow") && layer_hides(&layer, "/home/bob") &&
		   !layer_hides(&layer, "/etc/passwd"),
	   "layer_hides says the same");
}

/* What is masked later may hold what was masked before. */
static void nested(void)
{
	struct err err;
	int seen;

	begin();
	host("a/b/secret", "s", 0, 0, 0600);
	host("a/other", "s", 0, 0, 0600);
	host("c/d/secret", "s", 0, 0, 0600);
	host("c/other", "s", 0, 0, 0600);
	host("e/f/secret", "s", 0, 0, 0600);
	host("e/other", "s", 0, 0, 0600);
	is_int(layer_hide(&layer, "/a/b", &err), 0, "hide what is inside");
	is_int(layer_hide(&layer, "/a", &err), 0, "then what is around it");
	is_int(layer_empty(&layer, "/c/d", &err), 0, "empty what is inside");
	is_int(layer_hide(&layer, "/c", &err), 0, "hide what is around it");
	is_int(layer_hide(&layer, "/e/f", &err), 0, "hide what is inside");
	is_int(layer_empty(&layer, "/e", &err), 0, "empty what is around it");
	seen = look();
	ok(!sees(seen, "a/other") && !sees(seen, "a/b"), "nothing is left of the first");
	ok(!sees(seen, "c/other") && !sees(seen, "c/d/secret"), "nor of the second");
	ok(!sees(seen, "e/other") && !sees(seen, "e/f"), "nor of the third");
	close(seen);

	begin();
	host("etc/ssh/ssh_host_rsa_key", "s", 0, 0, 0600);
	host("etc/ssh/moduli", "s", 0, 0, 0600);
	host("srv/a/secret", "s", 0, 0, 0600);
	is_int(layer_mask_host(&layer, &err), 0, "the table");
	is_int(layer_mask_path(&layer, "/etc/ssh", &err), 0,
	       "the administrator masks more around a row of it");
	is_int(layer_mask_path(&layer, "/srv/a", &err), 0, "and less, inside one");
	seen = look();
	ok(!sees(seen, "etc/ssh/moduli"), "the administrator's mask counts");
	is_int(entries(seen, "srv"), 0, "the table's as well");
	close(seen);
}

enum kind { HIDE, EMPTY, GLOB };

static const struct {
	enum kind kind;
	const char *path;
} rows[] = {
#define MASK(kind, path, why) {kind, path},
#include "host-mask.def"
#undef MASK
};

/* A host that has all that the table names. */
static void table(void)
{
	char path[512];
	struct err err = {""};
	int seen;

	begin();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *p = rows[i].path + 1, *star = strchr(p, '*');

		if (rows[i].path[0] != '/' || (rows[i].kind == GLOB) != (star != NULL) ||
		    strstr(rows[i].path, "//") || p[strlen(p) - 1] == '/')
			ok(false, "the row %s makes no sense", rows[i].path);
		if (star) {
			snprintf(path, sizeof path, "%.*sx%s", (int)(star - p), p, star + 1);
			host(path, "secret", 0, 0, 0600);
			snprintf(path, sizeof path, "%.*s", (int)(strrchr(p, '/') - p), p);
			strcat(path, "/public");
			host(path, "public", 0, 0, 0644);
		} else if (!sees(layer.host, p)) {
			snprintf(path, sizeof path, "%s/deep/secret", p);
			host(path, "secret", 0, 0, 0600);
		}
	}
	host("etc/passwd", "names", 0, 0, 0644);
	host("usr/bin/env", "program", 0, 0, 0755);
	is_int(layer_mask_host(&layer, &err), 0, "the table on a host that has it all %s",
	       err.text);
	seen = look();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *p = rows[i].path + 1;
		bool good;

		if (rows[i].kind == GLOB) {
			const char *star = strchr(p, '*');

			snprintf(path, sizeof path, "%.*sx%s", (int)(star - p), p, star + 1);
			good = !sees(seen, path);
			snprintf(path, sizeof path, "%.*s/public", (int)(strrchr(p, '/') - p), p);
			good = good && sees(seen, path);
		} else if (rows[i].kind == EMPTY) {
			good = entries(seen, p) == 0;
		} else {
			good = !sees(seen, p);
		}
		ok(good, "%s", rows[i].path);
		if (rows[i].kind != GLOB)
			ok(layer_hides(&layer, rows[i].path), "%s: layer_hides knows",
			   rows[i].path);
	}
	ok(sees(seen, "etc/passwd") && sees(seen, "usr/bin/env"), "what no row names is there");
	close(seen);

	begin();
	is_int(layer_mask_host(&layer, &err), 0, "the table on a host that has none of it");
	is_int(entries(layer.dir, "."), 0, "costs nothing");

	begin();
	host("data/home/bob/x", "bob's", 1002, 1002, 0644);
	ok(symlinkat("/data/home", layer.host, "home") == 0, "(/home is a link)");
	is_int(layer_mask_host(&layer, &err), 0, "the table with /home elsewhere");
	seen = look();
	is_int(entries(seen, "home"), 0, "/home is an empty directory");
	ok(!sees(seen, "data/home"), "and where it leads to is hidden");
	ok(sees(seen, "data"), "but not what is above");
	close(seen);
}

static void administrators(void)
{
	char path[64];
	struct err err;
	int seen, r = 0;

	begin();
	host("opt/real/secret", "s", 0, 0, 0600);
	host("opt/tool", "t", 0, 0, 0755);
	ok(symlinkat("real", layer.host, "opt/link") == 0 &&
		   symlinkat("/opt", layer.host, "o") == 0 &&
		   symlinkat("nowhere", layer.host, "opt/dangling") == 0 &&
		   symlinkat("loop", layer.host, "opt/loop") == 0,
	   "(links)");
	is_int(layer_mask_path(&layer, "/opt/link", &err), 0, "mask a link");
	is_int(layer_mask_path(&layer, "/o/tool", &err), 0, "mask behind a link");
	is_int(layer_mask_path(&layer, "/opt/dangling", &err), 0, "mask a link to nowhere");
	is_int(layer_mask_path(&layer, "/opt/loop", &err), 0, "mask a link to itself");
	is_int(layer_mask_path(&layer, "/none/at/all", &err), 0, "mask what is not there");
	is_int(layer_mask_path(&layer, "/none", &err), 0, "at the top as well");
	seen = look();
	ok(!sees(seen, "opt/link") && !sees(seen, "opt/real"),
	   "neither the link nor what it leads to");
	ok(!sees(seen, "opt/tool"), "nor what was behind one");
	ok(!sees(seen, "opt/dangling") && !sees(seen, "opt/loop"), "nor the others");
	ok(sees(seen, "opt") && sees(seen, "o"), "the directory and the link to it are there");
	close(seen);

	begin();
	for (int i = 0; i < LAYER_MASKED_MAX && !r; i++) {
		snprintf(path, sizeof path, "/m%d", i);
		r = layer_hide(&layer, path, &err);
	}
	is_int(r, 0, "as many masks as there may be");
	is_int(layer_hide(&layer, "/more", &err), -E2BIG, "and one more");
	is_int(layer.nmasked, LAYER_MASKED_MAX, "is not counted");
	layer_clear(&layer);
	is_int(layer.nmasked, 0, "all are forgotten");
}

int main(void)
{
	const char *why;

	ids();
	hides();
	why = private_mounts();
	if (why) {
		skip(why);
		return done_testing();
	}
	if (!scratch_make())
		return done_testing();
	directories();
	files();
	links();
	hiding();
	nested();
	table();
	administrators();
	layer_clear(&layer);
	scope_close(&layer.dir);
	scope_close(&layer.host);
	/* Making a directory opaque goes into the layer. */
	ok(chdir("/") == 0, "(back)");
	scratch_remove();
	return done_testing();
}
