/* SPDX-License-Identifier: MIT */
/*
 * What the processes say to each other.  Fixed layouts, one version for all:
 * another is refused, never interpreted.  The programs of one installation belong
 * together, but a jail outlives an upgrade, with the init, the enter and the keeper
 * that it was made with: then a new setup, and a new loginjail, talk to an old
 * keeper.  Whoever changes what a message is or means changes WIRE_MAGIC as well:
 * then its user's next login waits for that jail's end.  What stays for all versions
 * is keeper_request, and KEEPER_KILL in it: any loginjail can end any jail.
 *
 *   module <-> setup   on descriptor 3 of setup, SOCK_SEQPACKET: setup_request,
 *                      answered by one setup_reply
 *   setup   -> keeper  keeper.sock, SOCK_SEQPACKET: keeper_request, answered by
 *                      one setup_reply, which setup hands on
 *   keeper <-> init    a SOCK_SEQPACKET pair: init_spec and the filter, then one byte each way;
 *                      when the jail is open init_event from init
 *   enter   -> init    init.sock, SOCK_STREAM: enter_request with descriptors,
 *                      then its strings; answered by session_reply
 */
#ifndef LOGINJAIL_WIRE_H
#define LOGINJAIL_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAGIC 0x4c4a4c31u /* "LJL1" */
#define WIRE_MAGIC_ANY(m) (((m) & 0xffffff00u) == (WIRE_MAGIC & 0xffffff00u))

/* The layout that this version has; its members in another order, or with another meaning, no compiler sees. */
#define WIRE_LAYOUT(type, last, bytes) \
	_Static_assert(offsetof(struct type, last) + sizeof ((struct type *)0)->last == (bytes), \
		       "struct " #type " is another than that of this WIRE_MAGIC")

/* Descriptor 3 of loginjail-setup. */
#define SETUP_REPLY_FD 3

/* What the module knows and set-up would have to ask NSS for once more. */
#define SETUP_GROUPS_MAX 1024

struct setup_request {
	uint32_t magic;
	uint32_t ngroups;
	uint32_t groups[SETUP_GROUPS_MAX]; /* the message ends after ngroups of them */
};
WIRE_LAYOUT(setup_request, groups, 4104);

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
WIRE_LAYOUT(setup_reply, text, 520);

enum keeper_verb {
	/* One login more; comes with a pidfd of the process that holds its PAM session;
	 * answered by setup_reply. */
	KEEPER_LEASE = 1,
	KEEPER_KILL = 2,  /* end the jail now, of any version; the socket closes when it is gone */
	KEEPER_STATUS = 3, /* answered by keeper_status */
	KEEPER_LOGINS = 4, /* answered by keeper_logins */
	/* Look whether the network was switched off by hand, and follow; answered by
	 * keeper_net, when that is done. */
	KEEPER_NET = 5,
};

struct keeper_request {
	uint32_t magic;
	uint32_t verb;
	uint32_t pid; /* KEEPER_LEASE: as a number, to be shown only */
};
WIRE_LAYOUT(keeper_request, pid, 12);

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
WIRE_LAYOUT(keeper_status, trees, 536);

#define KEEPER_LOGINS_MAX 1024

struct keeper_login {
	uint32_t pid;  /* of sshd's monitor, or su, or login, on the host */
	uint32_t left; /* seconds until session_time ends it; UINT32_MAX: it is not */
	int64_t since; /* CLOCK_REALTIME, seconds */
};
WIRE_LAYOUT(keeper_login, since, 16);

struct keeper_logins {
	uint32_t magic;
	uint32_t n;
	int64_t idle; /* seconds, of the terminal that was busy last; -1: no terminal */
	struct keeper_login login[KEEPER_LOGINS_MAX];
};
WIRE_LAYOUT(keeper_logins, login, 16400);

struct keeper_net {
	uint32_t magic;
	uint32_t linked; /* 0: it has no network that could be opened, and no text */
	char text[320];	 /* "open", or "closed: " and why */
};
WIRE_LAYOUT(keeper_net, text, 328);

/* keeper -> init, after the spec */
#define INIT_TREE 'T' /* the mounts stand: take them as root */
#define INIT_OPEN 'O' /* you are in your cgroup: accept sessions */
#define INIT_END 'E'  /* TERM, HUP, KILL, exit; a closed socket means the same */
#define INIT_WATCH 'W' /* and a byte after it: say INIT_ALONE when it is so */
/* init -> keeper */
#define INIT_NETWORK 'n' /* namespaces made, loopback up */
#define INIT_COPIED 'c'  /* own mount namespace taken: the keeper may change its own */
#define INIT_ROOTED 'r'  /* in the new root, everything mounted */
#define INIT_COMPLAINT '!' /* and text after it: init gives up */
#define INIT_COMPLAINT_MAX 240

enum init_event_kind {
	INIT_ALONE = 1,	  /* no process of the user's is left; value: INIT_WATCH's byte */
	INIT_IDLE = 2,	  /* terminal number value will be hung up, in so many seconds */
	INIT_HUNG_UP = 3, /* it was */
};

struct init_event {
	uint32_t magic;
	uint32_t kind;
	uint32_t value;
	uint32_t seconds;
};
WIRE_LAYOUT(init_event, seconds, 16);

#define INIT_GROUPS_MAX 64
#define INIT_LIMITS_MAX 16

struct init_limit {
	uint32_t resource; /* RLIMIT_* */
	uint32_t unused;
	uint64_t soft, hard; /* as the kernel has them */
};
WIRE_LAYOUT(init_limit, hard, 24);

struct init_spec {
	uint32_t magic;
	uint32_t uid, gid; /* the same inside and outside */
	uint32_t ngroups;
	uint32_t groups[INIT_GROUPS_MAX];
	uint32_t umask;
	uint32_t nlimits;
	struct init_limit limits[INIT_LIMITS_MAX]; /* for sessions; others stay as they are */
	uint32_t network;                  /* enum init_network */
	uint32_t flags;	    /* INIT_INSIDE_ROOT, INIT_NESTED */
	uint32_t idle_time; /* seconds; 0: never */
	uint32_t filter_len; /* instructions of the filter, which is a message of its own after this */
	char hostname[65];
	char user[256];
	char home[1024];
	char shell[512];
	char env[8192]; /* NAME=VALUE strings, each ended by a NUL; then a NUL */
};
WIRE_LAYOUT(init_spec, env, 10729);

/* The user may become root of the jail. */
#define INIT_INSIDE_ROOT 1u
/* The user may make namespaces in the jail. */
#define INIT_NESTED 2u

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
WIRE_LAYOUT(enter_request, env_len, 28);

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
WIRE_LAYOUT(session_reply, value, 12);

#endif
