/* SPDX-License-Identifier: MIT */
#include "net/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/digits.h"
#include "lib/fdio.h"
#include "lib/scope.h"

#define POOL_FILE_MAX (64u << 20)
#define WHAT "the file '%s' of the state directory"

/* Enough for everybody; what a bit for each takes is bounded, too. */
#define POOL_SIZE_MAX ((UINT32_C(1) << 22) - 2)

uint32_t pool_size(const struct prefixes *pool)
{
	uint32_t size = POOL_SIZE_MAX;

	for (size_t i = 0; i < pool->n; i++) {
		unsigned int bits = prefix_bits(&pool->v[i]) - pool->v[i].len;

		/* Neither the first nor the last, of which some think as of broadcast. */
		if (bits < 22 && (UINT32_C(1) << bits) - 2 < size)
			size = (UINT32_C(1) << bits) - 2;
	}
	return size;
}

static int read_text(int fd, const char *file, char **ret, struct err *err)
{
	struct stat st;
	char *text;
	int r;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, WHAT, file);
	if (st.st_size < 0 || st.st_size > POOL_FILE_MAX)
		return err_set(err, -EFBIG, WHAT, file);
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return err_set(err, -ENOMEM, WHAT, file);
	r = read_all(fd, text, (size_t)st.st_size);
	if (!r && strlen(text) != (size_t)st.st_size)
		r = -EUCLEAN;
	if (r == -EUCLEAN)
		err_set(err, r, WHAT " has a NUL byte in it; remove that line while nobody is logged in", file);
	else if (r)
		err_set(err, r, "reading " WHAT, file);
	if (r)
		free(text);
	else
		*ret = text;
	return r;
}

/* Take a line off *text.  False at the end; one that is none, or has no end, has index 0. */
static bool next_line(const char **text, uint32_t *uid, uint32_t *slot, uint32_t *index)
{
	uint32_t *const fields[] = {uid, slot, index};
	const char *at = *text, *end = strchrnul(at, '\n');

	if (!*at)
		return false;
	*text = *end ? end + 1 : end;
	for (size_t i = 0; at && i < sizeof fields / sizeof *fields; i++) {
		if (i > 0)
			at = at < end && *at == ':' ? at + 1 : end;
		at = digits_u32(at, end, fields[i]);
	}
	if (at != end || !*end)
		*index = 0;
	return true;
}

/*
 * Is this line the beginning of one that stops before its place?  Earlier versions ended what a power cut
 * or a full disk had left, and went on in the next line: it never was anybody's.
 */
static bool is_beginning(const char *line)
{
	const char *end = strchrnul(line, '\n');
	const char *colon = memchr(line, ':', (size_t)(end - line));
	uint32_t ignored;

	if (digits_u32(line, end, &ignored) != (colon ? colon : end))
		return false;
	return !colon || colon + 1 == end || digits_u32(colon + 1, end, &ignored) == end ||
	       (end[-1] == ':' && digits_u32(colon + 1, end, &ignored) == end - 1);
}

/*
 * What a power cut left without its end counts for nothing, and is cut off; what it left to earlier versions
 * is passed by.  Any other line that is none might have been somebody's place.
 */
static int check_lines(int fd, char *text, const char *file, struct err *err)
{
	char *end = strrchr(text, '\n'), *keep = text;
	const char *start = text;
	uint32_t u, s, i;
	unsigned int n = 1;

	end = end ? end + 1 : text;
	if (*end && ftruncate(fd, end - text) < 0)
		return err_set(err, -errno, "writing " WHAT, file);
	*end = '\0';
	for (const char *at = text; next_line(&at, &u, &s, &i); start = at, n++) {
		const size_t len = (size_t)(at - start);

		if (i == 0 && !is_beginning(start))
			return err_set(err, -EUCLEAN, "line %u of " WHAT " is no UID:SLOT:INDEX; remove it while "
				       "nobody is logged in", n, file);
		if (i > 0)
			keep = (char *)memmove(keep, start, len) + len;
	}
	*keep = '\0';
	return 0;
}

struct owner {
	uint32_t uid, slot;
	bool is;
};

/* Whose each place is, from 1 to size; the last line decides.  The caller frees it. */
static struct owner *owners(const char *text, uint32_t size)
{
	/* Of a large pool hardly a page is touched. */
	struct owner *o = calloc((size_t)size + 1, sizeof *o);
	uint32_t u, s, i;

	/* A pool that became smaller leaves some outside, who get another. */
	while (o && next_line(&text, &u, &s, &i))
		if (i <= size)
			o[i] = (struct owner){u, s, true};
	return o;
}

/* The place of uid's slot by its last line, if nobody has it since.  0: none. */
static uint32_t look_up(const char *text, const struct owner *o, uint32_t size, uid_t uid, unsigned int slot)
{
	uint32_t u, s, i, found = 0;

	while (next_line(&text, &u, &s, &i))
		if (i <= size && u == uid && s == slot && o[i].uid == uid && o[i].slot == slot)
			found = i;
	return found;
}

static void addresses(const struct prefixes *pool, uint32_t index, struct link_address ret[static 2])
{
	memset(ret, 0, 2 * sizeof *ret);
	for (size_t i = 0; i < pool->n; i++) {
		struct link_address *a = &ret[pool->v[i].family == AF_INET6];

		a->family = pool->v[i].family;
		prefix_nth(&pool->v[i], index, a->addr);
	}
}

static uint32_t find_free(const struct owner *o, uint32_t size)
{
	for (uint32_t i = 1; i <= size; i++)
		if (!o[i].is)
			return i;
	return 0;
}

/*
 * What somebody had for one more jail and does not use now.  That it is used after all
 * when we come to it, is found by the route that is there then.
 */
static uint32_t find_unused(const struct prefixes *pool, const struct owner *o, uint32_t size, pool_used_fn *used,
			    void *arg)
{
	struct link_address a[2];

	for (uint32_t i = 1; used && i <= size; i++) {
		if (o[i].slot == 0)
			continue;
		addresses(pool, i, a);
		if (!used(a, arg))
			return i;
	}
	return 0;
}

static int append(int fd, const char *line)
{
	int r = write_all(fd, line, strlen(line));

	return !r && fsync(fd) < 0 ? -errno : r;
}

/* A file without the lines of that place in the old one's stead, so that it does not grow
 * with each time a place changes hands. */
static int replace(int state_dir, const char *file, const char *text, uint32_t index, const char *line)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	char new[sizeof ((struct pool *)0)->file + 4];
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *all = calloc(1, strlen(text) + strlen(line) + 2);
	const char *start = text;
	uint32_t u, s, i;
	int r;

	snprintf(new, sizeof new, "%s.new", file);
	fd = openat(state_dir, new, flags, 0600);
	if (fd < 0 || !all)
		return fd < 0 ? -errno : -ENOMEM;
	for (char *end = all; next_line(&text, &u, &s, &i); start = text)
		if (i != index)
			end = mempcpy(end, start, (size_t)(text - start));
	strcat(all, line);
	r = write_all(fd, all, strlen(all));
	if (!r && (fsync(fd) < 0 || renameat(state_dir, new, state_dir, file) < 0))
		r = -errno;
	return !r && fsync(state_dir) < 0 ? -errno : r;
}

/* The file and its lock, once it is still the one of that name. */
static int open_locked(int state_dir, const char *file, struct err *err)
{
	const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;

	for (;;) {
		_cleanup_close_ int fd = openat(state_dir, file, flags, 0600);
		struct stat ours, named;
		int r;

		if (fd < 0)
			return err_set(err, -errno, WHAT, file);
		while ((r = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
			;
		if (r < 0 || fstat(fd, &ours) < 0)
			return err_set(err, -errno, "locking " WHAT, file);
		if (fstatat(state_dir, file, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
			return take_fd(&fd);
	}
}

void pool_of(const struct settings *set, struct pool *ret)
{
	const bool bridged = set->network == NETWORK_BRIDGE;
	char text[PREFIX_TEXT_MAX];

	*ret = (struct pool){&set->pool, "pool", POOL_FILE};
	if (!bridged)
		return;
	prefix_print(&set->address.v[0], text);
	*strchrnul(text, '/') = '-';
	*ret = (struct pool){&set->address, "address", ""};
	snprintf(ret->file, sizeof ret->file, POOL_FILE "-%s", text);
}

int pool_get(const struct pool *pool, int state_dir, uid_t uid, unsigned int slot, pool_used_fn *used,
	     void *arg, struct link_address ret[static 2], struct err *err)
{
	_cleanup_close_ int fd = open_locked(state_dir, pool->file, err);
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ struct owner *o = NULL;
	uint32_t size = pool_size(pool->prefixes), index;
	char line[64];
	int r = fd < 0 ? fd : read_text(fd, pool->file, &text, err);

	r = r ? r : check_lines(fd, text, pool->file, err);
	if (r)
		return r;
	o = owners(text, size);
	if (!o)
		return err_set(err, -ENOMEM, WHAT, pool->file);
	index = look_up(text, o, size, uid, slot);
	if (!index) {
		const uint32_t nobodys = find_free(o, size);

		index = nobodys ? nobodys : find_unused(pool->prefixes, o, size, used, arg);
		if (!index)
			return err_set(err, -ENOSPC, "all %" PRIu32 " addresses of the pool are somebody's: make "
				       "'%s' larger, or remove lines of users who are gone from " WHAT,
				       size, pool->option, pool->file);
		snprintf(line, sizeof line, "%u:%u:%" PRIu32 "\n", uid, slot, index);
		r = nobodys ? append(fd, line) : replace(state_dir, pool->file, text, index, line);
		if (r)
			return err_set(err, r, "writing " WHAT, pool->file);
	}
	addresses(pool->prefixes, index, ret);
	return 0;
}
