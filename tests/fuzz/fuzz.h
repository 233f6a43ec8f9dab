/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share.  A target is a file here with fuzz_one(), which is given
 * bytes and ends the process where something that must hold does not.  It is built
 * twice: by clang with libFuzzer (make fuzz), and with the sanitizers of the unit tests
 * and replay.c, which gives it what lies below corpus/TARGET (make check).
 *
 * Functions that are of one file only are reached by including that file.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both leave the data as it is. */
#define fuzz_one LLVMFuzzerTestOneInput
int fuzz_one(const uint8_t *data, size_t size);

#define must(what)                                                                     \
	do {                                                                           \
		if (!(what)) {                                                         \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                       \
		}                                                                      \
	} while (0)

/* The bytes as a string, the caller's; those behind a NUL are out of sight. */
__attribute__((unused)) static char *fuzz_text(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	must(s);
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

/* The end of a socket that a peer has sent this to, and closed. */
__attribute__((unused)) static int fuzz_peer(int type, const uint8_t *data, size_t size, const int *fds,
					     size_t nfds)
{
	union {
		char room[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} ctl = {.room = {0}};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	int pair[2];

	must(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0);
	if (nfds) {
		struct cmsghdr *c;

		msg.msg_control = ctl.room;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	must(sendmsg(pair[1], &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
	(void)close(pair[1]);
	return pair[0];
}

/* How many descriptors are open: more, if one was left. */
__attribute__((unused)) static int fuzz_open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 32; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* The lowest number that a descriptor can have. */
__attribute__((unused)) static int fuzz_next_fd(void)
{
	int fd = dup(0);

	must(fd >= 0);
	(void)close(fd);
	return fd;
}

#endif
