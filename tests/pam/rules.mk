# SPDX-License-Identifier: MIT
#
# Part of the Makefile: what the tests of the PAM module need.

# The module as it is, but for where it looks for loginjail-setup: below the
# directory that a test is in.
fake_module := $B/tests/pam/lib/pam_loginjail.so
fake_setup := $B/tests/pam/libexec/loginjail-setup

$(addprefix $B/tests/pam/,$(pam_tests)): $(fake_module) $(fake_setup)

$(fake_module): $(pam_src) $(wildcard pam_module/*.h helper/lib/*.h) pam_module/pam_loginjail.map
	@mkdir -p $(@D)
	$(CC) $(filter-out -DLIBEXECDIR=% -MMD -MP,$(ALL_CFLAGS)) -DLIBEXECDIR='"libexec"' -fPIC -shared \
		-Wl,-z,defs -Wl,--version-script=pam_module/pam_loginjail.map -o $@ $(pam_src) -lpam

$(fake_setup): tests/pam/fake_setup.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $<

# A header of the tests that changed makes them anew.
-include $(wildcard $B/tests/unit/*.d $B/tests/pam/*.d $B/tests/pam/libexec/*.d)
