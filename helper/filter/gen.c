/* SPDX-License-Identifier: MIT */
/*
 * Build tool: print seccomp filters as C.
 *
 *	gen enter|session FILE
 *
 * libseccomp compiles them here, once, and not in each session: that takes longer
 * than all the rest of a session's start.
 *
 * enter     what loginjail-enter calls; anything else kills it.  What must never be
 *           in the list: execve, execveat, fork, clone, ptrace, process_vm_writev,
 *           memfd_create, unshare, setns, mount.
 * session   the built-in profiles of jails, see profile.h and program.c.
 */
#include <inttypes.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/hash.h"
#include "filter/program.h"

static struct sock_filter program[BPF_MAXINSNS];

static const int enter_calls[] = {
	/* the socket to init and the terminal */
	SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(ioctl), SCMP_SYS(fcntl), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close),
	SCMP_SYS(signalfd4),
	/* memory, signals, the end */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit_group),
	SCMP_SYS(exit),
};

static scmp_filter_ctx make_enter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; ctx && i < sizeof enter_calls / sizeof *enter_calls; i++)
		if (enter_calls[i] >= 0 && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, enter_calls[i], 0) != 0)
			return NULL;
	return ctx;
}

/* Of what the programs are made: one of another build is another's. */
static uint64_t build;

static void print_program(FILE *out, const char *type, const char *name, const struct sock_filter *f, size_t n)
{
	build = hash_more(build, f, n * sizeof *f);
	fprintf(out, "static %s %s[] = {\n", type, name);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "\t{0x%04x, %u, %u, 0x%08x},\n", f[i].code, f[i].jt, f[i].jf, f[i].k);
	fprintf(out, "};\n");
}

static int print_enter(FILE *out)
{
	scmp_filter_ctx ctx = make_enter();
	FILE *tmp = tmpfile();
	size_t n;

	if (!ctx || !tmp || seccomp_export_bpf(ctx, fileno(tmp)) != 0)
		return -1;
	rewind(tmp);
	n = fread(program, sizeof *program, BPF_MAXINSNS, tmp);
	print_program(out, "struct sock_filter", "enter_filter", program, n);
	seccomp_release(ctx);
	return fclose(tmp) == 0 && n > 0 ? 0 : -1;
}

/* A program for each profile and sort of jail, and the table of them. */
static int print_session(FILE *out)
{
	static const char *const names[] = {"default", "strict", "off"};
	struct profile p;
	struct err err;
	char name[32];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (unsigned v = 0; v < FILTER_VARIANTS; v++) {
			int n = profile_builtin(names[i], v, &p, &err);

			if (!n)
				n = program_make(&p, program, &err);
			if (n < 0) {
				fprintf(stderr, "gen: %s: %s\n", names[i], err.text);
				return -1;
			}
			snprintf(name, sizeof name, "%s_%u", names[i], v);
			print_program(out, "const struct sock_filter", name, program, (size_t)n);
		}
	fprintf(out, "#define ROW(name) {name, sizeof name / sizeof *name}\n"
		     "static const struct {\n\tconst struct sock_filter *insn;\n\tsize_t len;\n"
		     "} builtin[][%d] = {\n", FILTER_VARIANTS);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		fprintf(out, "\t{");
		for (unsigned v = 0; v < FILTER_VARIANTS; v++)
			fprintf(out, "ROW(%s_%u), ", names[i], v);
		fprintf(out, "},\n");
	}
	fprintf(out, "};\n#define FILTER_BUILD UINT64_C(0x%016" PRIx64 ")\n", build);
	return 0;
}

int main(int argc, char **argv)
{
	FILE *out;
	int r = -1;

	if (argc != 3 || !(out = fopen(argv[2], "w")))
		return EXIT_FAILURE;
	build = hash_more(HASH_BEGIN, LOGINJAIL_VERSION, sizeof LOGINJAIL_VERSION);
	if (strcmp(argv[1], "enter") == 0)
		r = print_enter(out);
	else if (strcmp(argv[1], "session") == 0)
		r = print_session(out);
	return fclose(out) == 0 && r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
