/* SPDX-License-Identifier: MIT */
/*
 * Finding the hierarchies, on made-up hosts of all kinds: directories and a list of mounts
 * put where the kernel's is.  Limits need a kernel and are tested end to end.
 * As root, in mounts of its own; skipped otherwise.
 */
#include "lib/fdio.h"
#include "lib/scope.h"
#include "cgroup/cgroup_limits.h"
#include "tap.h"
#include "scratch.h"

#define M (1u << CGROUP_MEMORY)
#define P (1u << CGROUP_PIDS)
#define C (1u << CGROUP_CPU)
#define S (1u << CGROUP_CPUSET)
#define I (1u << CGROUP_IO)
#define A (1u << CGROUP_CPUACCT)

#define V1(name, options) "30 20 0:30 / @/" name " rw - cgroup cgroup rw," options "\n"
#define V2(name) "31 20 0:31 / @/" name " rw - cgroup2 cgroup2 rw,nsdelegate\n"
/* A bind mount of one group of it. */
#define BIND(type, name) "32 20 0:31 /group @/" name " rw - " type " x rw,memory,pids,cpu\n"
#define OTHER "29 20 0:29 / /tmp rw - tmpfs tmpfs rw,memory,pids,cpu\n"

static const struct {
	const char *what;
	const char *mounts;	 /* @ stands for the scratch directory */
	const char *controllers; /* of the v2 hierarchy */
	unsigned int need, also; /* besides the three of every jail */
	struct {
		bool v2;
		unsigned int controllers;
	} tree[CGROUP_CONTROLLER_MAX];
	int ntrees; /* 0: refused, and said is in the reason */
	const char *said;
} hosts[] = {
	{"all in v2",
	 OTHER V2("u"),
	 "cpuset cpu io memory hugetlb pids rdma misc\n",
	  0, 0,
	 {{true, M | P | C}},
	 1,
	 NULL},
	{"just the three", V2("u"), "memory pids cpu\n", 0, 0, {{true, M | P | C}}, 1, NULL},
	{"all in v1",
	 V1("m", "memory") V1("p", "pids") V1("c", "cpu"),
	 "",
	  0, 0,
	 {{false, M}, {false, P}, {false, C}},
	 3,
	 NULL},
	{"v1 as Debian had it",
	 V1("m", "memory") V1("c", "cpu,cpuacct") V1("p", "pids") V1("s", "cpuset")
		 V1("n", "xattr,name=systemd") V2("u"),
	 "",
	  0, 0,
	 {{false, M}, {false, P}, {false, C | A}},
	 3,
	 NULL},
	{"one v1 hierarchy for all",
	 V1("x", "cpuset,cpu,memory,pids"),
	 "",
	  0, 0,
	 {{false, M | P | C | S}},
	 1,
	 NULL},
	{"memory and cpu together",
	 V1("x", "cpu,memory") V1("p", "pids"),
	 "",
	  0, 0,
	 {{false, M | C}, {false, P}},
	 2,
	 NULL},
	{"pids and cpu together",
	 V1("x", "pids,cpu") V1("m", "memory"),
	 "",
	  0, 0,
	 {{false, M}, {false, P | C}},
	 2,
	 NULL},
	{"mixed: memory in v2",
	 V1("c", "cpu") V1("p", "pids") V2("u"),
	 "memory io\n",
	  0, 0,
	 {{false, P}, {false, C}, {true, M}},
	 3,
	 NULL},
	{"mixed: two in v2",
	 V2("u") V1("c", "cpu"),
	 "pids memory\n",
	  0, 0,
	 {{false, C}, {true, M | P}},
	 2,
	 NULL},

	{"v2, and a group of it elsewhere",
	 V2("u") BIND("cgroup2", "none"),
	 "memory pids cpu\n",
	  0, 0,
	 {{true, M | P | C}},
	 1,
	 NULL},
	{"v1, and a group of it elsewhere",
	 V1("x", "memory,pids,cpu") BIND("cgroup", "gone"),
	 "",
	  0, 0,
	 {{false, M | P | C}},
	 1,
	 NULL},

	{"more in v2",
	 V2("u"),
	 "cpuset cpu io memory pids\n",
	 S | I,
	 A,
	 {{true, M | P | C | S | I}},
	 1,
	 NULL},
	{"more, but the host has it not", V2("u"), "cpu memory pids\n", 0, S | I | A, {{true, M | P | C}}, 1, NULL},
	{"more in v1",
	 V1("x", "memory,pids,cpu") V1("s", "cpuset") V1("a", "cpuacct") V1("n", "blkio"),
	 "",
	 S | I,
	 A,
	 {{false, M | P | C}, {false, S}, {false, I}, {false, A}},
	 4,
	 NULL},
	{"more in v1 and v2",
	 V1("x", "memory,pids,cpu") V1("a", "cpuacct") V2("u"),
	 "io cpuset\n",
	 S | I,
	 A,
	 {{false, M | P | C}, {false, A}, {true, S | I}},
	 3,
	 NULL},
	{"there, but not asked for",
	 V1("x", "memory,pids,cpu") V1("s", "cpuset") V1("a", "cpuacct") V1("n", "blkio"),
	 "",
	 0,
	 0,
	 {{false, M | P | C}},
	 1,
	 NULL},
	{"no io", V2("u"), "memory pids cpu\n", I, 0, {{0}}, 0, "'io'"},
	{"no cpuset", V1("x", "memory,pids,cpu") V1("a", "cpuacct"), "", S, 0, {{0}}, 0, "'cpuset'"},

	{"a group of v2 only", BIND("cgroup2", "u"), "memory pids cpu\n", 0, 0, {{0}}, 0, "'memory'"},
	{"nothing", "", "", 0, 0, {{0}}, 0, "'memory'"},
	{"others only", OTHER V1("s", "cpuset") V1("a", "cpuacct"), "", 0, 0, {{0}}, 0, "'memory'"},
	{"no pids", V1("m", "memory") V1("c", "cpu"), "", 0, 0, {{0}}, 0, "'pids'"},
	{"no pids in v2", V2("u"), "memory cpu\n", 0, 0, {{0}}, 0, "'pids'"},
	{"cpuset is not cpu", V2("u"), "memory pids cpuset\n", 0, 0, {{0}}, 0, "'cpu'"},
	{"cpuacct is not cpu",
	 V1("m", "memory") V1("p", "pids") V1("c", "cpuacct"),
	 "",
	  0, 0,
	 {{0}},
	 0,
	 "'cpu'"},
	{"a name is no controller",
	 V1("m", "memory") V1("p", "pids") V1("c", "none,name=cpu"),
	 "",
	  0, 0,
	 {{0}},
	 0,
	 "'cpu'"},
	{"nor a part of one", V2("u"), "memory pids xcpu cpux\n", 0, 0, {{0}}, 0, "'cpu'"},
	{"v2 without its list", V2("none"), "", 0, 0, {{0}}, 0, "'memory'"},
	{"a hierarchy that can't be opened",
	 V1("gone", "memory") V1("p", "pids") V1("c", "cpu"),
	 "",
	  0, 0,
	 {{0}},
	 0,
	 "/gone"},
	{"the last of three can't",
	 V1("m", "memory") V1("p", "pids") V1("gone", "cpu"),
	 "",
	  0, 0,
	 {{0}},
	 0,
	 "/gone"},
	{"rubbish in the list", V1("m", "memory") "rubbish\n", "", 0, 0, {{0}}, 0, "makes no sense"},
};

static void make_host(size_t i)
{
	static const char *const dirs[] = {"u", "m", "p", "c", "x", "s", "a", "n", "none"};
	char text[2048];
	size_t len = 0;

	for (size_t k = 0; k < sizeof dirs / sizeof *dirs; k++)
		(void)mkdirat(scratch_fd, dirs[k], 0755);
	put(scratch_fd, "u/cgroup.controllers", hosts[i].controllers, 0444);
	for (const char *p = hosts[i].mounts; *p; p++)
		len += (size_t)(*p == '@' ? snprintf(text + len, sizeof text - len, "%s", scratch)
					  : snprintf(text + len, sizeof text - len, "%c", *p));
	text[len] = '\0';
	put(AT_FDCWD, "/proc/self/mountinfo", text, 0444);
}

static void find(void)
{
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		int before = open_fds(), r;
		struct err err = {""};
		struct cgroup cg;

		make_host(i);
		r = cgroup_find(&cg, CGROUP_BASIC | hosts[i].need, hosts[i].also, &err);
		if (hosts[i].ntrees == 0) {
			ok(r < 0, "%s: refused", hosts[i].what);
			contains(err.text, hosts[i].said, "%s: and why", hosts[i].what);
		} else {
			is_int(r, 0, "%s: found %s", hosts[i].what, err.text);
			is_int(cg.ntrees, hosts[i].ntrees, "%s: hierarchies", hosts[i].what);
			for (int t = 0; t < hosts[i].ntrees; t++) {
				is_int(cg.tree[t].v2, hosts[i].tree[t].v2, "%s: %d: version",
				       hosts[i].what, t);
				is_int(cg.tree[t].controllers, hosts[i].tree[t].controllers,
				       "%s: %d: controllers", hosts[i].what, t);
				is_int(fcntl(cg.tree[t].root, F_GETFD), FD_CLOEXEC, "%s: %d: open",
				       hosts[i].what, t);
			}
			is_int(cgroup_clone_fd(&cg), -EBADF, "%s: no group yet", hosts[i].what);
			cgroup_close(&cg);
		}
		is_int(cg.ntrees, 0, "%s: closed", hosts[i].what);
		is_int(open_fds(), before, "%s: no descriptor is left", hosts[i].what);
	}
}

/* A group that can't have its limits is not left behind: here no file of the kernel's is. */
static void create(void)
{
	static const struct settings set = {.memory = 1u << 30, .pids = 100, .cpu = 1000, .cpus = (char *)""};
	_cleanup_close_ int lock = openat(scratch_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const struct cgroup_limits limits = {.set = &set, .lock = lock};
	int before = open_fds();
	struct err err = {""};
	struct cgroup cg;

	make_host(2);
	is_int(cgroup_find(&cg, CGROUP_BASIC, 0, &err), 0, "(v1)");
	ok(cgroup_create(&cg, "1000-0123abcd", &limits, &err) < 0, "no limit can be set");
	contains(err.text, "memory.limit_in_bytes", "and that is said");
	for (const char *const *t = (const char *const[]){"m", "p", "c", NULL}; *t; t++) {
		char path[32];

		snprintf(path, sizeof path, "%s/" CGROUP_BASE, *t);
		ok(faccessat(scratch_fd, path, F_OK, 0) < 0, "nothing is left of %s", path);
	}
	is_int(cgroup_remove(&cg, "1000-0123abcd"), 0, "removing what is not there");
	cgroup_close(&cg);
	is_int(cgroup_find(&cg, CGROUP_BASIC, 0, &err), 0, "(once more)");
	ok(mkdirat(scratch_fd, "m/" CGROUP_BASE, 0755) == 0 &&
		   mkdirat(scratch_fd, "m/" CGROUP_BASE "/x", 0755) == 0,
	   "(another jail's group)");
	ok(cgroup_create(&cg, "1000-0123abcd", &limits, &err) < 0, "beside it none can be made");
	ok(faccessat(scratch_fd, "m/" CGROUP_BASE "/x", F_OK, 0) == 0, "and it stays");
	cgroup_close(&cg);

	make_host(0);
	put(scratch_fd, "u/cgroup.subtree_control", "memory\n", 0644);
	is_int(cgroup_find(&cg, CGROUP_BASIC, 0, &err), 0, "(v2)");
	ok(cgroup_create(&cg, "1000-0123abcd", &limits, &err) < 0, "nothing can be handed down");
	ok(faccessat(scratch_fd, "u/" CGROUP_BASE, F_OK, 0) < 0, "nothing is left");
	is_int(cgroup_clone_fd(&cg), -EBADF, "nor a descriptor to be born into");
	cgroup_close(&cg);
	is_int(open_fds(), before, "no descriptor is left");
}

/* Where systemd has a group for us, all happens below that, and it stays. */
static void create_delegated(void)
{
	static const struct settings set = {.memory = 1u << 30, .pids = 100, .cpu = 1000, .cpus = (char *)""};
	_cleanup_close_ int lock = openat(scratch_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const struct cgroup_limits limits = {.set = &set, .lock = lock};
	static const char unit[] = "u/" CGROUP_UNIT;
	int before = open_fds();
	struct err err = {""};
	struct cgroup cg;
	char path[128];

	make_host(0);
	put(scratch_fd, "u/cgroup.subtree_control", "\n", 0644);
	ok(mkdirat(scratch_fd, "u/loginjail.slice", 0755) == 0 && mkdirat(scratch_fd, unit, 0755) == 0,
	   "(the unit's group)");
	put(scratch_fd, "u/" CGROUP_UNIT "/cgroup.subtree_control", "memory\n", 0644);
	ok(mkdirat(scratch_fd, "u/" CGROUP_UNIT "/user-1000", 0755) == 0 &&
		   put(scratch_fd, "u/" CGROUP_UNIT "/user-1000/cgroup.subtree_control", "cpu\n", 0644) &&
		   put(scratch_fd, "u/" CGROUP_UNIT "/user-1000/memory.swap.max", "max\n", 0644),
	   "(the user's group, of jails before)");
	is_int(cgroup_find(&cg, CGROUP_BASIC, 0, &err), 0, "(v2)");
	ok(cgroup_create(&cg, "1000-0123abcd", &limits, &err) < 0, "no limit can be set");
	contains(err.text, "memory.max", "and that is said");
	is_int(read_file_at(scratch_fd, "u/" CGROUP_UNIT "/cgroup.subtree_control", path, sizeof path), 10,
	       "the unit's group");
	contains(path, "+pids +cpu", "hands down what it did not");
	is_int(read_file_at(scratch_fd, "u/" CGROUP_UNIT "/user-1000/cgroup.subtree_control", path,
			    sizeof path), 13, "so does the user's");
	contains(path, "+memory +pids", "what it did not");
	is_int(read_file_at(scratch_fd, "u/cgroup.subtree_control", path, sizeof path), 1,
	       "the root is systemd's");
	cgroup_path(&cg, "1000-0123abcd", path, sizeof path);
	ok(strcmp(path, CGROUP_UNIT "/user-1000/1000-0123abcd") == 0, "its path: %s", path);
	ok(faccessat(scratch_fd, "u/" CGROUP_UNIT "/user-1000/1000-0123abcd", F_OK, 0) < 0,
	   "nothing is left of the jail's");
	ok(faccessat(scratch_fd, unit, F_OK, 0) == 0, "the unit's stays");
	ok(faccessat(scratch_fd, "u/" CGROUP_BASE, F_OK, 0) < 0, "no other is made");
	/* Made before the unit was started, and found by gc after that. */
	ok(mkdirat(scratch_fd, "u/" CGROUP_BASE, 0755) == 0 &&
		   mkdirat(scratch_fd, "u/" CGROUP_BASE "/user-1000", 0755) == 0 &&
		   mkdirat(scratch_fd, "u/" CGROUP_BASE "/user-1000/1000-0123abcd", 0755) == 0,
	   "(one without the unit)");
	is_int(cgroup_remove(&cg, "1000-0123abcd"), 0, "can be removed, too");
	ok(faccessat(scratch_fd, "u/" CGROUP_BASE, F_OK, 0) < 0, "it is gone");
	cgroup_close(&cg);
	is_int(open_fds(), before, "no descriptor is left");
}

int main(void)
{
	const char *why = private_mounts();

	if (why) {
		skip(why);
		return done_testing();
	}
	if (!scratch_make())
		return done_testing();
	if (tmpfs_on("/proc")) {
		(void)mkdir("/proc/self", 0755);
		find();
		create();
		create_delegated();
		ok(umount2("/proc", MNT_DETACH) == 0, "(uncover /proc)");
	}
	scratch_remove();
	return done_testing();
}
