/* SPDX-License-Identifier: MIT */
/*
 * Speaks to loginjail-setup as the PAM module does, to measure it by itself.
 *
 * compare: builds jails with loginjail-setup and with the floor program in turn.
 *   Times run from just before the start of the program to its reply, and to
 *   the end of a first session in that jail.
 * hold: takes a lease of a jail, goes into its fence and network as sshd's
 *   session does, and stays there until standard input ends.
 * enter: runs one command in the jail from the fence where a holder is, as
 *   sshd does: $SHELL -c FORCE_COMMAND with SSH_ORIGINAL_COMMAND.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/wire.h"
#include "stats.h"

#define RUN_JAILS "/run/loginjail/jail"

struct client {
	const char *name, *user, *enter;
	struct passwd pw;
	struct setup_request request; /* what the module knows of the user by NSS */
	unsigned int rounds, gap_ms;
	unsigned int failures; /* refusals, and jails that were still there long after */
};

struct lease {
	pid_t setup;
	int fd[PASS_FDS_MAX]; /* enum setup_fd */
};

_Noreturn static void die(const char *what)
{
	(void)fprintf(stderr, "setup_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

_Noreturn static void usage(void)
{
	(void)fputs("usage: setup_client compare NAME USER ENTER ROUNDS GAP_MS\n"
		    "                            SETUP... -- FLOOR...\n"
		    "       setup_client hold USER ENTER SETUP...\n"
		    "       setup_client enter USER ENTER HOLDER_PID COMMAND\n",
		    stderr);
	exit(100);
}

/* Run argv with fd as its descriptor 3, and next as 4 where it is not -1. */
static pid_t start(char **argv, int fd, int next)
{
	char *const nothing[] = {NULL};
	pid_t pid = vfork();

	if (!pid) {
		if (dup2(fd, 3) == 3 && (next < 0 || dup2(next, 4) == 4)) {
			(void)syscall(SYS_close_range, next < 0 ? 4 : 5, ~0u, 0);
			(void)execve(argv[0], argv, nothing);
		}
		_exit(127);
	}
	if (pid < 0)
		die("fork");
	return pid;
}

/* Descriptors 3 and 4 are the children's: keep ours above. */
static int high(int fd)
{
	int r = fcntl(fd, F_DUPFD_CLOEXEC, 20);

	if (fd < 0 || r < 0)
		die("descriptor");
	(void)close(fd);
	return r;
}

/* 0, or -1 after saying why there is none. */
static int take_lease(const struct client *c, char **setup, struct lease *ret)
{
	const struct setup_request *q = &c->request;
	struct setup_reply reply;
	struct lease l;
	int pair[2], r;
	size_t size;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	pair[0] = high(pair[0]);
	pair[1] = high(pair[1]);
	l.setup = start(setup, pair[1], -1);
	(void)close(pair[1]);
	size = offsetof(struct setup_request, groups) + q->ngroups * sizeof *q->groups;
	r = send_msg(pair[0], q, size, NULL, 0);
	if (!r)
		r = recv_msg(pair[0], &reply, sizeof reply, l.fd);
	(void)close(pair[0]);
	if (r || reply.magic != WIRE_MAGIC || reply.verdict != SETUP_JAILED) {
		(void)fprintf(stderr, "setup_client: %s\n", r ? strerror(-r) : reply.text);
		(void)waitpid(l.setup, NULL, 0);
		return -1;
	}
	*ret = l;
	return 0;
}

static void drop_lease(const struct lease *l)
{
	for (int i = 0; i < PASS_FDS_MAX; i++)
		if (l->fd[i] >= 0)
			(void)close(l->fd[i]);
}

/* Into the fence and the jail's network. */
static void go_inside(int fence, int net)
{
	if ((net >= 0 && setns(net, CLONE_NEWNET)) || setns(fence, CLONE_NEWNS))
		die("setns");
}

/* Become the user as sshd's child is and run the command in the jail. Does not return. */
_Noreturn static void run_command(const struct client *c, const char *command)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)c->enter, NULL}, *envp[6];

	if (asprintf(&envp[0], "SSH_ORIGINAL_COMMAND=%s", command) < 0 ||
	    asprintf(&envp[1], "HOME=%s", c->pw.pw_dir) < 0 ||
	    asprintf(&envp[2], "SHELL=%s", c->pw.pw_shell) < 0 ||
	    asprintf(&envp[3], "USER=%s", c->user) < 0)
		die("memory");
	envp[4] = (char *)"PATH=/usr/bin:/bin";
	envp[5] = NULL;
	if (setgroups(1, &c->pw.pw_gid) ||
	    setresgid(c->pw.pw_gid, c->pw.pw_gid, c->pw.pw_gid) ||
	    setresuid(c->pw.pw_uid, c->pw.pw_uid, c->pw.pw_uid))
		die("user");
	(void)setsid();
	(void)execve(c->pw.pw_shell, argv, envp);
	die(c->pw.pw_shell);
}

static void run_session(const struct client *c, const struct lease *l)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		go_inside(l->fd[SETUP_FD_FENCE], l->fd[SETUP_FD_NET]);
		run_command(c, "true");
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		(void)fprintf(stderr, "setup_client: the session ended with status %#x\n", status);
		exit(1);
	}
}

/* Whether a run directory of a jail of this user is there. */
static int jail_is_there(uid_t uid)
{
	char prefix[16];
	int found = 0;
	DIR *dir = opendir(RUN_JAILS);

	(void)snprintf(prefix, sizeof prefix, "%u-", uid);
	for (struct dirent *e; dir && !found && (e = readdir(dir));)
		found = !strncmp(e->d_name, prefix, strlen(prefix));
	if (dir)
		(void)closedir(dir);
	return found;
}

static void wait_gone(struct client *c)
{
	for (int i = 0; jail_is_there(c->pw.pw_uid); i++) {
		if (i == 10000) {
			c->failures++;
			return;
		}
		(void)usleep(500);
	}
}

struct pair {
	double ready, session;
};

static struct pair time_setup(struct client *c, char **setup)
{
	uint64_t begin = stats_now();
	struct pair t = {0};
	struct lease l;

	if (take_lease(c, setup, &l)) {
		c->failures++;
		return t;
	}
	t.ready = (double)(stats_now() - begin);
	run_session(c, &l);
	t.session = (double)(stats_now() - begin);
	drop_lease(&l);
	wait_gone(c);
	(void)waitpid(l.setup, NULL, 0);
	return t;
}

static struct pair time_floor(char **floor)
{
	int ready[2], hold[2], status;
	uint64_t begin;
	struct pair t;
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(hold, O_CLOEXEC))
		die("pipe");
	for (int i = 0; i < 2; i++) {
		ready[i] = high(ready[i]);
		hold[i] = high(hold[i]);
	}
	begin = stats_now();
	pid = start(floor, ready[1], hold[0]);
	(void)close(ready[1]);
	(void)close(hold[0]);
	if (read(ready[0], &byte, 1) != 1)
		die("floor, ready");
	t.ready = (double)(stats_now() - begin);
	if (read(ready[0], &byte, 1) != 1)
		die("floor, session");
	t.session = (double)(stats_now() - begin);
	(void)close(ready[0]);
	(void)close(hold[1]);
	if (waitpid(pid, &status, 0) != pid || status)
		die("floor");
	return t;
}

static void print_pair(const struct client *c, const char *suffix, const struct series *floor,
		       const struct series *setup)
{
	const struct series *s[] = {floor, setup};
	const char *label[] = {"floor", "setup"};

	for (int i = 0; i < 2; i++) {
		struct comparison cmp = series_compare(floor, s[i]);

		(void)printf("{\"name\": \"%s%s\", \"label\": \"%s\", \"rounds\": %zu, "
			     "\"failures\": %u, ",
			     c->name, suffix, label[i], s[i]->n, c->failures);
		series_print(stdout, s[i]);
		(void)printf(", ");
		comparison_print(stdout, &cmp);
		(void)printf("}\n");
	}
}

/* Rounds in which set-up refused say nothing. */
static void drop_failed(struct series *floor, struct series *setup)
{
	size_t kept = 0;

	for (size_t i = 0; i < setup->n; i++)
		if (setup->value[i] > 0) {
			floor->value[kept] = floor->value[i];
			setup->value[kept++] = setup->value[i];
		}
	floor->n = setup->n = kept;
}

static int compare(struct client *c, char **setup, char **floor)
{
	struct series ready[2] = {0}, session[2] = {0};
	uint64_t next = 0;

	for (unsigned int r = 0; r < 2 * (c->rounds + 1); r++) {
		/* floor setup, setup floor, ... */
		int is_setup = (r + r / 2) & 1;
		struct pair t;

		stats_sleep_until(next);
		t = is_setup ? time_setup(c, setup) : time_floor(floor);
		next = stats_now() + c->gap_ms * 1000000ull;
		if (r < 2) /* to warm up */
			continue;
		series_add(&ready[is_setup], t.ready);
		series_add(&session[is_setup], t.session);
	}
	drop_failed(&ready[0], &ready[1]);
	drop_failed(&session[0], &session[1]);
	print_pair(c, "", &ready[0], &ready[1]);
	print_pair(c, "_session", &session[0], &session[1]);
	return c->failures ? 1 : 0;
}

static int hold(const struct client *c, char **setup)
{
	struct lease l;
	char byte;

	if (take_lease(c, setup, &l))
		return 1;
	go_inside(l.fd[SETUP_FD_FENCE], l.fd[SETUP_FD_NET]);
	(void)printf("%d\n", getpid());
	(void)fflush(stdout);
	(void)!read(0, &byte, 1);
	return 0;
}

static int enter(const struct client *c, const char *holder, const char *command)
{
	char path[64];
	int fence, net;

	(void)snprintf(path, sizeof path, "/proc/%s/ns/mnt", holder);
	fence = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof path, "/proc/%s/ns/net", holder);
	net = open(path, O_RDONLY | O_CLOEXEC);
	if (fence < 0 || net < 0)
		die(holder);
	go_inside(fence, net);
	run_command(c, command);
}

/* A static program has no NSS, the bench's users are local. */
static void find_user(struct client *c)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *pw = NULL;

	while (f && (pw = fgetpwent(f)) && strcmp(pw->pw_name, c->user))
		;
	if (!pw) {
		errno = ENOENT;
		die(c->user);
	}
	c->pw = *pw;
	(void)fclose(f);
}

static void find_groups(struct client *c)
{
	struct setup_request *q = &c->request;
	FILE *f = fopen("/etc/group", "re");

	q->magic = WIRE_MAGIC;
	q->groups[q->ngroups++] = c->pw.pw_gid;
	for (struct group *g; f && (g = fgetgrent(f));)
		for (char **m = g->gr_mem; *m && q->ngroups < SETUP_GROUPS_MAX; m++)
			if (!strcmp(*m, c->user))
				q->groups[q->ngroups++] = g->gr_gid;
	if (f)
		(void)fclose(f);
}

int main(int argc, char **argv)
{
	struct client c = {0};
	int separator = 7, is_compare = argc > 1 && !strcmp(argv[1], "compare");

	if (argc < 5 + is_compare)
		usage();
	c.name = argv[2];
	c.user = argv[2 + is_compare];
	c.enter = argv[3 + is_compare];
	find_user(&c);
	if (!strcmp(argv[1], "enter") && argc == 6)
		return enter(&c, argv[4], argv[5]);
	find_groups(&c);
	if (!strcmp(argv[1], "hold"))
		return hold(&c, argv + 4);
	while (separator < argc && strcmp(argv[separator], "--"))
		separator++;
	if (!is_compare || separator + 1 >= argc)
		usage();
	c.rounds = (unsigned int)strtoul(argv[5], NULL, 10);
	c.gap_ms = (unsigned int)strtoul(argv[6], NULL, 10);
	argv[separator] = NULL;
	return compare(&c, argv + 7, argv + separator + 1);
}
