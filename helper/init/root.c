/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/caps.h"
#include "lib/fdio.h"
#include "lib/kept.h"
#include "lib/sys.h"

/* Not in every C library's headers. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* Of each kind, at a time, where the user may make any. */
#define NESTED_NAMESPACES "32"

void give_up(const char *fmt, ...)
{
	char text[INIT_COMPLAINT_MAX] = {INIT_COMPLAINT};
	int e = errno;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(text + 1, sizeof text - 1, fmt, ap);
	va_end(ap);
	n = strlen(text);
	snprintf(text + n, sizeof text - n, ": %s", strerror(e));
	(void)send_msg(CTL, text, strlen(text), NULL, 0);
	_exit(1);
}

void tell(char byte)
{
	if (send_msg(CTL, &byte, 1, NULL, 0) < 0)
		_exit(1);
}

static void expect(char byte)
{
	char got;

	if (read(CTL, &got, 1) != 1 || got != byte)
		_exit(1); /* set-up is gone, or gives up */
}

static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &ifr) < 0)
		give_up("loopback interface");
	(void)close(s);
}

void make_namespaces(const struct init_spec *spec)
{
	int flags = CLONE_NEWIPC | CLONE_NEWUTS;

	if (spec->network != INIT_NET_HOST)
		flags |= CLONE_NEWNET;
	if (unshare(flags) < 0)
		give_up("namespaces (see sysctl user.max_net_namespaces)");
	if (spec->hostname[0] && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		give_up("host name");
	if (spec->network == INIT_NET_PRIVATE)
		loopback_up();
}

static void write_or_give_up(const char *path, const char *text)
{
	int r = write_file_at(AT_FDCWD, path, text);

	/* An older kernel has fewer of them. */
	if (r && r != -ENOENT) {
		errno = -r;
		give_up("%s", path);
	}
}

/* In the tree: no namespaces for the user's own, so that the kernel's surface
 * that only their owners see stays out of reach.  Or as many as some containers take. */
static void lower_namespace_limits(const struct init_spec *spec)
{
	static const char *const limits[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
	char path[64];

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		/* The cgroup namespace of our own is still to be made, once. */
		bool own = strcmp(limits[i], "cgroup") == 0;

		snprintf(path, sizeof path, "/proc/sys/user/max_%s_namespaces", limits[i]);
		if (spec->flags & INIT_NESTED)
			write_or_give_up(path, NESTED_NAMESPACES);
		else
			write_or_give_up(path, own ? "1" : "0");
	}
}

/* path is below "t", where the tree is. */
static void no_link(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		give_up("mount point '%s' is not as it was made in the jail's tree " KEPT_REMEDY, path + 1);
	}
}

/* What the host has of its /sys, and nothing in it for writing. */
static void show_host_sys(void)
{
	/* Not in every C library's headers. */
	struct {
		uint64_t attr_set, attr_clr, propagation, userns_fd;
	} attr = {.attr_set = 1 | 2 | 4 | 8 /* MOUNT_ATTR_RDONLY, NOSUID, NODEV, NOEXEC */};

	if (mount("/sys", "t/sys", NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    syscall(SYS_mount_setattr, AT_FDCWD, "t/sys", AT_RECURSIVE, &attr, sizeof attr) < 0)
		give_up("/sys");
}

void take_root(const struct init_spec *spec)
{
	struct statfs fs;
	int tree;

	expect(INIT_TREE);
	if (unshare(CLONE_NEWNS) < 0)
		give_up("mount namespace");
	tell(INIT_COPIED);
	/* All that came with the copy is locked, so that we can't take it apart: a
	 * clone of the tree is ours to make a root of. */
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, "t", OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE);
	if (tree < 0 || syscall(SYS_move_mount, tree, "", AT_FDCWD, "t", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		give_up("cloning the tree");
	/* By path, since nothing below "t" can be a link but what a user has left there. */
	no_link("t/proc");
	no_link("t/sys");
	if (mount("proc", "t/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		give_up("mounting /proc");
	/* With the host's network the kernel lets only the host mount a sysfs. */
	if (spec->network == INIT_NET_HOST)
		show_host_sys();
	else if (mount("sysfs", "t/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		give_up("mounting /sys");
	if (fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
	    chdir("/") < 0)
		give_up("changing root");
	(void)close(tree);
	if (statfs("/proc", &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) {
		errno = ENOTDIR;
		give_up("/proc in the new root");
	}
	lower_namespace_limits(spec);
}

/*
 * What root of a jail can have, where the user may become it: what installing packages
 * and running servers takes, each over the jail's own namespaces only.  Not in it,
 * though common in containers: NET_RAW and MKNOD, which are of no use here, and
 * AUDIT_WRITE, which no user namespace but the first one grants.  And none that
 * mounts, traces, raises limits, sets the network up, or loads code.
 */
static const uint64_t caps_inside_root =
	CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) |
	CAP_BIT(CAP_KILL) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETPCAP) |
	CAP_BIT(CAP_SETFCAP) | CAP_BIT(CAP_NET_BIND_SERVICE) | CAP_BIT(CAP_SYS_CHROOT);

/*
 * What is left to do: become the user in a child, and signal its processes.  The
 * bounding set is lowered here, once for all sessions: what we hold stays, but
 * nothing that is executed can have a capability again, or only those above.
 */
static const uint64_t caps_kept = CAP_BIT(CAP_SETUID) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_KILL);

static void drop_capabilities(const struct init_spec *spec)
{
	/* To unshare the cgroup namespace when we are in our cgroup, and to set the
	 * limit on further ones. */
	const uint64_t until_open = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_SYS_RESOURCE);
	const uint64_t bound = spec->flags & INIT_INSIDE_ROOT ? caps_inside_root : 0;
	int r;

	for (int c = 0;; c++) {
		/* EINVAL: that was the last one that the kernel knows. */
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) < 0 && errno == EINVAL)
			break;
		if ((c > 63 || !(bound & CAP_BIT(c))) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0)
			give_up("lowering the bounding set");
	}
	r = caps_set(caps_kept | until_open);
	if (r) {
		errno = -r;
		give_up("dropping capabilities");
	}
}

/* For every session, once: the filter and no_new_privs are inherited.  Where set-uid
 * programs count there is no no_new_privs; we still have the capability that the
 * kernel wants for a filter without. */
static void confine_calls(const struct init_spec *spec, struct sock_filter *filter)
{
	const bool root = spec->flags & INIT_INSIDE_ROOT;
	const struct sock_fprog prog = {.len = (unsigned short)spec->filter_len, .filter = filter};

	if ((!root && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0)
		give_up("system call filter");
}

void drop_privileges(const struct init_spec *spec, struct sock_filter *filter)
{
	drop_capabilities(spec);
	confine_calls(spec, filter);
}

int drop_the_rest(const struct init_spec *spec)
{
	/* One was left for this, and now there is none. */
	if (unshare(CLONE_NEWCGROUP) < 0 ||
	    (!(spec->flags & INIT_NESTED) &&
	     write_file_at(AT_FDCWD, "/proc/sys/user/max_cgroup_namespaces", "0") < 0))
		return -1;
	return caps_set(caps_kept) < 0 ? -1 : 0;
}
