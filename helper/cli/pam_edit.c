/* SPDX-License-Identifier: MIT */
#include "cli/pam_edit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/blocks.h"
#include "lib/scope.h"

#define PAM_DIR "/etc/pam.d"

/*
 * What starts something for a user.  Not here: sudo, runuser and the like, with which an
 * administrator acts, and who only asks for a password (passwd, polkit, screen locks).
 */
static const struct service {
	const char *name;
	const char *why; /* what it would do outside the jail */
} services[] = {
	{"systemd-user", "at a login, systemd runs the units below ~/.config/systemd/user"},
	{"cron", "runs users' crontabs"},
	{"crond", "runs users' crontabs"},
	{"atd", "runs users' jobs of at and batch"},
	{"su", "su opens a session on the host"},
	{"su-l", "'su -' opens a session on the host"},
	{"login", "a login on the console or a serial line"},
	{"remote", "a login by telnet and the like"},
	{"cockpit", "a session of the web console"},
	{"xrdp-sesman", "a session by remote desktop"},
	{"vsftpd", "files by FTP"},
	{"proftpd", "files by FTP"},
	{"gdm-password", "a graphical login"},
	{"gdm-autologin", "a graphical login"},
	{"gdm-fingerprint", "a graphical login"},
	{"gdm-smartcard", "a graphical login"},
	{"lightdm", "a graphical login"},
	{"lightdm-autologin", "a graphical login"},
	{"sddm", "a graphical login"},
	{"sddm-autologin", "a graphical login"},
	{"greetd", "a graphical login"},
	{"lxdm", "a graphical login"},
	{"xdm", "a graphical login"},
	{"kde", "a graphical login"},
	{"wdm", "a graphical login"},
	{"slim", "a graphical login"},
};

static char *path_of(const char *dir, const char *name)
{
	char *s;

	return asprintf(&s, "%s/%s", dir, name) < 0 ? NULL : s;
}

/*
 * A file of the vendor's is not ours to change, and a copy would not follow its updates: so one
 * that includes it.
 */
static char *vendor_lines(const char *dir, const char *service, const char *line)
{
	char *s;

	return asprintf(&s, "auth include %s/%s\naccount include %s/%s\npassword include %s/%s\n"
			    "session include %s/%s\n%s", dir, service, dir, service, dir, service, dir,
			service, line) < 0 ? NULL : s;
}

/* Would the service be in order, with all that is planned?  -EINVAL or -ENOENT as pam_stack_check. */
static int check(struct changes *c, const char *service, struct err *err)
{
	const struct pam_source source = {changes_read, c};
	bool sshd = strcmp(service, "sshd") == 0;
	const struct pam_entry *ours;
	struct pam_stack stack;
	int r = pam_stack_read(&source, service, "session", &stack, err);

	if (r)
		return r;
	r = pam_stack_check(&stack, sshd, err);
	ours = pam_stack_ours(&stack);
	if (!r && sshd && strcmp(ours->args, "open") == 0 && !strstr(stack.v[0].module, PAM_MODULE_NAME))
		r = err_set(err, 0, "%s:%u: this line comes before 'session required %s close', which "
				    "must be the first: the modules after it expect to close on the host",
			    stack.v[0].file, stack.v[0].line, ours->module);
	pam_stack_clear(&stack);
	return r;
}

/*
 * Lines for a file that is there: none where it is in order without ours, or has some by hand,
 * which are the administrator's to put right.
 */
static int plan_file(struct changes *c, struct change *change, const char *service, const char *first,
		     const char *last, const char *why)
{
	char *bare = NULL, *text;
	struct err err;
	bool by_hand;
	int r;

	r = blocks_strip(change->path, change->old.text, &bare, &err);
	if (r == 0 && !bare)
		return 0; /* all of it is ours: a vendor's file that is gone by now */
	if (r == 0) {
		r = change_set(change, bare, "our lines are not needed");
		by_hand = pam_text_names_us(bare) > 0;
		if (r == 0)
			r = check(c, service, &err);
		if (r == 0 || r == -ENOMEM)
			return r;
		if (!by_hand)
			r = blocks_add(change->path, bare, first, last, &text, &err);
	}
	if (r)
		return r == -ENOMEM ? r : problem(c, "%s", err.text);
	r = change_set(change, text, "%s", why);
	if (r == 0 && check(c, service, &err))
		return problem(c, "%s", err.text);
	return r;
}

/* A file of our own, where PAM looks before it looks at the vendor's. */
static int plan_vendor(struct changes *c, struct change *change, const char *dir, const char *service,
		       const char *line, const char *why)
{
	_cleanup_free_ char *lines = vendor_lines(dir, service, line);
	struct err err;
	char *text;
	int r;

	if (!lines)
		return -ENOMEM;
	r = blocks_add(change->path, NULL, NULL, lines, &text, &err);
	if (!r)
		r = change_set(change, text, "%s", why);
	if (r == 0 && check(c, service, &err))
		return problem(c, "%s", err.text);
	return r;
}

/* The vendor's directory that has the service, "" if none: as if /etc had nothing. */
static int find_vendor(struct changes *c, const char *service, const char **ret)
{
	static const char dir[] = "/usr/lib/pam.d";
	_cleanup_free_ char *path = path_of(dir, service), *text = NULL;
	struct err err;

	*ret = "";
	if (!path)
		return -ENOMEM;
	if (changes_read(c, path, &text, &err))
		return problem(c, "%s", err.text);
	if (text)
		*ret = dir;
	return 0;
}

static int plan_refusal(struct changes *c, const struct service *s, const char *line)
{
	_cleanup_free_ char *path = path_of(PAM_DIR, s->name), *why = NULL, *bare = NULL;
	struct change *change;
	const char *vendor;
	struct err err;
	int r;

	if (!path || asprintf(&why, "jailed users are refused here: %s", s->why) < 0) {
		why = NULL;
		return -ENOMEM;
	}
	r = changes_open(c, path, &change);
	if (r)
		return r;
	/* One that is ours alone is made anew, or not at all. */
	if (change->old.text && (blocks_strip(path, change->old.text, &bare, &err) || bare))
		return plan_file(c, change, s->name, NULL, line, why);
	r = find_vendor(c, s->name, &vendor);
	if (r == 0 && *vendor)
		return plan_vendor(c, change, vendor, s->name, line, why);
	return r ? r : change_set(change, NULL, "the service is no longer there");
}

static int plan_sshd(struct changes *c, const char *module)
{
	_cleanup_free_ char *first = NULL, *last = NULL;
	struct change *change;
	int r;

	if (asprintf(&first, "session    required     %s close\n", module) < 0 ||
	    asprintf(&last, "account    required     %s\nsession    required     %s open\n", module,
		     module) < 0)
		return -ENOMEM;
	r = changes_open(c, PAM_DIR "/sshd", &change);
	if (r)
		return r;
	if (!change->old.text)
		return problem(c, "%s" PAM_DIR "/sshd is not there: install the ssh server "
				  "(openssh-server) first", c->tree.root);
	return plan_file(c, change, "sshd", first, last, "jailed users are put into their jails");
}

int pam_plan(struct changes *c, const char *module)
{
	_cleanup_free_ char *line = NULL;
	int r;

	if (asprintf(&line, "session    required     %s\n", module) < 0)
		return -ENOMEM;
	/* The other doors first: none is open when there is the first jail. */
	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		r = plan_refusal(c, &services[i], line);
		if (r == -ENOMEM)
			return r;
	}
	r = plan_sshd(c, module);
	return r == -ENOMEM ? r : 0;
}

static int undo_file(struct changes *c, const char *name, bool all)
{
	_cleanup_free_ char *path = path_of(PAM_DIR, name), *bare = NULL;
	struct change *change;
	char *silent;
	struct err err;
	int r;

	if (!path)
		return -ENOMEM;
	r = changes_open(c, path, &change);
	if (r || !change->old.text)
		return r;
	r = blocks_strip(path, change->old.text, &bare, &err);
	if (r)
		return r == -ENOMEM ? r : problem(c, "%s", err.text);
	if (!bare)
		return change_set(change, NULL, "all of it was setup's");
	if (!all || !pam_text_names_us(bare))
		return change_set(change, take_ptr(bare), "without setup's lines");
	r = pam_text_silence(bare, &silent);
	return r ? r : change_set(change, silent, "lines with " PAM_MODULE_NAME " become comments");
}

int pam_plan_undo(struct changes *c, bool all)
{
	_cleanup_closedir_ DIR *d = NULL;
	int fd = dir_open(&c->tree, PAM_DIR), r = 0;
	struct dirent *e;

	if (fd == -ENOENT)
		return 0;
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return problem(c, "%s" PAM_DIR ": %s", c->tree.root, strerror(fd < 0 ? -fd : errno));
	while (r != -ENOMEM && (e = readdir(d)))
		if (*e->d_name != '.' && e->d_type != DT_DIR)
			r = undo_file(c, e->d_name, all);
	return r == -ENOMEM ? r : 0;
}
