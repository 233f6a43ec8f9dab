/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 256

/* Set-up gives itself 60 seconds, PID 1 ten: what is there after that stays. */
#define PATIENCE_S 90

/* Who has forked tells of it at once, if it is not killed just then. */
#define PARENT_S 5

const char *const role_name[ROLE_MAX] = {
	"-", "module", "start", "set-up", "thread", "keeper", "helper", "init", "session", "enter",
};

struct process {
	pid_t pid;
	enum role role;
	bool known;   /* its role is; its first stop may come before that */
	int waiting;  /* for it to be known: since when, or 0 */
	bool failing; /* its call is the one that is to fail */
	uint64_t result;
	struct user_regs_struct regs; /* as they were when it began */
};

static struct process processes[PROCESSES_MAX];
static size_t nprocesses;
static unsigned int counts[ROLE_MAX][CALLS_MAX];

/* What the login under way is about. */
static const struct fault *fault;
static struct login *login;
static struct call **record;
static size_t *recorded, room;
static bool seen;
static pid_t app;
static volatile sig_atomic_t seconds;

static struct process *process_of(pid_t pid)
{
	for (size_t i = 0; i < nprocesses; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	if (nprocesses == PROCESSES_MAX)
		die("too many processes");
	processes[nprocesses] = (struct process){.pid = pid};
	return &processes[nprocesses++];
}

/* Are its calls looked at still?  Those of others need not stop at each: who they are, the
 * kernel's events tell; but a keeper tells itself, by its name. */
static bool looking_at(enum role role)
{
	if (record)
		return role != ROLE_NONE;
	if (fault->kind == FAULT_NONE || login->reached)
		return false;
	return role == fault->call.role || (role == ROLE_SETUP && fault->call.role == ROLE_KEEPER);
}

static void resume(const struct process *p, int sig)
{
	bool step = p->failing || looking_at(p->role);

	/* It may have been killed meanwhile. */
	(void)ptrace(step ? PTRACE_SYSCALL : PTRACE_CONT, p->pid, NULL, (void *)(intptr_t)sig);
}

static void forget(pid_t pid)
{
	for (size_t i = 0; i < nprocesses; i++)
		if (processes[i].pid == pid) {
			processes[i] = processes[--nprocesses];
			return;
		}
}

/* Their parents were killed before they could tell of them. */
static void resume_orphans(void)
{
	for (size_t i = 0; i < nprocesses; i++)
		if (processes[i].waiting && seconds - processes[i].waiting > PARENT_S) {
			processes[i].waiting = 0;
			processes[i].known = true;
			resume(&processes[i], 0);
		}
}

#ifdef __x86_64__

/* Let the kernel do what is no matter, and give the caller an error. */
static void fail_call(struct process *p, int error)
{
	struct user_regs_struct r = p->regs;

	p->failing = true;
	p->result = (uint64_t)-error;
	switch (p->regs.orig_rax) {
	case SYS_close:
		return; /* the descriptor is gone all the same */
	case SYS_brk:
		r.rdi = 0; /* it says where it is, and no error */
		break;
	default:
		/* Every filter of ours knows this one. */
		r.orig_rax = SYS_close;
		r.rdi = ~0u;
	}
	(void)ptrace(PTRACE_SETREGS, p->pid, NULL, &r);
}

static void end_failing(struct process *p)
{
	struct user_regs_struct r;

	p->failing = false;
	if (ptrace(PTRACE_GETREGS, p->pid, NULL, &r) < 0)
		return;
	if (p->regs.orig_rax != SYS_brk)
		r.rax = p->result;
	r.rdi = p->regs.rdi;
	(void)ptrace(PTRACE_SETREGS, p->pid, NULL, &r);
}

static bool becomes_keeper(const struct process *p)
{
	return p->role == ROLE_SETUP && p->regs.orig_rax == SYS_prctl && p->regs.rdi == 15 /* PR_SET_NAME */;
}

/* A call begins. */
static void begin_call(struct process *p)
{
	int nr, error;
	unsigned int n;

	if (ptrace(PTRACE_GETREGS, p->pid, NULL, &p->regs) < 0)
		return;
	nr = (int)p->regs.orig_rax;
	if (nr == SYS_tgkill && (int)p->regs.rdx == MARK_OFF)
		return; /* not the module's */
	if (p->role == ROLE_NONE || nr < 0 || nr >= CALLS_MAX)
		return;
	if (becomes_keeper(p))
		p->role = ROLE_KEEPER;
	n = ++counts[p->role][nr];
	error = call_error(nr, &p->regs);
	if (record) {
		if (*recorded == room) {
			room = room ? room * 2 : 1024;
			*record = realloc(*record, room * sizeof **record);
			if (!*record)
				die("memory");
		}
		(*record)[(*recorded)++] = (struct call){
			p->role, nr, n, call_alike(p->role, nr, p->pid, &p->regs), error};
	}
	if (fault->kind == FAULT_NONE || login->reached || fault->call.role != p->role ||
	    fault->call.nr != nr || fault->call.n != n)
		return;
	if (fault->kind == FAULT_ERROR && !error)
		return;
	login->reached = true;
	if (fault->kind == FAULT_KILL)
		(void)kill(p->pid, SIGKILL);
	else
		fail_call(p, error);
}

/* A process is born: who is it? */
static enum role child_role(const struct process *parent)
{
	struct user_regs_struct regs;
	uint64_t flags;

	switch (parent->role) {
	case ROLE_APP:
	case ROLE_START:
		return ROLE_START;
	case ROLE_INIT:
		return ROLE_SESSION;
	case ROLE_SETUP:
	case ROLE_KEEPER:
	case ROLE_HELPER:
		break;
	default:
		return ROLE_NONE;
	}
	if (ptrace(PTRACE_GETREGS, parent->pid, NULL, &regs) < 0)
		return ROLE_HELPER;
	flags = call_clone_flags(parent->pid, &regs);
	if (flags & CLONE_THREAD)
		return ROLE_JOB;
	if (flags & CLONE_NEWUSER)
		return ROLE_INIT;
	/* CLONE_INTO_CGROUP, of set-up: that goes on as what it was. */
	return flags & 0x200000000u ? parent->role : ROLE_HELPER;
}

#else

static void begin_call(struct process *p)
{
	(void)p;
}

static void end_failing(struct process *p)
{
	p->failing = false;
}

static enum role child_role(const struct process *parent)
{
	(void)parent;
	return ROLE_NONE;
}

#endif

static void born(struct process *parent)
{
	unsigned long msg = 0;
	struct process *child;
	enum role role = child_role(parent);
	pid_t pid = parent->pid;

	if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &msg) < 0 || msg == 0)
		return;
	child = process_of((pid_t)msg);
	child->role = role;
	child->known = true;
	if (child->waiting)
		resume(child, 0);
	child->waiting = 0;
}

static void executed(struct process *p)
{
	switch (p->role) {
	case ROLE_START:
		p->role = ROLE_SETUP;
		break;
	case ROLE_SESSION:
		p->role = ROLE_NONE;
		if (!seen)
			host_see(p->pid, login->seen, sizeof login->seen);
		seen = true;
		break;
	case ROLE_NONE:
		/* The application's child; the user's own are no concern of ours. */
		if (p->pid != app && !seen)
			p->role = ROLE_ENTER;
		break;
	default:
		break;
	}
}

static void on_stop(pid_t pid, int status)
{
	struct process *p = process_of(pid);
	int sig = WSTOPSIG(status), deliver = 0;

	if (sig == (SIGTRAP | 0x80)) {
		struct __ptrace_syscall_info info;

		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0)
			return; /* killed meanwhile */
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			begin_call(p);
		else if (p->failing)
			end_failing(p);
	} else {
		switch (status >> 16) {
		case PTRACE_EVENT_FORK:
		case PTRACE_EVENT_VFORK:
		case PTRACE_EVENT_CLONE:
			born(p);
			break;
		case PTRACE_EVENT_EXEC:
			executed(p);
			break;
		case PTRACE_EVENT_STOP:
			/* The first of a process that its parent's event has not told of: it
			 * waits for that, or its calls would count as nobody's. */
			if (!p->known) {
				p->waiting = seconds;
				return;
			}
			break;
		default:
			if (pid == app && (sig == MARK_ON || sig == MARK_OFF))
				p->role = sig == MARK_ON ? ROLE_APP : ROLE_NONE;
			else
				deliver = sig;
		}
	}
	resume(p, deliver);
}

static void on_alarm(int sig)
{
	(void)sig;
	seconds++;
}

static void kill_all(void)
{
	login->hung = true;
	for (size_t i = 0; i < nprocesses; i++)
		(void)kill(processes[i].pid, SIGKILL);
}

/* Until nobody is left. */
static void loop(void)
{
	const struct itimerval each = {.it_value = {.tv_sec = 1}, .it_interval = {.tv_sec = 1}}, off = {0};

	seconds = 1;
	(void)setitimer(ITIMER_REAL, &each, NULL);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == ECHILD)
			break;
		if (seconds > PATIENCE_S)
			kill_all();
		if (pid < 0) {
			resume_orphans();
			continue;
		}
		if (!WIFSTOPPED(status)) {
			if (pid == app)
				login->app_end = status;
			forget(pid);
			continue;
		}
		on_stop(pid, status);
	}
	(void)setitimer(ITIMER_REAL, &off, NULL);
}

void trace_login(const struct account *u, const struct fault *f, struct login *l, struct call **calls,
		 size_t *ncalls)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	struct sigaction act = {.sa_handler = on_alarm};
	struct app_report *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int go[2];
	char byte;

	if (r == MAP_FAILED || pipe2(go, 02000000 /* O_CLOEXEC */) < 0 || sigaction(SIGALRM, &act, NULL) < 0)
		die("a login");
	*l = (struct login){.app_end = -1};
	fault = f;
	login = l;
	record = calls;
	recorded = ncalls;
	room = 0;
	seen = false;
	nprocesses = 0;
	memset(counts, 0, sizeof counts);
	app = fork();
	if (app < 0)
		die("fork");
	if (app == 0) {
		(void)close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(110);
		(void)close(go[0]);
		app_run(u, r);
	}
	(void)close(go[0]);
	process_of(app)->known = true;
	if (ptrace(PTRACE_SEIZE, app, NULL, (void *)options) < 0 || ptrace(PTRACE_INTERRUPT, app, NULL, NULL) < 0)
		die("ptrace");
	if (write(go[1], "", 1) != 1)
		die("a pipe");
	(void)close(go[1]);
	loop();
	l->app = *r;
	(void)munmap(r, sizeof *r);
}
