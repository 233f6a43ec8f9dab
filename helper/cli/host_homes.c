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
	struct stat st;
	int r;

	if (fstatat(home, mail[i].name, &st, AT_SYMLINK_NOFOLLOW) < 0)
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

static void look_at(struct host *h, const struct host_user *user)
{
	/* The way there is the administrator's, as for a login; see helper/tree/tree.c. */
	_cleanup_close_ int home = *user->home != '/' ? -ENOENT :
		sys_openat2(AT_FDCWD, user->home, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	struct stat st;

	/* Not theirs, such as / or another's: then they can't write there, and no login works. */
	if (home < 0 || fstat(home, &st) < 0 || st.st_uid != user->uid)
		return;
	for (size_t i = 0; i < sizeof mail / sizeof *mail; i++)
		look_at_mail(h, user, home, i);
	for (size_t i = 0; i < sizeof unit_dirs / sizeof *unit_dirs; i++)
		look_at_units(h, user, home, unit_dirs[i]);
}

int host_homes(struct host *h)
{
	for (size_t i = 0; i < h->n_users; i++)
		look_at(h, &h->users[i]);
	return 0;
}
