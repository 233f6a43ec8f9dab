#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: tests/package/debian.sh
#
# The Debian package: built, looked at, and installed, used, removed and purged with apt in a
# small root of its own.  That root is kept in build/tests/package, since it is made of packages
# from the network; the package is built again when a file of the project is newer.
set -u

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
repo=${here%/tests/package}

if [[ ${1:-} != --inside ]]; then
	# Mounts and processes that end with us.
	exec unshare --mount --pid --mount-proc --fork --kill-child --propagation private "$0" --inside
fi
cd "$repo" || exit 1
T=$(mktemp -d /var/tmp/loginjail-package.XXXXXX)
R=$T/root
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
trap 'status=$?; umount -R -l "$R/proc" 2>/dev/null; rm -rf --one-file-system "$T"; (exit "$status"); tap_end' EXIT

# ---- the package -------------------------------------------------------------

version=$(sed -n 's/^VERSION := //p' Makefile)
arch=$(dpkg --print-architecture)
deb=build/loginjail_${version}_$arch.deb

is "$(dpkg-parsechangelog -S Version)" "$version" 'the changelog has the version of the Makefile'
if [[ ! -f $deb || -n $(find . \( -path ./build -o -path ./.git -o -path ./tests \) -prune -o \
	-type f -newer "$deb" -print -quit) ]]; then
	# lintian is in it, and no warning is let through.
	ok 'make deb' make -s deb
else
	ok 'lintian has no complaint' lintian --fail-on error,warning "$deb"
fi
[[ -f $deb ]] || exit 1
ok 'the tree has nothing of it' test ! -e debian/files -a ! -e debian/loginjail -a ! -e debian/.debhelper

pam=$(dpkg -L libpam-modules | sed -n 's|/pam_unix\.so$||p')
units=${pam%/*/security}/systemd/system
is "$(dpkg -c "$deb" | awk '$1 !~ /^d/ { print $1, $2, substr($6, 2) }' | LC_ALL=C sort -k 3)" "$(
	LC_ALL=C sort -k 3 <<-EOS
		-rw-r--r-- root/root $pam/pam_loginjail.so
		-rwx--x--x root/root /usr/libexec/loginjail/loginjail-enter
		-rwx--x--x root/root /usr/libexec/loginjail/loginjail-init
		-rwxr-xr-x root/root /usr/libexec/loginjail/loginjail-setup
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/host-mask
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/files.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/base.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/enter.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/look.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/make.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/sources.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/store.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/value.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/accounts.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/copy.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/export.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/extract.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/finish.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/image.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/layers.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/manifest.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/resolve.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/run.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/unpack.sh
		-rw-r--r-- root/root /usr/share/loginjail/rootfs/job/verify.sh
		-rw-r--r-- root/root /usr/share/loginjail/lists/common.list
		-rw-r--r-- root/root /usr/share/loginjail/lists/git-only.list
		-rw-r--r-- root/root /usr/share/loginjail/lists/rsync.list
		-rw-r--r-- root/root /usr/share/loginjail/lists/sftp-only.list
		-rw-r--r-- root/root /usr/share/loginjail/lists/shell.list
		-rw-r--r-- root/root $units/loginjail-net.service
		-rw-r--r-- root/root $units/loginjail.service
		-rw-r--r-- root/root $units/user@.service.d/loginjail.conf
		-rwxr-xr-x root/root /usr/sbin/loginjail
		-rwxr-xr-x root/root /usr/sbin/loginjail-rootfs
		-rw-r--r-- root/root /usr/share/doc/loginjail/README.md.gz
		-rw-r--r-- root/root /usr/share/doc/loginjail/SECURITY.md.gz
		-rw-r--r-- root/root /usr/share/doc/loginjail/changelog.gz
		-rw-r--r-- root/root /usr/share/doc/loginjail/copyright
		-rw-r--r-- root/root /usr/share/doc/loginjail/examples/apparmor
		-rw-r--r-- root/root /usr/share/doc/loginjail/examples/jail.ini
		-rw-r--r-- root/root /usr/share/doc/loginjail/examples/pam.snippet
		-rw-r--r-- root/root /usr/share/doc/loginjail/examples/sshd_config.snippet
		-rw-r--r-- root/root /usr/share/lintian/overrides/loginjail
		-rw-r--r-- root/root /usr/share/man/man5/jail.ini.5.gz
		-rw-r--r-- root/root /usr/share/man/man8/loginjail-rootfs.8.gz
		-rw-r--r-- root/root /usr/share/man/man8/loginjail.8.gz
		-rw-r--r-- root/root /usr/share/man/man8/pam_loginjail.8.gz
	EOS
)" 'the files, with owners and modes: nothing in /etc, and no set-id bit'
is "$(dpkg -c "$deb" | awk '/^d/ && ($1 != "drwxr-xr-x" || $2 != "root/root")')" '' 'directories are root'"'"'s'

# ---- a root to put it into ---------------------------------------------------

# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
recipe="$suite minbase openssh-server cron libmnl0 libnftables1"
base=build/tests/package/root-$(sha256sum <<<"$recipe" | cut -c -12).tar
if [[ ! -f $base ]]; then
	mkdir -p "${base%/*}"
	# Without either, the mirror that mmdebstrap knows.
	sources=/etc/apt/sources.list.d/debian.sources
	[[ -f $sources ]] || sources=/etc/apt/sources.list
	[[ -f $sources ]] || sources=
	mmdebstrap --quiet --variant=minbase --include=openssh-server,cron,libmnl0,libnftables1 "$suite" "${base%.tar}.new.tar" \
		${sources:+"$sources"} >"$T/mmdebstrap" 2>&1 && mv "${base%.tar}.new.tar" "$base"
fi
if [[ ! -f $base ]]; then
	skip 'apt install, remove, purge' "no root can be made: $(tail -n 1 "$T/mmdebstrap")"
	exit 0
fi
mkdir "$R"
tar -xf "$base" -C "$R"
mount -t proc proc "$R/proc"
cp "$deb" "$R/root/loginjail.deb"
printf 'alice:x:2001:2001::/:/bin/sh\n' >>"$R/etc/passwd"
printf 'alice:*:19000:0:99999:7:::\n' >>"$R/etc/shadow"

in_root() {
	chroot "$R" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}
apt() { in_root apt-get -q -y --no-install-recommends "$@"; }
install() { apt install --reinstall --allow-downgrades /root/loginjail.deb; }
# shellcheck disable=SC2120 # without an argument it only shows
setup() { in_root loginjail setup "$@"; }
status_of() { in_root dpkg-query -W -f '${db:Status-Status}' loginjail 2>/dev/null; }

# What a package may leave in no place.
tree() { # DIRECTORY...
	(
		cd "$R" || exit
		find "$@" -xdev \( -path var/lib/dpkg -o -path var/lib/apt -o -path var/cache -o \
			-path var/log -o -path root -o -path tmp \) -prune -o \
			\( -type d -printf '%p %y %m %U:%G\n' \) -o -printf '%p %y %m %U:%G %l\n'
		find "$@" -xdev \( -path var/lib/dpkg -o -path var/lib/apt -o -path var/cache -o \
			-path var/log -o -path root -o -path tmp \) -prune -o -type f -exec sha256sum {} +
	) | LC_ALL=C sort
}
everything=(bin boot etc home lib opt sbin srv usr var)
same() { tree "${everything[@]}" | diff "$T/before" -; }
# But for the links by which systemd starts the units, which do nothing by themselves.
logins_same() { tree etc | grep -vE "^(${wanted}loginjail(-net)?\\.service) " | diff "$T/etc" -; }
wanted=etc/systemd/system/multi-user.target.wants/

tree "${everything[@]}" >"$T/before"
tree etc >"$T/etc"

# ---- installed: nothing about logins changes ---------------------------------

ok 'apt install' install
is "$(status_of)" installed 'it is installed'
ok 'nothing in /etc is another' logins_same
for unit in loginjail loginjail-net; do
	is "$(readlink "$R/$wanted$unit.service")" "$units/$unit.service" "systemd will start $unit.service"
done
ok 'the program runs' in_root loginjail --version
ok 'the examples parse' in_root loginjail check /usr/share/doc/loginjail/examples/jail.ini
is "$(find "$R"/usr/libexec/loginjail "$R$pam/pam_loginjail.so" "$R/usr/sbin/loginjail" -perm /6000)" '' \
	'no set-id bit on the disk'
is "$(find "$R"/usr "$R"/lib -xdev -newer "$T/etc" -type f -exec getcap {} + 2>/dev/null |
	grep loginjail)" '' 'and no capabilities of files'
run setup
is "$status" 0 'setup shows what it would do'
ok 'and does nothing' logins_same
ok 'remove, unused' apt remove loginjail
ok 'purge' apt purge loginjail
ok 'leave what there was before' same

# ---- set up, upgraded, removed -----------------------------------------------

ok 'apt install again' install
ok 'setup --apply' setup --apply
printf '\n[jail test]\nusers = alice\n' >>"$R/etc/loginjail/jail.ini"
ok 'with a jail, too' setup --apply
like "$(cat "$R/etc/pam.d/sshd")" $'session    required     pam_loginjail.so open\n' \
	'PAM finds the module without a path'
for service in su login cron; do
	ok "$service refuses" grep -q '^session *required *pam_loginjail.so$' "$R/etc/pam.d/$service"
done
ok 'sshd takes its configuration' in_root /usr/sbin/sshd -t
is "$(in_root /usr/sbin/sshd -T -C user=alice,host=h,addr=127.0.0.1 | sed -n 's/^forcecommand //Ip')" \
	'/usr/libexec/loginjail/loginjail-enter' 'and its ForceCommand for a jailed user'
is "$(in_root /usr/sbin/sshd -T -C user=nobody,host=h,addr=127.0.0.1 | sed -n 's/^forcecommand //Ip')" \
	none 'but not for another'
like "$(setup)" 'nothing to change' 'setup has no more to do'
tree etc >"$T/etc.set"
exec {old}<"$R/usr/libexec/loginjail/loginjail-init"
cp "$R/usr/libexec/loginjail/loginjail-init" "$T/init"
ok 'an upgrade' install
ok 'leaves the settings alone' diff "$T/etc.set" <(tree etc)
is "$(stat -Lc %h "/proc/self/fd/$old")" 0 'puts new files in the place of the old ones'
ok 'which those who run them keep' cmp "/proc/self/fd/$old" "$T/init"
exec {old}<&-

# Another package comes with a service of its own
mkdir -p "$T/door/DEBIAN" "$T/door/etc/pam.d"
echo '@include common-session' >"$T/door/etc/pam.d/atd"
printf 'Package: door\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.invalid>\nDescription: x\n' \
	>"$T/door/DEBIAN/control"
dpkg-deb --root-owner-group -b "$T/door" "$R/root/door.deb" >/dev/null
run in_root dpkg -i /root/door.deb
is "$status" 0 'a package with a file of /etc/pam.d'
like "$out$err" "see 'loginjail setup'" 'is noticed'
like "$(setup)" '/etc/pam.d/atd: jailed users are refused' 'and setup closes it'
run in_root dpkg -P door
unlike "$out$err" "see 'loginjail setup'" 'without it, all is well'
mkdir -p "$R/var/lib/loginjail/2001-test"
run apt remove loginjail
is "$status" 0 'apt remove'
is "$(grep -rl loginjail "$R/etc/pam.d" "$R/etc/ssh")" '' 'takes all lines out'
ok 'and lets a jailed user in' in_root su alice -c true
ok 'jail.ini is kept' test -f "$R/etc/loginjail/jail.ini"
ok 'apt purge' apt purge loginjail
ok 'leaves what there was before' same

# ---- lines by hand -----------------------------------------------------------

ok 'apt install once more' install
cp -p "$R/etc/pam.d/su" "$T/su"
echo 'session required pam_loginjail.so' >>"$R/etc/pam.d/su"
mv "$R/etc/pam.d/su" "$R/etc/su.elsewhere"
ln -s ../su.elsewhere "$R/etc/pam.d/su"
run apt remove loginjail
isnt "$status" 0 'what can'"'"'t be undone keeps the package from being removed'
like "$out$err" '/etc/pam.d/su is a symbolic link' 'and the message names it'
ok 'the module is still there' test -f "$R$pam/pam_loginjail.so"
rm "$R/etc/pam.d/su"
mv "$R/etc/su.elsewhere" "$R/etc/pam.d/su"
printf 'Match User alice\n\tForceCommand /usr/libexec/loginjail/loginjail-enter\n' \
	>"$R/etc/ssh/sshd_config.d/50-hand.conf"
run apt purge loginjail
is "$status" 0 'purge with lines by hand'
like "$(cat "$R/etc/pam.d/su")" '#loginjail removed# session required pam_loginjail.so$' 'makes comments of them'
ok 'so that nobody is locked out' in_root su alice -c true
like "$out$err" '50-hand.conf:2: kept' 'and says what is left in the files of sshd'
rm "$R/etc/ssh/sshd_config.d/50-hand.conf"
cp -p "$T/su" "$R/etc/pam.d/su"
ok 'nothing else is left' same
