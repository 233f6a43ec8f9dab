/* SPDX-License-Identifier: MIT */
/*
 * Reading the list of mounts: a made-up one, put where the kernel's is.  As root, in
 * mounts of its own; else the kernel's only.
 */
#include <limits.h>

#include "lib/scope.h"
#include "setup/mountinfo.h"
#include "tap.h"
#include "scratch.h"

#define PLAIN "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"

static int copies;
static struct mount_line last;
static char root[64], target[6000], fstype[64], super[128];

static int copy(const struct mount_line *m, void *arg)
{
	int *stop = arg;

	copies++;
	last = *m;
	snprintf(root, sizeof root, "%s", m->root);
	snprintf(target, sizeof target, "%s", m->target);
	snprintf(fstype, sizeof fstype, "%s", m->fstype);
	snprintf(super, sizeof super, "%s", m->super_options);
	return copies == *stop ? -ECANCELED : 0;
}

static int each(struct err *err)
{
	int never = 0;

	copies = 0;
	return mountinfo_each(copy, &never, err);
}

/* The last line of a list. */
static const struct {
	const char *text;
	const char *root, *target, *fstype, *super; /* root NULL: refused */
} cases[] = {
	{PLAIN, "/", "/", "ext4", "rw"},
	{"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "/", "/", "ext4", "rw"},
	{"22 1 8:1 / / rw - ext4 /dev/sda1 rw", "/", "/", "ext4", "rw"},
	{"22 1 8:1 / / rw shared:1 master:2 propagate_from:3 unbindable - ext4 /dev/sda1 rw\n", "/",
	 "/", "ext4", "rw"},
	{"22 1 0:5 / /dev/pts rw - devpts devpts rw,gid=5,mode=620\n", "/", "/dev/pts", "devpts",
	 "rw,gid=5,mode=620"},
	{"22 1 0:5 / /a\\040b rw - tmpfs tmpfs rw\n", "/", "/a b", "tmpfs", "rw"},
	{"22 1 0:5 /x\\011y /a\\012b\\134c rw - tmpfs tmpfs rw\n", "/x\ty", "/a\nb\\c", "tmpfs",
	 "rw"},
	{"22 1 0:5 / /\\040-\\040 rw - tmpfs tmpfs rw\n", "/", "/ - ", "tmpfs", "rw"},
	{"22 1 0:5 / /\\134040 rw - tmpfs tmpfs rw\n", "/", "/\\040", "tmpfs", "rw"},
	{"22 1 0:5 / /a\\ rw - tmpfs tmpfs rw\n", "/", "/a\\", "tmpfs", "rw"},
	{"22 1 0:5 / /a\\04 rw - tmpfs tmpfs rw\n", "/", "/a\\04", "tmpfs", "rw"},
	{"22 1 0:5 / /a\\400 rw - tmpfs tmpfs rw\n", "/", "/a\\400", "tmpfs", "rw"},
	{"22 1 0:5 / /a\\08x rw - tmpfs tmpfs rw\n", "/", "/a\\08x", "tmpfs", "rw"},
	{"22 1 0:5 / /a\\377 rw - tmpfs tmpfs rw\n", "/", "/a\377", "tmpfs", "rw"},
	{"22 1 0:5 / /gone//deleted rw - tmpfs tmpfs rw\n", "/", "/gone//deleted", "tmpfs", "rw"},
	{"22 1 0:31 net:[4026531840] /run/netns/x rw - nsfs nsfs rw\n", "net:[4026531840]",
	 "/run/netns/x", "nsfs", "rw"},
	{"22 1 0:5 / /a rw - tmpfs none\n", "/", "/a", "tmpfs", ""},
	{"22 1 0:5 / /a rw - cgroup  rw,memory\n", "/", "/a", "cgroup", "rw,memory"},

	{"\n", NULL, NULL, NULL, NULL},
	{" - \n", NULL, NULL, NULL, NULL},
	{"22 1 8:1 / / rw\n", NULL, NULL, NULL, NULL},
	{"22 1 8:1 / / rw shared:1\n", NULL, NULL, NULL, NULL},
	{"22 1 8:1 / / - ext4 /dev/sda1 rw\n", NULL, NULL, NULL, NULL},
	{"22 - ext4 /dev/sda1 rw\n", NULL, NULL, NULL, NULL},
	{"22 1 8:1 / / rw -", NULL, NULL, NULL, NULL},
	{"22 1 8:1 / / rw-ext4 /dev/sda1 rw\n", NULL, NULL, NULL, NULL},
	{PLAIN "rubbish\n", NULL, NULL, NULL, NULL},
};

static void made_up(void)
{
	static const char list[] = PLAIN "23 22 0:5 / /proc rw - proc proc rw\n" PLAIN;
	static char text[6000];
	int before = open_fds(), stop, len, odd = 0;
	struct err err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		put(AT_FDCWD, "/proc/self/mountinfo", cases[i].text, 0444);
		if (!cases[i].root) {
			is_int(each(&err), -EINVAL, "case %zu makes no sense", i);
			contains(err.text, "/proc/self/mountinfo", "case %zu: and that is said", i);
			continue;
		}
		is_int(each(&err), 0, "case %zu", i);
		is_int(copies, 1, "case %zu: one mount", i);
		ok(last.id == 22 && last.parent == 1, "case %zu: ids", i);
		is_str(root, cases[i].root, "case %zu: root", i);
		is_str(target, cases[i].target, "case %zu: target", i);
		is_str(fstype, cases[i].fstype, "case %zu: type", i);
		is_str(super, cases[i].super, "case %zu: options", i);
	}

	put(AT_FDCWD, "/proc/self/mountinfo", list, 0444);
	is_int(each(&err), 0, "a list");
	is_int(copies, 3, "of three");
	copies = 0;
	stop = 2;
	is_int(mountinfo_each(copy, &stop, &err), -ECANCELED, "who asks may stop");
	is_int(copies, 2, "at once");
	put(AT_FDCWD, "/proc/self/mountinfo", "", 0444);
	is_int(each(&err), 0, "an empty list");
	is_int(copies, 0, "has none");

	/* As long a path as there may be, all of it escaped. */
	len = snprintf(text, sizeof text, "22 1 0:5 / /");
	for (int i = 0; i < PATH_MAX / 4; i++)
		len += snprintf(text + len, sizeof text - (size_t)len, "\\040");
	snprintf(text + len, sizeof text - (size_t)len, " rw - tmpfs tmpfs rw\n");
	put(AT_FDCWD, "/proc/self/mountinfo", text, 0444);
	is_int(each(&err), 0, "a long path");
	is_int(strlen(target), 1 + PATH_MAX / 4, "is read whole");

	/* Flip a byte, or cut: an answer or a refusal, and nothing else. */
	for (size_t i = 0; i < sizeof list - 1; i++) {
		char bent[sizeof list];
		int r;

		memcpy(bent, list, sizeof list);
		bent[i] = (char)(bent[i] ^ (1 << (i % 7)));
		put(AT_FDCWD, "/proc/self/mountinfo", bent, 0444);
		r = each(&err);
		odd += r != 0 && r != -EINVAL;
		memcpy(bent, list, sizeof list);
		bent[i] = '\0';
		put(AT_FDCWD, "/proc/self/mountinfo", bent, 0444);
		r = each(&err);
		odd += r != 0 && r != -EINVAL;
	}
	is_int(odd, 0, "bent lists");

	(void)unlink("/proc/self/mountinfo");
	is_int(each(&err), -ENOENT, "no list");
	contains(err.text, "/proc/self/mountinfo", "and that is said");
	is_int(each(NULL), -ENOENT, "nobody wants the reason");
	is_int(open_fds(), before, "no descriptor is left");
}

int main(void)
{
	struct err err;
	const char *why;

	is_int(each(&err), 0, "the kernel's list");
	ok(copies > 0, "has a mount");
	why = private_mounts();
	if (why) {
		skip(why);
		return done_testing();
	}
	if (tmpfs_on("/proc")) {
		(void)mkdir("/proc/self", 0755);
		made_up();
		ok(umount2("/proc", MNT_DETACH) == 0, "(uncover /proc)");
	}
	return done_testing();
}
