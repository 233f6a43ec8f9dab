/* SPDX-License-Identifier: MIT */
/*
 * The terminals are the user's: stopped, full, locked, or changed by the user while we
 * write.  So a process of its own writes, which has nothing open that could be held
 * up with it, is nobody's child, and ends by itself.  It sees no names but the jail's
 * devpts (fence_leave), in which there are neither links nor files but terminals.
 */
#include "notice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "lib/log.h"
#include "lib/scope.h"
#include "lib/sys.h"

#define WRITER_DEADLINE_S 5

/* Of Unix98 terminals' slaves. */
static bool is_slave(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) >= 136 &&
	       major(st.st_rdev) <= 143;
}

/* What has other than digits in its name is ptmx: opened it would make a terminal. */
static bool is_number(const char *name)
{
	return *name && !name[strspn(name, "0123456789")];
}

static void write_to(int dir, const char *name, const char *line, size_t len)
{
	_cleanup_close_ int fd = sys_openat2(dir, name, O_WRONLY | O_NOCTTY | O_NONBLOCK, 0,
					     RESOLVE_POLICY_BENEATH);

	if (fd >= 0 && is_slave(fd))
		(void)!write(fd, line, len);
}

/* only: the name of the one that is meant, or NULL. */
static void __attribute__((noreturn)) writer(const char *line, const char *only)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	sigset_t none;

	/* A lease or the lock of the jail must not outlive its keeper in here. */
	(void)syscall(SYS_close_range, 0, ~0U, 0);
	sigemptyset(&none);
	(void)signal(SIGALRM, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(WRITER_DEADLINE_S);
	d = opendir(".");
	while (d && (e = readdir(d)))
		if (is_number(e->d_name) && (!only || strcmp(e->d_name, only) == 0))
			write_to(dirfd(d), e->d_name, line, strlen(line));
	_exit(0);
}

static void __attribute__((format(printf, 2, 0))) notice(const char *only, const char *fmt, va_list ap)
{
	char text[256], line[sizeof text + 32];
	pid_t pid;

	vsnprintf(text, sizeof text, fmt, ap);
	text_defuse(text);
	/* Whatever the line was at, and whether or not the terminal adds the return. */
	snprintf(line, sizeof line, "\r\nloginjail: %s\r\n", text);
	pid = fork();
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	if (pid != 0)
		return;
	if (fork() == 0)
		writer(line, only);
	_exit(0);
}

void notice_terminals(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	notice(NULL, fmt, ap);
	va_end(ap);
}

void notice_terminal(unsigned int number, const char *fmt, ...)
{
	char name[16];
	va_list ap;

	snprintf(name, sizeof name, "%u", number);
	va_start(ap, fmt);
	notice(name, fmt, ap);
	va_end(ap);
}
