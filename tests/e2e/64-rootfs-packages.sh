#!/bin/bash
# SPDX-License-Identifier: MIT
# Trees of packages: Debian's by mmdebstrap, RPMs by dnf; built, upgraded, from archives without a network.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/lib/rootfs.sh
. "$LIB/lib/rootfs.sh"

# What is written to the disk as a whole is slow on a busy one.
mkdir -p "$TREES"
mount -t tmpfs -o mode=700 tmpfs "$TREES"

# ---- Debian ------------------------------------------------------------------

pool=/run/src/build/tests/pool

# deb VERSION: a package of ours.
deb() {
	local d=$T/hello-$1
	mkdir -p "$d/DEBIAN" "$d/usr/share/hello"
	printf 'Package: hello-lab\nVersion: %s\nArchitecture: all\nMaintainer: x <x@x.invalid>\nDescription: x\n' "$1" \
		>"$d/DEBIAN/control"
	printf '#!/bin/sh\nset -e\nid -u >/usr/share/hello/by\n' >"$d/DEBIAN/postinst"
	chmod 755 "$d/DEBIAN/postinst"
	echo "$1" >"$d/usr/share/hello/version"
	dpkg-deb --root-owner-group -b "$d" "$T/hello-lab_$1_all.deb" >/dev/null
}

# The archive lies at the same place for the host and, later, in the tree.
archive() { # DIRECTORY
	(
		cd "$1" || exit
		dpkg-scanpackages --multiversion . 2>/dev/null >Packages
		# shellcheck source=/dev/null
		codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
		printf 'Suite: %s\nCodename: %s\nSHA256:\n %s %s Packages\n' "$codename" "$codename" \
			"$(sha256sum Packages | cut -d ' ' -f 1)" "$(stat -c %s Packages)" >Release
	)
}

test_debian() {
	local suite first
	# shellcheck source=/dev/null
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	cp -r "$pool" /srv/pool
	deb 1.0
	cp "$T/hello-lab_1.0_all.deb" /srv/pool/
	archive /srv/pool

	run lr build lab --from "debian:$suite" --include hello-lab --mirror 'deb [trusted=yes] copy:/srv/pool ./'
	is "$status" 0 'debian: a tree' || diag "$(tail -n 20 <<<"$err")"
	first=$(gen_of lab)
	is "$(cat "$(root_of lab)/usr/share/hello/version" "$(root_of lab)/usr/share/hello/by" | tr '\n' ' ')" '1.0 0 ' \
		'with the package that was asked for, set up'
	ok 'what users of ssh need is there' test -x "$(root_of lab)/usr/lib/openssh/sftp-server"
	run lr verify lab
	is "$status" 0 'verify finds nothing wrong'
	unlike "$out" 'missing' 'nor missing'
	like "$out" 'note: setuid or setgid: -rws.* /usr/bin/passwd' 'setuid programs are kept, and named'
	is "$(find "$(root_of lab)/dev" -mindepth 1)" '' 'there are no devices'
	is "$(half_made lab)" '' 'and no remains'

	# A new version
	deb 2.0
	run lr shell lab --keep <<-EOS
		mkdir -p /srv/pool
		base64 -d >/srv/pool/hello-lab_2.0_all.deb <<'X'
		$(base64 "$T/hello-lab_2.0_all.deb")
		X
		cat >/srv/pool/Packages <<X
		$(mkdir -p "$T/two" && cp "$T/hello-lab_2.0_all.deb" "$T/two" && archive "$T/two" && cat "$T/two/Packages")
		X
	EOS
	is "$status" 0 'an archive in the tree' || diag "$err"
	run lr update lab
	is "$status" 0 'update by the tree'"'"'s package manager' || diag "$(tail -n 20 <<<"$out$err")"
	is "$(cat "$(root_of lab)/usr/share/hello/version")" 2.0 'brings the new version'
	is "$(cat "$TREES/lab/$first/root/usr/share/hello/version")" 1.0 'the old generation has the old one'
	nok 'what kept services from starting is gone' test -e "$(root_of lab)/usr/sbin/policy-rc.d"
	like "$(lr diff lab)" '~ /usr/share/hello/version' 'diff shows it'
	ok 'packages are removed and users added, as root does' lr update lab -- sh -c \
		'apt-get -y purge hello-lab && useradd -m student'
	nok 'the one is gone' test -e "$(root_of lab)/usr/share/hello/version"
	ok 'the other there' test -d "$(root_of lab)/home/student"
}

if [[ -f $pool/Packages ]]; then
	test_debian
else
	skip 'debian: a tree' "there are no packages in $pool: 'make pool' fetches them"
fi
run lr build none --from debian:no-such-suite --mirror 'deb [trusted=yes] copy:/srv/none ./'
like "$status $err" '^1 .*could not make a tree of no-such-suite' 'a suite that is not there'
nok 'leaves nothing' test -e "$TREES/none"

# ---- RPM ---------------------------------------------------------------------

for program in dnf rpmbuild createrepo_c; do
	command -v "$program" >/dev/null && continue
	skip 'dnf: a tree' "there is no $program"
	exit
done

# Packages of the names that a tree is made of, with a shell from this host.
mkdir -p "$T/rpm" /srv/rpms
list_of bash <<<'program /bin/bash'
lr build bash --from "files:$T/lists/bash.list" >/dev/null 2>&1
mkdir -p "$T/root"
cp -a "$(root_of bash)"/{usr,lib,lib64,bin} "$T/root" 2>/dev/null
{
	cat <<-'EOS'
		Name: bash
		Version: 1
		Release: 1
		Summary: x
		License: x
		AutoReqProv: no
		%define debug_package %{nil}
		%define __os_install_post %{nil}
		%description
		%install
	EOS
	echo "cp -a $T/root/. %{buildroot}"
	printf '%%files\n/*\n'
	for name in coreutils glibc-minimal-langpack ncurses-base openssh-server ca-certificates course; do
		printf '%%package -n %s\nSummary: x\nAutoReqProv: no\n%%description -n %s\n%%files -n %s\n' $name $name $name
	done
} >"$T/rpm/all.spec"
ok 'packages' rpmbuild -bb --define "_topdir $T/rpm" --define "_rpmdir /srv/rpms" "$T/rpm/all.spec"
ok 'an archive of them' createrepo_c -q /srv/rpms
mkdir -p /etc/yum.repos.d
printf '[test]\nname=test\nbaseurl=file:///srv/rpms\ngpgcheck=0\n' >/etc/yum.repos.d/test.repo
run lr build fedora --from dnf:42 --include course
is "$status" 0 'dnf: a tree' || diag "$(tail -n 20 <<<"$out$err")"
ok 'with a shell that runs' lr update fedora --no-network -- /bin/bash -c :
is "$(rpm --root "$(root_of fedora)" -q course bash 2>&1 | sort | sed 's/\..*//' | tr '\n' ' ')" 'bash-1-1 course-1-1 ' \
	'with the packages that were asked for'
run lr build none --from dnf:42 --include no-such-package
like "$status $err" '^1 .*could not make a tree of release 42' 'a package that is not there'
nok 'leaves nothing' test -e "$TREES/none"
