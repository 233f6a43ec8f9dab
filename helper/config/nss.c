/* SPDX-License-Identifier: MIT */
#include "config/nss.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

#define BUFFER_FIRST 4096
#define BUFFER_MAX (16 * 1024 * 1024) /* a group of some 500,000 members */
#define GROUPS_FIRST 64
#define GROUPS_MAX 65536 /* NGROUPS_MAX */

/*
 * Both look-ups answer "none" by 0 and no entry; some modules do by an errno instead
 * (getpwnam(3) has the list).  ENOENT alone is taken for that: the others may as
 * well mean that nobody could be asked.
 */
static int absent_or_error(int e)
{
	return e == 0 ? -ENOENT : -e;
}

static int find_passwd(const char *name, struct passwd *pw, char **ret_buffer)
{
	_cleanup_free_ char *buffer = NULL;
	struct passwd *found = NULL;
	size_t size;
	int e = ERANGE;

	for (size = BUFFER_FIRST; e == ERANGE && size <= BUFFER_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (!buffer)
			return -ENOMEM;
		do
			e = getpwnam_r(name, pw, buffer, size, &found);
		while (e == EINTR);
	}
	if (!found)
		return absent_or_error(e);
	*ret_buffer = take_ptr(buffer);
	return 0;
}

static int find_groups(const struct passwd *pw, gid_t **ret_gids, size_t *ret_n)
{
	_cleanup_free_ gid_t *gids = NULL;
	int size, n;

	for (size = GROUPS_FIRST; size <= GROUPS_MAX; size *= 4) {
		free(gids);
		gids = calloc((size_t)size, sizeof *gids);
		if (!gids)
			return -ENOMEM;
		n = size;
		if (getgrouplist(pw->pw_name, pw->pw_gid, gids, &n) >= 0) {
			*ret_gids = take_ptr(gids);
			*ret_n = (size_t)n;
			return 0;
		}
	}
	return -E2BIG;
}

int nss_user_find(const char *name, struct nss_user *ret, struct err *err)
{
	_cleanup_free_ char *buffer = NULL;
	struct nss_user user = {0};
	struct passwd pw;
	int r;

	r = find_passwd(name, &pw, &buffer);
	if (r == -ENOENT) {
		err_set(err, 0, "there is no user '%s'", name);
		return r;
	}
	if (r < 0)
		return err_set(err, r, "user '%s' can't be looked up", name);
	r = find_groups(&pw, &user.gids, &user.facts.n_gids);
	if (r < 0)
		return err_set(err, r, "the groups of user '%s' can't be looked up", name);
	user.facts.name = pw.pw_name;
	user.facts.uid = pw.pw_uid;
	user.facts.gid = pw.pw_gid;
	user.facts.gids = user.gids;
	user.home = pw.pw_dir;
	user.shell = pw.pw_shell;
	user.buffer = take_ptr(buffer);
	*ret = user;
	return 0;
}

void nss_user_clear(struct nss_user *user)
{
	free(user->buffer);
	free(user->gids);
	*user = (struct nss_user){0};
}

static int find_group(void *userdata, const char *group, const char *user, gid_t *ret_gid,
		      bool *ret_listed)
{
	_cleanup_free_ char *buffer = NULL;
	struct group gr, *found = NULL;
	bool listed = false;
	size_t size;
	char **m;
	int e = ERANGE;

	(void)userdata;
	for (size = BUFFER_FIRST; e == ERANGE && size <= BUFFER_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (!buffer)
			return -ENOMEM;
		do
			e = getgrnam_r(group, &gr, buffer, size, &found);
		while (e == EINTR);
	}
	if (!found)
		return absent_or_error(e);
	for (m = gr.gr_mem; *m && !listed; m++)
		listed = !strcmp(*m, user);
	*ret_gid = gr.gr_gid;
	*ret_listed = listed;
	return 0;
}

const struct group_lookup nss_group_lookup = {.find = find_group};
