/* SPDX-License-Identifier: MIT */
/*
 * Build tool: print the seccomp filter of loginjail-enter as C.
 *
 * libseccomp compiles it here, once, and not in each session: that takes longer
 * than all the rest of loginjail-enter.  It lists what enter calls; anything
 * else kills it.  What must never be in it: execve, execveat, fork, clone,
 * ptrace, process_vm_writev, memfd_create, unshare, setns, mount, open for
 * writing of anything.
 */
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

static const int allowed[] = {
	/* the socket to init and the terminal */
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(getsockopt), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(ioctl),
	SCMP_SYS(fcntl), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(signalfd4),
	/* what is the terminal's device? */
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	/* memory, signals, the end */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(exit_group), SCMP_SYS(exit),
};

int main(int argc, char **argv)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	FILE *tmp = tmpfile(), *out = argc == 2 ? fopen(argv[1], "w") : NULL;
	struct sock_filter f;

	if (!ctx || !tmp || !out)
		return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (allowed[i] >= 0 && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
			return EXIT_FAILURE;
	if (seccomp_export_bpf(ctx, fileno(tmp)) != 0)
		return EXIT_FAILURE;
	rewind(tmp);
	fprintf(out, "static struct sock_filter enter_filter[] = {\n");
	while (fread(&f, sizeof f, 1, tmp) == 1)
		fprintf(out, "\t{0x%04x, %u, %u, 0x%08x},\n", f.code, f.jt, f.jf, f.k);
	fprintf(out, "};\n");
	seccomp_release(ctx);
	return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
