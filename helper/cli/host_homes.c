/* SPDX-License-Identifier: MIT */
/*
 * Files of a home that services of the host obey: mail delivery, and systemd's user manager.  A home
 * is its user's, who may put a FIFO, a link, a disk full of zeros there, and change them meanwhile:
 * nothing is followed, waited for, or read beyond a bound, and of what it holds nothing is printed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/host_text.h"
#include "lib/scope.h"
#include "lib/sys.h"

#define MAIL_MAX (64 * 1024)
#define MAIL_FIX "have the mail server run no commands of users (postfix: allow_mail_to_commands =), or remove it"

static const struct {
	const char *name, *reader;
	bool address; /* a plain one runs nothing */
} mail[] = {
	{".forward", "mail servers", true},
	{".qmail", "qmail", true},
	{".procmailrc", "procmail", false},
	{".mailfilter", "maildrop", false},
};

static const struct {
	const char *begin, *shown, *reader; /* shown: what a user has called it is not */
} extensions[] = {
	{".forward+", ".forward+*", "mail servers"},
	{".forward-", ".forward-*", "mail servers"},
	{".qmail-", ".qmail-*", "qmail"},
	{".courier", ".courier*", "courier"},
};

/* Of a home, at most. */
#define ENTRIES_MAX 20000
#define FILES_MAX 200

static const char *const unit_dirs[] = {".config/systemd/user", ".local/share/systemd/user"};

/* The text of a small file; -EFBIG, or -EINVAL for what is none. */
static int read_small(int home, const char *name, char *text, size_t size)
{
	/* Not waiting for the other end of a FIFO, nor for a lease's holder. */
	_cleanup_close_ int fd = sys_openat2(home, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0,
					     RESOLVE_POLICY_BENEATH);
	size_t have = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	while (have < size && (n = read(fd, text + have, size - have)) != 0) {
		if (n < 0)
			return -errno;
		have += (size_t)n;
	}
	if (have == size)
		return -EFBIG;
	text[have] = '\0';
	/* What is behind a NUL counts as well. */
	for (char *at = text; at < text + have; at++)
		if (!*at)
			*at = ' ';
	return 0;
}

/* A file may be mounted there, too, which nothing is asked of: what is not missing is there. */
static bool is_there(int home, const char *name)
{
	_cleanup_close_ int found = sys_openat2(home, name, O_PATH | O_NOFOLLOW, 0, RESOLVE_POLICY_BENEATH);

	return found >= 0 || errno != ENOENT;
}

/* Is it there, and more than addresses?  0: no, 1: it has a command, or what read_small said. */
static int runs_something(int home, const char *name)
{
	char text[MAIL_MAX];
	int r;

	if (!is_there(home, name))
		return 0;
	r = read_small(home, name, text, sizeof text);
	return r == -ENOENT ? 0 : r ? r : forward_runs(text);
}

/* name: as shown. */
static void tell_mail(struct host *h, const struct host_user *user, const char *name, const char *reader, int r)
{
	if (r == 1)
		host_open(h, user->name, MAIL_FIX, "has a ~/%s with a command for %s to run", name, reader);
	else if (r)
		host_open(h, user->name, MAIL_FIX, "has a ~/%s that can't be read (%s), and may have %s run a command",
			  name, r == -EINVAL ? "it is no file" : strerror(-r), reader);
}

static void look_at_mail(struct host *h, const struct host_user *user, int home, size_t i)
{
	if (mail[i].address)
		tell_mail(h, user, mail[i].name, mail[i].reader, runs_something(home, mail[i].name));
	else if (is_there(home, mail[i].name))
		host_open(h, user->name, MAIL_FIX, "has a ~/%s, and so may have %s run commands", mail[i].name,
			  mail[i].reader);
}

/* Files for addresses such as user+x and user-x: one line for those of a kind. */
static void look_at_extensions(struct host *h, const struct host_user *user, int home)
{
	_cleanup_close_ int fd = sys_openat2(home, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0, RESOLVE_POLICY_BENEATH);
	_cleanup_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool told[sizeof extensions / sizeof *extensions] = {false};
	size_t entries = 0, files = 0;
	struct dirent *e;

	if (!d) {
		host_note(h, user->name, "look at it by hand", "the home can't be looked into");
		return;
	}
	(void)take_fd(&fd);
	while ((e = readdir(d)) && entries++ < ENTRIES_MAX && files < FILES_MAX)
		for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
			int r;

			if (told[i] || strncmp(e->d_name, extensions[i].begin, strlen(extensions[i].begin)) != 0)
				continue;
			files++;
			r = runs_something(home, e->d_name);
			told[i] = r != 0;
			tell_mail(h, user, extensions[i].shown, extensions[i].reader, r);
		}
	if (e)
		host_note(h, user->name, "look for ~/.forward+*, ~/.qmail-* and ~/.courier* by hand",
			  "the home has too much in it, and not all was looked at");
}

/* Is anything in the directory that is named like a unit, or can that not be told? */
static const char *units_in(int home, const char *dir)
{
	_cleanup_close_ int fd = sys_openat2(home, dir, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0,
					     RESOLVE_POLICY_BENEATH);
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? NULL : "can't be looked into";
	d = fdopendir(fd);
	if (!d)
		return "can't be looked into";
	(void)take_fd(&fd);
	while ((e = readdir(d)))
		if (*e->d_name != '.')
			return "has units";
	return NULL;
}

static void look_at_units(struct host *h, const struct host_user *user, int home, const char *dir)
{
	const char *found = units_in(home, dir);

	if (!found)
		return;
	if (h->manager_refused)
		host_note(h, user->name, "nothing, as long as PAM's line in systemd-user stays",
			  "~/%s %s; no user manager runs them", dir, found);
	else
		host_open(h, user->name, "loginjail setup --apply closes systemd-user",
			  "~/%s %s, which systemd runs outside the jail", dir, found);
}

struct unseen {
	const struct host_user *first;
	size_t n;
};

static void not_seen(struct unseen *u, const struct host_user *user)
{
	if (u->n++ == 0)
		u->first = user;
}

static void look_at(struct host *h, const struct host_user *user, struct unseen *away, struct unseen *closed)
{
	/* The way there is the administrator's, as for a login; see helper/tree/tree.c. */
	_cleanup_close_ int home = -EBADF;
	struct statx st;

	if (*user->home != '/')
		return;
	home = mounts_open(&h->mounts, user->home, &st);
	if (home < 0) {
		if (home != -ENOENT && home != -ENOTDIR)
			not_seen(home == -EREMOTE ? away : closed, user);
		return;
	}
	/* Not theirs, such as / or another's: then they can't write there, and no login works. */
	if (!S_ISDIR(st.stx_mode) || st.stx_uid != user->uid)
		return;
	for (size_t i = 0; i < sizeof mail / sizeof *mail; i++)
		look_at_mail(h, user, home, i);
	look_at_extensions(h, user, home);
	for (size_t i = 0; i < sizeof unit_dirs / sizeof *unit_dirs; i++)
		look_at_units(h, user, home, unit_dirs[i]);
}

static int tell_unseen(struct host *h, const struct unseen *u, const char *why)
{
	_cleanup_free_ char *subject = u->n > 0 ? host_users_text(u->first->name, u->n) : NULL;

	if (u->n == 0)
		return 0;
	if (!subject)
		return -ENOMEM;
	host_note(h, subject, "look at ~/.forward and ~/.config/systemd/user there by hand",
		  "the home was not looked at: %s", why);
	return 0;
}

int host_homes(struct host *h)
{
	struct unseen away = {0}, closed = {0};
	int r;

	for (size_t i = 0; i < h->n_users; i++)
		look_at(h, &h->users[i], &away, &closed);
	r = tell_unseen(h, &away, "its file system is not known to be of this machine, and might never answer");
	return r ? r : tell_unseen(h, &closed, "it can't be opened");
}
