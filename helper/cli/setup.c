/* SPDX-License-Identifier: MIT */
/*
 * setup: put loginjail into the configuration of PAM and sshd, and take it out again.
 *
 * First everything is planned, as texts of whole files, and looked at as if it were
 * there: PAM's stacks by reading them as PAM does, sshd's files by sshd itself.  Only
 * if nothing speaks against it are files replaced, one by one and in such an order
 * that no jailed user is without jail at any moment: jail.ini, without which the PAM
 * lines let root in only; the other services; sshd's.  The way back goes the other way.
 */
#include <dlfcn.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/changes.h"
#include "cli/load.h"
#include "cli/pam_edit.h"
#include "cli/sshd_edit.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "config/render.h"
#include "lib/scope.h"

#define CONFIG_DIR SYSCONFDIR "/loginjail"

enum setup_mode { SETUP_FORWARD, SETUP_UNDO, SETUP_UNDO_ALL };

struct setup {
	enum setup_mode mode;
	bool apply; /* else only show */
	bool sshd; /* write the Match blocks, too */
	const char *root, *module;
	struct changes c;
};

static char *sample_text(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	render_sample(f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* jail.ini as it is, or as it will be. */
static int plan_config(struct changes *c, struct config **ret)
{
	_cleanup_free_ char *name = NULL;
	struct change *change;
	char *text;
	int r = changes_open(c, CONFIG_PATH, &change);

	if (r)
		return r;
	if (!change->old.text) {
		text = sample_text();
		change->brief = true;
		if (!text || change_set(change, text, "a sample, which matches nobody"))
			return -ENOMEM;
		return config_parse(CONFIG_PATH, text, strlen(text), ret);
	}
	name = text_format("%s" CONFIG_PATH, c->tree.root);
	if (!name)
		return -ENOMEM;
	r = config_read_at(c->tree.fd, &CONFIG_PATH[1], name, 0, ret);
	if (r)
		return r == -ENOMEM ? r : problem(c, "%s: %s", name, strerror(-r));
	if ((*ret)->n_errors > 0 || (*ret)->untrusted) {
		print_errors(*ret);
		return problem(c, "%s has errors, with which users could not log in: correct them first",
			       name);
	}
	return 0;
}

static int plan_config_undo(struct changes *c)
{
	_cleanup_free_ char *sample = sample_text();
	struct change *change;
	int r = changes_open(c, CONFIG_PATH, &change);

	if (r || !change->old.text)
		return r == -ENOMEM ? r : 0;
	if (!sample)
		return -ENOMEM;
	if (strcmp(change->old.text, sample) == 0) {
		change->brief = true;
		return change_set(change, NULL, "the sample, as setup made it");
	}
	printf("%s" CONFIG_PATH ": kept, since it is no longer the sample; nothing reads it now\n",
	       c->tree.root);
	return 0;
}

/* A module that PAM can't load refuses everybody, root too. */
static int check_module(struct changes *c, const char *module)
{
	_cleanup_free_ char *path = text_format("%s%s", *module == '/' ? "" : PAMDIR "/", module);
	void *handle;

	if (!path)
		return -ENOMEM;
	if (!file_exists(&c->tree, path))
		return problem(c, "%s%s is not there: install loginjail first, or name the module with "
				  "--module", c->tree.root, path);
	/* Another tree may be for another machine. */
	if (*c->tree.root)
		return 0;
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return problem(c, "%s can't be loaded (%s): PAM would refuse everybody", path, dlerror());
	if (!dlsym(handle, "pam_sm_open_session"))
		(void)problem(c, "%s is not our module: it has no pam_sm_open_session", path);
	(void)dlclose(handle);
	return 0;
}

static void check_programs(struct changes *c)
{
	static const char *const programs[] = {"loginjail-setup", "loginjail-init", "loginjail-enter"};

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		char path[sizeof LIBEXECDIR + 32];

		snprintf(path, sizeof path, LIBEXECDIR "/%s", programs[i]);
		if (!file_exists(&c->tree, path))
			(void)problem(c, "%s%s is not there: install loginjail first", c->tree.root, path);
	}
}

static int plan_forward(struct setup *s, struct config **ret_config)
{
	int r;

	check_programs(&s->c);
	r = check_module(&s->c, s->module);
	if (r != -ENOMEM)
		r = plan_config(&s->c, ret_config);
	if (r != -ENOMEM)
		r = pam_plan(&s->c, s->module);
	if (r == 0 && *ret_config && s->sshd)
		r = sshd_plan(&s->c, *ret_config);
	/* Without a whole plan, sshd would be asked about something else. */
	if (r == 0 && s->c.problems == 0)
		r = sshd_verify(&s->c, *ret_config);
	return r;
}

static int plan_undo(struct setup *s)
{
	int r = pam_plan_undo(&s->c, s->mode == SETUP_UNDO_ALL);

	if (r == 0 && s->sshd)
		r = sshd_plan_undo(&s->c);
	return r ? r : plan_config_undo(&s->c);
}

/* Links are somebody else's: say so before anything is done. */
static void check_links(struct changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (change_pending(c->v[i]) && c->v[i]->old.is_link)
			(void)problem(c, "%s%s is a symbolic link, and what it stands for is somebody "
					 "else's to change: edit that by hand", c->tree.root,
				      c->v[i]->path);
}

static void print_next(const struct setup *s, const struct config *config)
{
	if (sshd_concerned(&s->c) && !*s->c.tree.root)
		puts("\nsshd reads its file when it is told to: systemctl reload ssh (or sshd).");
	if (s->mode != SETUP_FORWARD)
		return;
	if (config && config->n_sections == 0)
		printf("\nNobody is jailed yet.  Write a jail into %s" CONFIG_PATH ", run 'loginjail "
		       "check',\nand this again: then sshd learns of it, too.\n", s->c.tree.root);
	printf("\nTry a login in a new connection before you close this one.\nThe way back: loginjail "
	       "setup%s%s --undo\n", *s->c.tree.root ? " --root " : "", s->c.tree.root);
}

static int finish(struct setup *s, const struct config *config)
{
	size_t n = changes_pending(&s->c);
	struct err err;

	check_links(&s->c);
	if (s->c.problems > 0) {
		fprintf(stderr, "loginjail: %u problem%s: nothing has been changed\n", s->c.problems,
			s->c.problems == 1 ? "" : "s");
		return EXIT_ERRORS;
	}
	if (n == 0) {
		puts(s->mode == SETUP_FORWARD ? "All is set up; nothing to change." :
						"Nothing of setup's is there; nothing to change.");
		return EXIT_OK;
	}
	if (!s->apply) {
		if (changes_print(&s->c))
			return EXIT_TEMPFAIL;
		printf("%zu file%s would change; nothing has been.  %s\n", n, n == 1 ? "" : "s",
		       s->mode == SETUP_FORWARD ? "'loginjail setup --apply' does it." : "");
		return EXIT_OK;
	}
	if (changes_apply(&s->c, &err)) {
		fprintf(stderr, "loginjail: %s\nloginjail: what is said above has been done, the rest has "
				"not: run this again, or go back with 'loginjail setup --undo'\n", err.text);
		return EXIT_ERRORS;
	}
	if (s->mode != SETUP_FORWARD)
		dir_remove_if_empty(&s->c.tree, CONFIG_DIR);
	print_next(s, config);
	return EXIT_OK;
}

static int run(struct setup *s)
{
	_cleanup_config_ struct config *config = NULL;
	struct err err;
	int r;

	r = tree_open(s->root, &s->c.tree, &err);
	if (r == 0)
		r = tree_lock(&s->c.tree, &err);
	if (r < 0) {
		fprintf(stderr, "loginjail: %s\n", err.text);
		return EXIT_ERRORS;
	}
	r = s->mode == SETUP_FORWARD ? plan_forward(s, &config) : plan_undo(s);
	if (r == -ENOMEM) {
		fprintf(stderr, "loginjail: %s\n", strerror(ENOMEM));
		return EXIT_TEMPFAIL;
	}
	return finish(s, config);
}

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, 'n'},  {"apply", no_argument, NULL, 'a'},
	{"undo", no_argument, NULL, 'u'},     {"undo-all", no_argument, NULL, 'U'},
	{"root", required_argument, NULL, 'R'}, {"module", required_argument, NULL, 'm'},
	{"no-sshd", no_argument, NULL, 'S'},  {0},
};

static bool parse(int argc, char **argv, struct setup *s)
{
	bool dry = false, apply = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "+nR:m:", long_options, NULL)) != -1)
		switch (c) {
		case 'n': dry = true; break;
		case 'a': apply = true; break;
		case 'u': s->mode = SETUP_UNDO; break;
		case 'U': s->mode = SETUP_UNDO_ALL; break;
		case 'R': s->root = optarg; break;
		case 'm': s->module = optarg; break;
		case 'S': s->sshd = false; break;
		default: return false;
		}
	s->apply = !dry && (apply || s->mode != SETUP_FORWARD);
	return argc == optind && !(dry && apply) && !(apply && s->mode != SETUP_FORWARD) &&
	       !strpbrk(s->module, " \t\n#[]\\") && (*s->module == '/' || !strchr(s->module, '/'));
}

int verb_setup(int argc, char **argv)
{
	struct setup s = {.sshd = true, .module = PAM_MODULE, .c.tree.fd = -EBADF};
	int status;

	if (!parse(argc, argv, &s))
		return EXIT_USAGE;
	if (geteuid() != 0) {
		fputs("loginjail: setup is for root: sshd's files and keys are root's\n", stderr);
		return EXIT_ERRORS;
	}
	status = run(&s);
	changes_clear(&s.c);
	scope_close(&s.c.tree.fd);
	return status;
}
