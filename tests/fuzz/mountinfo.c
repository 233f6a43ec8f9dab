/* SPDX-License-Identifier: MIT */
/*
 * A line of /proc/self/mountinfo, which has names of the users' making in it: it is taken as a
 * whole or not at all, and the path is what the kernel has put there.
 */
#include "setup/mountinfo.c"

#include "fuzz.h"

/* As the kernel writes a path. */
static void escape(const char *s, FILE *f)
{
	for (; *s; s++)
		if (strchr(" \t\n\\", *s))
			fprintf(f, "\\%03o", (unsigned char)*s);
		else
			fputc(*s, f);
}

static void check_path(const char *path)
{
	_cleanup_free_ char *line = NULL;
	struct mount_line m;
	size_t len;
	FILE *f = open_memstream(&line, &len);

	must(f);
	fprintf(f, "36 35 98:0 /root /");
	escape(path, f);
	fprintf(f, " rw,noatime shared:1 master:2 - ext3  rw,errors=continue\n");
	must(fclose(f) == 0);
	must(parse(line, &m) == 0);
	must(m.id == 36 && m.parent == 35 && !strcmp(m.root, "/root") && m.target[0] == '/' &&
	     !strcmp(m.target + 1, path));
	must(!strcmp(m.fstype, "ext3") && !strcmp(m.super_options, "rw,errors=continue"));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *line = fuzz_text(data, size), *path = fuzz_text(data, size);
	struct mount_line m;

	check_path(path);
	if (parse(line, &m) == 0) {
		must(m.root && m.target && m.fstype && m.super_options);
		must(strlen(m.target) + strlen(m.root) + strlen(m.fstype) < size);
	}
	return 0;
}
