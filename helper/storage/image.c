/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/types.h"
#include "lib/scope.h"
#include "loop.h"
#include "setup/mnt.h"

/* To be counted up with each change of what mke2fs is told: then none of the old
 * templates is taken again. */
#define RECIPE "2"

#define BLOCK UINT64_C(4096)
#define INODE_SIZE 256
/* The journal's least size, and what serves a busy one. */
#define JOURNAL_MIN (4 * MIB)
#define JOURNAL_MAX (32 * MIB)
/* The file system's own, and the first few of ours. */
#define INODES_OWN 32

/* After the file system: there, the host's own probes look for signatures of RAID and the
 * like, which must not be what a user has written. */
#define TAIL MIB

#define MAKING "making a file system for it"

static uint64_t journal_size(const struct image_spec *spec)
{
	uint64_t size = spec->disk / 32 / MIB * MIB;

	if (!spec->journal)
		return 0;
	return size < JOURNAL_MIN ? JOURNAL_MIN : size > JOURNAL_MAX ? JOURNAL_MAX : size;
}

static uint64_t inode_count(const struct image_spec *spec)
{
	return (spec->inodes ? spec->inodes : spec->disk / 16384 + 1024) + INODES_OWN;
}

uint64_t image_size(const struct image_spec *spec)
{
	/* Bitmaps, descriptors and copies of the superblock: well below a 512th. */
	uint64_t size = spec->disk + inode_count(spec) * INODE_SIZE + journal_size(spec) + spec->disk / 512 + 2 * MIB;
	/* What ext4 keeps back for itself. */
	uint64_t reserve = size / 48;

	size += reserve > 4096 * BLOCK ? 4096 * BLOCK : reserve;
	return (size + BLOCK - 1) / BLOCK * BLOCK + TAIL;
}

/* The child, between fork and exec: it may do nothing but system calls. */
static void __attribute__((noreturn)) run_mke2fs(int dir, char *const argv[], pid_t parent)
{
	/* An administrator's mke2fs.conf is for other file systems than these. */
	static char *const envp[] = {"MKE2FS_CONFIG=/dev/null", "PATH=/usr/sbin:/sbin", NULL};
	static const char *const places[] = {"/usr/sbin/mke2fs", "/sbin/mke2fs"};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (null < 0 || getppid() != parent || fchdir(dir) < 0)
		_exit(126);
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0)
			_exit(126);
	(void)syscall(SYS_close_range, 3u, ~0u, 0u);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		(void)execve(places[i], argv, envp);
	_exit(errno == ENOENT ? 127 : 126);
}

static int make_file_system(int dir, const char *name, const struct image_spec *spec, struct err *err)
{
	char inodes[24], blocks[24], journal[32];
	/* The features are named one by one, so that any mke2fs makes what any kernel that
	 * jails run on can mount. -m 0: who is in a jail has no reserve. */
	char *const argv[] = {
		"mke2fs", "-q", "-F", "-b", "4096", "-I", "256", "-m", "0", "-N", inodes,
		"-O", spec->journal ? "none,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
				      "large_file,huge_file,dir_nlink,extra_isize,metadata_csum,has_journal"
				    : "none,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
				      "large_file,huge_file,dir_nlink,extra_isize,metadata_csum",
		"-E", "root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1", (char *)name, blocks,
		spec->journal ? "-J" : NULL, journal, NULL};
	const pid_t self = getpid();
	int status;
	pid_t pid;

	snprintf(inodes, sizeof inodes, "%" PRIu64, inode_count(spec));
	snprintf(blocks, sizeof blocks, "%" PRIu64, (image_size(spec) - TAIL) / BLOCK);
	snprintf(journal, sizeof journal, "size=%" PRIu64, journal_size(spec) / MIB);
	pid = fork();
	if (pid == 0)
		run_mke2fs(dir, argv, self);
	if (pid < 0)
		return err_set(err, -errno, MAKING);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(err, -errno, MAKING);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, 0, "there is no mke2fs, which 'disk' needs on this file system: install e2fsprogs");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, 0, "mke2fs failed (%s %d)", WIFEXITED(status) ? "status" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

/* Those of other recipes, and what a killed maker left. The caller holds the lock. */
static void remove_stale(int dir)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (copy < 0)
		return;
	d = fdopendir(copy);
	if (!d) {
		(void)close(copy);
		return;
	}
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    strncmp(e->d_name, RECIPE "-", strlen(RECIPE "-")) != 0)
			(void)unlinkat(dir, e->d_name, 0);
}

static int make_template(int dir, const char *name, const struct image_spec *spec, struct err *err)
{
	static const char fresh[] = "new";
	_cleanup_close_ int fd = -EBADF;
	int r;

	remove_stale(dir);
	fd = openat(dir, fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)image_size(spec)) < 0)
		return err_set(err, -errno, "making a template of %" PRIu64 " bytes", image_size(spec));
	r = make_file_system(dir, fresh, spec, err);
	/* What has its name is whole, also after a power cut. */
	if (!r && (fsync(fd) < 0 || renameat(dir, fresh, dir, name) < 0 || fsync(dir) < 0))
		r = err_set(err, -errno, "keeping a template");
	if (r)
		(void)unlinkat(dir, fresh, 0);
	return r;
}

/* Returns a descriptor of the template for spec, which is made if need be. */
static int open_template(int state_dir, const struct image_spec *spec, struct err *err)
{
	_cleanup_close_ int dir = -EBADF;
	char name[80];
	int fd, r;

	if (mkdirat(state_dir, "templates", 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making the directory templates in 'state'");
	dir = openat(state_dir, "templates", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_set(err, -errno, "the directory templates in 'state'");
	snprintf(name, sizeof name, RECIPE "-%" PRIu64 "-%" PRIu64 "%s", image_size(spec), inode_count(spec),
		 spec->journal ? "-journal" : "");
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	/* Two at once: the second waits, and finds it. */
	while (flock(dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set(err, -errno, "locking the directory templates in 'state'");
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	r = make_template(dir, name, spec, err);
	if (r)
		return r;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_set(err, -errno, "a template") : fd;
}

static int copy_range(int from, int to, off_t at, off_t end)
{
	while (at < end) {
		off_t in = at, out = at;
		ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(end - at), 0);

		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		at += n;
	}
	return 0;
}

/* What is not a hole; to is empty. */
static int copy_sparse(int from, int to)
{
	struct stat st;
	off_t at = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (fstat(from, &st) < 0 || ftruncate(to, st.st_size) < 0)
		return -errno;
	while (at < st.st_size) {
		off_t data = lseek(from, at, SEEK_DATA), hole;
		int r;

		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		r = copy_range(from, to, data, hole);
		if (r)
			return r;
		at = hole;
	}
	return 0;
}

int image_fill(int state_dir, const struct image_spec *spec, int fd, struct err *err)
{
	_cleanup_close_ int template = open_template(state_dir, spec, err);
	int r;

	if (template < 0)
		return template;
	r = copy_sparse(template, fd);
	return r ? err_set(err, r, "copying a template") : 0;
}

int image_mount(int stage, int image, bool journal, int *ret_loop, struct err *err)
{
	/* Without direct I/O, which the kernel leaves out where it can't be, all would be
	 * cached twice. */
	_cleanup_close_ int loop = loop_attach(stage, image, LO_FLAGS_DIRECT_IO, err);
	char source[32];
	int mnt;
	/* After an error nothing more may be written to what is kept; what is deleted there
	 * goes back to the host. */
	const struct mnt_option kept[] = {
		{"source", source}, {"errors", "remount-ro"}, {"discard", NULL}, {NULL, NULL}};
	const struct mnt_option dropped[] = {{"source", source}, {"errors", "remount-ro"}, {NULL, NULL}};

	if (loop < 0)
		return err_prefix(err, loop, "'disk', which takes a loop device on this file system");
	snprintf(source, sizeof source, "/proc/self/fd/%d", loop);
	mnt = mnt_new("ext4", journal ? kept : dropped, MNT_SAFE, err);
	if (mnt >= 0 && ret_loop)
		*ret_loop = take_fd(&loop);
	return mnt;
}

/* How long whoever ends anyhow, such as sshd's process of the session, may take. */
#define UNMOUNT_TRIES 100
#define MOMENT_NS 20000000

static bool unmounted(int loop)
{
	static const struct timespec moment = {.tv_nsec = MOMENT_NS};
	struct loop_info64 was, now;

	if (ioctl(loop, LOOP_GET_STATUS64, &was) < 0)
		return true;
	for (int i = 0; i < UNMOUNT_TRIES; i++) {
		/* It lets go of the file where we are the only one who has the device open; then
		 * it may be another's already. */
		if (ioctl(loop, LOOP_CLR_FD) < 0 || ioctl(loop, LOOP_GET_STATUS64, &now) < 0 ||
		    now.lo_device != was.lo_device || now.lo_inode != was.lo_inode)
			return true;
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

/* Set what it has: the kernel waits for all that is on its way to the device. */
static int drain(int loop)
{
	struct loop_info64 info;

	return ioctl(loop, LOOP_GET_STATUS64, &info) < 0 || ioctl(loop, LOOP_SET_STATUS64, &info) < 0 ? -errno : 0;
}

/* Who writes at the same time makes the file longer between two of our calls. */
#define CUT_TRIES 100

int image_drop(int image, int loop)
{
	struct stat st;

	if (unmounted(loop))
		return 0;
	for (int i = 0; i < CUT_TRIES; i++) {
		int r;

		/* The device is as long as the file then, and what is written behind its end fails;
		 * but not what was on its way. */
		if (ftruncate(image, 0) < 0 || ioctl(loop, LOOP_SET_CAPACITY) < 0)
			return -errno;
		r = drain(loop);
		if (r)
			return r;
		if (fstat(image, &st) < 0)
			return -errno;
		if (st.st_size == 0 && st.st_blocks == 0)
			return 1;
	}
	return -EBUSY;
}
