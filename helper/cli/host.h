/* SPDX-License-Identifier: MIT */
/*
 * check --host: the other doors of the host, a file host_*.c for each kind.  All of it is advice:
 * nothing that keeps a user in a jail depends on it.
 */
#ifndef LOGINJAIL_CLI_HOST_H
#define LOGINJAIL_CLI_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/changes.h"
#include "cli/host_mounts.h"
#include "config/config.h"

/* A user whom jail.ini matches. */
struct host_user {
	char *name;
	char *home;
	uid_t uid;
	gid_t gid;
	gid_t *gids; /* all, sorted */
	size_t n_gids;
};

struct host {
	const struct config *config;
	struct changes c;	 /* the host's own tree, in which nothing is changed */
	struct host_user *users; /* in order of names */
	size_t n_users;
	struct host_user **by_uid;
	struct mounts mounts;
	bool manager_refused; /* jailed users get no user manager of systemd */
	size_t open, notes;   /* lines so far */
};

/*
 * A door that is open, and how to close it: one line of output.  subject and fix are texts, not
 * formats.
 */
void host_open(struct host *h, const char *subject, const char *fix, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What is no door by itself, but lets others do less harm, or what could not be looked at. */
void host_note(struct host *h, const char *subject, const char *fix, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Fill in the users.  0, -ENOMEM, or -EIO where the user data base can't be asked, which was told. */
int host_find_users(struct host *h);
void host_clear_users(struct host *h);

/* The user of that name or uid, or NULL. */
const struct host_user *host_user_named(const struct host *h, const char *name);
const struct host_user *host_user_of(const struct host *h, uid_t uid);
bool host_user_has(const struct host_user *user, gid_t gid);

/* "alice", "alice and 3 others"; the caller's. */
char *host_users_text(const char *first, size_t n);

/* Look for doors of one kind, and tell of each.  0 or -ENOMEM. */
int host_pam(struct host *h);
int host_sshd(struct host *h);
int host_jobs(struct host *h);
int host_homes(struct host *h);
int host_groups(struct host *h);
int host_sudo(struct host *h);
int host_places(struct host *h);
int host_subids(struct host *h);
int host_kernel(struct host *h);

/* All of them, and a last line that counts.  Returns the exit status. */
int host_check(const struct config *config);

#endif
