/* SPDX-License-Identifier: MIT */
/* A gate's process; see gate.h. */
#ifndef LOGINJAIL_GATE_PROCESS_H
#define LOGINJAIL_GATE_PROCESS_H

#include "gate/gate.h"

/* Fill in g->uid.  Sets the state if there is no such user. */
void gate_process_make(struct gate *g);

void gate_process_look(struct gate *g);

/*
 * Is it, by what /proc/PID/status says, a process that counts?  One of the same pid namespace
 * as that /proc, so of no jail and of no container, and with all of its uids this one: of a
 * set-uid program, whoever runs it decides upon the name.
 */
bool gate_process_counts(const char *status, uid_t uid);

#endif
