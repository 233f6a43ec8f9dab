/* SPDX-License-Identifier: MIT */
#include "cli/sshd_edit.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pam_edit.h"
#include "cli/sshd_match.h"
#include "cli/sshd_test.h"
#include "cli/text.h"
#include "config/nss.h"
#include "lib/scope.h"

#define OWN_NAME "loginjail.conf"
#define OWN_FILE SSHD_DROPINS "/" OWN_NAME
#define ENTER LIBEXECDIR "/loginjail-enter"
/* Users to ask sshd about, at most: each takes it some milliseconds. */
#define ASK_MAX 8

/* Lines of the tree's /etc/passwd, one by one: NSS knows the host's users only. */
static char *passwd_find(const struct tree *tree, bool (*is_it)(const struct passwd *, char **, uid_t),
			 uid_t uid)
{
	_cleanup_fclose_ FILE *f = NULL;
	struct file file = {0};
	char *found = NULL;
	struct passwd *pw;
	struct err err;

	if (file_read(tree, "/etc/passwd", &file, &err) == 0 && file.len > 0)
		f = fmemopen(file.text, file.len, "r");
	while (f && (pw = fgetpwent(f)) && !is_it(pw, &found, uid))
		;
	file_clear(&file);
	return found;
}

static bool has_uid(const struct passwd *pw, char **found, uid_t uid)
{
	if (pw->pw_uid != uid)
		return false;
	*found = strdup(pw->pw_name);
	return true;
}

static bool add_root(const struct passwd *pw, char **found, uid_t uid)
{
	char *longer;

	if (pw->pw_uid != uid || strcmp(pw->pw_name, "root") == 0)
		return false;
	longer = text_format("%s,!%s", *found ? *found : "", pw->pw_name);
	if (!longer)
		return false;
	free(*found);
	*found = longer;
	return false;
}

static char *user_of(void *arg, uid_t uid)
{
	const struct tree *tree = arg;
	struct passwd *pw = *tree->root ? NULL : getpwuid(uid);

	return pw ? strdup(pw->pw_name) : passwd_find(tree, has_uid, uid);
}

static char *other_roots(void *arg)
{
	char *roots = passwd_find(arg, add_root, 0);

	return roots ? roots : strdup("");
}

static struct sshd_names names_of(struct changes *c)
{
	return (struct sshd_names){user_of, other_roots, &c->tree};
}

static bool is_own(const struct change *change)
{
	return strncmp(change->old.text, SSHD_MATCH_HEAD, strlen(SSHD_MATCH_HEAD)) == 0;
}

/* What has to be there for the file to be of use. */
static int check_include(struct changes *c)
{
	_cleanup_free_ char *text = NULL;
	struct err err;
	int r = changes_read(c, SSHD_CONFIG, &text, &err);

	if (r)
		return r == -ENOMEM ? r : problem(c, "%s", err.text);
	if (text && sshd_includes(text, OWN_NAME))
		return 0;
	return problem(c, "%s" SSHD_CONFIG " does not include %s, or only below a Match: put the line "
			  "'Include " SSHD_DROPINS "/*.conf' at its beginning", c->tree.root, OWN_FILE);
}

int sshd_plan(struct changes *c, const struct config *config)
{
	const struct sshd_names names = names_of(c);
	struct change *change;
	char *text;
	int r;

	r = changes_open(c, OWN_FILE, &change);
	if (r)
		return r == -ENOMEM ? r : 0;
	r = sshd_match_text(config, ENTER, &names, &text);
	if (r)
		return r;
	if (change->old.text && !is_own(change)) {
		free(text);
		(void)problem(c, "%s" OWN_FILE ":1: somebody else wrote this file, and setup would write "
				 "one of that name: rename it or take it away", c->tree.root);
		return 0;
	}
	r = change_set(change, text, text ? "sshd starts nothing but loginjail-enter for jailed users" :
					    "jail.ini has no jail");
	return r || !text ? r : check_include(c) == -ENOMEM ? -ENOMEM : 0;
}

/* Lines by hand are not ours to take out, and without loginjail they let nobody in. */
static int warn_of(void *arg, const char *path)
{
	struct changes *c = arg;
	_cleanup_free_ char *text = NULL;
	unsigned line = 1;
	struct err err;
	int r = changes_read(c, path, &text, &err);

	for (const char *at = text, *next; !r && at && *at; at = next, line++) {
		const char *found = strstr(at, "loginjail-enter");

		next = text_next_line(at);
		if (found && found < next && at[strspn(at, " \t")] != '#')
			printf("%s%s:%u: kept, since setup did not write it: without a jail, nobody for "
			       "whom this is meant can log in\n", c->tree.root, path, line);
	}
	return r == -ENOMEM ? r : 0;
}

int sshd_plan_undo(struct changes *c)
{
	struct change *change;
	int r = changes_open(c, OWN_FILE, &change);

	if (r == 0 && change->old.text && is_own(change))
		r = change_set(change, NULL, "all of it was setup's");
	if (r != -ENOMEM)
		r = warn_of(c, SSHD_CONFIG);
	if (r != -ENOMEM)
		r = dir_each(&c->tree, SSHD_DROPINS, warn_of, c);
	return r == -ENOMEM ? r : 0;
}

bool sshd_concerned(const struct changes *c)
{
	return changes_touch(c, OWN_FILE);
}

struct asking {
	struct changes *c;
	struct sshd_copy *copy;
	const struct config *config;
	struct sshd_names names;
	unsigned n;
};

static int ask_command(struct asking *a, const char *name, bool jailed)
{
	_cleanup_free_ char *command = NULL, *root = NULL;
	int r = sshd_copy_ask(a->copy, name, "forcecommand", &command);
	bool ours;

	if (r == 0 && jailed)
		r = sshd_copy_ask(a->copy, name, "chrootdirectory", &root);
	if (r)
		return r;
	ours = command && strcmp(command, ENTER) == 0;
	if (jailed && !ours)
		return problem(a->c, "sshd would run '%s' for %s, who is jailed: a ForceCommand in sshd's "
				     "files comes before that of " OWN_FILE ": take it out",
			       command ? command : "none", name);
	if (!jailed && ours)
		return problem(a->c, "sshd would run loginjail-enter for %s, whom jail.ini does not "
				     "match, and refuse the login: look for ForceCommand in sshd's files",
			       name);
	if (root && strcmp(root, "none") != 0)
		return problem(a->c, "sshd has 'ChrootDirectory %s' for %s, who is jailed: the two can't "
				     "be combined; take one out", root, name);
	return 0;
}

/*
 * Jailed users may have a PAM stack of their own (PAMServiceName, since OpenSSH 9.8): it has
 * to jail as that of sshd does, and jail.ini has to allow it.
 */
static int check_service(struct asking *a, const char *name, const char *service,
			 const struct decision *decision)
{
	struct err err;
	int r;

	if (decision->verdict == VERDICT_REFUSE)
		return problem(a->c, "sshd has 'PAMServiceName %s' for %s, who is jailed, and jail.ini "
				     "refuses that: %s", service, name, decision->why);
	r = pam_check_jailing(a->c, service, &err);
	if (r && r != -ENOMEM)
		return problem(a->c, "sshd has 'PAMServiceName %s' for %s, who is jailed: %s", service, name,
			       err.text);
	return r;
}

static int ask_facts(struct asking *a, const struct user_facts *facts)
{
	_cleanup_free_ char *service = NULL;
	struct decision plain, own;
	struct err err;
	bool other;
	int r = sshd_copy_ask(a->copy, facts->name, "pamservicename", &service);

	if (r)
		return r;
	other = service && strcmp(service, "sshd") != 0;
	if (config_decide(a->config, facts, "sshd", &nss_group_lookup, &plain, &err) ||
	    config_decide(a->config, facts, other ? service : "sshd", &nss_group_lookup, &own, &err))
		return 0;
	if (other && (plain.verdict == VERDICT_JAIL || own.verdict == VERDICT_JAIL))
		r = check_service(a, facts->name, service, &own);
	if (r == 0 && own.verdict != VERDICT_REFUSE)
		r = ask_command(a, facts->name, own.verdict == VERDICT_JAIL);
	return r;
}

/* Compare what jail.ini and what sshd says of a user. */
static int ask_user(struct asking *a, const char *name)
{
	struct nss_user user = {0};
	struct err err;
	int r;

	if (a->n >= ASK_MAX || nss_user_find(name, &user, &err))
		return 0;
	a->n++;
	r = ask_facts(a, &user.facts);
	nss_user_clear(&user);
	return r;
}

static int ask_section(struct asking *a, const struct section *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->settings.users.n; i++) {
		_cleanup_free_ char *name = sshd_user_name(&a->names, s->settings.users.v[i]);

		if (name)
			r = ask_user(a, name);
	}
	for (size_t i = 0; r == 0 && i < s->settings.groups.n; i++) {
		struct group *gr = getgrnam(s->settings.groups.v[i]);
		/* The next look-up reuses what it points to. */
		_cleanup_free_ char *name = gr && *gr->gr_mem ? strdup(*gr->gr_mem) : NULL;

		if (name)
			r = ask_user(a, name);
	}
	return r;
}

static int ask_sshd(struct changes *c, struct sshd_copy *copy, const struct config *config)
{
	struct asking asking = {.c = c, .copy = copy, .config = config, .names = names_of(c)};
	_cleanup_free_ char *pam = NULL, *service = NULL;
	int r;

	r = sshd_copy_ask(copy, NULL, "usepam", &pam);
	if (r)
		return r;
	if (!pam)
		return problem(c, "sshd -T says nothing of UsePAM, which this sshd does not have then, and it "
				  "would jail nobody: install one that was built with PAM");
	if (strcmp(pam, "yes") != 0)
		return problem(c, "sshd has 'UsePAM no', and would jail nobody: put 'UsePAM yes' into "
				  "%s" SSHD_CONFIG, c->tree.root);
	r = sshd_copy_ask(copy, NULL, "pamservicename", &service);
	if (r)
		return r;
	if (service && strcmp(service, "sshd") != 0)
		return problem(c, "sshd has 'PAMServiceName %s' for everybody, and setup writes "
				  "/etc/pam.d/sshd only: put that into a Match block for jailed users, or "
				  "write the lines of pam_loginjail(8) by hand", service);
	/* Only the host's sshd and we have the same users. */
	if (*c->tree.root)
		return 0;
	for (size_t i = 0; r == 0 && i < config->n_sections; i++)
		r = ask_section(&asking, &config->sections[i]);
	return r;
}

int sshd_verify(struct changes *c, const struct config *config)
{
	struct sshd_copy copy;
	int r = sshd_copy_make(c, &copy);

	if (r == 0)
		r = ask_sshd(c, &copy, config);
	else if (r == -ENOENT)
		printf("%s has no sshd that could be asked about its configuration\n",
		       *c->tree.root ? c->tree.root : "This host");
	sshd_copy_remove(&copy);
	return r == -ENOMEM ? r : 0;
}
