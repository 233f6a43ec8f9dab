/* SPDX-License-Identifier: MIT */
/*
 * ask-init PID UID CASE...: says to the jail's PID 1 what loginjail-enter would not, as the
 * user with UID, from the mount namespace of process PID (a fence), over a connection for
 * each case.  Prints "CASE ANSWER": exited N, signaled N, refused ERROR, or what ended it.
 * Without a CASE: all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../helper/lib/wire.h"

#define FDS_MAX 250

/* What the session has: its three, and ls that of the directory. */
static const char command[] = "exit $(ls /proc/self/fd | wc -l)";

struct say {
	const char *name;
	/* Of a good one: what is changed, */
	size_t at;
	uint32_t value;
	/* how much of it is sent, how many descriptors come with it, and then how much of the strings. */
	int size, fds, strings;
	int fds_later;	/* with the strings */
	bool no_end;	/* of the command */
	bool ends;	/* says that no more will come */
};

#define GOOD .size = sizeof(struct enter_request), .fds = 3, .strings = sizeof command
#define CHANGED(field, to) .at = offsetof(struct enter_request, field), .value = (to)
#define UNCHANGED CHANGED(magic, WIRE_MAGIC)

static const struct say cases[] = {
	{"good", UNCHANGED, GOOD},
	{"older", CHANGED(magic, WIRE_MAGIC - 1), GOOD},
	{"newer", CHANGED(magic, WIRE_MAGIC + 1), GOOD},
	{"no-magic", CHANGED(magic, 0), GOOD},
	{"no-kind", CHANGED(kind, 0), GOOD},
	{"kind-4", CHANGED(kind, 4), GOOD},
	{"kind-all", CHANGED(kind, UINT32_MAX), GOOD},
	{"flags", CHANGED(flags, 4), GOOD},
	{"flags-all", CHANGED(flags, UINT32_MAX), GOOD},
	{"mask", CHANGED(pty_mask, 8), GOOD},
	{"pty-of-none", CHANGED(flags, ENTER_NEW_PTY), GOOD},
	{"command-long", CHANGED(command_len, ENTER_STRINGS_MAX + 1), GOOD},
	{"command-all", CHANGED(command_len, UINT32_MAX), GOOD},
	{"command-none", CHANGED(command_len, 0), GOOD},
	{"env-long", CHANGED(env_len, ENTER_STRINGS_MAX + 1), GOOD},
	{"env-all", CHANGED(env_len, UINT32_MAX), GOOD},
	{"env-missing", CHANGED(env_len, 1), GOOD, .ends = true},
	{"command-cut", UNCHANGED, .size = sizeof(struct enter_request), .fds = 3, .strings = 3, .ends = true},
	{"command-no-end", UNCHANGED, GOOD, .no_end = true},
	{"nothing", UNCHANGED, .size = 0, .ends = true},
	{"a-byte", UNCHANGED, .size = 1, .ends = true},
	{"a-byte-with-three", UNCHANGED, .size = 1, .fds = 3, .ends = true},
	{"a-byte-less", UNCHANGED, .size = sizeof(struct enter_request) - 1, .fds = 3, .ends = true},
	{"no-descriptors", UNCHANGED, .size = sizeof(struct enter_request), .strings = sizeof command},
	{"one", UNCHANGED, .size = sizeof(struct enter_request), .fds = 1, .strings = sizeof command},
	{"two", UNCHANGED, .size = sizeof(struct enter_request), .fds = 2, .strings = sizeof command},
	{"four", UNCHANGED, .size = sizeof(struct enter_request), .fds = 4, .strings = sizeof command},
	{"five", UNCHANGED, .size = sizeof(struct enter_request), .fds = 5, .strings = sizeof command},
	{"many", UNCHANGED, .size = sizeof(struct enter_request), .fds = FDS_MAX, .strings = sizeof command},
	{"late", UNCHANGED, .size = sizeof(struct enter_request), .strings = sizeof command, .fds_later = 3},
	{"later-ones", UNCHANGED, GOOD, .fds_later = FDS_MAX},
};

static const char *error_name(int e)
{
	const char *name = strerrorname_np(e);

	return name ? name : "?";
}

static void send_some(int s, const void *data, size_t len, int n)
{
	static union {
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} ctl;
	struct iovec iov = {(void *)data, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n > 0) {
		int fds[FDS_MAX];
		struct cmsghdr *c;

		for (int i = 0; i < n; i++)
			fds[i] = i < 3 ? i : 0;
		memset(&ctl, 0, sizeof ctl);
		msg.msg_control = ctl.room;
		msg.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
				      .cmsg_type = SCM_RIGHTS,
				      .cmsg_len = CMSG_LEN((size_t)n * sizeof(int))};
		memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
	}
	/* Who has heard enough may have hung up. */
	if (len > 0)
		(void)!sendmsg(s, &msg, MSG_NOSIGNAL);
}

static void hear(int s, const char *name)
{
	static const char *const events[] = {"?", "started", "exited", "signaled", "refused"};
	struct session_reply r;
	ssize_t n;

	do
		n = recv(s, &r, sizeof r, MSG_WAITALL);
	while (n == sizeof r && r.magic == WIRE_MAGIC && r.event == SESSION_STARTED);
	if (n != sizeof r || r.magic != WIRE_MAGIC || r.event > SESSION_REFUSED)
		printf("%s %s\n", name, n < 0 ? error_name(errno) : n == 0 ? "hung up" : "rubbish");
	else if (r.event == SESSION_REFUSED)
		printf("%s refused %s\n", name, error_name((int)r.value));
	else
		printf("%s %s %u\n", name, events[r.event], r.value);
}

static void ask(const struct say *c)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/run/loginjail/init.sock"};
	struct enter_request q = {.magic = WIRE_MAGIC, .kind = ENTER_COMMAND, .command_len = sizeof command};
	const struct timeval patience = {.tv_sec = 60};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	char strings[sizeof command];

	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    connect(s, (struct sockaddr *)&sa, sizeof sa) < 0) {
		printf("%s not connected: %s\n", c->name, error_name(errno));
		return;
	}
	memcpy((char *)&q + c->at, &c->value, sizeof c->value);
	memcpy(strings, command, sizeof command);
	if (c->no_end)
		strings[sizeof command - 1] = 'x';
	send_some(s, &q, (size_t)c->size, c->fds);
	send_some(s, strings, (size_t)c->strings, c->fds_later);
	if (c->ends)
		(void)shutdown(s, SHUT_WR);
	hear(s, c->name);
	(void)close(s);
}

static bool asked(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	char path[64];
	uid_t uid;
	int fd;

	if (argc < 3)
		return 2;
	uid = (uid_t)atol(argv[2]);
	snprintf(path, sizeof path, "/proc/%s/ns/mnt", argv[1]);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNS) < 0 || setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0) {
		perror("ask-init");
		return 1;
	}
	(void)close(fd);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (asked(cases[i].name, argv + 3))
			ask(&cases[i]);
	return 0;
}
