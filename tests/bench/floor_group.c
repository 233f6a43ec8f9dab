/* SPDX-License-Identifier: MIT */
/* Control groups of the floor program: v1 (memory, pids, cpu), or one of v2. */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP "/sys/fs/cgroup"

static const struct {
	const char *controller, *v1_file, *v1_value, *v2_file, *v2_value;
} limits[FLOOR_GROUPS_MAX] = {
	{"memory", "memory.limit_in_bytes", "1073741824", "memory.max", "1073741824"},
	{"pids", "pids.max", "256", "pids.max", "256"},
	{"cpu", "cpu.cfs_quota_us", "100000", "cpu.max", "100000 100000"},
};

/* Whether the comma separated list holds the word. */
static int list_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, word, n) && (p[n] == ',' || !p[n]))
			return 1;
	return 0;
}

static void group_add(struct floor *f, const char *mount, const char *path)
{
	char *to = f->group[f->ngroups];

	if (snprintf(to, PATH_MAX, CGROUP "/%s/%s/floor-%d", mount, path, getpid()) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		floor_die("cgroup");
	}
	f->ngroups++;
}

/* below: the parent's path in each hierarchy; NULL for the group this process is in. */
void floor_group_find(struct floor *f, const char *below)
{
	char line[PATH_MAX], v2[PATH_MAX] = "";
	FILE *in = fopen("/proc/self/cgroup", "re");

	if (!in)
		floor_die("/proc/self/cgroup");
	while (fgets(line, sizeof line, in)) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			continue;
		*list++ = *path++ = 0;
		path[strcspn(path, "\n")] = 0;
		if (!*list)
			(void)snprintf(v2, sizeof v2, "%s", path);
		for (size_t i = 0; i < FLOOR_GROUPS_MAX && *list; i++)
			if (list_has(list, limits[i].controller))
				group_add(f, list, below ? below : path);
	}
	(void)fclose(in);
	if (!f->ngroups) {
		f->v2 = 1;
		group_add(f, "", below ? below : v2);
	}
}

static void write_limit(int dir, const char *file, const char *value)
{
	int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		floor_die(file);
	(void)close(fd);
}

void floor_group_create(struct floor *f)
{
	for (unsigned int g = 0; g < f->ngroups; g++) {
		if (mkdir(f->group[g], 0755))
			floor_die(f->group[g]);
		f->group_fd[g] = open(f->group[g], O_DIRECTORY | O_PATH | O_CLOEXEC);
		if (f->group_fd[g] < 0)
			floor_die(f->group[g]);
		for (size_t i = 0; i < FLOOR_GROUPS_MAX; i++) {
			if (f->v2)
				write_limit(f->group_fd[g], limits[i].v2_file, limits[i].v2_value);
			else if (!faccessat(f->group_fd[g], limits[i].v1_file, F_OK, 0))
				write_limit(f->group_fd[g], limits[i].v1_file, limits[i].v1_value);
		}
	}
	floor_mark(f, "cgroups made, limits set");
}

/* v1 only: in v2 the jail was born there. */
void floor_group_attach(struct floor *f)
{
	char pid[16];

	(void)snprintf(pid, sizeof pid, "%d", f->pid);
	for (unsigned int g = 0; g < f->ngroups; g++)
		write_limit(f->group_fd[g], "cgroup.procs", pid);
}

void floor_group_remove(struct floor *f)
{
	for (unsigned int g = 0; g < f->ngroups; g++) {
		(void)close(f->group_fd[g]);
		/* a reaped process may still be counted for a moment */
		for (int i = 0; rmdir(f->group[g]) && i < 200; i++) {
			if (errno != EBUSY)
				floor_die(f->group[g]);
			(void)usleep(500);
		}
	}
	floor_mark(f, "cgroups removed");
}
