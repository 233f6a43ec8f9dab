/* SPDX-License-Identifier: MIT */
#include "filter/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf_common.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "config/source.h"
#include "filter/builtin.h"
#include "filter/hash.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"

#define DIRECTORY "seccomp"
#define MAGIC UINT64_C(0x6c6a62706631)
#define REMEDY "run 'loginjail seccomp apply'"

struct header {
	uint64_t magic;
	uint64_t build;
	uint64_t source; /* of path and text */
	uint64_t program;
	uint32_t variant;
	uint32_t len; /* instructions, which follow */
};

/* The terminating NUL keeps the two apart. */
static uint64_t source_hash(const char *path, const char *text)
{
	uint64_t hash = hash_more(HASH_BEGIN, path, strlen(path) + 1);

	return hash_more(hash, text, strlen(text));
}

static void entry_name(const char *path, unsigned variant, char name[static 32])
{
	snprintf(name, 32, "%016" PRIx64 "-%u", hash_more(HASH_BEGIN, path, strlen(path)), variant);
}

int filter_source(const char *path, char **ret, struct err *err)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	bool trusted = false;
	struct stat st;
	size_t len;
	int r;

	if (root < 0)
		return err_set(err, -errno, "/");
	if (lstat(path, &st) < 0)
		return err_set(err, -errno, "%s: it can't be looked at: create it, or write another profile", path);
	r = source_read(root, path, 0, &text, &len, &trusted, err);
	if (r)
		return err_prefix(err, r, "%s", path);
	if (!trusted)
		return err_prefix(err, -EACCES, "%s", path);
	if (strlen(text) != len)
		return err_set(err, -EINVAL, "%s: it has a NUL byte: write text only", path);
	*ret = take_ptr(text);
	return 0;
}

/* Only root's, and only this name's. */
static int trust(int fd, const char *what, mode_t type, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s", what);
	if ((st.st_mode & S_IFMT) != type || st.st_uid != 0 || (st.st_mode & 077) ||
	    /* None: replaced since it was opened, by a whole one. */
	    (type == S_IFREG && st.st_nlink > 1))
		return err_set(err, -EACCES, "%s is not root's alone: remove it, and " REMEDY, what);
	return 0;
}

static int open_directory(int state, bool make, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (make && mkdirat(state, DIRECTORY, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making " DIRECTORY " in the state directory");
	fd = sys_openat2(state, DIRECTORY, O_RDONLY | O_DIRECTORY, 0, RESOLVE_POLICY_BENEATH);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, -ENOENT, "it was not compiled: " REMEDY);
	if (fd < 0)
		return err_set(err, -errno, DIRECTORY " in the state directory: remove it, and " REMEDY);
	r = trust(fd, DIRECTORY " in the state directory", S_IFDIR, err);
	return r ? r : take_fd(&fd);
}

/* What the kernel would refuse all the same, told before. */
static int read_entry(int fd, uint64_t source, unsigned variant, struct sock_filter **ret, size_t *len,
		      struct err *err)
{
	_cleanup_free_ struct sock_filter *program = NULL;
	struct header h;
	char more;

	if (read_all(fd, &h, sizeof h) || h.magic != MAGIC || h.variant != variant || h.len == 0 ||
	    h.len > BPF_MAXINSNS)
		return err_set(err, -EBADMSG, "what was compiled of it is damaged: " REMEDY);
	if (h.build != filter_build())
		return err_set(err, -ESTALE, "it was compiled by another version of loginjail: " REMEDY);
	if (h.source != source)
		return err_set(err, -ESTALE, "it was changed after it was compiled: " REMEDY);
	program = calloc(h.len, sizeof *program);
	if (!program)
		return err_set(err, -ENOMEM, "the filter");
	if (read_all(fd, program, h.len * sizeof *program) || read(fd, &more, 1) != 0 ||
	    hash_more(HASH_BEGIN, program, h.len * sizeof *program) != h.program)
		return err_set(err, -EBADMSG, "what was compiled of it is damaged: " REMEDY);
	*ret = take_ptr(program);
	*len = h.len;
	return 0;
}

int filter_cache_load(int state, const char *path, unsigned variant, struct sock_filter **ret, size_t *len,
		      struct err *err)
{
	_cleanup_close_ int dir = -EBADF, fd = -EBADF;
	_cleanup_free_ char *text = NULL;
	char name[32];
	int r;

	r = filter_source(path, &text, err);
	if (r)
		return r;
	dir = open_directory(state, false, err);
	if (dir < 0)
		return err_prefix(err, dir, "%s", path);
	entry_name(path, variant, name);
	fd = sys_openat2(dir, name, O_RDONLY | O_NONBLOCK, 0, RESOLVE_POLICY_BENEATH);
	if (fd < 0 && errno == ENOENT)
		r = err_set(err, -ENOENT, "it was not compiled: " REMEDY);
	else if (fd < 0)
		r = err_set(err, -errno == -ELOOP ? -EACCES : -errno, "what was compiled of it: remove " DIRECTORY
			    "/%s from the state directory, and " REMEDY, name);
	if (!r)
		r = trust(fd, "what was compiled of it", S_IFREG, err);
	if (!r)
		r = read_entry(fd, source_hash(path, text), variant, ret, len, err);
	return r ? err_prefix(err, r, "%s", path) : 0;
}

int filter_cache_store(int state, const char *path, unsigned variant, const char *text,
		       const struct sock_filter *program, size_t len, struct err *err)
{
	const struct header h = {
		.magic = MAGIC, .build = filter_build(), .source = source_hash(path, text),
		.program = hash_more(HASH_BEGIN, program, len * sizeof *program),
		.variant = variant, .len = (uint32_t)len,
	};
	_cleanup_close_ int dir = open_directory(state, true, err), fd = -EBADF;
	char name[32], new[40];
	int r = 0;

	if (dir < 0)
		return dir;
	entry_name(path, variant, name);
	snprintf(new, sizeof new, ".%s", name);
	/* What is there was left by one who was killed. */
	if (flock(dir, LOCK_EX) < 0 || (unlinkat(dir, new, 0) < 0 && errno != ENOENT))
		return err_set(err, -errno, "writing to " DIRECTORY " in the state directory");
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, -errno, "writing to " DIRECTORY " in the state directory");
	r = write_all(fd, &h, sizeof h);
	if (!r)
		r = write_all(fd, program, len * sizeof *program);
	/* A power cut must leave the last one or this one. */
	if (!r && (fsync(fd) < 0 || renameat(dir, new, dir, name) < 0))
		r = -errno;
	if (!r)
		return 0;
	(void)unlinkat(dir, new, 0);
	return err_set(err, r, "writing to " DIRECTORY " in the state directory");
}
