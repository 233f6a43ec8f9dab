# SPDX-License-Identifier: MIT
#
# Part of the Makefile: the fault sweep of the tests.

sweep_src := $(filter-out tests/sweep/pam_%,$(wildcard tests/sweep/*.c))

sweep-program: $B/tests/sweep/sweep $B/tests/sweep/pam_mark.so

$B/tests/sweep/pam_mark.so: tests/sweep/pam_mark.c tests/sweep/sweep.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -fPIC -shared -o $@ $<

$B/tests/sweep/sweep: $(sweep_src) tests/sweep/sweep.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -o $@ $(sweep_src) -lpam -lseccomp
