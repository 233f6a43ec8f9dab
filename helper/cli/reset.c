/* SPDX-License-Identifier: MIT */
/* The verbs about what jails leave on disk: reset and gc.  They need root. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/load.h"
#include "cli/verbs.h"
#include "lib/err.h"
#include "lib/scope.h"
#include "cgroup/cgroup.h"
#include "cgroup/cgroup_user.h"
#include "setup/gc.h"
#include "storage/persistent.h"
#include "setup/state.h"

/* What both begin with: where things are.  Returns an exit status. */
static int open_state(const char *path, struct state *state, int *state_dir)
{
	_cleanup_config_ struct config *config = NULL;
	struct err err;
	int r = load_config(path, &config);

	if (r)
		return EXIT_TEMPFAIL;
	if (config->untrusted) {
		print_errors(config);
		return EXIT_ERRORS;
	}
	r = state_open(state, &err);
	if (!r)
		r = *state_dir = state_dir_open(config->defaults.settings.state, &err);
	if (r >= 0)
		return EXIT_OK;
	fprintf(stderr, "loginjail: %s\n", err.text);
	return EXIT_ERRORS;
}

/* "-f FILE" at the front; returns how many arguments that took, *path is CONFIG_PATH without it. */
static int take_path(int argc, char **argv, const char **path)
{
	*path = CONFIG_PATH;
	if (argc < 3 || strcmp(argv[1], "-f") != 0)
		return 0;
	*path = argv[2];
	return 2;
}

/* Accounts go, and leave what was kept for them: #UID names that. */
static int find_uid(const char *name, uid_t *ret)
{
	const struct passwd *pw;
	char *end;
	unsigned long n;

	if (*name == '#') {
		errno = 0;
		n = strtoul(name + 1, &end, 10);
		if (!isdigit((unsigned char)name[1]) || *end || errno || n >= (uid_t)-1)
			return -EINVAL;
		*ret = (uid_t)n;
		return 0;
	}
	errno = 0;
	pw = getpwnam(name);
	if (!pw)
		return errno ? -errno : -ENOENT;
	*ret = pw->pw_uid;
	return 0;
}

int verb_reset(int argc, char **argv)
{
	_cleanup_close_ int state_dir = -EBADF;
	int worst = EXIT_OK, first, r;
	struct state state;
	const char *path;

	first = 1 + take_path(argc, argv, &path);
	if (first >= argc || argv[first][0] == '-')
		return EXIT_USAGE;
	r = open_state(path, &state, &state_dir);
	if (r)
		return r;
	for (int i = first; i < argc; i++) {
		struct err err;
		uid_t uid = 0;

		r = find_uid(argv[i], &uid);
		if (r == -ENOENT)
			err_set(&err, 0, "no such account ('#UID' names what one that is gone has left)");
		else if (r)
			err_set(&err, r, "the account");
		else
			r = persistent_reset(&state, state_dir, uid, &err);
		if (r) {
			fprintf(stderr, "loginjail: %s: %s\n", argv[i], err.text);
			worst = EXIT_ERRORS;
		}
	}
	return worst;
}

static void tell_orphan(uid_t uid, void *arg)
{
	(void)arg;
	errno = 0;
	/* Never removed by itself: a name service that is down looks the same. */
	if (!getpwuid(uid))
		printf("storage of uid %u, who has no account%s: 'loginjail reset \"#%u\"' removes it\n", uid,
		       errno ? " that can be looked up" : "", uid);
}

int verb_gc(int argc, char **argv)
{
	_cleanup_close_ int state_dir = -EBADF;
	struct state state;
	const char *path;
	struct cgroup cg;
	struct err err;
	int r;

	if (1 + take_path(argc, argv, &path) != argc)
		return EXIT_USAGE;
	r = open_state(path, &state, &state_dir);
	if (r)
		return r;
	r = cgroup_find(&cg, CGROUP_BASIC, CGROUP_ALL, &err);
	if (r >= 0)
		r = gc_run(&state, state_dir, &cg, &err);
	if (r < 0) {
		fprintf(stderr, "loginjail: %s\n", err.text);
		return EXIT_ERRORS;
	}
	printf("%d dead jail%s removed\n", r, r == 1 ? "" : "s");
	r = cgroup_users_sweep(&cg, 0, INT_MAX);
	if (r)
		printf("%d cgroup%s of users without jails removed\n", r, r == 1 ? "" : "s");
	return persistent_each(state_dir, tell_orphan, NULL) ? EXIT_TEMPFAIL : EXIT_OK;
}
