/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "lib/fdio.h"
#include "lib/paths.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "hostmap.h"
#include "setup/mnt.h"
#include "setup/net.h"
#include "overlay.h"
#include "setup/owner.h"
#include "rootfs_image.h"
#include "sftp.h"
#include "treefiles.h"
#include "volume.h"

/* The layer is in memory: a start-up file is small, a film is not one. */
#define SKEL_FILE_MAX (64 << 10)

/* Directories that are replaced whole: nothing of the host below them counts. */
static const char *const replaced[] = {"/dev", "/proc", "/sys", "/run", "/tmp"};

/* Homes' parents that hold more than homes, and so are not emptied. */
static const char *const shared_parents[] = {"/",    "/etc", "/opt",	 "/usr",
					     "/var", "/lib", "/var/lib", "/usr/local"};

static bool below_replaced(const char *path)
{
	for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++)
		if (path_is_below(path, replaced[i]))
			return true;
	return false;
}

/*
 * The home's path may go through directories that its owner can write, so it is
 * resolved with the owner's authority: whatever links were planted on the way,
 * the result is a directory that the user could have opened anyway, and it must
 * be the user's own.  Works for root-squashing NFS as well.
 */
int tree_open_home(struct jail *j, struct err *err)
{
	const struct identity *id = j->id;
	struct stat st;
	int fd, r;

	/* The thread of the cgroups is not there yet: this is for the whole process,
	 * which has no use for supplementary groups. */
	if (setgroups(id->ngroups, id->groups) < 0)
		return err_set(err, -errno, "taking the groups of %s", id->name);
	(void)setfsgid(id->gid);
	(void)setfsuid(id->uid);
	/* They can't say that they failed: ask. */
	if ((uid_t)setfsuid((uid_t)-1) != id->uid || (gid_t)setfsgid((gid_t)-1) != id->gid)
		return err_set(err, -EPERM, "taking the authority of %s", id->name);
	fd = sys_openat2(AT_FDCWD, id->home, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	r = fd < 0 ? -errno : 0;
	(void)setfsuid(0);
	(void)setfsgid(0);
	if (setgroups(0, NULL) < 0)
		return err_set(err, -errno, "giving the groups of %s up", id->name);
	if ((uid_t)setfsuid((uid_t)-1) != 0 || (gid_t)setfsgid((gid_t)-1) != 0)
		return err_set(err, -EPERM, "taking root's authority back");
	if (r == -ENOENT)
		return err_set(err, r,
			       "the home directory %s does not exist; create it, or set 'home = private'",
			       id->home);
	if (r)
		return err_set(err, r, "opening the home directory %s", id->home);
	j->home_fd = fd;
	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "the home directory %s", id->home);
	if (st.st_uid != id->uid)
		return err_set(err, 0,
			       "the home directory %s belongs to uid %u, not to %s; chown it, "
			       "or set 'home = private'",
			       id->home, st.st_uid, id->name);
	return 0;
}

static int stage_dir(struct jail *j, const char *name, struct err *err)
{
	if (mkdirat(j->stage, name, 0755) < 0)
		return err_set(err, -errno, "making '%s' in the staging tmpfs", name);
	return 0;
}

/* What the layer will lie upon, to be looked at: its ids are not mapped here. */
static int open_below(struct jail *j, struct err *err)
{
	int from = tree_is_host(j) ? j->host : j->rootfs.fd;

	if (j->rootfs.kind == ROOTFS_EROFS || j->rootfs.kind == ROOTFS_SQUASHFS) {
		_cleanup_close_ int mnt = rootfs_image_mount(&j->rootfs, j->stage, MNT_SAFE, err);
		int r = mnt < 0 ? mnt : stage_dir(j, STAGE_IMAGE, err);

		/* It can't be cloned before it is attached. */
		if (!r)
			r = mnt_attach_plain(mnt, j->stage, STAGE_IMAGE, err);
		if (r)
			return r;
		j->layer.host = take_fd(&mnt);
		return 0;
	}
	j->layer.host = openat(from, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return j->layer.host < 0 ? err_set(err, -errno, "the tree below the jail") : 0;
}

int tree_stage(struct jail *j, struct err *err)
{
	static const char *const dirs[] = {STAGE_LAYER, STAGE_TREE, STAGE_FENCE,     STAGE_DEV, STAGE_PTS,
					   STAGE_VOL,	STAGE_FENCE_RUN};
	/* What root writes here is little; the bound is for what we forgot. */
	static const struct mnt_option opts[] = {
		{"mode", "0755"}, {"size", "4M"}, {"nr_inodes", "2048"}, {NULL, NULL}};
	_cleanup_close_ int mnt = mnt_new("tmpfs", opts, MOUNT_ATTR_NOSUID, err);
	char at[sizeof RUNDIR + 8 + INSTANCE_MAX];

	if (mnt < 0)
		return mnt;
	/* By path: our descriptor of it belongs to the host's mount namespace. */
	snprintf(at, sizeof at, RUNDIR "/jail/%s", j->instance);
	if (move_mount(mnt, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(err, -errno, "attaching the staging tmpfs");
	j->stage = take_fd(&mnt);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		int r = stage_dir(j, dirs[i], err);

		if (r)
			return r;
	}
	j->layer.dir = openat(j->stage, STAGE_LAYER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->layer.dir < 0)
		return err_set(err, -errno, "the jail's layer");
	return open_below(j, err);
}

/* A copy of /etc/skel's plain files, as useradd would make it. */
static int copy_skel(struct jail *j, int home, struct err *err)
{
	_cleanup_close_ int skel = sys_openat2(j->layer.host, "/etc/skel", O_RDONLY | O_DIRECTORY, 0,
					       RESOLVE_POLICY_IN_ROOT);
	_cleanup_closedir_ DIR *d = skel < 0 ? NULL : fdopendir(skel);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? 0 : err_set(err, -errno, "/etc/skel");
	(void)take_fd(&skel);
	while ((errno = 0, e = readdir(d))) {
		_cleanup_close_ int in = -EBADF, out = -EBADF;
		struct stat st;
		char buf[8192];
		ssize_t n;

		in = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		/* Links, sockets and devices without a driver can't be opened so. */
		if (in < 0 && (errno == ELOOP || errno == ENXIO || errno == ENODEV))
			continue;
		if (in < 0 || fstat(in, &st) < 0)
			return err_set(err, -errno, "/etc/skel/%s", e->d_name);
		if (!S_ISREG(st.st_mode) || st.st_size > SKEL_FILE_MAX)
			continue;
		out = openat(home, e->d_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		do
			n = out < 0 ? -1 : read(in, buf, sizeof buf);
		while (n > 0 && write_all(out, buf, (size_t)n) == 0);
		if (n != 0 || fchown(out, j->id->uid, j->id->gid) < 0)
			return err_set(err, errno ? -errno : -EIO, "copying /etc/skel/%s", e->d_name);
	}
	return errno ? err_set(err, -errno, "/etc/skel") : 0;
}

static int layer_home(struct jail *j, struct err *err)
{
	struct layer *l = &j->layer;
	const char *home = j->id->home, *slash = strrchr(home, '/');
	_cleanup_close_ int fd = -EBADF;
	char parent[PATH_MAX];
	int r;

	if (j->set->home == HOME_NONE)
		return 0;
	snprintf(parent, sizeof parent, "%.*s", (int)(slash - home), home);
	/* Where people's homes are, others' are too. */
	if (parent[0] && !IN_LIST(parent, shared_parents) && !layer_hides(l, parent)) {
		r = layer_empty(l, parent, err);
		if (r)
			return r;
	}
	r = layer_directory(l, home, err);
	if (r || j->set->home == HOME_BIND)
		return r;
	r = layer_empty(l, home, err);
	if (r)
		return r;
	fd = openat(l->dir, home + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, j->id->uid, j->id->gid) < 0 || fchmod(fd, 0700) < 0)
		return err_set(err, -errno, "making the private home");
	return copy_skel(j, fd, err);
}

/* A mount point for each bind; they can't lie where mounts of our own go. */
static int layer_binds(struct jail *j, const struct binds *binds, struct err *err)
{
	for (size_t i = 0; i < binds->n; i++) {
		const struct bind *b = &binds->v[i];
		struct stat st;
		int r;

		if (below_replaced(b->destination) ||
		    (j->set->home != HOME_NONE && path_is_below(b->destination, j->id->home)))
			return err_set(err, 0,
				       "bind destination '%s' lies in a part of the jail that is made anew; "
				       "choose another",
				       b->destination);
		if (lstat(b->source, &st) < 0)
			return err_set(err, -errno, "bind source '%s'", b->source);
		if (S_ISDIR(st.st_mode))
			r = layer_directory(&j->layer, b->destination, err);
		else
			r = layer_file(&j->layer, b->destination, "", err);
		if (r)
			return r;
	}
	return 0;
}

static int layer_files(struct jail *j, struct err *err)
{
	const struct accounts host = {.root = j->host};
	_cleanup_free_ char *passwd = NULL;
	struct layer *l = &j->layer;
	int r;

	if (!tree_is_host(j))
		return treefiles_make(j, err);
	r = identity_passwd_text(&host, j->id, j->home, j->shell, &passwd, err);
	if (!r)
		r = identity_group_text(&host, j->id, &j->group_text, err);
	if (!r)
		r = layer_file(l, "/etc/passwd", passwd, err);
	if (!r)
		r = layer_file(l, "/etc/group", j->group_text, err);
	if (!r)
		r = net_resolv_text(j, true, &j->resolv_text, err);
	if (!r && j->resolv_text)
		r = layer_file(l, "/etc/resolv.conf", j->resolv_text, err);
	return r || !j->set->hostname[0] ? r : layer_hostname(l, j->set->hostname, err);
}

static int fill_layer(struct jail *j, struct err *err)
{
	struct layer *l = &j->layer;
	struct stat st;
	int r;

	if (fstat(l->host, &st) < 0 || fchmod(l->dir, st.st_mode & 01777) < 0 ||
	    fchown(l->dir, layer_uid(l, st.st_uid), layer_gid(l, st.st_gid)) < 0)
		return err_set(err, -errno, "the jail's layer");
	r = tree_is_host(j) ? layer_mask_host(l, err) : 0;
	for (size_t i = 0; !r && i < sizeof replaced / sizeof *replaced; i++)
		r = layer_empty(l, replaced[i], err);
	if (!r)
		r = layer_home(j, err);
	for (size_t i = 0; !r && i < j->set->mask.n; i++)
		r = layer_mask_path(l, j->set->mask.v[i], err);
	if (!r)
		r = layer_files(j, err);
	if (!r)
		r = layer_binds(j, &j->set->bind, err);
	if (!r)
		r = layer_binds(j, &j->set->bind_ro, err);
	return r;
}

int tree_fill(struct jail *j, struct err *err)
{
	int r;

	j->layer.id = j->id;
	j->layer.sub = j->sub;
	r = owner_take(j->sub.uid, j->sub.gid, err);
	if (r)
		return r;
	r = fill_layer(j, err);
	if (!r)
		r = volumes_make(j, err);
	owner_back();
	/* What can't be looked at in this way, as on NFS, can't have mapped ids either, and for
	 * that there is a remedy. */
	if (r && !tree_is_host(j) && j->rootfs.kind == ROOTFS_DIRECTORY)
		(void)overlay_check_tree(j, err);
	/* Where the names of the layers are looked up. */
	if (!r && fchdir(j->stage) < 0)
		r = err_set(err, -errno, "the staging tmpfs");
	return r;
}

static int attach_clone(struct jail *j, int dirfd, const char *path, bool recursive, uint64_t attr,
			const char *at, struct err *err)
{
	_cleanup_close_ int fd = mnt_clone(dirfd, path, recursive, attr, -EBADF, err);

	return fd < 0 ? fd : mnt_attach(fd, j->tree, at, err);
}

/* Of what is the host's: jail-root must not make files of its own there (hostmap.h), by
 * whomever it is opened.  Who is no root himself goes without such a map where there can
 * be none: in all of a bind, but for its top, if something mounted below that is the one. */
static int attach_hosts(struct jail *j, int map, int fd, bool recursive, uint64_t attr, const char *at,
			struct err *err)
{
	_cleanup_close_ int mnt = mnt_clone(fd, "", recursive, attr, map, err);

	if (map >= 0 && (mnt == -EINVAL || mnt == -EPERM)) {
		if (j->set->inside_root == ANSWER_YES)
			return err_set(err, 0,
				       "the file system of '%s' can't be mounted with mapped ids, which inside_root "
				       "takes: leave it out ('home = private', or no such bind), or use one that can "
				       "(ext4, xfs, btrfs)",
				       at);
		mnt = mnt_clone(fd, "", recursive, attr, -EBADF, err);
		if (mnt >= 0 && recursive)
			(void)mnt_map(mnt, map, NULL);
	}
	return mnt < 0 ? mnt : mnt_attach(mnt, j->tree, at, err);
}

static int mount_binds(struct jail *j, int map, const struct binds *binds, uint64_t attr,
		       struct err *err)
{
	for (size_t i = 0; i < binds->n; i++) {
		const struct bind *b = &binds->v[i];
		_cleanup_close_ int src = sys_openat2(AT_FDCWD, b->source, O_PATH | O_NOFOLLOW, 0,
						      RESOLVE_POLICY_PLAIN);
		int r;

		if (src < 0 && errno == ELOOP)
			return err_set(err, -ELOOP,
				       "bind source '%s' has a symbolic link in its path; name the real one",
				       b->source);
		if (src < 0)
			return err_set(err, -errno, "bind source '%s'", b->source);
		r = attach_hosts(j, map, src, true, attr, b->destination, err);
		if (r)
			return err_prefix(err, r, "bind '%s'", b->source);
	}
	return 0;
}

/* The home, without what is mounted below it: a /proc in somebody's chroot, say. */
static int mount_hosts(struct jail *j, struct err *err)
{
	const bool any = j->set->home == HOME_BIND || j->set->bind.n > 0;
	_cleanup_close_ int map = -EBADF;
	int r = 0;

	if (any && j->roots) {
		map = hostmap_make(j, err);
		if (map < 0)
			return map;
	}
	if (j->set->home == HOME_BIND)
		r = attach_hosts(j, map, j->home_fd, false, MNT_SAFE, j->id->home, err);
	if (!r)
		r = mount_binds(j, map, &j->set->bind, MNT_SAFE, err);
	return r ? r : mount_binds(j, -EBADF, &j->set->bind_ro, MNT_SAFE | MOUNT_ATTR_RDONLY, err);
}

int tree_mount(struct jail *j, struct err *err)
{
	const uint64_t dev = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	int r = overlays_mount(j, err);

	if (!r)
		r = attach_clone(j, j->stage, STAGE_DEV, false, dev | MOUNT_ATTR_RDONLY, "/dev", err);
	if (!r)
		r = attach_clone(j, j->stage, STAGE_PTS, false, dev, "/dev/pts", err);
	if (!r)
		r = attach_clone(j, j->stage, STAGE_VOL "/shm", false, MNT_SAFE, "/dev/shm", err);
	if (!r)
		r = attach_clone(j, j->stage, STAGE_VOL "/tmp", false, MNT_SAFE, "/tmp", err);
	if (!r)
		r = attach_clone(j, j->stage, STAGE_VOL "/run", false, MNT_SAFE, "/run", err);
	if (!r)
		r = mount_hosts(j, err);
	if (!r)
		r = sftp_provide(j, err);
	return r || tree_is_host(j) ? r : treefiles_check_shell(j, err);
}
