/* SPDX-License-Identifier: MIT */
/* What reaches the system log: one line, whatever a user put into it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include "lib/log.h"
#include "lib/scope.h"
#include "tap.h"
#include "scratch.h"

static void defuse(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"plain text, 100%", "plain text, 100%"},
		{"a\nb", "a?b"},
		{"\r\n\t\v\f", "?????"},
		{"\x1b[2J", "?[2J"},
		{"\x7f", "?"},
		{"na\xc3\xafve", "na\xc3\xafve"},
		{"\x01\x1f ~", "?? ~"},
		{"end\n", "end?"},
		{"\xc2\x9b" "31m\xc2\x80\xc2\x9f\xc2\xa0", "??31m????\xc2\xa0"},
		{"\x9b" "31m", "?31m"},
		{"\xc3\x9b \xe2\x82\x9b \xf0\x9f\x98\x80", "\xc3\x9b \xe2\x82\x9b \xf0\x9f\x98\x80"},
		{"\xe2\x9b" "x\xc2", "\xe2?x\xc2"},
	};
	char all[256];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = strdup(cases[i].text);

		text_defuse(text);
		is_str(text, cases[i].want, "defused, case %zu", i);
		free(text);
	}
	for (int c = 1; c < 256; c++)
		all[c - 1] = (char)c;
	all[255] = '\0';
	text_defuse(all);
	is_int(strlen(all), 255, "nothing is lost");
	for (int c = 1; c < 256; c++)
		if (all[c - 1] != (c < 0x20 || (c >= 0x7f && c < 0xa0) ? '?' : (char)c))
			ok(false, "byte %d", c);
}

/* The next message, without its "<priority>time ident[pid]: ". */
static const char *logged(int sock, char buf[static 4096])
{
	ssize_t n = recv(sock, buf, 4095, MSG_DONTWAIT);
	const char *text;

	if (n < 0)
		return NULL;
	buf[n] = '\0';
	text = strstr(buf, "]: ");
	return text ? text + 3 : buf;
}

static void line(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	_cleanup_close_ int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *why = private_mounts();
	char buf[4096], user[3000], want[32];

	if (why) {
		skip(why);
		return;
	}
	if (!tmpfs_on("/dev"))
		return;
	if (!ok(sock >= 0 && bind(sock, (struct sockaddr *)&sa, sizeof sa) == 0, "(be the log)"))
		return;
	log_open("unit-test");
	log_line(LOG_ERR, "%s: login refused: %s", "eve", "x\nJan  1 00:00:00 sshd[1]: Accepted");
	is_str(logged(sock, buf), "eve: login refused: x?Jan  1 00:00:00 sshd[1]: Accepted",
	       "nobody forges a second line");
	snprintf(want, sizeof want, "<%d>", LOG_AUTHPRIV | LOG_ERR);
	ok(strncmp(buf, want, strlen(want)) == 0, "facility authpriv, priority err");
	contains(buf, "unit-test[", "who it is");
	log_line(LOG_NOTICE, "%s", "%n%s%s%s");
	is_str(logged(sock, buf), "%n%s%s%s", "a text is no format");
	memset(user, 'u', sizeof user - 1);
	user[sizeof user - 1] = '\0';
	log_line(LOG_NOTICE, "%s", user);
	is_int(strlen(logged(sock, buf)), 1023, "a long one is cut");
	is_str(logged(sock, buf), NULL, "and that was all");
	closelog();
	ok(umount2("/dev", MNT_DETACH) == 0, "(uncover /dev)");
}

int main(void)
{
	defuse();
	line();
	return done_testing();
}
