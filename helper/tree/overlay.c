/* SPDX-License-Identifier: MIT */
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/caps.h"
#include "lib/fdio.h"
#include "lib/paths.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "setup/mnt.h"
#include "setup/mountinfo.h"
#include "setup/owner.h"
#include "tree.h"

#define OVERLAYS_MAX 32

/* File systems that are no part of a tree. */
static const char *const pseudo[] = {
	"autofs",     "binfmt_misc", "bpf",   "cgroup",	  "cgroup2",  "configfs",   "debugfs",
	"devpts",     "devtmpfs",    "efivarfs", "fusectl", "hugetlbfs", "mqueue",    "nsfs",
	"proc",	      "pstore",	     "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",
	"tmpfs",      "tracefs",
};

struct overlay_list {
	struct jail *j;
	char *target[OVERLAYS_MAX];
	size_t n;
	struct err *err;
};

/* Is this mount what one finds at its target, or is another one on top, or on what leads
 * there?  Returns 1, 0, or a negative error. */
static int mount_is_top(const struct mount_line *m, struct err *err)
{
	struct statx stx;

	if (statx(AT_FDCWD, m->target, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_MNT_ID, &stx) == 0)
		return (stx.stx_mask & STATX_MNT_ID) && stx.stx_mnt_id == (uint64_t)m->id;
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES)
		return 0;
	/* Without it the jail would have what lies below it. */
	return err_set(err, -errno, "the mount on '%s' (what a jail need not have, 'mask' leaves out)", m->target);
}

static int note_tree_mount(const struct mount_line *m, void *arg)
{
	struct overlay_list *list = arg;
	const struct jail *j = list->j;
	size_t n = list->n;
	int r;

	if (strcmp(m->target, "/") == 0 || IN_LIST(m->fstype, pseudo) ||
	    /* A user's, or one whose server we would wait for. */
	    strcmp(m->fstype, "fuse") == 0 || strncmp(m->fstype, "fuse.", 5) == 0 ||
	    layer_hides(&j->layer, m->target) ||
	    (j->set->home == HOME_BIND && path_is_below(m->target, j->id->home)))
		return 0;
	r = mount_is_top(m, list->err);
	if (r <= 0)
		return r;
	/* Some hosts mount one thing over and over. */
	if (n > 0 && strcmp(list->target[n - 1], m->target) == 0)
		return 0;
	if (n == OVERLAYS_MAX)
		return err_set(list->err, -E2BIG,
			       "the host's tree consists of more than %d mounts; hide some with 'mask'",
			       OVERLAYS_MAX);
	list->target[n] = strdup(m->target);
	if (!list->target[n])
		return err_set(list->err, -ENOMEM, "list of mounts");
	list->n++;
	return 0;
}

/*
 * Overlayfs writes the upper layer with the credentials of who mounted it.  Those
 * of uid 0 would let a jail fill the part of the disk that ext4 reserves for root,
 * so it is mounted by the jail's base uid, and with those of root's capabilities only
 * that it needs: CAP_SYS_RESOURCE is above quotas.
 */
static int mount_as_base(const struct jail *j, const char *where, const char *opts)
{
	/* Its own attributes are trusted.*; copying up gives a file its owner, mode, times,
	 * bits and capabilities, in directories of whomever. */
	const uint64_t caps = CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) |
			      CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_SETFCAP);
	/* Of a tree, whose root the user may become, and of nothing else. */
	const unsigned long suid = j->set->inside_root == ANSWER_YES ? 0 : MS_NOSUID;
	const unsigned long flags = suid | MS_NODEV | (j->set->readonly ? MS_RDONLY : 0);
	int r = owner_become(j->sub.uid);

	if (r)
		return r;
	r = owner_narrow(caps);
	if (!r)
		r = mount("loginjail", where, "overlay", flags, opts) < 0 ? -errno : 0;
	owner_raise();
	owner_become_root();
	return r;
}

/*
 * One overlay: number names its pieces, target is where in the jail.  lower is what
 * lies at the bottom, a detached mount with mapped ids, and st its owner and mode
 * without.  A mount of a single file is no directory to put layers on: it is shown
 * read-only.
 */
static int mount_overlay(struct jail *j, unsigned int number, const char *target, int lower,
			 const struct stat *st, struct err *err)
{
	_cleanup_close_ int mine = -EBADF, at = -EBADF, dir = -EBADF;
	char name[16], opts[512], where[64], mine_text[40];
	struct storage_piece piece;
	int r;

	at = number == 0 ? openat(j->stage, STAGE_TREE, O_PATH | O_CLOEXEC)
			 : mnt_point(j->tree, target, lower, err);
	if (at < 0)
		return number == 0 ? err_set(err, -errno, "the jail's root") : at;
	mine = openat(j->layer.dir, number == 0 ? "." : target + 1,
		      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (mine < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_set(err, -errno, "'%s' in the jail's layer", target);
	/* Nor has overlayfs a use for a single layer. */
	if (!S_ISDIR(st->st_mode) || (mine < 0 && j->set->readonly)) {
		r = mnt_set(lower, false, MOUNT_ATTR_RDONLY, 0, err);
		if (!r && move_mount(lower, "", at, "",
				     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			r = err_set(err, -errno, "mounting '%s'", target);
		return r;
	}
	snprintf(name, sizeof name, "l%u", number);
	r = mkdirat(j->stage, name, 0755) < 0 ? err_set(err, -errno, "making '%s' in the staging tmpfs", name) : 0;
	/* Up to 6.14 overlayfs takes no layer that is not attached somewhere. */
	if (!r)
		r = mnt_attach_plain(lower, j->stage, name, err);
	if (r)
		return r;
	r = storage_piece(j, number, target, st, &piece, err);
	dir = piece.dir;
	if (r)
		return r;
	/* "l0" and the like are found in the staging tmpfs, our working directory. */
	snprintf(mine_text, sizeof mine_text, "/proc/self/fd/%d:", mine);
	snprintf(opts, sizeof opts, "lowerdir=%sl%u%s", mine < 0 ? "" : mine_text, number, piece.options);
	snprintf(where, sizeof where, "/proc/self/fd/%d", at);
	r = mount_as_base(j, where, opts);
	if (r) {
		if (r == -EINVAL)
			return err_set(err, r,
				       "overlay for '%s' (is 'state' on a file system that overlayfs can write to, "
				       "and the kernel 5.19 or later?)",
				       target);
		return err_set(err, r, "overlay for '%s'", target);
	}
	return 0;
}

/* A file system of the host's tree. */
static int mount_host_overlay(struct jail *j, unsigned int number, const char *target, struct err *err)
{
	_cleanup_close_ int lower = mnt_clone(AT_FDCWD, target, false, MNT_SAFE, j->userns, err);
	struct stat st;

	if (lower < 0)
		return lower;
	if (stat(target, &st) < 0)
		return err_set(err, -errno, "'%s'", target);
	return mount_overlay(j, number, target, lower, &st, err);
}

/* The tree that the option root names, whole: what is mounted below it is no part of it. */
static int clone_tree(struct jail *j, struct err *err)
{
	static const char *const remedy[] = {
		[ROOTFS_DIRECTORY] = "make it an image, which may lie anywhere (loginjail-rootfs build --image "
				     "erofs), or move it to ext4, xfs or btrfs",
		[ROOTFS_EROFS] = "give this host a kernel that can, or build the tree as a directory",
		[ROOTFS_SQUASHFS] = "for squashfs that takes Linux 6.2 or later: build the tree with --image erofs",
	};
	int lower = mnt_clone(j->layer.host, "", false, MNT_SAFE, j->userns, err);

	if (lower == -EINVAL || lower == -EPERM)
		return err_set(err, 0, "the tree '%s' can't be mounted with mapped ids where it lies: %s",
			       j->rootfs.name, remedy[j->rootfs.kind]);
	return lower;
}

int overlay_check_tree(struct jail *j, struct err *err)
{
	_cleanup_close_ int lower = clone_tree(j, err);

	return lower < 0 ? lower : 0;
}

static int mount_tree_overlay(struct jail *j, struct err *err)
{
	_cleanup_close_ int lower = clone_tree(j, err);
	struct stat st;

	if (lower < 0)
		return lower;
	if (fstat(j->layer.host, &st) < 0)
		return err_set(err, -errno, "the tree '%s'", j->rootfs.name);
	return mount_overlay(j, 0, "/", lower, &st, err);
}

static int open_tree_top(struct jail *j, struct err *err)
{
	j->tree = openat(j->stage, STAGE_TREE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return j->tree < 0 ? err_set(err, -errno, "the jail's root") : 0;
}

int overlays_mount(struct jail *j, struct err *err)
{
	struct overlay_list list = {.j = j, .err = err};
	int r;

	if (!tree_is_host(j)) {
		r = mount_tree_overlay(j, err);
		return r ? r : open_tree_top(j, err);
	}
	r = mountinfo_each(note_tree_mount, &list, err);
	if (!r)
		r = mount_host_overlay(j, 0, "/", err);
	if (!r)
		r = open_tree_top(j, err);
	for (size_t i = 0; !r && i < list.n; i++)
		r = mount_host_overlay(j, (unsigned int)i + 1, list.target[i], err);
	for (size_t i = 0; i < list.n; i++)
		free(list.target[i]);
	return r;
}
