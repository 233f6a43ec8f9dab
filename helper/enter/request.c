/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lib/wire.h"

#define SFTP "internal-sftp"

/*
 * Values that describe the client and its terminal.  What the account is (HOME,
 * PATH, SHELL ...) PID 1 sets itself; all else, whether from SendEnv,
 * ~/.ssh/environment, a key's environment= or PAM, stays out.
 */
static const char *const env_names[] = {
	"TERM=",	   "COLORTERM=",  "LANG=",    "LANGUAGE=",	"TZ=",	    "SSH_CLIENT=",
	"SSH_CONNECTION=", "SSH_TTY=",	  "DISPLAY=", "SSH_AUTH_SOCK=", "GIT_PROTOCOL=",
};

bool request_env_allowed(const char *entry, bool pass_original)
{
	static const char original[] = "SSH_ORIGINAL_COMMAND=";

	for (size_t i = 0; i < sizeof env_names / sizeof *env_names; i++)
		if (strncmp(entry, env_names[i], strlen(env_names[i])) == 0)
			return true;
	if (strncmp(entry, "LC_", 3) == 0)
		return true;
	return pass_original && strncmp(entry, original, sizeof original - 1) == 0;
}

static void from_client(const char *original, struct request *ret)
{
	static const size_t len = sizeof SFTP - 1;

	if (!original || !*original) {
		*ret = (struct request){.kind = ENTER_LOGIN};
	} else if (strncmp(original, SFTP, len) == 0 && (original[len] == '\0' || original[len] == ' ')) {
		*ret = (struct request){.kind = ENTER_SFTP, .command = original + len};
	} else {
		*ret = (struct request){.kind = ENTER_COMMAND, .command = original};
	}
}

int request_from_args(int argc, char *const *argv, const char *forced, const char *original,
		      struct request *ret)
{
	const char *command;
	int i = 1;

	if (argc < 1 || !argv[0])
		return -EINVAL;
	/* A login shell by option instead of by name. */
	while (i < argc && (strcmp(argv[i], "-l") == 0 || strcmp(argv[i], "--login") == 0 ||
			    strcmp(argv[i], "-i") == 0))
		i++;
	if (i == argc) {
		if (strcmp(argv[0], forced) == 0)
			from_client(original, ret);
		else
			*ret = (struct request){.kind = ENTER_LOGIN};
		return 0;
	}
	if (strcmp(argv[i], "-c") != 0)
		return -EINVAL;
	i++;
	/* popen(3) and system(3) of newer C libraries. */
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i + 1 != argc)
		return -EINVAL;
	command = argv[i];
	if (strcmp(command, forced) == 0)
		from_client(original, ret);
	else
		*ret = (struct request){.kind = ENTER_COMMAND, .command = command, .pass_original = true};
	return 0;
}
