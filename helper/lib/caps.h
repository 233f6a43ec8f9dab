/* SPDX-License-Identifier: MIT */
/*
 * Capabilities by system call, for the static programs: they are linked with a C
 * library that libcap is not packaged for.  The rest of the project uses libcap.
 */
#ifndef LOGINJAIL_CAPS_H
#define LOGINJAIL_CAPS_H

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAP_BIT(c) (UINT64_C(1) << (c))

/* Make permitted and effective this set, inheritable none, and ask again.
 * Returns 0 or -errno. */
static inline int caps_set(uint64_t caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct want[2] = {
		{.effective = (uint32_t)caps, .permitted = (uint32_t)caps},
		{.effective = (uint32_t)(caps >> 32), .permitted = (uint32_t)(caps >> 32)},
	}, have[2];

	if (syscall(SYS_capset, &head, want) < 0 || syscall(SYS_capget, &head, have) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (have[i].effective != want[i].effective || have[i].permitted != want[i].permitted ||
		    have[i].inheritable)
			return -EPERM;
	return 0;
}

#endif
