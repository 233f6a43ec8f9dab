/* SPDX-License-Identifier: MIT */
/*
 * The kernel's floor: the system calls that a jail of loginjail's kind needs,
 * and no more.  It is the yardstick of `make bench`: nothing here reads a
 * configuration, asks NSS, checks what it did, or survives an error.
 *
 * The builder (root) stages mounts in a private mount namespace, makes groups,
 * and starts the jail with clone3; the jail takes the mounts as its root and
 * executes this program again as its PID 1 ("floor-init"), which says ready,
 * runs one trivial child ("floor-true") per request and ends with its socket.
 *
 * ready: floor-init runs in the finished root.  On cgroup v1 the write to
 * cgroup.procs waits for a grace period of RCU: --attach says who waits for it.
 */
#include "floor.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats.h"

struct options {
	unsigned int rounds, gap_ms;
	int once, ready_fd, hold_fd;
	const char *below;
};

static const char usage_text[] =
	"usage: floor [-n ROUNDS] [-g GAP_MS] [-a inline|beside|none] [-f] [-m MOUNT]...\n"
	"             [-u UID] [-b BASE] [-c CGROUP] -s SCRATCH\n"
	"                                             phases of ROUNDS jails, JSON lines\n"
	"       floor --once [-r READY_FD] [-h HOLD_FD] ...   one jail, no report\n";

_Noreturn static void usage(void)
{
	(void)fputs(usage_text, stderr);
	exit(100);
}

static void parse_attach(struct floor *f, const char *word)
{
	if (!strcmp(word, "inline"))
		f->attach = ATTACH_INLINE;
	else if (!strcmp(word, "beside"))
		f->attach = ATTACH_BESIDE;
	else if (!strcmp(word, "none"))
		f->attach = ATTACH_NONE;
	else
		usage();
}

static unsigned int parse_number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n > 0x7fffffff)
		usage();
	return (unsigned int)n;
}

static void add_tree(struct floor *f, const char *path)
{
	if (f->ntrees == FLOOR_TREES_MAX)
		usage();
	f->tree[f->ntrees++] = path;
}

static void parse_options(int argc, char **argv, struct floor *f, struct options *o)
{
	static const struct option longs[] = {{"once", no_argument, NULL, 'o'}, {0}};

	for (int c; (c = getopt_long(argc, argv, "n:g:a:fm:u:b:c:s:r:h:", longs, NULL)) != -1;) {
		switch (c) {
		case 'n': o->rounds = parse_number(optarg); break;
		case 'g': o->gap_ms = parse_number(optarg); break;
		case 'a': parse_attach(f, optarg); break;
		case 'f': f->fence = 1; break;
		case 'm': add_tree(f, optarg); break;
		case 'u': f->uid = parse_number(optarg); break;
		case 'b': f->base = parse_number(optarg); break;
		case 'c': o->below = optarg; break;
		case 's': f->scratch = optarg; break;
		case 'o': o->once = 1; break;
		case 'r': o->ready_fd = (int)parse_number(optarg); break;
		case 'h': o->hold_fd = (int)parse_number(optarg); break;
		default: usage();
		}
	}
	if (optind != argc || !f->scratch || *f->scratch != '/')
		usage();
}

/* A round of its own process: it goes into a private mount namespace. */
static void run_forked(struct floor *f, const struct options *o)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (f->attach != ATTACH_NONE)
			floor_group_find(f, o->below);
		floor_run(f, -1, -1);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		exit(1);
}

static void report(const struct floor_marks *m, struct series *phase, struct series *total,
		   const struct options *o)
{
	for (unsigned int i = 0; i < m->n; i++) {
		(void)printf("{\"phase\": \"%s\", ", m->mark[i].name);
		series_print(stdout, &phase[i]);
		(void)printf("}\n");
	}
	(void)printf("{\"phase\": \"total to ready\", \"rounds\": %u, \"gap_ms\": %u, ", o->rounds,
		     o->gap_ms);
	series_print(stdout, &total[0]);
	(void)printf("}\n{\"phase\": \"total\", ");
	series_print(stdout, &total[1]);
	(void)printf("}\n");
}

static void run_rounds(struct floor *f, const struct options *o)
{
	struct series phase[FLOOR_MARKS_MAX] = {0}, total[2] = {0};
	const struct floor_marks *m = f->marks;

	for (unsigned int r = 0; r < o->rounds + 2; r++) { /* two to warm up */
		uint64_t next = stats_now() + o->gap_ms * 1000000ull, before;

		run_forked(f, o);
		for (unsigned int i = 0; i < m->n && r > 1; i++) {
			before = i ? m->mark[i - 1].at : m->start;
			series_add(&phase[i], (double)(m->mark[i].at - before));
			if (!strcmp(m->mark[i].name, "ready"))
				series_add(&total[0], (double)(m->mark[i].at - m->start));
		}
		if (r > 1)
			series_add(&total[1], (double)(m->mark[m->n - 1].at - m->start));
		stats_sleep_until(next);
	}
	report(m, phase, total, o);
}

int main(int argc, char **argv)
{
	struct options o = {.rounds = 50, .gap_ms = 25, .ready_fd = -1, .hold_fd = -1};
	struct floor f = {.uid = 1000, .base = 2000000000, .attach = ATTACH_BESIDE};

	if (argc && !strcmp(argv[0], "floor-true"))
		return 0;
	if (argc && !strcmp(argv[0], "floor-init"))
		return floor_init();
	add_tree(&f, "/");
	parse_options(argc, argv, &f, &o);
	(void)umask(0);
	/* out of the way of descriptors 3 and 4, which the jail expects */
	f.self_fd = fcntl(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 20);
	f.marks = mmap(NULL, sizeof *f.marks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (f.self_fd < 0 || f.marks == MAP_FAILED ||
	    readlink("/proc/self/exe", f.self, sizeof f.self - 1) < 0)
		floor_die("start");
	if (!o.once) {
		run_rounds(&f, &o);
		return 0;
	}
	if (f.attach != ATTACH_NONE)
		floor_group_find(&f, o.below);
	floor_run(&f, o.ready_fd, o.hold_fd);
	return 0;
}
