/* SPDX-License-Identifier: MIT */
/* Mounts of the floor program. */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>


/* What a mask hides: whiteouts on a tmpfs, the top lower layer of the overlay. */
static const char *const masked[] = {
	"root", "boot", "srv", "var/lib/private", "var/log", "var/mail", "var/spool",
	"etc/shadow", "etc/gshadow", "etc/ssl/private", "etc/sudoers", "lost+found",
};
static const char *const mask_dirs[] = {"var", "var/lib", "etc", "etc/ssl"};

static const struct {
	const char *name;
	unsigned int major, minor;
} nodes[] = {
	{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
	{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};
static const char *const dev_links[][2] = {
	{"pts/ptmx", "ptmx"},
	{"/proc/self/fd", "fd"},
	{"/proc/self/fd/0", "stdin"},
	{"/proc/self/fd/1", "stdout"},
	{"/proc/self/fd/2", "stderr"},
};

#ifndef FSOPEN_CLOEXEC
#define FSOPEN_CLOEXEC 1
#define FSMOUNT_CLOEXEC 1
#endif
#define COUNT(a) (sizeof(a) / sizeof *(a))

__attribute__((format(printf, 2, 3))) static const char *fill(char *to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(to, PATH_MAX, fmt, ap) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		floor_die(fmt);
	}
	va_end(ap);
	return to;
}

static void mount_at(const char *type, const char *where, unsigned long flags, const char *data)
{
	if (mount(type, where, type, flags, data))
		floor_die(where);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755))
		floor_die(path);
}

/* A private mount namespace, in it a tmpfs with the mask layer and mount points. */
void floor_stage(struct floor *f)
{
	char path[PATH_MAX];

	f->host_ns = f->fence ? open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC) : -1;
	if (syscall(SYS_unshare, CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		floor_die("private mount namespace");
	floor_mark(f, "private mount namespace");
	mount_at("tmpfs", f->stage, MS_NOSUID | MS_NODEV, "mode=0755");
	if (chdir(f->stage))
		floor_die(f->stage);
	make_dir("base");
	make_dir("root");
	make_dir("mask");
	for (size_t i = 0; i < COUNT(mask_dirs); i++)
		make_dir(fill(path, "mask/%s", mask_dirs[i]));
	for (size_t i = 0; i < COUNT(masked); i++)
		if (mknod(fill(path, "mask/%s", masked[i]), S_IFCHR, makedev(0, 0)))
			floor_die(path);
	floor_mark(f, "tmpfs, mask layer");
}

void floor_upper(struct floor *f)
{
	char path[PATH_MAX];

	fill(f->dir, "%s/floor-%d", f->scratch, getpid());
	make_dir(f->dir);
	make_dir(fill(f->stage, "%s/stage", f->dir));
	for (unsigned int i = 0; i < f->ntrees; i++) {
		make_dir(fill(path, "%s/work%u", f->dir, i));
		make_dir(fill(path, "%s/upper%u", f->dir, i));
		if (chown(path, f->base, f->base))
			floor_die(path);
	}
	floor_mark(f, "upper directories made");
}

static void config(int fd, const char *key, const char *value)
{
	int cmd = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	if (syscall(SYS_fsconfig, fd, cmd, key, value, 0))
		floor_die(key);
}

/* An overlay of one mount of the host with the jail's ids, below a fresh upper layer. */
static void mount_overlay(struct floor *f, int userns, unsigned int i)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};
	const char *host = f->tree[i];
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, host, OPEN_TREE_CLONE | O_CLOEXEC);
	int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), mnt;
	char path[PATH_MAX];

	if (tree < 0 || fs < 0 ||
	    syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr))
		floor_die("idmapped mount");
	/* kernels before 6.15 take no lower layer from a detached mount */
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, "base", MOVE_MOUNT_F_EMPTY_PATH))
		floor_die("base");
	config(fs, "source", "floor");
	config(fs, "lowerdir", i ? "base" : "mask:base");
	config(fs, "upperdir", fill(path, "%s/upper%u", f->dir, i));
	config(fs, "workdir", fill(path, "%s/work%u", f->dir, i));
	config(fs, "volatile", NULL);
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		floor_die("overlay");
	mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	fill(path, "root%s", i ? host : "");
	if (mnt < 0 || syscall(SYS_move_mount, mnt, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH))
		floor_die("overlay");
	(void)close(mnt);
	(void)close(fs);
	(void)close(tree);
}

void floor_root(struct floor *f)
{
	char path[PATH_MAX];
	int userns = open(fill(path, "/proc/%d/ns/user", f->pid), O_RDONLY | O_CLOEXEC);

	if (userns < 0)
		floor_die(path);
	for (unsigned int i = 0; i < f->ntrees; i++)
		mount_overlay(f, userns, i);
	(void)close(userns);
	floor_mark(f, "overlay on idmapped clone");
}

/* The builder makes /dev: device nodes and a devpts of the host's user namespace. */
void floor_dev(struct floor *f)
{
	char path[PATH_MAX];

	mount_at("tmpfs", "root/dev", MS_NOSUID | MS_NOEXEC, "mode=0755");
	for (size_t i = 0; i < COUNT(nodes); i++) {
		dev_t dev = makedev(nodes[i].major, nodes[i].minor);

		if (mknod(fill(path, "root/dev/%s", nodes[i].name), S_IFCHR | 0666, dev) ||
		    chmod(path, 0666))
			floor_die(path);
	}
	for (size_t i = 0; i < COUNT(dev_links); i++)
		if (symlink(dev_links[i][0], fill(path, "root/dev/%s", dev_links[i][1])))
			floor_die(path);
	make_dir("root/dev/pts");
	make_dir("root/dev/shm");
	mount_at("devpts", "root/dev/pts", MS_NOSUID | MS_NOEXEC,
		 "newinstance,ptmxmode=0666,mode=0620,gid=5");
	floor_mark(f, "/dev, nodes, devpts");
}

/*
 * The jail: a mount namespace of its own, with what belongs to its user
 * namespace; then the overlay becomes /.
 */
void floor_enter_root(struct floor *f)
{
	int tree;

	if (syscall(SYS_unshare, CLONE_NEWNS))
		floor_die("the jail's mount namespace");
	floor_mark(f, "the jail's mount namespace");
	/* what was copied from another user namespace is locked, a clone of it is not */
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, "root",
			    OPEN_TREE_CLONE | AT_RECURSIVE | O_CLOEXEC);
	if (tree < 0 || fchdir(tree) ||
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, f->stage, MOVE_MOUNT_F_EMPTY_PATH))
		floor_die("root of the jail");
	mount_at("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("sysfs", "sys", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
	mount_at("tmpfs", "dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("tmpfs", "tmp", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("tmpfs", "run", MS_NOSUID | MS_NODEV, "mode=0755");
	floor_mark(f, "/proc, /sys, three tmpfs");
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
		floor_die("pivot_root");
	(void)close(tree);
	floor_mark(f, "pivot_root, umount");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Let go of the staged mounts, remove the upper layer. */
void floor_remove(struct floor *f)
{
	if (f->fence)
		floor_fence_leave(f);
	else if (chdir("/") || umount2(f->stage, MNT_DETACH))
		floor_die(f->stage);
	floor_mark(f, "staged mounts released");
	if (nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT))
		floor_die(f->dir);
	floor_mark(f, "upper directories removed");
}
