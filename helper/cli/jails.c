/* SPDX-License-Identifier: MIT */
/* The verbs about live jails: ps, kill. Each needs root, as their sockets do. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli/jails.h"
#include "cli/trees.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "lib/err.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/wire.h"
#include "setup/state.h"

/* A keeper answers at once, or is stopped. */
#define ANSWER_DEADLINE_S 5
/* PID 1 has three seconds between TERM and KILL, its keeper ten. */
#define KILL_DEADLINE_S 20

int jails_say(const char *what, int r)
{
	fprintf(stderr, "loginjail: %s: %s\n", what, strerror(-r));
	return r == -EACCES || r == -EPERM ? EXIT_ERRORS : EXIT_TEMPFAIL;
}

/* Connect to the keeper of an instance and ask. Returns the socket or -errno. */
static int ask(const char *instance, enum keeper_verb verb, time_t deadline)
{
	const struct keeper_request q = {.magic = WIRE_MAGIC, .verb = verb};
	const struct timeval patience = {.tv_sec = deadline};
	_cleanup_close_ int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int r;

	snprintf(sa.sun_path, sizeof sa.sun_path, RUNDIR "/jail/%s/keeper.sock", instance);
	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    connect(sock, (struct sockaddr *)&sa, sizeof sa) < 0)
		return -errno;
	r = send_msg(sock, &q, sizeof q, NULL, 0);
	return r ? r : take_fd(&sock);
}

int jails_ask(const char *instance, enum keeper_verb verb, void *ret, size_t size)
{
	_cleanup_close_ int sock = ask(instance, verb, ANSWER_DEADLINE_S);
	int fds[PASS_FDS_MAX], r;
	uint32_t magic;

	if (sock < 0)
		return sock;
	r = recv_msg(sock, ret, size, fds);
	if (r)
		return r;
	memcpy(&magic, ret, sizeof magic);
	return magic == WIRE_MAGIC ? 0 : -EPROTO;
}

int jails_status(const char *instance, struct keeper_status *ret)
{
	int r = jails_ask(instance, KEEPER_STATUS, ret, sizeof *ret);

	if (r)
		return r;
	ret->user[sizeof ret->user - 1] = ret->section[sizeof ret->section - 1] = '\0';
	ret->root[sizeof ret->root - 1] = ret->trees[sizeof ret->trees - 1] = '\0';
	text_defuse(ret->user);
	return 0;
}

int jails_each(int (*fn)(const char *instance, void *arg), void *arg)
{
	_cleanup_closedir_ DIR *d = opendir(RUNDIR "/jail");
	int worst = EXIT_OK;
	struct dirent *e;

	if (!d && errno == ENOENT)
		return EXIT_OK; /* no login since the boot */
	if (!d)
		return jails_say(RUNDIR "/jail", -errno);
	while ((e = readdir(d))) {
		int r;

		if (!state_instance_name(e->d_name))
			continue;
		r = fn(e->d_name, arg);
		if (r > worst)
			worst = r;
	}
	return worst;
}

static const char *show_time(int64_t when, char buf[static 32])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(buf, 32, "%F %T", &tm) == 0)
		strcpy(buf, "?");
	return buf;
}

/* As much of it as says something: 12s, 12m, 3h05m, 4d02h. */
static const char *show_duration(int64_t s, char buf[static 32])
{
	long long n = s;

	if (n < 60)
		snprintf(buf, 32, "%llds", n);
	else if (n < 3600)
		snprintf(buf, 32, "%lldm", n / 60);
	else if (n < 86400)
		snprintf(buf, 32, "%lldh%02lldm", n / 3600, n / 60 % 60);
	else
		snprintf(buf, 32, "%lldd%02lldh", n / 86400, n / 3600 % 24);
	return buf;
}

/* Nothing of a jail that has no network which could be opened or closed. */
static void print_net(const char *instance)
{
	struct keeper_net n;

	if (jails_ask(instance, KEEPER_NET, &n, sizeof n) || !n.linked)
		return;
	n.text[sizeof n.text - 1] = '\0';
	printf("  network %s\n", n.text);
}

static void print_logins(const struct keeper_logins *l)
{
	char since[32], left[32];

	for (uint32_t i = 0; i < l->n && i < KEEPER_LOGINS_MAX; i++) {
		const struct keeper_login *one = &l->login[i];

		printf("  login by process %u, since %s", one->pid, show_time(one->since, since));
		if (one->left != UINT32_MAX)
			printf(", ends in %s", show_duration(one->left, left));
		printf("\n");
	}
}

/* What ps shows of each jail. */
enum list { LIST_JAILS, LIST_LOGINS, LIST_USAGE };

#define ROW "%-16s %-14s %6s  %-19s %6s %8s  %-20s  %s%s\n"

/* Is the jail's tree of another generation than a jail would get that is made now? */
static const char *tree_age(const struct keeper_status *s)
{
	char name[sizeof s->root], now[ROOTFS_GENERATION_MAX], *slash;
	struct err err;
	int r;

	snprintf(name, sizeof name, "%s", s->root);
	slash = strchr(name, '/');
	if (!slash)
		return "";
	*slash = '\0';
	r = trees_current(s->trees, name, now, &err);
	if (r == -ETIMEDOUT)
		return " (no answer)";
	if (r)
		return " (tree gone)";
	return strcmp(now, slash + 1) == 0 ? "" : " (old)";
}

static int print_jail(const char *instance, void *arg)
{
	static struct keeper_logins logins;
	char since[32], idle[32] = "-", n[16], pid[16];
	const enum list *list = arg;
	struct keeper_status s;
	int r = jails_status(instance, &s);

	if (!r)
		r = jails_ask(instance, KEEPER_LOGINS, &logins, sizeof logins);
	if (r == -ENOENT || r == -ENODATA || r == -EPIPE || r == -ECONNRESET)
		return EXIT_OK; /* ended while we looked, or not yet ready */
	if (r == -ECONNREFUSED) {
		printf(ROW, "-", "-", "-", "ending, or dead (gc)", "-", "-", instance, "-", "");
		return EXIT_OK;
	}
	if (r)
		return jails_say(instance, r);
	if (*list == LIST_USAGE) {
		r = usage_print(s.user, s.section, instance);
		return r && r != -ENOENT ? jails_say(instance, r) : EXIT_OK;
	}
	if (logins.idle >= 0)
		show_duration(logins.idle, idle);
	snprintf(n, sizeof n, "%u", s.leases);
	snprintf(pid, sizeof pid, "%u", s.init_pid);
	printf(ROW, s.user, s.section, n, show_time(s.started, since), idle, pid, instance, s.root, tree_age(&s));
	if (*list == LIST_LOGINS) {
		print_net(instance);
		print_logins(&logins);
	}
	return EXIT_OK;
}

int verb_ps(int argc, char **argv)
{
	enum list list = LIST_JAILS;

	if (argc == 2 && strcmp(argv[1], "-l") == 0)
		list = LIST_LOGINS;
	else if (argc == 2 && strcmp(argv[1], "-u") == 0)
		list = LIST_USAGE;
	else if (argc != 1)
		return EXIT_USAGE;
	if (list == LIST_USAGE)
		usage_print_head();
	else
		printf(ROW, "USER", "JAIL", "LOGINS", "SINCE", "IDLE", "PID 1", "INSTANCE", "ROOT", "");
	return jails_each(print_jail, &list);
}

/* Jails that were told to end, and end side by side. */
struct victims {
	bool all, found;
	uid_t uid;
	struct {
		int sock;
		char instance[INSTANCE_MAX];
	} v[256];
	size_t n;
};

static void interrupt(int sig)
{
	(void)sig;
}

/* It was ending already when it was asked: until its keeper is gone, who has that lock. */
static int await_keeper(const char *instance)
{
	const struct sigaction on_alarm = {.sa_handler = interrupt};
	char path[sizeof RUNDIR "/jail/" + INSTANCE_MAX];
	_cleanup_close_ int dir = -EBADF;
	int r;

	snprintf(path, sizeof path, RUNDIR "/jail/%s", instance);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? EXIT_OK : jails_say(path, -errno);
	(void)sigaction(SIGALRM, &on_alarm, NULL);
	(void)alarm(KILL_DEADLINE_S);
	r = flock(dir, LOCK_SH) < 0 ? -errno : 0;
	(void)alarm(0);
	return r ? jails_say("a jail does not end", r == -EINTR ? -ETIMEDOUT : r) : EXIT_OK;
}

/* A keeper's socket closes when all of its jail is gone. */
static int await_ends(struct victims *v)
{
	int worst = EXIT_OK;

	while (v->n > 0) {
		int sock = v->v[--v->n].sock, r;
		char byte;
		ssize_t n = recv(sock, &byte, 1, 0);

		/* It accepts nobody any more, nor us. */
		if (n < 0 && errno == ECONNRESET)
			r = await_keeper(v->v[v->n].instance);
		else
			r = n == 0 ? EXIT_OK : jails_say("a jail does not end", n < 0 ? -errno : -EPROTO);
		if (r > worst)
			worst = r;
		(void)close(sock);
	}
	return worst;
}

static int kill_if(const char *instance, void *arg)
{
	struct victims *v = arg;
	int sock, r = EXIT_OK;

	if (!v->all && strtoul(instance, NULL, 10) != v->uid)
		return EXIT_OK;
	if (v->n == sizeof v->v / sizeof *v->v)
		r = await_ends(v);
	sock = ask(instance, KEEPER_KILL, KILL_DEADLINE_S);
	if (sock == -ENOENT)
		return r; /* it has ended, or was never whole */
	if (sock == -ECONNREFUSED || sock == -EPIPE || sock == -ECONNRESET) {
		int ended = await_keeper(instance);

		return ended > r ? ended : r;
	}
	v->found = true;
	if (sock < 0)
		return jails_say(instance, sock);
	snprintf(v->v[v->n].instance, sizeof v->v[v->n].instance, "%s", instance);
	v->v[v->n++].sock = sock;
	return r;
}

static int kill_jails(struct victims *v)
{
	int worst = jails_each(kill_if, v), r = await_ends(v);

	return r > worst ? r : worst;
}

int verb_kill(int argc, char **argv)
{
	int worst = EXIT_OK;

	if (argc < 2)
		return EXIT_USAGE;
	if (argc == 2 && strcmp(argv[1], "--all") == 0)
		return kill_jails(&(struct victims){.all = true});
	for (int i = 1; i < argc; i++) {
		struct passwd *pw = getpwnam(argv[i]);
		struct victims v = {.uid = pw ? pw->pw_uid : 0};
		int r;

		if (!pw) {
			fprintf(stderr, "loginjail: no account '%s'\n", argv[i]);
			worst = EXIT_ERRORS;
			continue;
		}
		r = kill_jails(&v);
		if (r == EXIT_OK && !v.found) {
			fprintf(stderr, "loginjail: %s has no live jail\n", argv[i]);
			r = EXIT_ERRORS;
		}
		if (r > worst)
			worst = r;
	}
	return worst;
}
