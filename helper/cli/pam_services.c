/* SPDX-License-Identifier: MIT */
/*
 * A service is a file, and which files are services nobody says: parts that others include have
 * the same form, and so have copies that an upgrade leaves.  What is not known to be one of those
 * is taken for a service.
 */
#include "cli/pam_services.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "lib/scope.h"

/* What some do for a user, for the administrator to read; services even if others include them. */
static const struct {
	const char *name, *why;
} known[] = {
	{"systemd-user", "at a login, systemd runs the units below ~/.config/systemd/user"},
	{"cron", "runs users' crontabs"},
	{"crond", "runs users' crontabs"},
	{"atd", "runs users' jobs of at and batch"},
	{"su", "su opens a session on the host"},
	{"su-l", "'su -' opens a session on the host"},
	{"doas", "'doas -u USER' runs a command on the host"},
	{"polkit-1", "'pkexec --user USER' runs a command on the host"},
	{"systemd-run0", "'run0 -u USER' opens a session on the host"},
	{"machinectl", "'machinectl shell USER@' opens a session on the host"},
	{"login", "a login on the console or a serial line"},
	{"remote", "a login by telnet and the like"},
	{"rlogin", "a login by rlogin"},
	{"rsh", "a command by rsh"},
	{"cockpit", "a session of the web console"},
	{"xrdp-sesman", "a session by remote desktop"},
	{"vsftpd", "files by FTP"},
	{"proftpd", "files by FTP"},
	{"ftp", "files by FTP"},
	{"samba", "files by SMB"},
	{"dovecot", "mail by IMAP"},
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
	{"other", "services without a file, or without session lines, of their own"},
};

static const char unknown[] = "the service may open sessions";

/*
 * Not for us: runuser is root's alone, who can be whoever it wants.  sudo runs its command even where no
 * session can be opened, and a line of ours would only look like a lock.  And the others change an
 * entry of the user data base, and open no session, though Debian's files have lines for one.
 */
static const char *const left_alone[] = {
	"runuser", "runuser-l", "sudo", "sudo-i", "passwd", "chpasswd", "chfn", "chsh", "newusers",
};

/* Parts of stacks, by convention, even where nothing includes them yet. */
static const char *const parts[] = {
	"common-*", "system-*", "password-auth*", "fingerprint-auth*", "smartcard-auth*", "postlogin*", "config-util*",
};

/* Old copies, whose lines nobody reads. */
static const char *const copies[] = {
	"*~", "*.dpkg-*", "*.rpm*", "*.ucf-*", "*.pac*", "*.bak", "*.old", "*.orig", "*.save",
};

static const char *why_of(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].why;
	return NULL;
}

static bool is_copy(const char *name)
{
	for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
		if (fnmatch(copies[i], name, 0) == 0)
			return true;
	return false;
}

static bool is_none(const char *name)
{
	for (size_t i = 0; i < sizeof left_alone / sizeof *left_alone; i++)
		if (strcmp(left_alone[i], name) == 0)
			return true;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (fnmatch(parts[i], name, 0) == 0)
			return true;
	if (is_copy(name))
		return true;
	/* They jail, each by lines of its own: the second is the one that PAMServiceName may name. */
	return strcmp(name, "sshd") == 0 || strcmp(name, "sshd-jail") == 0;
}

struct finding {
	struct changes *c;
	struct pam_services *found;
	const char *file; /* whose lines are looked at */
};

static int add(void *arg, const char *path)
{
	const struct finding *f = arg;
	const char *name = strrchr(path, '/') + 1;
	struct pam_service *v;

	if (is_none(name))
		return 0;
	for (size_t i = 0; i < f->found->n; i++)
		if (strcmp(f->found->v[i].name, name) == 0)
			return 0;
	v = reallocarray(f->found->v, f->found->n + 1, sizeof *v);
	if (!v)
		return -ENOMEM;
	f->found->v = v;
	v[f->found->n].name = strdup(name);
	if (!v[f->found->n].name)
		return -ENOMEM;
	v[f->found->n++].why = why_of(name) ? why_of(name) : unknown;
	return 0;
}

/* Move the i-th of those found to the parts. */
static int make_part(struct pam_services *found, size_t i, const char *by)
{
	struct pam_part *v = reallocarray(found->parts, found->n_parts + 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	found->parts = v;
	v[found->n_parts].by = strdup(by);
	if (!v[found->n_parts].by)
		return -ENOMEM;
	v[found->n_parts++].name = found->v[i].name;
	found->n--;
	memmove(&found->v[i], &found->v[i + 1], (found->n - i) * sizeof *found->v);
	return 0;
}

/* A file that stands for the vendor's of the same name includes that, and neither is a part. */
static int drop_part(void *arg, const char *what)
{
	const struct finding *f = arg;
	const char *slash = strrchr(what, '/'), *name = slash ? slash + 1 : what;
	struct pam_services *found = f->found;

	if (why_of(name) || strcmp(strrchr(f->file, '/') + 1, name) == 0)
		return 0;
	for (size_t i = 0; i < found->n; i++)
		if (strcmp(found->v[i].name, name) == 0)
			return make_part(found, i, f->file);
	return 0;
}

static int drop_parts(void *arg, const char *path)
{
	struct finding *f = arg;
	_cleanup_free_ char *text = NULL;
	struct err err;

	f->file = path;
	if (is_copy(strrchr(path, '/') + 1))
		return 0;
	/* What can't be read is told where it is looked at as a service. */
	if (pam_read(f->c, path, &text, &err) || !text)
		return 0;
	return pam_text_includes(text, drop_part, f);
}

static int each(struct finding *f, int (*fn)(void *arg, const char *path))
{
	static const char *const dirs[] = {PAM_DIR, PAM_VENDOR_DIR};

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		int r = dir_each(&f->c->tree, dirs[i], fn, f);

		if (r == -ENOMEM)
			return r;
		if (r && r != -ENOENT)
			(void)problem(f->c, "%s%s: %s", f->c->tree.root, dirs[i], strerror(-r));
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct pam_service *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int pam_services_find(struct changes *c, struct pam_services *ret)
{
	struct pam_services found = {0};
	struct finding f = {.c = c, .found = &found};
	int r = each(&f, add);

	if (r == 0)
		r = each(&f, drop_parts);
	if (r) {
		pam_services_clear(&found);
		return r;
	}
	if (found.n > 0)
		qsort(found.v, found.n, sizeof *found.v, by_name);
	*ret = found;
	return 0;
}

void pam_services_clear(struct pam_services *services)
{
	for (size_t i = 0; i < services->n; i++)
		free(services->v[i].name);
	for (size_t i = 0; i < services->n_parts; i++) {
		free(services->parts[i].name);
		free(services->parts[i].by);
	}
	free(services->v);
	free(services->parts);
	*services = (struct pam_services){0};
}

int pam_read(void *arg, const char *path, char **ret, struct err *err)
{
	const struct changes *c = arg;

	if (!file_is_other(&c->tree, path))
		return changes_read(arg, path, ret, err);
	*ret = strdup("");
	return *ret ? 0 : err_set(err, -ENOMEM, "%s", path);
}

int pam_service_has_session(struct changes *c, const char *service, struct err *err)
{
	const struct pam_source source = {pam_read, c};
	struct pam_stack stack;
	int r = pam_stack_read(&source, service, "session", &stack, err);

	if (r)
		return r;
	r = stack.n > 0;
	pam_stack_clear(&stack);
	return r;
}
