/* SPDX-License-Identifier: MIT */
/*
 * Times commands against each other.
 *
 * All commands run once in each round, in an order that changes from round to
 * round, so that a machine that grows busier weighs on each of them alike.
 * Starts lie at least a gap apart: in a tight loop the kernel's deferred work
 * of one run hides the waits of the next.  Ratios are to the first command.
 *
 * A time runs from just before the command is started
 *   to its exit;
 *   -b: to the first byte on its standard output;
 *   -t: or only from there (the tail: what a logout costs);
 *   -c PID: and ends only when that process has no children left.
 * Storm (-s K -P n): a round of a command is K copies of it, n at a time, "%i"
 * in its arguments being 0 to K-1; the time is from first start to last exit.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats.h"

enum { COMMANDS_MAX = 6, ARGS_MAX = 64, DEADLINE_MS = 60000 };

struct command {
	const char *label;
	char **argv; /* ends with NULL */
	struct series time;
	unsigned int failures;
};

struct plan {
	const char *name, *labels;
	const char *before_round, *before_each; /* for sh -c, not timed */
	unsigned int rounds, warmup, gap_ms;
	unsigned int storm, parallel;
	int to_first_byte, from_first_byte;
	const char *childless; /* pid */
	struct command command[COMMANDS_MAX];
	unsigned int ncommands;
};

extern char **environ;

_Noreturn static void die(const char *what)
{
	(void)fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(1);
}

_Noreturn static void usage(void)
{
	(void)fputs("usage: measure [-N NAME] [-l LABEL,...] [-n ROUNDS] [-w WARMUP] [-g GAP_MS]\n"
		    "               [-r SH_BEFORE_ROUND] [-e SH_BEFORE_EACH] [-b] [-t] [-c PID]\n"
		    "               [-s JOBS -P AT_A_TIME] -- COMMAND... [--- COMMAND...]...\n",
		    stderr);
	exit(100);
}

/* Start it with /dev/null as stdin; out: its stdout, or -1 for /dev/null. */
static pid_t start(char **argv, int out)
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int r;

	if (posix_spawn_file_actions_init(&fa) ||
	    posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0) ||
	    (out >= 0 ? posix_spawn_file_actions_adddup2(&fa, out, 1)
		      : posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0)))
		die("spawn");
	r = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	if (r) {
		errno = r;
		die(argv[0]);
	}
	(void)posix_spawn_file_actions_destroy(&fa);
	return pid;
}

static void run_shell(const char *script)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	int status;
	pid_t pid;

	if (!script)
		return;
	pid = start(argv, 2);
	if (waitpid(pid, &status, 0) != pid || status) {
		(void)fprintf(stderr, "measure: failed: %s\n", script);
		exit(1);
	}
}

/* Wait until /proc/PID/task/PID/children is empty. */
static int wait_childless(const char *pid)
{
	uint64_t deadline = stats_now() + DEADLINE_MS * 1000000ull;
	char path[64], byte;

	(void)snprintf(path, sizeof path, "/proc/%s/task/%s/children", pid, pid);
	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);

		if (fd >= 0)
			(void)close(fd);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (stats_now() > deadline)
			return -ETIMEDOUT;
		(void)usleep(100);
	}
}

/* When the first byte came; 0: none did. Reads on to the end. */
static uint64_t first_byte(int fd)
{
	uint64_t at = 0;
	char buf[4096];

	for (ssize_t n; (n = read(fd, buf, sizeof buf)) > 0;)
		if (!at)
			at = stats_now();
	return at;
}

static void complain(const struct command *c, int status)
{
	if (WIFSIGNALED(status))
		(void)fprintf(stderr, "measure: %s: signal %d\n", c->label, WTERMSIG(status));
	else
		(void)fprintf(stderr, "measure: %s: status %d\n", c->label, WEXITSTATUS(status));
}

/* One run of one command; 0 where it failed. */
static double run_one(const struct plan *p, const struct command *c)
{
	uint64_t begin = stats_now(), end, byte = 0;
	int status, pair[2] = {-1, -1}, read_out = p->to_first_byte || p->from_first_byte;
	pid_t pid;

	if (read_out && pipe2(pair, O_CLOEXEC))
		die("pipe");
	pid = start(c->argv, pair[1]);
	if (read_out) {
		(void)close(pair[1]);
		byte = first_byte(pair[0]);
		(void)close(pair[0]);
	}
	if (waitpid(pid, &status, 0) != pid || status || (read_out && !byte)) {
		complain(c, status);
		return 0;
	}
	if (p->childless && wait_childless(p->childless))
		return 0;
	end = p->to_first_byte ? byte : stats_now();
	return (double)(end - (p->from_first_byte ? byte : begin));
}

/* The arguments with %i replaced; freed with the process. */
static char **numbered(char **argv, unsigned int i)
{
	char **r = calloc(ARGS_MAX, sizeof *r);

	for (size_t a = 0; r && argv[a] && a < ARGS_MAX - 1; a++) {
		const char *at = strstr(argv[a], "%i");

		if (!at)
			r[a] = argv[a];
		else if (asprintf(&r[a], "%.*s%u%s", (int)(at - argv[a]), argv[a], i, at + 2) < 0)
			die("memory");
	}
	if (!r)
		die("memory");
	return r;
}

static double run_storm(const struct plan *p, const struct command *c)
{
	unsigned int started = 0, running = 0, failed = 0;
	char **job[p->storm];
	uint64_t begin;

	for (unsigned int i = 0; i < p->storm; i++)
		job[i] = numbered(c->argv, i);
	begin = stats_now();
	while (started < p->storm || running) {
		int status;

		if (started < p->storm && running < p->parallel) {
			(void)start(job[started++], -1);
			running++;
		} else if (waitpid(-1, &status, 0) > 0) {
			running--;
			failed += status != 0;
			if (status)
				complain(c, status);
		}
	}
	if (p->childless && wait_childless(p->childless))
		return 0;
	return failed ? 0 : (double)(stats_now() - begin);
}

/* Who is i-th in a round: each begins as often, each follows each other as often. */
static unsigned int turn(unsigned int round, unsigned int i, unsigned int n)
{
	return (round / 2 + (round & 1 ? n - 1 - i : i)) % n;
}

static void run_rounds(struct plan *p)
{
	uint64_t next = 0;

	for (unsigned int r = 0; r < p->rounds + p->warmup; r++) {
		run_shell(p->before_round);
		for (unsigned int i = 0; i < p->ncommands; i++) {
			struct command *c = &p->command[turn(r, i, p->ncommands)];
			double t;

			run_shell(p->before_each);
			stats_sleep_until(next);
			next = stats_now() + p->gap_ms * 1000000ull;
			t = p->storm ? run_storm(p, c) : run_one(p, c);
			if (p->storm || stats_now() > next)
				next = stats_now() + p->gap_ms * 1000000ull;
			if (t <= 0)
				c->failures++;
			if (r >= p->warmup)
				series_add(&c->time, t);
		}
	}
}

/* A round in which one command failed says nothing about the others. */
static void drop_failed(struct plan *p)
{
	size_t kept = 0;

	for (size_t r = 0; r < p->rounds; r++) {
		int ok = 1;

		for (unsigned int i = 0; i < p->ncommands; i++)
			ok &= p->command[i].time.value[r] > 0;
		for (unsigned int i = 0; i < p->ncommands && ok; i++)
			p->command[i].time.value[kept] = p->command[i].time.value[r];
		kept += (size_t)ok;
	}
	for (unsigned int i = 0; i < p->ncommands; i++)
		p->command[i].time.n = kept;
}

static int report(struct plan *p)
{
	unsigned int failures = 0;

	for (unsigned int i = 0; i < p->ncommands; i++) {
		struct command *c = &p->command[i];
		struct comparison cmp = series_compare(&p->command[0].time, &c->time);

		(void)printf("{\"name\": \"%s\", \"label\": \"%s\", \"rounds\": %zu, "
			     "\"failures\": %u, ",
			     p->name, c->label, c->time.n, c->failures);
		series_print(stdout, &c->time);
		(void)printf(", ");
		comparison_print(stdout, &cmp);
		(void)printf("}\n");
		failures += c->failures;
	}
	return failures ? 1 : 0;
}

static unsigned int parse_number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n > 1000000)
		usage();
	return (unsigned int)n;
}

static void parse_options(int argc, char **argv, struct plan *p)
{
	for (int c; (c = getopt(argc, argv, "+N:l:n:w:g:r:e:btc:s:P:")) != -1;) {
		switch (c) {
		case 'N': p->name = optarg; break;
		case 'l': p->labels = optarg; break;
		case 'n': p->rounds = parse_number(optarg); break;
		case 'w': p->warmup = parse_number(optarg); break;
		case 'g': p->gap_ms = parse_number(optarg); break;
		case 'r': p->before_round = optarg; break;
		case 'e': p->before_each = optarg; break;
		case 'b': p->to_first_byte = 1; break;
		case 't': p->from_first_byte = 1; break;
		case 'c': p->childless = optarg; break;
		case 's': p->storm = parse_number(optarg); break;
		case 'P': p->parallel = parse_number(optarg); break;
		default: usage();
		}
	}
	if (!p->rounds || (p->storm && !p->parallel) || p->storm > 1000)
		usage();
}

/* COMMAND --- COMMAND ...: the separators become the NULLs that end them. */
static void parse_commands(char **argv, struct plan *p)
{
	char *label = p->labels ? strdup(p->labels) : NULL, *save = NULL;

	for (char **a = argv; *a;) {
		struct command *c = &p->command[p->ncommands++];

		c->argv = a;
		c->label = label ? strtok_r(save ? NULL : label, ",", &save) : NULL;
		if (!c->label)
			c->label = a[0];
		while (*a && strcmp(*a, "---"))
			a++;
		if (*a)
			*a++ = NULL;
		if (!c->argv[0] || (*a && p->ncommands == COMMANDS_MAX))
			usage();
	}
	if (!p->ncommands)
		usage();
}

int main(int argc, char **argv)
{
	struct plan p = {.name = "commands", .rounds = 20, .warmup = 1, .gap_ms = 25};

	parse_options(argc, argv, &p);
	parse_commands(argv + optind, &p);
	run_rounds(&p);
	drop_failed(&p);
	return report(&p);
}
