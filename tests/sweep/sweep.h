/* SPDX-License-Identifier: MIT */
/*
 * The fault sweep: one login after the other, each with one system call that fails, or with
 * one process that is killed there.
 *
 *	app.c      the application: opens a PAM session, runs a command in the jail, closes
 *	pam_mark.c a PAM module, which says when ours begins and ends
 *	trace.c    runs one login under ptrace, and makes the fault
 *	calls.c    what is known of system calls: their errors, which can fail, which are alike
 *	host.c     what of a jail is on the host, and how a session looks from there
 *	log.c      the system log of a worker's own
 *	main.c     what is to be done, and what to think of what came of it
 */
#ifndef TESTS_SWEEP_SWEEP_H
#define TESTS_SWEEP_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Above the highest number of a system call. */
#define CALLS_MAX 512

/* Who makes a call.  From ROLE_APP on they are under test. */
enum role {
	ROLE_NONE,    /* the application outside of the module, and the user's command */
	ROLE_APP,     /* the module, in the application */
	ROLE_START,   /* what it starts set-up with */
	ROLE_SETUP,   /* loginjail-setup */
	ROLE_JOB,     /* its thread for the cgroups */
	ROLE_KEEPER,  /* what it becomes */
	ROLE_HELPER,  /* a child of these two */
	ROLE_INIT,    /* PID 1 of the jail, from its birth on */
	ROLE_SESSION, /* its child, until it executes the shell */
	ROLE_ENTER,   /* loginjail-enter */
	ROLE_MAX,
};

extern const char *const role_name[ROLE_MAX];

/* One call of a login, and what is done to it. */
struct call {
	enum role role;
	int nr;
	unsigned int n;	   /* the n-th of this role and number, from 1 */
	uint64_t alike;	   /* the same for calls for the same purpose, across kinds of jails */
	int error;	   /* what it can fail with; 0: it can't */
};

enum fault_kind { FAULT_NONE, FAULT_ERROR, FAULT_KILL };

struct fault {
	enum fault_kind kind;
	struct call call;
};

/* What the application tells, in memory that it shares. */
struct app_report {
	int pam_open;	      /* -1: it did not come back */
	bool moved;	      /* open_session failed, and left it in other namespaces */
	bool ran;	      /* the command was started */
	int status;	      /* of what sshd would have run */
	bool finished;	      /* to the end of pam_end */
	bool away;	      /* it is not back in the host's namespaces then */
	int descriptors;      /* that are left open */
	char told[1024];      /* to the user, by PAM */
	char fence[16384];    /* what is there */
	char out[8192], err[1024]; /* of the command */
};

/* A login, from outside. */
struct login {
	struct app_report app;
	bool reached;	   /* the fault was made */
	bool hung;	   /* it had to be ended */
	int app_end;	   /* wait status of the application */
	char seen[32768];  /* the session as the host sees it, when the command begins */
};

struct account {
	const char *name, *conf, *pam_dir, *enter, *command;
	uid_t uid;
	gid_t gid;
	char home[256], shell[256];
};

/* app.c: the application's process; does not return. */
_Noreturn void app_run(const struct account *u, struct app_report *r);
/* pam_mark.c says so before and after the module, by a signal that trace.c doesn't let through. */
#define MARK_ON SIGUSR1
#define MARK_OFF SIGUSR2

/*
 * trace.c: a login with one fault or (FAULT_NONE) none, until every process that it has
 * started has ended.  With record, *calls becomes what the processes under test called; the
 * caller frees it.
 */
void trace_login(const struct account *u, const struct fault *f, struct login *l, struct call **calls,
		 size_t *ncalls);

/* calls.c; regs are a struct user_regs_struct's. */
struct user_regs_struct;
const char *call_name(int nr);
int call_error(int nr, const struct user_regs_struct *regs);
uint64_t call_alike(enum role role, int nr, pid_t pid, const struct user_regs_struct *regs);
/* The flags with which a process is being made. */
uint64_t call_clone_flags(pid_t pid, const struct user_regs_struct *regs);
uint64_t peek(pid_t pid, uint64_t at);

/* host.c */
void host_begin(uid_t uid);
/* What there is of the user's jails; "" if nothing, and the host is as at host_begin. */
const char *host_left(void);
/* Remove all that jails have left in our own /run/loginjail and /srv/loginjail: the next
 * login is a first one. */
void host_forget(void);
void host_see(pid_t pid, char *text, size_t size);

/* log.c: from now on /dev/log is ours, in this mount namespace; it is below the name dir. */
void log_begin(const char *dir);
void log_forget(void);
/* Take what has come; the lines, each with a newline. */
const char *log_lines(void);

_Noreturn void die(const char *what);

#endif
