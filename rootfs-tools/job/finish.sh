# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# usage: finish.sh [strip|bare]
#
# Makes /new fit to be a jail's root, wherever it is from, and prints how many
# files and bytes it has.  strip: without setuid and setgid programs; bare: without
# the empty /etc/resolv.conf that was made to be mounted over.
set -eu
# shellcheck source=rootfs-tools/job/unpack.sh
. /job/unpack.sh
cd /new

# Each jail has these anew; and to be mounted over they must be directories.
for d in proc sys dev run; do
	if [ -L $d ] || [ ! -d $d ]; then
		rm -f $d
		mkdir $d
	fi
	chown 0:0 $d
	chmod 0755 $d
	find ./$d -xdev -mindepth 1 -delete
done
for d in etc home mnt opt srv usr var; do
	[ -e $d ] || [ -L $d ] || mkdir $d
done
[ -e root ] || [ -L root ] || mkdir -m 0700 root
[ -e tmp ] || [ -L tmp ] || mkdir -m 1777 tmp
[ -L var ] || [ -e var/tmp ] || [ -L var/tmp ] || mkdir -m 1777 var/tmp
if [ -d etc ] && [ ! -L etc ]; then
	[ -e etc/passwd ] || [ -L etc/passwd ] || cat >etc/passwd <<-'EOS'
		root:x:0:0:root:/root:/bin/sh
		nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
	EOS
	[ -e etc/group ] || [ -L etc/group ] || printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
fi
chown 0:0 .
chmod 0755 .

find . -xdev \( -type b -o -type c -o -type p -o -type s \) -printf . -delete >/tmp/special
[ ! -s /tmp/special ] || printf 'loginjail-rootfs: %d device nodes, pipes and sockets are deleted\n' \
	"$(wc -c </tmp/special)" >&2
if [ "${1:-}" = strip ]; then
	find . -xdev -type f -perm /6000 -printf . -exec chmod ug-s -- {} + >/tmp/set
	[ ! -s /tmp/set ] || printf 'loginjail-rootfs: setuid and setgid bits of %d files are gone; --setuid keeps them\n' \
		"$(wc -c </tmp/set)" >&2
fi
if [ "${1:-}" = bare ] && [ ! -L etc ] && [ ! -L etc/resolv.conf ] && [ -f etc/resolv.conf ] && [ ! -s etc/resolv.conf ]; then
	rm etc/resolv.conf
fi
[ -n "$(find . -xdev -type f -print -quit)" ] || fail 'there is nothing in it'
printf '%s %s\n' "$(find . -xdev -printf . | wc -c)" "$(du -s --block-size=1 . | cut -f 1)"
