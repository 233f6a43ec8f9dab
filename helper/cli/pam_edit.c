/* SPDX-License-Identifier: MIT */
#include "cli/pam_edit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/blocks.h"
#include "cli/pam_services.h"
#include "cli/text.h"
#include "lib/scope.h"

/*
 * A file of the vendor's is not ours to change, and a copy would not follow its updates: so one
 * that includes it.
 */
static char *vendor_lines(const char *service, const char *line)
{
	return text_format("auth include " PAM_VENDOR_DIR "/%s\naccount include " PAM_VENDOR_DIR "/%s\n"
			   "password include " PAM_VENDOR_DIR "/%s\nsession include " PAM_VENDOR_DIR "/%s\n%s",
			   service, service, service, service, line);
}

/* Is it in order, with all that is planned?  jails: as the one that sshd jails by. */
static int check(struct changes *c, const char *service, bool jails, struct err *err)
{
	const struct pam_source source = {pam_read, c};
	const struct pam_entry *ours;
	struct pam_stack stack;
	int r = pam_stack_read(&source, service, "session", &stack, err);

	if (r)
		return r;
	r = pam_stack_check(&stack, jails, err);
	ours = pam_stack_ours(&stack);
	if (!r && jails && strcmp(ours->args, "open") == 0 && !pam_entry_is_ours(&stack.v[0]))
		r = err_set(err, 0, "%s:%u: this line comes before 'session required %s close', which "
				    "must be the first: the modules after it expect to close on the host",
			    stack.v[0].file, stack.v[0].line, ours->module);
	pam_stack_clear(&stack);
	return r;
}

int pam_check_jailing(struct changes *c, const char *service, struct err *err)
{
	return check(c, service, true, err);
}

int pam_check_refusing(struct changes *c, const char *service, struct err *err)
{
	return check(c, service, false, err);
}

static bool is_sshd(const char *service)
{
	return strcmp(service, "sshd") == 0;
}

static void warn_unreadable(const struct changes *c, const char *path, const struct err *err)
{
	fprintf(stderr, "loginjail: warning: %s%s is left alone, since PAM can't read it either and lets "
			"nobody in: %s\n", c->tree.root, path, err->text);
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
		if (r == 0 && !is_sshd(service)) {
			r = pam_service_has_session(c, service, &err);
			/* Alone, our line would be a stack in which nobody else succeeds. */
			if (r == 0)
				return 0;
			if (r == -EINVAL) {
				warn_unreadable(c, change->path, &err);
				/* Who mends it must not find our line gone. */
				text = strdup(change->old.text);
				return text ? change_set(change, text, "left alone") : -ENOMEM;
			}
			r = r < 0 ? r : 0;
		}
		if (r == 0)
			r = check(c, service, is_sshd(service), &err);
		else if (r != -ENOMEM)
			return problem(c, "%s", err.text);
		if (r == 0 || r == -ENOMEM)
			return r;
		if (!by_hand)
			r = blocks_add(change->path, bare, first, last, &text, &err);
	}
	if (r)
		return r == -ENOMEM ? r : problem(c, "%s", err.text);
	r = change_set(change, text, "%s", why);
	if (r == 0 && check(c, service, is_sshd(service), &err))
		return problem(c, "%s", err.text);
	return r;
}

/* A file of our own, where PAM looks before it looks at the vendor's. */
static int plan_vendor(struct changes *c, struct change *change, const char *service, const char *line,
		       const char *why)
{
	_cleanup_free_ char *lines = vendor_lines(service, line);
	struct err err;
	char *text;
	int r;

	if (!lines)
		return -ENOMEM;
	r = blocks_add(change->path, NULL, NULL, lines, &text, &err);
	if (!r)
		r = change_set(change, text, "%s", why);
	if (r == 0 && check(c, service, false, &err))
		return problem(c, "%s", err.text);
	return r;
}

/*
 * Does the vendor have the service, with sessions?  1, 0, or less: -EINVAL where that can't be told,
 * which was said.
 */
static int has_vendor(struct changes *c, const char *service)
{
	_cleanup_free_ char *path = text_format(PAM_VENDOR_DIR "/%s", service);
	struct err err;
	int r = path ? pam_service_has_session(c, path, &err) : -ENOMEM;

	if (r == -EINVAL) {
		warn_unreadable(c, path, &err);
		return r;
	}
	if (r == -ENOENT)
		return 0;
	return r < 0 && r != -ENOMEM ? problem(c, "%s", err.text) : r;
}

/*
 * The name of another file of the directory that a path is a link to: what is done to that file is done
 * to both.  The caller's, or NULL.
 */
static char *alias_of(const struct changes *c, const struct change *change)
{
	_cleanup_close_ int dir = change->old.is_link ? dir_open(&c->tree, PAM_DIR) : -ENOENT;
	char target[NAME_MAX + sizeof PAM_DIR "/"], *name = target;
	ssize_t n = dir < 0 ? -1 : readlinkat(dir, change->path + strlen(PAM_DIR "/"), target, sizeof target);

	if (n <= 0 || (size_t)n == sizeof target)
		return NULL;
	target[n] = '\0';
	if (strncmp(name, PAM_DIR "/", strlen(PAM_DIR "/")) == 0)
		name += strlen(PAM_DIR "/");
	return strchr(name, '/') || *name == '.' ? NULL : strdup(name);
}

/* Is it a link to a file that is looked at by its own name? */
static bool is_covered(const struct changes *c, const struct change *change, const struct pam_services *services)
{
	_cleanup_free_ char *name = alias_of(c, change);

	for (size_t i = 0; name && i < services->n; i++)
		if (strcmp(services->v[i].name, name) == 0)
			return true;
	return false;
}

static int plan_refusal(struct changes *c, const struct pam_services *services, const struct pam_service *s,
			const char *line)
{
	_cleanup_free_ char *path = text_format(PAM_DIR "/%s", s->name), *bare = NULL;
	_cleanup_free_ char *why = text_format("jailed users are refused here, and names that are no account of "
					       "the host: %s", s->why);
	struct change *change;
	struct err err;
	int r;

	if (!path || !why)
		return -ENOMEM;
	if (file_is_other(&c->tree, path)) {
		fprintf(stderr, "loginjail: warning: %s%s is left alone, since it is no file: PAM finds no lines "
				"there, and takes those of 'other'\n", c->tree.root, path);
		return 0;
	}
	r = changes_open(c, path, &change);
	if (r)
		return r;
	if (is_covered(c, change, services))
		return 0;
	/* One that is ours alone is made anew, or not at all. */
	if (change->old.text && (blocks_strip(path, change->old.text, &bare, &err) || bare))
		return plan_file(c, change, s->name, NULL, line, why);
	r = has_vendor(c, s->name);
	if (r > 0)
		return plan_vendor(c, change, s->name, line, why);
	return r ? r : change_set(change, NULL, "the service is no longer there");
}

static int plan_sshd(struct changes *c, const char *module)
{
	_cleanup_free_ char *first = text_format("session    required     %s close\n", module);
	_cleanup_free_ char *last = text_format("account    required     %s\n"
						"session    required     %s open\n", module, module);
	struct change *change;
	int r;

	if (!first || !last)
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
	_cleanup_free_ char *line = text_format("session    required     %s\n", module);
	struct pam_services services;
	int r = line ? pam_services_find(c, &services) : -ENOMEM;

	if (r)
		return r;
	/* The other doors first: none is open when there is the first jail. */
	for (size_t i = 0; i < services.n && r != -ENOMEM; i++)
		r = plan_refusal(c, &services, &services.v[i], line);
	if (r != -ENOMEM)
		r = plan_sshd(c, module);
	pam_services_clear(&services);
	return r == -ENOMEM ? r : 0;
}

static int undo_file(struct changes *c, const char *path, bool all)
{
	_cleanup_free_ char *bare = NULL, *alias = NULL;
	struct change *change;
	char *silent;
	struct err err;
	int r;

	/* There never were lines of ours. */
	if (file_is_other(&c->tree, path))
		return 0;
	r = changes_open(c, path, &change);
	if (r || !change->old.text)
		return r;
	alias = alias_of(c, change);
	if (alias)
		return 0;
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

struct undoing {
	struct changes *c;
	bool all;
};

/* What is wrong with one file is said, and the others are looked at as well. */
static int undo_next(void *arg, const char *path)
{
	const struct undoing *u = arg;

	return undo_file(u->c, path, u->all) == -ENOMEM ? -ENOMEM : 0;
}

int pam_plan_undo(struct changes *c, bool all)
{
	int r = dir_each(&c->tree, PAM_DIR, undo_next, &(struct undoing){c, all});

	if (r == 0 || r == -ENOENT || r == -ENOMEM)
		return r == -ENOMEM ? r : 0;
	(void)problem(c, "%s" PAM_DIR ": %s", c->tree.root, strerror(-r));
	return 0;
}
