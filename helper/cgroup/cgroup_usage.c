/* SPDX-License-Identifier: MIT */
#include "cgroup_usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/fdio.h"

#define TEXT_MAX 4096

uint64_t cgroup_number(int dir, const char *file)
{
	char text[32];
	uint64_t n;

	if (read_file_at(dir, file, text, sizeof text) < 0 || sscanf(text, "%" SCNu64, &n) != 1)
		return USAGE_UNKNOWN;
	return n;
}

uint64_t cgroup_keyed(const char *text, const char *key)
{
	size_t len = strlen(key);
	uint64_t n;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, key, len) == 0 && p[len] == ' ' && sscanf(p + len, "%" SCNu64, &n) == 1)
			return n;
	return USAGE_UNKNOWN;
}

static uint64_t number_in(const struct cgroup_tree *t, const char *file)
{
	return t ? cgroup_number(t->dir, file) : USAGE_UNKNOWN;
}

static uint64_t keyed_in(const struct cgroup_tree *t, const char *file, const char *key)
{
	char text[TEXT_MAX];

	if (!t || read_file_at(t->dir, file, text, sizeof text) < 0)
		return USAGE_UNKNOWN;
	return cgroup_keyed(text, key);
}

/* The sum over all devices: v2 has "rbytes=N" in a line of each, v1 "8:0 Read N". */
static uint64_t summed_in(const struct cgroup_tree *t, const char *file, const char *key)
{
	char text[TEXT_MAX];
	uint64_t sum = 0, n;

	if (!t || read_file_at(t->dir, file, text, sizeof text) < 0)
		return USAGE_UNKNOWN;
	for (const char *p = text; (p = strstr(p, key)); p += strlen(key))
		if (sscanf(p + strlen(key), "%" SCNu64, &n) == 1)
			sum += n;
	return sum;
}

uint64_t cgroup_usage_oom_kills(const struct cgroup_tree *memory)
{
	return keyed_in(memory, memory && memory->v2 ? "memory.events" : "memory.oom_control", "oom_kill");
}

uint64_t cgroup_usage_pids_hits(const struct cgroup_tree *pids)
{
	return keyed_in(pids, "pids.events", "max");
}

/* Every v2 group counts its processors' time, with or without the controller. */
static void read_cpu(const struct cgroup *cg, struct cgroup_usage *u)
{
	const struct cgroup_tree *t = cgroup_tree_of(cg, CGROUP_CPU);

	if (t && t->v2) {
		u->cpu_us = keyed_in(t, "cpu.stat", "usage_usec");
		u->throttled_us = keyed_in(t, "cpu.stat", "throttled_usec");
		return;
	}
	u->cpu_us = number_in(cgroup_tree_of(cg, CGROUP_CPUACCT), "cpuacct.usage");
	if (u->cpu_us != USAGE_UNKNOWN)
		u->cpu_us /= 1000;
	u->throttled_us = keyed_in(t, "cpu.stat", "throttled_time");
	if (u->throttled_us != USAGE_UNKNOWN)
		u->throttled_us /= 1000;
}

/* Where swap has no room of its own, that limit is the one that is hit. */
static uint64_t failures_v1(const struct cgroup_tree *t)
{
	uint64_t memory = number_in(t, "memory.failcnt"), both = number_in(t, "memory.memsw.failcnt");

	return memory == USAGE_UNKNOWN || both == USAGE_UNKNOWN ? memory : memory + both;
}

static void read_memory(const struct cgroup_tree *t, struct cgroup_usage *u)
{
	bool v2 = t && t->v2;

	u->memory = number_in(t, v2 ? "memory.current" : "memory.usage_in_bytes");
	u->memory_peak = number_in(t, v2 ? "memory.peak" : "memory.max_usage_in_bytes");
	u->memory_hits = v2 ? keyed_in(t, "memory.events", "max") : failures_v1(t);
	u->oom_kills = cgroup_usage_oom_kills(t);
	/* Newer kernels leave v1's count alone. */
	if (u->memory_hits != USAGE_UNKNOWN && u->oom_kills != USAGE_UNKNOWN && u->memory_hits < u->oom_kills)
		u->memory_hits = u->oom_kills;
}

static void read_io(const struct cgroup_tree *t, struct cgroup_usage *u)
{
	const char *file = t && t->v2 ? "io.stat" : "blkio.throttle.io_service_bytes";

	u->read = summed_in(t, file, t && t->v2 ? "rbytes=" : "Read ");
	u->written = summed_in(t, file, t && t->v2 ? "wbytes=" : "Write ");
}

void cgroup_usage_read(const struct cgroup *cg, struct cgroup_usage *u)
{
	const struct cgroup_tree *pids = cgroup_tree_of(cg, CGROUP_PIDS);

	read_cpu(cg, u);
	read_memory(cgroup_tree_of(cg, CGROUP_MEMORY), u);
	u->pids = number_in(pids, "pids.current");
	u->pids_peak = number_in(pids, "pids.peak");
	u->pids_hits = cgroup_usage_pids_hits(pids);
	read_io(cgroup_tree_of(cg, CGROUP_IO), u);
}

/* v1 has no word for "no limit" of memory: it is the largest number of pages. */
static uint64_t bound(uint64_t n)
{
	return n >= INT64_MAX / 2 ? USAGE_UNKNOWN : n;
}

static uint64_t read_quota(const struct cgroup_tree *t)
{
	uint64_t quota, period;
	char text[64];

	if (!t)
		return USAGE_UNKNOWN;
	if (t->v2) {
		if (read_file_at(t->dir, "cpu.max", text, sizeof text) < 0 ||
		    sscanf(text, "%" SCNu64 " %" SCNu64, &quota, &period) != 2)
			return USAGE_UNKNOWN;
	} else {
		quota = number_in(t, "cpu.cfs_quota_us");
		period = number_in(t, "cpu.cfs_period_us");
	}
	/* v1 has -1 for none. */
	if (bound(quota) == USAGE_UNKNOWN || bound(period) == USAGE_UNKNOWN || period == 0)
		return USAGE_UNKNOWN;
	return quota * 1000 / period;
}

void cgroup_bounds_read(const struct cgroup *cg, struct cgroup_bounds *ret)
{
	const struct cgroup_tree *memory = cgroup_tree_of(cg, CGROUP_MEMORY);

	ret->memory = bound(number_in(memory, memory && memory->v2 ? "memory.max" : "memory.limit_in_bytes"));
	ret->pids = bound(number_in(cgroup_tree_of(cg, CGROUP_PIDS), "pids.max"));
	ret->cpu_permille = read_quota(cgroup_tree_of(cg, CGROUP_CPU));
}
