/* SPDX-License-Identifier: MIT */
/* What the kernel does with a filter's program, for those instructions that seccomp(2) has. */
#ifndef TESTS_UNIT_BPF_H
#define TESTS_UNIT_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An action that no filter returns: the program is wrong, and the kernel would say so. */
#define BPF_BROKEN 0xdeadu

static uint32_t bpf_run(const struct sock_filter *f, size_t len, const struct seccomp_data *data)
{
	uint32_t a = 0, mem[BPF_MEMWORDS] = {0};

	for (size_t at = 0; at < len; at++) {
		const struct sock_filter *i = &f[at];
		bool yes;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k % 4 || i->k > sizeof *data - 4)
				return BPF_BROKEN;
			memcpy(&a, (const char *)data + i->k, sizeof a);
			continue;
		case BPF_LD | BPF_MEM:
			a = mem[i->k % BPF_MEMWORDS];
			continue;
		case BPF_ST:
			mem[i->k % BPF_MEMWORDS] = a;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			at += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & i->k) != 0;
			break;
		default:
			return BPF_BROKEN;
		}
		at += yes ? i->jt : i->jf;
	}
	return BPF_BROKEN;
}

#endif
