/* SPDX-License-Identifier: MIT */
/*
 * What sudo would let jailed users do, by sudo's own word: "sudo -l -U USER".  Its rules tell users
 * by name, uid and groups; so those whom no file names are asked about once for each set of groups.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/capture.h"
#include "cli/host.h"
#include "cli/host_text.h"
#include "cli/text.h"
#include "lib/scope.h"

/* Runs of sudo, at most. */
#define ASK_MAX 500
#define SUDOERS "/etc/sudoers"

struct asking {
	struct host *h;
	const char *program;
	char *rules; /* of all files, one after another */
	bool each;   /* groups don't tell who is treated alike */
};

static int add_rules(void *arg, const char *path)
{
	struct asking *a = arg;
	_cleanup_free_ char *text = NULL;
	struct err err;
	char *more;
	int r = changes_read(&a->h->c, path, &text, &err);

	/* What was not read may say anything. */
	a->each |= r != 0;
	if (r || !text)
		return r == -ENOMEM ? r : 0;
	a->each |= sudoers_others(text);
	more = text_format("%s%s\n", a->rules ? a->rules : "", text);
	if (!more)
		return -ENOMEM;
	free(a->rules);
	a->rules = more;
	return 0;
}

static int read_rules(struct asking *a)
{
	_cleanup_free_ char *nsswitch = NULL, *conf = NULL;
	struct err err;
	int r = add_rules(a, SUDOERS);

	if (r == 0)
		r = dir_each(&a->h->c.tree, SUDOERS ".d", add_rules, a);
	if (r && r != -ENOENT)
		return r == -ENOMEM ? r : (a->each = true, 0);
	r = changes_read(&a->h->c, "/etc/nsswitch.conf", &nsswitch, &err);
	a->each |= r || (nsswitch && !sudoers_in_files(nsswitch));
	if (r != -ENOMEM) {
		r = changes_read(&a->h->c, "/etc/sudo.conf", &conf, &err);
		a->each |= r || (conf && !sudo_conf_usual(conf));
	}
	/* Then they are elsewhere. */
	a->each |= !a->rules;
	return r == -ENOMEM ? r : 0;
}

static int ask(struct asking *a, const struct host_user *user, size_t n)
{
	char *argv[] = {(char *)a->program, "-n", "-l", "-U", user->name, NULL};
	char *envp[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	_cleanup_free_ char *said = NULL, *subject = host_users_text(user->name, n);
	int r = capture(&a->h->c.tree, argv, envp, &said);

	if (r == -ENOMEM || !subject)
		return -ENOMEM;
	if (r >= 0 && sudo_allows(said))
		host_open(a->h, subject, "visudo", "sudo lets run commands as others; sudo -l -U %s shows which",
			  user->name);
	else if (r < 0 || !strstr(said, "not allowed"))
		host_note(a->h, subject, "run it by hand", "sudo -l -U %s gave no answer", user->name);
	return 0;
}

static int by_groups(const void *a, const void *b)
{
	const struct host_user *x = *(const struct host_user *const *)a, *y = *(const struct host_user *const *)b;

	if (x->gid != y->gid)
		return x->gid > y->gid ? 1 : -1;
	if (x->n_gids != y->n_gids)
		return x->n_gids > y->n_gids ? 1 : -1;
	return memcmp(x->gids, y->gids, x->n_gids * sizeof *x->gids);
}

/* A private group that no rule names makes nobody different: each user would be a set. */
static bool is_private(const struct asking *a, const struct host_user *user, gid_t gid)
{
	return gid == user->uid && gid == user->gid && !sudoers_name(a->rules ? a->rules : "", user->name, gid);
}

/* The users as sudo can tell them apart; names that it knows are asked for at once. */
static int ask_all(struct asking *a)
{
	struct host *h = a->h;
	_cleanup_free_ struct host_user *alike = calloc(h->n_users, sizeof *alike);
	_cleanup_free_ const struct host_user **sets = calloc(h->n_users, sizeof(struct host_user *));
	size_t asked = 0, left = 0, n = 0;
	int r = 0;

	if (!alike || !sets)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < h->n_users; i++) {
		const struct host_user *user = &h->users[i];

		if (a->each || (a->rules && sudoers_name(a->rules, user->name, user->uid))) {
			r = asked++ < ASK_MAX ? ask(a, user, 1) : (left++, 0);
			continue;
		}
		alike[n] = *user;
		/* Sorted, and without the private one: a copy, so that the user's own stays whole. */
		alike[n].gids = calloc(user->n_gids + 1, sizeof *user->gids);
		alike[n].n_gids = 0;
		if (!alike[n].gids) {
			r = -ENOMEM;
			break;
		}
		for (size_t k = 0; k < user->n_gids; k++)
			if (!is_private(a, user, user->gids[k]))
				alike[n].gids[alike[n].n_gids++] = user->gids[k];
		alike[n].gid = is_private(a, user, user->gid) ? (gid_t)-1 : user->gid;
		sets[n] = &alike[n];
		n++;
	}
	if (n > 0)
		qsort(sets, n, sizeof *sets, by_groups);
	for (size_t i = 0, k; r == 0 && i < n; i = k) {
		for (k = i + 1; k < n && by_groups(&sets[i], &sets[k]) == 0; k++)
			;
		r = asked++ < ASK_MAX ? ask(a, sets[i], k - i) : (left += k - i, 0);
	}
	for (size_t i = 0; i < n; i++)
		free(alike[i].gids);
	if (left > 0)
		host_note(h, "sudo", "sudo -l -U USER shows it for one", "it was not asked about %zu users: each "
			  "takes a run, and there were %d", left, ASK_MAX);
	return r;
}

int host_sudo(struct host *h)
{
	static const char *const places[] = {"/usr/bin/sudo", "/bin/sudo", "/usr/local/bin/sudo"};
	struct asking asking = {.h = h};
	int r;

	for (size_t i = 0; !asking.program && i < sizeof places / sizeof *places; i++)
		if (file_exists(&h->c.tree, places[i]))
			asking.program = places[i];
	if (!asking.program || h->n_users == 0)
		return 0;
	r = read_rules(&asking);
	if (r == 0)
		r = ask_all(&asking);
	free(asking.rules);
	return r;
}
