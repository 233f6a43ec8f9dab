/* SPDX-License-Identifier: MIT */
/* ps -l: read from the jail's cgroups and processes, so that a keeper is not asked. */
#include "cli/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "cgroup/cgroup.h"
#include "cgroup/cgroup_usage.h"

#define FORM "%-16s %-12s %12s %11s %6s %9s %6s %7s %5s\n"

struct io {
	uint64_t read, written;
};

/* "342", "1.5K", "34M": at most four digits and a letter. */
static const char *size_text(uint64_t n, char buf[16])
{
	static const char units[] = "\0KMGTPE";
	double d = (double)n;
	int u = 0;

	if (n == USAGE_UNKNOWN)
		return "max";
	while (d >= 1023.5) {
		d /= 1024;
		u++;
	}
	snprintf(buf, 16, u && d < 9.95 ? "%.1f%.1s" : "%.0f%.1s", d, units + u);
	return buf;
}

static const char *cpu_text(uint64_t us, uint64_t permille, char buf[40])
{
	char limit[24] = "max";

	if (permille != USAGE_UNKNOWN)
		snprintf(limit, sizeof limit, permille % 10 ? "%.1f%%" : "%.0f%%", (double)permille / 10);
	if (us == USAGE_UNKNOWN)
		snprintf(buf, 40, "?/%s", limit);
	else
		snprintf(buf, 40, "%.2fs/%s", (double)us / 1e6, limit);
	return buf;
}

/* Of a process with the threads it had and the children it has waited for. */
static void add_io(pid_t pid, struct io *io)
{
	char path[40], text[512], *p;
	uint64_t n;

	snprintf(path, sizeof path, "/proc/%d/io", pid);
	if (read_file_at(AT_FDCWD, path, text, sizeof text) < 0)
		return; /* it has just ended */
	p = strstr(text, "\nread_bytes: ");
	if (p && sscanf(p, "\nread_bytes: %" SCNu64, &n) == 1)
		io->read += n;
	p = strstr(text, "\nwrite_bytes: ");
	if (p && sscanf(p, "\nwrite_bytes: %" SCNu64, &n) == 1)
		io->written += n;
}

static int add_all(const struct cgroup *cg, struct io *io)
{
	_cleanup_fclose_ FILE *f = NULL;
	int fd = openat(cgroup_tree_of(cg, CGROUP_PIDS)->dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f)
		return -errno;
	while (fscanf(f, "%d", &pid) == 1)
		add_io(pid, io);
	return 0;
}

static int print(const struct cgroup *cg, const char *user, const char *section)
{
	char cpu[40], now[16], limit[16], peak[16], rd[16], wr[16], memory[40], pids[48], kills[24];
	struct cgroup_bounds b;
	struct cgroup_usage u;
	struct io io = {0};
	int r = add_all(cg, &io);

	if (r)
		return r;
	cgroup_usage_read(cg, &u);
	cgroup_bounds_read(cg, &b);
	if (u.memory == USAGE_UNKNOWN || u.pids == USAGE_UNKNOWN)
		return -ENOENT;
	/* As the log has it at the end: whichever count has more. */
	if (u.read != USAGE_UNKNOWN && u.read > io.read)
		io.read = u.read;
	if (u.written != USAGE_UNKNOWN && u.written > io.written)
		io.written = u.written;
	snprintf(memory, sizeof memory, "%s/%s", size_text(u.memory, now), size_text(b.memory, limit));
	if (b.pids == USAGE_UNKNOWN)
		snprintf(pids, sizeof pids, "%" PRIu64 "/max", u.pids);
	else
		snprintf(pids, sizeof pids, "%" PRIu64 "/%" PRIu64, u.pids, b.pids);
	snprintf(kills, sizeof kills, "%" PRIu64, u.oom_kills == USAGE_UNKNOWN ? 0 : u.oom_kills);
	printf(FORM, user, section, cpu_text(u.cpu_us, b.cpu_permille, cpu), memory,
	       u.memory_peak == USAGE_UNKNOWN ? "?" : size_text(u.memory_peak, peak), pids, size_text(io.read, rd),
	       size_text(io.written, wr), kills);
	return 0;
}

void usage_print_head(void)
{
	printf(FORM, "USER", "JAIL", "CPU", "MEMORY", "PEAK", "PROCS", "READ", "WRITTEN", "KILLS");
}

int usage_print(const char *user, const char *section, const char *instance)
{
	struct cgroup cg;
	struct err err;
	int r = cgroup_find(&cg, CGROUP_BASIC, CGROUP_ALL, &err);

	if (r) {
		fprintf(stderr, "loginjail: %s\n", err.text);
		return r;
	}
	r = cgroup_open(&cg, instance);
	if (!r)
		r = print(&cg, user, section);
	cgroup_close(&cg);
	return r;
}
