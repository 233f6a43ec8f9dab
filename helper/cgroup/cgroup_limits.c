/* SPDX-License-Identifier: MIT */
#include "cgroup_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fdio.h"

/* The weight that the kernel gives a group by itself, in v2 and v1. */
#define WEIGHT_DEFAULT 100
#define SHARES_DEFAULT 1024

static bool has(const struct cgroup_tree *t, enum cgroup_controller c)
{
	return t->controllers & CGROUP_BIT(c);
}

bool cgroup_limits_io(const struct settings *set)
{
	return set->io_read != NO_LIMIT || set->io_write != NO_LIMIT || set->io_read_ops != NO_LIMIT ||
	       set->io_write_ops != NO_LIMIT;
}

int cgroup_limits_add_device(struct cgroup_limits *l, int fd, const char *what, struct err *err)
{
	struct blockdev d;
	int r = blockdev_of(fd, what, &d, err);

	if (r)
		return r;
	if ((l->set->io_write != NO_LIMIT || l->set->io_write_ops != NO_LIMIT) && !d.counts_writeback)
		return err_set(err, 0,
			       "writing can't be limited for %s: the kernel can't tell who has written what its "
			       "file system has in the page cache (that of ext4, xfs and f2fs it can)", what);
	for (size_t i = 0; i < l->ndevices; i++)
		if (l->device[i].major == d.major && l->device[i].minor == d.minor)
			return 0;
	if (l->ndevices == CGROUP_DEVICES_MAX)
		return err_set(err, -E2BIG, "the devices whose traffic is limited");
	l->device[l->ndevices++] = d;
	return 0;
}

unsigned int cgroup_limits_need(const struct settings *set)
{
	return CGROUP_BASIC | (set->cpus[0] ? CGROUP_BIT(CGROUP_CPUSET) : 0) |
	       (cgroup_limits_io(set) ? CGROUP_BIT(CGROUP_IO) : 0);
}

/* ---- what the host can do --------------------------------------------------- */

static int missing(const struct cgroup_tree *t, const char *controller, struct err *err)
{
	return t ? 0 : err_set(err, 0, "this host has no cgroup controller '%s'", controller);
}

static int high_possible(const struct cgroup *cg, const struct settings *set, struct err *err)
{
	const struct cgroup_tree *t = cgroup_tree_of(cg, CGROUP_MEMORY);

	if (set->memory_high == NO_LIMIT || !t || t->v2)
		return missing(t, "memory", err);
	return err_set(err, 0, "this host has the memory controller in cgroup v1, which knows no such limit");
}

/* No way round the limit by swapping is asked for by default, where the kernel can;
 * what is written in jail.ini must be. */
static int swap_possible(const struct cgroup *cg, const struct settings *set, struct err *err)
{
	const struct cgroup_tree *t = cgroup_tree_of(cg, CGROUP_MEMORY);

	if (set->swap == LIMIT_MAX || set->origin[OPTION_swap].kind == ORIGIN_BUILTIN || !t || t->v2)
		return missing(t, "memory", err);
	if (set->memory == NO_LIMIT)
		return err_set(err, 0, "cgroup v1 limits swap together with memory, and memory has no limit");
	if (faccessat(t->root, "memory.memsw.limit_in_bytes", F_OK, 0) < 0)
		return err_set(err, 0, "this kernel does not account for swap: boot it with swapaccount=1");
	return 0;
}

static int io_possible(const struct cgroup *cg, bool writes, struct err *err)
{
	const struct cgroup_tree *t = cgroup_tree_of(cg, CGROUP_IO), *memory = cgroup_tree_of(cg, CGROUP_MEMORY);

	if (missing(t, "io (blkio)", err))
		return -EINVAL;
	/* What is written goes through the page cache, and whose that is only v2 knows,
	 * where it has both. */
	if (writes && !(t->v2 && memory && memory->v2))
		return err_set(err, 0,
			       "this host has the controllers of disks and memory in cgroup v1, which does not count "
			       "what is written through the page cache");
	return 0;
}

int cgroup_limits_possible(const struct cgroup *cg, enum option_id id, const struct settings *set,
			   struct err *err)
{
	switch (id) {
	case OPTION_memory_high:
		return high_possible(cg, set, err);
	case OPTION_swap:
		return swap_possible(cg, set, err);
	case OPTION_cpus:
		return set->cpus[0] ? missing(cgroup_tree_of(cg, CGROUP_CPUSET), "cpuset", err) : 0;
	case OPTION_io_read:
		return set->io_read != NO_LIMIT ? io_possible(cg, false, err) : 0;
	case OPTION_io_read_ops:
		return set->io_read_ops != NO_LIMIT ? io_possible(cg, false, err) : 0;
	case OPTION_io_write:
		return set->io_write != NO_LIMIT ? io_possible(cg, true, err) : 0;
	case OPTION_io_write_ops:
		return set->io_write_ops != NO_LIMIT ? io_possible(cg, true, err) : 0;
	default:
		return 0;
	}
}

/* ---- setting --------------------------------------------------------------- */

/* Does the file have that line? */
static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, line, len) == 0 && (p[len] == '\n' || p[len] == '\0'))
			return true;
	return false;
}

/* Write a limit and read it back: the kernel takes some values only in part. */
static int set_value(int dir, const char *file, const char *value, struct err *err)
{
	char got[512];
	ssize_t n;
	int r = write_file_at(dir, file, value);

	if (r)
		return err_set(err, r, "writing '%s' to %s", value, file);
	n = read_file_at(dir, file, got, sizeof got);
	if (n < 0)
		return err_set(err, (int)n, "reading %s back", file);
	if (has_line(got, value))
		return 0;
	got[strcspn(got, "\n")] = '\0';
	return err_set(err, 0, "%s was set to '%s' but the kernel made it '%s'", file, value, got);
}

static int set_number(int dir, const char *file, uint64_t n, struct err *err)
{
	char v[24];

	snprintf(v, sizeof v, "%" PRIu64, n);
	return set_value(dir, file, v, err);
}

/* The kernel counts in pages. */
static uint64_t pages(uint64_t bytes)
{
	return bytes - bytes % (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The file is there only where the kernel accounts for swap. */
static int set_swap(const struct cgroup_tree *t, const struct settings *set, struct err *err)
{
	const char *file = t->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	bool said = set->origin[OPTION_swap].kind != ORIGIN_BUILTIN;
	uint64_t n = pages(set->swap);

	if (set->swap == LIMIT_MAX || (set->memory == NO_LIMIT && !said))
		return 0;
	/* Not there: the kernel does not account for swap. */
	if (faccessat(t->dir, file, F_OK, 0) < 0)
		return said || errno != ENOENT ? err_set(err, -errno, "the option swap: %s", file) : 0;
	if (!t->v2 && __builtin_add_overflow(n, pages(set->memory), &n))
		return 0;
	return set_number(t->dir, file, n, err);
}

int cgroup_limits_set_memory(const struct cgroup_tree *t, const struct settings *set, struct err *err)
{
	int r = 0;

	if (set->memory != NO_LIMIT)
		r = set_number(t->dir, t->v2 ? "memory.max" : "memory.limit_in_bytes", pages(set->memory), err);
	if (!r && set->memory_high != NO_LIMIT)
		r = set_number(t->dir, "memory.high", pages(set->memory_high), err);
	return r ? r : set_swap(t, set, err);
}

int cgroup_limits_set_weight(const struct cgroup_tree *t, uint64_t weight, struct err *err)
{
	return t->v2 ? set_number(t->dir, "cpu.weight", weight, err) :
		       set_number(t->dir, "cpu.shares", weight * SHARES_DEFAULT / WEIGHT_DEFAULT, err);
}

static int set_cpu(const struct cgroup_tree *t, const struct settings *set, struct err *err)
{
	char v[32];
	int r = 0;

	/* The period is the kernel's default, 100 ms. */
	snprintf(v, sizeof v, t->v2 ? "%" PRIu64 " 100000" : "%" PRIu64, set->cpu * 100);
	if (set->cpu != NO_LIMIT)
		r = set_value(t->dir, t->v2 ? "cpu.max" : "cpu.cfs_quota_us", v, err);
	return r || set->cpu_weight == WEIGHT_DEFAULT ? r : cgroup_limits_set_weight(t, set->cpu_weight, err);
}

static int set_cpus(const struct cgroup_tree *t, const char *cpus, struct err *err)
{
	const char *effective = t->v2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus";
	char got[512];
	ssize_t n;
	int r;

	if (!*cpus)
		return 0;
	r = set_value(t->dir, "cpuset.cpus", cpus, err);
	if (r)
		return err_prefix(err, r, "the option cpus");
	n = read_file_at(t->dir, effective, got, sizeof got);
	if (n < 0)
		return err_set(err, (int)n, "reading %s", effective);
	got[strcspn(got, "\n")] = '\0';
	if (strcmp(got, cpus) != 0)
		return err_set(err, 0, "the option cpus: of the processors %s jails have %s here", cpus,
			       *got ? got : "none");
	return 0;
}

static void io_word(char *text, size_t size, const char *name, uint64_t n)
{
	size_t len = strlen(text);

	if (n == NO_LIMIT)
		snprintf(text + len, size - len, " %s=max", name);
	else
		snprintf(text + len, size - len, " %s=%" PRIu64, name, n);
}

static int set_io_v2(int dir, const struct settings *set, const struct blockdev *d, struct err *err)
{
	char v[160];

	snprintf(v, sizeof v, "%u:%u", d->major, d->minor);
	io_word(v, sizeof v, "rbps", set->io_read);
	io_word(v, sizeof v, "wbps", set->io_write);
	io_word(v, sizeof v, "riops", set->io_read_ops);
	io_word(v, sizeof v, "wiops", set->io_write_ops);
	return set_value(dir, "io.max", v, err);
}

static int set_io_v1(int dir, const struct settings *set, const struct blockdev *d, struct err *err)
{
	const struct {
		const char *file;
		uint64_t n;
	} row[] = {
		{"blkio.throttle.read_bps_device", set->io_read},
		{"blkio.throttle.read_iops_device", set->io_read_ops},
	};
	char v[64];
	int r = 0;

	for (size_t i = 0; i < sizeof row / sizeof *row && !r; i++) {
		if (row[i].n == NO_LIMIT)
			continue;
		snprintf(v, sizeof v, "%u:%u %" PRIu64, d->major, d->minor, row[i].n);
		r = set_value(dir, row[i].file, v, err);
	}
	return r;
}

int cgroup_limits_set(const struct cgroup_tree *t, const struct cgroup_limits *l, struct err *err)
{
	const struct settings *set = l->set;
	int r = 0;

	if (has(t, CGROUP_MEMORY))
		r = cgroup_limits_set_memory(t, set, err);
	if (!r && has(t, CGROUP_PIDS) && set->pids != NO_LIMIT)
		r = set_number(t->dir, "pids.max", set->pids, err);
	if (!r && has(t, CGROUP_CPU))
		r = set_cpu(t, set, err);
	if (!r && has(t, CGROUP_CPUSET))
		r = set_cpus(t, set->cpus, err);
	for (size_t i = 0; !r && has(t, CGROUP_IO) && i < l->ndevices; i++)
		r = (t->v2 ? set_io_v2 : set_io_v1)(t->dir, set, &l->device[i], err);
	return r;
}
