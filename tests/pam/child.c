/* SPDX-License-Identifier: MIT */
/*
 * How the module runs loginjail-setup, whatever state the application is in, and that the
 * application is afterwards as it was.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "session.h"

static volatile sig_atomic_t children;

static void on_child(int sig)
{
	(void)sig;
	children++;
}

static int login(const char *args, const char *user)
{
	pam_handle_t *pamh;
	char line[512];
	int r;

	snprintf(line, sizeof line, PLAIN_LINE "%s", args);
	pamh = begin(line, user);
	r = pam_open_session(pamh, 0);
	(void)pam_end(pamh, r);
	return r;
}

static void arguments(void)
{
	static const struct {
		const char *args, *conf;
	} cases[] = {
		{"", SYSCONFDIR "/loginjail/jail.ini"}, {"debug", SYSCONFDIR "/loginjail/jail.ini"},
		{"conf=/a/b.ini", "/a/b.ini"},		{"conf=/a conf=/b", "/b"},
		{"[conf=/with space]", "/with space"},	{"open conf=/-x", "/-x"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char want[512];

		behave("verdict=1\n");
		is_int(login(cases[i].args, "nobody"), IGNORED, "arguments '%s'", cases[i].args);
		snprintf(want, sizeof want,
			 "argc 4\nargv <loginjail-setup>\nargv <%s>\nargv <" SERVICE
			 ">\nargv <nobody>\n",
			 cases[i].conf);
		contains(recorded(), want, "are handed on");
	}
}

/* What every run has in common. */
static void is_clean(const char *what)
{
	char ours[32];

	snprintf(ours, sizeof ours, "\nparent %d\n", (int)getpid());
	ok(strstr(recorded(), "\nparent ") && !strstr(recorded(), ours), "%s: no child of ours", what);
	contains(recorded(), "\nenvironment 0\n", "%s: an empty environment", what);
	contains(recorded(), "\nfds 0:/dev/null 1:/dev/null 2:/dev/null 3:seqpacket\n",
		 "%s: four descriptors", what);
	contains(recorded(), "\nblocked 0\nnot default 0\nown session 1\n", "%s: signals, session",
		 what);
	contains(recorded(), ", magic good, groups ", "%s: the request", what);
	is_int(runs(), 1, "%s: once", what);
}

static void groups(void)
{
	char want[256] = "groups";
	FILE *f = popen("id -G nobody", "r");
	char ids[128] = "";

	if (f && fgets(ids, sizeof ids, f))
		snprintf(want, sizeof want, "magic good, groups %s", ids);
	ok(f && pclose(f) == 0, "(id)");
	behave("verdict=1\n");
	is_int(login("", "nobody"), IGNORED, "the account's groups");
	contains(recorded(), want, "are told");
}

static void surroundings(void)
{
	sigset_t all, was;
	int low[3], high, before;

	setenv("LD_PRELOAD", "", 1);
	setenv("SECRET", "x", 1);
	behave("verdict=1\n");
	is_int(login("", "nobody"), IGNORED, "with an environment");
	is_clean("environment");

	high = fcntl(STDIN_FILENO, F_DUPFD, 300); /* not close-on-exec */
	behave("verdict=1\n");
	is_int(login("", "nobody"), IGNORED, "with a descriptor that would be inherited");
	is_clean("descriptors");
	close(high);

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &was);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, on_child);
	behave("verdict=1\n");
	is_int(login("", "nobody"), IGNORED, "with signals blocked and ignored");
	is_clean("signals");
	sigprocmask(SIG_SETMASK, NULL, &all);
	ok(sigismember(&all, SIGUSR1) == 1, "they still are");
	sigprocmask(SIG_SETMASK, &was, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);

	/* A daemon without standard descriptors: the socket gets their numbers. */
	for (int closed = 1; closed <= 3; closed++) {
		behave("verdict=1\n");
		(void)fflush(stdout);
		for (int i = 0; i < 3; i++)
			low[i] = fcntl(i, F_DUPFD_CLOEXEC, 20);
		for (int i = 0; i < closed; i++)
			close(i);
		before = open_fds();
		high = login("", "nobody");
		before = open_fds() - before;
		for (int i = 0; i < 3; i++) {
			dup2(low[i], i);
			close(low[i]);
		}
		is_int(high, IGNORED, "without descriptors below %d", closed);
		is_int(before, 0, "and none is left there");
		is_clean("no standard descriptors");
	}
}

/* su's real uid is its caller's, who may signal every process that has it. */
static void set_uid_application(void)
{
	if (geteuid() != 0) {
		skip("needs root");
		return;
	}
	behave("verdict=1\n");
	if (setresgid(12345, 0, 0) < 0 || setresuid(12345, 0, 0) < 0)
		ok(false, "(a caller's ids)");
	is_int(login("", "nobody"), IGNORED, "in a set-uid program");
	is_int(getuid(), 12345, "whose ids stay");
	is_int(getgid(), 12345, "both of them");
	if (setresuid(0, 0, 0) < 0 || setresgid(0, 0, 0) < 0)
		ok(false, "(back)");
	contains(recorded(), "\nids 0 0 0 0\n", "set-up has nothing of the caller's");
}

static void same_action(const struct sigaction *was, const char *what)
{
	struct sigaction now;

	sigaction(SIGCHLD, NULL, &now);
	ok(now.sa_handler == was->sa_handler && now.sa_flags == was->sa_flags &&
		   sigismember(&now.sa_mask, SIGUSR2) == sigismember(&was->sa_mask, SIGUSR2),
	   "%s: SIGCHLD is as it was", what);
}

static void dispositions(void)
{
	static const char *const behaviours[] = {"verdict=1\n", "verdict=3\ntext=no\n",
						 "size=0\nsignal=9\n", "verdict=1\nmagic=1\n"};
	struct sigaction actions[] = {
		{.sa_handler = SIG_DFL},
		{.sa_handler = SIG_IGN},
		{.sa_handler = on_child},
		{.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP},
		{.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
	};

	sigaddset(&actions[2].sa_mask, SIGUSR2);
	for (size_t a = 0; a < sizeof actions / sizeof *actions; a++) {
		struct sigaction was;

		sigaction(SIGCHLD, &actions[a], NULL);
		sigaction(SIGCHLD, NULL, &was); /* as the C library gives it back */
		for (size_t b = 0; b < sizeof behaviours / sizeof *behaviours; b++) {
			char what[32];

			snprintf(what, sizeof what, "action %zu, answer %zu", a, b);
			behave("%s", behaviours[b]);
			is_int(login("", "nobody"), b ? PAM_SESSION_ERR : IGNORED, "%s", what);
			same_action(&was, what);
			ok(no_child(), "%s: no child is left", what);
		}
	}
	signal(SIGCHLD, SIG_DFL);
}

/* Other children are the application's. */
static void siblings(void)
{
	int status = -1;
	pid_t dead, alive;

	dead = fork();
	if (dead == 0)
		_exit(7);
	alive = fork();
	if (alive == 0) {
		pause();
		_exit(8);
	}
	while (waitid(P_PID, (id_t)dead, &(siginfo_t){0}, WEXITED | WNOWAIT) < 0)
		;
	behave("verdict=1\n");
	is_int(login("", "nobody"), IGNORED, "with other children");
	ok(waitpid(dead, &status, WNOHANG) == dead && WEXITSTATUS(status) == 7,
	   "the dead one is still to be waited for");
	is_int(waitpid(alive, &status, WNOHANG), 0, "the living one lives");
	kill(alive, SIGKILL);
	waitpid(alive, NULL, 0);
}

static void no_room(void)
{
	struct rlimit was, tight;
	int before, top, refused = 0;

	behave("verdict=1\n");
	(void)login("", "nobody");
	before = open_fds();
	getrlimit(RLIMIT_NOFILE, &was);
	top = fcntl(0, F_DUPFD_CLOEXEC, 0);
	close(top);
	for (int room = 0; room < 8; room++) {
		pam_handle_t *pamh = begin(PLAIN_LINE, "nobody");
		int r;

		tight = (struct rlimit){(rlim_t)(top + room), was.rlim_max};
		setrlimit(RLIMIT_NOFILE, &tight);
		r = pam_open_session(pamh, 0);
		setrlimit(RLIMIT_NOFILE, &was);
		refused += r == PAM_SESSION_ERR;
		/* libpam itself fails where it can't even open the module. */
		ok(r != PAM_SUCCESS, "with room for %d descriptors", room);
		(void)pam_end(pamh, r);
	}
	ok(refused > 0, "without room for descriptors it is refused");
	is_int(open_fds(), before, "nothing is left open");
	ok(no_child(), "no child is left");
}

static void interrupted(void)
{
	const struct itimerval each = {{0, 500}, {0, 500}}, none = {{0, 0}, {0, 0}};
	struct sigaction sa = {.sa_handler = on_child}, was;

	sigaction(SIGALRM, &sa, &was);
	setitimer(ITIMER_REAL, &each, NULL);
	for (int i = 0; i < 20; i++) {
		behave("verdict=1\n");
		if (login("", "nobody") != IGNORED)
			ok(false, "login %d with signals", i);
	}
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &was, NULL);
	ok(true, "signals do not matter");

	/* One that can't answer any more, but does not end. */
	behave("size=0\nlinger=3\n");
	is_int(login("", "nobody"), PAM_SESSION_ERR, "a set-up that hangs");
	ok(no_child() && setup_lives(), "is not waited for");
	wait_setups();
}

int main(void)
{
	alarm(120);
	if (!lab_make())
		return done_testing();
	arguments();
	groups();
	surroundings();
	set_uid_application();
	dispositions();
	siblings();
	no_room();
	interrupted();
	lab_remove();
	return done_testing();
}
