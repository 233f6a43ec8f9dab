/* SPDX-License-Identifier: MIT */
/* The verbs of loginjail(8): a row in loginjail.c and a function each. */
#ifndef LOGINJAIL_CLI_VERBS_H
#define LOGINJAIL_CLI_VERBS_H

/* Exit statuses; loginjail.8 lists them. */
enum {
	EXIT_OK = 0,
	EXIT_ERRORS = 1,    /* what was looked at is wrong */
	EXIT_USAGE = 100,   /* called wrong */
	EXIT_TEMPFAIL = 111, /* out of memory, or the host could not be asked */
	EXIT_REFUSED = 112, /* explain: the login would be refused */
};

/*
 * Run a verb.  argv[0] is the verb, argv[argc] NULL.  Returns the exit status;
 * EXIT_USAGE makes main print the verb's usage.
 */
typedef int verb_fn(int argc, char **argv);

verb_fn verb_check;
verb_fn verb_explain;
verb_fn verb_ps;
verb_fn verb_kill;
verb_fn verb_value;
verb_fn verb_run_closed;
verb_fn verb_reset;
verb_fn verb_gc;
verb_fn verb_net;
verb_fn verb_seccomp;
verb_fn verb_setup;
verb_fn verb_sample;
verb_fn verb_mdoc_options;

#endif
