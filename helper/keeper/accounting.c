/* SPDX-License-Identifier: MIT */
/*
 * Of disk traffic the kernel keeps two counts.  That of processes has what they made it
 * read and what they dirtied of the page cache, whether or not that was written yet,
 * but not of processes whose parent ignores its children; that of the group, kept
 * only where a limit needs it, has what came to the device.  The larger one is said.
 */
#include "accounting.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct text {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
}

static void add_number(struct text *t, const char *key, uint64_t n)
{
	if (n != USAGE_UNKNOWN)
		add(t, " %s=%" PRIu64, key, n);
}

static void add_seconds(struct text *t, const char *key, uint64_t us)
{
	if (us != USAGE_UNKNOWN)
		add(t, " %s=%" PRIu64 ".%03" PRIu64, key, us / 1000000, us / 1000 % 1000);
}

static uint64_t in_us(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

/* Of the one that knows, or that knows of more. */
static uint64_t more(uint64_t counted, long blocks)
{
	uint64_t n = (uint64_t)blocks * 512;

	return counted != USAGE_UNKNOWN && counted > n ? counted : n;
}

void accounting_text(const struct cgroup_usage *u, const struct rusage *ru, int64_t seconds,
		     const char *section, char *buf, size_t size)
{
	struct text t = {.buf = buf, .size = size};

	add(&t, "section=%s seconds=%" PRId64, section, seconds);
	add_seconds(&t, "cpu",
		    u->cpu_us != USAGE_UNKNOWN ? u->cpu_us : in_us(&ru->ru_utime) + in_us(&ru->ru_stime));
	add_seconds(&t, "throttled", u->throttled_us);
	add_number(&t, "memory_peak", u->memory_peak);
	add_number(&t, "memory_limit_hits", u->memory_hits);
	add_number(&t, "oom_kills", u->oom_kills);
	add_number(&t, "processes_peak", u->pids_peak);
	add_number(&t, "pids_limit_hits", u->pids_hits);
	add_number(&t, "read", more(u->read, ru->ru_inblock));
	add_number(&t, "written", more(u->written, ru->ru_oublock));
}
