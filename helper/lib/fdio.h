/* SPDX-License-Identifier: MIT */
/* Reading, writing and passing descriptors whole. All return 0 or -errno. */
#ifndef LOGINJAIL_FDIO_H
#define LOGINJAIL_FDIO_H

#include <stddef.h>
#include <sys/types.h>

/* Write all of buf, however many writes that takes. */
int write_all(int fd, const void *buf, size_t len);

/* Read exactly len bytes; -ENODATA where the stream ends before. */
int read_all(int fd, void *buf, size_t len);

/* Open dirfd/path, write text in one write(), close. */
int write_file_at(int dirfd, const char *path, const char *text);

/* Read at most size-1 bytes of dirfd/path into buf and end it with a NUL.
 * Returns the length, -EFBIG where the file is larger, or -errno. */
ssize_t read_file_at(int dirfd, const char *path, char *buf, size_t size);

#define PASS_FDS_MAX 4

/* Send one message with nfds descriptors (0 to PASS_FDS_MAX). Never SIGPIPE. */
int send_msg(int sock, const void *buf, size_t len, const int *fds, size_t nfds);

/*
 * Receive one message of exactly len bytes (on a stream: the first len bytes).
 * fds: room for PASS_FDS_MAX, unused places are set to -EBADF; the caller owns
 * what it gets, close-on-exec.  -ENODATA: peer closed. -EPROTO: another length,
 * or more descriptors than fit; nothing is kept open then.
 */
int recv_msg(int sock, void *buf, size_t len, int fds[PASS_FDS_MAX]);

#endif
