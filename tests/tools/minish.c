/* SPDX-License-Identifier: MIT */
/*
 * What a tree of a few programs may have for a shell: -c TEXT, where TEXT is one
 * command and its words, or builtin ones: echo, cat, write FILE WORD.
 * Called as become, and set-uid root: become root, and execute the arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int become(char **argv)
{
	const gid_t none = 0;

	if (setgroups(1, &none) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
		fprintf(stderr, "become: %s\n", strerror(errno));
		return 126;
	}
	execvp(argv[0], argv);
	fprintf(stderr, "become: %s: %s\n", argv[0], strerror(errno));
	return 127;
}

static int cat(const char *path)
{
	char buf[4096];
	int fd = path ? open(path, O_RDONLY) : 0;
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buf, sizeof buf)) > 0)
		if (write(1, buf, (size_t)n) != n)
			return 1;
	return n < 0;
}

static int write_word(const char *path, const char *word)
{
	FILE *f = path && word ? fopen(path, "w") : NULL;

	return !f || fprintf(f, "%s\n", word) < 0 || fclose(f) ? 1 : 0;
}

int main(int argc, char **argv)
{
	char *word[64] = {0}, *name = strrchr(argv[0], '/');
	int n = 0;

	if (strcmp(name ? name + 1 : argv[0], "become") == 0)
		return argc > 1 ? become(argv + 1) : 2;
	if (argc != 3 || strcmp(argv[1], "-c") != 0)
		return cat(NULL);
	for (char *w = strtok(argv[2], " "); w && n < 63; w = strtok(NULL, " "))
		word[n++] = w;
	if (n == 0)
		return 0;
	if (strcmp(word[0], "echo") == 0) {
		for (int i = 1; i < n; i++)
			printf("%s%s", word[i], i + 1 < n ? " " : "\n");
		return 0;
	}
	if (strcmp(word[0], "cat") == 0)
		return cat(word[1]);
	if (strcmp(word[0], "write") == 0)
		return write_word(word[1], word[2]);
	execvp(word[0], word);
	fprintf(stderr, "minish: %s: %s\n", word[0], strerror(errno));
	return 127;
}
