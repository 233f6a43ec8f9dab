/* SPDX-License-Identifier: MIT */
/*
 * An application with PAM sessions, for tests of the module: a service directory of its own,
 * a conversation that is written down, and a loginjail-setup that does as it is told.
 */
#ifndef TESTS_PAM_SESSION_H
#define TESTS_PAM_SESSION_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "lib/wire.h"
#include "tap.h"

#define SERVICE "testd"
/* So that what the module itself says is what comes out ... */
#define PLAIN_LINE "session [success=ok ignore=ignore default=die] MODULE "
/* ... but for this, which libpam makes of a stack that had nothing to say. */
#define IGNORED PAM_PERM_DENIED

static char lab[] = "/tmp/loginjail-pam.XXXXXX";
static char build_dir[4096]; /* where the tests of PAM are built */
static char said[4096];	     /* the conversation, a line each */

__attribute__((unused)) static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ok(false, "(write %s): %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
}

/* The module's programs are looked for below the current directory. */
__attribute__((unused)) static bool lab_make(void)
{
	char path[sizeof build_dir + 16], *slash;
	ssize_t n = readlink("/proc/self/exe", build_dir, sizeof build_dir - 1);

	(void)setvbuf(stdout, NULL, _IOLBF, 0); /* we fork */
	slash = n > 0 ? strrchr(build_dir, '/') : NULL;
	if (!slash || !mkdtemp(lab) || chdir(lab) < 0)
		return ok(false, "(make %s)", lab);
	*slash = '\0';
	snprintf(path, sizeof path, "%s/libexec", build_dir);
	if (symlink(path, "libexec") < 0 || mkdir("conf", 0755) < 0)
		return ok(false, "(fill %s)", lab);
	return true;
}

__attribute__((unused)) static void lab_remove(void)
{
	char command[64];

	snprintf(command, sizeof command, "rm -rf %s", lab);
	ok(chdir("/") == 0 && system(command) == 0, "(clean up)");
}

/* What the fake does from now on; what was recorded is forgotten. */
__attribute__((unused, format(printf, 1, 2))) static void behave(const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	write_file("behaviour", text);
	(void)unlink("record");
}

/* What it wrote down; empty if it was not run. */
__attribute__((unused)) static const char *recorded(void)
{
	static char text[8192];
	int fd = open("record", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static bool is_setup(const char *pid, const struct stat *setup)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%s/exe", pid);
	return stat(path, &st) == 0 && st.st_dev == setup->st_dev && st.st_ino == setup->st_ino;
}

/* Does a process run the fake? */
__attribute__((unused)) static bool setup_lives(void)
{
	struct stat setup;
	struct dirent *e;
	bool any = false;
	DIR *d;

	if (stat("libexec/loginjail-setup", &setup) < 0)
		return false;
	d = opendir("/proc");
	while (d && (e = readdir(d)))
		any |= is_setup(e->d_name, &setup);
	if (d)
		closedir(d);
	return any;
}

/* The module leaves its end to others. */
__attribute__((unused)) static void wait_setups(void)
{
	for (int i = 0; setup_lives(); i++) {
		if (i == 2000) {
			ok(false, "set-up ends");
			return;
		}
		usleep(5000);
	}
}

/* Neither a process of the module's own, nor set-up, which is nobody's child. */
__attribute__((unused)) static bool no_child(void)
{
	return waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD;
}

/* How often it was run, the last one to its end. */
__attribute__((unused)) static int runs(void)
{
	int n = 0;

	wait_setups();
	for (const char *p = recorded(); (p = strstr(p, "run\n")); p++)
		n++;
	return n;
}

static int converse(int n, const struct pam_message **msg, struct pam_response **ret, void *data)
{
	(void)data;
	*ret = calloc((size_t)n, sizeof **ret);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(said);

		snprintf(said + len, sizeof said - len, "%s%s\n",
			 msg[i]->msg_style == PAM_ERROR_MSG ? "error: " : "other: ", msg[i]->msg);
		if (msg[i]->msg_style == PAM_PROMPT_ECHO_ON ||
		    msg[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
			free(*ret);
			*ret = NULL;
			return PAM_CONV_ERR;
		}
	}
	return PAM_SUCCESS;
}

/* lines: of the service's file, where MODULE stands for the module. */
__attribute__((unused)) static pam_handle_t *begin(const char *lines, const char *user)
{
	static const struct pam_conv conv = {converse, NULL};
	char text[16384], confdir[64];
	pam_handle_t *pamh = NULL;
	size_t len = 0;

	for (const char *p = lines; *p;) {
		if (strncmp(p, "MODULE", 6) == 0) {
			len += (size_t)snprintf(text + len, sizeof text - len,
						"%s/lib/pam_loginjail.so", build_dir);
			p += 6;
		} else {
			text[len++] = *p++;
		}
	}
	text[len++] = '\n';
	text[len] = '\0';
	write_file("conf/" SERVICE, text);
	said[0] = '\0';
	snprintf(confdir, sizeof confdir, "%s/conf", lab);
	if (pam_start_confdir(SERVICE, user, &conv, confdir, &pamh) != PAM_SUCCESS)
		ok(false, "(pam_start)");
	return pamh;
}

__attribute__((unused)) static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 512; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

#endif
