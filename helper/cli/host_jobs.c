/* SPDX-License-Identifier: MIT */
/*
 * What runs for a user without a login: lingering user managers, tables of cron and incron, jobs of
 * at, and lines of the host's own tables that name a user.  Who has one was let in by another door,
 * since a jail shows no spool; and a cron need not ask PAM.  The directories are root's, the files
 * in them are told by name and owner, and not opened.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/host.h"
#include "cli/host_text.h"
#include "cli/text.h"
#include "lib/scope.h"

/* Files that are named like their user. */
static const struct {
	const char *dir, *what, *fix; /* fix has a %s for the name */
} named[] = {
	{"/var/lib/systemd/linger", "systemd starts a user manager at boot, without a login",
	 "loginctl disable-linger %s"},
	{"/var/spool/cron/crontabs", "has a crontab", "crontab -r -u %s"},
	{"/var/spool/cron", "has a crontab", "crontab -r -u %s"},
	{"/var/spool/cron/tabs", "has a crontab", "crontab -r -u %s"},
	{"/var/spool/fcron", "has a table of fcron", "fcrontab -r -u %s"},
	{"/var/spool/incron", "has a table of incron, which runs commands when files change", "incrontab -r -u %s"},
};

/* And those that are told by their owner. */
static const char *const at_dirs[] = {"/var/spool/cron/atjobs", "/var/spool/at", "/var/spool/atjobs"};

struct looking {
	struct host *h;
	const char *what, *fix;
};

static int named_file(void *arg, const char *path)
{
	const struct looking *l = arg;
	const struct host_user *user = host_user_named(l->h, strrchr(path, '/') + 1);
	_cleanup_free_ char *fix = NULL;

	if (!user)
		return 0;
	fix = text_replace(l->fix, "%s", user->name);
	if (!fix)
		return -ENOMEM;
	host_open(l->h, user->name, fix, "%s (%s)", l->what, path);
	return 0;
}

static int at_job(void *arg, const char *path)
{
	struct host *h = arg;
	const struct host_user *user;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	user = host_user_of(h, st.st_uid);
	if (user)
		host_open(h, user->name, "rm it, or atrm", "has a job of at or batch (%s)", path);
	return 0;
}

static int system_table(void *arg, const char *path)
{
	struct host *h = arg;
	_cleanup_free_ char *text = NULL;
	struct err err;
	unsigned line = 1;
	int r = changes_read(&h->c, path, &text, &err);

	if (r || !text) {
		if (r && r != -ENOMEM)
			host_note(h, path, "look at it by hand", "can't be read: %s", err.text);
		return r == -ENOMEM ? r : 0;
	}
	for (const char *at = text; *at; at = text_next_line(at), line++) {
		_cleanup_free_ char *name = cron_line_user(at), *subject = NULL;
		const struct host_user *user = name ? host_user_named(h, name) : NULL;

		if (!user)
			continue;
		subject = text_format("%s:%u", path, line);
		if (!subject)
			return -ENOMEM;
		host_open(h, subject, "have it run as another user", "runs a command as %s, who is jailed",
			  user->name);
	}
	return 0;
}

static int each(struct host *h, const char *dir, int (*fn)(void *arg, const char *path), void *arg)
{
	int r = dir_each(&h->c.tree, dir, fn, arg);

	if (r && r != -ENOENT && r != -ENOMEM)
		host_note(h, dir, "look at it by hand", "can't be read: %s", strerror(-r));
	return r == -ENOMEM ? r : 0;
}

int host_jobs(struct host *h)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof named / sizeof *named; i++)
		r = each(h, named[i].dir, named_file, &(struct looking){h, named[i].what, named[i].fix});
	for (size_t i = 0; r == 0 && i < sizeof at_dirs / sizeof *at_dirs; i++)
		r = each(h, at_dirs[i], at_job, h);
	if (r == 0)
		r = each(h, "/etc/cron.d", system_table, h);
	return r ? r : system_table(h, "/etc/crontab");
}
