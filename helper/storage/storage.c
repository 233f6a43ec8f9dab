/* SPDX-License-Identifier: MIT */
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <syslog.h>
#include <unistd.h>

#include "setup/gc.h"
#include "image.h"
#include "setup/jail.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "setup/mnt.h"
#include "persistent.h"
#include "quota.h"
#include "setup/rmtree.h"

static int open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* What the upper layer lies over: over another root its changes would be nonsense. */
static const char *lower_name(const struct jail *j)
{
	return j->set->root;
}

bool storage_persistent(const struct jail *j)
{
	return j->set->storage == STORAGE_PERSISTENT && !j->set->readonly;
}

int storage_open(struct jail *j, struct err *err)
{
	struct storage *s = &j->storage;
	int r = state_dir_open(j->set->state, err);

	if (r < 0)
		return r;
	s->state = r;
	if (!storage_persistent(j))
		return 0;
	r = persistent_open(s->state, j->id->uid, &s->place, &s->lock, err);
	if (!r)
		r = persistent_settle(&j->state, s->place, err);
	return r ? err_prefix(err, r, "storage = persistent") : 0;
}

/* Attach the detached mount in the staging tmpfs, since overlayfs takes no other. */
static int use_mount(struct jail *j, int mnt, struct err *err)
{
	_cleanup_close_ int fd = mnt;
	int r;

	if (fd < 0)
		return fd;
	if (mkdirat(j->stage, STAGE_UPPER, 0700) < 0)
		return err_set(err, -errno, "making '%s' in the staging tmpfs", STAGE_UPPER);
	r = mnt_attach_plain(fd, j->stage, STAGE_UPPER, err);
	if (r)
		return r;
	r = j->storage.upper = open_dir(j->stage, STAGE_UPPER);
	return r < 0 ? err_set(err, r, "the upper layer's file system") : 0;
}

static struct image_spec image_of(const struct jail *j)
{
	return (struct image_spec){
		.disk = j->set->disk, .inodes = j->set->inodes, .journal = storage_persistent(j)};
}

/* A new image, named so in dir. Returns its descriptor. */
static int make_image(struct jail *j, int dir, const char *name, struct err *err)
{
	const struct image_spec spec = image_of(j);
	_cleanup_close_ int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_set(err, -errno, "making an image for the upper layer");
	r = image_fill(j->storage.state, &spec, fd, err);
	return r ? r : take_fd(&fd);
}

/* ---- ephemeral ------------------------------------------------------------- */

/*
 * One of the user's subordinate ids, which nobody else has.  Each place for a jail has two:
 * files that a jail has deleted but passed on by descriptor still count for its number, so
 * that whatever earlier ones have left like that has at most as much again.  The one with less
 * is taken, since what a jail leaves in the usual way may still be on its way out.  The
 * limits stay when the jail has gone: who took them away would do so beside the next one's set-up.
 */
static uint32_t choose_project(const struct jail *j)
{
	const uint32_t slot = j->set->scope == SCOPE_SESSION ? (uint32_t)j->slot : 0;
	const uint32_t first = j->sub.uid + 1 + 2 * slot;
	const int upper = j->storage.upper;

	return quota_usage(upper, first) <= quota_usage(upper, first + 1) ? first : first + 1;
}

static int bound_ephemeral(struct jail *j, struct err *err)
{
	struct storage *s = &j->storage;
	_cleanup_close_ int place = -EBADF;
	int r;

	if (quota_enforced(s->upper)) {
		s->project = choose_project(j);
		r = quota_assign(s->upper, s->project, err);
		if (r)
			s->project = 0;
		return r;
	}
	place = take_fd(&s->upper);
	s->image = make_image(j, place, "image", err);
	if (s->image < 0)
		return s->image;
	/* So it is gone with its last mount, whoever is killed. */
	if (unlinkat(place, "image", 0) < 0)
		return err_set(err, -errno, "taking the image's name away");
	return use_mount(j, image_mount(j->stage, s->image, false, &s->loop, err), err);
}

static int make_ephemeral(struct jail *j, struct err *err)
{
	struct storage *s = &j->storage;
	char path[192];

	snprintf(path, sizeof path, "%s/upper/%s", j->set->state, j->instance);
	/* Written before the layer is made, so that it is never orphaned. */
	if (symlinkat(path, j->instance_dir, GC_UPPER_LINK) < 0)
		return err_set(err, -errno, "recording the upper layer");
	if (mkdirat(s->state, "upper", 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making %s/upper", j->set->state);
	s->root = open_dir(s->state, "upper");
	if (s->root < 0 || mkdirat(s->root, j->instance, 0700) < 0)
		return err_set(err, -errno, "making %s", path);
	s->upper = open_dir(s->root, j->instance);
	if (s->upper < 0)
		return err_set(err, s->upper, "making %s", path);
	return j->set->disk == NO_LIMIT ? 0 : bound_ephemeral(j, err);
}

/* ---- memory ---------------------------------------------------------------- */

static int make_memory(struct jail *j, struct err *err)
{
	char size[24], inodes[24];
	const struct mnt_option opts[] = {{"mode", "0700"}, {"size", size}, {"nr_inodes", inodes}, {NULL, NULL}};

	snprintf(size, sizeof size, "%" PRIu64, j->set->disk);
	/* An inode costs memory that size does not count. */
	snprintf(inodes, sizeof inodes, "%" PRIu64,
		 j->set->inodes == NO_LIMIT ? j->set->disk / 4096 : j->set->inodes);
	return use_mount(j, mnt_new("tmpfs", opts, MNT_SAFE, err), err);
}

/* ---- persistent ------------------------------------------------------------ */

/* Made at the first login, and once more where that was interrupted. */
static int create_persistent(struct jail *j, struct persistent_record *rec, struct err *err)
{
	struct storage *s = &j->storage;
	uint32_t above;
	int r = persistent_clear(s->place, err);

	if (r)
		return r;
	*rec = (struct persistent_record){
		.sub = j->sub, .image = j->set->disk != NO_LIMIT && !quota_enforced(s->place)};
	snprintf(rec->user, sizeof rec->user, "%s", j->id->name);
	snprintf(rec->lower, sizeof rec->lower, "%s", lower_name(j));
	if (rec->image) {
		_cleanup_close_ int image = make_image(j, s->place, PERSISTENT_IMAGE, err);

		if (image < 0)
			return image;
		/* Before there is a record of it. */
		if (fsync(image) < 0)
			return err_set(err, -errno, "syncing the storage's image");
	} else {
		_cleanup_close_ int tree = -EBADF;

		r = mkdirat(s->place, PERSISTENT_TREE, 0700) < 0 ? -errno : 0;
		tree = r ? r : open_dir(s->place, PERSISTENT_TREE);
		if (tree < 0)
			return err_set(err, tree, "making the storage");
		/* Also without limits, since they may be set one day, when it is full; but not
		 * where the administrator has a project for all that is in 'state'. */
		if (quota_enforced(tree) &&
		    (j->set->disk != NO_LIMIT || (quota_project(tree, &above) == 0 && above == 0)))
			r = quota_assign(tree, j->sub.uid, err);
	}
	return r < 0 ? r : persistent_write(s->place, rec, err);
}

static int check_record(const struct jail *j, const struct persistent_record *rec, struct err *err)
{
	const char *user = j->id->name;

	if (strcmp(rec->user, user) != 0)
		return err_set(err, 0,
			       "what is kept for uid %u was made by '%s': 'loginjail reset %s' empties it; was the "
			       "account renamed, change the name in %s/" PERSISTENT_DIR "/%u/record",
			       j->id->uid, rec->user, user, j->set->state, j->id->uid);
	if (rec->sub.uid != j->sub.uid || rec->sub.gid != j->sub.gid)
		return err_set(err, 0,
			       "it was made with subordinate ids from %u and %u on, and %s has %u and %u now: restore "
			       "/etc/subuid and /etc/subgid, or empty it with 'loginjail reset %s'",
			       rec->sub.uid, rec->sub.gid, user, j->sub.uid, j->sub.gid, user);
	if (strcmp(rec->lower, lower_name(j)) != 0)
		return err_set(err, 0,
			       "it was made over the root '%s', not '%s': set 'root' as it was, or empty it with "
			       "'loginjail reset %s'",
			       rec->lower, lower_name(j), user);
	return 0;
}

static int use_image(struct jail *j, struct err *err)
{
	const struct image_spec spec = image_of(j);
	_cleanup_close_ int fd = openat(j->storage.place, PERSISTENT_IMAGE, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, -errno, "the storage's image");
	/* Its mount may be there for a moment more than the last of its processes. */
	r = persistent_wait(fd, err);
	if (r)
		return r;
	if (j->set->disk == NO_LIMIT || image_size(&spec) != (uint64_t)st.st_size)
		log_line(LOG_NOTICE,
			 "%s: 'disk' and 'inodes' are not those that the storage was made with, which stay until "
			 "'loginjail reset %s'",
			 j->id->name, j->id->name);
	return use_mount(j, image_mount(j->stage, fd, true, NULL, err), err);
}

static int use_tree(struct jail *j, struct err *err)
{
	struct storage *s = &j->storage;
	uint32_t project = 0;

	s->upper = open_dir(s->place, PERSISTENT_TREE);
	if (s->upper < 0)
		return err_set(err, s->upper, "the storage's tree");
	(void)quota_project(s->upper, &project);
	if (quota_enforced(s->upper) && project == j->sub.uid) {
		s->project = project;
		return quota_limit(s->upper, project, 0, 0, err);
	}
	if (j->set->disk == NO_LIMIT)
		return 0;
	return err_set(err, 0,
		       "it was made without bounds, and can't be given any (%s): take 'disk' out, or empty it with "
		       "'loginjail reset %s'",
		       quota_enforced(s->upper) ? "it is no project" : "no project quota is on", j->id->name);
}

static int make_persistent(struct jail *j, struct err *err)
{
	struct storage *s = &j->storage;
	struct persistent_record rec;
	int r = persistent_hold(s->place, j->instance, err);

	if (r)
		return r;
	r = persistent_read(s->place, &rec, err);
	if (r == -ENOENT)
		r = create_persistent(j, &rec, err);
	if (!r)
		r = check_record(j, &rec, err);
	if (!r)
		r = rec.image ? use_image(j, err) : use_tree(j, err);
	return r ? err_prefix(err, r, "storage = persistent") : 0;
}

/* ---- all ------------------------------------------------------------------- */

int storage_make(struct jail *j, struct err *err)
{
	if (j->set->readonly)
		return 0;
	switch (j->set->storage) {
	case STORAGE_MEMORY:
		return make_memory(j, err);
	case STORAGE_PERSISTENT:
		return make_persistent(j, err);
	default:
		return make_ephemeral(j, err);
	}
}

int storage_bound(struct jail *j, struct err *err)
{
	const uint64_t inodes = j->set->inodes == NO_LIMIT ? 0 : j->set->inodes;
	const uint64_t bytes = j->set->disk == NO_LIMIT ? 0 : j->set->disk;

	if (j->storage.project == 0)
		return 0;
	return quota_limit(j->storage.upper, j->storage.project, bytes, inodes, err);
}

void storage_built(struct storage *s)
{
	scope_close(&s->state);
	scope_close(&s->place);
	scope_close(&s->upper);
	s->state = s->place = s->upper = -EBADF;
}

void storage_take_back(struct jail *j)
{
	struct storage *s = &j->storage;
	int r = s->loop >= 0 ? image_drop(s->image, s->loop) : 0;

	if (r > 0)
		log_line(LOG_NOTICE, "%s: somebody has files of the disk of jail %s open, which are empty now",
			 j->id->name, j->instance);
	else if (r < 0)
		log_line(LOG_WARNING, "%s: somebody holds the disk of jail %s: %s", j->id->name, j->instance,
			 strerror(-r));
	/* The device may be another's now, who must not find it open. */
	scope_close(&s->loop);
	scope_close(&s->image);
	s->loop = s->image = -EBADF;
}

int storage_remove(struct jail *j)
{
	struct storage *s = &j->storage;
	int r = 0;

	if (s->root >= 0)
		r = rmtree_at(s->root, j->instance);
	/* Now the next jail may have it. */
	scope_close(&s->lock);
	s->lock = -EBADF;
	return r;
}
