/* SPDX-License-Identifier: MIT */
/*
 * What anybody may write in the host's tree, which jails with root = host see: in a jail that changes
 * the jail's own layer only; but what is written there by another door, jails then run.  The top three levels,
 * up to a number of entries, and nothing that is mounted from elsewhere.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/text.h"
#include "lib/scope.h"
#include "lib/sys.h"

#define DEPTH 3
#define ENTRIES_MAX 100000
#define LINES_MAX 50

/* Not part of what a jail sees, or made for each. */
static const char *const skipped[] = {
	"/proc", "/sys", "/dev", "/run", "/tmp", "/lost+found",
#define MASK(kind, path, why) path,
#include "host-mask.def"
#undef MASK
};

struct walk {
	struct host *h;
	size_t entries, lines;
};

static bool is_skipped(const char *path)
{
	for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
		if (strcmp(skipped[i], path) == 0)
			return true;
	return false;
}

/* A command for a shell; not of a name that a user may have chosen for what it does there. */
static char *chmod_fix(const char *mode, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+@-";

	return text_format("chmod %s %s", mode, path[strspn(path, plain)] ? "it" : path);
}

static int tell(struct walk *w, const char *path, mode_t mode)
{
	_cleanup_free_ char *fix = NULL;

	if (w->lines++ >= LINES_MAX)
		return 0;
	fix = chmod_fix(S_ISDIR(mode) ? "+t" : "o-w", path);
	if (!fix)
		return -ENOMEM;
	host_open(w->h, path, fix, "%s, and jails see it", S_ISDIR(mode) ?
		  "anybody may put files here, and remove those of others" : "anybody may write to it");
	return 0;
}

static int walk_dir(struct walk *w, int parent, const char *name, const char *path, unsigned depth);

static int look_at(struct walk *w, int dir, const char *name, const char *above, unsigned depth)
{
	_cleanup_free_ char *path = text_format("%s/%s", above, name);
	struct statx st;
	int r = 0;

	if (!path)
		return -ENOMEM;
	if (is_skipped(path) || !mounts_stat(&w->h->mounts, dir, name, &st))
		return 0;
	if ((S_ISDIR(st.stx_mode) && (st.stx_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH) ||
	    (S_ISREG(st.stx_mode) && st.stx_mode & S_IWOTH))
		r = tell(w, path, st.stx_mode);
	if (r == 0 && S_ISDIR(st.stx_mode) && depth < DEPTH)
		r = walk_dir(w, dir, name, path, depth + 1);
	return r;
}

static int walk_dir(struct walk *w, int parent, const char *name, const char *path, unsigned depth)
{
	/* What is not of this machine is not asked for its entries, nor mounted for it. */
	_cleanup_close_ int at = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_close_ int fd = -EBADF;
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	struct statx st;
	int r = 0;

	if (at < 0 || !mounts_stat(&w->h->mounts, at, "", &st))
		return 0;
	fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return 0;
	(void)take_fd(&fd);
	while (r == 0 && (e = readdir(d)) && w->entries < ENTRIES_MAX) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		w->entries++;
		r = look_at(w, dirfd(d), e->d_name, path, depth);
	}
	return r;
}

/* Directories that several jails write in. */
static int look_at_binds(struct host *h, const struct section *s)
{
	for (size_t i = 0; i < s->settings.bind.n; i++) {
		const char *source = s->settings.bind.v[i].source;
		_cleanup_free_ char *fix = NULL;
		struct statx st;
		_cleanup_close_ int fd = mounts_open(&h->mounts, source, &st);

		if (fd == -EREMOTE) {
			host_note(h, source, "look at it by hand", "[jail %s] binds it, and it was not looked at: its "
				  "file system is not known to be of this machine", s->name);
			continue;
		}
		if (fd < 0 || !S_ISDIR(st.stx_mode) || (st.stx_mode & (S_IWOTH | S_ISVTX)) != S_IWOTH)
			continue;
		fix = chmod_fix("+t", source);
		if (!fix)
			return -ENOMEM;
		host_note(h, source, fix, "[jail %s] binds it, and its users may remove each other's files", s->name);
	}
	return 0;
}

int host_places(struct host *h)
{
	struct walk w = {.h = h};
	bool shown = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < h->config->n_sections; i++) {
		const struct section *s = &h->config->sections[i];

		shown |= strcmp(s->settings.root, "host") == 0;
		r = look_at_binds(h, s);
	}
	if (r || !shown)
		return r;
	r = walk_dir(&w, h->c.tree.fd, ".", "", 1);
	if (w.entries == 0)
		host_note(h, "/", "find / -xdev -perm -o+w finds what anybody may write",
			  "it was not looked at: its file system is not known to be of this machine");
	if (w.lines > LINES_MAX)
		host_note(h, "/", "put those right, and run this again", "there are %zu lines more of this kind",
			  w.lines - LINES_MAX);
	if (w.entries >= ENTRIES_MAX)
		host_note(h, "/", "find / -xdev -perm -o+w finds the others",
			  "it has more than %d entries in three levels, and not all were looked at", ENTRIES_MAX);
	return r;
}
