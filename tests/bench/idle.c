/* SPDX-License-Identifier: MIT */
/*
 * What runs in the containers that loginjail is measured beside: named "true"
 * it ends at once, under any other name it waits for a signal.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void leave(int sig)
{
	(void)sig;
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;

	if (!strcmp(name ? name + 1 : argv[0], "true"))
		return 0;
	(void)signal(SIGTERM, leave);
	(void)signal(SIGPWR, leave); /* LXC's way to say it */
	for (;;)
		(void)pause();
}
