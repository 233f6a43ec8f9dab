/* SPDX-License-Identifier: MIT */
/* The module as it is built for use: that it loads, what it offers, and what it does not call. */
#include <dlfcn.h>

#include "session.h"

/* Does the list of symbols hold the name, with or without a version? */
static bool listed(const char *list, const char *name)
{
	char word[64];

	snprintf(word, sizeof word, " %s\n", name);
	if (strstr(list, word))
		return true;
	snprintf(word, sizeof word, " %s@", name);
	return strstr(list, word) != NULL;
}

static void symbols(const char *module, const char *which, char *list, size_t size)
{
	char command[sizeof build_dir + 64];
	FILE *f;
	size_t n;

	snprintf(command, sizeof command, "nm -D %s '%s'", which, module);
	f = popen(command, "r");
	n = f ? fread(list, 1, size - 1, f) : 0;
	list[n] = '\0';
	ok(f && pclose(f) == 0 && n > 0, "(nm %s)", which);
}

int main(void)
{
	/* A module changes nothing of the process that it is in but what it is for. */
	static const char *const unwanted[] = {
		"exit",		 "abort",    "signal",	 "umask",   "chdir",	    "fchdir",
		"setenv",	 "putenv",   "clearenv", "system",  "popen",	    "fork",
		"vfork",	 "setuid",   "setgid",	 "seteuid", "setreuid",	    "setresuid",
		"openlog",	 "chroot",   "mount",	 "umount2", "unshare",	    "strcpy",
		"strcat",	 "sprintf",  "printf",	 "puts",    "__printf_chk", "__strcpy_chk",
		"__sprintf_chk", "getpwnam", "getenv",	 "dlopen",  "atexit",
	};
	char module[sizeof build_dir + 64], list[16384];
	int count = 0;
	void *so;

	if (!lab_make())
		return done_testing();
	snprintf(module, sizeof module, "%s/../../pam_loginjail.so", build_dir);
	so = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	ok(so != NULL, "it loads with all it needs: %s", so ? "" : dlerror());
	if (so) {
		ok(!dlsym(so, "pam_sm_authenticate") && !dlsym(so, "pam_sm_setcred") &&
			   !dlsym(so, "pam_sm_chauthtok"),
		   "it has no say in who somebody is");
		ok(dlclose(so) == 0, "it can be unloaded");
	}
	symbols(module, "--defined-only", list, sizeof list);
	for (const char *p = list; (p = strchr(p, '\n')); p++)
		count++;
	is_int(count, 3, "three symbols are exported");
	ok(listed(list, "pam_sm_open_session") && listed(list, "pam_sm_close_session") &&
		   listed(list, "pam_sm_acct_mgmt"),
	   "sessions and the early start in the account phase");
	symbols(module, "--undefined-only", list, sizeof list);
	for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
		ok(!listed(list, unwanted[i]), "it does not call %s", unwanted[i]);
	lab_remove();
	return done_testing();
}
