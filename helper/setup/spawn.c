/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "lib/wire.h"
#include "owner.h"
#include "cgroup/rlimit.h"

/* Where init finds them. */
#define INIT_FD_CTL 3
#define INIT_FD_SOCK 4
/* Of these it does nothing but have them: the user's slots, and the lock of a persistent
 * storage. */
#define INIT_FD_SLOTS 5
#define INIT_FD_LOCK 6

/*
 * The child, between clone and exec: a copy of set-up that may do nothing but
 * system calls.  It waits until it has ids, becomes root of its user namespace
 * (an exec as anybody else would lose the capabilities) and becomes init.
 */
static void __attribute__((noreturn)) child(const struct jail *j, int ctl, int go)
{
	static char *const argv[] = {"loginjail-init", NULL}, *const envp[] = {NULL};
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 ||
	    syscall(SYS_setresuid, 0, 0, 0) < 0)
		_exit(2);
	/* Above all that is open, so that one dup2 does not close what the next needs. */
	int c = fcntl(ctl, F_DUPFD_CLOEXEC, 64), s = fcntl(j->init_sock, F_DUPFD_CLOEXEC, 64),
	    x = fcntl(j->init_fd, F_DUPFD_CLOEXEC, 64), slots = fcntl(j->slots.fd, F_DUPFD_CLOEXEC, 64),
	    lock = j->storage.lock;

	if (lock >= 0 && (lock = fcntl(lock, F_DUPFD_CLOEXEC, 64)) < 0)
		_exit(3);
	if (c < 0 || s < 0 || x < 0 || slots < 0 || dup2(c, INIT_FD_CTL) < 0 ||
	    dup2(s, INIT_FD_SOCK) < 0 || dup2(slots, INIT_FD_SLOTS) < 0 ||
	    (lock >= 0 && dup2(lock, INIT_FD_LOCK) < 0))
		_exit(3);
	/* Not closed at once: x must live until the exec, which closes it. */
	(void)syscall(SYS_close_range, (lock >= 0 ? INIT_FD_LOCK : INIT_FD_SLOTS) + 1, ~0U,
		      4u /* CLOSE_RANGE_CLOEXEC */);
	(void)syscall(SYS_execveat, x, "", argv, envp, AT_EMPTY_PATH);
	_exit(4);
}

static int write_map(const struct jail *j, const char *file, const uint32_t *own, size_t nown,
		     uint32_t base, struct err *err)
{
	char path[48], text[4096];
	int r = idmap_text(own, nown, base, text, sizeof text);

	if (r < 0)
		return err_set(err, r, "the account has too many groups for a user namespace's map");
	snprintf(path, sizeof path, "%d/%s", j->init_pid, file);
	r = write_file_at(j->proc, path, text);
	return r ? err_set(err, r, "writing %s of the jail", file) : 0;
}

static int write_maps(const struct jail *j, struct err *err)
{
	uint32_t own[INIT_GROUPS_MAX + 1];
	size_t n;
	int r;

	own[0] = j->id->uid;
	r = write_map(j, "uid_map", own, 1, j->sub.uid, err);
	if (r)
		return r;
	n = own_gids(j->id->gid, j->groups, j->ngroups, own);
	return write_map(j, "gid_map", own, n, j->sub.gid, err);
}

/* Be the uid that the namespace is to belong to for the call that makes it: its
 * creator's effective uid is its owner. */
static pid_t clone_as_owner(const struct jail *j, struct clone_args *args, struct err *err)
{
	int r = owner_become(subids_owner(&j->sub));
	pid_t pid;

	if (r)
		return err_set(err, r, "taking the uid that the jail's namespaces belong to");
	pid = sys_clone3(args);
	if (pid == 0)
		return 0;
	if (pid < 0)
		pid = -errno;
	owner_become_root();
	if (pid == -ENOSPC || pid == -EPERM)
		return err_set(err, pid,
			       "new namespaces refused (see sysctl user.max_user_namespaces, user.max_pid_namespaces)");
	return pid < 0 ? err_set(err, pid, "new namespaces") : pid;
}

static int copy_text(char *to, size_t size, const char *from, const char *what, struct err *err)
{
	if (strlen(from) >= size)
		return err_set(err, -ENAMETOOLONG, "%s", what);
	strcpy(to, from);
	return 0;
}

static int send_spec(const struct jail *j, struct init_spec *s, struct err *err)
{
	static const uint32_t network[] = {[NETWORK_NONE] = INIT_NET_NONE,
					   [NETWORK_PRIVATE] = INIT_NET_PRIVATE,
					   [NETWORK_ROUTED] = INIT_NET_PRIVATE,
					   [NETWORK_BRIDGE] = INIT_NET_PRIVATE,
					   [NETWORK_HOST] = INIT_NET_HOST};
	size_t used = 0;
	int r;

	s->magic = WIRE_MAGIC;
	s->uid = j->id->uid;
	s->gid = j->id->gid;
	s->ngroups = (uint32_t)j->ngroups;
	for (size_t i = 0; i < j->ngroups; i++)
		s->groups[i] = j->groups[i];
	s->umask = j->set->umask;
	rlimit_fill(j->set, s);
	s->network = network[j->set->network];
	s->idle_time = (uint32_t)j->set->idle_time;
	s->flags = (j->set->inside_root == ANSWER_YES ? INIT_INSIDE_ROOT : 0) |
		   (j->set->nested == ANSWER_YES ? INIT_NESTED : 0);
	s->filter_len = (uint32_t)j->filter_len;
	r = copy_text(s->hostname, sizeof s->hostname, j->set->hostname, "hostname", err);
	if (!r)
		r = copy_text(s->user, sizeof s->user, j->id->name, "the account's name", err);
	if (!r)
		r = copy_text(s->home, sizeof s->home, j->home, "the home's path", err);
	if (!r)
		r = copy_text(s->shell, sizeof s->shell, j->shell, "the shell's path", err);
	for (size_t i = 0; !r && i < j->set->env.n; i++) {
		const char *v = j->set->env.v[i];

		/* One NUL of each string, and the one that ends them all. */
		if (used + strlen(v) + 2 > sizeof s->env)
			return err_set(err, -E2BIG, "the option env");
		strcpy(s->env + used, v);
		used += strlen(v) + 1;
	}
	if (!r)
		r = send_msg(j->init_ctl, s, sizeof *s, NULL, 0);
	if (!r)
		r = send_msg(j->init_ctl, j->filter, j->filter_len * sizeof *j->filter, NULL, 0);
	return r ? err_set(err, r, "telling init what to be") : 0;
}

/*
 * What the host's administrator has given sshd so that the kernel spares it is not for
 * what users run: nothing below 0, and as root writes it, a user can't go back there.
 * The keeper keeps it.
 */
static int set_oom_score(const struct jail *j, struct err *err)
{
	char path[48], text[16];
	ssize_t n = read_file_at(j->proc, "self/oom_score_adj", text, sizeof text);
	int r = n < 0 ? (int)n : 0;

	snprintf(path, sizeof path, "%d/oom_score_adj", j->init_pid);
	if (!r)
		r = write_file_at(j->proc, path, text[0] == '-' ? "0" : text);
	return r ? err_set(err, r, "setting oom_score_adj of the jail") : 0;
}

/* What init has from outside, while it waits. */
static int prepare(struct jail *j, const struct init_spec *spec, struct err *err)
{
	char path[48];
	int r = write_maps(j, err);

	if (!r)
		r = rlimit_allow(spec, j->init_pid, err);
	if (!r)
		r = set_oom_score(j, err);
	if (r)
		return r;
	snprintf(path, sizeof path, "%d/ns/user", j->init_pid);
	j->userns = openat(j->proc, path, O_RDONLY | O_CLOEXEC);
	return j->userns < 0 ? err_set(err, -errno, "the jail's user namespace") : 0;
}

int spawn_init(struct jail *j, struct err *err)
{
	_cleanup_close_ int theirs = -EBADF, go_read = -EBADF, go_write = -EBADF;
	_cleanup_free_ struct init_spec *spec = calloc(1, sizeof *spec);
	int into = j->cgroup_job.threaded ? -EBADF : cgroup_clone_fd(&j->cgroup), pair[2], go[2], pidfd = -EBADF, r;
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	if (!spec)
		return err_set(err, -ENOMEM, "spec of init");
	/* Init finds the tree below its working directory. */
	if (fchdir(j->stage) < 0)
		return err_set(err, -errno, "the staging tmpfs");
	if (into >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)into;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, -errno, "socket to init");
	j->init_ctl = pair[0];
	theirs = pair[1];
	/* Before init can ask for it, so that it never waits: woken by us it would be
	 * put on our processor, and wait for that. */
	r = send_spec(j, spec, err);
	if (r)
		return r;
	if (pipe2(go, O_CLOEXEC) < 0)
		return err_set(err, -errno, "pipe to init");
	go_read = go[0];
	go_write = go[1];
	pid = clone_as_owner(j, &args, err);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		(void)close(go_write);
		(void)close(j->init_ctl);
		child(j, theirs, go_read);
	}
	j->init_pid = pid;
	j->init_pidfd = pidfd;
	r = prepare(j, spec, err);
	if (r)
		return r;
	if (write(go_write, "", 1) != 1)
		return err_set(err, -errno, "starting init");
	return 0;
}

int spawn_expect(const struct jail *j, char byte, const char *what, struct err *err)
{
	char got[INIT_COMPLAINT_MAX + 1];
	ssize_t n;

	do
		n = read(j->init_ctl, got, sizeof got - 1);
	while (n < 0 && errno == EINTR);
	if (n == 1 && got[0] == byte)
		return 0;
	if (n < 0)
		return err_set(err, -errno, "waiting for loginjail-init %s", what);
	got[n] = '\0';
	if (n > 1 && got[0] == INIT_COMPLAINT)
		return err_set(err, 0, "loginjail-init %s: %s", what, got + 1);
	return err_set(err, -EPIPE, "loginjail-init died %s", what);
}

int spawn_tell(const struct jail *j, char byte, struct err *err)
{
	int r = send_msg(j->init_ctl, &byte, 1, NULL, 0);

	return r ? err_set(err, r, "telling init") : 0;
}
