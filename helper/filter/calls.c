/* SPDX-License-Identifier: MIT */
#include "filter/calls.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

/* From 424 on, a number is the same call on every machine. */
static const struct {
	const char *name;
	int number;
} newer[] = {
	{"cachestat", 451},	{"fchmodat2", 452},	{"map_shadow_stack", 453},
	{"futex_wake", 454},	{"futex_wait", 455},	{"futex_requeue", 456},
	{"statmount", 457},	{"listmount", 458},	{"lsm_get_self_attr", 459},
	{"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
	{"setxattrat", 463},	{"getxattrat", 464},	{"listxattrat", 465},
	{"removexattrat", 466}, {"open_tree_attr", 467}, {"file_getattr", 468},
	{"file_setattr", 469},
#ifdef __x86_64__
	{"uretprobe", 335},	{"uprobe", 336},
#else
	{"uretprobe", CALL_ELSEWHERE}, {"uprobe", CALL_ELSEWHERE},
#endif
	/* An architecture's own, not in every libseccomp. */
	{"riscv_hwprobe", CALL_ELSEWHERE},
};

#define N_NEWER (sizeof newer / sizeof *newer)

int call_number(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number >= 0)
		return number < CALL_END ? number : CALL_ELSEWHERE;
	for (size_t i = 0; i < N_NEWER; i++)
		if (strcmp(newer[i].name, name) == 0)
			return newer[i].number;
	return number == __NR_SCMP_ERROR ? CALL_UNKNOWN : CALL_ELSEWHERE;
}

int call_exists(int number)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
	int found = name != NULL;

	free(name);
	for (size_t i = 0; i < N_NEWER && !found; i++)
		found = newer[i].number == number;
	return found;
}
