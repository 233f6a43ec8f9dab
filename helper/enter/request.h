/* SPDX-License-Identifier: MIT */
/* What a session is to run, from how loginjail-enter was called. Pure. */
#ifndef LOGINJAIL_REQUEST_H
#define LOGINJAIL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct request {
	uint32_t kind;	     /* enum enter_kind */
	const char *command; /* of ENTER_COMMAND; the arguments of ENTER_SFTP */
	bool pass_original;  /* SSH_ORIGINAL_COMMAND is for the session, not for us */
};

/*
 * loginjail-enter stands where the login shell does, so it is called as a shell:
 *
 *   -bash                      a login shell
 *   bash -c FORCED             sshd's ForceCommand, that is FORCED, its own path:
 *                              what the client asked for is in original
 *   bash -c COMMAND            anything else that sshd, su or popen(3) runs:
 *                              xauth, sshrc, a key's command=, su -c
 *   FORCED                     called by its own name: as with -c FORCED
 *
 * @original: SSH_ORIGINAL_COMMAND or NULL.  Its text is never looked into, but
 * for "internal-sftp", which only sshd itself would understand.
 * Returns 0, or -EINVAL for arguments that no shell of ours takes.
 */
int request_from_args(int argc, char *const *argv, const char *forced, const char *original,
		      struct request *ret);

/* May a variable of sshd's environment go into the jail? entry is NAME=VALUE. */
bool request_env_allowed(const char *entry, bool pass_original);

#endif
