/* SPDX-License-Identifier: MIT */
#include "mountinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

/* The kernel writes space, tab, newline and backslash as \ooo. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* "id parent major:minor root target options [optional...] - fstype source super" */
static int parse(char *line, struct mount_line *ret)
{
	char *save = NULL, *word[6], *tail = strstr(line, " - "), *fstype, *super;

	if (!tail)
		return -EINVAL;
	*tail = '\0';
	for (int i = 0; i < 6; i++) {
		word[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!word[i])
			return -EINVAL;
	}
	/* The source may be empty, so no strtok here. */
	tail += 3;
	fstype = strsep(&tail, " ");
	(void)strsep(&tail, " ");
	super = strsep(&tail, "\n");
	unescape(word[3]);
	unescape(word[4]);
	*ret = (struct mount_line){
		.id = atoi(word[0]),
		.parent = atoi(word[1]),
		.root = word[3],
		.target = word[4],
		.fstype = fstype,
		.super_options = super ? super : "",
	};
	return 0;
}

int mountinfo_each(int (*fn)(const struct mount_line *m, void *arg), void *arg, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!f)
		return err_set(err, -errno, "/proc/self/mountinfo");
	while (getline(&line, &size, f) > 0) {
		struct mount_line m;
		int r = parse(line, &m);

		if (r)
			return err_set(err, r, "a line of /proc/self/mountinfo that makes no sense");
		r = fn(&m, arg);
		if (r)
			return r;
	}
	return ferror(f) ? err_set(err, -EIO, "/proc/self/mountinfo") : 0;
}
