/* SPDX-License-Identifier: MIT */
/* The modules that PAM runs for a service, with all that its file includes. */
#ifndef LOGINJAIL_CLI_PAM_STACK_H
#define LOGINJAIL_CLI_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

#define PAM_MODULE_NAME "pam_loginjail.so"
/* Where PAM looks for a service's file, in this order. */
#define PAM_DIR "/etc/pam.d"
#define PAM_VENDOR_DIR "/usr/lib/pam.d"

/* One physical or continued line of a file of /etc/pam.d. */
struct pam_entry {
	char *file;    /* as shown */
	unsigned line; /* its first */
	unsigned level; /* of substacks around it */
	bool silent;   /* "-session": no error where the module is missing */
	bool substack; /* stands for one; its lines follow, a level deeper */
	bool ends;     /* may end the stack with success: sufficient, "done" */
	bool resets;   /* may forget a refusal before it: "reset" */
	unsigned jump; /* modules that it may skip, at most */
	char *control;
	char *module;  /* "" if the line has none */
	char *args;
};

struct pam_stack {
	struct pam_entry *v;
	size_t n;
};

/*
 * How the files are had.  path is absolute.  0 with *ret the caller's, NULL where
 * there is no such file; else an error.
 */
struct pam_source {
	int (*read)(void *arg, const char *path, char **ret, struct err *err);
	void *arg;
};

/* The entries of a type ("session") in order; free with pam_stack_clear. */
int pam_stack_read(const struct pam_source *source, const char *service, const char *type,
		   struct pam_stack *ret, struct err *err);

void pam_stack_clear(struct pam_stack *stack);

/* Is this a line of ours, whatever its arguments? */
bool pam_entry_is_ours(const struct pam_entry *e);

/* Our own line, but for one with the argument "close"; NULL if there is none. */
const struct pam_entry *pam_stack_ours(const struct pam_stack *stack);

/*
 * Is our line run whatever the others say, and does its refusal count?  last: is
 * it also the last one?  0, -ENOENT without a line of ours, or -EINVAL with file, line and
 * remedy.
 */
int pam_stack_check(const struct pam_stack *stack, bool last, struct err *err);

/*
 * Call fn with the name or path of each file that the text includes, whatever the type, until
 * it returns other than 0.  Returns that, or -ENOMEM.
 */
int pam_text_includes(const char *text, int (*fn)(void *arg, const char *what), void *arg);

/*
 * Does a line of the text itself, that is no comment, name our module?  Returns the
 * number of the first such line, or 0.
 */
unsigned pam_text_names_us(const char *text);

/* The text with all such lines made into comments; *ret is the caller's. */
int pam_text_silence(const char *text, char **ret);

#endif
