/* SPDX-License-Identifier: MIT */
/* The verbs about live jails: ps, kill, gc. Each needs root, as their sockets do. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli/load.h"
#include "cli/verbs.h"
#include "lib/err.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/wire.h"
#include "setup/cgroup.h"
#include "setup/gc.h"
#include "setup/rootfs.h"
#include "setup/state.h"

/* A keeper answers at once, or is stopped. */
#define ANSWER_DEADLINE_S 5
/* PID 1 has three seconds between TERM and KILL, its keeper ten. */
#define KILL_DEADLINE_S 20

static int say(const char *what, int r)
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

static int get_status(const char *instance, struct keeper_status *ret)
{
	_cleanup_close_ int sock = ask(instance, KEEPER_STATUS, ANSWER_DEADLINE_S);
	int fds[PASS_FDS_MAX], r;

	if (sock < 0)
		return sock;
	r = recv_msg(sock, ret, sizeof *ret, fds);
	if (r)
		return r;
	ret->user[sizeof ret->user - 1] = ret->section[sizeof ret->section - 1] = '\0';
	ret->root[sizeof ret->root - 1] = ret->trees[sizeof ret->trees - 1] = '\0';
	text_defuse(ret->user);
	return ret->magic == WIRE_MAGIC ? 0 : -EPROTO;
}

/* Ask the keeper to end its jail, and wait until it is gone. */
static int end_jail(const char *instance)
{
	_cleanup_close_ int sock = ask(instance, KEEPER_KILL, KILL_DEADLINE_S);
	char byte;
	ssize_t n;

	if (sock < 0)
		return sock;
	n = recv(sock, &byte, 1, 0);
	return n == 0 ? 0 : n < 0 ? -errno : -EPROTO;
}

/* Call fn for every instance. Returns the worst exit status. */
static int each_instance(int (*fn)(const char *instance, void *arg), void *arg)
{
	_cleanup_closedir_ DIR *d = opendir(RUNDIR "/jail");
	int worst = EXIT_OK;
	struct dirent *e;

	if (!d && errno == ENOENT)
		return EXIT_OK; /* no login since the boot */
	if (!d)
		return say(RUNDIR "/jail", -errno);
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

/* Is the jail's tree of another generation than a jail would get that is made now? */
static const char *tree_age(const struct keeper_status *s)
{
	char name[sizeof s->root], now[ROOTFS_GENERATION_MAX], *slash;
	struct err err;

	snprintf(name, sizeof name, "%s", s->root);
	slash = strchr(name, '/');
	if (!slash)
		return "";
	*slash = '\0';
	if (rootfs_current(s->trees, name, now, &err))
		return " (tree gone)";
	return strcmp(now, slash + 1) == 0 ? "" : " (old)";
}

static int print_jail(const char *instance, void *arg)
{
	struct keeper_status s;
	char since[32] = "?";
	struct tm tm;
	time_t t;
	int r = get_status(instance, &s);

	(void)arg;
	if (r == -ENOENT || r == -ENODATA)
		return EXIT_OK; /* ended while we looked, or not yet ready */
	if (r == -ECONNREFUSED) {
		printf("%-16s %-14s %6s  %-19s %8s  %s\n", "-", "-", "-", "ending, or dead (gc)", "-", instance);
		return EXIT_OK;
	}
	if (r)
		return say(instance, r);
	t = (time_t)s.started;
	if (localtime_r(&t, &tm))
		(void)strftime(since, sizeof since, "%F %T", &tm);
	printf("%-16s %-14s %6u  %-19s %8u  %-20s  %s%s\n", s.user, s.section, s.leases, since, s.init_pid,
	       instance, s.root, tree_age(&s));
	return EXIT_OK;
}

int verb_ps(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return EXIT_USAGE;
	printf("%-16s %-14s %6s  %-19s %8s  %-20s  %s\n", "USER", "JAIL", "LOGINS", "SINCE", "PID 1", "INSTANCE",
	       "ROOT");
	return each_instance(print_jail, NULL);
}

struct victims {
	bool all;
	uid_t uid;
	bool found;
};

static int kill_if(const char *instance, void *arg)
{
	struct victims *v = arg;
	int r;

	if (!v->all && strtoul(instance, NULL, 10) != v->uid)
		return EXIT_OK;
	r = end_jail(instance);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return EXIT_OK; /* it was ending already */
	v->found = true;
	return r ? say(instance, r) : EXIT_OK;
}

int verb_kill(int argc, char **argv)
{
	int worst = EXIT_OK;

	if (argc < 2)
		return EXIT_USAGE;
	if (argc == 2 && strcmp(argv[1], "--all") == 0)
		return each_instance(kill_if, &(struct victims){.all = true});
	for (int i = 1; i < argc; i++) {
		struct passwd *pw = getpwnam(argv[i]);
		struct victims v = {.uid = pw ? pw->pw_uid : 0};
		int r;

		if (!pw) {
			fprintf(stderr, "loginjail: no account '%s'\n", argv[i]);
			worst = EXIT_ERRORS;
			continue;
		}
		r = each_instance(kill_if, &v);
		if (r == EXIT_OK && !v.found) {
			fprintf(stderr, "loginjail: %s has no live jail\n", argv[i]);
			r = EXIT_ERRORS;
		}
		if (r > worst)
			worst = r;
	}
	return worst;
}

int verb_gc(int argc, char **argv)
{
	_cleanup_config_ struct config *config = NULL;
	_cleanup_close_ int state_dir = -EBADF;
	const char *path = CONFIG_PATH;
	struct state state;
	struct cgroup cg;
	struct err err;
	int r;

	if (argc == 3 && strcmp(argv[1], "-f") == 0)
		path = argv[2];
	else if (argc != 1)
		return EXIT_USAGE;
	r = load_config(path, &config);
	if (r)
		return EXIT_TEMPFAIL;
	if (config->untrusted) {
		print_errors(config);
		return EXIT_ERRORS;
	}
	r = state_open(&state, &err);
	if (!r)
		r = state_dir = state_dir_open(config->defaults.settings.state, &err);
	if (r >= 0)
		r = cgroup_find(&cg, &err);
	if (r >= 0)
		r = gc_run(&state, state_dir, &cg, &err);
	if (r < 0) {
		fprintf(stderr, "loginjail: %s\n", err.text);
		return EXIT_ERRORS;
	}
	printf("%d dead jail%s removed\n", r, r == 1 ? "" : "s");
	return EXIT_OK;
}
