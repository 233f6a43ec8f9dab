/* SPDX-License-Identifier: MIT */
/*
 * A record of the kernel's log, in which any user's process may have its name: it tells of a
 * jail's own group only, and of a name that fits.
 */
#include "keeper/oom_victim.h"

#include "fuzz.h"

#define INSTANCE "4711-0123abcd"

/* Whatever a process calls itself, that is what is told. */
static void check_name(const uint8_t *data, size_t size)
{
	struct oom_victim v = {.name = ""};
	char name[16] = "", record[600];
	size_t n = 0;

	/* As the kernel has it: at most 15 characters, and escaped. */
	for (size_t i = 0; i < size && n < 15; i++)
		name[n++] = data[i] >= ' ' && data[i] < 0x7f ? (char)data[i] : '?';
	snprintf(record, sizeof record,
		 "6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
		 "oom_memcg=/a/" INSTANCE ",task_memcg=/a/" INSTANCE ",task=%s,pid=7,uid=4711\n", name);
	must(oom_victim_parse(record, INSTANCE, &v));
	must(!v.not_its_limit && strcmp(v.name, name) == 0);
	must(!oom_victim_parse(record, "4712-0123abcd", &v));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct oom_victim v = {.name = ""};
	char *record = fuzz_text(data, size);

	if (oom_victim_parse(record, INSTANCE, &v)) {
		must(strstr(record, ";oom-kill:") && strstr(record, INSTANCE));
		must(memchr(v.name, '\0', sizeof v.name));
	}
	check_name(data, size);
	free(record);
	return 0;
}
