/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <syslog.h>

#include "lib/log.h"
#include "lib/scope.h"

/* Where in the file: a byte for each login, one for the jail that is a login's alone, by
 * the login's number, and one for the jail that logins share. */
#define JAILS_AT SLOTS_MAX
#define SHARED_AT (2 * SLOTS_MAX)

static int lock_bytes(int fd, int how, short type, unsigned int from, unsigned int n)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = n};

	return fcntl(fd, how, &l) < 0 ? -errno : 0;
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
	if (slots->fd >= 0)
		(void)lock_bytes(slots->fd, F_OFD_SETLK, F_UNLCK, 0, SHARED_AT + 1);
	scope_close(&slots->fd);
	*slots = SLOTS_CLOSED;
}

/* Is there still a jail of a login that had this slot? */
static bool jail_lives(const struct slots *slots, unsigned int slot)
{
	struct flock l = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = JAILS_AT + slot, .l_len = 1};

	return fcntl(slots->fd, F_OFD_GETLK, &l) < 0 || l.l_type != F_UNLCK;
}

static int take(struct slots *slots, uint64_t max, bool no_jail)
{
	for (unsigned int i = 0; i < max && i < SLOTS_MAX; i++) {
		int r;

		if (slots->own[i / 64] & (UINT64_C(1) << (i % 64)))
			continue;
		if (no_jail && jail_lives(slots, i))
			continue;
		r = lock_bytes(slots->fd, F_OFD_SETLK, F_WRLCK, i, 1);
		if (r == 0) {
			slots->own[i / 64] |= UINT64_C(1) << (i % 64);
			return (int)i;
		}
		if (r != -EAGAIN && r != -EACCES)
			return r;
	}
	return -EUSERS;
}

int slots_take(struct slots *slots, uint64_t max)
{
	return take(slots, max, false);
}

/* Wait for the jail that had this place to be dead. */
static int take_jail(const struct slots *slots, const char *user, unsigned int at)
{
	int r = lock_bytes(slots->fd, F_OFD_SETLK, F_WRLCK, at, 1);

	if (r != -EAGAIN && r != -EACCES)
		return r;
	log_line(LOG_INFO, "%s: this login waits until the jail of the last one has ended", user);
	do
		r = lock_bytes(slots->fd, F_OFD_SETLKW, F_WRLCK, at, 1);
	while (r == -EINTR);
	return r;
}

int slots_take_shared_jail(const struct slots *slots, const char *user)
{
	return take_jail(slots, user, SHARED_AT);
}

int slots_take_with_jail(struct slots *slots, const char *user, uint64_t max)
{
	int slot = take(slots, max, true), r;

	if (slot == -EUSERS)
		slot = take(slots, max, false);
	if (slot < 0)
		return slot;
	r = take_jail(slots, user, JAILS_AT + (unsigned int)slot);
	if (r)
		slots_release(slots, slot);
	return r ? r : slot;
}

void slots_release(struct slots *slots, int slot)
{
	if (slot < 0 || slots->fd < 0)
		return;
	(void)lock_bytes(slots->fd, F_OFD_SETLK, F_UNLCK, (unsigned int)slot, 1);
	slots->own[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

void slots_release_all(struct slots *slots)
{
	if (slots->fd >= 0)
		(void)lock_bytes(slots->fd, F_OFD_SETLK, F_UNLCK, 0, SLOTS_MAX);
	memset(slots->own, 0, sizeof slots->own);
}
