/* SPDX-License-Identifier: MIT */
/*
 * What a session of the jail reads from loginjail-enter: an enter_request with descriptors,
 * and its strings.  The first byte is the number of descriptors; the rest is sent.  Either
 * it is refused, or what would be executed is the account's shell or an sftp-server with
 * arguments that end, and an environment that the account's own variables are in.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static jmp_buf over;
static int fuzz_execve(const char *path, char *const argv[], char *const env[]);
static int fuzz_asprintf(char **ret, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void *fuzz_calloc(size_t n, size_t size);

/* A session that is refused ends there, and what it allocated with it. */
#define execve fuzz_execve
#define asprintf fuzz_asprintf
#define calloc fuzz_calloc
#define _exit(status) longjmp(over, 1)
#include "init/session.c"
#undef execve
#undef asprintf
#undef calloc
#undef _exit

#include <stdarg.h>

#include "fuzz.h"

#define ENTRY_MAX 64

static struct init_spec spec = {
	.uid = 4711,
	.user = "alice",
	.home = "/home/alice",
	.shell = "/bin/sh",
	.env = "GREETING=hello you\0LANG=C.UTF-8\0",
};
static void *kept[ENTRY_MAX];
static size_t n_kept;
static const char *command;
static int executed;

static int fuzz_asprintf(char **ret, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(ret, fmt, ap);
	va_end(ap);
	must(n >= 0 && n_kept < ENTRY_MAX);
	kept[n_kept++] = *ret;
	return n;
}

static void *fuzz_calloc(size_t n, size_t size)
{
	must(n_kept < ENTRY_MAX);
	kept[n_kept] = calloc(n, size);
	must(kept[n_kept]);
	return kept[n_kept++];
}

/* All that can be executed, in the order that it is tried in. */
static int fuzz_execve(const char *path, char *const argv[], char *const env[])
{
	size_t n = 0;

	must(env[0]);
	while (argv[n])
		n++;
	must(n >= 1 && n < 40);
	if (strcmp(path, spec.shell) == 0) {
		must(n == 1 ? !strcmp(argv[0], "-sh")
			    : n == 3 && !strcmp(argv[0], "sh") && !strcmp(argv[1], "-c") && argv[2] == command);
	} else {
		bool known = !strcmp(path, SFTP_LOADER) || !strcmp(path, SFTP_SERVER);

		for (size_t i = 0; i < sizeof sftp_servers / sizeof *sftp_servers; i++)
			known |= !strcmp(path, sftp_servers[i]);
		must(known);
	}
	executed++;
	errno = ENOENT;
	return -1;
}

static void check_env(char **env)
{
	static const char *const wanted[] = {"USER=alice", "LOGNAME=alice", "HOME=/home/alice", "SHELL=/bin/sh",
					     "XDG_RUNTIME_DIR=/run/user/4711", "GREETING=hello you", "LANG=C.UTF-8",
					     "PATH=/usr/local/bin:/usr/bin:/bin:/usr/games"};
	size_t n = 0, found = 0;

	for (; env[n]; n++) {
		must(strchr(env[n], '='));
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			found += !strcmp(env[n], wanted[i]);
	}
	must(n <= ENV_MAX);
	must(found == sizeof wanted / sizeof *wanted);
}

static void run(const struct enter_request *q, char *strings, int conn)
{
	char **env = make_env(&spec, strings + q->command_len, q->env_len);
	char *arguments;

	check_env(env);
	command = strings;
	arguments = q->kind == ENTER_COMMAND && q->command_len ? sftp_arguments(strings) : NULL;
	if (setjmp(over))
		return;
	if (q->kind == ENTER_SFTP)
		exec_sftp(strings, env, conn);
	if (arguments)
		exec_sftp(arguments, env, conn);
	if (q->kind == ENTER_LOGIN || (q->kind == ENTER_COMMAND && q->command_len))
		exec_shell(&spec, q, strings, env, conn);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	const int give[] = {0, 1, 2, 0, 1};
	struct enter_request q;
	int fds[3] = {-1, -1, -1}, first = fuzz_next_fd(), conn, r;
	char *strings = NULL;

	if (size < 2)
		return 0;
	conn = fuzz_peer(SOCK_STREAM, data + 1, size - 1, give, data[0] % 6);
	r = receive(conn, &q, fds, &strings);
	if (r == 0) {
		must(q.magic == WIRE_MAGIC && q.pty_mask <= 7);
		must(strlen(strings) < q.command_len || !q.command_len);
		must(data[0] % 6 == 3);
		run(&q, strings, conn);
	}
	while (n_kept)
		free(kept[--n_kept]);
	(void)close(conn);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	/* A session that is refused ends, and with it what came along: but nothing more
	 * than that may be open then. */
	for (int fd = first; fd < first + 8; fd++)
		(void)close(fd);
	return 0;
}
