/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation of loginjail-setup.
 *
 * Started by pam_loginjail.so in sshd's privileged monitor, as root, with an
 * empty environment and nothing open but a socket on descriptor 3:
 *
 *	loginjail-setup CONF SERVICE USER
 *
 * It decides from jail.ini and NSS what this login is.  "Not ours" and "refused"
 * are answered at once.  Else, if the user has a live jail, its keeper gives the
 * login a lease, and this process hands the descriptors on and ends.  If not, it
 * builds the jail (build.c), answers the module, and stays as the jail's keeper
 * (keeper.c): nobody's child, since the module starts it as an orphan.  Only where
 * systemd has a cgroup for keepers it goes on as a copy that is born there.
 *
 * Two first logins of a user at once: both ask for a live jail, both go for the
 * user's lock, and the second finds the first one's jail under it.  The lock is
 * held by the builder until its jail can be found.
 *
 * A last jail of the user's may not be dead yet, or have a keeper that gives no lease
 * though it lives.  The builder waits for its end, with the lock: there are never two
 * of them, or who logs out and in would have the limits twice.
 *
 * With scope = session each login has a jail of its own that nobody else looks for:
 * no lock is taken, and as many are built at a time as there are logins.  How many a
 * user has is counted without it, and so are the jails that end (slots.h).
 *
 * The root of the jail is the host's tree under a mask, or another one (rootfs.c)
 * that is read while it is mounted: links in it stay in it, and what is opened in
 * it is looked at, never run.
 *
 * Nothing here runs anything of the user's, and what a user can write is only
 * ever opened with the user's own authority (tree_open_home).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <syslog.h>

#include "build.h"
#include "config/decide.h"
#include "config/nss.h"
#include "fence.h"
#include "gc.h"
#include "keeper/keeper.h"
#include "lib/err.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "lib/wire.h"

/* Less than the module waits.  What takes longer hangs: a name service, a dead NFS
 * server, another's build for the same user. */
#define DEADLINE_S 60
#define ANSWER_DEADLINE_S 5

enum { EXIT_USAGE = 100, EXIT_NO_MODULE = 111 };

/* Tell the log everything and the module, for the user, little. */
static int refuse(const char *user, const char *told, const struct err *why)
{
	log_line(LOG_ERR, "%s: login refused: %s", user, why->text);
	return keeper_reply(SETUP_REPLY_FD, SETUP_REFUSED, told, NULL, 0) ? EXIT_NO_MODULE : 0;
}

static const char told_broken[] =
	"no jail can be made for you, so you are not let in; ask the administrator";

static const char told_held[] =
	"memory that your earlier sessions passed to others takes up your limit, so you are not let in; end the "
	"processes that have it, or ask the administrator";

/* Ask the keeper of the user's live jail for a lease. Returns true if there is
 * an answer, which then has been handed on. */
static bool join_live(const struct jail *j)
{
	_cleanup_close_ int sock = -EBADF;
	const struct keeper_request q = {.magic = WIRE_MAGIC, .verb = KEEPER_LEASE, .pid = j->pam_pid};
	const struct timeval patience = {.tv_sec = ANSWER_DEADLINE_S};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char instance[INSTANCE_MAX];
	struct setup_reply reply;
	int fds[PASS_FDS_MAX];
	size_t n = 0;

	if (state_current(&j->state, j->id->uid, instance) < 0)
		return false;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(sa.sun_path, sizeof sa.sun_path, RUNDIR "/jail/%s/keeper.sock", instance);
	/* A keeper answers at once, or it is stopped: then there is none to ask. */
	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    connect(sock, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    send_msg(sock, &q, sizeof q, &j->pam_pidfd, 1) < 0 ||
	    recv_msg(sock, &reply, sizeof reply, fds) < 0)
		return false;
	while (n < PASS_FDS_MAX && fds[n] >= 0)
		n++;
	(void)send_msg(SETUP_REPLY_FD, &reply, sizeof reply, fds, n);
	return true;
}

static int check_kernel(struct err *err)
{
	unsigned int major, minor;
	struct utsname u;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return err_set(err, 0, "the kernel's version can't be told");
	if (major < 5 || (major == 5 && minor < 19))
		return err_set(err, -ENOTSUP,
			       "kernel 5.19 or later is needed (overlayfs with mapped ids), this is %s",
			       u.release);
	return 0;
}

/* What of the host would let a session in with less than its jail. */
static int check_host(struct err *err)
{
	_cleanup_close_ int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	struct stat before, after;
	char enforcing[8];
	int r = check_kernel(err);

	if (r)
		return r;
	/* The module's way back out of the fence ends at the root of sshd's mount
	 * namespace: for an sshd in a chroot that is another place.  Try it here,
	 * in a process of our own. */
	if (own < 0 || stat("/", &before) < 0 || setns(own, CLONE_NEWNS) < 0 || stat("/", &after) < 0)
		return err_set(err, -errno, "asking whether sshd runs in a chroot");
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return err_set(err, 0, "sshd runs in a chroot, which is not supported");
	/* sshd in the fence could not set the session's context. */
	if (read_file_at(AT_FDCWD, "/sys/fs/selinux/enforce", enforcing, sizeof enforcing) > 0 &&
	    enforcing[0] == '1')
		return err_set(err, 0, "SELinux is enforcing, which is not supported yet");
	return 0;
}

/* Settle what the account and the section give: all that needs no building. */
static int settle(struct jail *j, const struct section *section, const struct identity *id, struct err *err)
{
	const char *base;
	int n, r;

	j->set = &section->settings;
	j->section = section->name;
	j->id = id;
	j->shell = j->set->shell[0] ? j->set->shell : id->shell;
	j->home = j->set->home == HOME_NONE ? "/" : id->home;
	base = strrchr(id->shell, '/');
	base = base ? base + 1 : id->shell;
	if (!j->set->shell[0] && (strcmp(base, "nologin") == 0 || strcmp(base, "false") == 0))
		return err_set(err, 0,
			       "the account's shell is %s; to let it in all the same, give section %s a 'shell ='",
			       id->shell, section->name);
	r = fence_check_home(j, err);
	if (!r)
		r = fence_check_shell(j, err);
	if (r)
		return r;
	n = identity_kept_groups(id, j->groups, sizeof j->groups / sizeof *j->groups);
	if (n < 0)
		return err_set(err, n, "%s is in more than %zu groups", id->name,
			       sizeof j->groups / sizeof *j->groups);
	j->ngroups = (size_t)n;
	return 0;
}

/*
 * Did a killed keeper leave something?  Removing that may take long, so it is
 * nobody's to wait for: done by a process of its own, and as nobody's child.
 * What is built meanwhile is hardly meant, since its run directory is locked; one
 * that is not yet is made anew by its builder (state_instance_new).
 */
static void remove_leftovers(const struct jail *j, int state_dir, int uid_lock)
{
	struct cgroup cg;
	struct err err;
	pid_t pid;
	int r;

	pid = fork();
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	if (pid != 0)
		return;
	if (fork() != 0)
		_exit(0);
	(void)close(SETUP_REPLY_FD);
	(void)close(uid_lock);
	(void)close(j->slots.fd);
	(void)setsid();
	r = cgroup_find(&cg, CGROUP_BASIC, CGROUP_ALL, &err);
	if (!r)
		r = gc_run(&j->state, state_dir, &cg, &err);
	if (r < 0)
		log_line(LOG_WARNING, "%s", err.text);
	_exit(0);
}

/*
 * The process that holds the login's PAM session, by which it can be ended later: it
 * made our socket, and waits at its other end, so that it lives, and its number was
 * its own when we opened it.  -ESRCH: it has gone.
 */
static int find_asker(struct jail *j, struct err *err)
{
	struct pollfd p = {.fd = SETUP_REPLY_FD};
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(SETUP_REPLY_FD, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return err_set(err, -errno, "who has asked");
	/* su's real uid is another, its effective one is not. */
	if (who.uid != 0)
		return err_set(err, -EPERM, "asked by process %d of uid %u", who.pid, who.uid);
	j->pam_pid = (uint32_t)who.pid;
	j->pam_pidfd = (int)syscall(SYS_pidfd_open, who.pid, 0);
	if (j->pam_pidfd < 0 && errno != ESRCH)
		return err_set(err, -errno, "a descriptor of process %d", who.pid);
	if (poll(&p, 1, 0) < 0)
		return err_set(err, -errno, "is the module still there");
	return j->pam_pidfd < 0 || (p.revents & POLLHUP) ? -ESRCH : 0;
}

/*
 * Set-up may have been started in PAM's account phase, by a process that will not be
 * the session's.  A jail that others find is no loss then, but one that is the login's
 * alone would be made twice, and count twice: wait for the session to come.  -ESRCH:
 * it won't, by that process.
 */
static int await_session(struct err *err)
{
	struct pollfd p = {.fd = SETUP_REPLY_FD};
	char byte;
	ssize_t n;

	do
		n = recv(SETUP_REPLY_FD, &byte, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return err_set(err, -EPROTO, "the module of another version");
	if (n < 0 || poll(&p, 1, 0) < 0)
		return err_set(err, -errno, "waiting for the session");
	/* The module's patience begins here, and so does ours. */
	(void)alarm(DEADLINE_S);
	return p.revents & POLLHUP ? -ESRCH : 0;
}

/* Returns 0, 1: the login has had its answer, or a negative error. */
static int claim_place(struct jail *j, int *ret_lock, struct err *err)
{
	bool shared = j->set->scope == SCOPE_USER;
	int r;

	if (shared && join_live(j))
		return 1;
	r = shared ? state_lock_uid(&j->state, j->id->uid, err) : await_session(err);
	if (r < 0)
		return r;
	if (shared)
		*ret_lock = r;
	if (shared && join_live(j))
		return 1;
	r = slots_open(&j->state, j->id->uid, &j->slots, err);
	if (r)
		return r;
	r = shared ? slots_take_shared_jail(&j->slots, j->id->name) : 0;
	if (r)
		return err_set(err, r, "waiting for the user's last jail to end");
	if (shared)
		j->slot = slots_take(&j->slots, j->set->sessions);
	else
		j->slot = slots_take_with_jail(&j->slots, j->id->name, j->set->sessions);
	if (j->slot == -EUSERS) {
		keeper_refuse_more(SETUP_REPLY_FD, j->id->name, j->set->sessions);
		return 1;
	}
	return j->slot < 0 ? err_set(err, j->slot, "counting the user's logins") : 0;
}

/* May anybody be root of a jail? */
static bool any_root(const struct config *config)
{
	for (size_t i = 0; i < config->n_sections; i++)
		if (config->sections[i].settings.inside_root == ANSWER_YES)
			return true;
	return false;
}

static int jail_login(const struct config *config, const struct section *section, const struct identity *id)
{
	struct jail j = {
		.state = STATE_CLOSED,
		.roots = any_root(config),
		.instance_dir = -EBADF, .storage = STORAGE_CLOSED, .init_pidfd = -EBADF, .init_ctl = -EBADF,
		.fence_ns = -EBADF, .net_ns = -EBADF, .keeper_sock = -EBADF, .kmsg = -EBADF,
		.rootfs = ROOTFS_CLOSED, .host = -EBADF,
		.proc = -EBADF, .userns = -EBADF, .stage = -EBADF, .tree = -EBADF, .home_fd = -EBADF,
		.enter_fd = -EBADF, .init_fd = -EBADF, .init_sock = -EBADF,
		.gate = GATE_NOT_MADE,
		.layer = {.dir = -EBADF, .host = -EBADF}, .pam_pidfd = -EBADF, .slots = SLOTS_CLOSED,
	};
	_cleanup_close_ int lock = -EBADF, state_dir = -EBADF;
	char last[INSTANCE_MAX];
	unsigned int left;
	struct err err;
	int r;

	r = settle(&j, section, id, &err);
	if (!r)
		r = state_open(&j.state, &err);
	if (!r)
		r = find_asker(&j, &err);
	if (!r)
		r = claim_place(&j, &lock, &err);
	if (r == 1 || r == -ESRCH)
		return 0; /* answered, or nobody waits for an answer */
	if (r)
		return refuse(id->name, told_broken, &err);

	r = check_host(&err);
	if (!r)
		r = state_dir = state_dir_open(j.set->state, &err);
	if (r >= 0)
		r = subid_files_read("/etc", &j.subid_files, &err);
	if (!r)
		r = subids_get(&j.subid_files, state_dir, id->name, id->uid, &j.sub, &err);
	if (r)
		return refuse(id->name, told_broken, &err);
	/* One of this user's that is found, with the lock, is ending or dead. */
	if ((state_current(&j.state, id->uid, last) == 0 && gc_dead(&j.state, last)) ||
	    gc_pending(&j.state, state_dir))
		remove_leftovers(&j, state_dir, lock);
	scope_close(&state_dir);
	state_dir = -EBADF;
	/* A copy has no alarm: it gets what is left of ours. */
	left = alarm(0);
	if (cgroup_fork_keeper())
		return 0;
	(void)alarm(left);

	(void)umask(022);
	r = build_jail(&j, &err);
	(void)alarm(0);
	if (r) {
		/* Of a jail that has ended meanwhile. */
		state_forget_gone(&j.state, id->uid);
		return refuse(id->name, j.cgroup_job.made == -EDQUOT ? told_held : told_broken, &err);
	}
	keeper_run(&j, SETUP_REPLY_FD, lock);
}

static int not_ours(void)
{
	return keeper_reply(SETUP_REPLY_FD, SETUP_NOT_OURS, "", NULL, 0) ? EXIT_NO_MODULE : 0;
}

/* -ESRCH: the module has gone away, and has said why. */
static int read_request(struct setup_request *q, struct err *err)
{
	ssize_t n = recv(SETUP_REPLY_FD, q, sizeof *q, 0);

	if (n == 0)
		return -ESRCH;
	if (n < 0) {
		err_set(err, -errno, "reading what the module asks");
		/* It would take our answer with it, unread. */
		(void)recv(SETUP_REPLY_FD, q, sizeof *q, 0);
		return -EIO;
	}
	if (n < (ssize_t)offsetof(struct setup_request, groups) || q->magic != WIRE_MAGIC ||
	    q->ngroups > SETUP_GROUPS_MAX ||
	    (size_t)n != offsetof(struct setup_request, groups) + q->ngroups * sizeof *q->groups)
		return err_set(err, -EPROTO, "the module of another version");
	return 0;
}

int main(int argc, char **argv)
{
	static struct setup_request request;
	struct identity *id = NULL;
	struct config *config;
	struct decision decision;
	struct user_facts facts;
	struct err err;
	int r;

	if (argc != 4 || geteuid() != 0 || fcntl(SETUP_REPLY_FD, F_GETFD) < 0) {
		fprintf(stderr, "usage: loginjail-setup CONF SERVICE USER, by pam_loginjail.so only\n");
		return EXIT_USAGE;
	}
	(void)fcntl(SETUP_REPLY_FD, F_SETFD, FD_CLOEXEC);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	log_open("loginjail");
	/* Its default action ends us, whom nobody else would; what a build left is
	 * found by a later login's gc. */
	(void)alarm(DEADLINE_S);

	r = read_request(&request, &err);
	if (r == -ESRCH)
		return EXIT_NO_MODULE;
	if (!r)
		r = identity_lookup(argv[3], request.groups, request.ngroups, &id, &err);
	if (r)
		return refuse(argv[3], told_broken, &err);
	if (id->uid == 0)
		return not_ours();
	r = config_read(argv[1], &config);
	if (r) {
		err_set(&err, r, "reading %s", argv[1]);
		return refuse(id->name, told_broken, &err);
	}
	facts = (struct user_facts){
		.name = id->name, .uid = id->uid, .gid = id->gid, .gids = id->groups, .n_gids = id->ngroups};
	r = config_decide(config, &facts, argv[2], &nss_group_lookup, &decision, &err);
	if (r)
		return refuse(id->name, told_broken, &err);
	switch (decision.verdict) {
	case VERDICT_NOT_OURS:
		return not_ours();
	case VERDICT_JAIL:
		return jail_login(config, decision.section, id);
	default:
		/* fail safe */
		err_set(&err, -EACCES, "%s", decision.why);
		return refuse(id->name, decision.told, &err);
	}
}
