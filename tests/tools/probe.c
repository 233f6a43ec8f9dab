/* SPDX-License-Identifier: MIT */
/*
 * What a process sees of itself, as lines "KEY VALUE".  With arguments only the
 * lines whose key is one of them.  Static and without NSS, to run anywhere.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

static char **only;

static int asked(const char *key)
{
	if (!*only)
		return 1;
	for (char **o = only; *o; o++)
		if (!strcmp(*o, key))
			return 1;
	return 0;
}

static void say(const char *key, const char *value)
{
	if (asked(key))
		printf("%s %s\n", key, value);
}

static void say_number(const char *key, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	say(key, text);
}

static void say_link(const char *key, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		snprintf(target, sizeof(target), "- %s", strerror(errno));
	else
		target[n] = '\0';
	say(key, target);
}

static void namespaces(void)
{
	static const char *const names[] = { "user", "mnt", "pid", "net", "ipc", "uts", "cgroup" };
	char key[32], path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(key, sizeof(key), "ns-%s", names[i]);
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		say_link(key, path);
	}
}

static void ids(void)
{
	uid_t r, e, s;
	gid_t groups[256];
	char text[3000] = "", one[16];
	int n;

	(void)getresuid(&r, &e, &s);
	snprintf(text, sizeof(text), "%u %u %u", r, e, s);
	say("uid", text);
	(void)getresgid(&r, &e, &s);
	snprintf(text, sizeof(text), "%u %u %u", r, e, s);
	say("gid", text);

	text[0] = '\0';
	n = getgroups(256, groups);
	for (int i = 0; i < n; i++) {
		snprintf(one, sizeof(one), "%s%u", i ? " " : "", groups[i]);
		strcat(text, one);
	}
	say("groups", text);
}

/* Lines of a file of /proc, its blanks squeezed, each under the same key. */
static void say_file(const char *key, const char *path, const char *prefix)
{
	char line[4096], out[4096];
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *o = out;

		if (strncmp(line, prefix, strlen(prefix)))
			continue;
		for (char *p = line + strlen(prefix); *p && *p != '\n'; p++) {
			if (*p != ' ' && *p != '\t')
				*o++ = *p;
			else if (o > out && o[-1] != ' ')
				*o++ = ' ';
		}
		*o = '\0';
		say(key, out);
	}
	fclose(f);
}

static void descriptors(void)
{
	char path[64], target[PATH_MAX], text[PATH_MAX + 32];

	/* fcntl, since there may be no /proc; the directory itself would show too */
	for (int fd = 0; fd < 4096; fd++) {
		ssize_t n;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		snprintf(text, sizeof(text), "%d %s", fd, target);
		say("fd", text);
	}
}

static void limits(void)
{
	struct rlimit r;
	char text[64];

	(void)getrlimit(RLIMIT_NOFILE, &r);
	snprintf(text, sizeof(text), "%ld %ld", (long)r.rlim_cur, (long)r.rlim_max);
	say("nofile", text);
	(void)getrlimit(RLIMIT_CORE, &r);
	snprintf(text, sizeof(text), "%ld %ld", (long)r.rlim_cur, (long)r.rlim_max);
	say("core", text);
}

int main(int argc, char **argv)
{
	struct utsname uts;
	char text[PATH_MAX];
	mode_t mask = umask(0);

	(void)argc;
	only = argv + 1;
	namespaces();
	ids();
	say_file("uid_map", "/proc/self/uid_map", "");
	say_file("gid_map", "/proc/self/gid_map", "");
	say_file("CapInh", "/proc/self/status", "CapInh:");
	say_file("CapPrm", "/proc/self/status", "CapPrm:");
	say_file("CapEff", "/proc/self/status", "CapEff:");
	say_file("CapBnd", "/proc/self/status", "CapBnd:");
	say_file("CapAmb", "/proc/self/status", "CapAmb:");
	say_file("cgroup", "/proc/self/cgroup", "");
	say_number("nnp", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say_number("pid", getpid());
	say_number("ppid", getppid());
	say_number("sid", getsid(0));
	say_number("pgid", getpgrp());
	say_number("foreground", tcgetpgrp(0));
	snprintf(text, sizeof(text), "%04o", (unsigned int)mask);
	say("umask", text);
	limits();
	descriptors();
	(void)uname(&uts);
	say("hostname", uts.nodename);
	say("cwd", getcwd(text, sizeof(text)) ? text : "-");
	for (char **e = environ; *e; e++)
		say("env", *e);
	return 0;
}
