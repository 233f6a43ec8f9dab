/* SPDX-License-Identifier: MIT */
/* The differences that are shown are what patch(1) would need. */
#include <stdlib.h>

#include "cli/diff.h"
#include "tap.h"
#include "scratch.h"

static char *shown(const char *old, const char *new)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	is_int(diff_print(f, "file", old, new), 0, "(print)");
	fclose(f);
	return text;
}

static void forms(void)
{
	char *text = shown("a\nb\nc\n", "a\nB\nc\n");

	is_str(text, "--- file\n+++ file\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", "a line changed");
	free(text);
	text = shown(NULL, "x\ny\n");
	is_str(text, "--- /dev/null\n+++ file\n@@ -0,0 +1,2 @@\n+x\n+y\n", "a new file");
	free(text);
	text = shown("x\n", NULL);
	is_str(text, "--- file\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n", "a file gone");
	free(text);
	text = shown("x", "x\ny\n");
	is_str(text, "--- file\n+++ file\n@@ -1,1 +1,2 @@\n-x\n\\ No newline at end of file\n+x\n+y\n",
	       "an open line");
	free(text);
	text = shown("a\n", "a\n");
	is_str(text, "--- file\n+++ file\n", "no difference");
	free(text);
}

/* Put into place, the differences make the new text of the old one, whatever they are. */
static void patches(void)
{
	char old[400], new[400], command[512], got[400];

	for (unsigned seed = 1; seed <= 60; seed++) {
		unsigned state = seed * 2654435761u;
		char *text, *o = old, *n = new;

		for (unsigned i = 0; i < 20 + seed % 20; i++) {
			state = state * 1103515245 + 12345;
			unsigned kind = state >> 16 & 7;

			if (kind != 1)
				o += sprintf(o, "%u\n", i % 7);
			if (kind != 2)
				n += sprintf(n, kind == 3 ? "x%u\n" : "%u\n", i % 7);
		}
		text = shown(old, new);
		put(scratch_fd, "old", old, 0600);
		put(scratch_fd, "patch", text, 0600);
		free(text);
		/* What patch(1) does, without its fuzz. */
		snprintf(command, sizeof command,
			 "cd %s && sed 1,2d patch | awk 'BEGIN { while ((getline l < \"old\") > 0) o[++n] = l }"
			 " /^@@/ { split(substr($2, 2), p, \",\"); to = p[1] - (p[2] > 0);"
			 " while (at < to) print o[++at]; next }"
			 " /^ / { if (o[++at] != substr($0, 2)) exit 1; print o[at]; next }"
			 " /^-/ { if (o[++at] != substr($0, 2)) exit 1; next }"
			 " /^[+]/ { print substr($0, 2) }"
			 " END { while (at < n) print o[++at] }' >new", scratch);
		ok(system(command) == 0, "seed %u: every line of the old text is where it is said", seed);
		int fd = openat(scratch_fd, "new", O_RDONLY | O_CLOEXEC);
		ssize_t len = read(fd, got, sizeof got - 1);

		got[len < 0 ? 0 : len] = '\0';
		close(fd);
		is_str(got, new, "seed %u: the new text comes out", seed);
	}
}

int main(void)
{
	if (!scratch_make())
		return done_testing();
	forms();
	patches();
	scratch_remove();
	return done_testing();
}
