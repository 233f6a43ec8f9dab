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
#include "mnt.h"
#include "mountinfo.h"
#include "owner.h"

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

/* Is this mount what one finds at its target, or is another one on top? */
static bool mount_is_top(const struct mount_line *m)
{
	struct statx stx;

	return statx(AT_FDCWD, m->target, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		     STATX_MNT_ID, &stx) == 0 &&
	       (stx.stx_mask & STATX_MNT_ID) && stx.stx_mnt_id == (uint64_t)m->id;
}

static int note_tree_mount(const struct mount_line *m, void *arg)
{
	struct overlay_list *list = arg;
	const struct jail *j = list->j;
	size_t n = list->n;

	if (strcmp(m->target, "/") == 0 || IN_LIST(m->fstype, pseudo) ||
	    /* A user's, or one whose server we would wait for. */
	    strcmp(m->fstype, "fuse") == 0 || strncmp(m->fstype, "fuse.", 5) == 0 ||
	    layer_hides(&j->layer, m->target) ||
	    (j->set->home == HOME_BIND && path_is_below(m->target, j->id->home)) ||
	    !mount_is_top(m))
		return 0;
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
	const unsigned long flags = MS_NOSUID | MS_NODEV | (j->set->readonly ? MS_RDONLY : 0);
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
 * One overlay: number names its pieces, target is where on the host and in the
 * jail.  A mount of a single file is no directory to put layers on: it is shown
 * read-only.
 */
static int mount_overlay(struct jail *j, unsigned int number, const char *target, struct err *err)
{
	_cleanup_close_ int lower = -EBADF, mine = -EBADF, at = -EBADF, dir = -EBADF;
	char name[16], opts[512], where[64], mine_text[40];
	struct storage_piece piece;
	struct stat st;
	int r;

	lower = mnt_clone(AT_FDCWD, target, false, MNT_SAFE, j->userns, err);
	if (lower < 0)
		return lower;
	if (fstat(lower, &st) < 0 || stat(target, &st) < 0)
		return err_set(err, -errno, "'%s'", target);
	at = number == 0 ? openat(j->stage, STAGE_TREE, O_PATH | O_CLOEXEC)
			 : sys_openat2(j->tree, target, O_PATH, 0, RESOLVE_POLICY_IN_ROOT);
	if (at < 0)
		return err_set(err, -errno, "mount point '%s'", target);
	mine = openat(j->layer.dir, number == 0 ? "." : target + 1,
		      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (mine < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_set(err, -errno, "'%s' in the jail's layer", target);
	/* Nor has overlayfs a use for a single layer. */
	if (!S_ISDIR(st.st_mode) || (mine < 0 && j->set->readonly)) {
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
	r = storage_piece(j, number, target, &st, &piece, err);
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

int overlays_mount(struct jail *j, struct err *err)
{
	struct overlay_list list = {.j = j, .err = err};
	int r;

	r = mountinfo_each(note_tree_mount, &list, err);
	if (!r)
		r = mount_overlay(j, 0, "/", err);
	if (!r) {
		j->tree = openat(j->stage, STAGE_TREE, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (j->tree < 0)
			r = err_set(err, -errno, "the jail's root");
	}
	for (size_t i = 0; !r && i < list.n; i++)
		r = mount_overlay(j, (unsigned int)i + 1, list.target[i], err);
	for (size_t i = 0; i < list.n; i++)
		free(list.target[i]);
	return r;
}
