/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "mnt.h"
#include "mountinfo.h"
#include "owner.h"

#define OVERLAYS_MAX 32

/* The layer is in memory: a start-up file is small, a film is not one. */
#define SKEL_FILE_MAX (64 << 10)

/* Debian's and everybody's: what a new pty's slave belongs to. */
#define TTY_GID 5

/* Directories that are replaced whole: nothing of the host below them counts. */
static const char *const replaced[] = {"/dev", "/proc", "/sys", "/run", "/tmp"};

/* Homes' parents that hold more than homes, and so are not emptied. */
static const char *const shared_parents[] = {"/",    "/etc", "/opt",	 "/usr",
					     "/var", "/lib", "/var/lib", "/usr/local"};

/* File systems that are no part of a tree. */
static const char *const pseudo[] = {
	"autofs",     "binfmt_misc", "bpf",   "cgroup",	  "cgroup2",  "configfs",   "debugfs",
	"devpts",     "devtmpfs",    "efivarfs", "fusectl", "hugetlbfs", "mqueue",    "nsfs",
	"proc",	      "pstore",	     "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",
	"tmpfs",      "tracefs",
};

static bool in_list(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, list[i]) == 0)
			return true;
	return false;
}

#define IN_LIST(s, list) in_list((s), (list), sizeof(list) / sizeof *(list))

static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (strcmp(top, "/") == 0)
		return true;
	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool below_replaced(const char *path)
{
	for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++)
		if (is_below(path, replaced[i]))
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
	/* setfsuid can't say that it failed: ask. */
	if ((uid_t)setfsuid((uid_t)-1) != id->uid)
		return err_set(err, -EPERM, "taking the authority of %s", id->name);
	fd = sys_openat2(AT_FDCWD, id->home, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	r = fd < 0 ? -errno : 0;
	(void)setfsuid(0);
	(void)setfsgid(0);
	if (setgroups(0, NULL) < 0)
		return err_set(err, -errno, "giving the groups of %s up", id->name);
	if ((uid_t)setfsuid((uid_t)-1) != 0)
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
	return 0;
}

/* A copy of /etc/skel's plain files, as useradd would make it. */
static int copy_skel(struct jail *j, int home, struct err *err)
{
	_cleanup_closedir_ DIR *d = opendir("/etc/skel");
	struct dirent *e;

	if (!d)
		return 0;
	while ((errno = 0, e = readdir(d))) {
		_cleanup_close_ int in = -EBADF, out = -EBADF;
		struct stat st;
		char buf[8192];
		ssize_t n;

		in = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (in < 0 || fstat(in, &st) < 0 || !S_ISREG(st.st_mode) ||
		    st.st_size > SKEL_FILE_MAX)
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
		    (j->set->home != HOME_NONE && is_below(b->destination, j->id->home)))
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
	_cleanup_free_ char *passwd = NULL;
	struct layer *l = &j->layer;
	char text[512];
	int r;

	r = identity_passwd_text(j->id, j->home, j->shell, &passwd, err);
	if (!r)
		r = identity_group_text(j->id, &j->group_text, err);
	if (!r)
		r = layer_file(l, "/etc/passwd", passwd, err);
	if (!r)
		r = layer_file(l, "/etc/group", j->group_text, err);
	if (r || !j->set->hostname[0])
		return r;
	snprintf(text, sizeof text, "%s\n", j->set->hostname);
	r = layer_file(l, "/etc/hostname", text, err);
	if (r)
		return r;
	snprintf(text, sizeof text,
		 "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n",
		 j->set->hostname);
	return layer_file(l, "/etc/hosts", text, err);
}

static int fill_layer(struct jail *j, struct err *err)
{
	struct layer *l = &j->layer;
	struct stat st;
	int r;

	if (fstat(l->host, &st) < 0 || fchmod(l->dir, st.st_mode & 01777) < 0 ||
	    fchown(l->dir, layer_uid(l, st.st_uid), layer_gid(l, st.st_gid)) < 0)
		return err_set(err, -errno, "the jail's layer");
	r = layer_mask_host(l, err);
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

/* ---- devices and volumes -------------------------------------------------- */

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

static int make_volumes(struct jail *j, struct err *err)
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
		r = make_volumes(j, err);
	owner_back();
	/* Where the names of the layers are looked up. */
	if (!r && fchdir(j->stage) < 0)
		r = err_set(err, -errno, "the staging tmpfs");
	return r;
}

/* ---- the overlays --------------------------------------------------------- */

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
	    (j->set->home == HOME_BIND && is_below(m->target, j->id->home)) ||
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

/* An empty directory below the upper layer's place, owned and moded like st. */
static int upper_dir(struct jail *j, const char *name, const struct stat *st, struct err *err)
{
	if (mkdirat(j->upper, name, 0700) < 0)
		return err_set(err, -errno, "making '%s' for the upper layer", name);
	if (fchownat(j->upper, name, layer_uid(&j->layer, st->st_uid),
		     layer_gid(&j->layer, st->st_gid), 0) < 0 ||
	    fchmodat(j->upper, name, st->st_mode & 01777, 0) < 0)
		return err_set(err, -errno, "owner and mode of '%s' for the upper layer", name);
	return 0;
}

/*
 * Overlayfs writes the upper layer with the credentials of who mounted it.  Those
 * of uid 0 would let a jail fill the part of the disk that ext4 reserves for root,
 * so it is mounted by the jail's base uid with root's capabilities.
 */
static int mount_as_base(const struct jail *j, const char *where, const char *opts)
{
	int r = owner_become(j->sub.uid);

	if (r)
		return r;
	r = mount("loginjail", where, "overlay", MS_NOSUID | MS_NODEV, opts) < 0 ? -errno : 0;
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
	_cleanup_close_ int lower = -EBADF, mine = -EBADF, at = -EBADF;
	char name[16], up[16], work[16], opts[512], where[64], mine_text[40];
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
	if (!S_ISDIR(st.st_mode)) {
		r = mnt_set(lower, false, MOUNT_ATTR_RDONLY, 0, err);
		if (!r && move_mount(lower, "", at, "",
				     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			r = err_set(err, -errno, "mounting '%s'", target);
		return r;
	}
	snprintf(name, sizeof name, "l%u", number);
	r = stage_dir(j, name, err);
	/* Up to 6.14 overlayfs takes no layer that is not attached somewhere. */
	if (!r)
		r = mnt_attach_plain(lower, j->stage, name, err);
	if (r)
		return r;
	snprintf(up, sizeof up, "%uu", number);
	snprintf(work, sizeof work, "%uw", number);
	r = upper_dir(j, up, &st, err);
	if (!r)
		r = upper_dir(j, work, &(struct stat){.st_mode = S_IFDIR | 0700}, err);
	if (r)
		return r;
	mine = openat(j->layer.dir, number == 0 ? "." : target + 1,
		      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (mine < 0 && errno != ENOENT)
		return err_set(err, -errno, "'%s' in the jail's layer", target);
	/* By descriptor: a path may hold characters that mean something here. "l0" and
	 * the like are found in the staging tmpfs, our working directory. */
	snprintf(mine_text, sizeof mine_text, "/proc/self/fd/%d:", mine);
	snprintf(opts, sizeof opts,
		 "lowerdir=%sl%u,upperdir=/proc/self/fd/%d/%s,workdir=/proc/self/fd/%d/%s,"
		 "volatile,redirect_dir=on,metacopy=off,index=off",
		 mine < 0 ? "" : mine_text, number, j->upper, up, j->upper, work);
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

static int mount_overlays(struct jail *j, struct err *err)
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

/* ---- everything else ------------------------------------------------------ */

static int attach_clone(struct jail *j, int dirfd, const char *path, bool recursive, uint64_t attr,
			const char *at, struct err *err)
{
	_cleanup_close_ int fd = mnt_clone(dirfd, path, recursive, attr, -EBADF, err);

	return fd < 0 ? fd : mnt_attach(fd, j->tree, at, err);
}

static int mount_binds(struct jail *j, const struct binds *binds, uint64_t attr, struct err *err)
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
		r = attach_clone(j, src, "", true, attr, b->destination, err);
		if (r)
			return err_prefix(err, r, "bind '%s'", b->source);
	}
	return 0;
}

int tree_mount(struct jail *j, struct err *err)
{
	const uint64_t dev = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	int r = mount_overlays(j, err);

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
	/* Without what is mounted below it: a /proc in somebody's chroot, say. */
	if (!r && j->set->home == HOME_BIND)
		r = attach_clone(j, j->home_fd, "", false, MNT_SAFE, j->id->home, err);
	if (!r)
		r = mount_binds(j, &j->set->bind, MNT_SAFE, err);
	if (!r)
		r = mount_binds(j, &j->set->bind_ro, MNT_SAFE | MOUNT_ATTR_RDONLY, err);
	return r;
}
