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

#include "lib/fdio.h"
#include "lib/scope.h"

#define POOL_FILE_MAX (64u << 20)
#define WHAT "the file '" POOL_FILE "' of the state directory"

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

static int read_text(int fd, char **ret, struct err *err)
{
	struct stat st;
	char *text;
	int r;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, WHAT);
	if (st.st_size < 0 || st.st_size > POOL_FILE_MAX)
		return err_set(err, -EFBIG, WHAT);
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return err_set(err, -ENOMEM, WHAT);
	r = read_all(fd, text, (size_t)st.st_size);
	if (!r && strlen(text) != (size_t)st.st_size)
		r = -EUCLEAN;
	if (r == -EUCLEAN)
		err_set(err, r, WHAT " has a NUL byte in it; remove that line while nobody is logged in");
	else if (r)
		err_set(err, r, "reading " WHAT);
	if (r)
		free(text);
	else
		*ret = text;
	return r;
}

/* Take a line off *text.  False at the end; one that is none has index 0. */
static bool next_line(const char **text, uint32_t *uid, uint32_t *slot, uint32_t *index)
{
	const char *line = *text, *end = line + strcspn(line, "\n");
	int used = 0;

	if (!*line)
		return false;
	*text = *end ? end + 1 : end;
	if (*line < '0' || *line > '9' ||
	    sscanf(line, "%" SCNu32 ":%" SCNu32 ":%" SCNu32 "%n", uid, slot, index, &used) != 3 ||
	    line + used != end || !*end)
		*index = 0;
	return true;
}

/* The place of uid's slot, or 0 and in *ret_free the first that is nobody's (0: none). */
static int look_up(const char *text, uint32_t size, uid_t uid, unsigned int slot, uint32_t *ret,
		   uint32_t *ret_free)
{
	_cleanup_free_ uint8_t *taken = calloc(size / 8 + 1, 1);
	uint32_t u, s, i;

	if (!taken)
		return -ENOMEM;
	*ret = *ret_free = 0;
	while (next_line(&text, &u, &s, &i)) {
		/* A pool that became smaller leaves some outside, who get another. */
		if (i == 0 || i > size)
			continue;
		taken[i / 8] |= (uint8_t)(1u << i % 8);
		if (u == uid && s == slot)
			*ret = i;
	}
	for (i = 1; i <= size && !*ret_free; i++)
		if (!(taken[i / 8] & 1u << i % 8))
			*ret_free = i;
	return 0;
}

static int append(int fd, const char *text, uid_t uid, unsigned int slot, uint32_t index)
{
	bool torn = *text && text[strlen(text) - 1] != '\n';
	char line[64];
	/* A line that a power cut left without its end must not swallow ours. */
	int n = snprintf(line, sizeof line, "%s%u:%u:%" PRIu32 "\n", torn ? "\n" : "", uid, slot, index), r;

	r = write_all(fd, line, (size_t)n);
	return !r && fsync(fd) < 0 ? -errno : r;
}

int pool_get(const struct prefixes *pool, int state_dir, uid_t uid, unsigned int slot,
	     struct link_address ret[static 2], struct err *err)
{
	const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	_cleanup_close_ int fd = openat(state_dir, POOL_FILE, flags, 0600);
	_cleanup_free_ char *text = NULL;
	uint32_t size = pool_size(pool), index, free_one;
	int r;

	if (fd < 0)
		return err_set(err, -errno, WHAT);
	while ((r = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
		;
	if (r < 0)
		return err_set(err, -errno, "locking " WHAT);
	r = read_text(fd, &text, err);
	if (r)
		return r;
	r = look_up(text, size, uid, slot, &index, &free_one);
	if (r)
		return err_set(err, r, WHAT);
	if (!index && !free_one)
		return err_set(err, -ENOSPC, "all %" PRIu32 " addresses of the pool are somebody's: make 'pool' in "
			       "jail.ini larger, or remove lines of users who are gone from " WHAT, size);
	if (!index) {
		index = free_one;
		r = append(fd, text, uid, slot, index);
		if (r)
			return err_set(err, r, "writing " WHAT);
	}
	memset(ret, 0, 2 * sizeof *ret);
	for (size_t i = 0; i < pool->n; i++) {
		struct link_address *a = &ret[pool->v[i].family == AF_INET6];

		a->family = pool->v[i].family;
		prefix_nth(&pool->v[i], index, a->addr);
	}
	return 0;
}
