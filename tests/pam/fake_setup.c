/* SPDX-License-Identifier: MIT */
/*
 * What the module under test runs in place of loginjail-setup.  It writes down how it was
 * run into the file "record" of its directory, which is the test's, and answers as the file
 * "behaviour" there says, a line each:
 *
 *	verdict=N  text=TEXT  magic=HEX (xored)  size=BYTES of the answer (0: none)
 *	fd=PATH (goes with it)  fdw=PATH (the same, for writing)  count=N answers
 *	deaf=1 (do not read the request)  linger=SECONDS (after closing the socket)
 *	exit=N  signal=N
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/wire.h"

#define FDS_MAX 8

static struct {
	struct setup_reply reply;
	size_t size;
	int fds[FDS_MAX], nfds;
	int count, deaf, linger, exit, signal;
} answer = {.reply = {.magic = WIRE_MAGIC}, .size = sizeof answer.reply, .count = 1};

static void read_behaviour(void)
{
	FILE *f = fopen("behaviour", "re");
	char line[1024];

	if (!f)
		exit(99);
	while (fgets(line, sizeof line, f)) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\n")] = '\0';
		if (!value)
			continue;
		*value++ = '\0';
		if (strcmp(line, "verdict") == 0)
			answer.reply.verdict = (uint32_t)strtoul(value, NULL, 0);
		else if (strcmp(line, "text") == 0)
			/* May be as long as there is room, without its NUL. */
			memcpy(answer.reply.text, value, strnlen(value, sizeof answer.reply.text));
		else if (strcmp(line, "magic") == 0)
			answer.reply.magic ^= (uint32_t)strtoul(value, NULL, 16);
		else if (strcmp(line, "size") == 0)
			answer.size = strtoul(value, NULL, 0);
		else if (strcmp(line, "fd") == 0 || strcmp(line, "fdw") == 0)
			answer.fds[answer.nfds++] =
				open(value, line[2] ? O_WRONLY | O_NONBLOCK | O_CLOEXEC
						    : O_RDONLY | O_CLOEXEC);
		else if (strcmp(line, "count") == 0)
			answer.count = atoi(value);
		else if (strcmp(line, "deaf") == 0)
			answer.deaf = atoi(value);
		else if (strcmp(line, "linger") == 0)
			answer.linger = atoi(value);
		else if (strcmp(line, "exit") == 0)
			answer.exit = atoi(value);
		else if (strcmp(line, "signal") == 0)
			answer.signal = atoi(value);
		else
			exit(98);
	}
	fclose(f);
}

/* Before anything of ours is open. */
static void record_fds(char *text, size_t size)
{
	size_t len = 0;

	for (int fd = 0; fd < 1024; fd++) {
		char path[32], target[256] = "?";
		int type;
		socklen_t n = sizeof type;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0)
			strcpy(target, type == SOCK_SEQPACKET ? "seqpacket" : "socket");
		else if (readlink(path, target, sizeof target - 1) < 0)
			strcpy(target, "?");
		len += (size_t)snprintf(text + len, size - len, " %d:%s", fd, target);
	}
}

static void record(int argc, char **argv, char **envp, const char *fds)
{
	FILE *f = fopen("record", "ae");
	int env = 0, blocked = 0, ignored = 0;
	struct sigaction sa;
	sigset_t mask;

	if (!f)
		exit(97);
	while (envp[env])
		env++;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int s = 1; s < 32; s++) {
		blocked += sigismember(&mask, s) == 1;
		ignored += sigaction(s, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL;
	}
	fprintf(f, "run\nargc %d\n", argc);
	for (int i = 0; i < argc; i++)
		fprintf(f, "argv <%s>\n", argv[i]);
	fprintf(f, "environment %d\nfds%s\nblocked %d\nnot default %d\nown session %d\nparent %d\n", env, fds,
		blocked, ignored, getsid(0) == getpid(), (int)getppid());
	fprintf(f, "ids %u %u %u %u\n", getuid(), geteuid(), getgid(), getegid());
	fclose(f);
}

static void read_request(void)
{
	static struct setup_request q;
	ssize_t n = recv(SETUP_REPLY_FD, &q, sizeof q, 0);
	FILE *f = fopen("record", "ae");

	if (!f)
		exit(97);
	fprintf(f, "request %zd bytes, magic %s, groups", n,
		q.magic == WIRE_MAGIC ? "good" : "bad");
	for (uint32_t i = 0; i < q.ngroups && i < SETUP_GROUPS_MAX; i++)
		fprintf(f, " %u", q.groups[i]);
	fputc('\n', f);
	fclose(f);
}

static void send_answer(void)
{
	union {
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} ctl = {0};
	static struct {
		struct setup_reply reply;
		char more[512];
	} out;
	struct iovec iov = {&out, answer.size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	out.reply = answer.reply;
	if (answer.nfds > 0) {
		size_t bytes = (size_t)answer.nfds * sizeof(int);
		struct cmsghdr *c;

		msg.msg_control = ctl.room;
		msg.msg_controllen = CMSG_SPACE(bytes);
		c = CMSG_FIRSTHDR(&msg);
		*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
				      .cmsg_type = SCM_RIGHTS,
				      .cmsg_len = CMSG_LEN(bytes)};
		memcpy(CMSG_DATA(c), answer.fds, bytes);
	}
	if (sendmsg(SETUP_REPLY_FD, &msg, MSG_NOSIGNAL) < 0)
		exit(96);
}

int main(int argc, char **argv, char **envp)
{
	char fds[4096] = "";

	record_fds(fds, sizeof fds);
	record(argc, argv, envp, fds);
	read_behaviour();
	if (!answer.deaf)
		read_request();
	for (int i = 0; i < answer.count && answer.size > 0; i++)
		send_answer();
	if (answer.linger) {
		(void)close(SETUP_REPLY_FD);
		(void)sleep((unsigned int)answer.linger);
	}
	if (answer.signal)
		(void)raise(answer.signal);
	return answer.exit;
}
