/* SPDX-License-Identifier: MIT */
/* What a session runs, and which variables it is given. */
#include <errno.h>

#include "enter/request.h"
#include "lib/wire.h"
#include "tap.h"

#define FORCED "/usr/local/libexec/loginjail/loginjail-enter"

static const struct {
	const char *argv[6];
	const char *original;
	int want; /* enum enter_kind, or -EINVAL */
	const char *command;
	bool pass_original;
} cases[] = {
	/* login shells */
	{{"-bash"}, NULL, ENTER_LOGIN, NULL, false},
	{{"-bash"}, "id", ENTER_LOGIN, NULL, false},
	{{"bash"}, NULL, ENTER_LOGIN, NULL, false},
	{{"bash", "-l"}, NULL, ENTER_LOGIN, NULL, false},
	{{"bash", "--login", "-i"}, NULL, ENTER_LOGIN, NULL, false},
	{{""}, NULL, ENTER_LOGIN, NULL, false},

	/* sshd's ForceCommand: what counts is what the client asked for */
	{{"bash", "-c", FORCED}, NULL, ENTER_LOGIN, NULL, false},
	{{"bash", "-c", FORCED}, "", ENTER_LOGIN, NULL, false},
	{{"bash", "-c", FORCED}, "id", ENTER_COMMAND, "id", false},
	{{"bash", "-c", FORCED}, FORCED, ENTER_COMMAND, FORCED, false},
	{{"bash", "-c", FORCED}, "a; $(b) 'c'\n\"d", ENTER_COMMAND, "a; $(b) 'c'\n\"d", false},
	{{"bash", "-c", FORCED}, " ", ENTER_COMMAND, " ", false},
	{{"bash", "-c", FORCED}, "-l", ENTER_COMMAND, "-l", false},
	{{"bash", "-l", "-c", FORCED}, "id", ENTER_COMMAND, "id", false},
	{{"bash", "-c", "--", FORCED}, "id", ENTER_COMMAND, "id", false},
	{{FORCED}, NULL, ENTER_LOGIN, NULL, false},
	{{FORCED}, "id", ENTER_COMMAND, "id", false},
	{{FORCED, "-l"}, "id", ENTER_COMMAND, "id", false},

	/* sftp */
	{{"bash", "-c", FORCED}, "internal-sftp", ENTER_SFTP, "", false},
	{{"bash", "-c", FORCED}, "internal-sftp -l INFO", ENTER_SFTP, " -l INFO", false},
	{{FORCED}, "internal-sftp", ENTER_SFTP, "", false},
	{{"bash", "-c", FORCED}, "internal-sftp\t-l", ENTER_COMMAND, "internal-sftp\t-l", false},
	{{"bash", "-c", FORCED}, "internal-sftp;id", ENTER_COMMAND, "internal-sftp;id", false},
	{{"bash", "-c", FORCED}, "internal-sftpx", ENTER_COMMAND, "internal-sftpx", false},
	{{"bash", "-c", FORCED}, " internal-sftp", ENTER_COMMAND, " internal-sftp", false},
	{{"bash", "-c", FORCED}, "internal-sft", ENTER_COMMAND, "internal-sft", false},
	{{"bash", "-c", FORCED},
	 "/usr/lib/openssh/sftp-server",
	 ENTER_COMMAND,
	 "/usr/lib/openssh/sftp-server",
	 false},

	/* another's command: a key's command=, sshrc, xauth, su -c */
	{{"bash", "-c", "id"}, NULL, ENTER_COMMAND, "id", true},
	{{"bash", "-c", "id"}, "rm x", ENTER_COMMAND, "id", true},
	{{"bash", "-c", "internal-sftp"}, NULL, ENTER_COMMAND, "internal-sftp", true},
	{{"bash", "-c", ""}, NULL, ENTER_COMMAND, "", true},
	{{"bash", "-c", "-c"}, NULL, ENTER_COMMAND, "-c", true},
	{{"bash", "-c", "-l"}, NULL, ENTER_COMMAND, "-l", true},
	{{"bash", "-i", "-c", "id"}, NULL, ENTER_COMMAND, "id", true},
	{{"sh", "-c", "--", "id"}, NULL, ENTER_COMMAND, "id", true},
	{{"sh", "-c", "--", "--"}, NULL, ENTER_COMMAND, "--", true},
	{{"bash", "-c", FORCED " "}, "id", ENTER_COMMAND, FORCED " ", true},
	{{"bash", "-c", FORCED " x"}, "id", ENTER_COMMAND, FORCED " x", true},
	{{"bash", "-c", "x" FORCED}, "id", ENTER_COMMAND, "x" FORCED, true},
	{{FORCED, "-c", "id"}, "x", ENTER_COMMAND, "id", true},

	/* what no shell of ours takes */
	{{NULL}, NULL, -EINVAL, NULL, false},
	{{"bash", "-c"}, "id", -EINVAL, NULL, false},
	{{"bash", "-c", "--"}, "id", -EINVAL, NULL, false},
	{{"bash", "-c", "id", "x"}, NULL, -EINVAL, NULL, false},
	{{"bash", "-c", FORCED, "x"}, "id", -EINVAL, NULL, false},
	{{"bash", "-c", "--", "id", "x"}, NULL, -EINVAL, NULL, false},
	{{"bash", "script"}, NULL, -EINVAL, NULL, false},
	{{"bash", ""}, NULL, -EINVAL, NULL, false},
	{{"bash", "-"}, NULL, -EINVAL, NULL, false},
	{{"bash", "--"}, NULL, -EINVAL, NULL, false},
	{{"bash", "-x", "-c", "id"}, NULL, -EINVAL, NULL, false},
	{{"bash", "-lc", "id"}, NULL, -EINVAL, NULL, false},
	{{"bash", "-cid"}, NULL, -EINVAL, NULL, false},
	{{"bash", "-s"}, NULL, -EINVAL, NULL, false},
	{{FORCED, "x"}, "id", -EINVAL, NULL, false},
	{{FORCED, "--help"}, "id", -EINVAL, NULL, false},
};

static const struct {
	const char *entry;
	bool always, with_original;
} variables[] = {
	{"TERM=xterm", true, true},
	{"TERM=", true, true},
	{"COLORTERM=truecolor", true, true},
	{"LANG=C.UTF-8", true, true},
	{"LANGUAGE=de:en", true, true},
	{"LC_ALL=C", true, true},
	{"LC_TIME=C", true, true},
	{"TZ=UTC", true, true},
	{"SSH_CLIENT=1 2 3", true, true},
	{"SSH_CONNECTION=1 2 3 4", true, true},
	{"SSH_TTY=/dev/pts/0", true, true},
	{"SSH_AUTH_SOCK=/tmp/x", true, true},
	{"DISPLAY=:10", true, true},
	{"GIT_PROTOCOL=version=2", true, true},
	{"SSH_ORIGINAL_COMMAND=id", false, true},
	{"SSH_ORIGINAL_COMMAND", false, false},
	{"SSH_ORIGINAL_COMMANDS=id", false, false},
	{"TERM", false, false},
	{"TERMCAP=x", false, false},
	{"TERMINFO=/home/x", false, false},
	{"term=x", false, false},
	{"LC=x", false, false},
	{"lc_all=C", false, false},
	{"TZDIR=/home/x", false, false},
	{"LANGX=C", false, false},
	{"XLANG=C", false, false},
	{"", false, false},
	{"=", false, false},
	{"=TERM=x", false, false},
	{" TERM=x", false, false},
	{"PATH=/home/x", false, false},
	{"HOME=/home/x", false, false},
	{"SHELL=/home/x/sh", false, false},
	{"USER=root", false, false},
	{"LOGNAME=root", false, false},
	{"MAIL=/var/mail/root", false, false},
	{"IFS=x", false, false},
	{"ENV=/home/x/e", false, false},
	{"BASH_ENV=/home/x/e", false, false},
	{"BASH_FUNC_ls%%=() { id; }", false, false},
	{"LD_PRELOAD=/home/x/e.so", false, false},
	{"LD_LIBRARY_PATH=/home/x", false, false},
	{"LD_AUDIT=/home/x/e.so", false, false},
	{"GCONV_PATH=/home/x", false, false},
	{"LOCPATH=/home/x", false, false},
	{"NLSPATH=/home/x", false, false},
	{"MALLOC_CHECK_=1", false, false},
	{"GLIBC_TUNABLES=x=y", false, false},
	{"PYTHONPATH=/home/x", false, false},
	{"PERL5OPT=-Mx", false, false},
	{"GIT_SSH_COMMAND=id", false, false},
	{"SSH_USER_AUTH=/tmp/x", false, false},
	{"SSH_ASKPASS=/home/x", false, false},
	{"XDG_RUNTIME_DIR=/run/user/1", false, false},
	{"DBUS_SESSION_BUS_ADDRESS=unix:path=/x", false, false},
	{"KRB5CCNAME=FILE:/tmp/x", false, false},
	{"NOTIFY_SOCKET=/run/x", false, false},
	{"http_proxy=x", false, false},
};

int main(void)
{
	static const struct request untouched = {.kind = 77, .command = "untouched"};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct request got = untouched;
		int argc = 0, r;

		while (cases[i].argv[argc])
			argc++;
		r = request_from_args(argc, (char *const *)cases[i].argv, FORCED, cases[i].original,
				      &got);
		if (cases[i].want < 0) {
			is_int(r, cases[i].want, "case %zu is refused", i);
			ok(got.kind == 77 && got.command == untouched.command,
			   "case %zu: no request", i);
			continue;
		}
		is_int(r, 0, "case %zu is taken", i);
		is_int(got.kind, cases[i].want, "case %zu: kind", i);
		is_str(got.command, cases[i].command, "case %zu: command", i);
		is_int(got.pass_original, cases[i].pass_original, "case %zu: pass_original", i);
	}
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *e = variables[i].entry;

		is_int(request_env_allowed(e, false), variables[i].always, "'%s'", e);
		is_int(request_env_allowed(e, true), variables[i].with_original,
		       "'%s', another's command", e);
	}
	return done_testing();
}
