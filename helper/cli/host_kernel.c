/* SPDX-License-Identifier: MIT */
/*
 * The kernel, which all jails share.  Its settings are notes: none is needed for a jail to hold, and
 * each leaves less of the kernel to attack, or is worth more where another door is open.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "cli/host.h"
#include "cli/host_text.h"
#include "cli/text.h"
#include "lib/fdio.h"
#include "lib/scope.h"

#define FLOOR_MAJOR 5
#define FLOOR_MINOR 19

static const struct {
	const char *name; /* as sysctl(8) has it */
	const char *path;
	int64_t min, max, fix;
	const char *why;
} settings[] = {
	{"kernel.unprivileged_userns_clone", "kernel/unprivileged_userns_clone", 0, 0, 0,
	 "users of the host make namespaces, in which much of the kernel is in reach"},
	{"kernel.apparmor_restrict_unprivileged_userns", "kernel/apparmor_restrict_unprivileged_userns", 1, 1, 1,
	 "users of the host make namespaces, in which much of the kernel is in reach"},
	{"kernel.dmesg_restrict", "kernel/dmesg_restrict", 1, INT64_MAX, 1,
	 "anybody reads the kernel's log, with addresses in it"},
	{"kernel.kptr_restrict", "kernel/kptr_restrict", 1, INT64_MAX, 1, "anybody reads the kernel's addresses"},
	{"kernel.yama.ptrace_scope", "kernel/yama/ptrace_scope", 1, INT64_MAX, 1,
	 "a user's processes may trace each other: those of two jails, where another door is open"},
	{"dev.tty.legacy_tiocsti", "dev/tty/legacy_tiocsti", 0, 0, 0,
	 "programs may type into the terminal that they are started from, an administrator's for one"},
	{"kernel.unprivileged_bpf_disabled", "kernel/unprivileged_bpf_disabled", 1, INT64_MAX, 2,
	 "users of the host load BPF programs into the kernel"},
	{"kernel.perf_event_paranoid", "kernel/perf_event_paranoid", 2, INT64_MAX, 2,
	 "users of the host measure what the kernel and others do"},
	{"fs.protected_hardlinks", "fs/protected_hardlinks", 1, INT64_MAX, 1,
	 "users make links to files that are not theirs, for services of root to fall for"},
	{"fs.protected_symlinks", "fs/protected_symlinks", 1, INT64_MAX, 1,
	 "services of root follow links of users in /tmp and the like"},
	{"fs.protected_fifos", "fs/protected_fifos", 1, INT64_MAX, 1,
	 "services of root open FIFOs of users in /tmp and the like"},
	{"fs.protected_regular", "fs/protected_regular", 1, INT64_MAX, 1,
	 "services of root write to files of users in /tmp and the like"},
	{"fs.suid_dumpable", "fs/suid_dumpable", 0, 0, 0, "set-uid programs leave memory images that may be read"},
};

/* 0, or -errno: the kernel has not each of them. */
static int read_setting(const char *path, int64_t *ret)
{
	_cleanup_free_ char *full = text_format("/proc/sys/%s", path);
	char text[32];
	ssize_t n = full ? read_file_at(AT_FDCWD, full, text, sizeof text) : -ENOMEM;

	if (n < 0)
		return (int)n;
	return sscanf(text, "%" SCNd64, ret) == 1 ? 0 : -EINVAL;
}

static int look_at_settings(struct host *h)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		_cleanup_free_ char *fix = NULL;
		int64_t n;
		int r = read_setting(settings[i].path, &n);

		if (r == -ENOMEM)
			return r;
		if (r || (n >= settings[i].min && n <= settings[i].max))
			continue;
		fix = text_format("sysctl %s=%" PRId64 ", and a file of /etc/sysctl.d", settings[i].name,
				  settings[i].fix);
		if (!fix)
			return -ENOMEM;
		host_note(h, settings[i].name, fix, "is %" PRId64 ": %s", n, settings[i].why);
	}
	return 0;
}

int host_kernel(struct host *h)
{
	struct utsname name;
	int64_t namespaces;

	if (uname(&name) == 0 && !kernel_at_least(name.release, FLOOR_MAJOR, FLOOR_MINOR))
		host_open(h, "kernel", "boot a newer one", "%s is older than %d.%d, and makes no jail", name.release,
			  FLOOR_MAJOR, FLOOR_MINOR);
	if (read_setting("user/max_user_namespaces", &namespaces) == 0 && namespaces == 0)
		host_open(h, "user.max_user_namespaces", "close namespaces to users by kernel."
			  "unprivileged_userns_clone or kernel.apparmor_restrict_unprivileged_userns instead",
			  "is 0, for root as well, and no jail can be made");
	return look_at_settings(h);
}
