# SPDX-License-Identifier: MIT
#
# make            build all below build/
# make install    DESTDIR, prefix, sysconfdir, pamdir; uninstall takes the same
# make demo       the main job on a real sshd, in scratch namespaces
# make check      all tests; FILTER="e2e/12 escape" for some
# make check-vm   on virtual hosts those that need systemd, and e2e and escape;
#                 SUITE=trixie FILTER=suite/20 for some
# make fuzz       looks for inputs that our parsers can't take; TIME=600 TARGET=ini for more, or one
# make bench      the figures, as ratios; writes build/bench.json
# make deb        a Debian package, build/loginjail_VERSION_ARCH.deb
# make pool       the packages that trees of tests are made of; check does it
# make deps       what all of this needs, from Debian's packages

VERSION := 0.1

prefix ?= /usr/local
sysconfdir ?= /etc
libexecdir ?= $(prefix)/libexec/loginjail
sbindir ?= $(prefix)/sbin
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/loginjail
datadir ?= $(prefix)/share/loginjail
unitdir ?= $(prefix)/lib/systemd/system
# Where PAM looks for a module without a path: beside pam_unix.so.
pamdir ?= $(patsubst %/,%,$(dir $(firstword $(wildcard /usr/lib/*/security/pam_unix.so \
	/lib/*/security/pam_unix.so /usr/lib64/security/pam_unix.so /usr/lib/security/pam_unix.so) \
	/lib/security/pam_unix.so)))
# As PAM's lines name it: without a path where PAM finds it so.
pam_module = $(if $(wildcard $(pamdir)/pam_unix.so),,$(pamdir)/)pam_loginjail.so

B ?= build
CC ?= gcc
INSTALL ?= install
OPT ?= -O2 -g
WARN := -Wall -Wextra -Wformat=2 -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith \
	  -Wundef -Wno-missing-field-initializers
# OpenSSF's list of hardening options.
HARDEN ?= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
	$(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),-fcf-protection=full) -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing \
	-ftrivial-auto-var-init=zero
LDHARDEN ?= -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodlopen -Wl,--as-needed
WERROR ?= $(if $(CI),-Werror)
DEFS := -D_GNU_SOURCE -DSYSCONFDIR='"$(sysconfdir)"' -DLIBEXECDIR='"$(libexecdir)"' \
	-DPAMDIR='"$(pamdir)"' -DPAM_MODULE='"$(pam_module)"' -DLOGINJAIL_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 $(DEFS) -Ihelper -Irootfs-tools -I$B/gen $(WARN) $(WERROR) $(OPT) $(HARDEN) \
	-fvisibility=hidden -MMD -MP $(CFLAGS)

# The static programs start three times as fast with musl, and take a twentieth of
# the room; any C library will do.  The kernel's headers are the host's.
STATIC_CC ?= $(if $(shell command -v musl-gcc 2>/dev/null),musl-gcc,$(CC))
STATIC_CFLAGS = $(filter-out -D_FORTIFY_SOURCE=% -U_FORTIFY_SOURCE,$(ALL_CFLAGS)) \
	$(if $(findstring musl,$(STATIC_CC)),-idirafter /usr/include \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch))
# musl-gcc's specs know no static PIE: name its start files, and no loader.
MUSL_LIB ?= $(firstword $(wildcard /usr/lib/$(subst -gnu,-musl,$(shell $(CC) -print-multiarch)) /usr/lib/musl/lib))
STATIC_LINK = $(STATIC_CC) $(STATIC_CFLAGS) $(LDHARDEN) $(LDFLAGS) -o $@ $(if $(findstring musl,$(STATIC_CC)),\
	-static -nostartfiles -Wl$(comma)-pie$(comma)--no-dynamic-linker$(comma)-z$(comma)text \
	$(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o $^ $(MUSL_LIB)/crtn.o,-static-pie $^)
comma := ,

src = $(wildcard $(addprefix helper/,$(addsuffix /*.c,$1)))
obj = $(patsubst %.c,$B/%.o,$1)
static_obj = $(patsubst %.c,$B/%.static.o,$1)
pic = $(patsubst %.c,$B/%.pic.o,$1)

lib_small := helper/lib/err.c helper/lib/fdio.c
lib_all := $(lib_small) helper/lib/log.c
# The rooms of loginjail-setup, which lives on as the keeper.
setup_rooms := setup tree storage cgroup net gate keeper
# What compiles filters is part of no login.
compiler_src := $(addprefix helper/filter/,calls.c profile.c program.c)
filter_src := helper/filter/builtin.c helper/filter/cache.c
setup_src := $(call src,$(setup_rooms) config) $(filter_src) $(lib_all)
init_src := $(call src,init) helper/lib/fdio.c
enter_src := helper/enter/main.c helper/enter/request.c helper/enter/proxy.c helper/lib/fdio.c
# Of those what looks at jails and clears up after them.
cli_src := $(call src,cli config net gate) $(filter_src) $(compiler_src) $(lib_all) \
	$(addprefix helper/,$(addsuffix .c,setup/state setup/mountinfo setup/subid \
	setup/gc setup/rmtree cgroup/cgroup cgroup/cgroup_find cgroup/cgroup_limits cgroup/cgroup_usage \
	cgroup/cgroup_user cgroup/cgroup_wait cgroup/blockdev storage/persistent storage/quota tree/rootfs))
pam_src := $(wildcard pam_module/*.c) helper/lib/fdio.c

programs := $B/loginjail-setup $B/loginjail-init $B/loginjail-enter $B/loginjail $B/pam_loginjail.so
generated := $B/conf/jail.ini $B/conf/jail.ini.5 $B/conf/sshd_config.snippet $B/conf/pam.snippet \
	$B/conf/user@.service.d/loginjail.conf $B/conf/apparmor $B/rootfs-tools/loginjail-rootfs $B/rootfs-tools/files.sh \
	$B/rootfs-tools/host-mask $B/conf/loginjail-net.service

all: $(programs) $(generated)

$B/loginjail-setup: $(call obj,$(setup_src))
	$(CC) $(ALL_CFLAGS) -pie $(LDHARDEN) $(LDFLAGS) -o $@ $^ -l:libinih.a -l:libcap.a
$B/loginjail: $(call obj,$(cli_src))
	$(CC) $(ALL_CFLAGS) -pie $(LDHARDEN) $(LDFLAGS) -o $@ $^ -l:libinih.a -lnftables -lseccomp
# Static, so that nothing of a jail, or of what a user can write, is loaded.
$B/loginjail-init: $(call static_obj,$(init_src))
	$(STATIC_LINK)
$B/loginjail-enter: $(call static_obj,$(enter_src))
	$(STATIC_LINK)
# Without -z nodlopen, which is what a module is for.
$B/pam_loginjail.so: $(call pic,$(pam_src)) pam_module/pam_loginjail.map
	$(CC) $(ALL_CFLAGS) -shared $(filter-out %nodlopen,$(LDHARDEN)) $(LDFLAGS) -Wl,-z,defs \
		-Wl,--version-script=pam_module/pam_loginjail.map -o $@ $(filter %.o,$^) -lpam

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIE -c -o $@ $<
$B/%.static.o: %.c
	@mkdir -p $(@D)
	$(STATIC_CC) $(STATIC_CFLAGS) -fPIE -c -o $@ $<
$B/%.pic.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -c -o $@ $<

$B/helper/enter/main.static.o: $B/gen/enter_filter.h
$B/helper/filter/builtin.o: $B/gen/session_filter.h
$B/helper/keeper/confine.o: $B/gen/keeper_filter.h
$B/gen/filter_gen: $(call obj,helper/filter/gen.c $(compiler_src) helper/lib/err.c)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -pie -o $@ $^ -lseccomp
$B/helper/filter/profile.o: $B/gen/rules.h
# Each text as a string: rules_NAME.
$B/gen/rules.h: $(wildcard helper/filter/rules/*.rules)
	@mkdir -p $(@D)
	for f in $^; do n=$$(basename $$f .rules | tr - _) && echo "static const char rules_$$n[] =" && \
		sed 's/[\\"]/\\&/g; s/.*/"&\\n"/; $$s/$$/;/' $$f || exit 1; done >$@.tmp && mv $@.tmp $@
$B/gen/enter_filter.h $B/gen/keeper_filter.h $B/gen/session_filter.h: $B/gen/%_filter.h: $B/gen/filter_gen
	$< $* $@

$B/conf/jail.ini: $B/loginjail
	@mkdir -p $(@D)
	$B/loginjail sample >$@.tmp && mv $@.tmp $@
$B/conf/jail.ini.5: conf/jail.ini.5.in $B/loginjail
	@mkdir -p $(@D)
	$B/loginjail mdoc-options >$B/conf/options.mdoc
	sed -e '/^@OPTIONS@$$/{r $B/conf/options.mdoc' -e 'd;}' $< >$@.tmp && mv $@.tmp $@
fill_in = @mkdir -p $(@D) && sed -e 's|@libexecdir@|$(libexecdir)|; s|@sbindir@|$(sbindir)|; s|@datadir@|$(datadir)|; s|@sysconfdir@|$(sysconfdir)|' $< >$@.tmp && mv $@.tmp $@
$B/conf/%: conf/%.in
	$(fill_in)
$B/conf/user@.service.d/loginjail.conf: conf/user-manager.conf.in
	$(fill_in)

$B/rootfs-tools/loginjail-rootfs: rootfs-tools/loginjail-rootfs
	$(fill_in)
$B/rootfs-tools/files.sh: rootfs-tools/lib/files.sh
	$(fill_in)
# The rows of the table for those who can't read C: a kind and a path.
$B/rootfs-tools/host-mask: rootfs-tools/host-mask.def
	@mkdir -p $(@D)
	sed -nE 's/^MASK\(([A-Z]+), "([^"]+)",.*/\1 \2/p' $< >$@.tmp && mv $@.tmp $@

-include $(shell find $B/helper $B/pam_module -name '*.d' -type f 2>/dev/null)

# What is installed: mode, built file, directory. No mode here has a setuid or
# setgid bit, and a test holds this against what is there.
define INSTALLED
0755 $B/loginjail-setup $(libexecdir)
0711 $B/loginjail-init $(libexecdir)
0711 $B/loginjail-enter $(libexecdir)
0755 $B/loginjail $(sbindir)
0644 $B/pam_loginjail.so $(pamdir)
0644 $B/conf/jail.ini.5 $(mandir)/man5
0644 helper/cli/loginjail.8 $(mandir)/man8
0644 pam_module/pam_loginjail.8 $(mandir)/man8
0644 conf/loginjail.service $(unitdir)
0644 $B/conf/loginjail-net.service $(unitdir)
0644 $B/conf/user@.service.d/loginjail.conf $(unitdir)/user@.service.d
0755 $B/rootfs-tools/loginjail-rootfs $(sbindir)
0644 rootfs-tools/loginjail-rootfs.8 $(mandir)/man8
0644 $B/rootfs-tools/host-mask $(datadir)/rootfs
0644 $B/rootfs-tools/files.sh $(datadir)/rootfs
0644 rootfs-tools/lib/base.sh $(datadir)/rootfs
0644 rootfs-tools/lib/enter.sh $(datadir)/rootfs
0644 rootfs-tools/lib/look.sh $(datadir)/rootfs
0644 rootfs-tools/lib/make.sh $(datadir)/rootfs
0644 rootfs-tools/lib/sources.sh $(datadir)/rootfs
0644 rootfs-tools/lib/store.sh $(datadir)/rootfs
0644 rootfs-tools/lib/value.sh $(datadir)/rootfs
0644 rootfs-tools/job/accounts.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/copy.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/export.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/extract.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/finish.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/image.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/layers.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/manifest.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/resolve.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/run.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/unpack.sh $(datadir)/rootfs/job
0644 rootfs-tools/job/verify.sh $(datadir)/rootfs/job
0644 rootfs-tools/lists/common.list $(datadir)/lists
0644 rootfs-tools/lists/git-only.list $(datadir)/lists
0644 rootfs-tools/lists/rsync.list $(datadir)/lists
0644 rootfs-tools/lists/sftp-only.list $(datadir)/lists
0644 rootfs-tools/lists/shell.list $(datadir)/lists
0644 $B/conf/jail.ini $(docdir)
0644 $B/conf/sshd_config.snippet $(docdir)
0644 $B/conf/pam.snippet $(docdir)
0644 $B/conf/apparmor $(docdir)
endef
export INSTALLED

install: all
	@echo "$$INSTALLED" | while read -r mode file dir; do \
		$(INSTALL) -d "$(DESTDIR)$$dir" && \
		$(INSTALL) -m "$$mode" "$$file" "$(DESTDIR)$$dir/" || exit 1; done

uninstall:
	@echo "$$INSTALLED" | while read -r mode file dir; do \
		rm -f "$(DESTDIR)$$dir/$${file##*/}"; done
	-rmdir "$(DESTDIR)$(datadir)/rootfs/job" "$(DESTDIR)$(datadir)/rootfs" "$(DESTDIR)$(datadir)/lists" \
		"$(DESTDIR)$(datadir)" "$(DESTDIR)$(libexecdir)" "$(DESTDIR)$(docdir)" "$(DESTDIR)$(unitdir)/user@.service.d" 2>/dev/null

# ---- tests -------------------------------------------------------------------

unit_tests := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
pam_tests := $(patsubst tests/pam/%.c,%,$(filter-out tests/pam/fake_%,$(wildcard tests/pam/*.c)))
SAN ?= -fsanitize=address,undefined -fno-sanitize-recover=all

# Units are linked with all that is not a main().
unit_src := $(filter-out %/main.c, $(call src,lib config $(setup_rooms)) $(filter_src) $(compiler_src) \
	helper/enter/request.c helper/init/idle.c pam_module/args.c \
	$(addprefix helper/cli/,blocks.c capture.c changes.c diff.c edit_file.c host_match.c host_ranges.c host_text.c pam_edit.c pam_services.c pam_stack.c sshd_match.c sshd_test.c sshd_words.c text.c))

$B/tests/unit/%: tests/unit/%.c $(call obj,$(unit_src))
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/unit -Ipam_module -pie -o $@ $(filter %.c %.o,$^) -l:libinih.a -l:libcap.a -lseccomp

# The same, told to say when something is off; and one build for valgrind.
san-units:
	$(MAKE) -s B=$B/san OPT="-O1 -g" HARDEN="$(SAN)" LDHARDEN= LDFLAGS="$(SAN)" unit-programs
unit-programs: $(addprefix $B/tests/unit/,$(unit_tests))
# What the fuzz targets take from, each leaving out what it brings itself; and what runs one.
fuzz_targets := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
FUZZ_MAIN ?= tests/fuzz/replay.c
$B/tests/fuzz/units.a: $(call obj,$(unit_src) pam_module/ask_setup.c)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
$B/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/fuzz.h $(FUZZ_MAIN) $B/tests/fuzz/units.a $B/gen/enter_filter.h \
		$(wildcard helper/*/*.c helper/*/*.h)
	$(CC) $(ALL_CFLAGS) $(FUZZ_FLAGS) -Itests/fuzz -Ipam_module -pie -o $@ $(filter tests/fuzz/%.c %.a,$^) \
		-l:libinih.a -l:libcap.a
fuzz-programs: $(addprefix $B/tests/fuzz/,$(fuzz_targets))
san-fuzz:
	$(MAKE) -s B=$B/san OPT="-O1 -g" HARDEN="$(SAN)" LDHARDEN= LDFLAGS="$(SAN)" fuzz-programs
# libFuzzer is clang's.
fuzz: deps
	@$(MAKE) -s all
	@$(MAKE) -s B=$B/fuzz CC=clang OPT="-O1 -g" HARDEN="$(SAN) -fsanitize=fuzzer-no-link" LDHARDEN= \
		LDFLAGS="$(SAN)" FUZZ_MAIN= FUZZ_FLAGS=-fsanitize=fuzzer fuzz-programs
	@tests/fuzz/run $B $(or $(TIME),60) $(or $(TARGET),$(fuzz_targets))
pam-programs: $(addprefix $B/tests/pam/,$(pam_tests))
$B/tests/pam/%: tests/pam/%.c $B/pam_loginjail.so
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/unit -o $@ $< -lpam -ldl
include tests/pam/rules.mk
include tests/sweep/rules.mk

build_deps := gcc make libc6-dev libpam0g-dev libcap-dev libseccomp-dev libinih-dev libmnl-dev libnftables-dev musl-tools
test_deps := openssh-server openssh-client rsync git tmux screen xauth sshpass busybox strace gdb python3 socat zsh fish \
	csh sudo expect libcap2-bin mandoc valgrind shellcheck clang clang-tidy cppcheck libclang-rt-14-dev apparmor iproute2 procps util-linux psmisc nftables e2fsprogs
# For trees from every source, in every form.
rootfs_deps := attr mmdebstrap dpkg-dev jq umoci zstd xz-utils bzip2 perl erofs-utils squashfs-tools dnf createrepo-c rpm
# What trees of Debian are made of in tests, which have no network.
pool_packages := openssh-sftp-server ca-certificates
deb_deps := build-essential debhelper dpkg-dev fakeroot lintian mmdebstrap
vm_deps := mmdebstrap e2fsprogs debian-archive-keyring
need = @missing=; for p in $(build_deps) $1; do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || \
		missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
		tests/tools/install-packages $$missing; fi
deps:
	$(call need,$(test_deps))
rootfs-deps:
	$(call need,$(rootfs_deps))
pool: rootfs-deps
	@mkdir -p $B/tests && tests/tools/debian-pool $B/tests/pool $(pool_packages)
deb-deps:
	$(call need,$(deb_deps))
vm-deps:
	$(call need,$(vm_deps))

demo: deps
	@$(MAKE) -s all
	@tests/world.sh tests/demo.sh

# With a short run on both virtual hosts; check-vm is the whole, which takes hours: each
# login takes seconds there.  "floor" is a host whose kernel is too old.
check: deps deb-deps vm-deps rootfs-deps
	@$(MAKE) -s all unit-programs pam-programs sweep-program san-units san-fuzz pool
	@VM_SUITES="bookworm trixie" VM_FILTER="suite/00 suite/10 suite/15 suite/50 e2e/10" tests/run $(FILTER)

check-vm: vm-deps
	@VM_SUITES="$(or $(SUITE),bookworm trixie floor)" VM_FILTER="$(FILTER)" tests/run vm/

bench: deps
	@$(MAKE) -s all
	@LOGINJAIL_LOCAL_TMPFS=1 tests/bench/bench.sh

# In a copy, since dpkg-buildpackage leaves its files in the tree and above it.
deb: deb-deps
	@rm -rf $B/deb && mkdir -p $B/deb/loginjail-$(VERSION)
	@tar -c --exclude=./build --exclude=.git . | tar -x -C $B/deb/loginjail-$(VERSION)
	cd $B/deb/loginjail-$(VERSION) && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS dpkg-buildpackage -b -us -uc
	lintian --fail-on error,warning $B/deb/*.deb
	mv $B/deb/*.deb $B/

clean:
	rm -rf $B

.PHONY: all pool rootfs-deps install uninstall demo check check-vm fuzz bench deb deps deb-deps vm-deps clean san-units san-fuzz unit-programs pam-programs sweep-program fuzz-programs
.DELETE_ON_ERROR:
