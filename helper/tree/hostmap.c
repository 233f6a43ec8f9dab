/* SPDX-License-Identifier: MIT */
#include "hostmap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/compare.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "lib/wire.h"
#include "setup/owner.h"
#include "setup/subid.h"

/* With the ids of an account, what a page has room for, which is all that the kernel takes. */
#define HOLES_MAX 60u
#define MAP_MAX 4096u

/* Ids from first to before after. */
struct hole {
	uint32_t first, after;
};

static int compare_holes(const void *a, const void *b)
{
	return compare_ids(&((const struct hole *)a)->first, &((const struct hole *)b)->first);
}

static void hole_remove(struct hole *holes, size_t *n, size_t i)
{
	memmove(holes + i, holes + i + 1, (--*n - i) * sizeof *holes);
}

/* Sorted, none touching the next, and no more than fit; there is one at least. */
static void holes_settle(struct hole *holes, size_t *n)
{
	size_t last = 0;

	qsort(holes, *n, sizeof *holes, compare_holes);
	for (size_t i = 1; i < *n; i++) {
		if (holes[i].first > holes[last].after)
			holes[++last] = holes[i];
		else if (holes[i].after > holes[last].after)
			holes[last].after = holes[i].after;
	}
	*n = last + 1;
	while (*n > HOLES_MAX) {
		size_t nearest = 1;

		for (size_t i = 2; i < *n; i++)
			if (holes[i].first - holes[i - 1].after < holes[nearest].first - holes[nearest - 1].after)
				nearest = i;
		holes[nearest - 1].after = holes[nearest].after;
		hole_remove(holes, n, nearest);
	}
}

/* Of each line as much as a jail would get. */
static size_t holes_of_lines(const char *subids, struct hole *holes)
{
	struct subid_line l;
	size_t n = 0;

	while (subid_line_next(&subids, &l))
		if (subid_line_fits(&l)) {
			if (holes)
				holes[n] = (struct hole){l.start, l.start + SUBID_COUNT};
			n++;
		}
	return n;
}

static bool in_holes(const struct hole *holes, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= holes[i].first && id < holes[i].after)
			return true;
	return false;
}

int hostmap_text(const char *subids, uint32_t base, const uint32_t *own, size_t nown, char *buf,
		 size_t size)
{
	size_t n = holes_of_lines(subids, NULL), len = 0;
	_cleanup_free_ struct hole *holes = calloc(n + 2, sizeof *holes);
	uint32_t next = 0;

	if (!holes)
		return -ENOMEM;
	n = holes_of_lines(subids, holes);
	holes[n++] = (struct hole){base, base + SUBID_COUNT};
	holes[n++] = (struct hole){SUBID_POOL_FIRST, SUBID_POOL_END};
	holes_settle(holes, &n);
	for (size_t i = 0; i <= n && len < size; i++) {
		/* The last number of all is no id. */
		uint32_t stop = i < n ? holes[i].first : UINT32_MAX;

		if (stop > next)
			len += (size_t)snprintf(buf + len, size - len, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", next,
						next, stop - next);
		next = i < n ? holes[i].after : stop;
	}
	for (size_t i = 0; i < nown && len < size; i++)
		if (in_holes(holes, n, own[i]))
			len += (size_t)snprintf(buf + len, size - len, "%" PRIu32 " %" PRIu32 " 1\n", own[i],
						own[i]);
	return len < size ? (int)len : -E2BIG;
}

static int write_map(const struct jail *j, pid_t pid, const char *kind, struct err *err)
{
	const bool users = strcmp(kind, "uid") == 0;
	const char *subids = users ? j->subid_files.uid : j->subid_files.gid;
	uint32_t own[INIT_GROUPS_MAX + 1] = {j->id->uid};
	char path[48], text[MAP_MAX];
	size_t n = users ? 1 : own_gids(j->id->gid, j->groups, j->ngroups, own);
	int r;

	r = hostmap_text(subids, users ? j->sub.uid : j->sub.gid, own, n, text, sizeof text);
	if (r < 0)
		return err_set(err, r, "the %s_map for what is the host's", kind);
	snprintf(path, sizeof path, "%d/%s_map", pid, kind);
	r = write_file_at(j->proc, path, text);
	return r ? err_set(err, r, "writing the %s_map for what is the host's", kind) : 0;
}

int hostmap_make(const struct jail *j, struct err *err)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	_cleanup_close_ int until = -EBADF, ns = -EBADF;
	int end[2], r;
	char path[48], byte;
	pid_t pid;

	if (pipe2(end, O_CLOEXEC) < 0)
		return err_set(err, -errno, "a pipe");
	until = end[1];
	/* The namespace counts to the allowance of the jail's others, not to root's. */
	r = owner_become(subids_owner(&j->sub));
	if (r) {
		(void)close(end[0]);
		return err_set(err, r, "taking the uid that the jail's namespaces belong to");
	}
	pid = sys_clone3(&args);
	if (pid == 0) {
		/* It is there for its namespace only, and goes when we have that. */
		(void)close(end[1]);
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	r = pid < 0 ? -errno : 0;
	owner_become_root();
	(void)close(end[0]);
	if (r)
		return err_set(err, r, "a user namespace for what is the host's");
	r = write_map(j, pid, "uid", err);
	if (!r)
		r = write_map(j, pid, "gid", err);
	snprintf(path, sizeof path, "%d/ns/user", pid);
	ns = r ? r : openat(j->proc, path, O_RDONLY | O_CLOEXEC);
	if (!r && ns < 0)
		r = err_set(err, -errno, "the user namespace for what is the host's");
	scope_close(&until);
	until = -EBADF;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r ? r : take_fd(&ns);
}
