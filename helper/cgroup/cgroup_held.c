/* SPDX-License-Identifier: MIT */
#include "cgroup_held.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/fdio.h"
#include "lib/scope.h"

/* Tasks and mounts are freed after a grace period or two. */
#define TRIES 15
#define MOMENT_NS 20000000

static uint64_t number_in(int dir, const char *file)
{
	char text[32];
	uint64_t n;

	if (read_file_at(dir, file, text, sizeof text) < 0 || sscanf(text, "%" SCNu64, &n) != 1)
		return 0;
	return n;
}

static uint64_t keyed_in(const char *text, const char *key)
{
	size_t len = strlen(key);
	uint64_t n;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, key, len) == 0 && p[len] == ' ' && sscanf(p + len, "%" SCNu64, &n) == 1)
			return n;
	return 0;
}

/* With what of it is swapped out, where that is counted. */
static uint64_t charged(int dir, bool v2)
{
	uint64_t both;

	if (v2)
		return number_in(dir, "memory.current") + number_in(dir, "memory.swap.current");
	both = number_in(dir, "memory.memsw.usage_in_bytes");
	return both ? both : number_in(dir, "memory.usage_in_bytes");
}

/* What the kernel takes back when it needs to. */
static uint64_t reclaimable(int dir, bool v2)
{
	char text[8192];
	uint64_t file, shmem;

	/* Older kernels bring the statistics up to date for this one, not for the other. */
	if (v2)
		(void)read_file_at(dir, "cpu.stat", text, sizeof text);
	if (read_file_at(dir, "memory.stat", text, sizeof text) < 0)
		return 0;
	file = keyed_in(text, v2 ? "file" : "total_cache");
	shmem = keyed_in(text, v2 ? "shmem" : "total_shmem");
	return (file > shmem ? file - shmem : 0) + (v2 ? keyed_in(text, "slab_reclaimable") : 0);
}

/* Each of these brings in what the processors have in stock, and kills nobody. */
static void empty(int dir, bool v2)
{
	(void)write_file_at(dir, v2 ? "memory.high" : "memory.force_empty", "0");
}

/* v1 has no word for "no limit": it is the largest number of pages. */
static bool limited(int dir, bool v2)
{
	uint64_t max = number_in(dir, v2 ? "memory.max" : "memory.limit_in_bytes");

	return max > 0 && max < INT64_MAX / 2;
}

static int open_group(const struct cgroup *cg, const char *instance, bool *v2)
{
	const struct cgroup_tree *t = cgroup_tree_of(cg, CGROUP_MEMORY);
	char path[sizeof CGROUP_UNIT + 64];
	int fd = -EBADF;

	if (!t)
		return fd;
	*v2 = t->v2;
	snprintf(path, sizeof path, CGROUP_UNIT "/%s", instance);
	if (t->v2)
		fd = openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof path, CGROUP_BASE "/%s", instance);
	return fd >= 0 ? fd : openat(t->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static uint64_t worth(uint64_t n)
{
	return n > CGROUP_HELD_NOISE ? n : 0;
}

uint64_t cgroup_held(const struct cgroup *cg, const char *instance)
{
	static const struct timespec moment = {.tv_nsec = MOMENT_NS};
	bool v2 = false;
	_cleanup_close_ int dir = open_group(cg, instance, &v2);
	uint64_t n, off;

	if (dir < 0 || !limited(dir, v2))
		return 0;
	n = charged(dir, v2);
	off = worth(n) ? reclaimable(dir, v2) : 0;
	if (n <= off || !worth(n - off))
		return 0;
	for (int i = 0; i < TRIES && worth(n); i++) {
		if (i > 0)
			(void)nanosleep(&moment, NULL);
		empty(dir, v2);
		n = charged(dir, v2);
	}
	return worth(n);
}

uint64_t cgroup_held_still(const struct cgroup *cg, const char *instance)
{
	bool v2 = false;
	_cleanup_close_ int dir = open_group(cg, instance, &v2);

	return dir < 0 ? 0 : worth(charged(dir, v2));
}
