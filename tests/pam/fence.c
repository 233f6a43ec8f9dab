/* SPDX-License-Identifier: MIT */
/*
 * Moving into real namespaces and back.  As root; the namespaces are a child's, one kind
 * with a root of its own that has no /proc, as the fence is.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "session.h"

#define TWO_LINES \
	"session required MODULE close\n" \
	"session required pam_permit.so\n" \
	"session required MODULE open\n"

static int proc = -1;  /* the host's, for a look from inside */
static int lease = -1; /* the end that sees that the other one is closed */
static pid_t holder;
static ino_t home_mnt, home_net, jail_mnt, jail_net;
static int before;
static bool was_open[512]; /* before */

static ino_t of(pid_t pid, const char *kind)
{
	char path[64] = "self/ns/";
	struct stat st = {0};

	if (pid)
		snprintf(path, sizeof path, "%d/ns/", pid);
	strcat(path, kind);
	(void)fstatat(proc, path, &st, 0);
	return st.st_ino;
}

/* A child with a mount namespace whose root is an empty tmpfs, and a network. */
static bool make_jail(void)
{
	char ready[2];
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return false;
	holder = fork();
	if (holder == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", lab, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0 ||
		    chdir(lab) < 0 || mkdir("inside", 0755) < 0 ||
		    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
		    write(p[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(p[1]);
	if (read(p[0], ready, 1) != 1)
		return false;
	close(p[0]);
	jail_mnt = of(holder, "mnt");
	jail_net = of(holder, "net");
	return true;
}

static void is_inside(const char *what, bool net)
{
	ok(of(0, "mnt") == jail_mnt, "%s: in the fence", what);
	ok(of(0, "net") == (net ? jail_net : home_net), "%s: in %s network", what,
	   net ? "the jail's" : "the host's");
	ok(access("/inside", F_OK) == 0 && access("/proc", F_OK) < 0, "%s: its root is the root",
	   what);
}

static void is_home(const char *what)
{
	ok(of(0, "mnt") == home_mnt && of(0, "net") == home_net, "%s: at home", what);
	ok(access("/inside", F_OK) < 0 && access("/proc/self", F_OK) == 0,
	   "%s: with the host's root", what);
	ok(chdir(lab) == 0, "(back to the lab)");
}

/* Does anybody hold the lease? */
static bool held(void)
{
	struct pollfd p = {.fd = lease, .events = POLLIN};

	return poll(&p, 1, 0) == 0 || !(p.revents & POLLHUP);
}

/* Does nobody, now or when set-up has ended? */
static bool given_up(void)
{
	struct pollfd p = {.fd = lease, .events = POLLIN};

	return poll(&p, 1, 10000) > 0 && (p.revents & POLLHUP);
}

/* A good answer; for the lease, a FIFO whose other end we have. */
static void behave_jailed(bool net)
{
	/* A pipe that nobody has opened for writing yet says nothing of hanging up. */
	if (lease >= 0)
		close(lease);
	(void)unlink("lease");
	if (mkfifo("lease", 0600) < 0)
		ok(false, "(a FIFO)");
	lease = open("lease", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (net)
		behave("verdict=2\nfd=/proc/%d/ns/mnt\nfdw=lease\nfd=/proc/%d/ns/net\n", holder,
		       holder);
	else
		behave("verdict=2\nfd=/proc/%d/ns/mnt\nfdw=lease\n", holder);
}

static void descriptors(bool net)
{
	int more = open_fds() - before, odd = 0;

	is_int(more, net ? 3 : 2, "descriptors that it keeps");
	for (int fd = 0; fd < 512; fd++) {
		struct stat st;

		if (was_open[fd] || fstat(fd, &st) < 0)
			continue;
		odd += S_ISDIR(st.st_mode) || fcntl(fd, F_GETFD) != FD_CLOEXEC;
	}
	is_int(odd, 0, "no directory is among them, and none is inherited by a program");
}

static void in_and_out(const char *lines, bool net, bool close_it)
{
	pam_handle_t *pamh;
	const char *what = close_it ? "closed" : "ended";

	behave_jailed(net);
	pamh = begin(lines, "nobody");
	is_int(pam_open_session(pamh, 0), PAM_SUCCESS, "jailed");
	is_str(said, "", "without a word");
	is_inside("opened", net);
	ok(held(), "the lease is held");
	descriptors(net);
	if (close_it) {
		int r = pam_close_session(pamh, 0);

		is_int(r, PAM_SUCCESS, "closed");
		is_home("closed");
		ok(given_up(), "the lease is given up");
		is_int(runs(), 1, "set-up ran once");
		is_int(pam_close_session(pamh, 0), PAM_SUCCESS, "closed again");
		is_home("closed again");
	}
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
	is_home(what);
	ok(given_up(), "the lease is given up");
	is_int(runs(), 1, "set-up ran once");
	is_int(open_fds(), before, "nothing is left open");
}

/* What is wrong with an answer leaves the process where it was. */
static void half(void)
{
	static const struct {
		const char *what, *mnt, *net;
	} cases[] = {
		{"a fence that is none, a good network", "/dev/null", "net"},
		{"a good fence, a network that is none", "mnt", "/dev/null"},
		{"a network for a fence", "net", "net"},
		{"a fence for a network", "mnt", "mnt"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char mnt[64], net[64];
		pam_handle_t *pamh;

		snprintf(mnt, sizeof mnt, "/proc/%d/ns/%s", holder, cases[i].mnt);
		snprintf(net, sizeof net, "/proc/%d/ns/%s", holder, cases[i].net);
		behave_jailed(false);
		behave("verdict=2\nfd=%s\nfdw=lease\nfd=%s\n",
		       cases[i].mnt[0] == '/' ? cases[i].mnt : mnt,
		       cases[i].net[0] == '/' ? cases[i].net : net);
		pamh = begin(PLAIN_LINE, "nobody");
		is_int(pam_open_session(pamh, 0), PAM_SESSION_ERR, "%s", cases[i].what);
		is_home(cases[i].what);
		ok(given_up(), "the lease is given up");
		is_str(said,
		       "error: loginjail: you can't be moved into your jail, "
		       "so you are not let in\n",
		       "and it is said");
		is_int(pam_close_session(pamh, 0), IGNORED, "there is nothing to close");
		is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
		is_home("ended");
		is_int(open_fds(), before, "nothing is left open");
	}
}

static int child_status(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

/* The process that sshd forks for the user ends PAM, too: from inside, where it must stay. */
static void forked(void)
{
	pam_handle_t *pamh;
	pid_t pid;

	behave_jailed(true);
	pamh = begin(TWO_LINES, "nobody");
	is_int(pam_open_session(pamh, 0), PAM_SUCCESS, "jailed");
	pid = fork();
	if (pid == 0) {
		pam_end(pamh, PAM_DATA_SILENT);
		_exit(of(0, "mnt") == jail_mnt && of(0, "net") == jail_net ? 0 : 1);
	}
	is_int(child_status(pid), 0, "a copy that ends PAM stays inside");
	pid = fork();
	if (pid == 0) {
		pam_close_session(pamh, 0);
		pam_end(pamh, 0);
		_exit(of(0, "mnt") == jail_mnt && of(0, "net") == jail_net ? 0 : 1);
	}
	is_int(child_status(pid), 0, "a copy that closes the session stays inside");
	ok(held(), "the lease is held all the same");
	is_inside("the first", true);

	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	is_int(pam_close_session(pamh, 0), PAM_SUCCESS, "the first closes it");
	is_home("closed");
	ok(held(), "a copy that lives holds the lease");
	kill(pid, SIGKILL);
	(void)child_status(pid);
	ok(given_up(), "until it dies");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
	is_int(open_fds(), before, "nothing is left open");
}

/* One handle may have several sessions, one after the other. */
static void again(void)
{
	pam_handle_t *pamh;

	behave_jailed(true);
	pamh = begin(PLAIN_LINE, "nobody");
	is_int(pam_open_session(pamh, 0), PAM_SUCCESS, "a first session");
	is_int(pam_close_session(pamh, 0), PAM_SUCCESS, "is closed");
	is_home("closed");
	behave_jailed(true);
	is_int(pam_open_session(pamh, 0), PAM_SUCCESS, "a second session of the same handle");
	is_inside("opened again", true);
	ok(pam_close_session(pamh, 0) == PAM_SUCCESS, "is closed");
	is_home("closed");
	behave("verdict=3\ntext=no\n");
	is_int(pam_open_session(pamh, 0), PAM_SESSION_ERR, "a third is refused");
	is_home("refused");
	is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
	ok(given_up(), "no lease is left");
	is_int(open_fds(), before, "nothing is left open");
}

static void shadow(const char *rest)
{
	char text[128];

	snprintf(text, sizeof text, "%s%s", *rest ? "nobody:*:" : "", rest);
	write_file("shadow", text);
}

/* sshd would run passwd(1) of the host, in the fence, where there is none. */
static void expired(void)
{
	static const struct {
		const char *rest;
		bool expired;
	} cases[] = {
		{"0:0:99999:7:::\n", true},	 {"1:0:30:7:::\n", true},
		{"10000:0:9998:7:::\n", true},	 {"1:0:99999:7:::\n", false},
		{"1:0::7:::\n", false},		 {"::::::\n", false},
		{"10000:0:99998:7:::\n", false}, {"", false},
	};
	char at[64];

	shadow("");
	snprintf(at, sizeof at, "%s/shadow", lab);
	if (!ok(mount(at, "/etc/shadow", "none", MS_BIND, NULL) == 0, "(a shadow file of our own)"))
		return;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pam_handle_t *pamh;

		shadow(cases[i].rest);
		behave_jailed(true);
		pamh = begin(PLAIN_LINE, "nobody");
		is_int(pam_open_session(pamh, 0), cases[i].expired ? PAM_SESSION_ERR : PAM_SUCCESS,
		       "password, case %zu", i);
		if (cases[i].expired)
			contains(said, "error: loginjail: your password has expired", "is said");
		is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
		is_home("ended");
		ok(given_up(), "no lease is left");
		is_int(open_fds(), before, "nothing is left open");
	}
	shadow(cases[0].rest);
	behave("verdict=1\n");
	{
		pam_handle_t *pamh = begin(PLAIN_LINE, "nobody");

		is_int(pam_open_session(pamh, 0), IGNORED, "of somebody who is not ours");
		is_int(pam_end(pamh, 0), PAM_SUCCESS, "ended");
	}
	ok(umount2("/etc/shadow", MNT_DETACH) == 0, "(uncover it)");
}

/* What came later in the stack refuses: the application may never close the session. */
static void later_failure(void)
{
	pam_handle_t *pamh;
	int r;

	behave_jailed(true);
	pamh = begin("session required MODULE\nsession required pam_deny.so\n", "nobody");
	r = pam_open_session(pamh, 0);
	ok(r != PAM_SUCCESS, "jailed, but refused by another module");
	is_int(pam_end(pamh, r), PAM_SUCCESS, "ended");
	is_home("ended");
	ok(given_up(), "the lease is given up");
	is_int(open_fds(), before, "nothing is left open");
}

int main(void)
{
	pam_handle_t *pamh;

	alarm(120);
	if (getuid() != 0) {
		skip("needs root, to enter namespaces");
		return done_testing();
	}
	/* What is mounted here is nobody else's. */
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
		skip("needs a mount namespace of its own");
		return done_testing();
	}
	if (!lab_make())
		return done_testing();
	proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	home_mnt = of(0, "mnt");
	home_net = of(0, "net");
	if (!ok(make_jail() && jail_mnt != home_mnt && jail_net != home_net, "(namespaces)"))
		return done_testing();
	behave("verdict=1\n");
	pamh = begin(TWO_LINES, "nobody"); /* so that the C library has opened what it keeps */
	(void)pam_open_session(pamh, 0);
	(void)pam_end(pamh, 0);
	behave_jailed(true);
	before = open_fds();
	for (int fd = 0; fd < 512; fd++)
		was_open[fd] = fcntl(fd, F_GETFD) >= 0;

	for (int i = 0; i < 8; i++)
		in_and_out(i & 4 ? TWO_LINES : PLAIN_LINE, i & 1, i & 2);
	half();
	forked();
	again();
	later_failure();
	expired();

	kill(holder, SIGKILL);
	(void)child_status(holder);
	is_home("at the end");
	lab_remove();
	return done_testing();
}
