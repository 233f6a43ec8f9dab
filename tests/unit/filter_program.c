/* SPDX-License-Identifier: MIT */
/*
 * The filters' programs, run call by call: those that are built in, and what is made of a
 * text.  What is expected stands here, apart from the rules that they are made of.
 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "filter/builtin.h"
#include "filter/program.h"
#include "bpf.h"
#include "tap.h"

enum { D, DR, DN, S, O, R, SORTS };

static const struct {
	const char *name;
	enum filter_kind kind;
	unsigned variant;
} sorts[SORTS] = {
	[D] = {"default", FILTER_DEFAULT, 0},
	[DR] = {"default with a root inside", FILTER_DEFAULT, FILTER_ROOT},
	[DN] = {"default, nested", FILTER_DEFAULT, FILTER_NESTED},
	[S] = {"strict", FILTER_STRICT, 0},
	[O] = {"off", FILTER_OFF, 0},
	[R] = {"off with a root inside", FILTER_OFF, FILTER_ROOT},
};

#define HIGH (UINT64_C(0xabcdef12) << 32)

/* 0: allowed. */
static const struct {
	const char *call;
	uint64_t a, b;
	int want[SORTS]; /* D, DR, DN, S, O, R */
} cases[] = {
	/* what everybody needs */
	{"read", 0, 0, {0}},
	{"openat", 0, 0, {0}},
	{"openat2", 0, 0, {0}},
	{"execve", 0, 0, {0}},
	{"execveat", 0, 0, {0}},
	{"futex", 0, 0, {0}},
	{"futex_wait", 0, 0, {0}},
	{"rseq", 0, 0, {0}},
	{"fchmodat2", 0, 0, {0}},
	{"landlock_restrict_self", 0, 0, {0}},
	{"seccomp", 0, 0, {0}},
	{"setresuid", 0, 0, {0}},
	{"clone", SIGCHLD, 0, {0}},
	{"clone", 0x3d0f00, 0, {0}},
	{"unshare", 0x400, 0, {0}},
	{"unshare", 0x02000000, 0, {0}},
	{"socket", AF_UNIX, 0, {0}},
	{"socket", AF_INET, 0, {0}},
	{"socket", AF_INET6, 0, {0}},
	{"socket", AF_NETLINK, 0, {0}},
	{"socketpair", AF_UNIX, 0, {0}},
	{"ioctl", 0, 0x5401, {0}},
	{"ioctl", 0, 0x5413 | HIGH, {0}},
	{"keyctl", 1, 0, {0}},
	/* debuggers */
	{"ptrace", 0, 0, {0, 0, 0, EPERM, 0, 0}},
	{"process_vm_readv", 0, 0, {0, 0, 0, EPERM, 0, 0}},
	{"process_vm_writev", 0, 0, {0, 0, 0, EPERM, 0, 0}},
	{"personality", 0, 0, {0, 0, 0, EPERM, 0, 0}},
	{"personality", 0x40000, 0, {0, 0, 0, EPERM, 0, 0}},
	{"personality", 0xffffffff, 0, {0, 0, 0, EPERM, 0, 0}},
	{"personality", 0x400000, 0, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"personality", 0x80000000, 0, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"personality", 0xfffffffe, 0, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"personality", 0x100000 | HIGH, 0, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	/* what no jail has */
	{"io_uring_setup", 0, 0, {ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS}},
	{"io_uring_enter", 0, 0, {ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS}},
	{"add_key", 0, 0, {ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS}},
	{"request_key", 0, 0, {ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS}},
	{"keyctl", 0, 0, {ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS}},
	{"keyctl", 11 | HIGH, 0, {ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS}},
#define NO_FAMILY(f)                                                                          \
	{"socket", f, 0, {EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, \
			  EAFNOSUPPORT}},                                                     \
	{"socket", (f) | HIGH, 0, {EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT,      \
				   EAFNOSUPPORT, EAFNOSUPPORT}},                              \
	{"socketpair", f, 0, {EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT,           \
			      EAFNOSUPPORT, EAFNOSUPPORT}}
	NO_FAMILY(AF_VSOCK),
	NO_FAMILY(AF_ALG),
	NO_FAMILY(AF_PACKET),
	NO_FAMILY(AF_BLUETOOTH),
	NO_FAMILY(AF_CAN),
	NO_FAMILY(AF_TIPC),
	NO_FAMILY(AF_XDP),
	/* terminals */
	{"ioctl", 0, 0x5412, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"ioctl", 0, 0x5412 | HIGH, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"ioctl", 0, 0x541c, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"ioctl", 0, 0x541c | HIGH, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	/* namespaces */
#define NO_CLONE(flag) {"clone", (flag) | SIGCHLD, 0, {EPERM, EPERM, 0, EPERM, 0, EPERM}}
	NO_CLONE(0x10000000),
	NO_CLONE(0x00020000),
	NO_CLONE(0x02000000),
	NO_CLONE(0x04000000),
	NO_CLONE(0x08000000),
	NO_CLONE(0x20000000),
	NO_CLONE(0x40000000),
	NO_CLONE(0x10000000 | 0x200 | HIGH),
#define NO_UNSHARE(flag) {"unshare", flag, 0, {EPERM, EPERM, 0, EPERM, 0, EPERM}}
	NO_UNSHARE(0x10000000),
	NO_UNSHARE(0x00020000),
	NO_UNSHARE(0x02000000 | 0x10000000),
	NO_UNSHARE(0x04000000),
	NO_UNSHARE(0x08000000),
	NO_UNSHARE(0x20000000),
	NO_UNSHARE(0x40000000),
	NO_UNSHARE(0x00000080),
	{"clone3", 0, 0, {ENOSYS, ENOSYS, 0, ENOSYS, 0, ENOSYS}},
	{"setns", 0, 0, {EPERM, EPERM, 0, EPERM, 0, EPERM}},
	/* mounts */
#define NO_MOUNT(name) {name, 0, 0, {EPERM, EPERM, 0, EPERM, 0, EPERM}}
	NO_MOUNT("mount"),
	NO_MOUNT("umount2"),
	NO_MOUNT("pivot_root"),
	NO_MOUNT("open_tree"),
	NO_MOUNT("open_tree_attr"),
	NO_MOUNT("move_mount"),
	NO_MOUNT("fsopen"),
	NO_MOUNT("fsconfig"),
	NO_MOUNT("fsmount"),
	NO_MOUNT("fspick"),
	NO_MOUNT("mount_setattr"),
	NO_MOUNT("sethostname"),
	{"chroot", 0, 0, {EPERM, 0, 0, EPERM, 0, 0}},
	/* the machine, and what is much of the kernel */
#define NO_MACHINE(name) {name, 0, 0, {EPERM, EPERM, EPERM, EPERM, 0, EPERM}}
	NO_MACHINE("open_by_handle_at"),
	NO_MACHINE("bpf"),
	NO_MACHINE("perf_event_open"),
	NO_MACHINE("userfaultfd"),
	NO_MACHINE("fanotify_init"),
	NO_MACHINE("kexec_load"),
	NO_MACHINE("kexec_file_load"),
	NO_MACHINE("init_module"),
	NO_MACHINE("finit_module"),
	NO_MACHINE("delete_module"),
	NO_MACHINE("reboot"),
	NO_MACHINE("swapon"),
	NO_MACHINE("acct"),
	NO_MACHINE("quotactl"),
	NO_MACHINE("settimeofday"),
	NO_MACHINE("clock_settime"),
	NO_MACHINE("syslog"),
	NO_MACHINE("vhangup"),
	{"pidfd_getfd", 0, 0, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"move_pages", 0, 0, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	{"lookup_dcookie", 0, 0, {EPERM, EPERM, EPERM, EPERM, 0, 0}},
	/* PID 1, which has the uid of a root inside */
	{"prlimit64", 1, 0, {0, EPERM, 0, 0, 0, EPERM}},
	{"prlimit64", 1 | HIGH, 0, {0, EPERM, 0, 0, 0, EPERM}},
	{"prlimit64", 2, 0, {0}},
	{"sched_setaffinity", 1, 0, {0, EPERM, 0, 0, 0, EPERM}},
	{"setpriority", 0, 1, {0, EPERM, 0, 0, 0, EPERM}},
	{"setpriority", 0, 2, {0}},
	{"setpriority", 2, 0, {0, EPERM, 0, 0, 0, EPERM}},
};

static uint32_t ask(const struct sock_filter *f, size_t len, uint32_t arch, int nr, uint64_t a, uint64_t b)
{
	const struct seccomp_data data = {.arch = arch, .nr = nr, .args = {a, b}};

	return bpf_run(f, len, &data);
}

static uint32_t action(int e)
{
	return e ? SECCOMP_RET_ERRNO | (uint32_t)e : SECCOMP_RET_ALLOW;
}

static void look(int sort)
{
	const uint32_t arch = seccomp_arch_native();
	size_t len, wrong = 0;
	const struct sock_filter *f = filter_builtin(sorts[sort].kind, sorts[sort].variant, &len);

	ok(len > 0 && len < BPF_MAXINSNS, "%s: %zu instructions", sorts[sort].name, len);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const bool second = strcmp(cases[i].call, "clone") == 0 && clone_flags_at(arch) == 1;
		int nr = call_number(cases[i].call);
		uint32_t got = second ? ask(f, len, arch, nr, cases[i].b, cases[i].a) :
					ask(f, len, arch, nr, cases[i].a, cases[i].b);

		if (nr == CALL_ELSEWHERE || got == action(cases[i].want[sort]))
			continue;
		wrong++;
		printf("# %s(%#llx, %#llx): got %#x\n", cases[i].call, (unsigned long long)cases[i].a,
		       (unsigned long long)cases[i].b, got);
	}
	is_int(wrong, 0, "%s: each call has what it shall have", sorts[sort].name);
}

/* Number by number, and those that are not of this machine. */
static void numbers(int sort)
{
	const uint32_t arch = seccomp_arch_native();
	const bool open = sorts[sort].kind == FILTER_OFF;
	size_t len, broken = 0, foreign = 0, newer = 0, holes = 0;
	const struct sock_filter *f = filter_builtin(sorts[sort].kind, sorts[sort].variant, &len);

	for (int nr = 0; nr < 2048; nr++) {
		uint32_t got = ask(f, len, arch, nr, 0, 0);

		broken += got == BPF_BROKEN;
		newer += nr >= CALL_END && got != action(open ? 0 : ENOSYS);
		holes += nr < CALL_END && !open && !call_exists(nr) && got != action(ENOSYS);
		foreign += ask(f, len, AUDIT_ARCH_I386, nr, 0, 0) != action(ENOSYS);
#ifdef __x86_64__
		foreign += ask(f, len, arch, nr | 0x40000000, 0, 0) != action(ENOSYS);
#endif
	}
	is_int(broken, 0, "%s: the program ends for each number", sorts[sort].name);
	is_int(newer, 0, "%s: newer calls %s", sorts[sort].name, open ? "are as they are" : "are not there");
	is_int(holes, 0, "%s: nor are numbers of none", sorts[sort].name);
	is_int(foreign, 0, "%s: nor calls of other machines", sorts[sort].name);
	is_int(ask(f, len, arch, -1, 0, 0), SECCOMP_RET_ALLOW, "%s: a call that a tracer took is none",
	       sorts[sort].name);
}

static char said[400];

static void note(void *arg, unsigned line, const char *text)
{
	(void)arg;
	snprintf(said, sizeof said, "%u: %s", line, text);
}

static int of_text(const char *text, unsigned variant, struct profile *p)
{
	said[0] = '\0';
	return profile_read(text, variant, p, note, NULL);
}

static void texts(void)
{
	static const struct {
		const char *text, *said;
		unsigned variant;
	} wrong[] = {
		{"include default\nallow raed\n", "2: there is no system call 'raed'", 0},
		{"\n# x\nallow\n", "3: name a system call after it", 0},
		{"errno EBADNAME read\n", "1: write 'errno ERROR CALL ...'", 0},
		{"errno\n", "1: write 'errno ERROR CALL ...'", 0},
		{"errno EPERM\n", "1: name a system call", 0},
		{"allow getpid\ninclude default\n", "2: include comes before all other", 0},
		{"include off\n", "1: write 'include default' or", 0},
		{"include /etc/passwd\n", "1: write 'include default' or", 0},
		{"include default strict\n", "1: write 'include default' or", 0},
		{"permit read\n", "1: unknown rule 'permit'", 0},
		{"allow io_uring_setup\n", "1: no such jail can have 'io_uring_setup'", 0},
		{"include default\nallow add_key\n", "2: no such jail can have 'add_key'", 0},
		{"allow bpf\n", "1: no such jail can have 'bpf'", FILTER_ROOT},
		{"allow mount\n", "1: no such jail can have 'mount'", FILTER_ROOT},
		{"allow clone3\n", "1: no such jail can have 'clone3'", FILTER_ROOT},
		{"include strict\n", "1: with nested = yes it can't be 'strict'", FILTER_NESTED},
		{"include default\nerrno EPERM execve\n", "2: no session could begin without 'execve'", 0},
	};
	static struct sock_filter f[BPF_MAXINSNS];
	static struct profile p, q;
	const uint32_t arch = seccomp_arch_native();
	struct err err;
	size_t n;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		is_int(of_text(wrong[i].text, wrong[i].variant, &p), -EINVAL, "text %zu is wrong", i);
		ok(strncmp(said, wrong[i].said, strlen(wrong[i].said)) == 0, "and why: %s", said);
	}
	is_int(of_text("include default\nallow bpf\terrno\n", 0, &p), -EINVAL, "a rule a line");
	is_int(of_text("include default\n  allow bpf perf_event_open # no comment\n", 0, &p), -EINVAL,
	       "comments have lines of their own");

	is_int(of_text("# mine\ninclude default\r\nallow bpf chown32\nerrno EACCES ptrace\nerrno ENOSYS bpf\nallow bpf",
		       0, &p), 0, "a text: %s", said);
	n = (size_t)program_make(&p, f, &err);
	ok(n < BPF_MAXINSNS, "its program");
	is_int(ask(f, n, arch, call_number("bpf"), 0, 0), action(0), "what is said last holds");
	is_int(ask(f, n, arch, call_number("ptrace"), 0, 0), action(EACCES), "an error of its own");
	is_int(ask(f, n, arch, call_number("read"), 0, 0), action(0), "the included");
	is_int(ask(f, n, arch, call_number("mount"), 0, 0), action(EPERM), "and no more");
	is_int(ask(f, n, arch, call_number("io_uring_setup"), 0, 0), action(ENOSYS), "the floor");
	is_int(ask(f, n, arch, call_number("ioctl"), 0, 0x5412), action(EPERM), "and arguments");

	is_int(of_text("", 0, &p), 0, "an empty text");
	n = (size_t)program_make(&p, f, &err);
	is_int(ask(f, n, arch, call_number("unlink"), 0, 0), action(EPERM), "allows nothing");
	is_int(ask(f, n, arch, call_number("clone3"), 0, 0), action(ENOSYS),
	       "of what libraries do without, seems not there");
	is_int(ask(f, n, arch, call_number("setresuid"), 0, 0), action(0), "but what a session begins with");
	is_int(ask(f, n, arch, call_number("socketpair"), AF_ALG, 0), action(EAFNOSUPPORT), "if with these arguments");
	is_int(ask(f, n, arch, call_number("add_key"), 0, 0), action(ENOSYS), "above the floor");

	is_int(of_text("include default\n", FILTER_NESTED, &p), 0, "an include");
	is_int(profile_builtin("default", FILTER_NESTED, &q, &err), 0, "and what it includes");
	ok(memcmp(p.refuse, q.refuse, sizeof p.refuse) == 0, "are the same");
}

/* What a text's own lines say last of a call. */
enum word { SAYS_NOTHING, SAYS_ALLOW, SAYS_ERRNO };

static enum word says(const char *text, const char *name)
{
	const size_t len = strlen(name);
	enum word last = SAYS_NOTHING;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const enum word rule = strncmp(text, "allow ", 6) == 0 ? SAYS_ALLOW :
				       strncmp(text, "errno ", 6) == 0 ? SAYS_ERRNO : SAYS_NOTHING;

		if (rule == SAYS_NOTHING)
			continue;
		for (const char *at = text; *at && *at != '\n'; at += strcspn(at, " \n"), at += *at == ' ')
			if (strncmp(at, name, len) == 0 && (!at[len] || at[len] == ' ' || at[len] == '\n'))
				last = rule;
	}
	return last;
}

/* The call of which name is another machine's, with more bits: "" for none. */
static void plain_name(const char *name, char *ret, size_t size)
{
	static const char *const ends[] = {"_time64", "64_64", "64", "32"};
	size_t len = strlen(name);

	*ret = '\0';
	for (size_t i = 0; i < sizeof ends / sizeof *ends && !*ret; i++) {
		size_t n = strlen(ends[i]);

		if (len > n && strcmp(name + len - n, ends[i]) == 0)
			snprintf(ret, size, "%.*s", (int)(len - n), name);
	}
}

/* Machines that this is not: a call that has more bits there is treated as the one that has not. */
static void machines(void)
{
	static const uint32_t all[] = {
		SCMP_ARCH_X86, SCMP_ARCH_X86_64, SCMP_ARCH_ARM, SCMP_ARCH_AARCH64, SCMP_ARCH_MIPS,
		SCMP_ARCH_MIPSEL64, SCMP_ARCH_PPC, SCMP_ARCH_PPC64, SCMP_ARCH_PPC64LE, SCMP_ARCH_S390,
		SCMP_ARCH_S390X, SCMP_ARCH_PARISC, SCMP_ARCH_RISCV64,
	};
	const char *def = profile_text("default"), *strict = profile_text("strict");
	size_t compared = 0, wrong = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (int nr = 0; nr < 7000; nr++) {
			char *name = seccomp_syscall_resolve_num_arch(all[i], nr), plain[64];

			plain_name(name ? name : "", plain, sizeof plain);
			for (int k = 0; *plain && k < 2; k++) {
				const char *text = k ? strict : def;
				enum word want = says(text, plain);

				compared += want != SAYS_NOTHING;
				if (want == SAYS_NOTHING || says(text, name) == want)
					continue;
				wrong++;
				printf("# machine %#x: %s says nothing of %s\n", all[i], k ? "strict" : "default",
				       name);
			}
			free(name);
		}
	ok(compared > 100, "calls that have more bits elsewhere");
	is_int(wrong, 0, "are what those are that have not");
	is_int(clone_flags_at(SCMP_ARCH_X86_64) + clone_flags_at(SCMP_ARCH_AARCH64) +
	       clone_flags_at(SCMP_ARCH_PPC64LE) + clone_flags_at(SCMP_ARCH_RISCV64), 0,
	       "the flags of clone come first");
	ok(clone_flags_at(SCMP_ARCH_S390X) == 1 && clone_flags_at(SCMP_ARCH_S390) == 1, "but second here");
}

int main(void)
{
	for (int sort = 0; sort < SORTS; sort++) {
		look(sort);
		numbers(sort);
	}
	texts();
	machines();
	return done_testing();
}
