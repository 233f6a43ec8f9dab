/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int sock = -1;
static char lines[65536];
static size_t used;

void log_begin(const char *dir)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = open("/proc/sys/net/unix/max_dgram_qlen", O_WRONLY | O_CLOEXEC);

	/* Who is traced must not wait for us. */
	if (fd < 0 || write(fd, "1024", 4) != 4)
		die("max_dgram_qlen");
	(void)close(fd);
	(void)snprintf(sa.sun_path, sizeof sa.sun_path, "%s.log", dir);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0 || bind(sock, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    mount(sa.sun_path, "/dev/log", NULL, MS_BIND, NULL) < 0)
		die("/dev/log");
}

void log_forget(void)
{
	(void)log_lines();
	used = 0;
	lines[0] = '\0';
}

const char *log_lines(void)
{
	for (;;) {
		ssize_t n = recv(sock, lines + used, sizeof lines - used - 2, 0);

		if (n < 0 && errno == EAGAIN)
			return lines;
		if (n <= 0 || used + (size_t)n >= sizeof lines - 2)
			die("the log");
		used += (size_t)n;
		while (used && (lines[used - 1] == '\0' || lines[used - 1] == '\n'))
			used--;
		lines[used++] = '\n';
		lines[used] = '\0';
	}
}
