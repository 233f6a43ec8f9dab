/* SPDX-License-Identifier: MIT */
/*
 * Who is jailed.  A data base need not list its users (LDAP often does not), so those that jail.ini
 * names and the members of its groups are asked for as well.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/host.h"
#include "config/decide.h"
#include "config/nss.h"
#include "lib/compare.h"
#include "lib/scope.h"

struct names {
	char **v;
	size_t n, room;
};

static int name_add(struct names *names, const char *name)
{
	if (names->n == names->room) {
		size_t room = names->room ? names->room * 2 : 64;
		char **v = reallocarray(names->v, room, sizeof *v);

		if (!v)
			return -ENOMEM;
		names->v = v;
		names->room = room;
	}
	names->v[names->n] = strdup(name);
	return names->v[names->n] ? (names->n++, 0) : -ENOMEM;
}

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_listed(struct names *names)
{
	struct passwd *pw;
	int r = 0;

	setpwent();
	while (r == 0 && (pw = getpwent()))
		if (pw->pw_uid != 0)
			r = name_add(names, pw->pw_name);
	endpwent();
	return r;
}

static int add_section(struct names *names, const struct settings *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->users.n; i++)
		if (*s->users.v[i] != '#')
			r = name_add(names, s->users.v[i]);
	for (size_t i = 0; r == 0 && i < s->groups.n; i++) {
		struct group *gr = getgrnam(s->groups.v[i]);

		for (char **m = gr ? gr->gr_mem : NULL; r == 0 && m && *m; m++)
			r = name_add(names, *m);
	}
	return r;
}

/* Each group is asked for once, not once for every user. */
struct cached {
	const char *name; /* jail.ini's */
	int r;
	gid_t gid;
	struct names members;
};

struct cache {
	struct cached *v;
	size_t n;
};

static int cache_fill(struct cached *c, const char *group)
{
	struct group *gr;
	int r = 0;

	*c = (struct cached){.name = group};
	errno = 0;
	gr = getgrnam(group);
	if (!gr) {
		c->r = errno && errno != ENOENT ? -errno : -ENOENT;
		return 0;
	}
	c->gid = gr->gr_gid;
	for (char **m = gr->gr_mem; r == 0 && *m; m++)
		r = name_add(&c->members, *m);
	if (c->members.n > 0)
		qsort(c->members.v, c->members.n, sizeof *c->members.v, by_text);
	return r;
}

static int cache_find(void *userdata, const char *group, const char *user, gid_t *ret_gid, bool *ret_listed)
{
	struct cache *cache = userdata;
	struct cached *c = cache->v;

	while (c < cache->v + cache->n && strcmp(c->name, group) != 0)
		c++;
	if (c == cache->v + cache->n) {
		struct cached *v = reallocarray(cache->v, cache->n + 1, sizeof *v);

		if (!v)
			return -ENOMEM;
		cache->v = v;
		c = &v[cache->n++];
		if (cache_fill(c, group))
			return -ENOMEM;
	}
	*ret_gid = c->gid;
	*ret_listed = c->members.n > 0 &&
		      bsearch(&user, c->members.v, c->members.n, sizeof *c->members.v, by_text) != NULL;
	return c->r;
}

static void cache_clear(struct cache *cache)
{
	for (size_t i = 0; i < cache->n; i++)
		names_clear(&cache->v[i].members);
	free(cache->v);
}

static int user_add(struct host *h, struct nss_user *found)
{
	struct host_user *v = reallocarray(h->users, h->n_users + 1, sizeof *v), *u;

	if (!v)
		return -ENOMEM;
	h->users = v;
	u = &v[h->n_users++];
	*u = (struct host_user){.uid = found->facts.uid, .gid = found->facts.gid, .n_gids = found->facts.n_gids};
	u->name = strdup(found->facts.name);
	u->home = strdup(found->home);
	u->gids = take_ptr(found->gids);
	qsort(u->gids, u->n_gids, sizeof *u->gids, compare_ids);
	return u->name && u->home ? 0 : -ENOMEM;
}

static int look_at(struct host *h, struct cache *cache, const char *name)
{
	const struct group_lookup lookup = {cache_find, cache};
	struct nss_user user = {0};
	struct decision decision;
	struct err err;
	int r = nss_user_find(name, &user, &err);

	if (r == -ENOENT)
		return 0;
	if (r) {
		if (r != -ENOMEM)
			fprintf(stderr, "loginjail: %s\n", err.text);
		return r == -ENOMEM ? r : -EIO;
	}
	/* Whom a service of another name is for is matched as well, and refused by this one. */
	if (user.facts.uid != 0 && config_decide(h->config, &user.facts, "sshd", &lookup, &decision, &err) == 0 &&
	    decision.verdict != VERDICT_NOT_OURS)
		r = user_add(h, &user);
	nss_user_clear(&user);
	return r;
}

static int by_uid(const void *a, const void *b)
{
	uid_t x = (*(struct host_user *const *)a)->uid, y = (*(struct host_user *const *)b)->uid;

	return (x > y) - (x < y);
}

static int by_user_name(const void *a, const void *b)
{
	return strcmp(((const struct host_user *)a)->name, ((const struct host_user *)b)->name);
}

static int sort_users(struct host *h)
{
	size_t n = 0;

	if (h->n_users == 0)
		return 0;
	/* By whatever spelling it was asked for, each once. */
	qsort(h->users, h->n_users, sizeof *h->users, by_user_name);
	for (size_t i = 1; i < h->n_users; i++) {
		if (strcmp(h->users[n].name, h->users[i].name) != 0) {
			h->users[++n] = h->users[i];
			continue;
		}
		free(h->users[i].name);
		free(h->users[i].home);
		free(h->users[i].gids);
	}
	h->n_users = n + 1;
	h->by_uid = calloc(h->n_users, sizeof(struct host_user *));
	if (!h->by_uid)
		return -ENOMEM;
	for (size_t i = 0; i < h->n_users; i++)
		h->by_uid[i] = &h->users[i];
	qsort(h->by_uid, h->n_users, sizeof(struct host_user *), by_uid);
	return 0;
}

int host_find_users(struct host *h)
{
	struct names names = {0};
	struct cache cache = {0};
	int r = add_listed(&names);

	for (size_t i = 0; r == 0 && i < h->config->n_sections; i++)
		r = add_section(&names, &h->config->sections[i].settings);
	if (names.n > 0)
		qsort(names.v, names.n, sizeof *names.v, by_text);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (i == 0 || strcmp(names.v[i - 1], names.v[i]) != 0)
			r = look_at(h, &cache, names.v[i]);
	if (r == 0)
		r = sort_users(h);
	names_clear(&names);
	cache_clear(&cache);
	return r;
}

void host_clear_users(struct host *h)
{
	for (size_t i = 0; i < h->n_users; i++) {
		free(h->users[i].name);
		free(h->users[i].home);
		free(h->users[i].gids);
	}
	free(h->users);
	free(h->by_uid);
	h->users = NULL;
	h->by_uid = NULL;
	h->n_users = 0;
}

const struct host_user *host_user_named(const struct host *h, const char *name)
{
	const struct host_user key = {.name = (char *)name};

	return h->n_users == 0 ? NULL : bsearch(&key, h->users, h->n_users, sizeof key, by_user_name);
}

const struct host_user *host_user_of(const struct host *h, uid_t uid)
{
	const struct host_user key = {.uid = uid}, *at = &key;
	struct host_user **found = h->n_users == 0 ? NULL :
		bsearch(&at, h->by_uid, h->n_users, sizeof(struct host_user *), by_uid);

	return found ? *found : NULL;
}

bool host_user_has(const struct host_user *user, gid_t gid)
{
	return user->gid == gid ||
	       (user->n_gids > 0 && bsearch(&gid, user->gids, user->n_gids, sizeof gid, compare_ids) != NULL);
}
