/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation of pam_loginjail.so.
 *
 * Loaded into sshd's privileged monitor (and into su and login, where jail.ini
 * lists them).  It reads no configuration and builds nothing: loginjail-setup
 * says what a login is.  For a jailed one it gets two namespaces, moves this
 * process into them as the last step of open_session, and so fences the process
 * that the application forks for the user; and it gets a lease, which keeps the
 * jail as long as any copy of this process holds it.
 *
 * An account line is optional: it starts loginjail-setup a little earlier, while
 * sshd and other modules still work, and open_session waits for what is left.
 *
 * close_session moves back, before other modules' close functions run: they
 * expect the host (hence the arguments open and close, which put one line of ours
 * last on the way in and another first on the way out).  An application that ends
 * without it is caught by the data's destructor, and one that is killed by the
 * kernel, which closes the lease.
 *
 * Whatever goes wrong is PAM_SESSION_ERR: never PAM_IGNORE, which is said only of
 * a user that no section matches.
 */
#include <errno.h>
#include <pwd.h>
#include <shadow.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#include "args.h"
#include "ask_setup.h"
#include "fence_move.h"
#include "lib/scope.h"

#define EXPORT __attribute__((visibility("default")))

static const char told_broken[] =
	"no jail can be made for you, so you are not let in; ask the administrator";

#define DATA_NAME "loginjail"
#define EARLY_NAME "loginjail-early"

/* What the account phase has begun. */
struct early {
	struct setup_call call;
	char *conf, *service, *user;
};

static void early_free(struct early *e)
{
	if (!e)
		return;
	if (e->call.sock >= 0)
		setup_abandon(&e->call);
	free(e->conf);
	free(e->service);
	free(e->user);
	free(e);
}

static void early_clean_up(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	early_free(data);
}

/*
 * Wait for the set-up that the account phase started, if it was for this very
 * login; else start one.  Other modules may have changed the user in between, and
 * with some ways to log in the account phase is another process's.
 */
static int ask_setup(pam_handle_t *pamh, const char *conf, const char *service, const char *user,
		     struct setup_reply *reply, int fds[PASS_FDS_MAX])
{
	struct setup_call call;
	const void *data;
	int r;

	if (pam_get_data(pamh, EARLY_NAME, &data) == PAM_SUCCESS && data) {
		struct early *e = (struct early *)data;

		if (e->call.sock >= 0 && e->call.by == getpid() && strcmp(e->conf, conf) == 0 &&
		    strcmp(e->service, service) == 0 && strcmp(e->user, user) == 0)
			return setup_wait(&e->call, reply, fds);
	}
	r = setup_start(conf, service, user, &call);
	return r ? r : setup_wait(&call, reply, fds);
}

static void clean_up(pam_handle_t *pamh, void *data, int status)
{
	struct fence_move *m = data;
	int r = fence_move_out(m);

	(void)status;
	if (r)
		pam_syslog(pamh, LOG_CRIT, "can't leave the fence: %s", strerror(-r));
	free(m);
}

/* Move in, and remember it for close_session and for pam_end. */
static int move_in(pam_handle_t *pamh, const int fds[PASS_FDS_MAX], int lease)
{
	struct fence_move *m = calloc(1, sizeof *m);
	int r;

	if (!m) {
		scope_close(&lease);
		return -ENOMEM;
	}
	r = fence_move_in(m, fds[SETUP_FD_FENCE], fds[SETUP_FD_NET], lease);
	if (r == -ENOTRECOVERABLE) {
		pam_syslog(pamh, LOG_CRIT, "half in the jail's network and no way back: giving up");
		_exit(EXIT_FAILURE); /* sshd in a namespace that is not its own is no sshd */
	}
	if (!r && pam_set_data(pamh, DATA_NAME, m, clean_up) != PAM_SUCCESS)
		r = fence_move_out(m) ? -ENOTRECOVERABLE : -ENOMEM;
	else if (!r)
		return 0;
	free(m);
	if (r == -ENOTRECOVERABLE)
		_exit(EXIT_FAILURE);
	return r;
}

static int refuse(pam_handle_t *pamh, const char *told)
{
	/* sshd itself tells the user nothing but that the connection is closed. */
	pam_error(pamh, "loginjail: %s", told);
	return PAM_SESSION_ERR;
}

static int bad_args(pam_handle_t *pamh, const char *which)
{
	pam_syslog(pamh, LOG_ERR,
		   "argument '%s' is unknown; there are conf=/PATH, open, close and debug: login refused", which);
	return refuse(pamh, "wrongly set up, so you are not let in; ask the administrator");
}

/* root gets in whatever is wrong with us: who else could put it right? */
static bool is_root(pam_handle_t *pamh)
{
	const char *user = NULL;
	const struct passwd *pw = NULL;

	if (pam_get_user(pamh, &user, NULL) == PAM_SUCCESS && user)
		pw = pam_modutil_getpwnam(pamh, user);
	return pw && pw->pw_uid == 0;
}

/*
 * sshd then runs passwd(1), set-uid and on the host, before it looks whether the
 * session could be opened at all: to refuse is not enough, the session must be in
 * the fence, where nothing but loginjail-enter can be executed.
 */
static bool password_expired(pam_handle_t *pamh, const char *user)
{
	const struct spwd *sp = pam_modutil_getspnam(pamh, user);
	long today = (long)(time(NULL) / (24 * 60 * 60));

	if (!sp)
		return false;
	return sp->sp_lstchg == 0 || (sp->sp_lstchg > 0 && sp->sp_max >= 0 && sp->sp_max < 99999 &&
				      today > sp->sp_lstchg + sp->sp_max);
}

/*
 * An account line of ours only starts the work early: it has no opinion on the
 * account, and says so whatever happens; open_session hears the answer.
 */
EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *user = NULL;
	const void *service = NULL;
	struct module_args args;
	struct early *e;

	(void)flags;
	if (is_root(pamh) || module_args_parse(argc, argv, &args) || args.open || args.close ||
	    pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || !user || !*user ||
	    pam_get_item(pamh, PAM_SERVICE, &service) != PAM_SUCCESS || !service)
		return PAM_IGNORE;
	e = calloc(1, sizeof *e);
	if (!e)
		return PAM_IGNORE;
	e->call.sock = -EBADF;
	e->conf = strdup(args.conf);
	e->service = strdup(service);
	e->user = strdup(user);
	if (!e->conf || !e->service || !e->user || setup_start(args.conf, service, user, &e->call) ||
	    pam_set_data(pamh, EARLY_NAME, e, early_clean_up) != PAM_SUCCESS)
		early_free(e);
	return PAM_IGNORE;
}

EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *user = NULL, *wrong;
	const void *service = NULL, *data;
	int fds[PASS_FDS_MAX], r;
	struct setup_reply reply;
	struct module_args args;

	(void)flags;
	if (is_root(pamh))
		return PAM_IGNORE;
	wrong = module_args_parse(argc, argv, &args);
	if (wrong)
		return bad_args(pamh, wrong);
	if (args.close)
		return PAM_IGNORE;
	if (pam_get_data(pamh, DATA_NAME, &data) == PAM_SUCCESS && data &&
	    ((const struct fence_move *)data)->inside)
		return PAM_IGNORE; /* our other line has done it */
	if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || !user || !*user ||
	    pam_get_item(pamh, PAM_SERVICE, &service) != PAM_SUCCESS || !service) {
		pam_syslog(pamh, LOG_ERR, "no user or no service: login refused");
		return PAM_SESSION_ERR;
	}
	r = ask_setup(pamh, args.conf, service, user, &reply, fds);
	if (r) {
		pam_syslog(pamh, LOG_ERR, "no answer from %s (%s): login of %s refused",
			   LIBEXECDIR "/loginjail-setup", strerror(-r), user);
		return refuse(pamh, told_broken);
	}
	if (args.debug)
		pam_syslog(pamh, LOG_DEBUG, "user %s, service %s: verdict %u", user, (const char *)service,
			   reply.verdict);
	r = PAM_SESSION_ERR;
	if (reply.verdict == SETUP_NOT_OURS) {
		r = PAM_IGNORE;
	} else if (reply.verdict == SETUP_JAILED && fds[SETUP_FD_FENCE] >= 0 && fds[SETUP_FD_LEASE] >= 0) {
		bool expired = password_expired(pamh, user);
		int k;

		/* Without a lease the jail ends; what is left of the fence holds. */
		if (expired)
			scope_close(&fds[SETUP_FD_LEASE]);
		k = move_in(pamh, fds, expired ? -EBADF : fds[SETUP_FD_LEASE]);
		fds[SETUP_FD_LEASE] = -EBADF;
		if (k == 0 && expired) {
			pam_syslog(pamh, LOG_NOTICE,
				   "the password of %s has expired, and passwd(1) can't run in a jail: login refused",
				   user);
			(void)refuse(pamh, "your password has expired; ask the administrator for a new one");
		} else if (k == 0) {
			r = PAM_SUCCESS;
		} else {
			pam_syslog(pamh, LOG_ERR, "moving into the fence: %s: login of %s refused",
				   strerror(-k), user);
			(void)refuse(pamh, "you can't be moved into your jail, so you are not let in");
		}
	} else if (reply.verdict == SETUP_REFUSED) {
		(void)refuse(pamh, reply.text);
	} else {
		pam_syslog(pamh, LOG_ERR,
			   "%s gave an answer that makes no sense (verdict %u): login of %s refused",
			   LIBEXECDIR "/loginjail-setup", reply.verdict, user);
		(void)refuse(pamh, told_broken);
	}
	for (int i = 0; i < PASS_FDS_MAX; i++)
		scope_close(&fds[i]);
	return r; /* fail safe: an error unless something above said otherwise */
}

EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct module_args args;
	const void *data;
	int r;

	(void)flags;
	if (module_args_parse(argc, argv, &args))
		return PAM_SESSION_ERR; /* open_session has said why */
	if (args.open || pam_get_data(pamh, DATA_NAME, &data) != PAM_SUCCESS || !data)
		return PAM_IGNORE;
	r = fence_move_out((struct fence_move *)data);
	if (r) {
		pam_syslog(pamh, LOG_CRIT, "can't leave the fence: %s", strerror(-r));
		return PAM_SESSION_ERR;
	}
	return PAM_SUCCESS;
}
