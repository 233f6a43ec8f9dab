/* SPDX-License-Identifier: MIT */
/*
 * Set-up's answer as the PAM module reads it, in sshd's monitor: the first byte is the number
 * of descriptors that come with it, the rest is sent.  What is taken has a text that ends;
 * of what is not, no descriptor stays.
 */
#include "ask_setup.h"

#include <errno.h>

#include "fuzz.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	const int give[] = {0, 1, 2, 0, 1};
	int fds[PASS_FDS_MAX], open_before = fuzz_open_fds(), r;
	struct setup_reply reply;
	struct setup_call call;
	size_t n;

	if (size < 1)
		return 0;
	n = data[0] % 6;
	call.sock = fuzz_peer(SOCK_SEQPACKET, data + 1, size - 1, give, n);
	r = setup_wait(&call, &reply, fds);
	must(call.sock < 0);
	if (r == 0) {
		must(size - 1 == sizeof reply && n <= PASS_FDS_MAX && reply.magic == WIRE_MAGIC);
		must(memchr(reply.text, '\0', sizeof reply.text));
		for (size_t i = 0; i < PASS_FDS_MAX; i++) {
			must((fds[i] >= 0) == (i < n));
			if (fds[i] >= 0)
				(void)close(fds[i]);
		}
	}
	must(fuzz_open_fds() == open_before);
	return 0;
}
