/* SPDX-License-Identifier: MIT */
/*
 * libseccomp's default is to allow, and each call that the profile refuses is a rule: so
 * the arguments that are not to be had can be rules as well, which only name what is
 * refused.  What it can't say is done by a few instructions before its own:
 *
 *  - other machines' calls (i386, x32) are not there, as where the kernel has none;
 *  - nor are calls that are newer than the profile;
 *  - personality(0xffffffff) only asks.
 *
 * Arguments that are refused:
 *
 *  socket, socketpair  families that a network namespace does not confine (AF_VSOCK
 *                      speaks to the hypervisor), or that load rarely used kernel code
 *                      (AF_ALG, AF_PACKET and the like)
 *  keyctl              all but a session keyring of one's own
 *  ioctl               TIOCSTI and TIOCLINUX, which type into a terminal
 *  personality         all but what setarch and debuggers set: 0, PER_LINUX32, UNAME26,
 *                      ADDR_NO_RANDOMIZE
 *  clone, unshare      namespaces, unless nested
 *  and for a jail with a root of its own, the limits and the scheduling of PID 1
 *
 * Where a C library makes sockets by socketcall(2) (some for i386 and s390), there are none: that call has
 * its arguments in memory, where no filter sees them.
 *
 * The kernel looks at the low half of an int, so must we.
 */
#include "filter/program.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/scope.h"

#define LOW 0xffffffffu
#define REFUSE(e) ((uint32_t)SCMP_ACT_ERRNO(e))
#define A0_IS(v) SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, (scmp_datum_t)(v))
#define A1_IS(v) SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, (scmp_datum_t)(v))

static const int session_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* Families that the kernel knows; a number above is refused by itself. */
#define FAMILY_END 64

/* By which calls: their first argument says what of. */
static const int pid_calls[] = {
	SCMP_SYS(prlimit64), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler),
	SCMP_SYS(sched_setparam), SCMP_SYS(sched_setattr),
};

#define CLONE_NEW_ANY                                                                                  \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
	 CLONE_NEWNET)

#define PERSONA_ANY (PER_LINUX32 | UNAME26 | ADDR_NO_RANDOMIZE)

/* A rule about a call's argument, unless there is no such call, or none at all of it. */
static int add(scmp_filter_ctx ctx, const struct profile *p, uint32_t action, int call, unsigned n,
	       struct scmp_arg_cmp a, struct scmp_arg_cmp b)
{
	const struct scmp_arg_cmp args[] = {a, b};

	if (call < 0 || call >= CALL_END || p->refuse[call])
		return 0;
	return seccomp_rule_add_array(ctx, action, call, n, args);
}

#define ADD(action, call, a) (r = r ? r : add(ctx, p, (action), SCMP_SYS(call), 1, (a), (a)))

static bool family_allowed(int family)
{
	for (size_t i = 0; i < sizeof session_families / sizeof *session_families; i++)
		if (session_families[i] == family)
			return true;
	return false;
}

static int add_always(scmp_filter_ctx ctx, const struct profile *p)
{
	int r = 0;

	ADD(REFUSE(ENOSYS), keyctl, SCMP_A0(SCMP_CMP_NE, KEYCTL_JOIN_SESSION_KEYRING));
	for (int f = 0; f < FAMILY_END; f++)
		if (!family_allowed(f)) {
			ADD(REFUSE(EAFNOSUPPORT), socket, A0_IS(f));
			ADD(REFUSE(EAFNOSUPPORT), socketpair, A0_IS(f));
		}
	return r;
}

static int add_closed(scmp_filter_ctx ctx, const struct profile *p)
{
	int r = 0;

	ADD(REFUSE(EPERM), ioctl, A1_IS(TIOCSTI));
	ADD(REFUSE(EPERM), ioctl, A1_IS(TIOCLINUX));
	for (unsigned bit = 0; bit < 32; bit++) {
		const scmp_datum_t flag = (scmp_datum_t)1 << bit;

		if (!(PERSONA_ANY & flag))
			ADD(REFUSE(EPERM), personality, SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
	}
	return r;
}

static int add_spaces(scmp_filter_ctx ctx, const struct profile *p)
{
	int r = 0;

	/* clone makes a namespace if any of its flags says so. */
	for (unsigned bit = 0; bit < 32; bit++) {
		const scmp_datum_t flag = (scmp_datum_t)1 << bit;

		if (CLONE_NEW_ANY & flag)
			ADD(REFUSE(EPERM), clone, CLONE_HAS(flag));
		/* PID 1 still has to unshare that of cgroups, once; without its capability, and
		 * with the limit that it sets then, nobody can after it. */
		if ((CLONE_NEW_ANY & ~CLONE_NEWCGROUP & flag) || flag == CLONE_NEWTIME)
			ADD(REFUSE(EPERM), unshare, SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
	}
	return r;
}

/* PID 1 has root's uid, which is all that the kernel asks for. */
static int add_root(scmp_filter_ctx ctx, const struct profile *p)
{
	const uint32_t eperm = REFUSE(EPERM);
	const struct {
		int call;
		scmp_datum_t process, group, user;
	} calls[] = {{SCMP_SYS(setpriority), PRIO_PROCESS, PRIO_PGRP, PRIO_USER},
		     {SCMP_SYS(ioprio_set), IOPRIO_WHO_PROCESS, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER}};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof pid_calls / sizeof *pid_calls; i++)
		r = add(ctx, p, eperm, pid_calls[i], 1, A0_IS(1), A0_IS(1));
	/* The same of groups of processes, of which it may be one. */
	for (size_t i = 0; !r && i < sizeof calls / sizeof *calls; i++) {
		r = add(ctx, p, eperm, calls[i].call, 2, A0_IS(calls[i].process), A1_IS(1));
		r = r ? r : add(ctx, p, eperm, calls[i].call, 1, A0_IS(calls[i].group), A0_IS(0));
		r = r ? r : add(ctx, p, eperm, calls[i].call, 1, A0_IS(calls[i].user), A0_IS(0));
	}
	return r;
}

static int add_rules(scmp_filter_ctx ctx, const struct profile *p)
{
	const bool spaces = !(p->variant & FILTER_NESTED) && ((p->variant & FILTER_ROOT) || !p->open);
	int r = 0;

	for (int call = 0; !r && call < CALL_END; call++)
		if (p->refuse[call])
			r = seccomp_rule_add(ctx, REFUSE(p->refuse[call]), call, 0);
	r = r ? r : add_always(ctx, p);
	if (!r && !p->open)
		r = add_closed(ctx, p);
	if (!r && spaces)
		r = add_spaces(ctx, p);
	if (!r && (p->variant & FILTER_ROOT))
		r = add_root(ctx, p);
	return r;
}

/* The low half of an argument. */
#define ARG_LOW(n) \
	(offsetof(struct seccomp_data, args[n]) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))

/* From here on they are none: -1 is what a tracer makes of a call that shall not be.
 * 32-bit arm has some of its own there. */
#if defined(__arm__)
#define CALLS_ABOVE 0x000f0000u
#else
#define CALLS_ABOVE LOW
#endif

/* What libseccomp can't say. Returns how many instructions that takes. */
static size_t put_before(const struct profile *p, struct sock_filter *out)
{
	const uint32_t asks = p->refuse[SCMP_SYS(personality)] ? CALL_END : (uint32_t)SCMP_SYS(personality);
	const struct sock_filter closed[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CALL_END, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, asks, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG_LOW(0)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOW, 2, 3),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CALLS_ABOVE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	if (p->open)
		return 0;
	memcpy(out, closed, sizeof closed);
	return sizeof closed / sizeof *closed;
}

int program_export(scmp_filter_ctx ctx, struct sock_filter *out, size_t room, struct err *err)
{
	_cleanup_fclose_ FILE *tmp = tmpfile();
	size_t n;
	int r;

	if (!tmp)
		return err_set(err, -errno, "a temporary file");
	r = seccomp_export_bpf(ctx, fileno(tmp));
	if (r)
		return err_set(err, r, "libseccomp can't make a program of it");
	rewind(tmp);
	n = fread(out, sizeof *out, room, tmp);
	if (n == 0 || ferror(tmp))
		return err_set(err, -EIO, "reading the program");
	if (n == room)
		return err_set(err, -E2BIG, "its program is too long");
	return (int)n;
}

int program_make(const struct profile *p, struct sock_filter *out, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	size_t before;
	int r;

	if (!ctx)
		return err_set(err, -ENOMEM, "libseccomp");
	before = put_before(p, out);
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, REFUSE(ENOSYS));
	if (!r)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!r)
		r = add_rules(ctx, p);
	if (r)
		err_set(err, r, "libseccomp refuses a rule");
	else
		r = program_export(ctx, out + before, BPF_MAXINSNS - before, err);
	seccomp_release(ctx);
	return r < 0 ? r : r + (int)before;
}
