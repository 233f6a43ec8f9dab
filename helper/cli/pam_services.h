/* SPDX-License-Identifier: MIT */
/* The PAM services of a system by which a user might get a session. */
#ifndef LOGINJAIL_CLI_PAM_SERVICES_H
#define LOGINJAIL_CLI_PAM_SERVICES_H

#include <stddef.h>

#include "cli/changes.h"

struct pam_service {
	char *name;
	const char *why; /* what it would do outside the jail */
};

/* What is no service since a file includes it: a guess, which its name does not confirm. */
struct pam_part {
	char *name;
	char *by; /* that file */
};

struct pam_services {
	struct pam_service *v;
	size_t n;
	struct pam_part *parts;
	size_t n_parts;
};

/*
 * All but sshd and sshd-jail, in order of names: of the files in PAM's directories those that are a
 * service's, whether or not a session is part of it.  Free with pam_services_clear.  0 or -ENOMEM;
 * a directory that can't be read is a problem that was told.
 */
int pam_services_find(struct changes *c, struct pam_services *ret);

void pam_services_clear(struct pam_services *services);

/*
 * As changes_read, and as PAM reads: what is no file, such as a link to /dev/null or a directory, is one
 * without lines.
 */
int pam_read(void *arg, const char *path, char **ret, struct err *err);

/*
 * Has the stack of a service, or of a file given by its path, anything to do when a session is
 * opened?  1, 0, -ENOENT without such a file, or an error.
 */
int pam_service_has_session(struct changes *c, const char *service, struct err *err);

#endif
