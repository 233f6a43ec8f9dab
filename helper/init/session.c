/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/caps.h"
#include "lib/fdio.h"
#include "lib/sftp.h"

/* How long a client may take to say what it wants. */
#define REQUEST_DEADLINE_S 30

#define ENV_MAX 1024
/* Of them those that a client can't take: for the account's, and jail.ini's. */
#define ENV_OURS 256

static const char *const sftp_servers[] = SFTP_SERVERS;

static void __attribute__((noreturn)) refuse(int conn, int error)
{
	const struct session_reply r = {.magic = WIRE_MAGIC, .event = SESSION_REFUSED, .value = (uint32_t)error};

	(void)send_msg(conn, &r, sizeof r, NULL, 0);
	_exit(255);
}

/* The ids, then all capabilities, each asked again.  The bounding set has been what
 * it is to be since before (main.c). */
static int drop_to_user(const struct init_spec *spec)
{
	gid_t groups[INIT_GROUPS_MAX], rg, eg, sg;
	uid_t r, e, s;

	for (uint32_t i = 0; i < spec->ngroups; i++)
		groups[i] = spec->groups[i];
	if (setgroups(spec->ngroups, groups) < 0 || setresgid(spec->gid, spec->gid, spec->gid) < 0 ||
	    setresuid(spec->uid, spec->uid, spec->uid) < 0)
		return -errno;
	if (getresuid(&r, &e, &s) < 0 || getresgid(&rg, &eg, &sg) < 0 || r != spec->uid || e != spec->uid ||
	    s != spec->uid || rg != spec->gid || eg != spec->gid || sg != spec->gid ||
	    getgroups(0, NULL) != (int)spec->ngroups)
		return -EPERM;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || caps_set(0) < 0)
		return -EPERM;
	/* Its set-uid programs are how the user becomes root of the jail. */
	if (spec->flags & INIT_INSIDE_ROOT)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -EPERM;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

/* Set-up has seen to it that none is above what we may have; so nothing but what
 * jail.ini says is right. */
static int set_limits(const struct init_spec *spec)
{
	for (uint32_t i = 0; i < spec->nlimits; i++) {
		const struct init_limit *l = &spec->limits[i];
		const struct rlimit want = {.rlim_cur = l->soft, .rlim_max = l->hard};
		struct rlimit got;

		if (setrlimit((int)l->resource, &want) < 0 || getrlimit((int)l->resource, &got) < 0)
			return -errno;
		if (got.rlim_cur != want.rlim_cur || got.rlim_max != want.rlim_max)
			return -EPERM;
	}
	umask((mode_t)spec->umask);
	return 0;
}

/* A new terminal of the jail: its slave takes the place of the descriptors that
 * the mask names; its master goes to loginjail-enter. */
static int open_pty(const struct enter_request *q, int fds[3], int *ret_master)
{
	const struct winsize ws = {.ws_row = q->rows, .ws_col = q->cols};
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), slave, zero = 0, terminal = -1;

	if (master < 0)
		return -errno;
	if (ioctl(master, TIOCSPTLCK, &zero) < 0)
		return -errno;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	(void)ioctl(slave, TIOCSWINSZ, &ws);
	for (int i = 0; i < 3; i++)
		if (q->pty_mask & (1u << i)) {
			int fd = fcntl(slave, F_DUPFD_CLOEXEC, 3);

			if (fd < 0)
				return -errno;
			if (fds[i] >= 0)
				(void)close(fds[i]);
			fds[i] = fd;
			if (terminal < 0)
				terminal = fd;
		}
	(void)close(slave);
	*ret_master = master;
	return terminal < 0 ? -EINVAL : 0;
}

static int receive(int conn, struct enter_request *q, int fds[3], char **ret_strings)
{
	const struct timeval patience = {.tv_sec = REQUEST_DEADLINE_S};
	int got[PASS_FDS_MAX], r;
	char *strings;
	size_t len;

	(void)setsockopt(conn, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	r = recv_msg(conn, q, sizeof *q, got);
	if (r)
		return r;
	if (q->magic != WIRE_MAGIC || got[0] < 0 || got[1] < 0 || got[2] < 0 || got[3] >= 0 ||
	    q->command_len > ENTER_STRINGS_MAX || q->env_len > ENTER_STRINGS_MAX || q->pty_mask > 7 ||
	    (q->flags & ~(ENTER_TTY | ENTER_NEW_PTY)))
		return -EPROTO;
	for (int i = 0; i < 3; i++)
		fds[i] = got[i];
	len = (size_t)q->command_len + q->env_len;
	strings = calloc(1, len + 2);
	if (!strings)
		return -ENOMEM;
	r = read_all(conn, strings, len);
	if (r)
		return r;
	if ((q->command_len && strings[q->command_len - 1] != '\0') ||
	    (q->env_len && strings[len - 1] != '\0'))
		return -EPROTO;
	*ret_strings = strings;
	return 0;
}

/* Add or replace a NAME=VALUE, if that leaves no more than max of them. */
static void env_set(char **env, size_t *n, size_t max, char *entry)
{
	size_t len = strcspn(entry, "=") + 1;

	if (entry[len - 1] != '=')
		return;
	for (size_t i = 0; i < *n; i++)
		if (strncmp(env[i], entry, len) == 0) {
			env[i] = entry;
			return;
		}
	if (*n < max)
		env[(*n)++] = entry;
}

static void env_fmt(char **env, size_t *n, const char *name, const char *value)
{
	char *entry;

	if (asprintf(&entry, "%s=%s", name, value) >= 0)
		env_set(env, n, ENV_MAX, entry);
}

/* What the client and sshd brought (enter let only harmless names through), then
 * what the account is, then what the administrator wants. */
static char **make_env(const struct init_spec *spec, char *strings, size_t len)
{
	static char *env[ENV_MAX + 1];
	char runtime[40];
	size_t n = 0;

	for (char *p = strings; p < strings + len; p += strlen(p) + 1)
		env_set(env, &n, ENV_MAX - ENV_OURS, p);
	env_fmt(env, &n, "USER", spec->user);
	env_fmt(env, &n, "LOGNAME", spec->user);
	env_fmt(env, &n, "HOME", spec->home);
	env_fmt(env, &n, "SHELL", spec->shell);
	env_fmt(env, &n, "PATH", "/usr/local/bin:/usr/bin:/bin:/usr/games");
	snprintf(runtime, sizeof runtime, "/run/user/%u", spec->uid);
	env_fmt(env, &n, "XDG_RUNTIME_DIR", runtime);
	for (const char *p = spec->env; *p; p += strlen(p) + 1)
		env_set(env, &n, ENV_MAX, (char *)p);
	env[n] = NULL;
	return env;
}

static void __attribute__((noreturn)) exec_sftp(char *args, char **env, int conn)
{
	/* Of the host's, whose loader comes first; the others begin at its place. */
	char *argv[36] = {(char *)SFTP_LOADER, (char *)"--inhibit-cache", (char *)"--library-path",
			  (char *)SFTP_DIR};
	char **server = argv + 4, *save = NULL;
	size_t n = 1;

	for (char *w = strtok_r(args, " \t", &save); w && n < 31; w = strtok_r(NULL, " \t", &save))
		server[n++] = w;
	server[n] = NULL;
	for (size_t i = 0; i < sizeof sftp_servers / sizeof *sftp_servers; i++) {
		server[0] = (char *)sftp_servers[i];
		(void)execve(server[0], server, env);
	}
	/* What set-up shows where the tree has none of them. */
	server[0] = (char *)SFTP_SERVER;
	(void)execve(argv[0], argv, env);
	(void)execve(server[0], server, env);
	refuse(conn, ENOENT);
}

/*
 * Does sshd's configuration ask for a server that the jail has not?  Its path is what
 * the host has; the arguments are words, or a shell would have to read them.
 * Returns them, or NULL.
 */
static char *sftp_arguments(char *command)
{
	size_t len = strcspn(command, " \t");

	if (strpbrk(command, "\"'\\$`;&|<>(){}[]*?~#!\n"))
		return NULL;
	for (size_t i = 0; i < sizeof sftp_servers / sizeof *sftp_servers; i++)
		if (strlen(sftp_servers[i]) == len && memcmp(command, sftp_servers[i], len) == 0)
			return access(sftp_servers[i], X_OK) < 0 ? command + len : NULL;
	return NULL;
}

static void __attribute__((noreturn)) exec_shell(const struct init_spec *spec, const struct enter_request *q,
						 char *command, char **env, int conn)
{
	const char *base = strrchr(spec->shell, '/');
	char *argv[4];
	char login[sizeof spec->shell + 1];

	base = base ? base + 1 : spec->shell;
	if (q->kind == ENTER_LOGIN) {
		snprintf(login, sizeof login, "-%s", base);
		argv[0] = login;
		argv[1] = NULL;
	} else {
		argv[0] = (char *)base;
		argv[1] = "-c";
		argv[2] = command;
		argv[3] = NULL;
	}
	(void)execve(spec->shell, argv, env);
	refuse(conn, errno);
}

/* Descriptors that may be one another's target go above 2 first. */
static int place_stdio(int fds[3])
{
	for (int i = 0; i < 3; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
		if (fds[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return -errno;
	return 0;
}

/* The next connection, and PID 1's copy of it. */
static int take_connection(int sock, int to_init)
{
	char byte = 0;
	int conn;

	/* PID 1 set it non-blocking for itself, and the flag is the socket's. */
	do {
		struct pollfd p = {.fd = sock, .events = POLLIN};

		(void)poll(&p, 1, -1);
		conn = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
	} while (conn < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED));
	if (conn < 0 || send_msg(to_init, &byte, 1, &conn, 1) < 0)
		_exit(255);
	(void)close(to_init);
	(void)close(sock);
	return conn;
}

void session_run(const struct init_spec *spec, int sock, int to_init)
{
	const struct session_reply started = {.magic = WIRE_MAGIC, .event = SESSION_STARTED};
	struct enter_request q;
	int fds[3], master = -1, r, tty;
	char *strings = NULL, **env;
	struct ucred peer;
	socklen_t len = sizeof peer;
	sigset_t none;
	int conn, dropped = drop_to_user(spec);

	/* Whatever the host says of changed credentials: the spare is nobody's to trace. */
	sigemptyset(&none);
	if (!dropped && (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setsid() < 0 ||
			 sigprocmask(SIG_SETMASK, &none, NULL) < 0))
		dropped = -errno;
	/* Full where the account's key quota is: no reason to share PID 1's. */
	if (!dropped && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0 && errno != ENOSYS)
		dropped = -errno;
	conn = take_connection(sock, to_init);
	if (dropped)
		refuse(conn, -dropped);
	/* The socket's mode lets nobody else in; ask all the same. */
	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != spec->uid)
		refuse(conn, EPERM);
	r = receive(conn, &q, fds, &strings);
	if (!r && (q.flags & ENTER_NEW_PTY))
		r = open_pty(&q, fds, &master);
	tty = -1;
	for (int i = 0; !r && i < 3 && (q.flags & (ENTER_TTY | ENTER_NEW_PTY)); i++)
		if (tty < 0 && ((q.flags & ENTER_TTY) ? i == 0 : (q.pty_mask & (1u << i)) != 0))
			tty = i;
	if (!r)
		r = place_stdio(fds);
	if (!r)
		r = set_limits(spec);
	if (r)
		refuse(conn, -r);
	/* No privilege needed: we lead a session and the terminal has none. */
	if (tty >= 0)
		(void)ioctl(tty, TIOCSCTTY, 0);
	/* Without a home that it may go to, or whose server is away, it begins in the root, as
	 * with sshd: who has something running in the jail must get there. */
	if (chdir(spec->home) < 0 && (errno == ENOMEM || chdir("/") < 0))
		refuse(conn, errno);
	env = make_env(spec, strings + q.command_len, q.env_len);
	if (master >= 0 && send_msg(conn, &started, sizeof started, &master, 1) < 0)
		_exit(255);
	/* conn stays open, close-on-exec: if the exec fails, it says so. */
	(void)syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (q.kind == ENTER_SFTP)
		exec_sftp(strings, env, conn);
	if (q.kind == ENTER_COMMAND && q.command_len && sftp_arguments(strings))
		exec_sftp(sftp_arguments(strings), env, conn);
	if (q.kind == ENTER_LOGIN || (q.kind == ENTER_COMMAND && q.command_len))
		exec_shell(spec, &q, strings, env, conn);
	refuse(conn, EPROTO);
}
