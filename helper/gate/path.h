/* SPDX-License-Identifier: MIT */
/* A gate's path; see gate.h. */
#ifndef LOGINJAIL_GATE_PATH_H
#define LOGINJAIL_GATE_PATH_H

#include "gate/gate.h"

/* Fill in g->path: of a unit where systemd has its control group, below the mount of
 * cgroup v2.  Sets the state if there is none. */
int gate_path_make(struct gate *g, struct err *err);

void gate_path_look(struct gate *g);

/* inotify has something to say.  Returns true if it is worth a look. */
bool gate_path_hear(struct gate *g);

/* The control group that systemd makes for a unit without a slice of its own. -ENAMETOOLONG. */
int gate_unit_group(const char *unit, char *ret, size_t size);

#endif
