/* SPDX-License-Identifier: MIT */
/*
 * The fence of the floor program: what the mount namespace is in which sshd's
 * session will be.  A read-only directory of the staging tmpfs as its root, with
 * a dozen files and clones of /dev, devpts, /tmp, a home, /var/log, a run
 * directory and one program.
 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const dirs[] = {
	"fence",     "fence/dev", "fence/tmp", "fence/run", "fence/proc",
	"fence/log", "fence/etc", "fence/bin", "fence/usr", "fence/home",
};
static const char *const files[] = {"enter", "etc/passwd", "etc/group", "etc/nsswitch.conf",
				    "etc/localtime"};
static const char *const shells[] = {"bin/sh", "bin/bash", "bin/dash"};

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define NOEXEC (SAFE | MOUNT_ATTR_NOEXEC)

static const struct {
	const char *what, *at;
	uint64_t attr;
} clones[] = {
	{"fence", "fence", NOEXEC | MOUNT_ATTR_RDONLY}, /* first: the others go on it */
	{"root/dev", "fence/dev", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY},
	{"root/dev/pts", "fence/dev/pts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC},
	{"run", "fence/run", NOEXEC},
	{"tmp", "fence/tmp", NOEXEC},
	{"/var/log", "fence/log", NOEXEC},
	{"/home", "fence/home", NOEXEC},
};

static void clone_attach(const char *what, const char *at, uint64_t attr)
{
	struct mount_attr a = {.attr_set = attr};
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, what, OPEN_TREE_CLONE | O_CLOEXEC);

	if (tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &a, sizeof a) ||
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH))
		floor_die(at);
	(void)close(tree);
}

/* Everything but the last step, while the staged mounts are still in sight. */
void floor_fence(struct floor *f)
{
	char path[PATH_MAX] = "fence/";

	for (size_t i = 0; i < COUNT(dirs); i++)
		if (mkdir(dirs[i], 0755))
			floor_die(dirs[i]);
	if (mkdir("run", 0755) || mkdir("tmp", 01777))
		floor_die("run");
	for (size_t i = 0; i < COUNT(files); i++) {
		int fd;

		(void)strcpy(path + 6, files[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
		if (fd < 0 || write(fd, "root:x:0:0:root:/root:/bin/sh\n", 30) != 30 || close(fd))
			floor_die(path);
	}
	for (size_t i = 0; i < COUNT(shells); i++) {
		(void)strcpy(path + 6, shells[i]);
		if (symlink("/enter", path))
			floor_die(path);
	}
	for (size_t i = 0; i < COUNT(clones); i++)
		clone_attach(clones[i].what, clones[i].at, clones[i].attr);
	clone_attach(f->self, "fence/enter", SAFE | MOUNT_ATTR_RDONLY);
	floor_mark(f, "fence: files, clones");
}

/* The jail has its own copy of the mounts: here only the fence is to be left. */
void floor_fence_enter(struct floor *f)
{
	if (chdir("fence") || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH))
		floor_die("pivot_root of the fence");
	floor_mark(f, "fence: pivot_root, umount");
}

/* Back to the host's mounts, to clean up. */
void floor_fence_leave(struct floor *f)
{
	if (setns(f->host_ns, CLONE_NEWNS))
		floor_die("setns");
	(void)close(f->host_ns);
}
