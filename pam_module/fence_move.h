/* SPDX-License-Identifier: MIT */
/* Moving this process into the jail's fence and network, and back. */
#ifndef LOGINJAIL_FENCE_MOVE_H
#define LOGINJAIL_FENCE_MOVE_H

#include <stdbool.h>
#include <sys/types.h>

/* Where we came from, and what keeps the jail alive. Only descriptors of
 * namespaces and a socket: a directory's could be walked through by
 * ssh -L x:/proc/self/fd/N/... */
struct fence_move {
	int home_mnt, home_net;
	int lease;
	pid_t pid; /* who moved: a forked copy must not move back */
	bool inside;
};

/*
 * Move in.  net may be -EBADF: stay in this network.  Either both moves are made
 * or none.  Owns lease from now on, on failure as well.
 * Returns 0 or -errno; -ENOTRECOVERABLE if the way back failed, too: then this
 * process must not go on.
 */
int fence_move_in(struct fence_move *m, int mnt, int net, int lease);

/* Move back and give the lease up; can be called again. 0 or -errno. */
int fence_move_out(struct fence_move *m);

#endif
