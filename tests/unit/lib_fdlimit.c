/* SPDX-License-Identifier: MIT */
/* A message with more descriptors than the receiver may have open: refused, none kept. */
#include <sys/resource.h>
#include <sys/socket.h>

#include "lib/fdio.h"
#include "tap.h"
#include "scratch.h"

int main(void)
{
	struct rlimit was;

	getrlimit(RLIMIT_NOFILE, &was);
	for (int nfds = 1; nfds <= PASS_FDS_MAX; nfds++) {
		for (int room = 0; room <= nfds; room++) {
			int s[2], out[PASS_FDS_MAX], in[PASS_FDS_MAX], before, top, r;
			char buf[8];

			ok(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == 0,
			   "(a pair)");
			for (int i = 0; i < nfds; i++)
				out[i] = s[0];
			is_int(send_msg(s[0], "12345678", 8, out, (size_t)nfds), 0,
			       "(%d descriptors)", nfds);
			before = open_fds();
			top = fcntl(s[0], F_DUPFD_CLOEXEC, 0);
			close(top); /* the lowest number that is free */
			setrlimit(RLIMIT_NOFILE,
				  &(struct rlimit){(rlim_t)(top + room), was.rlim_max});
			r = recv_msg(s[1], buf, 8, in);
			setrlimit(RLIMIT_NOFILE, &was);
			is_int(r, room < nfds ? -EPROTO : 0, "room for %d of %d", room, nfds);
			is_int(open_fds(), before + (r ? 0 : nfds), "descriptors that are kept");
			for (int i = 0; i < PASS_FDS_MAX; i++) {
				if (in[i] >= 0)
					close(in[i]);
				else if (in[i] != -EBADF)
					ok(false, "place %d holds %d", i, in[i]);
			}
			close(s[0]);
			close(s[1]);
		}
	}
	return done_testing();
}
