/* SPDX-License-Identifier: MIT */
/*
 * What sshd's files have for jailed users, by sshd's own word: "sshd -T -C user=...".  It is run
 * once for each set of users whom the Match lines treat alike.
 */
#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/host.h"
#include "cli/host_match.h"
#include "cli/pam_edit.h"
#include "cli/sshd_test.h"
#include "cli/text.h"
#include "config/decide.h"
#include "config/nss.h"
#include "lib/scope.h"

#define ENTER LIBEXECDIR "/loginjail-enter"
#define SETUP "loginjail setup --apply, and reload sshd"
#define INCLUDE_DEPTH 16
/* Runs of sshd, at most: where it can't be told whom it treats alike, each user needs one. */
#define ASK_MAX 500

struct group_name {
	gid_t gid;
	char *name;
};

struct set {
	char *answer;
	const struct host_user *first;
	size_t n;
};

struct asking {
	struct host *h;
	struct matches matches;
	struct group_name *groups;
	size_t n_groups;
	struct set *sets;
	size_t n_sets;
	unsigned depth;
};

static int read_matches(struct asking *a, const char *path);

/* As sshd takes it: relative to /etc/ssh, and whatever is not there is no error. */
static int include(void *arg, const char *pattern)
{
	struct asking *a = arg;
	_cleanup_free_ char *path = text_format("%s%s", *pattern == '/' ? "" : "/etc/ssh/", pattern);
	glob_t found = {0};
	int r = 0;

	if (!path)
		return -ENOMEM;
	if (a->depth >= INCLUDE_DEPTH || glob(path, 0, NULL, &found) != 0)
		return 0;
	a->depth++;
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
		r = read_matches(a, found.gl_pathv[i]);
	a->depth--;
	globfree(&found);
	return r;
}

static int read_matches(struct asking *a, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct err err;
	int r = changes_read(&a->h->c, path, &text, &err);

	if (r || !text) {
		/* What it asks for is unknown then. */
		a->matches.unknown |= r != 0;
		return r == -ENOMEM ? r : 0;
	}
	return matches_add(&a->matches, text, include, a);
}

static int by_gid(const void *a, const void *b)
{
	gid_t x = ((const struct group_name *)a)->gid, y = ((const struct group_name *)b)->gid;

	return (x > y) - (x < y);
}

static int add_group(struct asking *a, const struct group *gr)
{
	struct group_name *v = reallocarray(a->groups, a->n_groups + 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	a->groups = v;
	v[a->n_groups] = (struct group_name){gr->gr_gid, strdup(gr->gr_name)};
	return v[a->n_groups].name ? (a->n_groups++, 0) : -ENOMEM;
}

static int read_groups(struct asking *a)
{
	struct group *gr;
	int r = 0;

	setgrent();
	while (r == 0 && (gr = getgrent()))
		r = add_group(a, gr);
	endgrent();
	if (a->n_groups > 0)
		qsort(a->groups, a->n_groups, sizeof *a->groups, by_gid);
	return r;
}

/* A data base need not list all its groups. */
static const char *group_name(const struct asking *a, gid_t gid)
{
	const struct group_name key = {.gid = gid}, *found = NULL;
	struct group *gr;

	if (a->n_groups > 0)
		found = bsearch(&key, a->groups, a->n_groups, sizeof key, by_gid);
	if (found)
		return found->name;
	gr = getgrgid(gid);
	return gr ? gr->gr_name : NULL;
}

static char *answer_of(const struct asking *a, const struct host_user *user)
{
	_cleanup_free_ char **names = calloc(user->n_gids + 1, sizeof(char *));
	char *answer = NULL;
	size_t n = 0;

	if (a->matches.unknown)
		return strdup(user->name);
	for (size_t i = 0; names && i < user->n_gids; i++) {
		const char *name = group_name(a, user->gids[i]);

		names[n] = name ? strdup(name) : NULL;
		n += names[n] != NULL;
	}
	if (names)
		answer = matches_answer(&a->matches, user->name, (const char *const *)names, n);
	while (n > 0)
		free(names[--n]);
	return answer;
}

static int sort_in(struct asking *a, const struct host_user *user)
{
	char *answer = answer_of(a, user);
	struct set *v;

	if (!answer)
		return -ENOMEM;
	/* Names differ: there is nothing to look for. */
	for (size_t i = 0; !a->matches.unknown && i < a->n_sets; i++)
		if (strcmp(a->sets[i].answer, answer) == 0) {
			a->sets[i].n++;
			free(answer);
			return 0;
		}
	v = reallocarray(a->sets, a->n_sets + 1, sizeof *v);
	if (!v) {
		free(answer);
		return -ENOMEM;
	}
	a->sets = v;
	v[a->n_sets++] = (struct set){answer, user, 1};
	return 0;
}

static void clear(struct asking *a)
{
	for (size_t i = 0; i < a->n_groups; i++)
		free(a->groups[i].name);
	for (size_t i = 0; i < a->n_sets; i++)
		free(a->sets[i].answer);
	free(a->groups);
	free(a->sets);
	matches_clear(&a->matches);
}

/* Keywords that have one good value. */
static const struct {
	const char *keyword, *good, *name, *fix, *why;
} wanted[] = {
	{"permituserenvironment", "no", "PermitUserEnvironment", "PermitUserEnvironment no in sshd_config",
	 "~/.ssh/environment and keys set variables for what sshd starts"},
	{"permittunnel", "no", "PermitTunnel", SETUP, "tunnel devices are asked for"},
	{"permituserrc", "no", "PermitUserRC", SETUP, "sshd has ~/.ssh/rc run where it finds no ForceCommand"},
	{"chrootdirectory", "none", "ChrootDirectory", "take it out for them",
	 "it can't be combined with a jail, and no login works"},
};

static int ask_wanted(struct host *h, const char *subject, const char *said)
{
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		_cleanup_free_ char *value = NULL;

		if (sshd_value(said, wanted[i].keyword, &value))
			return -ENOMEM;
		if (value && strcmp(value, wanted[i].good) != 0)
			host_open(h, subject, wanted[i].fix, "sshd has '%s %s': %s", wanted[i].name, value,
				  wanted[i].why);
	}
	return 0;
}

/* Without the second lock, what sshd does itself matters as well. */
static int ask_command(struct host *h, const char *subject, const char *said)
{
	_cleanup_free_ char *command = NULL;

	if (sshd_value(said, "forcecommand", &command))
		return -ENOMEM;
	if (command && strcmp(command, ENTER) == 0)
		return 0;
	host_open(h, subject, SETUP, "sshd has '%s%s', not %s: the second lock, should PAM's lines ever be lost",
		  command && strcmp(command, "none") != 0 ? "ForceCommand " : "no ForceCommand",
		  command && strcmp(command, "none") != 0 ? command : "", ENTER);
	if (command && strcmp(command, "none") != 0)
		return 0;
	for (; *said; said = text_next_line(said)) {
		const char *value = sshd_line_value(said, "subsystem");

		if (value)
			host_open(h, subject, SETUP, "sshd has 'Subsystem %.*s', which it starts, or serves "
						     "itself, in the fence", (int)strcspn(value, "\n"), value);
	}
	return 0;
}

static int ask_forwarding(struct host *h, const char *subject, const char *said)
{
	_cleanup_free_ char *sockets = NULL, *off = NULL;

	if (sshd_value(said, "allowstreamlocalforwarding", &sockets) || sshd_value(said, "disableforwarding", &off))
		return -ENOMEM;
	if (sockets && strcmp(sockets, "no") != 0 && (!off || strcmp(off, "yes") != 0))
		host_note(h, subject, "AllowStreamLocalForwarding no, where nobody needs it",
			  "sshd has 'AllowStreamLocalForwarding %s': it reaches the sockets that the fence shows, "
			  "those of the jail and the home", sockets);
	return 0;
}

static void ask_decision(struct host *h, const char *user, const char *service)
{
	struct nss_user facts = {0};
	struct decision decision;
	struct err err;
	int r = nss_user_find(user, &facts, &err);

	if (r) {
		host_note(h, user, "loginjail explain shows it", "whether sshd's service '%s' works can't be told: %s",
			  service, err.text);
		return;
	}
	if (config_decide(h->config, &facts.facts, service, &nss_group_lookup, &decision, &err) == 0 &&
	    decision.verdict == VERDICT_REFUSE)
		host_open(h, user, "add it there, or use the service sshd",
			  "sshd has 'PAMServiceName %s', and no login works: %s", service, decision.why);
	nss_user_clear(&facts);
}

/* Whom sshd treats alike jail.ini need not: each is asked for. */
static int ask_service(const struct asking *a, const struct set *set, const char *subject, const char *said)
{
	_cleanup_free_ char *service = NULL;
	struct host *h = a->h;
	struct err err;
	int r = sshd_value(said, "pamservicename", &service);

	if (r || !service || strcmp(service, "sshd") == 0)
		return r;
	for (size_t i = 0; i < h->n_users; i++) {
		_cleanup_free_ char *answer = answer_of(a, &h->users[i]);

		if (!answer)
			return -ENOMEM;
		if (strcmp(answer, set->answer) == 0)
			ask_decision(h, h->users[i].name, service);
	}
	r = pam_check_jailing(&h->c, service, &err);
	if (r && r != -ENOMEM)
		host_open(h, subject, "give it the lines of pam_loginjail(8)", "sshd has 'PAMServiceName %s': %s",
			  service, err.text);
	return r == -ENOMEM ? r : 0;
}

static int ask_set(const struct asking *a, struct sshd_copy *copy, const struct set *set)
{
	struct host *h = a->h;
	_cleanup_free_ char *subject = host_users_text(set->first->name, set->n), *said = NULL;
	int r = subject ? sshd_copy_print(copy, set->first->name, &said) : -ENOMEM;

	if (r)
		return r == -ENOMEM ? r : 0;
	r = ask_command(h, subject, said);
	if (r == 0)
		r = ask_wanted(h, subject, said);
	if (r == 0)
		r = ask_service(a, set, subject, said);
	return r ? r : ask_forwarding(h, subject, said);
}

static int ask_all(struct asking *a, struct sshd_copy *copy)
{
	_cleanup_free_ char *said = NULL, *pam = NULL;
	int r = sshd_copy_print(copy, NULL, &said);

	if (r)
		return r == -ENOMEM ? r : 0;
	if (sshd_value(said, "usepam", &pam))
		return -ENOMEM;
	if (!pam)
		host_open(a->h, "sshd", "install one that was built with PAM",
			  "sshd -T says nothing of UsePAM: it asks no module, and jails nobody");
	else if (strcmp(pam, "yes") != 0)
		host_open(a->h, "sshd", "UsePAM yes in sshd_config, and reload sshd",
			  "it has 'UsePAM %s', asks no module, and jails nobody", pam);
	for (size_t i = 0; r == 0 && i < a->n_sets && i < ASK_MAX; i++)
		r = ask_set(a, copy, &a->sets[i]);
	if (a->n_sets > ASK_MAX)
		host_note(a->h, "sshd", "look at the others with sshd -T -C user=NAME",
			  "its Match lines can't all be read, and only the first %d of %zu users were asked for",
			  ASK_MAX, a->n_sets);
	if (a->matches.place)
		host_note(a->h, "sshd", "sshd -T -C user=NAME,addr=ADDRESS shows others",
			  "Match lines ask where a connection comes from, and this was for one from 127.0.0.1");
	return r;
}

int host_sshd(struct host *h)
{
	struct asking asking = {.h = h};
	struct sshd_copy copy;
	int r;

	if (h->n_users == 0)
		return 0;
	r = sshd_copy_make(&h->c, &copy);
	if (r == -ENOENT)
		host_note(h, "sshd", "run this where it is", "it is not on this host");
	if (r == 0)
		r = read_groups(&asking);
	if (r == 0)
		r = read_matches(&asking, SSHD_CONFIG);
	for (size_t i = 0; r == 0 && i < h->n_users; i++)
		r = sort_in(&asking, &h->users[i]);
	if (r == 0)
		r = ask_all(&asking, &copy);
	sshd_copy_remove(&copy);
	clear(&asking);
	return r == -ENOMEM ? r : 0;
}
