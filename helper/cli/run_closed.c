/* SPDX-License-Identifier: MIT */
/* run-closed: a command with nothing open but 0, 1 and 2.  For loginjail-rootfs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/verbs.h"

int verb_run_closed(int argc, char **argv)
{
	if (argc < 2)
		return EXIT_USAGE;
	if (syscall(SYS_close_range, 3u, ~0u, 0u) < 0) {
		fprintf(stderr, "loginjail: closing descriptors: %s\n", strerror(errno));
		return EXIT_TEMPFAIL;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "loginjail: %s: %s\n", argv[1], strerror(errno));
	return EXIT_TEMPFAIL;
}
