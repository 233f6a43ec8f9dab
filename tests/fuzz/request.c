/* SPDX-License-Identifier: MIT */
/*
 * How loginjail-enter is called, and SSH_ORIGINAL_COMMAND: strings ended by NULs.  The first
 * byte says whether the first of them is that variable; the others are the arguments, "@"
 * being the configured ForceCommand.  What comes out is one of them, whole, or nothing.
 */
#include <errno.h>

#include "enter/request.h"
#include "fuzz.h"
#include "lib/scope.h"
#include "lib/wire.h"

#define FORCED "/usr/local/libexec/loginjail/loginjail-enter"
#define SFTP "internal-sftp"
#define ARGS_MAX 8

static bool is_sftp(const char *s)
{
	return !strcmp(s, SFTP) || !strncmp(s, SFTP " ", sizeof SFTP);
}

static void check_client(const struct request *q, const char *original)
{
	must(!q->pass_original);
	if (!original || !*original)
		must(q->kind == ENTER_LOGIN && !q->command);
	else if (is_sftp(original))
		must(q->kind == ENTER_SFTP && q->command == original + strlen(SFTP));
	else
		must(q->kind == ENTER_COMMAND && q->command == original);
}

/* Any string is one argument of the shell inside, and nothing else. */
static void check_text(char *text)
{
	char *args[] = {(char *)"bash", (char *)"-c", text, NULL}, *forced[] = {(char *)FORCED, NULL};
	struct request q;

	/* An option of a shell's, behind which the command is to come. */
	if (strcmp(text, "--") == 0)
		must(request_from_args(3, args, FORCED, NULL, &q) == -EINVAL);
	else
		must(request_from_args(3, args, FORCED, NULL, &q) == 0);
	if (strcmp(text, FORCED) == 0)
		check_client(&q, NULL);
	else if (strcmp(text, "--") != 0)
		must(q.kind == ENTER_COMMAND && q.command == text && q.pass_original);
	args[2] = (char *)FORCED;
	must(request_from_args(3, args, FORCED, text, &q) == 0);
	check_client(&q, text);
	must(request_from_args(1, forced, FORCED, text, &q) == 0);
	check_client(&q, text);
}

/* By its name alone, which says nothing but what a client and its terminal are. */
static void check_variable(const char *entry)
{
	static const char *const names[] = {"TERM", "COLORTERM", "LANG", "LANGUAGE", "TZ", "SSH_CLIENT",
					    "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "SSH_AUTH_SOCK", "GIT_PROTOCOL"};
	size_t len = strcspn(entry, "=");
	bool want = strncmp(entry, "LC_", 3) == 0, original;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		want |= entry[len] && strlen(names[i]) == len && !strncmp(entry, names[i], len);
	original = entry[len] && len == 20 && !strncmp(entry, "SSH_ORIGINAL_COMMAND", 20);
	must(request_env_allowed(entry, false) == want);
	must(request_env_allowed(entry, true) == (want || original));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const struct request untouched = {.kind = 77, .command = "untouched"};
	struct request q = untouched;
	_cleanup_free_ char *text = NULL;
	char *argv[ARGS_MAX + 1], *p, *original = NULL;
	int argc = 0, r;

	if (size < 1)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	for (p = text; p <= text + size - 1 && argc < ARGS_MAX; p += strlen(p) + 1) {
		if (p == text && (data[0] & 1))
			original = p;
		else
			argv[argc++] = strcmp(p, "@") ? p : (char *)FORCED;
		check_text(p);
		check_variable(p);
	}
	argv[argc] = NULL;
	r = request_from_args(argc, argv, FORCED, original, &q);
	must(r == 0 || r == -EINVAL);
	if (r) {
		must(q.kind == untouched.kind && q.command == untouched.command);
		return 0;
	}
	if (q.pass_original) {
		must(q.kind == ENTER_COMMAND && q.command == argv[argc - 1] && argc >= 3);
		must(!strcmp(argv[argc - 2], "-c") || !strcmp(argv[argc - 2], "--"));
		must(strcmp(q.command, FORCED) != 0);
	} else if (q.kind != ENTER_LOGIN) {
		check_client(&q, original);
	}
	return 0;
}
