/* SPDX-License-Identifier: MIT */
/*
 * Build tool: print a seccomp filter as C.
 *
 *	gen enter|session FILE
 *
 * libseccomp compiles them here, once, and not in each session: that takes longer
 * than all the rest of a session's start.
 *
 * enter     what loginjail-enter calls; anything else kills it.  What must never be
 *           in the list: execve, execveat, fork, clone, ptrace, process_vm_writev,
 *           memfd_create, unshare, setns, mount.
 * session   what a jail must not do though it has no privilege: make sockets that a
 *           network namespace does not confine (AF_VSOCK speaks to the hypervisor),
 *           or that load rarely used kernel code (AF_ALG, AF_PACKET and the like);
 *           and io_uring, which would make them behind the filter's back.
 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

static const int session_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* Families that the kernel knows; a number above is refused by itself. */
#define FAMILY_END 64

static scmp_filter_ctx make_enter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; ctx && i < sizeof enter_calls / sizeof *enter_calls; i++)
		if (enter_calls[i] >= 0 && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, enter_calls[i], 0) != 0)
			return NULL;
	return ctx;
}

static bool family_allowed(int family)
{
	for (size_t i = 0; i < sizeof session_families / sizeof *session_families; i++)
		if (session_families[i] == family)
			return true;
	return false;
}

static scmp_filter_ctx make_session(void)
{
	const int eafnosupport = SCMP_ACT_ERRNO(EAFNOSUPPORT), enosys = SCMP_ACT_ERRNO(ENOSYS);
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (!ctx || seccomp_rule_add(ctx, (uint32_t)enosys, SCMP_SYS(io_uring_setup), 0) != 0)
		return NULL;
	/* The kernel looks at the low half of the argument only, so must we. */
	for (int f = 0; f < FAMILY_END; f++)
		if (!family_allowed(f) &&
		    seccomp_rule_add(ctx, (uint32_t)eafnosupport, SCMP_SYS(socket), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, (scmp_datum_t)f)) != 0)
			return NULL;
	return ctx;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx ctx = NULL;
	FILE *tmp = tmpfile(), *out;
	struct sock_filter f;

	if (argc == 3 && strcmp(argv[1], "enter") == 0)
		ctx = make_enter();
	else if (argc == 3 && strcmp(argv[1], "session") == 0)
		ctx = make_session();
	if (!ctx || !tmp || seccomp_export_bpf(ctx, fileno(tmp)) != 0)
		return EXIT_FAILURE;
	out = fopen(argv[2], "w");
	if (!out)
		return EXIT_FAILURE;
	rewind(tmp);
	fprintf(out, "static struct sock_filter %s_filter[] = {\n", argv[1]);
	while (fread(&f, sizeof f, 1, tmp) == 1)
		fprintf(out, "\t{0x%04x, %u, %u, 0x%08x},\n", f.code, f.jt, f.jf, f.k);
	fprintf(out, "};\n");
	seccomp_release(ctx);
	return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
