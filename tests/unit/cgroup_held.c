/* SPDX-License-Identifier: MIT */
/* What counts as held, on files like the kernel's; that it gives way or stays is seen on real hosts. */
#include "cgroup/cgroup_held.h"
#include "scratch.h"
#include "tap.h"

#define INSTANCE "1000-0123abcd"
#define AT CGROUP_BASE "/" INSTANCE "/"
#define MIB (UINT64_C(1) << 20)

static void v2(const struct cgroup *cg)
{
	ok(put(scratch_fd, AT "memory.max", "67108864\n", 0644) && put(scratch_fd, AT "memory.high", "max\n", 0644) &&
	   put(scratch_fd, AT "memory.swap.current", "0\n", 0644), "(v2)");
	ok(put(scratch_fd, AT "memory.current", "41943040\n", 0644) &&
	   put(scratch_fd, AT "memory.stat", "anon 0\nfile 41943040\nkernel 0\nshmem 0\nslab_reclaimable 0\n", 0644),
	   "(page cache)");
	is_int((int)cgroup_held(cg, INSTANCE), 0, "the page cache is not held");
	ok(put(scratch_fd, AT "memory.stat", "anon 0\nfile 20971520\nshmem 0\nslab_reclaimable 20971520\n", 0644),
	   "(slabs)");
	is_int((int)cgroup_held(cg, INSTANCE), 0, "nor slabs that can be had back");
	ok(put(scratch_fd, AT "memory.stat", "anon 0\nfile 41943040\nshmem 41943040\nslab_reclaimable 0\n", 0644),
	   "(shmem)");
	is_int((int)cgroup_held(cg, INSTANCE), 40 * MIB, "what is in memory only is");
	ok(put(scratch_fd, AT "memory.stat", "anon 0\nfile 0\nshmem 0\nslab_reclaimable 0\n", 0644),
	   "(in no statistics)");
	is_int((int)cgroup_held(cg, INSTANCE), 40 * MIB, "and what is in no statistics");
	ok(put(scratch_fd, AT "memory.swap.current", "1048576\n", 0644), "(swap)");
	is_int((int)cgroup_held_still(cg, INSTANCE), 41 * MIB, "with what is swapped out");
	ok(put(scratch_fd, AT "memory.max", "max\n", 0644), "(no limit)");
	is_int((int)cgroup_held(cg, INSTANCE), 0, "without a limit nothing is");
	is_int((int)cgroup_held(cg, "1000-11111111"), 0, "nor of a group that is not there");
	is_int((int)cgroup_held_still(cg, "1000-11111111"), 0, "at any time");
}

static void v1(const struct cgroup *cg)
{
	ok(put(scratch_fd, AT "memory.limit_in_bytes", "67108864\n", 0644) &&
	   put(scratch_fd, AT "memory.force_empty", "", 0644) &&
	   put(scratch_fd, AT "memory.usage_in_bytes", "41943040\n", 0644) &&
	   put(scratch_fd, AT "memory.stat", "cache 1\ntotal_cache 41943040\ntotal_shmem 20971520\n", 0644), "(v1)");
	is_int((int)cgroup_held(cg, INSTANCE), 40 * MIB, "v1: what is left when it was emptied");
	ok(put(scratch_fd, AT "memory.stat", "total_cache 41943040\ntotal_shmem 0\n", 0644), "(page cache)");
	is_int((int)cgroup_held(cg, INSTANCE), 0, "v1: the page cache is not held");
	ok(put(scratch_fd, AT "memory.memsw.usage_in_bytes", "62914560\n", 0644), "(swap)");
	is_int((int)cgroup_held_still(cg, INSTANCE), 60 * MIB, "v1: with what is swapped out");
	ok(put(scratch_fd, AT "memory.limit_in_bytes", "9223372036854771712\n", 0644), "(no limit)");
	is_int((int)cgroup_held(cg, INSTANCE), 0, "v1: without a limit nothing is");
}

int main(void)
{
	struct cgroup cg = {.ntrees = 1};
	int before;

	if (!scratch_make())
		return done_testing();
	cg.tree[0] = (struct cgroup_tree){
		.v2 = true, .controllers = CGROUP_BASIC, .root = scratch_fd, .dir = -EBADF};
	ok(mkdirat(scratch_fd, CGROUP_BASE, 0755) == 0 && mkdirat(scratch_fd, CGROUP_BASE "/" INSTANCE, 0755) == 0,
	   "(a group)");
	before = open_fds();
	v2(&cg);
	cg.tree[0].v2 = false;
	v1(&cg);
	is_int(open_fds(), before, "no descriptor is left");
	scratch_remove();
	return done_testing();
}
