/* SPDX-License-Identifier: MIT */
/* A file as a block device. */
#ifndef LOGINJAIL_LOOP_H
#define LOGINJAIL_LOOP_H

#include <stdint.h>

#include "lib/err.h"

/*
 * A loop device of which image is the content, with these LO_FLAGS_* besides
 * AUTOCLEAR: the kernel frees it as soon as nobody has it open or mounted, also when
 * we are killed right here.  It holds image open until then.
 * @stage: a directory that only root can search, on a mount that allows devices.
 * Returns its descriptor.
 */
int loop_attach(int stage, int image, uint32_t flags, struct err *err);

#endif
