#!/bin/bash
# SPDX-License-Identifier: MIT
# Out of disk, out of inodes, /run full: a login is refused with its reason or leads
# into a whole jail, a live jail goes on and goes away, and nothing is left.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

uppers() { find "$STATE/upper" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
refused() { # WHY COMMAND...: which takes what is free again after the login before
	local why=$1
	eventually_sh '! compgen -G "/run/systemd/sessions/*"'
	shift
	"$@"
	set -- "$why"
	log_mark
	run j 'echo R$((40 + 2))N'
	if [[ ${may_work:-} && $status == 0 ]]; then
		is "$(j 'cat /proc/1/comm')" loginjail-init "$1: a login that works is in a jail"
	else
		isnt "$status" 0 "$1: a login is refused"
		unlike "$out" R42N "$1: nothing runs"
		like "$out$err" 'loginjail: ' "$1: the user is told"
		like "$(log_since)" 'No space left on device' "$1: the log has the reason"
	fi
	ok "$1: nothing is left" jails_gone
	# logind, which can't write either, may take its two minutes for a session.
	TIMEOUT=180 ok "$1: others can log in" free true
	TIMEOUT=180 ok "$1: so can root" on root true
}
all_is_well() { # AFTER-WHAT
	is "$(j 'cat /proc/1/comm')" loginjail-init "$1: the next login is in a jail"
	ok "$1: that goes" jails_gone
	is "$(uppers)" 0 "$1: nothing is left"
}
lives() { # WHAT
	ok "$1: a session that is there lives" kill -0 "${hold_pid[warm]}"
	run j 'dd if=/dev/zero of=/var/tmp/big bs=64k count=64 2>&1'
	isnt "$status" 0 "$1: it can't write any more"
	is "$(j 'echo x >/tmp/x && cat /tmp/x')" x "$1: but into memory"
	release warm
	ok "$1: the jail goes" jails_gone
	is "$(uppers)" 0 "$1: and all of it"
}

# state, on a small file system of its own
standard_jail
jails_gone
mke2fs -q -F -t ext4 -m 0 -N 64 "$T/fs" 8M
mount -o loop "$T/fs" "$STATE"
standard_jail
all_is_well '(a small file system)'

hold warm alice
fill() { cat /dev/zero >>"$1" 2>/dev/null; }
fill_blocks() { fill "$STATE/fill"; }
# Empty files: they have no blocks.
fill_directory() {
	local n=0
	mkdir -p "$1"
	while [[ -e $1/$n ]] || : 2>/dev/null >"$1/$n"; do n=$((n + 1)); done
}
fill_inodes() { fill_directory "$STATE/fill"; }
nok '(the disk is filled)' fill_blocks
lives 'no block left'
refused 'no block left' fill_blocks
rm "$STATE/fill"
all_is_well 'blocks again'

hold warm alice
fill_inodes
is "$(df --output=iavail "$STATE" | tail -n 1 | tr -d ' ')" 0 '(no inode left)'
ok 'no inode left: a session that is there lives' kill -0 "${hold_pid[warm]}"
nok 'no inode left: it can make no file' j 'echo x >/var/tmp/x'
is "$(j 'echo on')" on 'no inode left: who has a jail can log in'
release warm
ok 'no inode left: the jail goes' jails_gone
refused 'no inode left' fill_inodes
rm -r "$STATE/fill"
all_is_well 'inodes again'
umount "$STATE"

# The root file system, with all else that is on it, but for what we write ourselves
T=/dev/shm/t
mkdir "$T"
hold warm alice
fallocate -l $(($(df --output=avail -B 1 / | tail -n 1) - 8192)) /fill
fill /fill2
is "$(df --output=avail / | tail -n 1 | tr -d ' ')" 0 '(the root file system is full)'
lives 'the disk full'
refused 'the disk full' fill /fill2
rm /fill /fill2
all_is_well 'the disk no longer full'

# /run
limit_run() { mount -o "remount,$1" /run; }
used=$(df --output=iused /run | tail -n 1 | tr -d ' ')
inodes=$(df --output=itotal /run | tail -n 1 | tr -d ' ')
hold warm alice
limit_run "nr_inodes=$((used + 20))"
fill_directory /run/fill
is "$(j 'echo on')" on '/run without inodes: who has a jail can log in'
release warm
ok '/run without inodes: the jail goes' jails_gone
refused '/run without inodes' fill_directory /run/fill
rm -r /run/fill
limit_run "nr_inodes=$inodes"
all_is_well '/run with inodes again'

hold warm alice
fill /run/fill
is "$(df --output=avail /run | tail -n 1 | tr -d ' ')" 0 '(/run is full)'
is "$(j 'echo on')" on '/run full: who has a jail can log in'
release warm
ok '/run full: the jail goes' jails_gone
# Directories, sockets and short links take no block of a tmpfs; the service of systemd and
# others may want one.
may_work=1 refused '/run full' fill /run/fill
rm /run/fill
all_is_well '/run no longer full'
systemctl reset-failed
