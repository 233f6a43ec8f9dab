/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

/*
 * The error that a call fails with where a machine runs short of something, or is broken.
 * Where there is a choice, none of those that programs take for an answer (ENOENT, EAGAIN, EINTR).
 */
static const struct {
	int nr, error;
} errors[] = {
#ifdef __x86_64__
	/* These can't fail, but by a bad address; or don't return. */
	{SYS_exit, 0}, {SYS_exit_group, 0}, {SYS_rt_sigreturn, 0}, {SYS_getpid, 0}, {SYS_getppid, 0},
	{SYS_gettid, 0}, {SYS_getuid, 0}, {SYS_geteuid, 0}, {SYS_getgid, 0}, {SYS_getegid, 0},
	{SYS_getresuid, 0}, {SYS_getresgid, 0}, {SYS_umask, 0}, {SYS_alarm, 0}, {SYS_set_tid_address, 0},
	{SYS_set_robust_list, 0}, {SYS_rseq, 0}, {SYS_arch_prctl, 0}, {SYS_restart_syscall, 0},
	{SYS_rt_sigaction, 0}, {SYS_rt_sigprocmask, 0},
	/* What fails by a table that is full. */
	{SYS_open, EMFILE}, {SYS_openat, EMFILE}, {SYS_openat2, EMFILE}, {SYS_open_tree, EMFILE},
	{SYS_socket, EMFILE}, {SYS_socketpair, EMFILE}, {SYS_accept, EMFILE}, {SYS_accept4, EMFILE},
	{SYS_pipe, EMFILE}, {SYS_pipe2, EMFILE}, {SYS_dup, EMFILE}, {SYS_fcntl, EMFILE},
	{SYS_signalfd4, EMFILE}, {SYS_timerfd_create, EMFILE}, {SYS_pidfd_open, EMFILE},
	{SYS_eventfd2, EMFILE}, {SYS_inotify_init1, EMFILE}, {SYS_fsopen, EMFILE}, {SYS_fsmount, EMFILE},
	{SYS_dup2, EBUSY}, {SYS_dup3, EBUSY},
	/* By memory. */
	{SYS_mmap, ENOMEM}, {SYS_munmap, ENOMEM}, {SYS_mremap, ENOMEM}, {SYS_mprotect, ENOMEM},
	{SYS_madvise, ENOMEM}, {SYS_brk, ENOMEM}, {SYS_mount, ENOMEM}, {SYS_move_mount, ENOMEM},
	{SYS_mount_setattr, ENOMEM}, {SYS_fsconfig, ENOMEM}, {SYS_setns, ENOMEM}, {SYS_sendmsg, ENOMEM},
	{SYS_sendto, ENOMEM}, {SYS_recvmsg, ENOMEM}, {SYS_recvfrom, ENOMEM}, {SYS_poll, ENOMEM},
	{SYS_ppoll, ENOMEM}, {SYS_setsockopt, ENOMEM}, {SYS_getsockopt, ENOMEM}, {SYS_bind, ENOMEM},
	{SYS_listen, EADDRINUSE}, {SYS_connect, ECONNREFUSED}, {SYS_getsockname, ENOMEM},
	{SYS_shutdown, ENOTCONN}, {SYS_setgroups, ENOMEM}, {SYS_execve, ENOMEM}, {SYS_execveat, ENOMEM},
	/* By another limit. */
	{SYS_clone, EAGAIN}, {SYS_clone3, EAGAIN}, {SYS_vfork, EAGAIN}, {SYS_fork, EAGAIN},
	{SYS_unshare, ENOSPC}, {SYS_setuid, EAGAIN}, {SYS_setresuid, EAGAIN}, {SYS_setreuid, EAGAIN},
	{SYS_flock, ENOLCK}, {SYS_keyctl, EDQUOT},
	{SYS_mkdir, ENOSPC}, {SYS_mkdirat, ENOSPC}, {SYS_symlink, ENOSPC}, {SYS_symlinkat, ENOSPC},
	{SYS_link, ENOSPC}, {SYS_linkat, ENOSPC}, {SYS_mknod, ENOSPC}, {SYS_mknodat, ENOSPC},
	{SYS_rename, ENOSPC}, {SYS_renameat, ENOSPC}, {SYS_renameat2, ENOSPC}, {SYS_write, ENOSPC},
	{SYS_pwrite64, ENOSPC}, {SYS_ftruncate, ENOSPC}, {SYS_fallocate, ENOSPC}, {SYS_setxattr, ENOSPC},
	{SYS_fsetxattr, ENOSPC},
	/* By what is in use, or not allowed. */
	{SYS_umount2, EBUSY}, {SYS_rmdir, EBUSY}, {SYS_pivot_root, EBUSY}, {SYS_unlink, EROFS},
	{SYS_unlinkat, EROFS}, {SYS_prctl, EPERM}, {SYS_capset, EPERM}, {SYS_capget, EPERM},
	{SYS_setresgid, EPERM}, {SYS_setgid, EPERM}, {SYS_setregid, EPERM}, {SYS_setsid, EPERM},
	{SYS_kill, EPERM}, {SYS_tgkill, EPERM}, {SYS_pidfd_send_signal, EPERM}, {SYS_setrlimit, EPERM},
	{SYS_prlimit64, EPERM}, {SYS_chmod, EPERM}, {SYS_fchmod, EPERM}, {SYS_fchmodat, EPERM},
	{SYS_chown, EPERM}, {SYS_fchown, EPERM}, {SYS_fchownat, EPERM}, {SYS_sethostname, EPERM},
	{SYS_wait4, EINTR}, {SYS_waitid, EINTR}, {SYS_getgroups, EINVAL},
	{SYS_timerfd_settime, EINVAL}, {SYS_setitimer, EINVAL},
	{SYS_chdir, ENOMEM}, {SYS_getrandom, ENOSYS}, {SYS_sched_getaffinity, EINVAL},
#endif
};

const char *call_name(int nr)
{
	static char *names[CALLS_MAX];

	if (!names[nr])
		names[nr] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
	return names[nr] ? names[nr] : "?";
}

int call_error(int nr, const struct user_regs_struct *regs)
{
#ifdef __x86_64__
	/* Who is not woken waits for ever, and no kernel forgets to. */
	if (nr == SYS_futex)
		return (regs->rsi & 127) == 0 || (regs->rsi & 127) == 9 ? EINTR : 0;
	/* Who has a child, and does not wait, is told so. */
	if ((nr == SYS_wait4 && (regs->rdx & WNOHANG)) || (nr == SYS_waitid && (regs->r10 & WNOHANG)))
		return 0;
	/* To ask where it is. */
	if (nr == SYS_brk && regs->rdi == 0)
		return 0;
	/* Of these the kernel knows all that the C library asks. */
	if (nr == SYS_fcntl && regs->rsi != F_DUPFD && regs->rsi != F_DUPFD_CLOEXEC)
		return EPERM;
#endif
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].nr == nr)
			return errors[i].error;
	return EIO;
}

uint64_t peek(pid_t pid, uint64_t at)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)at, NULL);
	return errno ? 0 : (uint64_t)word;
}

uint64_t call_clone_flags(pid_t pid, const struct user_regs_struct *regs)
{
#ifdef __x86_64__
	switch (regs->orig_rax) {
	case SYS_clone:
		return regs->rdi;
	case SYS_clone3:
		return peek(pid, regs->rdi);
	}
#else
	(void)pid;
	(void)regs;
#endif
	return 0;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x100000001b3u;
}

/* Numbers, and what looks like one, are another one each time. */
static uint64_t mix_text(uint64_t h, pid_t pid, uint64_t at)
{
	for (unsigned int i = 0; i < 4096; i += 8) {
		uint64_t word = peek(pid, at + i);

		for (int b = 0; b < 8; b++, word >>= 8) {
			int c = (int)(word & 255);

			if (!c)
				return h;
			if (!isxdigit(c))
				h = mix(h, (uint64_t)c);
		}
	}
	return h;
}

uint64_t call_alike(enum role role, int nr, pid_t pid, const struct user_regs_struct *regs)
{
	uint64_t h = mix(mix(0xcbf29ce484222325u, role), (uint64_t)nr);

#ifdef __x86_64__
	switch (nr) {
	case SYS_open:
	case SYS_stat:
	case SYS_lstat:
	case SYS_mkdir:
	case SYS_unlink:
	case SYS_rmdir:
	case SYS_execve:
	case SYS_access:
	case SYS_chdir:
	case SYS_readlink:
	case SYS_statfs:
	case SYS_umount2:
	case SYS_symlink:
	case SYS_symlinkat:
	case SYS_fsopen:
		return mix_text(h, pid, regs->rdi);
	case SYS_openat:
	case SYS_openat2:
	case SYS_newfstatat:
	case SYS_mkdirat:
	case SYS_unlinkat:
	case SYS_readlinkat:
	case SYS_faccessat:
	case SYS_fchmodat:
	case SYS_fchownat:
	case SYS_open_tree:
	case SYS_mknodat:
	case SYS_statx:
	case SYS_mount:
	case SYS_renameat:
		return mix_text(h, pid, regs->rsi);
	case SYS_fsconfig:
		return regs->rdx ? mix_text(mix(h, regs->rsi), pid, regs->rdx) : mix(h, regs->rsi);
	case SYS_move_mount:
		return mix_text(h, pid, regs->r10);
	case SYS_write:
	case SYS_pwrite64:
		return mix(h, regs->rdx);
	case SYS_ioctl:
	case SYS_fcntl:
	case SYS_rt_sigprocmask:
		return mix(h, regs->rsi);
	case SYS_prctl:
	case SYS_unshare:
	case SYS_socket:
	case SYS_keyctl:
	case SYS_rt_sigaction:
		return mix(h, regs->rdi);
	case SYS_setsockopt:
	case SYS_getsockopt:
		return mix(h, regs->rdx);
	}
#else
	(void)pid;
	(void)regs;
#endif
	return h;
}
