/* SPDX-License-Identifier: MIT */
/* One jail of the floor program, from nothing to nothing: its builder and its PID 1. */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/securebits.h>

#include "../../helper/lib/sys.h"
#include "stats.h"

void floor_mark(struct floor *f, const char *name)
{
	if (f->marks->n < FLOOR_MARKS_MAX) {
		f->marks->mark[f->marks->n].name = name;
		f->marks->mark[f->marks->n++].at = stats_now();
	}
}

_Noreturn void floor_die(const char *what)
{
	(void)fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- in the jail ---- */

/* A child of the jail's PID 1. exec by descriptor: this program is not in the jail's root. */
static int run_true(int self)
{
	char *const argv[] = {(char *)"floor-true", NULL}, *const envp[] = {NULL};
	pid_t pid = vfork();
	int status = -1;

	if (!pid) {
		(void)syscall(SYS_execveat, self, "", argv, envp, AT_EMPTY_PATH);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* PID 1: descriptor 3 is the builder's socket, 4 this program. */
int floor_init(void)
{
	char c = 'R';

	if (write(3, &c, 1) != 1)
		return 1;
	while (read(3, &c, 1) == 1) {
		/* 's': in its groups now, so that a group namespace shows them as / */
		if (c == 's' && syscall(SYS_unshare, CLONE_NEWCGROUP))
			return 1;
		c = run_true(4) ? 'X' : 'S';
		if (write(3, &c, 1) != 1)
			return 1;
	}
	return 0;
}

static void loopback_up(void)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &req))
		floor_die("lo");
	(void)close(s);
}

_Noreturn static void jail_main(struct floor *f)
{
	char *const argv[] = {(char *)"floor-init", NULL}, *const envp[] = {NULL};
	char c;

	if (read(f->sock, &c, 1) != 1) /* until the ids are mapped and the mounts stand */
		_exit(1);
	/* root of the jail: what it mounts belongs to its own base id */
	if (syscall(SYS_setresgid, 0, 0, 0) || syscall(SYS_setresuid, 0, 0, 0))
		floor_die("ids of the jail");
	floor_enter_root(f);
	loopback_up();
	if (sethostname("floor", 5))
		floor_die("host name");
	floor_mark(f, "lo up, host name");
	if (dup2(fcntl(f->sock, F_DUPFD, 20), 3) != 3 || dup2(f->self_fd, 4) != 4)
		floor_die("descriptors");
	(void)syscall(SYS_close_range, 5, ~0u, 0);
	(void)syscall(SYS_execveat, 4, "", argv, envp, AT_EMPTY_PATH);
	floor_die("exec");
}

/* ---- the builder ---- */

static void write_map(pid_t pid, const char *file, uid_t id, uid_t base)
{
	char path[64], text[128];
	int fd, n;

	(void)snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	n = snprintf(text, sizeof text, "0 %u %u\n%u %u 1\n%u %u %u\n", base, id, id, id, id + 1,
		     base + id + 1, 65536 - id - 1);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		floor_die(path);
	(void)close(fd);
}

/*
 * clone3 with the base id as effective uid, which then owns the namespaces.
 * NEWNS follows in the jail, which copies the staged mounts once they stand;
 * NEWCGROUP follows once it is in its groups.
 */
static void start_jail(struct floor *f)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
			 CLONE_NEWUTS | CLONE_PIDFD,
		.exit_signal = SIGCHLD,
		.pidfd = (uint64_t)(uintptr_t)&f->pid_fd,
	};
	int pair[2];

	if (f->v2 && f->attach != ATTACH_NONE) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)f->group_fd[0];
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		floor_die("socketpair");
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) ||
	    syscall(SYS_setresgid, -1, f->base, -1) ||
	    syscall(SYS_setresuid, -1, f->base, -1))
		floor_die("owner of the user namespace");
	f->pid = sys_clone3(&args);
	if (f->pid < 0)
		floor_die("clone3");
	f->sock = pair[f->pid ? 0 : 1];
	if (!f->pid) {
		(void)close(pair[0]);
		jail_main(f);
	}
	floor_mark(f, "clone3, all namespaces");
	(void)close(pair[1]);
	if (syscall(SYS_setresuid, -1, 0, -1) || syscall(SYS_setresgid, -1, 0, -1))
		floor_die("back to root");
	write_map(f->pid, "uid_map", f->uid, f->base);
	write_map(f->pid, "gid_map", f->uid, f->base);
	floor_mark(f, "id maps written");
}

static void *attach_thread(void *arg)
{
	floor_group_attach(arg);
	return NULL;
}

static void jail_step(struct floor *f, char say, char expect, const char *name)
{
	char c = say;

	if (write(f->sock, &c, 1) != 1 || read(f->sock, &c, 1) != 1 || c != expect) {
		errno = EPROTO;
		floor_die(name);
	}
	floor_mark(f, name);
}

static void end_jail(struct floor *f)
{
	(void)close(f->sock);
	if (waitpid(f->pid, NULL, 0) != f->pid)
		floor_die("jail");
	floor_mark(f, "exit to reaped");
	floor_remove(f);
	if (f->attach != ATTACH_NONE)
		floor_group_remove(f);
}

/*
 * One jail, from nothing to nothing.  ready_fd gets a byte when it is ready and
 * another when its first session has ended; end of file at hold_fd ends the jail.
 * Either may be -1.
 */
void floor_run(struct floor *f, int ready_fd, int hold_fd)
{
	int move = f->attach != ATTACH_NONE && !f->v2;
	pthread_t thread;
	char c = 'R';

	f->marks->n = 0;
	f->marks->start = stats_now();
	floor_upper(f);
	floor_stage(f);
	if (f->attach != ATTACH_NONE)
		floor_group_create(f);
	start_jail(f);
	if (move && f->attach == ATTACH_BESIDE && pthread_create(&thread, NULL, attach_thread, f))
		floor_die("thread");
	if (move && f->attach == ATTACH_INLINE) {
		floor_group_attach(f);
		floor_mark(f, "v1 attach");
	}
	floor_root(f);
	floor_dev(f);
	if (f->fence)
		floor_fence(f);
	jail_step(f, 'G', 'R', "exec to ready");
	if (f->fence)
		floor_fence_enter(f);
	floor_mark(f, "ready");
	if (ready_fd >= 0 && write(ready_fd, &c, 1) != 1)
		floor_die("ready");
	if (move && f->attach == ATTACH_BESIDE) {
		(void)pthread_join(thread, NULL);
		floor_mark(f, "v1 attach, rest of");
	}
	jail_step(f, f->attach == ATTACH_NONE ? 'p' : 's', 'S', "session: exec, run, exit");
	if (ready_fd >= 0 && write(ready_fd, &c, 1) != 1)
		floor_die("session");
	if (hold_fd >= 0)
		(void)!read(hold_fd, &c, 1);
	end_jail(f);
}
