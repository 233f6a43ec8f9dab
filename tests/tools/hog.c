/* SPDX-License-Identifier: MIT */
/*
 * hog WHAT [AT-MOST]: takes as many of something as it can get, prints how many
 * these were and, as a word, the error that ended it.  hog WHAT N hold: keeps
 * them until standard input ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int take_inotify(long n)
{
	(void)n;
	return inotify_init1(0) < 0 ? -errno : 0;
}

static int take_watch(long n)
{
	static int fd = -1;
	char path[64];

	if (fd < 0)
		fd = inotify_init1(0);
	snprintf(path, sizeof(path), "/tmp/hog.%d.%ld", (int)getpid(), n);
	int file = open(path, O_CREAT | O_WRONLY, 0600);

	if (file < 0)
		return -errno;
	close(file);
	return inotify_add_watch(fd, path, IN_MODIFY) < 0 ? -errno : 0;
}

static void name_mqueue(char name[64], long n)
{
	snprintf(name, 64, "/hog.%d.%ld", (int)getpid(), n);
}

/* Queues outlive the process. */
static void drop_mqueues(long n)
{
	char name[64];

	while (n-- > 0) {
		name_mqueue(name, n);
		mq_unlink(name);
	}
}

static int take_mqueue(long n)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1024 };
	char name[64];
	mqd_t q;

	name_mqueue(name, n);
	q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	if (q < 0)
		return -errno;
	mq_close(q);
	return 0;
}

static int take_pty(long n)
{
	(void)n;
	return posix_openpt(O_RDWR | O_NOCTTY) < 0 ? -errno : 0;
}

static int take_key(long n)
{
	char name[64], text[16];

	memset(text, 'x', sizeof(text));
	snprintf(name, sizeof(name), "hog.%d.%ld", (int)getpid(), n);
	return syscall(SYS_add_key, "user", name, text, sizeof(text), KEY_SPEC_PROCESS_KEYRING) < 0 ?
		       -errno :
		       0;
}

static int take_pid(long n)
{
	pid_t pid = fork();

	(void)n;
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return 0;
}

static int take_megabyte(long n)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)n;
	if (p == MAP_FAILED)
		return -errno;
	memset(p, 1, 1 << 20);
	return 0;
}

/* A hundredth of a second of a processor. */
static int take_cpu(long n)
{
	struct timespec t;
	long until = (n + 1) * 10;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < until);
	return 0;
}

/* Room for a megabyte that is not used: PROT_NONE, or what counts as data. */
static int take_address(long n)
{
	(void)n;
	return mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -errno : 0;
}

static int take_data(long n)
{
	(void)n;
	return mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ?
		       -errno :
		       0;
}

static int take_lock(long n)
{
	void *p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)n;
	return p == MAP_FAILED || mlock(p, 1 << 16) < 0 ? -errno : 0;
}

/* A file, 64K at a time. */
static int grow(const char *dir, long n)
{
	static char block[1 << 16];
	static int fd = -1;
	char path[64];

	(void)n;
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/hog.%d", dir, (int)getpid());
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
		unlink(path);
		signal(SIGXFSZ, SIG_IGN);
		memset(block, 1, sizeof(block));
	}
	ssize_t w = write(fd, block, sizeof(block));

	return w == sizeof(block) ? 0 : w < 0 ? -errno : -ENOSPC;
}

static int take_size(long n)
{
	return grow("/var/tmp", n);
}

static int take_shm(long n)
{
	return grow("/dev/shm", n);
}

/* 64K of the stack; where there is no more, the handler has another one. */
static sigjmp_buf no_more;

static void overflown(int sig)
{
	(void)sig;
	siglongjmp(no_more, 1);
}

static long __attribute__((noinline)) deeper(long most, volatile long *depth)
{
	volatile char frame[1 << 16];

	frame[0] = 1;
	if (++*depth < most)
		deeper(most, depth);
	return frame[0];
}

static int take_stack(long most)
{
	static char spare[1 << 16];
	const stack_t other = { .ss_sp = spare, .ss_size = sizeof(spare) };
	struct sigaction act = { .sa_handler = overflown, .sa_flags = SA_ONSTACK };
	static volatile long depth;

	sigaltstack(&other, NULL);
	sigaction(SIGSEGV, &act, NULL);
	if (sigsetjmp(no_more, 1) == 0)
		deeper(most, &depth);
	return (int)depth;
}

static int take_socket(long n)
{
	(void)n;
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? -errno : 0;
}

static int take_file(long n)
{
	(void)n;
	return open("/dev/null", O_RDONLY) < 0 ? -errno : 0;
}

/* Descriptors in flight: each pair's queue holds one more. */
static int take_flight(long n)
{
	static int pair[2] = { -1, -1 };
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { .iov_base = control, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	if (n % 100 == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		return -errno;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pair[0], sizeof(int));
	return sendmsg(pair[1], &m, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static const struct {
	const char *name;
	int (*take)(long n);
} kinds[] = {
	{ "inotify", take_inotify }, { "watch", take_watch },	  { "mqueue", take_mqueue },
	{ "pty", take_pty },	     { "key", take_key },	  { "pid", take_pid },
	{ "memory", take_megabyte }, { "file", take_file },	  { "flight", take_flight },
	{ "cpu", take_cpu },	     { "address", take_address }, { "data", take_data },
	{ "lock", take_lock },	     { "size", take_size },	  { "shm", take_shm },
	{ "socket", take_socket },
};

int main(int argc, char **argv)
{
	long most = argc > 2 ? strtol(argv[2], NULL, 10) : 1000000;
	struct rlimit r;
	long n = 0;
	int e = 0;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (argc > 2 && !strcmp(argv[1], "stack")) {
		n = take_stack(most);
		printf("%ld %s\n", n, n < most ? "EFAULT" : "enough");
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[1]))
			continue;
		while (n < most && !e) {
			e = kinds[i].take(n);
			n += !e;
		}
		printf("%ld %s\n", n, e ? strerrorname_np(-e) : "enough");
		fflush(stdout);
		if (argc > 3)
			while (getchar() != EOF)
				;
		signal(SIGTERM, SIG_IGN);
		if (!strcmp(argv[1], "mqueue"))
			drop_mqueues(n);
		if (!strcmp(argv[1], "pid"))
			kill(0, SIGTERM);
		return 0;
	}
	fprintf(stderr, "usage: hog WHAT [AT-MOST [hold]]\n");
	return 2;
}
