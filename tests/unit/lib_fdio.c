/* SPDX-License-Identifier: MIT */
/* Reading and writing whole, and messages with descriptors: nothing short, nothing left open. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "tap.h"
#include "scratch.h"

#define BIG (1 << 20)

#define HANGS_S 60

/* When this program hangs; 0: it is interrupted all the time. */
static volatile time_t hangs_at;

/* One tick may come late, when the others were called off. */
static void tick(int sig)
{
	(void)sig;
	if (hangs_at && time(NULL) >= hangs_at)
		_exit(124);
}

/* Interrupt every call that blocks; else end this program should it hang. */
static void interrupts(bool on)
{
	const struct sigaction sa = {.sa_handler = tick};
	const struct itimerval each = {{on ? 0 : 1, on ? 3000 : 0}, {on ? 0 : HANGS_S, on ? 3000 : 0}};

	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	hangs_at = on ? 0 : time(NULL) + HANGS_S;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
}

static void streams(void)
{
	static char out[BIG], in[BIG];
	int p[2], status, full;
	pid_t pid;

	for (int i = 0; i < BIG; i++)
		out[i] = (char)(i * 7 + i / 251);
	ok(pipe2(p, O_CLOEXEC) == 0, "(a pipe)");
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		interrupts(true);
		for (int i = 0; i < 4; i++) {
			usleep(5000);
			if (write_all(p[1], out + i * (BIG / 4), BIG / 4) < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	interrupts(true);
	is_int(read_all(p[0], in, BIG), 0, "a megabyte through a pipe, with signals");
	interrupts(false);
	ok(memcmp(in, out, BIG) == 0, "is what was written");
	is_int(read_all(p[0], in, 0), 0, "nothing can be read at the end");
	is_int(read_all(p[0], in, 1), -ENODATA, "but not one byte");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	is_int(status, 0, "the writer ended well");
	close(p[0]);

	ok(pipe2(p, O_CLOEXEC) == 0, "(a pipe)");
	is_int(write_all(p[1], "abc", 3), 0, "three bytes");
	close(p[1]);
	is_int(read_all(p[0], in, 4), -ENODATA, "are not four");
	close(p[0]);
	ok(pipe2(p, O_CLOEXEC) == 0, "(a pipe)");
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	is_int(write_all(p[1], "abc", 3), -EPIPE, "nobody reads");
	signal(SIGPIPE, SIG_DFL);
	close(p[1]);
	is_int(write_all(-1, "abc", 3), -EBADF, "a bad descriptor to write");
	is_int(read_all(-1, in, 3), -EBADF, "and to read");
	full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	is_int(write_all(full, "abc", 3), -ENOSPC, "a full disk");
	close(full);
}

static void files(void)
{
	char *buf = malloc(8); /* so that a byte too much is noticed */

	put(scratch_fd, "seven", "1234567", 0600);
	put(scratch_fd, "eight", "12345678", 0600);
	put(scratch_fd, "empty", "", 0600);
	is_int(read_file_at(scratch_fd, "seven", buf, 8), 7, "a file that just fits");
	is_str(buf, "1234567", "is read");
	is_int(read_file_at(scratch_fd, "eight", buf, 8), -EFBIG, "a byte more does not");
	is_int(read_file_at(scratch_fd, "empty", buf, 8), 0, "an empty file");
	is_str(buf, "", "is an empty text");
	is_int(read_file_at(scratch_fd, "none", buf, 8), -ENOENT, "no file to read");
	is_int(read_file_at(scratch_fd, ".", buf, 8), -EISDIR, "a directory to read");
	is_int(write_file_at(scratch_fd, "empty", "abc"), 0, "writing a file");
	is_int(read_file_at(scratch_fd, "empty", buf, 8), 3, "makes its length");
	is_str(buf, "abc", "and text");
	is_int(write_file_at(scratch_fd, "none", "abc"), -ENOENT, "no file to write: none is made");
	is_int(faccessat(scratch_fd, "none", F_OK, 0), -1, "indeed");
	is_int(write_file_at(scratch_fd, ".", "abc"), -EISDIR, "a directory to write");
	is_int(write_file_at(AT_FDCWD, "/dev/full", "abc"), -ENOSPC, "a full disk");
	is_int(write_file_at(-1, "seven", "abc"), -EBADF, "a bad descriptor to write below");
	is_int(read_file_at(-1, "seven", buf, 8), -EBADF, "and to read");
	free(buf);
}

/* Send without the checks of send_msg. */
static void send_raw(int sock, size_t len, int fd, int nfds)
{
	union {
		char room[CMSG_SPACE(16 * sizeof(int))];
		struct cmsghdr align;
	} ctl = {0};
	char text[64] = "abcdefghijklmnopqrstuvwxyz";
	struct iovec iov = {text, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (nfds > 0) {
		struct cmsghdr *c;

		msg.msg_control = ctl.room;
		msg.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
				      .cmsg_type = SCM_RIGHTS,
				      .cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int))};
		for (int i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(c) + (size_t)i * sizeof fd, &fd, sizeof fd);
	}
	ok(sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)len, "(send %zu bytes, %d descriptors)",
	   len, nfds);
}

static void nothing_came(const int fds[PASS_FDS_MAX], const char *what)
{
	for (int i = 0; i < PASS_FDS_MAX; i++)
		if (fds[i] != -EBADF)
			ok(false, "%s: place %d holds %d", what, i, fds[i]);
}

static void messages(int type, const char *name)
{
	static const struct {
		size_t len;
		int nfds;
		int want;
	} cases[] = {
		{8, 0, 0},
		{8, 1, 0},
		{8, PASS_FDS_MAX, 0},
		{8, PASS_FDS_MAX + 1, -EPROTO},
		{8, 16, -EPROTO},
		{7, 0, -EPROTO},
		{7, 2, -EPROTO},
		{1, PASS_FDS_MAX, -EPROTO},
	};
	int s[2], fds[PASS_FDS_MAX], null = open("/dev/null", O_RDWR | O_CLOEXEC), before;
	char buf[8];

	ok(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, s) == 0, "%s: (a pair)", name);
	before = open_fds();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int got = 0;

		send_raw(s[0], cases[i].len, null, cases[i].nfds);
		is_int(recv_msg(s[1], buf, sizeof buf, fds), cases[i].want, "%s: case %zu", name,
		       i);
		if (cases[i].want == 0)
			ok(memcmp(buf, "abcdefgh", 8) == 0, "%s: case %zu: text", name, i);
		else
			nothing_came(fds, name);
		for (int k = 0; k < PASS_FDS_MAX; k++) {
			if (fds[k] < 0)
				continue;
			if (fcntl(fds[k], F_GETFD) != FD_CLOEXEC)
				ok(false, "%s: case %zu: close-on-exec", name, i);
			got++;
			close(fds[k]);
		}
		is_int(got, cases[i].want == 0 ? cases[i].nfds : 0, "%s: case %zu: descriptors",
		       name, i);
		is_int(open_fds(), before, "%s: case %zu: none left open", name, i);
	}

	for (size_t n = 0; n <= PASS_FDS_MAX; n++) {
		int in[PASS_FDS_MAX] = {null, s[0], null, s[1]};

		is_int(send_msg(s[0], "12345678", 8, in, n), 0, "%s: send_msg with %zu", name, n);
		is_int(recv_msg(s[1], buf, 8, fds), 0, "%s: arrives", name);
		for (size_t k = 0; k < PASS_FDS_MAX; k++) {
			struct stat a, b;

			if (k >= n ? fds[k] != -EBADF
				   : fstat(fds[k], &a) < 0 || fstat(in[k], &b) < 0 ||
					     a.st_ino != b.st_ino)
				ok(false, "%s: place %zu of %zu", name, k, n);
			scope_close(&fds[k]);
		}
	}
	is_int(send_msg(s[0], "12345678", 8, (int[]){null, null, null, null, null}, 5), -EINVAL,
	       "%s: five can't be sent", name);
	is_int(send_msg(s[0], "12345678", 8, (int[]){-1}, 1), -EBADF, "%s: nor a bad one", name);
	is_int(send_msg(-1, "12345678", 8, NULL, 0), -EBADF, "%s: nor to nowhere", name);

	close(s[0]);
	is_int(recv_msg(s[1], buf, 8, fds), -ENODATA, "%s: peer closed", name);
	nothing_came(fds, name);
	is_int(send_msg(s[1], "x", 1, NULL, 0), -EPIPE, "%s: sending to it, without SIGPIPE", name);
	is_int(recv_msg(-1, buf, 8, fds), -EBADF, "%s: a bad socket", name);
	nothing_came(fds, name);
	is_int(recv_msg(null, buf, 8, fds), -ENOTSOCK, "%s: no socket", name);
	close(s[1]);
	close(null);
}

static void kinds(void)
{
	const struct timeval soon = {.tv_usec = 1000};
	int s[2], fds[PASS_FDS_MAX], before;
	char buf[8], rest[32];

	/* A longer message is another version's, never the first part of ours. */
	ok(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == 0, "(a pair)");
	before = open_fds();
	send_raw(s[0], 9, s[0], 3);
	is_int(recv_msg(s[1], buf, 8, fds), -EPROTO, "a message that is longer");
	nothing_came(fds, "longer");
	is_int(open_fds(), before, "and leaves nothing open");
	send_raw(s[0], 0, s[0], 2);
	is_int(recv_msg(s[1], buf, 8, fds), -EPROTO, "an empty one with descriptors");
	nothing_came(fds, "empty");
	is_int(open_fds(), before, "and leaves nothing open");
	setsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
	is_int(recv_msg(s[1], buf, 8, fds), -EAGAIN, "nothing comes in time");
	nothing_came(fds, "in time");
	close(s[0]);
	close(s[1]);

	ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0, "(a pair)");
	send_raw(s[0], 20, s[0], 1);
	is_int(recv_msg(s[1], buf, 8, fds), 0, "the first bytes of a stream");
	ok(fds[0] >= 0, "with the descriptor");
	scope_close(&fds[0]);
	is_int(read_all(s[1], rest, 12), 0, "the others can be read after them");
	ok(memcmp(rest, "ijklmnopqrst", 12) == 0, "and are those");
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	int before = open_fds();

	interrupts(false);
	if (!scratch_make())
		return done_testing();
	files();
	streams();
	messages(SOCK_SEQPACKET, "seqpacket");
	messages(SOCK_STREAM, "stream");
	kinds();
	scratch_remove();
	is_int(open_fds(), before, "no descriptor is left");
	return done_testing();
}
