/* SPDX-License-Identifier: MIT */
/* What a jail has used in all, said when it has ended. */
#ifndef LOGINJAIL_ACCOUNTING_H
#define LOGINJAIL_ACCOUNTING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "cgroup/cgroup_usage.h"

/*
 * "key=value key=value": seconds of life, processor seconds, bytes, numbers; what
 * this kernel does not count is left out.  ru is of PID 1, when it was waited for,
 * with all that it has reaped.
 */
void accounting_text(const struct cgroup_usage *u, const struct rusage *ru, int64_t seconds,
		     const char *section, char *buf, size_t size);

#endif
