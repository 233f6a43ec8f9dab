/* SPDX-License-Identifier: MIT */
/*
 * From what loginjail-setup answers, or does not, to what PAM and the user are told.
 * Whatever is no good answer refuses the login, says so, and leaves nothing open.
 */
#include "session.h"

#define NO_JAIL \
	"error: loginjail: no jail can be made for you, so you are not let in; " \
	"ask the administrator\n"
#define NO_MOVE "error: loginjail: you can't be moved into your jail, so you are not let in\n"
#define BAD_ARGS "error: loginjail: wrongly set up, so you are not let in; ask the administrator\n"
#define SOMETHING "error: loginjail: "

#define REQUIRED "session required MODULE "
#define PERMIT "session required pam_permit.so"

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X511 X100 X100 X100 X100 X100 X10 "x"

static const struct {
	const char *what, *args, *user, *behaviour;
	int want;
	const char *said; /* its beginning; all of it, where want is IGNORED */
	int runs;
} cases[] = {
	{"not ours", "", "nobody", "verdict=1\n", IGNORED, "", 1},
	{"not ours, and noisy", "debug", "nobody", "verdict=1\n", IGNORED, "", 1},
	{"not ours, with a text", "", "nobody", "verdict=1\ntext=x\n", IGNORED, "", 1},
	{"not ours, with descriptors", "", "nobody", "verdict=1\nfd=/dev/null\nfd=/dev/null\n",
	 IGNORED, "", 1},
	{"not ours, twice", "", "nobody", "verdict=1\ncount=2\n", IGNORED, "", 1},
	{"not ours, and then it dies", "", "nobody", "verdict=1\nsignal=9\n", IGNORED, "", 1},
	{"the closing line only", "close", "nobody", "verdict=3\n", IGNORED, "", 0},

	{"refused", "", "nobody", "verdict=3\ntext=not you\n", PAM_SESSION_ERR,
	 "error: loginjail: not you\n", 1},
	{"refused by the opening line", "open", "nobody", "verdict=3\ntext=no\n", PAM_SESSION_ERR,
	 "error: loginjail: no\n", 1},
	{"refused, a text is no format", "", "nobody", "verdict=3\ntext=%s%n%d 100%\n",
	 PAM_SESSION_ERR, "error: loginjail: %s%n%d 100%\n", 1},
	{"refused, without a text", "", "nobody", "verdict=3\n", PAM_SESSION_ERR, SOMETHING, 1},
	{"refused, a text without an end", "", "nobody", "verdict=3\ntext=" X511 "xxxxx\n",
	 PAM_SESSION_ERR, "error: loginjail: " X511 "\n", 1},
	{"refused, with descriptors", "", "nobody",
	 "verdict=3\nfd=/dev/null\nfd=/dev/null\ntext=no\n", PAM_SESSION_ERR,
	 "error: loginjail: no\n", 1},
	{"refused, and it ends badly", "", "nobody", "verdict=3\ntext=no\nexit=1\n",
	 PAM_SESSION_ERR, "error: loginjail: no\n", 1},

	{"ends without an answer", "", "nobody", "size=0\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"ends badly without an answer", "", "nobody", "size=0\nexit=1\n", PAM_SESSION_ERR, NO_JAIL,
	 1},
	{"killed without an answer", "", "nobody", "size=0\nsignal=9\n", PAM_SESSION_ERR, NO_JAIL,
	 1},
	{"crashes without an answer", "", "nobody", "size=0\nsignal=11\n", PAM_SESSION_ERR, NO_JAIL,
	 1},
	{"ends without reading", "", "nobody", "deaf=1\nsize=0\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"another version", "", "nobody", "verdict=1\nmagic=1\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"another version, with descriptors", "", "nobody",
	 "verdict=2\nmagic=80000000\nfd=/proc/self/ns/mnt\nfd=/dev/null\n", PAM_SESSION_ERR,
	 NO_JAIL, 1},
	{"one byte", "", "nobody", "verdict=1\nsize=1\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"the head only", "", "nobody", "verdict=1\nsize=8\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"a byte too few", "", "nobody", "verdict=1\nsize=519\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"a byte too few, with descriptors", "", "nobody",
	 "verdict=1\nsize=519\nfd=/dev/null\nfd=/dev/null\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"a byte too many", "", "nobody", "verdict=1\nsize=521\n", PAM_SESSION_ERR, NO_JAIL, 1},
	{"twice as many", "", "nobody", "verdict=1\nsize=1032\nfd=/dev/null\n", PAM_SESSION_ERR,
	 NO_JAIL, 1},
	{"too many descriptors", "", "nobody",
	 "verdict=1\nfd=/dev/null\nfd=/dev/null\nfd=/dev/null\nfd=/dev/null\nfd=/dev/null\n",
	 PAM_SESSION_ERR, NO_JAIL, 1},
	{"verdict 0", "", "nobody", "verdict=0\n", PAM_SESSION_ERR, SOMETHING, 1},
	{"verdict 4", "", "nobody", "verdict=4\ntext=x\n", PAM_SESSION_ERR, SOMETHING, 1},
	{"verdict 4, with descriptors", "", "nobody",
	 "verdict=4\nfd=/dev/null\nfd=/dev/null\nfd=/dev/null\n", PAM_SESSION_ERR, SOMETHING, 1},
	{"verdict 257", "", "nobody", "verdict=257\n", PAM_SESSION_ERR, SOMETHING, 1},
	{"verdict -1", "", "nobody", "verdict=0xffffffff\n", PAM_SESSION_ERR, SOMETHING, 1},

	{"jailed without descriptors", "", "nobody", "verdict=2\n", PAM_SESSION_ERR, SOMETHING, 1},
	{"jailed with a fence only", "", "nobody", "verdict=2\nfd=/proc/self/ns/mnt\n",
	 PAM_SESSION_ERR, SOMETHING, 1},
	{"jailed in no namespace", "", "nobody", "verdict=2\nfd=/dev/null\nfd=/dev/null\n",
	 PAM_SESSION_ERR, NO_MOVE, 1},
	{"jailed in no namespaces", "", "nobody",
	 "verdict=2\nfd=/dev/null\nfd=/dev/null\nfd=/dev/null\n", PAM_SESSION_ERR, NO_MOVE, 1},
	{"jailed in a directory", "", "nobody", "verdict=2\nfd=/\nfd=/dev/null\n", PAM_SESSION_ERR,
	 NO_MOVE, 1},
	{"jailed in another kind of namespace", "", "nobody",
	 "verdict=2\nfd=/proc/self/ns/uts\nfd=/dev/null\n", PAM_SESSION_ERR, NO_MOVE, 1},
	{"jailed with a bad network", "", "nobody",
	 "verdict=2\nfd=/proc/self/ns/mnt\nfd=/dev/null\nfd=/proc/self/ns/mnt\n", PAM_SESSION_ERR,
	 NO_MOVE, 1},
	{"jailed with a network, but no fence", "", "nobody",
	 "verdict=2\nfd=/proc/self/ns/net\nfd=/dev/null\nfd=/proc/self/ns/net\n", PAM_SESSION_ERR,
	 NO_MOVE, 1},

	{"an account that is not there", "", "no-such-account-here", "verdict=1\n", PAM_SESSION_ERR,
	 NO_JAIL, 1},

	{"an unknown argument", "opne", "nobody", "verdict=1\n", PAM_SESSION_ERR, BAD_ARGS, 0},
	{"an unknown argument after a good one", "open foo=1", "nobody", "verdict=1\n",
	 PAM_SESSION_ERR, BAD_ARGS, 0},
	{"a relative path", "conf=jail.ini", "nobody", "verdict=1\n", PAM_SESSION_ERR, BAD_ARGS, 0},
	{"no path", "conf=", "nobody", "verdict=1\n", PAM_SESSION_ERR, BAD_ARGS, 0},
	{"open and close", "open close", "nobody", "verdict=1\n", PAM_SESSION_ERR, BAD_ARGS, 0},

	/* root gets in, whatever is wrong */
	{"root", "", "root", "verdict=3\ntext=not you\n", IGNORED, "", 0},
	{"root, an unknown argument", "opne", "root", "verdict=3\n", IGNORED, "", 0},
	{"root, open and close", "open close", "root", "size=0\n", IGNORED, "", 0},
};

static unsigned long long namespace(const char *kind)
{
	char path[32];
	struct stat st = {0};

	snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
	(void)stat(path, &st);
	return st.st_ino;
}

/* One login, with lines before and after ours. */
static int login(const char *before, const char *ours, const char *after, size_t i)
{
	char text[1024];
	pam_handle_t *pamh;
	int r;

	snprintf(text, sizeof text, "%s%s%s%s", before, ours, cases[i].args, after);
	behave("%s", cases[i].behaviour);
	pamh = begin(text, cases[i].user);
	r = pam_open_session(pamh, 0);
	(void)pam_end(pamh, r);
	return r;
}

static void one_line(const char *what, const char *want)
{
	const char *end = strchr(said, '\n');

	contains(said, want, "%s: it is said", what);
	ok(strncmp(said, want, strlen(want)) == 0 && end && end[1] == '\0', "%s: in one line",
	   what);
}

/* How often set-up was run for this case's user.  What a login before had started and left
 * may only now come to write down that it was. */
static int runs_for(const char *user)
{
	const char *p = (wait_setups(), recorded());
	char argument[64];
	int n = 0;

	snprintf(argument, sizeof argument, "argv <%s>\n", user);
	for (; (p = strstr(p, argument)); p++)
		n++;
	return n;
}

static void table(void)
{
	unsigned long long mnt = namespace("mnt"), net = namespace("net");
	int before;

	(void)login("", PLAIN_LINE, "", 0); /* so that the C library has opened what it keeps */
	before = open_fds();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *what = cases[i].what;
		int r;

		is_int(login("", PLAIN_LINE, "", i), cases[i].want, "%s", what);
		if (cases[i].want == IGNORED)
			is_str(said, cases[i].said, "%s: nothing is said", what);
		else
			one_line(what, cases[i].said);
		is_int(runs_for(cases[i].user), cases[i].runs, "%s: times that set-up ran", what);
		ok(namespace("mnt") == mnt && namespace("net") == net, "%s: still at home", what);
		is_int(open_fds(), before, "%s: nothing is left open", what);

		/* As in a real stack, where other lines say yes. */
		r = login("", REQUIRED, "\n" PERMIT, i);
		is_int(r, cases[i].want == IGNORED ? PAM_SUCCESS : PAM_SESSION_ERR,
		       "%s, before another line", what);
		r = login(PERMIT "\n", REQUIRED, "", i);
		is_int(r, cases[i].want == IGNORED ? PAM_SUCCESS : PAM_SESSION_ERR,
		       "%s, after another line", what);
		is_int(open_fds(), before, "%s: nothing is left open there", what);
	}
}

static void close_session(void)
{
	static const struct {
		const char *args, *behaviour;
		int want;
	} after[] = {
		{"", "verdict=1\n", IGNORED},	  {"", "verdict=3\n", IGNORED},
		{"", "size=0\n", IGNORED},	  {"close", "verdict=1\n", IGNORED},
		{"open", "verdict=1\n", IGNORED}, {"debug", "verdict=1\n", IGNORED},
		{"opne", "", PAM_SESSION_ERR},	  {"conf=x", "", PAM_SESSION_ERR},
	};

	for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
		char line[256];
		pam_handle_t *pamh;
		int r;

		snprintf(line, sizeof line,
			 "session [success=ok ignore=ignore default=die] MODULE %s", after[i].args);
		behave("%s", after[i].behaviour);
		pamh = begin(line, "nobody");
		is_int(pam_close_session(pamh, 0), after[i].want, "close without open, case %zu",
		       i);
		is_int(runs(), 0, "and set-up is not asked");
		is_str(said, "", "nor anything said");
		r = pam_open_session(pamh, 0);
		ok(pam_close_session(pamh, 0) != PAM_SUCCESS || r == PAM_SUCCESS,
		   "close after open, case %zu", i);
		is_int(pam_end(pamh, 0), PAM_SUCCESS, "and the end");
	}
}

/* Both lines, as the manual page has them. */
static void two_lines(void)
{
	static const char lines[] = "session required MODULE close\n"
				    "session required pam_permit.so\n"
				    "session required MODULE open\n";
	pam_handle_t *pamh;

	behave("verdict=1\n");
	pamh = begin(lines, "nobody");
	is_int(pam_open_session(pamh, 0), PAM_SUCCESS, "two lines, not ours");
	is_int(runs(), 1, "set-up ran once");
	is_int(pam_close_session(pamh, 0), PAM_SUCCESS, "and it is closed");
	is_int(runs(), 1, "without set-up");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "and ended");
	is_str(said, "", "without a word");

	behave("verdict=3\ntext=no\n");
	pamh = begin(lines, "nobody");
	is_int(pam_open_session(pamh, 0), PAM_SESSION_ERR, "two lines, refused");
	is_int(runs(), 1, "set-up ran once");
	is_str(said, "error: loginjail: no\n", "it is said once");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "and ended");
}

static void no_program(void)
{
	static const char *const kinds[] = {"is not there", "can't be run", "is a directory",
					    "is no program"};
	pam_handle_t *pamh;
	int before = open_fds();
	char path[sizeof build_dir + 16];

	behave("verdict=1\n");
	ok(unlink("libexec") == 0 && mkdir("libexec", 0755) == 0, "(no set-up)");
	for (int i = 0; i < 4; i++) {
		if (i == 1) {
			write_file("libexec/loginjail-setup", "#!/bin/true\n");
			ok(chmod("libexec/loginjail-setup", 0644) == 0, "(a file)");
		} else if (i == 2) {
			ok(unlink("libexec/loginjail-setup") == 0 &&
				   mkdir("libexec/loginjail-setup", 0755) == 0,
			   "(a directory)");
		} else if (i == 3) {
			ok(rmdir("libexec/loginjail-setup") == 0, "(no directory)");
			write_file("libexec/loginjail-setup", "rubbish");
			ok(chmod("libexec/loginjail-setup", 0755) == 0, "(rubbish)");
		}
		pamh = begin(PLAIN_LINE, "nobody");
		is_int(pam_open_session(pamh, 0), PAM_SESSION_ERR, "set-up %s", kinds[i]);
		is_str(said, NO_JAIL, "and that is said");
		(void)pam_end(pamh, PAM_SESSION_ERR);
		is_int(open_fds(), before, "nothing is left open");
	}
	snprintf(path, sizeof path, "%s/libexec", build_dir);
	ok(unlink("libexec/loginjail-setup") == 0 && rmdir("libexec") == 0 &&
		   symlink(path, "libexec") == 0,
	   "(put it back)");
}

static void no_user(void)
{
	pam_handle_t *pamh;

	behave("verdict=1\n");
	pamh = begin(PLAIN_LINE, NULL);
	is_int(pam_open_session(pamh, 0), PAM_SESSION_ERR, "nobody said who it is");
	is_int(runs(), 0, "set-up is not asked");
	(void)pam_end(pamh, PAM_SESSION_ERR);
	pamh = begin(PLAIN_LINE, "");
	is_int(pam_open_session(pamh, 0), PAM_SESSION_ERR, "an empty name");
	is_int(runs(), 0, "set-up is not asked");
	(void)pam_end(pamh, PAM_SESSION_ERR);
}

int main(void)
{
	alarm(120);
	if (!lab_make())
		return done_testing();
	table();
	close_session();
	two_lines();
	no_program();
	no_user();
	lab_remove();
	return done_testing();
}
