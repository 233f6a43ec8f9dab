/* SPDX-License-Identifier: MIT */
/* Our lines in the files of /etc/pam.d. */
#ifndef LOGINJAIL_CLI_PAM_EDIT_H
#define LOGINJAIL_CLI_PAM_EDIT_H

#include "cli/changes.h"

/*
 * Plan the lines: those of sshd that jail, and the refusing one in each service that is
 * there and could run something for a user outside the jail.  Lines that the administrator
 * wrote are checked and left alone.  module: as the lines shall name it.
 * Problems are told; 0 or -ENOMEM.
 */
int pam_plan(struct changes *c, const char *module);

/*
 * Does this service jail whom sshd has it for: is our line there, counted, and the last?
 * 0; -ENOENT where there is no such service or no line of ours; -EINVAL with file, line
 * and remedy; -ENOMEM.
 */
int pam_check_jailing(struct changes *c, const char *service, struct err *err);

/* Does it refuse whom jail.ini does not let in by it: is our line there, and counted?  As above. */
int pam_check_refusing(struct changes *c, const char *service, struct err *err);

/*
 * Plan the removal of what pam_plan adds, in all files.  all: make lines that the
 * administrator wrote comments, too, so that nothing needs the module any more.
 */
int pam_plan_undo(struct changes *c, bool all);

#endif
