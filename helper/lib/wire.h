/* SPDX-License-Identifier: MIT */
/*
 * What the processes say to each other.  Fixed layouts, one version for all:
 * the programs of one installation belong together, so another version is
 * refused, never interpreted.
 *
 *   module <-> setup   on descriptor 3 of setup, SOCK_SEQPACKET: setup_request,
 *                      answered by one setup_reply
 *   setup   -> keeper  keeper.sock, SOCK_SEQPACKET: keeper_request, answered by
 *                      one setup_reply, which setup hands on
 *   keeper <-> init    a SOCK_SEQPACKET pair: init_spec, then one byte each way
 *   enter   -> init    init.sock, SOCK_STREAM: enter_request with descriptors,
 *                      then its strings; answered by session_reply
 */
#ifndef LOGINJAIL_WIRE_H
#define LOGINJAIL_WIRE_H

#include <stdint.h>

#define WIRE_MAGIC 0x4c4a4c31u /* "LJL1" */

/* Descriptor 3 of loginjail-setup. */
#define SETUP_REPLY_FD 3

/* What the module knows and set-up would have to ask NSS for once more. */
#define SETUP_GROUPS_MAX 1024

struct setup_request {
	uint32_t magic;
	uint32_t ngroups;
	uint32_t groups[SETUP_GROUPS_MAX]; /* the message ends after ngroups of them */
};

enum setup_verdict {
	SETUP_NOT_OURS = 1, /* no section matches: the module says PAM_IGNORE */
	SETUP_JAILED = 2,   /* descriptors come with it, see below */
	SETUP_REFUSED = 3,  /* text is for the user */
};

/* Order of the descriptors of SETUP_JAILED; the last is absent where the
 * section says network = host. */
enum setup_fd { SETUP_FD_FENCE, SETUP_FD_LEASE, SETUP_FD_NET, SETUP_FD_MAX };

struct setup_reply {
	uint32_t magic;
	uint32_t verdict;
	char text[512]; /* one line for the user, NUL-terminated */
};

enum keeper_verb {
	KEEPER_LEASE = 1, /* one login more; answered by setup_reply */
	KEEPER_KILL = 2,  /* end the jail now; the socket closes when it is gone */
	KEEPER_STATUS = 3, /* answered by keeper_status */
};

struct keeper_request {
	uint32_t magic;
	uint32_t verb;
};

struct keeper_status {
	uint32_t magic;
	uint32_t uid;
	uint32_t leases;   /* logins that hold the jail */
	uint32_t init_pid; /* PID 1 of the jail, as the host sees it */
	int64_t started;   /* CLOCK_REALTIME, seconds */
	char user[64];
	char section[64];
	char cgroup[128];
	char root[128];	      /* "host", or NAME/GENERATION below trees */
	char trees[128];
};

/* keeper -> init, after the spec */
#define INIT_TREE 'T' /* the mounts stand: take them as root */
#define INIT_OPEN 'O' /* you are in your cgroup: accept sessions */
#define INIT_END 'E'  /* TERM, HUP, KILL, exit; a closed socket means the same */
/* init -> keeper */
#define INIT_NETWORK 'n' /* namespaces made, loopback up */
#define INIT_COPIED 'c'  /* own mount namespace taken: the keeper may change its own */
#define INIT_ROOTED 'r'  /* in the new root, everything mounted */
#define INIT_COMPLAINT '!' /* and text after it: init gives up */
#define INIT_COMPLAINT_MAX 240

#define INIT_GROUPS_MAX 64

struct init_spec {
	uint32_t magic;
	uint32_t uid, gid; /* the same inside and outside */
	uint32_t ngroups;
	uint32_t groups[INIT_GROUPS_MAX];
	uint32_t umask;
	uint32_t nofile_soft, nofile_hard; /* 0: leave alone */
	uint32_t network;                  /* enum init_network */
	uint32_t flags;			   /* INIT_INSIDE_ROOT */
	char hostname[65];
	char user[256];
	char home[1024];
	char shell[512];
	char env[8192]; /* NAME=VALUE strings, each ended by a NUL; then a NUL */
};

/* The user may become root of the jail. */
#define INIT_INSIDE_ROOT 1u

enum init_network { INIT_NET_NONE, INIT_NET_PRIVATE, INIT_NET_HOST };

enum enter_kind {
	ENTER_LOGIN = 1,   /* a login shell */
	ENTER_COMMAND = 2, /* SHELL -c command */
	ENTER_SFTP = 3,    /* the jail's sftp-server with these arguments */
};

/* flags of enter_request */
#define ENTER_TTY 1u     /* descriptor 0 is a terminal of the jail: make it controlling */
#define ENTER_NEW_PTY 2u /* give me a pty; the descriptors in pty_mask become its slave */

#define ENTER_STRINGS_MAX (1u << 20)

struct enter_request {
	uint32_t magic;
	uint32_t kind;
	uint32_t flags;
	uint32_t pty_mask; /* bit n: descriptor n is to be the new pty's */
	uint16_t rows, cols;
	uint32_t command_len; /* bytes of the command, with its NUL; 0: none */
	uint32_t env_len;     /* bytes of the NAME=VALUE strings, with their NULs */
	/* comes with three descriptors: 0, 1, 2 */
};

enum session_event {
	SESSION_STARTED = 1,  /* only where ENTER_NEW_PTY asked: with the pty's master */
	SESSION_EXITED = 2,   /* value: exit status */
	SESSION_SIGNALED = 3, /* value: signal number */
	SESSION_REFUSED = 4,  /* value: errno */
};

struct session_reply {
	uint32_t magic;
	uint32_t event;
	uint32_t value;
};

#endif
