/* SPDX-License-Identifier: MIT */
#include "cli/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/scope.h"

#define OUTPUT_MAX (256 * 1024)

static void become(const struct tree *tree, int out, char *const argv[], char *const envp[])
{
	int null = open("/dev/null", O_RDONLY);

	if (fchdir(tree->fd) == 0 && (!*tree->root || chroot(".") == 0) && (null < 0 || dup2(null, 0) == 0) &&
	    dup2(out, 1) == 1 && dup2(out, 2) == 2 && syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
		execve(argv[0], argv, envp);
	_exit(127);
}

int capture(const struct tree *tree, char *const argv[], char *const envp[], char **ret)
{
	_cleanup_free_ char *text = calloc(OUTPUT_MAX, 1);
	size_t have = 0;
	int p[2], status;
	ssize_t n;
	pid_t pid;

	if (!text)
		return -ENOMEM;
	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become(tree, p[1], argv, envp);
	(void)close(p[1]);
	while (pid > 0 && (n = read(p[0], text + have, OUTPUT_MAX - 1 - have)) > 0)
		have += (size_t)n;
	(void)close(p[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	while (have > 0 && strchr(" \t\r\n", text[have - 1]))
		text[--have] = '\0';
	*ret = take_ptr(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}
