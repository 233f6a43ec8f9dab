/* SPDX-License-Identifier: MIT */
/*
 * An account line of the module: it starts the work early, for this very login, and never
 * decides anything.
 */
#include <signal.h>
#include <sys/wait.h>

#include "session.h"

#define ALLOW "account required pam_permit.so\n"

static int before;

/* A login with an account phase first; its answers are left in account and session. */
static pam_handle_t *login(const char *account_args, const char *session_args, const char *user,
			   int *account, int *session)
{
	char lines[512];
	pam_handle_t *pamh;

	snprintf(lines, sizeof lines, "account required MODULE %s\n" ALLOW PLAIN_LINE "%s",
		 account_args, session_args);
	pamh = begin(lines, user);
	*account = pam_acct_mgmt(pamh, 0);
	*session = pam_open_session(pamh, 0);
	return pamh;
}

static void early(void)
{
	static const struct {
		const char *what, *account, *session, *user, *behaviour;
		int want, runs;
	} cases[] = {
		{"not ours", "", "", "nobody", "verdict=1\n", IGNORED, 1},
		{"refused", "", "", "nobody", "verdict=3\ntext=no\n", PAM_SESSION_ERR, 1},
		{"dies", "", "", "nobody", "size=0\nsignal=9\n", PAM_SESSION_ERR, 1},
		{"rubbish", "", "", "nobody", "verdict=1\nmagic=1\n", PAM_SESSION_ERR, 1},
		{"jailed in nothing", "", "", "nobody", "verdict=2\nfd=/dev/null\nfd=/dev/null\n",
		 PAM_SESSION_ERR, 1},
		{"the same configuration by name", "conf=/x", "conf=/x", "nobody", "verdict=1\n",
		 IGNORED, 1},
		{"another configuration", "conf=/x", "conf=/y", "nobody", "verdict=1\n", IGNORED,
		 2},
		{"another configuration, refused", "conf=/x", "", "nobody", "verdict=3\n",
		 PAM_SESSION_ERR, 2},
		{"an argument of sessions", "open", "", "nobody", "verdict=1\n", IGNORED, 1},
		{"an unknown argument", "opne", "", "nobody", "verdict=1\n", IGNORED, 1},
		{"an unknown argument to both", "opne", "opne", "nobody", "verdict=1\n",
		 PAM_SESSION_ERR, 0},
		{"the closing line", "", "close", "nobody", "verdict=1\n", IGNORED, 1},
		{"root", "", "", "root", "verdict=3\n", IGNORED, 0},
		{"no such account", "", "", "no-such-account-here", "verdict=1\n", PAM_SESSION_ERR,
		 2},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *what = cases[i].what;
		pam_handle_t *pamh;
		int account, session;

		behave("%s", cases[i].behaviour);
		pamh = login(cases[i].account, cases[i].session, cases[i].user, &account, &session);
		is_int(account, PAM_SUCCESS, "%s: the account phase has no opinion", what);
		is_int(session, cases[i].want, "%s: the session has", what);
		is_int(pam_end(pamh, session), PAM_SUCCESS, "%s: ended", what);
		is_int(runs(), cases[i].runs, "%s: times that set-up ran", what);
		is_int(open_fds(), before, "%s: nothing is left open", what);
		ok(no_child(), "%s: no child is left", what);
	}
}

static void alone(void)
{
	pam_handle_t *pamh = begin("account required MODULE", "nobody");

	behave("verdict=1\n");
	is_int(pam_acct_mgmt(pamh, 0), PAM_PERM_DENIED, "an account line alone allows nothing");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "no session follows");
	is_int(open_fds(), before, "nothing is left open");
	ok(no_child(), "no child is left");
}

/* What was asked for one user is no answer for another. */
static void changes(void)
{
	static const struct {
		int item;
		const char *value, *want;
	} cases[] = {
		{PAM_USER, "daemon", "argv <" SERVICE ">\nargv <daemon>\n"},
		{PAM_SERVICE, "other", "argv <other>\nargv <nobody>\n"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pam_handle_t *pamh = begin("account required MODULE\n" ALLOW PLAIN_LINE, "nobody");

		ok(link("conf/" SERVICE, i ? "conf/other" : "conf/unused") == 0,
		   "(another service)");
		behave("verdict=3\ntext=no\n");
		is_int(pam_acct_mgmt(pamh, 0), PAM_SUCCESS, "(account)");
		while (!strstr(recorded(), "request"))
			usleep(1000);
		ok(pam_set_item(pamh, cases[i].item, cases[i].value) == PAM_SUCCESS,
		   "(a module changes it)");
		behave("verdict=1\n");
		is_int(pam_open_session(pamh, 0), IGNORED, "the answer for the new one counts");
		contains(recorded(), cases[i].want, "which was asked for");
		is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
		is_int(open_fds(), before, "nothing is left open");
		ok(no_child(), "no child is left");
	}
}

static void repeated(void)
{
	pam_handle_t *pamh = begin("account required MODULE\n" ALLOW PLAIN_LINE, "nobody");

	behave("verdict=1\n");
	for (int i = 0; i < 3; i++)
		is_int(pam_acct_mgmt(pamh, 0), PAM_SUCCESS, "account phase %d", i);
	is_int(pam_open_session(pamh, 0), IGNORED, "the last of them counts");
	is_int(pam_open_session(pamh, 0), IGNORED, "a second session asks again");
	ok(runs() == 4, "each ran set-up once");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
	is_int(open_fds(), before, "nothing is left open");
	ok(no_child(), "no child is left");
}

/* Some applications have their account phase in another process than their session. */
static void forked(void)
{
	pam_handle_t *pamh = begin("account required MODULE\n" ALLOW PLAIN_LINE, "nobody");
	int status = -1;
	pid_t pid;

	behave("verdict=1\n");
	is_int(pam_acct_mgmt(pamh, 0), PAM_SUCCESS, "(account)");
	while (!strstr(recorded(), "request"))
		usleep(1000);
	pid = fork();
	if (pid == 0) {
		int r;

		behave("verdict=3\n");
		r = pam_open_session(pamh, 0);
		_exit(r == PAM_SESSION_ERR && pam_end(pamh, PAM_DATA_SILENT) == PAM_SUCCESS ? 0
											    : 1);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "a copy of the process asks anew");
	is_int(pam_open_session(pamh, 0), IGNORED, "the answer to the first stays the first's");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
	is_int(open_fds(), before, "nothing is left open");
	ok(no_child(), "no child is left");
}

static void reaped(void)
{
	pam_handle_t *pamh;
	int account, session;

	signal(SIGCHLD, SIG_IGN);
	behave("verdict=1\n");
	pamh = login("", "", "nobody", &account, &session);
	is_int(session, IGNORED, "the application ignores SIGCHLD");
	ok(signal(SIGCHLD, SIG_DFL) == SIG_IGN, "and still does");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");

	behave("verdict=1\n");
	pamh = begin("account required MODULE\n" ALLOW PLAIN_LINE, "nobody");
	is_int(pam_acct_mgmt(pamh, 0), PAM_SUCCESS, "(account)");
	while (waitpid(-1, NULL, 0) > 0)
		;
	is_int(pam_open_session(pamh, 0), IGNORED, "the application waits for all its children");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
	is_int(open_fds(), before, "nothing is left open");
}

int main(void)
{
	pam_handle_t *pamh;
	int account, session;

	alarm(120);
	if (!lab_make())
		return done_testing();
	behave("verdict=1\n");
	pamh = login("", "", "nobody", &account,
		     &session); /* so that the C library has opened what it keeps */
	(void)pam_end(pamh, 0);
	before = open_fds();
	early();
	alone();
	changes();
	repeated();
	forked();
	reaped();
	lab_remove();
	return done_testing();
}
