/* SPDX-License-Identifier: MIT */
#include "oom_victim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/cgroup_user.h"
#include "lib/scope.h"

/* What the kernel's log holds at the most is far less. */
#define RECORDS_MAX 100000

int oom_victim_open(int proc, int log)
{
	_cleanup_close_ int path = log;
	char name[32];
	int fd;

	if (log < 0)
		return -EBADF;
	snprintf(name, sizeof name, "self/fd/%d", path);
	fd = openat(proc, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	(void)lseek(fd, 0, SEEK_END);
	return fd;
}

/* Is the value after key, up to the next comma, the path of a group of this name? */
static bool names_group(const char *text, const char *key, const char *name)
{
	const char *p = strstr(text, key);
	size_t len, want = strlen(name);

	if (!p)
		return false;
	p += strlen(key);
	len = strcspn(p, ",\n");
	return len > want && p[len - want - 1] == '/' && strncmp(p + len - want, name, want) == 0;
}

/*
 * 6,1234,56789,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,
 * mems_allowed=0,oom_memcg=/a/user-2001,task_memcg=/a/user-2001/2001-0123abcd,task=hog,pid=7,uid=2001
 *
 * (one line).  task is of the user's making: it comes last but for numbers, has
 * 15 characters, and what is not printable is escaped by the kernel.
 */
bool oom_victim_parse(const char *record, const char *instance, struct oom_victim *ret)
{
	const char *text = strchr(record, ';'), *task, *end = NULL;
	char user[CGROUP_USER_MAX];

	/* Others than the kernel have a facility, and 8 times its number here. */
	if (!text || strtoul(record, NULL, 10) > 7 || strncmp(text + 1, "oom-kill:", 9) != 0)
		return false;
	if (!names_group(text, ",task_memcg=", instance))
		return false;
	cgroup_user_name(instance, user);
	ret->limit_of_all = names_group(text, ",oom_memcg=", user);
	ret->not_its_limit = !ret->limit_of_all && !names_group(text, ",oom_memcg=", instance);
	task = strstr(text, ",task=");
	for (const char *p = task; p && (p = strstr(p, ",pid=")); p++)
		end = p;
	if (task && end)
		snprintf(ret->name, sizeof ret->name, "%.*s", (int)(end - task - 6), task + 6);
	return true;
}

void oom_victim_read(int kmsg, const char *instance, struct oom_victim *ret)
{
	char record[8192];
	bool found = false;

	*ret = (struct oom_victim){.name = ""};
	for (int i = 0; kmsg >= 0 && i < RECORDS_MAX; i++) {
		ssize_t n = read(kmsg, record, sizeof record - 1);

		/* EPIPE: some were overwritten before they were read; go on behind them. */
		if (n < 0 && errno != EPIPE)
			return;
		if (n < 0 || found)
			continue;
		record[n] = '\0';
		found = oom_victim_parse(record, instance, ret);
	}
}
