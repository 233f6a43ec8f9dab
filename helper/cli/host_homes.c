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

static void look_at_mail(struct host *h, const struct host_user *user, int home, size_t i)
{
	char text[MAIL_MAX];
	/* A file may be mounted there, too, which nothing is asked of. */
	_cleanup_close_ int found = sys_openat2(home, mail[i].name, O_PATH | O_NOFOLLOW, 0, RESOLVE_POLICY_BENEATH);
	int r;

	if (found < 0 && errno == ENOENT)
		return;
	if (!mail[i].address) {
		host_open(h, user->name, MAIL_FIX, "has a ~/%s, and so may have %s run commands", mail[i].name,
			  mail[i].reader);
		return;
	}
	r = read_small(home, mail[i].name, text, sizeof text);
	if (r == -ENOENT || (r == 0 && !forward_runs(text)))
		return;
	if (r == 0)
		host_open(h, user->name, MAIL_FIX, "has a ~/%s with a command for %s to run", mail[i].name,
			  mail[i].reader);
	else
		host_open(h, user->name, MAIL_FIX, "has a ~/%s that can't be read (%s), and may have %s run a command",
			  mail[i].name, r == -EINVAL ? "it is no file" : strerror(-r), mail[i].reader);
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
	if (!mounts_local_path(&h->mounts, user->home)) {
		not_seen(away, user);
		return;
	}
	home = sys_openat2(AT_FDCWD, user->home, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	if (home < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			not_seen(closed, user);
		return;
	}
	if (!mounts_stat(&h->mounts, home, "", &st)) {
		not_seen(away, user);
		return;
	}
	/* Not theirs, such as / or another's: then they can't write there, and no login works. */
	if (st.stx_uid != user->uid)
		return;
	for (size_t i = 0; i < sizeof mail / sizeof *mail; i++)
		look_at_mail(h, user, home, i);
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
