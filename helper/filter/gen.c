/* SPDX-License-Identifier: MIT */
/*
 * Build tool: print seccomp filters as C.
 *
 *	gen enter|keeper|session FILE
 *
 * libseccomp compiles them here, once, and not in each session: that takes longer
 * than all the rest of a session's start.
 *
 * enter     what loginjail-enter calls; anything else kills it.  What must never be
 *           in the list: execve, execveat, fork, clone, ptrace, process_vm_writev,
 *           memfd_create, unshare, setns, mount.
 * keeper    what a keeper has no use for once its jail stands: programs, other processes'
 *           memory, mounts, namespaces, and what is the machine's.
 * session   the built-in profiles of jails, see profile.h and program.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/sched.h>
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

static const int keeper_never[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(uselib),
	/* other processes */
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	/* mounts and namespaces */
	SCMP_SYS(mount), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(open_by_handle_at), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	/* the machine */
	SCMP_SYS(bpf), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
	SCMP_SYS(acct), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
	/* what would do some of these behind the filter's back; keys */
	SCMP_SYS(io_uring_setup), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
};

static scmp_filter_ctx make_keeper(void)
{
	static const scmp_datum_t spaces[] = {CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
					      CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP};
	const uint32_t eperm = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	for (size_t i = 0; ctx && i < sizeof keeper_never / sizeof *keeper_never; i++)
		if (seccomp_rule_add(ctx, eperm, keeper_never[i], 0) != 0)
			return NULL;
	for (size_t i = 0; ctx && i < sizeof spaces / sizeof *spaces; i++)
		if (seccomp_rule_add(ctx, eperm, SCMP_SYS(clone), 1,
				     CLONE_HAS(spaces[i])) != 0)
			return NULL;
	/* A filter does not see its flags; the C library does without it. */
	if (!ctx || seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) != 0)
		return NULL;
	return ctx;
}

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

static int print_list(FILE *out, const char *name, scmp_filter_ctx ctx)
{
	struct err err;
	int n = ctx ? program_export(ctx, program, BPF_MAXINSNS, &err) : -1;

	if (n > 0)
		print_program(out, "struct sock_filter", name, program, (size_t)n);
	seccomp_release(ctx);
	return n > 0 ? 0 : -1;
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
		r = print_list(out, "enter_filter", make_enter());
	else if (strcmp(argv[1], "keeper") == 0)
		r = print_list(out, "keeper_filter", make_keeper());
	else if (strcmp(argv[1], "session") == 0)
		r = print_session(out);
	return fclose(out) == 0 && r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
