/* SPDX-License-Identifier: MIT */
/* A profile as the program that the kernel runs; made by libseccomp, in no login. */
#ifndef LOGINJAIL_FILTER_PROGRAM_H
#define LOGINJAIL_FILTER_PROGRAM_H

#include <linux/filter.h>
#include <seccomp.h>
#include <stdint.h>

#include "filter/profile.h"

/* Which of clone's arguments its flags are: on one machine the stack comes first. */
static inline unsigned clone_flags_at(uint32_t arch)
{
	return arch == SCMP_ARCH_S390X || arch == SCMP_ARCH_S390;
}

/* Has this machine's clone that flag among its flags? */
#define CLONE_HAS(flag) SCMP_CMP64(clone_flags_at(seccomp_arch_native()), SCMP_CMP_MASKED_EQ, flag, flag)

/* At most BPF_MAXINSNS instructions into out. Returns how many, or -errno. */
int program_make(const struct profile *p, struct sock_filter *out, struct err *err);

/* What libseccomp makes of ctx, shorter than room.  Returns how many, or -errno. */
int program_export(scmp_filter_ctx ctx, struct sock_filter *out, size_t room, struct err *err);

#endif
