/* SPDX-License-Identifier: MIT */
#include "subid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/compare.h"
#include "lib/digits.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"

#define SUBID_FILE_MAX (4u << 20)

bool subid_line_next(const char **text, struct subid_line *ret)
{
	const char *p = *text, *end, *colon;

	memset(ret, 0, sizeof *ret);
	if (*p == '\0')
		return false;
	end = p + strcspn(p, "\n");
	*text = *end ? end + 1 : end;
	colon = memchr(p, ':', (size_t)(end - p));
	if (!colon || colon == p)
		return true;
	ret->owner = p;
	ret->owner_len = (size_t)(colon - p);
	p = digits_u32(colon + 1, end, &ret->start);
	if (!p || p == end || *p != ':')
		return true;
	p = digits_u32(p + 1, end, &ret->count);
	if (!p || p != end)
		ret->count = 0;
	return true;
}

static bool line_is_for(const struct subid_line *l, const char *name, uid_t uid)
{
	char number[16];

	if (l->owner_len == strlen(name) && memcmp(l->owner, name, l->owner_len) == 0)
		return true;
	snprintf(number, sizeof number, "%u", uid);
	return l->owner_len == strlen(number) && memcmp(l->owner, number, l->owner_len) == 0;
}

/* Ids of people and of the system, and the two values that mean "none", are no
 * place for a subordinate range, whoever wrote it into the file. */
static bool range_sane(uint32_t start, uint32_t count)
{
	return start >= SUBID_COUNT && (uint64_t)start + count <= UINT32_MAX;
}

bool subid_line_fits(const struct subid_line *l)
{
	return l->count >= SUBID_COUNT && range_sane(l->start, l->count);
}

int subid_find(const char *text, const char *name, uid_t uid, uint32_t *ret_start)
{
	struct subid_line l;

	while (subid_line_next(&text, &l))
		if (subid_line_fits(&l) && line_is_for(&l, name, uid)) {
			*ret_start = l.start;
			return 0;
		}
	return -ENOENT;
}

/* A file of the form of /etc/subuid; a missing one reads as empty.  -EUCLEAN: there is a NUL in it. */
static int file_text(int dirfd, const char *path, char **ret)
{
	_cleanup_free_ char *buf = NULL;
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT) {
		*ret = strdup("");
		return *ret ? 0 : -ENOMEM;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < 0 || st.st_size > SUBID_FILE_MAX)
		return -EFBIG;
	buf = calloc(1, (size_t)st.st_size + 1);
	if (!buf)
		return -ENOMEM;
	r = read_all(fd, buf, (size_t)st.st_size);
	if (r)
		return r;
	if (strlen(buf) != (size_t)st.st_size)
		return -EUCLEAN;
	*ret = take_ptr(buf);
	return 0;
}

static bool overlaps(const char *text, uint32_t start)
{
	struct subid_line l;

	while (subid_line_next(&text, &l))
		if (l.count > 0 && (uint64_t)l.start < (uint64_t)start + SUBID_COUNT &&
		    (uint64_t)l.start + l.count > start)
			return true;
	return false;
}

/* Allot from the pool, or find what was allotted before.  The file has the form
 * of /etc/subuid, by uid, and is only ever appended to, whole lines at a time. */
static int pool_get(int state_fd, const char *subuid, const char *subgid, uid_t uid,
		    uint32_t *ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -EBADF;
	char line[64];
	int r;

	fd = openat(state_fd, "subids", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, -errno, "the file 'subids' of the state directory");
	if (flock(fd, LOCK_EX) < 0)
		return err_set(err, -errno, "locking the file 'subids' of the state directory");
	r = file_text(state_fd, "subids", &text);
	/* A NUL, as a power cut may leave, would end the text for us and hide what was
	 * allotted after it: the same ids would be given twice. */
	if (r == -EUCLEAN)
		return err_set(err, r,
			       "the file 'subids' of the state directory has a NUL byte in it; "
			       "remove that line while nobody is logged in");
	if (r)
		return err_set(err, r, "reading the file 'subids' of the state directory");
	snprintf(line, sizeof line, "%u", uid);
	if (subid_find(text, line, uid, ret) == 0)
		return 0;
	/* A line that a power cut left without its end must not swallow ours. */
	if (*text && text[strlen(text) - 1] != '\n' && write_all(fd, "\n", 1) < 0)
		return err_set(err, -EIO, "the file 'subids' of the state directory");
	for (uint32_t s = SUBID_POOL_FIRST; s <= SUBID_POOL_END - SUBID_COUNT; s += SUBID_COUNT) {
		int n;

		if (overlaps(text, s) || overlaps(subuid, s) || overlaps(subgid, s))
			continue;
		n = snprintf(line, sizeof line, "%u:%u:%u\n", uid, s, SUBID_COUNT);
		r = write_all(fd, line, (size_t)n);
		if (!r && fsync(fd) < 0)
			r = -errno;
		if (r)
			return err_set(err, r, "writing the file 'subids' of the state directory");
		*ret = s;
		return 0;
	}
	return err_set(err, -ENOSPC,
		       "no subordinate ids left in our own pool; give the account a range in /etc/subuid");
}

static int read_etc(const char *etc, int dir, const char *name, char **ret, struct err *err)
{
	int r = file_text(dir, name, ret);

	if (r == -EUCLEAN)
		return err_set(err, r, "%s/%s has a NUL byte in it; remove that line (grep -aP '\\x00' shows it)", etc,
			       name);
	return r ? err_set(err, r, "reading %s/%s", etc, name) : 0;
}

int subid_files_read(const char *etc, struct subid_files *ret, struct err *err)
{
	_cleanup_close_ int dir = open(etc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	*ret = (struct subid_files){NULL, NULL};
	if (dir < 0)
		return err_set(err, -errno, "%s", etc);
	r = read_etc(etc, dir, "subuid", &ret->uid, err);
	return r ? r : read_etc(etc, dir, "subgid", &ret->gid, err);
}

void subid_files_free(struct subid_files *f)
{
	free(f->uid);
	free(f->gid);
	*f = (struct subid_files){NULL, NULL};
}

int subids_get(const struct subid_files *etc, int state_fd, const char *name, uid_t uid,
	       struct subids *ret, struct err *err)
{
	uint32_t u, g;
	int r;

	if (subid_find(etc->uid, name, uid, &u) == 0 && subid_find(etc->gid, name, uid, &g) == 0) {
		*ret = (struct subids){.uid = u, .gid = g};
		return 0;
	}
	r = pool_get(state_fd, etc->uid, etc->gid, uid, &u, err);
	if (r)
		return r;
	*ret = (struct subids){.uid = u, .gid = u};
	return 0;
}

size_t own_gids(gid_t gid, const gid_t *groups, size_t ngroups, uint32_t *own)
{
	size_t n = 1;

	own[0] = gid;
	for (size_t i = 0; i < ngroups; i++)
		own[i + 1] = groups[i];
	qsort(own, ngroups + 1, sizeof *own, compare_ids);
	for (size_t i = 1; i <= ngroups; i++)
		if (own[i] != own[n - 1])
			own[n++] = own[i];
	return n;
}

int idmap_text(const uint32_t *own, size_t nown, uint32_t base, char *buf, size_t size)
{
	uint32_t next = 0;
	size_t len = 0;

	for (size_t i = 0; i <= nown; i++) {
		uint32_t stop = i < nown && own[i] < SUBID_MAPPED ? own[i] : SUBID_MAPPED;

		if (stop > next)
			len += (size_t)snprintf(buf + len, len < size ? size - len : 0,
						"%u %u %u\n", next, base + next, stop - next);
		if (i < nown)
			len += (size_t)snprintf(buf + len, len < size ? size - len : 0,
						"%u %u 1\n", own[i], own[i]);
		if (len >= size)
			return -E2BIG;
		next = stop == SUBID_MAPPED ? SUBID_MAPPED : stop + 1;
	}
	return (int)len;
}
