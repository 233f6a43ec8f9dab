/* SPDX-License-Identifier: MIT */
#include "treefiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "tree.h"

#define RESOLV_MAX (16u << 10)

/*
 * Leave to become root, as the tree's own programs read it: each with the directory
 * that the program has for such files.  By uid, since a name may hold what means
 * something there.
 */
static const struct leave {
	const char *directory, *file, *before, *after;
} leaves[] = {
	{"/etc/sudoers.d", "/etc/sudoers.d/loginjail", "#", " ALL=(ALL:ALL) NOPASSWD: ALL\n"},
	{"/etc/doas.d", "/etc/doas.d/loginjail.conf", "permit nopass ", "\n"},
};

/* Owner and mode of a file that the layer has just got; the layer is ours alone. */
static int set_mode(const struct layer *l, const char *path, gid_t gid, mode_t mode, struct err *err)
{
	if (fchownat(l->dir, path + 1, l->sub.uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(l->dir, path + 1, mode, 0) < 0)
		return err_set(err, -errno, "mode of '%s' in the jail's layer", path);
	return 0;
}

static int make_shadow(struct jail *j, const struct accounts *from, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	gid_t gid = j->sub.gid;
	struct stat st;
	int r = identity_shadow_text(from, j->id, &text, err);

	/* pam_unix's helper reads it with that group's authority. */
	if (!r && fstatat(j->layer.host, "etc/shadow", &st, AT_SYMLINK_NOFOLLOW) == 0)
		gid = layer_gid(&j->layer, st.st_gid);
	else if (!r && errno != ENOENT)
		r = err_set(err, -errno, "/etc/shadow of the tree");
	if (!r)
		r = layer_file(&j->layer, "/etc/shadow", text, err);
	return r ? r : set_mode(&j->layer, "/etc/shadow", gid, 0640, err);
}

static int make_leaves(struct jail *j, struct err *err)
{
	char text[128];
	struct stat st;
	int r;

	for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
		const struct leave *w = &leaves[i];

		if (fstatat(j->layer.host, w->directory + 1, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno != ENOENT && errno != ENOTDIR)
				return err_set(err, -errno, "'%s' of the tree", w->directory);
			continue;
		}
		if (!S_ISDIR(st.st_mode))
			continue;
		snprintf(text, sizeof text, "%s%u%s", w->before, j->id->uid, w->after);
		r = layer_file(&j->layer, w->file, text, err);
		if (!r)
			r = set_mode(&j->layer, w->file, j->sub.gid, 0440, err);
		if (r)
			return r;
	}
	return 0;
}

static int make_accounts(struct jail *j, struct err *err)
{
	const struct accounts from = {.root = j->layer.host, .tree = true};
	_cleanup_free_ char *passwd = NULL, *group = NULL;
	struct layer *l = &j->layer;
	int r = identity_passwd_text(&from, j->id, j->home, j->shell, &passwd, err);

	if (!r)
		r = identity_group_text(&from, j->id, &group, err);
	if (!r)
		r = layer_file(l, "/etc/passwd", passwd, err);
	if (!r)
		r = layer_file(l, "/etc/group", group, err);
	if (r || j->set->inside_root != ANSWER_YES)
		return r;
	r = make_shadow(j, &from, err);
	return r ? r : make_leaves(j, err);
}

/* A tree has the resolver of where it was built; the network is the host's. */
static int copy_resolver(struct jail *j, struct err *err)
{
	char text[RESOLV_MAX];
	ssize_t n = read_file_at(j->host, "etc/resolv.conf", text, sizeof text);

	if (n == -ENOENT)
		return 0;
	return n < 0 ? err_set(err, (int)n, "the host's /etc/resolv.conf")
		     : layer_file(&j->layer, "/etc/resolv.conf", text, err);
}

int treefiles_make(struct jail *j, struct err *err)
{
	struct utsname u;
	int r = make_accounts(j, err);

	if (!r && uname(&u) < 0)
		r = err_set(err, -errno, "the host's name");
	if (!r)
		r = layer_hostname(&j->layer, j->set->hostname[0] ? j->set->hostname : u.nodename, err);
	return r || j->set->network != NETWORK_HOST ? r : copy_resolver(j, err);
}

int treefiles_check_shell(const struct jail *j, struct err *err)
{
	_cleanup_close_ int fd = sys_openat2(j->tree, j->shell, O_PATH, 0, RESOLVE_POLICY_IN_ROOT);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111))
		return 0;
	if (storage_persistent(j))
		return err_set(err, 0,
			       "there is no program %s, the login shell of %s, in the tree '%s' with what is kept over "
			       "it: add it to the tree, name one that is there with 'shell =' in section %s, or, where "
			       "the user has removed it, empty that with 'loginjail reset %s'",
			       j->shell, j->id->name, j->rootfs.name, j->section, j->id->name);
	return err_set(err, 0,
		       "the tree '%s' has no program %s, the login shell of %s: add it to the tree, or name one "
		       "that it has with 'shell =' in section %s",
		       j->rootfs.name, j->shell, j->id->name, j->section);
}
