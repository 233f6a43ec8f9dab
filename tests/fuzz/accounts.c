/* SPDX-License-Identifier: MIT */
/*
 * The passwd, group and shadow files of a tree or the host, as a jail gets them: whatever
 * is in them, the user is there once and as themselves, all others are the system's, and
 * no password goes along.  The first byte says which file, and whether of a tree.
 */
#include "lib/sys.h"

#define getgrgid fuzz_getgrgid
#define sys_openat2(root, path, ...) fuzz_open(path)
static int fuzz_open(const char *path);
#include "setup/identity.c"
#undef getgrgid

#include "fuzz.h"

struct group *fuzz_getgrgid(gid_t gid)
{
	static struct group g = {.gr_name = (char *)"lab"};

	g.gr_gid = gid;
	return gid == 2000 ? &g : NULL;
}

static int file;

static int fuzz_open(const char *path)
{
	int fd = dup(file);

	must(*path && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

struct line {
	const char *field[10];
	size_t n;
};

/* Cut the next line off and into its fields. */
static bool next_line(char **text, struct line *ret)
{
	char *line = strsep(text, "\n");

	ret->n = 0;
	if (!line || !*text)
		return false; /* the last one has its newline, too */
	while (line && ret->n < 10)
		ret->field[ret->n++] = strsep(&line, ":");
	return true;
}

static bool system_id(const char *text)
{
	unsigned long id = strtoul(text, NULL, 10);

	return id <= SYSTEM_ID_MAX || id == UID_NOBODY;
}

static void check_passwd(char *text)
{
	struct line l;
	int own = 0;

	while (next_line(&text, &l)) {
		must(l.n >= 4 && *l.field[0] && !strcmp(l.field[1], "x"));
		if (strcmp(l.field[0], "alice")) {
			must(system_id(l.field[2]));
			continue;
		}
		must(!*text && l.n == 7 && !strcmp(l.field[2], "4711") && !strcmp(l.field[5], "/home/alice"));
		own++;
	}
	must(own == 1);
}

static void check_group(char *text, bool tree)
{
	struct line l;

	while (next_line(&text, &l)) {
		must(l.n == 4 && *l.field[0] && !strcmp(l.field[1], "x"));
		if (system_id(l.field[2]))
			must(!*l.field[3]);
		else if (!tree)
			must(!strcmp(l.field[2], "100") || !strcmp(l.field[2], "2000") || !strcmp(l.field[2], "2001"));
		must(!*l.field[3] || !strcmp(l.field[3], "alice"));
	}
}

static void check_shadow(char *text)
{
	struct line l;
	int own = 0;

	while (next_line(&text, &l)) {
		if (!strcmp(l.field[0], "alice")) {
			must(!*text && !strcmp(l.field[1], "*"));
			own++;
		}
		if (!strcmp(l.field[0], "root"))
			must(!strchr("*!x", l.field[1][0]) || !l.field[1][0]);
	}
	must(own == 1);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	gid_t groups[] = {100, 2000, 2001};
	const struct identity id = {.name = (char *)"alice", .uid = 4711, .gid = 100, .gecos = (char *)"",
				    .home = (char *)"/home/alice", .shell = (char *)"/bin/sh",
				    .groups = groups, .ngroups = 3};
	_cleanup_free_ char *text = NULL;
	struct accounts from = {.root = -1};
	struct err err;

	if (size < 1)
		return 0;
	if (!file)
		file = memfd_create("fuzz", MFD_CLOEXEC);
	must(ftruncate(file, 0) == 0 && pwrite(file, data + 1, size - 1, 0) == (ssize_t)(size - 1));
	from.tree = data[0] & 4;
	switch (data[0] & 3) {
	case 0:
		must(identity_passwd_text(&from, &id, id.home, id.shell, &text, &err) == 0);
		check_passwd(text);
		break;
	case 1:
		must(identity_group_text(&from, &id, &text, &err) == 0);
		check_group(text, from.tree);
		break;
	default:
		must(identity_shadow_text(&from, &id, &text, &err) == 0);
		check_shadow(text);
	}
	return 0;
}
