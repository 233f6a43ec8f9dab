/* SPDX-License-Identifier: MIT */
/*
 * Two who agree: one gives descriptors away, the other tries what they lead to.
 *
 *	fdpass listen|connect SOCKET give [SET-UID-FILE]
 *	fdpass listen|connect SOCKET take FILE...
 *	fdpass listen SOCKET keep	hold what comes, by any number of connections
 *	fdpass listen SOCKET scribble	and write to it all the time
 *	fdpass connect SOCKET fill MB [FILE]	give so much memory: of no file, or a deleted one
 *	fdpass lock FILE		lock its pages in memory, until it is ended
 *	fdpass ids			what a set-uid file is executed for
 *
 * One listens on SOCKET, the other one connects.  give hands out what it can open, and
 * lives until the taker has gone.  take prints a line "WHAT HOW: RESULT" for each attack; FILEs are looked
 * for by the directories it was given, without a leading slash, and RESULT is what is in
 * them, or the error.  A FILE that ends in a slash is a directory to leave a set-uid copy of this
 * program in.  keep says "kept" for each connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_send_signal 424
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define ITEMS_MAX 64
#define UPS 16
/* Of linux/nsfs.h and linux/pidfd.h: not in every installation's headers. */
#define GET_USERNS _IO(0xb7, 0x1)
#define GET_PARENT _IO(0xb7, 0x2)
#define PIDFD_GET_MNT _IO(0xff, 3)
#define PIDFD_GET_USER _IO(0xff, 9)

struct item {
	char name[32];
	int fd, error;
};

static struct item items[ITEMS_MAX];
static size_t n_items;

static const char *error_name(int e)
{
	const char *name = strerrorname_np(e);

	return name ? name : "?";
}

/* ---- giving ---------------------------------------------------------------- */

static void have(const char *name, int fd)
{
	struct item *i = &items[n_items++];

	snprintf(i->name, sizeof i->name, "%s", name);
	i->fd = fd;
	i->error = fd < 0 ? errno : 0;
}

static int text_in_memory(const char *text)
{
	int fd = memfd_create("text", 0);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : fd;
}

static void open_all(const char *socket_path, const char *set_uid)
{
	static const char *const ns[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
	char path[PATH_MAX], *slash;
	int ptmx;

	have("memfd", text_in_memory("passed"));
	have("root", open("/", O_PATH | O_DIRECTORY));
	have("up", open("../../../../../../../../..", O_PATH | O_DIRECTORY));
	have("tmp", open("/tmp", O_RDONLY | O_DIRECTORY));
	snprintf(path, sizeof path, "%s", socket_path);
	slash = strrchr(path, '/');
	*slash = '\0';
	have("shared", open(path, O_RDONLY | O_DIRECTORY));
	have("home", open(getenv("HOME"), O_RDONLY | O_DIRECTORY));
	have("proc-self-root", open("/proc/self/root", O_PATH | O_DIRECTORY));
	have("proc-1-root", open("/proc/1/root", O_PATH | O_DIRECTORY));
	have("proc-1-cwd", open("/proc/1/cwd", O_PATH | O_DIRECTORY));
	have("proc", open("/proc", O_RDONLY | O_DIRECTORY));
	have("proc-self", open("/proc/self", O_RDONLY | O_DIRECTORY));
	have("cgroups", open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY));
	have("mem", open("/proc/self/mem", O_RDWR));
	for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
		char name[32];

		snprintf(path, sizeof path, "/proc/self/ns/%s", ns[i]);
		snprintf(name, sizeof name, "ns-%s", ns[i]);
		have(name, open(path, O_RDONLY));
	}
	have("pidfd", (int)syscall(SYS_pidfd_open, getpid(), 0));
	ptmx = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (ptmx >= 0 && (grantpt(ptmx) < 0 || unlockpt(ptmx) < 0))
		ptmx = -1;
	have("ptmx", ptmx);
	have("tcp", socket(AF_INET, SOCK_STREAM, 0));
	have("mount", (int)syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */));
	if (set_uid)
		have("set-uid", open(set_uid, O_PATH));
}

static int __attribute__((noreturn)) give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_at(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	/* Under its name it is there only when it listens. */
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s.new", path);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 || chmod(sa.sun_path, 0666) < 0 ||
	    listen(s, 8) < 0 || rename(sa.sun_path, path) < 0)
		give_up(path);
	return s;
}

static int connect_to(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
	if (s < 0 || connect(s, (struct sockaddr *)&sa, sizeof sa) < 0)
		give_up(path);
	return s;
}

/* The connection, by whichever side makes it. */
static int meet(bool listens, const char *path)
{
	int s = listens ? listen_at(path) : connect_to(path), conn = s;

	if (listens) {
		conn = accept(s, NULL, NULL);
		(void)unlink(path);
		(void)close(s);
	}
	return conn < 0 ? give_up(path) : conn;
}

static void send_item(int conn, const struct item *i)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl = {0};
	struct iovec iov = {(void *)i, sizeof *i};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (i->fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = ctl.room;
		msg.msg_controllen = sizeof ctl.room;
		c = CMSG_FIRSTHDR(&msg);
		*c = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(c), &i->fd, sizeof(int));
	}
	if (sendmsg(conn, &msg, MSG_NOSIGNAL) < 0) {
		perror(i->name);
		exit(1);
	}
}

static int give(int conn)
{
	char byte;

	for (size_t i = 0; i < n_items; i++)
		send_item(conn, &items[i]);
	(void)shutdown(conn, SHUT_WR);
	(void)!read(conn, &byte, 1);
	return 0;
}

static int fill(int conn, long mb, const char *file)
{
	static char text[1 << 20];
	int fd = file ? open(file, O_RDWR | O_CREAT | O_EXCL, 0600) : memfd_create("fill", 0);

	if (file && unlink(file) < 0)
		return give_up(file), 1;
	memset(text, 'x', sizeof text);
	for (long i = 0; i < mb; i++)
		if (write(fd, text, sizeof text) != sizeof text)
			return give_up("memory"), 1;
	have("fill", fd);
	return give(conn);
}

/* ---- taking ---------------------------------------------------------------- */

static void receive_all(int conn)
{
	for (n_items = 0; n_items < ITEMS_MAX; n_items++) {
		union {
			char room[CMSG_SPACE(sizeof(int))];
			struct cmsghdr align;
		} ctl;
		struct item *i = &items[n_items];
		struct iovec iov = {i, sizeof *i};
		struct msghdr msg = {.msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = ctl.room,
				     .msg_controllen = sizeof ctl.room};
		struct cmsghdr *c;

		if (recvmsg(conn, &msg, 0) != sizeof *i)
			break;
		i->fd = -1;
		c = CMSG_FIRSTHDR(&msg);
		if (c)
			memcpy(&i->fd, CMSG_DATA(c), sizeof(int));
	}
}

static void say(const char *what, const char *how, long r)
{
	printf("%s %s: %s\n", what, how, r < 0 ? error_name(errno) : "ok");
	fflush(stdout);
}

/* A path UPS levels above, at most. */
static void climb(char *path, size_t size, int levels, const char *file)
{
	size_t len = 0;

	for (int i = 0; i < levels; i++)
		len += (size_t)snprintf(path + len, size - len, "../");
	snprintf(path + len, size - len, "%s", file);
}

/* A copy of this program. */
static int plant(int at, const char *path)
{
	int fd = openat(at, path, O_RDWR | O_CREAT | O_EXCL, 0755), self;
	struct stat st;

	if (fd < 0)
		return -1;
	self = open("/proc/self/exe", O_RDONLY);
	if (self < 0 || fstat(self, &st) < 0 || sendfile(fd, self, NULL, (size_t)st.st_size) != st.st_size ||
	    fchmod(fd, 04755) < 0)
		give_up(path);
	(void)close(self);
	return fd;
}

static int open_one(int at, const char *path)
{
	size_t len = strlen(path);
	char made[PATH_MAX];

	if (path[len - 1] != '/')
		return openat(at, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	snprintf(made, sizeof made, "%smade", path);
	return plant(at, made);
}

/* The first one found on the way up; the error of the lowest else. */
static int open_above(int at, const char *file)
{
	char path[PATH_MAX];
	int first = 0;

	for (int i = 0; i <= UPS; i++) {
		int fd;

		climb(path, sizeof path, i, file);
		fd = open_one(at, path);
		if (fd >= 0)
			return fd;
		if (!first || (first == ENOENT && errno != ENOENT))
			first = errno;
	}
	errno = first;
	return -1;
}

static void show(const char *what, const char *how, const char *file, int fd)
{
	char text[64] = "";
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	text[n > 0 ? strcspn(text, "\n") : 0] = '\0';
	printf("%s %s %s: %s\n", what, how, file, fd < 0 ? error_name(errno) : n > 0 ? text : "opened");
	fflush(stdout);
	if (fd >= 0)
		(void)close(fd);
}

static void wait_child(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* By its place, by the working directory, and as a root. */
static void try_directory(const struct item *d, char **files)
{
	for (; *files; files++) {
		char path[PATH_MAX];
		pid_t pid;

		show(d->name, "openat", *files, open_above(d->fd, *files));
		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			int fd = fchdir(d->fd) < 0 ? -1 : open_above(AT_FDCWD, *files);

			show(d->name, "fchdir", *files, fd);
			fd = fchdir(d->fd) < 0 || chroot(".") < 0 ? -1 : 0;
			snprintf(path, sizeof path, "/%s", *files);
			show(d->name, "chroot", *files, fd < 0 ? -1 : open_one(AT_FDCWD, path));
			/* Out of that one again: a root below where we are. */
			if (fd == 0 && (mkdirat(d->fd, "tmp", 0700) == 0 || errno == EEXIST) &&
			    fchdir(d->fd) == 0 && chroot("tmp") == 0)
				show(d->name, "chroot-out", *files, open_above(AT_FDCWD, *files));
			exit(0);
		}
		wait_child(pid);
	}
}

static void try_processes(const struct item *d)
{
	static const char *const files[] = {"1/root/etc", "1/mem", "1/environ", "self/root/etc", "1/cwd", "1/fd/0",
					    "thread-self/root/etc", "sys/kernel/hostname", "sysrq-trigger"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = openat(d->fd, files[i], i < 7 ? O_RDONLY : O_WRONLY);

		say(d->name, files[i], fd);
		if (fd >= 0)
			(void)close(fd);
	}
}

static void try_giver(const struct item *d)
{
	static const char *const files[] = {"root/etc", "cwd/.", "mem", "environ", "fd/0", "ns/user", "maps", "exe"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = openat(d->fd, files[i], O_RDONLY);

		say(d->name, files[i], fd);
		if (fd >= 0)
			(void)close(fd);
	}
}

static void try_cgroups(const struct item *d)
{
	static const char *const files[] = {"cgroup.procs", "memory/cgroup.procs", "pids/cgroup.procs", "pids/pids.max",
					    "memory/memory.limit_in_bytes", "memory.max", "../../cgroup.procs",
					    "release_agent", "memory/release_agent", "pids/tasks"};
	bool any = false;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		any |= openat(d->fd, files[i], O_WRONLY) >= 0;
	any |= mkdirat(d->fd, "made", 0755) == 0 || mkdirat(d->fd, "memory/made", 0755) == 0;
	printf("%s writes: %s\n", d->name, any ? "ok" : "no");
}

/* In a child: it would be somewhere else after a success. */
static void try_setns(const struct item *d)
{
	static const struct {
		const char *name;
		unsigned long request;
	} next[] = {{"its-owner", GET_USERNS}, {"its-parent", GET_PARENT}};
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		say(d->name, "setns", setns(d->fd, 0));
		exit(0);
	}
	wait_child(pid);
	for (size_t i = 0; i < 2; i++) {
		int fd = ioctl(d->fd, next[i].request);

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			char how[32];

			snprintf(how, sizeof how, "setns-%s", next[i].name);
			say(d->name, how, fd < 0 ? -1 : setns(fd, CLONE_NEWUSER));
			exit(0);
		}
		wait_child(pid);
		if (fd >= 0)
			(void)close(fd);
	}
}

static void try_process(const struct item *d)
{
	const struct {
		const char *name;
		int flags;
	} places[] = {{"setns-user", CLONE_NEWUSER}, {"setns-mnt", CLONE_NEWNS}, {"setns-net", CLONE_NEWNET}};
	siginfo_t si;

	say(d->name, "signal", syscall(SYS_pidfd_send_signal, d->fd, SIGCONT, NULL, 0));
	say(d->name, "getfd", syscall(SYS_pidfd_getfd, d->fd, 0, 0));
	say(d->name, "wait", waitid((idtype_t)3 /* P_PIDFD */, (id_t)d->fd, &si, WEXITED | WNOHANG));
	say(d->name, "get-mnt", ioctl(d->fd, PIDFD_GET_MNT, 0));
	say(d->name, "get-user", ioctl(d->fd, PIDFD_GET_USER, 0));
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			say(d->name, places[i].name, setns(d->fd, places[i].flags));
			exit(0);
		}
		wait_child(pid);
	}
}

static void try_set_uid(const struct item *d)
{
	char *const argv[] = {(char *)"fdpass", (char *)"ids", NULL}, *const env[] = {NULL};
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)syscall(SYS_execveat, d->fd, "", argv, env, AT_EMPTY_PATH);
		printf("ids: %s\n", error_name(errno));
		exit(0);
	}
	wait_child(pid);
}

/* A socket of the other's network: what answers on the loopback interface there. */
static void try_socket(const struct item *d)
{
	const struct sockaddr_in sa = {
		.sin_family = AF_INET, .sin_port = htons(7001), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	show(d->name, "loopback", "7001",
	     connect(d->fd, (const struct sockaddr *)&sa, sizeof sa) < 0 ? -1 : dup(d->fd));
}

static void try_terminal(const struct item *d)
{
	int peer = ioctl(d->fd, TIOCGPTPEER, O_RDWR | O_NOCTTY);

	say(d->name, "peer", peer);
	if (peer >= 0) {
		(void)setsid();
		(void)ioctl(peer, TIOCSCTTY, 0);
		say(d->name, "tiocsti", ioctl(peer, TIOCSTI, "x"));
		(void)ioctl(peer, TIOCNOTTY);
	}
}

static void try_mount(const struct item *d)
{
	say(d->name, "move", syscall(SYS_move_mount, d->fd, "", AT_FDCWD, "/tmp", 4 /* F_EMPTY_PATH */));
	say(d->name, "clone", syscall(SYS_open_tree, d->fd, "", 1 | AT_EMPTY_PATH));
}

static bool is_directory(const char *name)
{
	static const char *const all[] = {"root", "up", "tmp", "shared", "home", "proc-self-root", "proc-1-root",
					  "proc-1-cwd"};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(all[i], name))
			return true;
	return false;
}

static int take(int conn, char **files)
{
	receive_all(conn);
	for (size_t n = 0; n < n_items; n++) {
		const struct item *i = &items[n];
		char text[16] = "";

		if (i->fd < 0) {
			printf("%s given: %s\n", i->name, error_name(i->error));
			continue;
		}
		printf("%s given: ok\n", i->name);
		if (is_directory(i->name))
			try_directory(i, files);
		else if (!strcmp(i->name, "memfd"))
			printf("memfd says: %s\n", pread(i->fd, text, 15, 0) > 0 ? text : error_name(errno));
		else if (!strcmp(i->name, "proc"))
			try_processes(i);
		else if (!strcmp(i->name, "proc-self"))
			try_giver(i);
		else if (!strcmp(i->name, "cgroups"))
			try_cgroups(i);
		else if (!strncmp(i->name, "ns-", 3))
			try_setns(i);
		else if (!strcmp(i->name, "pidfd"))
			try_process(i);
		else if (!strcmp(i->name, "set-uid"))
			try_set_uid(i);
		else if (!strcmp(i->name, "tcp"))
			try_socket(i);
		else if (!strcmp(i->name, "mount"))
			try_mount(i);
	}
	/* Last, since it changes our own session. */
	for (size_t n = 0; n < n_items; n++)
		if (!strcmp(items[n].name, "ptmx") && items[n].fd >= 0)
			try_terminal(&items[n]);
	return 0;
}

/* Write all over the first that came, by many processes and past the page cache where that can
 * be, until we are ended. */
static void scribble(int fd)
{
	static char text[1 << 20] __attribute__((aligned(4096)));
	pid_t parent = getpid();

	if (fd < 0)
		return;
	(void)fcntl(fd, F_SETFL, O_DIRECT);
	for (unsigned int i = 0; i < 16; i++) {
		if (fork() != 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (unsigned int n = i; getppid() == parent; n += 7)
			(void)!pwrite(fd, text, sizeof text, (off_t)(n % 40) * (off_t)sizeof text);
		_exit(0);
	}
}

static int keep(const char *path, bool write_to_it)
{
	int s = listen_at(path), conn;

	while ((conn = accept(s, NULL, NULL)) >= 0) {
		receive_all(conn);
		(void)close(conn);
		if (write_to_it && n_items > 0)
			scribble(items[0].fd);
		printf("kept\n");
		fflush(stdout);
	}
	return give_up("accept"), 1;
}

/* Lock what of the file is in the page cache there, by as many processes as that takes. */
static int lock(const char *path)
{
	const off_t part = 1 << 22;
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return give_up(path), 1;
	for (off_t at = 0; at < st.st_size; at += part) {
		pid_t parent = getpid();
		int said[2];
		char byte;

		if (pipe(said) < 0)
			return give_up("pipe"), 1;
		if (fork() == 0) {
			void *p = mmap(NULL, (size_t)part, PROT_READ, MAP_SHARED, fd, at);

			(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			if (getppid() != parent || p == MAP_FAILED || mlock(p, (size_t)part) < 0)
				_exit(1);
			(void)!write(said[1], "", 1);
			for (;;)
				pause();
		}
		(void)close(said[1]);
		if (read(said[0], &byte, 1) != 1)
			return give_up("mlock"), 1;
		(void)close(said[0]);
	}
	printf("kept\n");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const bool listens = argc > 1 && !strcmp(argv[1], "listen");
	const char *verb = argc > 3 ? argv[3] : "";

	if (argc == 2 && !strcmp(argv[1], "ids")) {
		printf("ids: %u %u\n", getuid(), geteuid());
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "lock"))
		return lock(argv[2]);
	if (argc >= 4 && (listens || !strcmp(argv[1], "connect"))) {
		if (!strcmp(verb, "give")) {
			open_all(argv[2], argv[4]);
			return give(meet(listens, argv[2]));
		}
		if (!strcmp(verb, "take"))
			return take(meet(listens, argv[2]), argv + 4);
		if (!strcmp(verb, "keep"))
			return keep(argv[2], false);
		if (!strcmp(verb, "scribble"))
			return keep(argv[2], true);
		if (!strcmp(verb, "fill") && argv[4])
			return fill(meet(listens, argv[2]), atol(argv[4]), argv[5]);
	}
	fprintf(stderr, "usage: fdpass listen|connect SOCKET give|take|keep|scribble|fill [FILE...]\n");
	return 2;
}
