/* SPDX-License-Identifier: MIT */
/* A profile as the program that the kernel runs; made by libseccomp, in no login. */
#ifndef LOGINJAIL_FILTER_PROGRAM_H
#define LOGINJAIL_FILTER_PROGRAM_H

#include <linux/filter.h>
#include <seccomp.h>

#include "filter/profile.h"

/* At most BPF_MAXINSNS instructions into out. Returns how many, or -errno. */
int program_make(const struct profile *p, struct sock_filter *out, struct err *err);

/* What libseccomp makes of ctx, shorter than room.  Returns how many, or -errno. */
int program_export(scmp_filter_ctx ctx, struct sock_filter *out, size_t room, struct err *err);

#endif
