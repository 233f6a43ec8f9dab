/* SPDX-License-Identifier: MIT */
/* The Match blocks in sshd_config.d. */
#ifndef LOGINJAIL_CLI_SSHD_EDIT_H
#define LOGINJAIL_CLI_SSHD_EDIT_H

#include "cli/changes.h"
#include "config/config.h"

/* Plan the file for the jails of config.  Problems are told; 0 or -ENOMEM. */
int sshd_plan(struct changes *c, const struct config *config);

/*
 * Have sshd look at its configuration as it will be: whether it takes it, asks PAM, and gives
 * the ForceCommand to users whom config jails and to no others.  Problems are told; 0 or
 * -ENOMEM.
 */
int sshd_verify(struct changes *c, const struct config *config);

/* Plan the file's removal; 0 or -ENOMEM. */
int sshd_plan_undo(struct changes *c);

/* Is sshd to be told to read its files again? */
bool sshd_concerned(const struct changes *c);

#endif
