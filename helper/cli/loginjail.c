/* SPDX-License-Identifier: MIT */
/*
 * loginjail, the administrator's tool.  It runs as whoever calls it, in the host's
 * namespaces, has no privilege of its own and is part of no login: what it
 * prints is made of the same parser and the same decision that loginjail-setup uses.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"

#ifndef LOGINJAIL_VERSION
#define LOGINJAIL_VERSION "unversioned"
#endif

struct verb {
	const char *name;
	verb_fn *fn;
	const char *usage; /* its arguments */
	const char *doc;   /* NULL: of use for other programs only, not listed */
};

static verb_fn verb_help;

static const struct verb verbs[] = {
	{"check", verb_check, "[--host] [FILE]", "say what is wrong with jail.ini; --host: what other doors are open"},
	{"explain", verb_explain, "[-f FILE] [-s SERVICE] USER",
	 "say what happens to a user's login, and why"},
	{"value", verb_value, "[-f FILE] OPTION", "print what [defaults] has for an option"},
	{"ps", verb_ps, "[-l | -u]", "list the live jails; -l: with their logins, -u: what each uses, and may"},
	{"kill", verb_kill, "USER ... | --all", "end jails, and the logins in them"},
	{"reset", verb_reset, "[-f FILE] USER | #UID ...", "empty users' persistent storage"},
	{"gc", verb_gc, "[-f FILE]", "remove what killed keepers left"},
	{"net", verb_net, "apply | show | on | off | status | clear [-f FILE] [JAIL | USER]",
	 "load the rules of routed jails, show or remove them; open and close their networks"},
	{"seccomp", verb_seccomp, "apply [-f FILE] | show PROFILE", "compile seccomp's files, or show a profile"},
	{"setup", verb_setup, "[--apply | --undo] [...]", "show, make or undo PAM's and sshd's settings"},
	{"help", verb_help, "", "print this"},
	{"run-closed", verb_run_closed, "COMMAND [ARGUMENT ...]", NULL},
	{"sample", verb_sample, "", NULL},
	{"mdoc-options", verb_mdoc_options, "", NULL},
};

#define N_VERBS (sizeof verbs / sizeof *verbs)

static void print_usage(FILE *f)
{
	size_t i;

	fputs("usage: loginjail VERB [ARGUMENT ...]\n", f);
	for (i = 0; i < N_VERBS; i++)
		if (verbs[i].doc)
			fprintf(f, "  %-8s %-30s %s\n", verbs[i].name, verbs[i].usage,
				verbs[i].doc);
}

static int verb_help(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return EXIT_USAGE;
	print_usage(stdout);
	return EXIT_OK;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	int status = verb->fn(argc, argv);

	if (status == EXIT_USAGE)
		fprintf(stderr, "usage: loginjail %s %s\n", verb->name, verb->usage);
	/* Output that did not get out is no success, a full disk under build/ for one. */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "loginjail: can't write the output: %s\n", strerror(errno));
	return status == EXIT_OK ? EXIT_TEMPFAIL : status;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("loginjail " LOGINJAIL_VERSION);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return verb_help(1, argv);
	for (i = 0; i < N_VERBS; i++)
		if (!strcmp(verbs[i].name, argv[1]))
			return run_verb(&verbs[i], argc - 1, argv + 1);
	fprintf(stderr, "loginjail: unknown verb '%s'\n", argv[1]);
	print_usage(stderr);
	return EXIT_USAGE;
}
