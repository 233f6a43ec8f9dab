/* SPDX-License-Identifier: MIT */
/*
 * What set-up, as root, is sent: by the PAM module (even first byte), a setup_request; and by a
 * jail's PID 1 while it is made (odd), one byte or a complaint.
 */
#include "lib/wire.h"

#undef SETUP_REPLY_FD
#define SETUP_REPLY_FD fuzz_sock
static int fuzz_sock;
int setup_main(int argc, char **argv);
#define main setup_main
#include "setup/main.c"
#undef main

#include "fuzz.h"
#include "setup/spawn.h"

static void from_module(const uint8_t *data, size_t size)
{
	/* Of just its size, so that what is written behind it is noticed. */
	struct setup_request *q = malloc(sizeof *q);
	struct err err = {""};
	int r;

	must(q);
	fuzz_sock = fuzz_peer(SOCK_SEQPACKET, data, size, NULL, 0);
	r = read_request(q, &err);
	if (r == 0) {
		must(q->magic == WIRE_MAGIC && q->ngroups <= SETUP_GROUPS_MAX);
		must(size == 8 + 4 * (size_t)q->ngroups || size > sizeof *q);
	} else if (size == 0) {
		must(r == -ESRCH); /* the module is gone */
	} else {
		must(r == -EPROTO && err.text[0]);
	}
	(void)close(fuzz_sock);
	free(q);
}

static void from_init(const uint8_t *data, size_t size)
{
	struct jail j = {.init_ctl = fuzz_peer(SOCK_SEQPACKET, data, size, NULL, 0)};
	struct err err = {""};
	int r = spawn_expect(&j, INIT_ROOTED, "in its new root", &err);

	must((r == 0) == (size == 1 && data[0] == INIT_ROOTED));
	must(r == 0 || err.text[0]);
	(void)close(j.init_ctl);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	int open_before = fuzz_open_fds();

	if (size < 1)
		return 0;
	if (data[0] & 1)
		from_init(data + 1, size - 1);
	else
		from_module(data + 1, size - 1);
	must(fuzz_open_fds() == open_before);
	return 0;
}
