/* SPDX-License-Identifier: MIT */
/* Images: their size, their templates, and that a mount is all that keeps one. */
#include <dirent.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "config/types.h"
#include "lib/scope.h"
#include "storage/image.h"
#include "storage/quota.h"
#include "tap.h"
#include "scratch.h"

static int stage = -EBADF;

static void sizes(void)
{
	static const uint64_t disks[] = {16 * MIB,   17 * MIB + 1,      256 * MIB,
					 1024 * MIB, UINT64_C(1) << 40, UINT64_C(1) << 43};

	for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
		const struct image_spec spec = {.disk = disks[i]}, kept = {.disk = disks[i], .journal = true};
		uint64_t size = image_size(&spec);

		is_int(size % 4096, 0, "%zu: whole blocks", i);
		ok(size > disks[i] && size < disks[i] + disks[i] / 16 + 8 * MIB, "%zu: little more than disk", i);
		ok(image_size(&kept) > size && image_size(&kept) <= size + 33 * MIB, "%zu: and a journal", i);
	}
}

static int files_in(const char *name)
{
	_cleanup_closedir_ DIR *d = NULL;
	int fd = openat(scratch_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;

	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && readdir(d))
		n++;
	return n - 2;
}

static int fresh(const char *name)
{
	return openat(scratch_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* Mounted, it has what was asked for; the lock on it goes with the mount. */
static void mounted(const struct image_spec *spec, const char *what)
{
	int image = fresh("image"), mnt, again;
	uint32_t blocks = 0;
	struct statfs fs;
	struct stat st;
	struct err err;

	if (!is_int(image_fill(scratch_fd, spec, image, &err), 0, "%s: made", what)) {
		printf("# %s\n", err.text);
		scope_close(&image);
		return;
	}
	ok(fstat(image, &st) == 0 && (uint64_t)st.st_size == image_size(spec), "%s: of its size", what);
	/* s_blocks_count_lo, in the superblock that begins at 1024 */
	ok(pread(image, &blocks, sizeof blocks, 1024 + 4) == sizeof blocks &&
		   (uint64_t)blocks * 4096 + MIB == (uint64_t)st.st_size,
	   "%s: no user's data is where probes look for a RAID's", what);
	ok((uint64_t)st.st_blocks * 512 < spec->disk / 8, "%s: but hardly anything of it is there", what);
	ok(flock(image, LOCK_EX | LOCK_NB) == 0, "(a lock)");
	mnt = image_mount(stage, image, spec->journal, NULL, &err);
	if (!ok(mnt >= 0, "%s: mounted", what)) {
		printf("# %s\n", err.text);
		scope_close(&image);
		return;
	}
	scope_close(&image);
	ok(fstatfs(mnt, &fs) == 0 && (uint64_t)fs.f_bavail * 4096 >= spec->disk, "%s: room", what);
	ok((uint64_t)fs.f_bavail * 4096 < spec->disk + spec->disk / 16 + 8 * MIB, "%s: not much more", what);
	if (spec->inodes)
		ok(fs.f_ffree >= spec->inodes && fs.f_ffree < spec->inodes + 300, "%s: inodes (%lu)", what,
		   (unsigned long)fs.f_ffree);
	ok((fs.f_flags & (ST_NOSUID | ST_NODEV)) == (ST_NOSUID | ST_NODEV), "%s: nosuid, nodev", what);
	ok(put(mnt, "file", "x", 0600), "%s: can be written", what);
	again = openat(scratch_fd, "image", O_RDWR | O_CLOEXEC);
	ok(flock(again, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK, "%s: locked while it is mounted", what);
	scope_close(&mnt);
	is_int(flock(again, LOCK_EX), 0, "%s: and not longer", what);
	scope_close(&again);
}

static void templates(void)
{
	const struct image_spec one = {.disk = 32 * MIB, .inodes = 500}, two = {.disk = 64 * MIB, .journal = true};
	struct stat before, after;
	int dir, before_fds = open_fds();

	mounted(&one, "one");
	is_int(files_in("templates"), 1, "a template");
	dir = openat(scratch_fd, "templates", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(dir, "new", "half", 0600);
	put(dir, "0-99-99", "of another recipe", 0600);
	(void)fstat(dir, &before);
	mounted(&one, "the same again");
	is_int(files_in("templates"), 3, "nothing new");
	(void)fstat(dir, &after);
	ok(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec, "and nothing was made");
	mounted(&two, "another");
	is_int(files_in("templates"), 2, "one more, without what is of no use");
	scope_close(&dir);
	is_int(open_fds(), before_fds, "no descriptor is left");
}

/* Where no device can be opened, as in many containers. */
static void no_devices(void)
{
	const struct image_spec spec = {.disk = 32 * MIB, .inodes = 500};
	int image = fresh("image");
	char path[64];
	struct err err;
	int dir;

	snprintf(path, sizeof path, "%s/nodev", scratch);
	(void)mkdirat(scratch_fd, "nodev", 0700);
	ok(mount("tmpfs", path, "tmpfs", MS_NODEV, NULL) == 0, "(a tmpfs without devices)");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_int(image_fill(scratch_fd, &spec, image, &err), 0, "(an image)");
	is_int(image_mount(dir, image, false, NULL, &err), -EACCES, "no loop device");
	contains(err.text, "no loop device can be had", "is said");
	scope_close(&image);
	scope_close(&dir);
	(void)umount2(path, MNT_DETACH);
}

static void no_quota(void)
{
	uint32_t project = 7;
	struct err err;

	ok(!quota_enforced(stage), "a tmpfs enforces none");
	ok(quota_limit(stage, 5, MIB, 5, &err) < 0, "and takes no limit");
	ok(quota_project(stage, &project) < 0 || project == 0, "and has no project");
	ok(mkdirat(stage, "d", 0700) == 0 && mkdirat(stage, "d/e", 0700) == 0, "(a tree)");
	is_int(quota_rmtree(stage, "d"), 0, "is removed all the same");
	ok(faccessat(stage, "d", F_OK, 0) < 0, "it is gone");
	is_int(quota_rmtree(stage, "d"), 0, "once more");
}

int main(void)
{
	const char *why;
	char path[64];

	sizes();
	if (!scratch_make())
		return done_testing();
	why = private_mounts();
	if (why) {
		skip(why);
	} else {
		(void)mkdirat(scratch_fd, "stage", 0700);
		snprintf(path, sizeof path, "%s/stage", scratch);
		if (tmpfs_on(path)) {
			stage = openat(scratch_fd, "stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			templates();
			no_devices();
			no_quota();
			scope_close(&stage);
			ok(umount2(path, MNT_DETACH) == 0, "(unmount)");
		}
	}
	scratch_remove();
	return done_testing();
}
