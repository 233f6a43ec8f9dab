/* SPDX-License-Identifier: MIT */
#include "gate/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "setup/mountinfo.h"

#define POPULATED_FILE "cgroup.events"

/* What can happen to a name in a directory, and to the directory. */
#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB)
#define ITSELF (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_Q_OVERFLOW)

/* ---- where it is ------------------------------------------------------------- */

static int keep_cgroup2(const struct mount_line *m, void *arg)
{
	char *ret = arg;

	if (strcmp(m->fstype, "cgroup2") == 0 && strcmp(m->root, "/") == 0 && strlen(m->target) < PATH_MAX)
		strcpy(ret, m->target);
	return 0;
}

int gate_unit_group(const char *unit, char *ret, size_t size)
{
	const char *at = strchr(unit, '@');
	size_t len;
	FILE *f;

	if (*unit == '/')
		return snprintf(ret, size, "%s", unit) < (int)size ? 0 : -ENAMETOOLONG;
	/* Room for a NUL that fmemopen adds where there is any. */
	f = fmemopen(ret, size, "w");
	if (!f)
		return -ENAMETOOLONG;
	(void)setvbuf(f, NULL, _IONBF, 0);
	fputs("/system.slice/", f);
	/* Instances of a template have a slice of their own, in whose name - is none of nested ones. */
	if (at) {
		fputs("system-", f);
		for (const char *p = unit; p < at; p++)
			if (*p == '-' || *p == '\\')
				fprintf(f, "\\x%02x", (unsigned int)*p);
			else
				fputc(*p, f);
		fputs(".slice/", f);
	}
	fputs(unit, f);
	len = (size_t)ftell(f);
	return fclose(f) == 0 && len < size - 1 ? 0 : -ENAMETOOLONG;
}

int gate_path_make(struct gate *g, struct err *err)
{
	char top[PATH_MAX] = "", group[600];
	int r;

	if (g->spec->kind == GATE_FILE) {
		snprintf(g->path, sizeof g->path, "%s", g->spec->name);
		return 0;
	}
	r = mountinfo_each(keep_cgroup2, top, err);
	if (r)
		return r;
	if (!*top)
		gate_set(g, GATE_UNFIT, "there is no cgroup v2 on this host, by which a unit could be watched");
	else if (gate_unit_group(g->spec->name, group, sizeof group) ||
		 snprintf(g->path, sizeof g->path, "%s%s/" POPULATED_FILE, top, group) >= (int)sizeof g->path)
		gate_set(g, GATE_UNFIT, "the name of its control group is too long");
	else
		return 0;
	g->path[0] = '\0';
	return 0;
}

/* ---- watching ------------------------------------------------------------------ */

static void forget_watches(struct gate *g)
{
	for (size_t i = 0; i < g->watches; i++)
		(void)inotify_rm_watch(g->notify, g->watch[i].wd);
	g->watches = 0;
}

/* There may be no /proc to name a descriptor by: go there, and name it from there. */
static int add_watch(struct gate *g, int dir, const char *path, uint32_t mask, const char *name, size_t len)
{
	int wd;

	/* -EBADF: nobody watches; else why it can't be done. */
	if (g->notify < 0)
		return g->notify == -EBADF ? 0 : g->notify;
	if (g->watches == GATE_DEPTH_MAX + 1)
		return -ENAMETOOLONG;
	if (fchdir(dir) < 0)
		return -errno;
	wd = inotify_add_watch(g->notify, path, mask);
	if (wd < 0)
		return -errno;
	g->watch[g->watches].wd = wd;
	g->watch[g->watches].name = name;
	g->watch[g->watches].len = len;
	g->watches++;
	return 0;
}

static bool concerns(const struct gate *g, const struct inotify_event *e)
{
	if (e->mask & ITSELF)
		return true;
	if (e->mask & IN_IGNORED)
		return false;
	for (size_t i = 0; i < g->watches; i++) {
		if (g->watch[i].wd != e->wd)
			continue;
		if (e->len == 0 || g->watch[i].len == 0)
			return true;
		if (strncmp(e->name, g->watch[i].name, g->watch[i].len) == 0 && !e->name[g->watch[i].len])
			return true;
	}
	return false;
}

bool gate_path_hear(struct gate *g)
{
	_Alignas(struct inotify_event) char buf[8192];
	const struct inotify_event *e;
	bool found = false;
	ssize_t n = read(g->notify, buf, sizeof buf);

	for (const char *p = buf; n > 0 && p < buf + n; p += sizeof *e + e->len) {
		e = (const struct inotify_event *)(const void *)p;
		found |= concerns(g, e);
	}
	return found;
}

/* ---- looking ------------------------------------------------------------------- */

/* path up to and with len bytes of p, as a text for messages. */
#define UP_TO(g, p, len) (int)((p) - (g)->path + (ptrdiff_t)(len)), (g)->path

static bool roots_alone(struct gate *g, int dir, const char *end)
{
	const int len = end > g->path + 1 ? (int)(end - g->path - 1) : 1;
	struct stat st;

	if (fstat(dir, &st) < 0) {
		gate_set(g, GATE_UNFIT, "%.*s: %s", len, g->path, strerror(errno));
		return false;
	}
	if (st.st_uid == 0 && !(st.st_mode & 022))
		return true;
	gate_set(g, GATE_UNFIT, "%.*s is not root's alone (owner %u, mode %04o): 'chown root', 'chmod go-w', or "
		 "another path", len, g->path, st.st_uid, st.st_mode & 07777);
	return false;
}

static void not_opened(struct gate *g, const char *p, size_t len)
{
	if (errno == ENOENT)
		gate_set(g, GATE_CLOSED, "%.*s does not exist", UP_TO(g, p, len));
	else if (errno == ELOOP)
		gate_set(g, GATE_UNFIT, "%.*s is a symbolic link", UP_TO(g, p, len));
	else
		gate_set(g, GATE_UNFIT, "%.*s: %s", UP_TO(g, p, len), strerror(errno));
}

/* The group is there: is there anybody in it? */
static void look_into_group(struct gate *g, int dir)
{
	char text[512];
	int r = add_watch(g, dir, POPULATED_FILE, IN_MODIFY | IN_DONT_FOLLOW, "", 0);
	ssize_t n;

	g->blind = r != 0;
	n = r ? r : read_file_at(dir, POPULATED_FILE, text, sizeof text);

	if (n == -ENOENT || n == -ENODEV)
		gate_set(g, GATE_CLOSED, "its control group has just gone");
	else if (n < 0)
		gate_set(g, GATE_UNFIT, "%s: %s", g->path, strerror((int)-n));
	else if (strncmp(text, "populated 1\n", 12) == 0 || strstr(text, "\npopulated 1\n"))
		gate_set(g, GATE_OPEN, "%s", "");
	else
		gate_set(g, GATE_CLOSED, "its control group has no process");
}

/*
 * Each directory is watched before it is looked into: so what happens after the look is
 * heard of.
 */
void gate_path_look(struct gate *g)
{
	_cleanup_close_ int dir = -EBADF;
	const char *p = g->path + 1;

	if (!g->path[0])
		return;
	forget_watches(g);
	g->blind = false;
	dir = openat(g->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		gate_set(g, GATE_UNFIT, "/: %s", strerror(errno));
		return;
	}
	for (;;) {
		const size_t len = strcspn(p, "/");
		const bool last = !p[len];
		char name[NAME_MAX + 1];
		int next, r;

		if (!roots_alone(g, dir, p))
			return;
		r = len < sizeof name ? add_watch(g, dir, ".", NAMES | ITSELF | IN_ONLYDIR, p, len) : -ENAMETOOLONG;
		if (r) {
			g->blind = true;
			gate_set(g, GATE_UNFIT, "%.*s can't be watched (see sysctl fs.inotify): %s",
				 UP_TO(g, p, 0), strerror(-r));
			return;
		}
		snprintf(name, sizeof name, "%.*s", (int)len, p);
		next = sys_openat2(dir, name, O_PATH | (last ? 0 : O_DIRECTORY), 0, RESOLVE_POLICY_PLAIN);
		if (next < 0) {
			not_opened(g, p, len);
			return;
		}
		if (last) {
			scope_close(&next);
			if (g->spec->kind == GATE_UNIT)
				look_into_group(g, dir);
			else
				gate_set(g, GATE_OPEN, "%s", "");
			return;
		}
		scope_close(&dir);
		dir = next;
		p += len + 1;
	}
}
