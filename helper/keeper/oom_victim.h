/* SPDX-License-Identifier: MIT */
/* Whom the kernel has killed for want of memory: only its log has the name. */
#ifndef LOGINJAIL_OOM_VICTIM_H
#define LOGINJAIL_OOM_VICTIM_H

#include <stdbool.h>

struct oom_victim {
	char name[17];	    /* of the first one; "" if the log does not say */
	bool limit_of_all;  /* it was killed for the limit of all jails of the user */
	bool not_its_limit; /* for one above that, or for the host's memory */
};

/*
 * The kernel's log from now on: a descriptor, or -errno where that can't be read.  log is
 * one of /dev/kmsg that was opened with O_PATH where there is one, and is closed;
 * proc is of /proc.  That much takes the kernel a while.
 */
int oom_victim_open(int proc, int log);

/* Look in what has come since the last time; kmsg may be negative. */
void oom_victim_read(int kmsg, const char *instance, struct oom_victim *ret);

/* The same for one record, as /dev/kmsg has them.  Returns true if it is about that jail. */
bool oom_victim_parse(const char *record, const char *instance, struct oom_victim *ret);

#endif
