/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scope.h"

#define UID_NOBODY 65534

struct identity *identity_free(struct identity *id)
{
	if (!id)
		return NULL;
	free(id->name);
	free(id->gecos);
	free(id->home);
	free(id->shell);
	free(id->groups);
	free(id);
	return NULL;
}

/* A field that would break a passwd line has no business in one. */
static bool field_clean(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == ':' || *s == 0x7f)
			return false;
	return true;
}

static int groups_lookup(struct identity *id, struct err *err)
{
	int n = 64, r;

	for (;;) {
		gid_t *list = reallocarray(id->groups, (size_t)n, sizeof *list);
		int had = n;

		if (!list)
			return err_set(err, -ENOMEM, "groups of %s", id->name);
		id->groups = list;
		r = getgrouplist(id->name, id->gid, list, &n);
		if (r >= 0)
			break;
		if (n <= had)
			n = had * 2;
		if (n > IDENTITY_GROUPS_MAX)
			return err_set(err, -E2BIG, "groups of %s", id->name);
	}
	id->ngroups = (size_t)n;
	return 0;
}

int identity_lookup(const char *name, struct identity **ret, struct err *err)
{
	_cleanup_free_ char *buf = NULL;
	size_t size = 4096;
	struct passwd pw, *found;
	struct identity *id;
	int r;

	for (;;) {
		char *more = realloc(buf, size);

		if (!more)
			return err_set(err, -ENOMEM, "account '%s'", name);
		buf = more;
		r = getpwnam_r(name, &pw, buf, size, &found);
		if (r != ERANGE)
			break;
		size *= 2;
		if (size > 1 << 20)
			return err_set(err, -ERANGE, "account '%s'", name);
	}
	if (r)
		return err_set(err, -r, "looking up the account '%s' failed", name);
	if (!found)
		return err_set(err, -ESRCH, "no account '%s'", name);

	id = calloc(1, sizeof *id);
	if (!id)
		return err_set(err, -ENOMEM, "account '%s'", name);
	id->uid = pw.pw_uid;
	id->gid = pw.pw_gid;
	id->name = strdup(pw.pw_name);
	id->gecos = strdup(pw.pw_gecos && field_clean(pw.pw_gecos) ? pw.pw_gecos : "");
	id->home = strdup(pw.pw_dir ? pw.pw_dir : "");
	id->shell = strdup(pw.pw_shell && *pw.pw_shell ? pw.pw_shell : "/bin/sh");
	if (!id->name || !id->gecos || !id->home || !id->shell)
		r = err_set(err, -ENOMEM, "account '%s'", name);
	else if (!field_clean(id->name) || !field_clean(id->home) || !field_clean(id->shell))
		r = err_set(err, 0, "the account '%s' has a control character in its line", name);
	else
		r = groups_lookup(id, err);
	if (r) {
		identity_free(id);
		return r;
	}
	*ret = id;
	return 0;
}

int identity_kept_groups(const struct identity *id, gid_t *keep, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < id->ngroups; i++) {
		gid_t g = id->groups[i];

		if (g == id->gid || g <= SYSTEM_ID_MAX || g == UID_NOBODY)
			continue;
		if (n == max)
			return -E2BIG;
		keep[n++] = g;
	}
	return (int)n;
}

int identity_passwd_text(const struct identity *id, const char *home, const char *shell,
			 char **ret, struct err *err)
{
	_cleanup_fclose_ FILE *in = fopen("/etc/passwd", "re"), *out = NULL;
	char *text = NULL;
	size_t len;
	struct passwd *pw;

	if (!in)
		return err_set(err, -errno, "/etc/passwd");
	out = open_memstream(&text, &len);
	if (!out)
		return err_set(err, -errno, "passwd of the jail");
	/* fgetpwent reads this file and asks no network: the system accounts of a
	 * host are in its file, and those of a directory server are people. */
	while ((pw = fgetpwent(in))) {
		if (pw->pw_uid == id->uid || strcmp(pw->pw_name, id->name) == 0)
			continue;
		if (pw->pw_uid > SYSTEM_ID_MAX && pw->pw_uid != UID_NOBODY)
			continue;
		fprintf(out, "%s:x:%u:%u:%s:%s:%s\n", pw->pw_name, pw->pw_uid, pw->pw_gid,
			pw->pw_gecos ? pw->pw_gecos : "", pw->pw_dir, pw->pw_shell);
	}
	fprintf(out, "%s:x:%u:%u:%s:%s:%s\n", id->name, id->uid, id->gid, id->gecos, home, shell);
	if (fflush(out) != 0) {
		free(text);
		return err_set(err, -ENOMEM, "passwd of the jail");
	}
	fclose(take_ptr(out));
	*ret = text;
	return 0;
}

static bool in_groups(const struct identity *id, gid_t gid)
{
	for (size_t i = 0; i < id->ngroups; i++)
		if (id->groups[i] == gid)
			return true;
	return false;
}

static void print_group(FILE *out, const struct identity *id, const char *name, gid_t gid)
{
	bool member = gid != id->gid && gid > SYSTEM_ID_MAX && in_groups(id, gid);

	fprintf(out, "%s:x:%u:%s\n", name, gid, member ? id->name : "");
}

int identity_group_text(const struct identity *id, char **ret, struct err *err)
{
	_cleanup_fclose_ FILE *in = fopen("/etc/group", "re"), *out = NULL;
	_cleanup_free_ bool *seen = calloc(id->ngroups + 1, sizeof *seen);
	char *text = NULL;
	size_t len;
	struct group *gr;

	if (!in)
		return err_set(err, -errno, "/etc/group");
	out = open_memstream(&text, &len);
	if (!out || !seen)
		return err_set(err, -ENOMEM, "group file of the jail");
	while ((gr = fgetgrent(in))) {
		if (gr->gr_gid > SYSTEM_ID_MAX && gr->gr_gid != UID_NOBODY &&
		    !in_groups(id, gr->gr_gid))
			continue;
		for (size_t i = 0; i < id->ngroups; i++)
			if (id->groups[i] == gr->gr_gid)
				seen[i] = true;
		print_group(out, id, gr->gr_name, gr->gr_gid);
	}
	/* Those that only a directory server knows. */
	for (size_t i = 0; i < id->ngroups; i++) {
		if (seen[i])
			continue;
		gr = getgrgid(id->groups[i]);
		if (gr && field_clean(gr->gr_name))
			print_group(out, id, gr->gr_name, gr->gr_gid);
	}
	if (fflush(out) != 0) {
		free(text);
		return err_set(err, -ENOMEM, "group file of the jail");
	}
	fclose(take_ptr(out));
	*ret = text;
	return 0;
}
