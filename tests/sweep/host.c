/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE "/srv/loginjail"

static char uid_prefix[16];
static char *mounts;
static unsigned int links;

/* A text that grows up to its end. */
struct text {
	char *at;
	size_t used, size;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->size - t->used)
		die("a text that is too long");
	t->used += (size_t)n;
}

/* All of a file that the kernel makes; the caller frees it. */
static char *read_file(const char *path)
{
	size_t size = 4096, used = 0;
	char *text = malloc(size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && text) {
		ssize_t n = read(fd, text + used, size - used - 1);

		if (n <= 0)
			break;
		used += (size_t)n;
		if (size - used < 2)
			text = realloc(text, size *= 2);
	}
	if (!text)
		die("memory");
	text[used] = '\0';
	if (fd >= 0)
		(void)close(fd);
	return text;
}

static unsigned int count_links(void)
{
	struct if_nameindex *all = if_nameindex();
	unsigned int n = 0;

	while (all && all[n].if_index)
		n++;
	if_freenameindex(all);
	return n;
}

void host_begin(uid_t uid)
{
	(void)snprintf(uid_prefix, sizeof uid_prefix, "%u-", uid);
	mounts = read_file("/proc/self/mountinfo");
	links = count_links();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	if (place->level > 0 && remove(path) < 0)
		die(path);
	return 0;
}

void host_forget(void)
{
	(void)nftw(STATE, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	(void)nftw("/run/loginjail", remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Entries of a directory: all, or those of the uid. */
static void list(struct text *t, const char *dir, bool all)
{
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    (all || strncmp(e->d_name, uid_prefix, strlen(uid_prefix)) == 0))
			add(t, "%s/%s ", dir, e->d_name);
	if (d)
		(void)closedir(d);
}

static void list_cgroups(struct text *t)
{
	DIR *d = opendir("/sys/fs/cgroup");

	list(t, "/sys/fs/cgroup/loginjail", false);
	for (struct dirent *e; d && (e = readdir(d));) {
		char path[512];

		(void)snprintf(path, sizeof path, "/sys/fs/cgroup/%s/loginjail", e->d_name);
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			list(t, path, false);
	}
	if (d)
		(void)closedir(d);
}

static void list_loops(struct text *t)
{
	DIR *d = opendir("/sys/block");

	for (struct dirent *e; d && (e = readdir(d));) {
		char path[512], *file, kept[32];

		if (strncmp(e->d_name, "loop", 4) != 0)
			continue;
		(void)snprintf(path, sizeof path, "/sys/block/%s/loop/backing_file", e->d_name);
		file = read_file(path);
		(void)snprintf(kept, sizeof kept, "persistent/%.*s/", (int)strlen(uid_prefix) - 1, uid_prefix);
		if (strstr(file, kept))
			add(t, "%s of %s", e->d_name, file);
		free(file);
	}
	if (d)
		(void)closedir(d);
}

static void look(struct text *t)
{
	char *now = read_file("/proc/self/mountinfo");

	list(t, "/run/loginjail/jail", true);
	list(t, "/run/loginjail/uid", true);
	list(t, STATE "/upper", true);
	list_cgroups(t);
	list_loops(t);
	if (strcmp(now, mounts) != 0)
		add(t, "mounts ");
	free(now);
	if (count_links() != links)
		add(t, "a link ");
}

const char *host_left(void)
{
	static char text[16384];

	/* What the kernel takes away when a namespace or the last user is gone is gone a little
	 * later, and nothing tells. */
	for (int i = 0;; i++) {
		struct text t = {text, 0, sizeof text};

		text[0] = '\0';
		look(&t);
		if (!text[0] || i == 100 || (!strstr(text, "a link") && !strstr(text, "loop")))
			return text;
		(void)usleep(10000);
	}
}

/* ---- a session ------------------------------------------------------------- */

/* Numbers and names that each jail has others of. */
static void add_plain(struct text *t, const char *what, char *text)
{
	char *out = text;

	for (char *p = text; *p;) {
		if (strncmp(p, uid_prefix, strlen(uid_prefix)) == 0 &&
		    strspn(p + strlen(uid_prefix), "0123456789abcdef") >= 8) {
			p += strlen(uid_prefix) + 8;
			*out++ = '*';
		} else {
			*out++ = *p++;
		}
	}
	*out = '\0';
	add(t, "%s:\n%s\n", what, text);
}

static void add_file(struct text *t, pid_t pid, const char *name)
{
	char path[64], *text;

	(void)snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	text = read_file(path);
	add_plain(t, name, text);
	free(text);
}

/* Of the mount table all but the numbers and what overlayfs was given. */
static void add_mounts(struct text *t, pid_t pid)
{
	char path[64], *text, *save = NULL;

	(void)snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
	text = read_file(path);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char root[512], at[512], options[256], type[64] = "";
		const char *rest = strstr(line, " - ");

		if (sscanf(line, "%*d %*d %*s %511s %511s %255s", root, at, options) != 3 || !rest ||
		    sscanf(rest, " - %63s", type) != 1)
			continue;
		/* A directory of the state's, named by the instance. */
		if (strstr(root, uid_prefix))
			strcpy(root, "*");
		add(t, "mount %s %s %s %s\n", root, at, options, type);
	}
	free(text);
}

static void add_status(struct text *t, pid_t pid)
{
	static const char *const wanted[] = {"Umask", "Uid", "Gid", "Groups", "SigIgn", "SigBlk", "CapInh", "CapPrm",
					     "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
					     "Seccomp_filters", "Cpus_allowed_list"};
	char path[64], *text, *save = NULL;

	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	text = read_file(path);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0 && line[strlen(wanted[i])] == ':')
				add(t, "%s\n", line);
	free(text);
}

static void add_namespaces(struct text *t, pid_t pid)
{
	static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64];
		struct stat ours = {0}, its = {0};

		(void)snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
		(void)stat(path, &ours);
		(void)snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, names[i]);
		(void)stat(path, &its);
		add(t, "%s namespace %s\n", names[i],
		    !its.st_ino ? "unknown" : its.st_ino == ours.st_ino ? "of the host" : "of its own");
	}
}

/* The limits of the groups that it is in. */
static void add_limits(struct text *t, pid_t pid)
{
	static const char *const limits[] = {
		"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "pids.max", "cpu.cfs_quota_us",
		"cpu.cfs_period_us", "cpu.shares", "cpuset.cpus", "cpuset.mems", "blkio.weight", "memory.max",
		"memory.swap.max", "memory.high", "memory.oom.group", "cpu.max", "cpu.weight", "io.max"};
	char path[512], *text, *save = NULL;

	(void)snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
	text = read_file(path);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!group)
			continue;
		*group++ = '\0';
		controllers++;
		if (strncmp(controllers, "name=", 5) == 0)
			controllers += 5;
		for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
			char *value;

			(void)snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s/%s", controllers, group, limits[i]);
			value = read_file(path);
			if (*value)
				add(t, "%s %s", limits[i], value);
			free(value);
		}
	}
	free(text);
}

void host_see(pid_t pid, char *text, size_t size)
{
	struct text t = {text, 0, size};

	add_namespaces(&t, pid);
	add_status(&t, pid);
	add_file(&t, pid, "cgroup");
	add_limits(&t, pid);
	add_file(&t, pid, "limits");
	add_file(&t, pid, "uid_map");
	add_file(&t, pid, "gid_map");
	add_file(&t, pid, "oom_score_adj");
	add_mounts(&t, pid);
}
