/* SPDX-License-Identifier: MIT */
/*
 * calls NAME...: makes system calls that a jail may not have, in ways that do no harm
 * where it has them, and prints "NAME ERROR" for each, or "NAME ok".  Without names,
 * all of them.  calls loop N: what N calls take, in nanoseconds each.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HIGH (1UL << 40)
#define NEWUSER 0x10000000ul

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_userfaultfd
#define SYS_userfaultfd 323
#endif

/* From /usr/include/linux/sched.h, which clashes with sched.h in older distributions. */
struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static long i386(long nr, long a, long b)
{
#ifdef __x86_64__
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(a), "c"(b) : "memory", "r8", "r9", "r10", "r11");
	r = (int)r;
	if (r < 0 && r > -4096) {
		errno = (int)-r;
		return -1;
	}
	return r;
#else
	(void)nr, (void)a, (void)b;
	errno = ENOSYS;
	return -1;
#endif
}

/* The child of a clone that was not refused ends at once. */
static long clone_with(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		(void)waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long clone3_with(uint64_t flags)
{
	struct clone3_args args = {.flags = flags, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof args);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		(void)waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long read_memory(void)
{
	char a = 'a', b = 0;
	struct iovec from = {&a, 1}, to = {&b, 1};

	return syscall(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0);
}

static long trace_child(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) < 0 ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

/* A tracer makes another call of a harmless one, when the kernel has looked at that. */
static long traced_unshare(void)
{
#ifdef __x86_64__
	struct user_regs_struct regs;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(errno);
		(void)raise(SIGSTOP);
		_exit(syscall(SYS_getppid, NEWUSER) < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	for (int changed = 0; ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) > 0;) {
		if (!WIFSTOPPED(status))
			break;
		if (changed || ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0 || regs.orig_rax != SYS_getppid)
			continue;
		regs.orig_rax = SYS_unshare;
		changed = ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0;
	}
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EFAULT;
	return errno ? -1 : 0;
#else
	errno = EPERM;
	return -1;
#endif
}

/* A later filter that allows everything. */
static long filtered_unshare(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &allow};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return 0;
	return syscall(SYS_unshare, NEWUSER);
}

/* A device of the hypervisor's, made behind the filter's back. */
static long ring_socket(void)
{
	char params[256] = "";

	return syscall(SYS_io_uring_setup, 1, params);
}

#define CALLS                                                                       \
	X("ptrace", trace_child())                                                  \
	X("process_vm_readv", read_memory())                                        \
	X("personality-ask", syscall(SYS_personality, 0xffffffffUL))                \
	X("personality-norandom", syscall(SYS_personality, 0x40000UL))              \
	X("personality-exec", syscall(SYS_personality, 0x400000UL))                 \
	X("personality-exec-high", syscall(SYS_personality, 0x400000UL | HIGH))     \
	X("unshare-files", syscall(SYS_unshare, CLONE_FILES))                       \
	X("unshare-user", syscall(SYS_unshare, NEWUSER))                            \
	X("unshare-net", syscall(SYS_unshare, NEWUSER | 0x40000000UL))              \
	X("clone", clone_with(0))                                                   \
	X("clone-user", clone_with(NEWUSER))                                        \
	X("clone-user-high", clone_with(NEWUSER | HIGH))                            \
	X("clone3", clone3_with(0))                                                 \
	X("clone3-user", clone3_with(NEWUSER))                                      \
	X("setns", syscall(SYS_setns, -1, 0))                                       \
	X("open_tree", syscall(SYS_open_tree, -100, "/", 0))                        \
	X("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL))            \
	X("chroot", syscall(SYS_chroot, "/"))                                       \
	X("bpf", syscall(SYS_bpf, 9999, NULL, 0))                                   \
	X("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0))        \
	X("userfaultfd", syscall(SYS_userfaultfd, 1))                               \
	X("io_uring_setup", syscall(SYS_io_uring_setup, 0, NULL))                   \
	X("add_key", syscall(SYS_add_key, NULL, NULL, NULL, 0, 0))                  \
	X("keyctl", syscall(SYS_keyctl, 0, -3, 0, 0, 0))                            \
	X("keyctl-join", syscall(SYS_keyctl, 1, NULL, 0, 0, 0))                     \
	X("socket-vsock", syscall(SYS_socket, 40, 1, 0))                            \
	X("socket-vsock-high", syscall(SYS_socket, 40 | HIGH, 1, 0))                \
	X("socket-alg", syscall(SYS_socket, 38, 5, 0))                              \
	X("socket-packet", syscall(SYS_socket, 17, 3, 0))                           \
	X("socketpair-tipc", syscall(SYS_socketpair, 30, 5, 0, NULL))               \
	X("socket-inet", syscall(SYS_socket, 2, 1, 0))                              \
	X("tiocsti", syscall(SYS_ioctl, 0, 0x5412UL, " "))                          \
	X("tiocsti-high", syscall(SYS_ioctl, 0, 0x5412UL | HIGH, " "))              \
	X("tioclinux", syscall(SYS_ioctl, 0, 0x541cUL, "\3"))                       \
	X("tioclinux-high", syscall(SYS_ioctl, 0, 0x541cUL | HIGH, "\3"))           \
	X("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0))         \
	X("memfd_create", syscall(SYS_memfd_create, "x", 0))                        \
	X("splice", syscall(SYS_splice, -1, NULL, -1, NULL, 1, 0))                  \
	X("msgget", syscall(SYS_msgget, 0, 0))                                      \
	X("newer", syscall(470))                                                    \
	X("newest", syscall(1000))                                                  \
	X("traced-unshare", traced_unshare())                                       \
	X("filtered-unshare", filtered_unshare())                                   \
	X("ring", ring_socket())                                                    \
	X("x32", syscall(0x40000000L | SYS_getpid))                                 \
	X("i386", i386(20, 0, 0))                                                   \
	X("i386-unshare", i386(310, NEWUSER, 0))

static long make(const char *name, int *known)
{
	*known = 1;
#define X(n, call)              \
	if (!strcmp(name, n)) { \
		errno = 0;      \
		return call;    \
	}
	CALLS
#undef X
	*known = 0;
	return -1;
}

static const char *const names[] = {
#define X(n, call) n,
	CALLS
#undef X
};

/* Each in a process of its own: it may lose what the next one needs, or its life. */
static void look(const char *name)
{
	int status, known;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		long r = make(name, &known);
		int e = errno;

		if (!known)
			printf("%s unknown\n", name);
		else
			printf("%s %s\n", name, r < 0 ? strerrorname_np(e) : "ok");
		(void)fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		printf("%s unborn\n", name);
	else if (WIFSIGNALED(status))
		printf("%s killed\n", name);
}

static int loop(long n)
{
	struct timespec a, b;

	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < n; i++)
		(void)syscall(SYS_getppid);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.1f\n", ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)n);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "loop"))
		return loop(atol(argv[2]));
	for (int i = 1; i < argc; i++)
		look(argv[i]);
	for (size_t i = 0; argc == 1 && i < sizeof names / sizeof *names; i++)
		look(names[i]);
	return 0;
}
