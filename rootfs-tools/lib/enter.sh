# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# usage: enter.sh JOB [ARGUMENT...], in namespaces of its own, with the environment
# that in_base() makes.  Makes the base, moves into it, and runs the job.
#
# Until the capabilities are gone, only programs of the host are executed, also
# after the move: /usr is the host's there.  A tree's own programs run last of
# all, from job/run.sh.
set -eu
umask 022

# FROM TO FLAGS
bind() {
	mount --bind -- "$1" "$2"
	mount -o "remount,bind,$3" -- "$2"
}

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$BASE"
cd "$BASE"
mkdir job new old out etc dev proc tmp pivot
# For mount(8) alone, and gone before the job begins.
mount -t proc -o ro,nosuid,nodev,noexec proc proc
mount -t tmpfs -o mode=1777,nosuid,nodev,size=512m tmpfs tmp
for d in usr bin sbin lib lib32 lib64 libx32; do
	if [ -L "/$d" ]; then
		cp -P "/$d" "$d"
	elif [ -d "/$d" ]; then
		mkdir "$d"
		bind "/$d" "$d" ro,nosuid,nodev
	fi
done
# Which awk /usr/bin/awk is; where libraries are.
for f in alternatives ld.so.cache; do
	if [ -d "/etc/$f" ]; then
		mkdir "etc/$f"
	elif [ -f "/etc/$f" ]; then
		: >"etc/$f"
	else
		continue
	fi
	bind "/etc/$f" "etc/$f" ro,nosuid,nodev
done
for f in null zero full random urandom tty; do
	: >"dev/$f"
	# Read-only, which is about owner and mode: they are the host's own nodes.
	bind "/dev/$f" "dev/$f" ro,nosuid,noexec
done
bind "$LIB/job" job ro,nosuid,nodev
[ -z "$NEW" ] || bind "$NEW" new "$MODE,nodev"
[ -z "$OLD" ] || bind "$OLD" old ro,nosuid,nodev
[ -z "$OUT" ] || bind "$OUT" out rw,nosuid,nodev,noexec
if [ -d "$IN" ]; then
	mkdir in
	bind "$IN" in ro,nosuid,nodev,noexec
elif [ -n "$IN" ]; then
	: >in
	bind "$IN" in ro,nosuid,nodev,noexec
fi

# A tree is entered with its own /proc, /sys, /dev, /run and /tmp.  Its directories
# are real ones (job/finish.sh), and nobody changes them while we look.
if [ "$1" = run ]; then
	for d in proc sys dev run tmp; do
		if [ -L "new/$d" ] || [ ! -d "new/$d" ]; then
			echo "loginjail-rootfs: /$d of the tree is no directory: it can't be entered" >&2
			exit 1
		fi
	done
	# Root without capabilities may write to much of /proc and /sys, but for this.
	mount -t proc -o ro,nosuid,nodev,noexec proc new/proc
	mount -t sysfs -o ro,nosuid,nodev,noexec sysfs new/sys
	mount -t tmpfs -o mode=755,nosuid,nodev tmpfs new/run
	mkdir -m 1777 new/run/lock
	mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs new/tmp
	mkdir dev/pts dev/shm
	mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts dev/pts
	mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	ln -s fd/0 dev/stdin
	ln -s fd/1 dev/stdout
	ln -s fd/2 dev/stderr
	mount --rbind dev new/dev
	cat /etc/resolv.conf >etc/resolv.conf 2>/dev/null || :
fi

pivot_root . pivot
cd /
umount -l /pivot
rmdir /pivot
if [ "$1" = run ]; then
	# As the tree has it: a file, or a link to where a daemon would put one.
	at=/new/etc/resolv.conf
	if [ -L "$at" ]; then
		case $(readlink "$at") in
		../run/* | /run/*)
			to=/new/run/$(readlink "$at" | sed 's|^.*/run/||; s|\.\.||g')
			mkdir -p "${to%/*}" && cp /etc/resolv.conf "$to"
			;;
		esac
	elif [ "$NETWORK" = 1 ] && [ -d /new/etc ] && [ ! -L /new/etc ]; then
		[ -e "$at" ] || : >"$at"
		[ ! -f "$at" ] || bind /etc/resolv.conf "$at" ro
	fi
fi
mount -o remount,bind,ro /
umount -l /proc

job=$1
shift
nnp=--no-new-privs
[ "$job" != run ] || nnp=''
bounding=-all
for cap in $(echo "$CAPS" | tr , ' '); do
	bounding=$bounding,+$cap
done
# In the environment still, for the jobs: MAX_BYTES, MAX_FILES, PROGRESS, TREE, TERM.
limits=--core=0
[ -z "$LIMIT" ] || limits="$limits --fsize=$LIMIT"
unset BASE LIB NEW MODE OLD OUT IN CAPS LIMIT NETWORK
# shellcheck disable=SC2086 # options
exec prlimit $limits setpriv --inh-caps=-all --bounding-set="$bounding" $nnp -- \
	/bin/sh "/job/$job.sh" "$@"
