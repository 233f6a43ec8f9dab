/* SPDX-License-Identifier: MIT */
#include "owner.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"

/* In between there is no state to go on in. */
static void __attribute__((noreturn)) no_way_back(void)
{
	log_line(LOG_CRIT, "can't become root again (%s): what was begun is left for 'loginjail gc'", strerror(errno));
	_exit(EXIT_FAILURE);
}

/* Without this bit the kernel takes them away when a uid changes from root's. */
static int keep_capabilities(void)
{
	return prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0);
}

/* They return what was, and can't say that they failed: ask again. */
static int set(uid_t uid, gid_t gid)
{
	(void)setfsgid(gid);
	(void)setfsuid(uid);
	return (gid_t)setfsgid((gid_t)-1) == gid && (uid_t)setfsuid((uid_t)-1) == uid ? 0 : -EPERM;
}

int owner_take(uid_t uid, gid_t gid, struct err *err)
{
	if (keep_capabilities() < 0)
		return err_set(err, -errno, "keeping capabilities");
	if (set(uid, gid) < 0) {
		owner_back();
		return err_set(err, -EPERM, "making files as uid %u", uid);
	}
	(void)umask(0);
	return 0;
}

void owner_back(void)
{
	(void)umask(022);
	if (set(0, 0) < 0 || prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) < 0)
		no_way_back();
}

/* The effective set within the permitted one, which stays. */
static int set_effective(uint64_t caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted & (uint32_t)(caps >> (32 * i));
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

int owner_narrow(uint64_t caps)
{
	return set_effective(caps);
}

void owner_raise(void)
{
	if (set_effective(UINT64_MAX))
		no_way_back();
}

int owner_become(uid_t uid)
{
	int r;

	if (keep_capabilities() < 0)
		return -errno;
	if (syscall(SYS_setresuid, -1, uid, -1) == 0)
		return 0;
	r = -errno;
	owner_become_root();
	return r;
}

void owner_become_root(void)
{
	if (syscall(SYS_setresuid, -1, 0, -1) < 0 || prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) < 0 || geteuid() != 0)
		no_way_back();
}
