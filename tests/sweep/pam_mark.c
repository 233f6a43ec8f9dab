/* SPDX-License-Identifier: MIT */
/*
 * A PAM module that does nothing but tell the tracer: its line with the argument "on" comes
 * before what is under test, the one with "off" after it.
 */
#include "sweep.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <security/pam_modules.h>

#define EXPORT __attribute__((visibility("default")))

static int mark(int argc, const char **argv)
{
	static pid_t self;

	/* One system call, the first time two, of which the tracer counts none. */
	if (self == 0)
		self = getpid();
	(void)syscall(SYS_tgkill, self, self, argc > 0 && strcmp(argv[0], "on") == 0 ? MARK_ON : MARK_OFF);
	return PAM_SUCCESS;
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	return mark(argc, argv);
}

EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	return mark(argc, argv);
}

EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	return mark(argc, argv);
}
