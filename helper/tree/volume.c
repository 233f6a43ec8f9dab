/* SPDX-License-Identifier: MIT */
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/scope.h"
#include "setup/mnt.h"

/* Debian's and everybody's: what a new pty's slave belongs to. */
#define TTY_GID 5

static int make_devices(struct jail *j, struct err *err)
{
	static const struct {
		const char *name;
		unsigned int major, minor;
	} nodes[] = {{"null", 1, 3},   {"zero", 1, 5},	  {"full", 1, 7},
		     {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
	static const struct {
		const char *name, *target;
	} links[] = {{"ptmx", "pts/ptmx"},
		     {"fd", "/proc/self/fd"},
		     {"stdin", "/proc/self/fd/0"},
		     {"stdout", "/proc/self/fd/1"},
		     {"stderr", "/proc/self/fd/2"},
		     /* There in the fence only: sshd's own messages. */
		     {"log", "/run/log/socket"}};
	_cleanup_close_ int dev = openat(j->stage, STAGE_DEV, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dev < 0 || mkdirat(dev, "pts", 0755) < 0 || mkdirat(dev, "shm", 0755) < 0)
		return err_set(err, -errno, "making /dev");
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (mknodat(dev, nodes[i].name, S_IFCHR | 0666,
			    makedev(nodes[i].major, nodes[i].minor)) < 0)
			return err_set(err, -errno, "making /dev/%s", nodes[i].name);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0)
			return err_set(err, -errno, "making /dev/%s", links[i].name);
	if (fchown(dev, j->sub.uid, j->sub.gid) < 0)
		return err_set(err, -errno, "making /dev");
	return 0;
}

static int attach_new(struct jail *j, int mnt, const char *at, struct err *err)
{
	_cleanup_close_ int fd = mnt;

	return fd < 0 ? fd : mnt_attach_plain(fd, j->stage, at, err);
}

/* What lives in memory and may be written: one tmpfs, so one bound for all. */
static int make_volume(struct jail *j, struct err *err)
{
	const struct {
		const char *name;
		mode_t mode;
		bool users;
	} dirs[] = {{"tmp", 01777, false},	{"shm", 01777, false},	    {"run", 0755, false},
		    {"run/lock", 01777, false}, {"run/screen", 01777, false}, {"run/user", 0755, false},
		    {"run/user/", 0700, true}};
	char size[24], inodes[24], id[2][16], name[32];
	const struct mnt_option opts[] = {{"mode", "0755"},	   {"size", size}, {"nr_inodes", inodes},
					     {"uid", id[0]},	   {"gid", id[1]}, {NULL, NULL}};
	_cleanup_close_ int vol = -EBADF;
	int r;

	snprintf(size, sizeof size, "%" PRIu64, j->set->tmp);
	/* An inode costs memory that size does not count. */
	snprintf(inodes, sizeof inodes, "%" PRIu64, j->set->tmp / 4096 + 64);
	snprintf(id[0], sizeof id[0], "%u", j->sub.uid);
	snprintf(id[1], sizeof id[1], "%u", j->sub.gid);
	r = attach_new(j, mnt_new("tmpfs", opts, MNT_SAFE, err), STAGE_VOL, err);
	if (r)
		return r;
	vol = openat(j->stage, STAGE_VOL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		if (dirs[i].users)
			snprintf(name, sizeof name, "%s%u", dirs[i].name, j->id->uid);
		else
			snprintf(name, sizeof name, "%s", dirs[i].name);
		if (mkdirat(vol, name, dirs[i].mode) < 0 ||
		    (dirs[i].users && fchownat(vol, name, j->id->uid, j->id->gid, 0) < 0))
			return err_set(err, -errno, "making /%s", name);
	}
	return 0;
}

int volumes_make(struct jail *j, struct err *err)
{
	char max[24], gid[16];
	/* Of the host's user namespace, so that sshd's chown of a pty works; the
	 * bound is there since all instances share the host's pool. */
	const struct mnt_option opts[] = {{"newinstance", NULL}, {"ptmxmode", "0666"}, {"mode", "0620"},
					     {"gid", gid},	    {"max", max},	  {NULL, NULL}};
	int r;

	snprintf(max, sizeof max, "%" PRIu64, j->set->ptys);
	snprintf(gid, sizeof gid, "%u", j->sub.gid + TTY_GID);
	r = make_devices(j, err);
	if (!r)
		r = attach_new(j,
			       mnt_new("devpts", opts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err),
			       STAGE_PTS, err);
	if (!r)
		r = make_volume(j, err);
	return r;
}
