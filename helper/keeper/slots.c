/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/scope.h"

static int set_lock(int fd, short type, unsigned int slot)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};

	return fcntl(fd, F_OFD_SETLK, &l) < 0 ? -errno : 0;
}

int slots_open(const struct state *s, uid_t uid, struct slots *ret, struct err *err)
{
	*ret = SLOTS_CLOSED;
	ret->fd = state_open_lock(s, uid, err);
	return ret->fd < 0 ? ret->fd : 0;
}

void slots_close(struct slots *slots)
{
	/* A child that was just forked may still hold a copy: don't leave it to close. */
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (slots->own[i / 64] & (UINT64_C(1) << (i % 64)))
			(void)set_lock(slots->fd, F_UNLCK, i);
	scope_close(&slots->fd);
	*slots = SLOTS_CLOSED;
}

int slots_take(struct slots *slots, uint64_t max)
{
	for (unsigned int i = 0; i < max && i < SLOTS_MAX; i++) {
		int r;

		if (slots->own[i / 64] & (UINT64_C(1) << (i % 64)))
			continue;
		r = set_lock(slots->fd, F_WRLCK, i);
		if (r == 0) {
			slots->own[i / 64] |= UINT64_C(1) << (i % 64);
			return (int)i;
		}
		if (r != -EAGAIN && r != -EACCES)
			return r;
	}
	return -EUSERS;
}

void slots_release(struct slots *slots, int slot)
{
	if (slot < 0 || slots->fd < 0)
		return;
	(void)set_lock(slots->fd, F_UNLCK, (unsigned int)slot);
	slots->own[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}
