/* SPDX-License-Identifier: MIT */
/*
 * What loginjail-enter is told by the jail's PID 1, which it need not trust: session_reply.  The
 * first byte is the number of descriptors, the second which of its own are terminals that are
 * not the jail's.  Whatever comes, it ends with a status, and a master of a pty is used only
 * where one was asked for.
 */
#include <unistd.h>

#include "enter/proxy.h"

static struct session_reply fuzz_proxy(int conn, int tty, int master, bool input);
static ssize_t fuzz_write(int fd, const void *buf, size_t len);

#define proxy_run fuzz_proxy
#define write fuzz_write
int enter_main(int argc, char **argv, char **envp);
#define main enter_main
#include "enter/main.c"
#undef main
#undef write
#undef proxy_run

#include "fuzz.h"

static int proxied;

static ssize_t fuzz_write(int fd, const void *buf, size_t len)
{
	must(fd == 2 && buf);
	return (ssize_t)len;
}

static struct session_reply fuzz_proxy(int conn, int tty, int master, bool input)
{
	(void)conn;
	(void)input;
	must(tty >= 0 && tty <= 2 && master >= 0);
	proxied++;
	return (struct session_reply){.magic = WIRE_MAGIC, .event = SESSION_EXITED, .value = 3};
}

int fuzz_one(const uint8_t *data, size_t size)
{
	const int give[] = {0, 1, 2, 0, 1};
	struct session_reply reply;
	uint32_t foreign;
	int status, conn, first = fuzz_next_fd();

	if (size < 2)
		return 0;
	proxied = 0;
	/* Without any it closes its own standard input and output. */
	foreign = data[1] % 7 + 1;
	conn = fuzz_peer(SOCK_SEQPACKET, data + 2, size - 2, give, data[0] % 6);
	status = wait_end(conn, foreign);
	must(status >= 0 && status <= 255);
	if (size - 2 != sizeof reply) {
		must(status == EXIT_NO_JAIL && !proxied);
	} else {
		memcpy(&reply, data + 2, sizeof reply);
		if (reply.magic != WIRE_MAGIC)
			must(status == EXIT_NO_JAIL && !proxied);
		else if (reply.event == SESSION_EXITED && data[0] % 6 <= PASS_FDS_MAX)
			must(status == (int)(reply.value & 255));
	}
	/* It ends now, and with it what came along. */
	(void)close(conn);
	for (int fd = first; fd < first + 8; fd++)
		(void)close(fd);
	return 0;
}
