/* SPDX-License-Identifier: MIT */
/*
 * Build tool: print a seccomp filter as C.
 *
 *	gen enter|session|root FILE
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
 * root      the same for a jail whose user may become root of it, without asking
 *           whether the kernel would refuse to that root anyway: no mounts, no
 *           namespaces, none of what is the machine's, and no limits of PID 1.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
	/* Keys: the kernel has a program of the host's run, as its root and outside of all
	 * limits, for those that it does not find; and a user's are the same in every jail. */
	if (seccomp_rule_add(ctx, (uint32_t)enosys, SCMP_SYS(add_key), 0) != 0 ||
	    seccomp_rule_add(ctx, (uint32_t)enosys, SCMP_SYS(request_key), 0) != 0 ||
	    /* A keyring of its own is what each session begins with. */
	    seccomp_rule_add(ctx, (uint32_t)enosys, SCMP_SYS(keyctl), 1,
			     SCMP_A0(SCMP_CMP_NE, KEYCTL_JOIN_SESSION_KEYRING)) != 0)
		return NULL;
	/* The kernel looks at the low half of the argument only, so must we. */
	for (int f = 0; f < FAMILY_END; f++)
		if (!family_allowed(f) &&
		    seccomp_rule_add(ctx, (uint32_t)eafnosupport, SCMP_SYS(socket), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, (scmp_datum_t)f)) != 0)
			return NULL;
	return ctx;
}

/* To root of a jail as to anybody: not permitted. */
static const int root_calls[] = {
	/* mounts and namespaces */
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(open_tree), SCMP_SYS(move_mount),
	SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
	SCMP_SYS(setns), SCMP_SYS(open_by_handle_at), SCMP_SYS(fanotify_init),
	/* the machine */
	SCMP_SYS(reboot), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct),
	SCMP_SYS(quotactl), SCMP_SYS(quotactl_fd), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(syslog),
	SCMP_SYS(vhangup), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
	/* much of the kernel, for what a jail has no use for */
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
};

/* By number where this libseccomp is older than the call is: the numbers are everywhere the same. */
static const int root_calls_new[] = {
	467 /* open_tree_attr */,
};

/* PID 1 has root's uid, which is all that the kernel asks for: their first argument. */
static const int pid_calls[] = {
	SCMP_SYS(prlimit64), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler),
	SCMP_SYS(sched_setparam), SCMP_SYS(sched_setattr),
};

/* The same of PID 1 and of groups of processes, of which it may be one. */
static int add_priority(scmp_filter_ctx ctx, uint32_t eperm)
{
	const struct {
		int call;
		scmp_datum_t process, group, user;
	} calls[] = {{SCMP_SYS(setpriority), PRIO_PROCESS, PRIO_PGRP, PRIO_USER},
		     {SCMP_SYS(ioprio_set), IOPRIO_WHO_PROCESS, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER}};
	const scmp_datum_t low = 0xffffffffu;

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (seccomp_rule_add(ctx, eperm, calls[i].call, 2,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, low, calls[i].process),
				     SCMP_A1(SCMP_CMP_MASKED_EQ, low, 1)) != 0 ||
		    seccomp_rule_add(ctx, eperm, calls[i].call, 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, low, calls[i].group)) != 0 ||
		    seccomp_rule_add(ctx, eperm, calls[i].call, 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, low, calls[i].user)) != 0)
			return -1;
	return 0;
}

#define CLONE_NEW_ANY                                                                                  \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
	 CLONE_NEWNET)

/* clone makes a namespace if any of its flags says so. */
static int add_clone(scmp_filter_ctx ctx, uint32_t eperm)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		const scmp_datum_t flag = (scmp_datum_t)1 << bit;

		if ((CLONE_NEW_ANY & flag) &&
		    seccomp_rule_add(ctx, eperm, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)) != 0)
			return -1;
	}
	/* Its flags are out of a filter's sight: the C libraries take clone instead. */
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static scmp_filter_ctx make_root(void)
{
	const uint32_t eperm = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx ctx = make_session();

	if (!ctx || add_clone(ctx, eperm) != 0 || add_priority(ctx, eperm) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof root_calls / sizeof *root_calls; i++)
		if (root_calls[i] >= 0 && seccomp_rule_add(ctx, eperm, root_calls[i], 0) != 0)
			return NULL;
	for (size_t i = 0; i < sizeof root_calls_new / sizeof *root_calls_new; i++)
		if (seccomp_rule_add(ctx, eperm, root_calls_new[i], 0) != 0)
			return NULL;
	/* PID 1 still has to, once; without its capability, and with the limit that it
	 * sets then, nobody can after it. */
	if (seccomp_rule_add(ctx, eperm, SCMP_SYS(unshare), 1, SCMP_A0(SCMP_CMP_NE, CLONE_NEWCGROUP)) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof pid_calls / sizeof *pid_calls; i++)
		if (seccomp_rule_add(ctx, eperm, pid_calls[i], 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, 1)) != 0)
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
	else if (argc == 3 && strcmp(argv[1], "root") == 0)
		ctx = make_root();
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
