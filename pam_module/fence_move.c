/* SPDX-License-Identifier: MIT */
#include "fence_move.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "lib/scope.h"

static void forget(struct fence_move *m)
{
	scope_close(&m->home_mnt);
	scope_close(&m->home_net);
	scope_close(&m->lease);
	m->home_mnt = m->home_net = m->lease = -EBADF;
	m->inside = false;
}

int fence_move_in(struct fence_move *m, int mnt, int net, int lease)
{
	int r = 0;

	*m = (struct fence_move){.home_mnt = -EBADF, .home_net = -EBADF, .lease = lease, .pid = getpid()};
	/* There is no /proc in the fence, so the way back is opened before. */
	m->home_mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (m->home_mnt >= 0 && net >= 0)
		m->home_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (m->home_mnt < 0 || (net >= 0 && m->home_net < 0))
		r = -errno;
	if (!r && net >= 0 && setns(net, CLONE_NEWNET) < 0)
		r = -errno;
	if (!r && setns(mnt, CLONE_NEWNS) < 0) {
		r = -errno;
		if (net >= 0 && setns(m->home_net, CLONE_NEWNET) < 0)
			r = -ENOTRECOVERABLE;
	}
	if (r)
		forget(m);
	else
		m->inside = true;
	return r;
}

int fence_move_out(struct fence_move *m)
{
	int r = 0;

	if (m->inside && m->pid == getpid()) {
		if (m->home_net >= 0 && setns(m->home_net, CLONE_NEWNET) < 0)
			r = -errno;
		if (setns(m->home_mnt, CLONE_NEWNS) < 0)
			r = -errno;
	}
	forget(m);
	return r;
}
