/* SPDX-License-Identifier: MIT */
/*
 * What is written into which file of a group, on a made-up group of each version; what a
 * host can't enforce; which disk a device is a part of; and what is read back of use.
 * That limits bite needs a kernel, and is tested end to end.
 */
#include "lib/fdio.h"
#include "lib/scope.h"
#include "keeper/accounting.h"
#include "cgroup/cgroup_limits.h"
#include "cgroup/cgroup_usage.h"
#include "keeper/oom_victim.h"
#include "tap.h"
#include "scratch.h"
#include "settings.h"

#include <sys/resource.h>
#include <sys/sysmacros.h>

#define ALL_BUT_CPUACCT (CGROUP_ALL & ~CGROUP_BIT(CGROUP_CPUACCT))

static const char *const v2_files[] = {"memory.max", "memory.high", "memory.swap.max", "pids.max", "cpu.max",
				       "cpu.weight", "cpuset.cpus", "io.max", NULL};
static const char *const v1_files[] = {
	"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "pids.max", "cpu.cfs_quota_us", "cpu.shares",
	"cpuset.cpus", "blkio.throttle.read_bps_device", "blkio.throttle.read_iops_device", NULL};

static void empty_group(const char *const *files, const char *effective)
{
	for (; *files; files++)
		put(scratch_fd, *files, "", 0644);
	put(scratch_fd, effective, "0-1\n", 0644);
}

static void holds(const char *file, const char *want)
{
	char got[256] = "";

	(void)read_file_at(scratch_fd, file, got, sizeof got);
	is_str(got, want, "%s", file);
}

static const char everything[] = "memory = 100M\nswap = 20M\npids = 50\ncpu = 150%\ncpu_weight = 200\n"
				 "cpus = 0-1\nio_read = 1M\nio_read_ops = 70\n";

static void set_v2(void)
{
	static const struct cgroup_tree other = {.v2 = true, .controllers = CGROUP_BIT(CGROUP_PIDS)};
	struct cgroup_tree t = {.v2 = true, .controllers = ALL_BUT_CPUACCT, .dir = scratch_fd};
	struct config *config = settings_of(everything);
	struct settings *set = &config->sections[0].settings;
	struct cgroup_limits l = {.set = set, .device = {{254, 0, true}}, .ndevices = 1};
	struct err err = {""};

	set->memory_high = 90 * MIB;
	set->io_write = 3 * MIB;
	empty_group(v2_files, "cpuset.cpus.effective");
	is_int(cgroup_limits_set(&t, &l, &err), 0, "v2: all is set: %s", err.text);
	holds("memory.max", "104857600");
	holds("memory.high", "94371840");
	holds("memory.swap.max", "20971520");
	holds("pids.max", "50");
	holds("cpu.max", "150000 100000");
	holds("cpu.weight", "200");
	holds("cpuset.cpus", "0-1");
	holds("io.max", "254:0 rbps=1048576 wbps=3145728 riops=70 wiops=max");

	empty_group(v2_files, "cpuset.cpus.effective");
	t.controllers = other.controllers;
	is_int(cgroup_limits_set(&t, &l, &err), 0, "only of the hierarchy's own controllers");
	holds("pids.max", "50");
	holds("memory.max", "");
	holds("io.max", "");

	t.controllers = ALL_BUT_CPUACCT;
	put(scratch_fd, "cpuset.cpus.effective", "0\n", 0644);
	empty_group(v2_files, "x");
	ok(cgroup_limits_set(&t, &l, &err) < 0, "processors that are not to be had refuse");
	contains(err.text, "of the processors 0-1 jails have 0 here", "and that is said");
	config_free(config);
}

/* What was not asked for is not written; what the kernel takes otherwise is refused. */
static void set_little(void)
{
	struct cgroup_tree t = {.v2 = true, .controllers = ALL_BUT_CPUACCT, .dir = scratch_fd};
	struct config *config = settings_of("memory = max\npids = max\ncpu = max\n");
	struct cgroup_limits l = {.set = &config->sections[0].settings};
	struct err err = {""};

	empty_group(v2_files, "cpuset.cpus.effective");
	is_int(cgroup_limits_set(&t, &l, &err), 0, "no limit at all");
	for (const char *const *f = v2_files; *f; f++)
		holds(*f, "");
	is_int(cgroup_limits_need(l.set), CGROUP_BASIC, "and no other controllers");
	config_free(config);

	for (const char *const *f = v2_files; *f; f++) {
		config = settings_of(everything);
		config->sections[0].settings.memory_high = 90 * MIB;
		l = (struct cgroup_limits){
			.set = &config->sections[0].settings, .device = {{254, 0, true}}, .ndevices = 1};
		empty_group(v2_files, "cpuset.cpus.effective");
		ok(unlinkat(scratch_fd, *f, 0) == 0 && symlinkat("/dev/null", scratch_fd, *f) == 0,
		   "(%s forgets)", *f);
		ok(cgroup_limits_set(&t, &l, &err) < 0, "%s: not taken is refused", *f);
		contains(err.text, *f, "%s: and named", *f);
		ok(unlinkat(scratch_fd, *f, 0) == 0, "(%s)", *f);
		if (strcmp(*f, "memory.swap.max") != 0) {
			ok(cgroup_limits_set(&t, &l, &err) < 0, "%s: not there is refused", *f);
		} else {
			ok(cgroup_limits_set(&t, &l, &err) < 0, "swap: what jail.ini says must be");
			config->sections[0].settings.origin[OPTION_swap].kind = ORIGIN_BUILTIN;
			is_int(cgroup_limits_set(&t, &l, &err), 0, "swap: the default where the kernel can");
		}
		config_free(config);
	}
}

static void set_v1(void)
{
	struct cgroup_tree t = {.controllers = CGROUP_ALL, .dir = scratch_fd};
	struct config *config = settings_of(everything);
	struct cgroup_limits l = {
		.set = &config->sections[0].settings, .device = {{8, 0, true}}, .ndevices = 1};
	struct err err = {""};

	empty_group(v1_files, "cpuset.effective_cpus");
	is_int(cgroup_limits_set(&t, &l, &err), 0, "v1: all is set: %s", err.text);
	holds("memory.limit_in_bytes", "104857600");
	holds("memory.memsw.limit_in_bytes", "125829120");
	holds("pids.max", "50");
	holds("cpu.cfs_quota_us", "150000");
	holds("cpu.shares", "2048");
	holds("cpuset.cpus", "0-1");
	holds("blkio.throttle.read_bps_device", "8:0 1048576");
	holds("blkio.throttle.read_iops_device", "8:0 70");
	config_free(config);
}

static void possible(void)
{
	static const struct {
		const char *option;
		enum option_id id;
		unsigned int v1, v2; /* controllers in hierarchies of either version */
		const char *lacks;   /* NULL: possible */
	} row[] = {
		{"memory_high = 20M", OPTION_memory_high, 0, CGROUP_ALL, NULL},
		{"memory_high = 20M", OPTION_memory_high, CGROUP_ALL, 0, "cgroup v1"},
		{"swap = 20M", OPTION_swap, 0, CGROUP_ALL, NULL},
		{"swap = 20M", OPTION_swap, CGROUP_ALL, 0, "swapaccount=1"},
		{"swap = 20M\nmemory = max", OPTION_swap, CGROUP_ALL, 0, "memory has no limit"},
		{"swap = max", OPTION_swap, CGROUP_ALL, 0, NULL},
		{"tmp = 20M", OPTION_swap, CGROUP_ALL, 0, NULL},
		{"cpus = 0", OPTION_cpus, CGROUP_ALL, 0, NULL},
		{"cpus = 0", OPTION_cpus, CGROUP_BASIC, CGROUP_BIT(CGROUP_IO), "'cpuset'"},
		{"io_read = 1M", OPTION_io_read, CGROUP_ALL, 0, NULL},
		{"io_read_ops = 10", OPTION_io_read_ops, CGROUP_BASIC, 0, "'io (blkio)'"},
		{"io_write = 1M", OPTION_io_write, 0, CGROUP_ALL, NULL},
		{"io_write = 1M", OPTION_io_write, CGROUP_ALL, 0, "page cache"},
		{"io_write_ops = 10", OPTION_io_write_ops, CGROUP_BASIC, CGROUP_BIT(CGROUP_IO), "page cache"},
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct config *config = settings_of(row[i].option);
		struct cgroup cg = {.ntrees = 2,
				    .tree = {{.controllers = row[i].v1, .root = scratch_fd},
					     {.v2 = true, .controllers = row[i].v2, .root = scratch_fd}}};
		struct err err = {""};
		int r = cgroup_limits_possible(&cg, row[i].id, &config->sections[0].settings, &err);

		if (row[i].lacks)
			contains(r < 0 ? err.text : "(possible)", row[i].lacks, "%zu, %s: why not", i,
				 options[row[i].id].name);
		else
			is_int(r, 0, "%zu, %s: possible %s", i, options[row[i].id].name, err.text);
		config_free(config);
	}
}

/* The file system of the scratch directory is said to be on these. */
static void devices(void)
{
	struct blockdev d;
	struct err err = {""};
	struct stat st;
	char name[32], to[64];

	if (!ok(fstat(scratch_fd, &st) == 0, "(scratch)") || !tmpfs_on("/sys/dev/block"))
		return;
	ok(blockdev_of(scratch_fd, "it", &d, &err) < 0, "no such device");
	contains(err.text, "it: its file system is not on one block device", "is said");

	snprintf(name, sizeof name, "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	ok(mkdir("/sys/dev/block/disk", 0755) == 0 && mkdir("/sys/dev/block/disk/part", 0755) == 0 &&
		   symlink("disk", name) == 0,
	   "(a disk)");
	is_int(blockdev_of(scratch_fd, "it", &d, &err), 0, "a whole disk");
	ok(d.major == major(st.st_dev) && d.minor == minor(st.st_dev), "is itself");

	snprintf(to, sizeof to, "/sys/dev/block/disk/part");
	ok(unlink(name) == 0 && symlink(to, name) == 0, "(a partition)");
	put(AT_FDCWD, "/sys/dev/block/disk/part/partition", "1\n", 0644);
	put(AT_FDCWD, "/sys/dev/block/disk/dev", "259:7\n", 0644);
	is_int(blockdev_of(scratch_fd, "it", &d, &err), 0, "a partition");
	is_int(d.major * 1000 + d.minor, 259007, "stands for its disk");
	ok(umount2("/sys/dev/block", MNT_DETACH) == 0, "(uncover it)");
}

static void usage(void)
{
	struct cgroup cg = {.ntrees = 1, .tree = {{.v2 = true, .controllers = CGROUP_ALL, .dir = scratch_fd}}};
	struct rusage ru = {.ru_utime = {9, 0}, .ru_inblock = 8, .ru_oublock = 65536};
	struct cgroup_usage u;
	struct cgroup_bounds b;
	char text[512];

	put(scratch_fd, "cpu.stat", "usage_usec 1234567\nuser_usec 1\nnr_throttled 3\nthrottled_usec 2500\n", 0644);
	put(scratch_fd, "memory.current", "4096\n", 0644);
	put(scratch_fd, "memory.peak", "8192\n", 0644);
	put(scratch_fd, "memory.events", "low 0\nhigh 4\nmax 7\noom 2\noom_kill 1\n", 0644);
	put(scratch_fd, "pids.current", "3\n", 0644);
	put(scratch_fd, "pids.events", "max 5\n", 0644);
	put(scratch_fd, "io.stat", "8:0 rbytes=1000 wbytes=100 rios=1 wios=1\n7:0 rbytes=24 wbytes=3\n", 0644);
	put(scratch_fd, "memory.max", "max\n", 0644);
	put(scratch_fd, "pids.max", "20\n", 0644);
	put(scratch_fd, "cpu.max", "50000 100000\n", 0644);
	cgroup_usage_read(&cg, &u);
	is_int(u.pids_peak, USAGE_UNKNOWN, "what the kernel does not count");
	accounting_text(&u, &ru, 61, "a", text, sizeof text);
	is_str(text,
	       "section=a seconds=61 cpu=1.234 throttled=0.002 memory_peak=8192 memory_limit_hits=7 oom_kills=1 "
	       "pids_limit_hits=5 read=4096 written=33554432",
	       "v2: what is said at the end");
	cgroup_bounds_read(&cg, &b);
	ok(b.memory == USAGE_UNKNOWN && b.pids == 20 && b.cpu_permille == 500, "v2: limits");

	cg.tree[0].v2 = false;
	put(scratch_fd, "cpuacct.usage", "2000000000\n", 0644);
	put(scratch_fd, "cpu.stat", "nr_periods 4\nthrottled_time 3000000\n", 0644);
	put(scratch_fd, "memory.max_usage_in_bytes", "16384\n", 0644);
	put(scratch_fd, "memory.failcnt", "1\n", 0644);
	put(scratch_fd, "memory.memsw.failcnt", "2\n", 0644);
	put(scratch_fd, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n", 0644);
	put(scratch_fd, "pids.peak", "9\n", 0644);
	put(scratch_fd, "blkio.throttle.io_service_bytes",
	    "8:0 Read 8000\n8:0 Write 10\n8:0 Total 8010\n", 0644);
	put(scratch_fd, "memory.limit_in_bytes", "9223372036854771712\n", 0644);
	put(scratch_fd, "cpu.cfs_quota_us", "-1\n", 0644);
	put(scratch_fd, "cpu.cfs_period_us", "100000\n", 0644);
	cgroup_usage_read(&cg, &u);
	accounting_text(&u, &ru, 0, "a", text, sizeof text);
	is_str(text,
	       "section=a seconds=0 cpu=2.000 throttled=0.003 memory_peak=16384 memory_limit_hits=4 oom_kills=4 "
	       "processes_peak=9 pids_limit_hits=5 read=8000 written=33554432",
	       "v1: what is said at the end");
	cgroup_bounds_read(&cg, &b);
	ok(b.memory == USAGE_UNKNOWN && b.cpu_permille == USAGE_UNKNOWN, "v1: no limits");
	cg.ntrees = 0;
	cgroup_usage_read(&cg, &u);
	accounting_text(&u, &ru, 0, "a", text, sizeof text);
	is_str(text, "section=a seconds=0 cpu=9.000 read=4096 written=33554432", "without any group: PID 1's");
}

static void victim(void)
{
#define MINE "oom_memcg=/w/loginjail/2001-0123abcd,task_memcg=/w/loginjail/2001-0123abcd"
#define USER "oom_memcg=/w/loginjail/user-2001,task_memcg=/w/loginjail/user-2001/2001-0123abcd"
#define OTHER "oom_memcg=/w/loginjail/2002-0123abcd,task_memcg=/w/loginjail/2002-0123abcd"
#define ABOVE "oom_memcg=/w/loginjail,task_memcg=/w/loginjail/2001-0123abcd"
#define GLOBAL "3,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/2001-0123abcd"
#define HEAD "3,4711,123456,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
	static const struct {
		const char *record, *name; /* NULL: not about it */
		bool other, all;
	} row[] = {
		{HEAD MINE ",task=cc1plus,pid=12,uid=2001\n SUBSYSTEM=x\n", "cc1plus", false},
		{HEAD MINE ",task=a,pid=1,uid=0,p,pid=12,uid=2001\n", "a,pid=1,uid=0,p", false},
		{HEAD MINE ",task=,pid=12,uid=2001\n", "", false},
		{HEAD USER ",task=x,pid=1", "x", false, true},
		{HEAD OTHER ",task=x,pid=1", NULL, false},
		{HEAD ABOVE ",task=x,pid=1", "x", true},
		{GLOBAL ",task=x,pid=1", "x", true},
		{"11,1,2,-;oom-kill:" MINE ",task=x,pid=1", NULL, false},
		{"3,1,2,-;said: oom-kill:" MINE ",task=x,pid=1", NULL, false},
		{"3,1,2,-", NULL, false},
		{"", NULL, false},
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct oom_victim v = {.name = ""};
		bool about = oom_victim_parse(row[i].record, "2001-0123abcd", &v);

		is_int(about, row[i].name != NULL, "record %zu: about this jail", i);
		if (row[i].name) {
			is_str(v.name, row[i].name, "record %zu: who", i);
			is_int(v.not_its_limit, row[i].other, "record %zu: whose limit", i);
			is_int(v.limit_of_all, row[i].all, "record %zu: of all jails of the user", i);
		}
	}
}

int main(void)
{
	const char *why;

	if (!scratch_make())
		return done_testing();
	set_v2();
	set_little();
	set_v1();
	scratch_remove();
	strcpy(strrchr(scratch, '.'), ".XXXXXX");
	if (!scratch_make())
		return done_testing();
	possible();
	usage();
	victim();
	why = private_mounts();
	if (why)
		skip(why);
	else
		devices();
	scratch_remove();
	return done_testing();
}
