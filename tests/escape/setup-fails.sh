#!/bin/bash
# SPDX-License-Identifier: MIT
# Whatever fails while a jail is made: the login is refused, the user gets a line, the
# log the reason, and the host is as it was.
# Not again as root of the jail: nobody gets into one.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
standard_users
standard_jail "bind = $MARKS"
sshd_start main
SSHD_MATCH='' sshd_start unforced
sshd_use main
on alice true
on bob true
jails_gone

# fails NAME BREAK MEND: shell text that breaks something and mends it
fails() {
	local server
	"$LIB/snapshot" >"$T/before"
	eval "$2"
	for server in main unforced; do
		sshd_use $server
		rm -f "$MARKS"/*
		log_mark
		run j "$(mark_sh ran); echo RAN"
		isnt "$status" 0 "$1, $server: refused"
		unlike "$out" RAN "$1, $server: nothing runs"
		nok "$1, $server: nothing runs on the host" marked_on_host ran
		like "$out$err" 'loginjail: ' "$1, $server: the user is told"
		ok "$1, $server: the log has the reason" logged_since 'loginjail.*alice.*refused|refused.*alice'
		rm -f "$T/got"
		echo "get /etc/hostname $T/got" | sftp_on alice >/dev/null 2>&1
		nok "$1, $server: no sftp" test -s "$T/got"
	done
	sshd_use main
	ok "$1: root can log in" on root true
	ok "$1: an unmatched user can" on uma true
	eval "$3"
	if eventually "$LIB/snapshot" diff "$T/before"; then
		pass "$1: the host is as it was"
	else
		fail "$1: the host is as it was" "$("$LIB/snapshot" diff "$T/before")"
	fi
	ok "$1: mended, the user can log in" j true
	jails_gone
}

fails 'the state directory is read-only' \
	'mount --bind /srv/loginjail /srv/loginjail; mount -o remount,bind,ro /srv/loginjail' \
	'umount /srv/loginjail'
fails 'the state directory is a file' \
	'mv /srv/loginjail /srv/aside; touch -d @0 /srv/loginjail' \
	'rm /srv/loginjail; mv /srv/aside /srv/loginjail'
fails 'the state directory belongs to a user' \
	'chown bob /srv/loginjail' 'chown root /srv/loginjail'
fails 'the state directory is full' \
	'mount -t tmpfs -o size=4k,nr_inodes=2 full /srv/loginjail' 'umount /srv/loginjail'
fails 'a bind source is missing' "mv $MARKS $MARKS.aside; mkdir -m 700 $T/marks; :" \
	"[[ -e $MARKS ]] || mv $MARKS.aside $MARKS"
fails 'the home is missing' 'mv /home/alice /home/aside' 'mv /home/aside /home/alice'
fails 'the home belongs to another user' 'chown bob /home/alice' 'chown alice /home/alice'
fails 'the run directory belongs to the user' 'chown alice /run/loginjail' 'chown root /run/loginjail'
fails 'the run directory is a link' \
	'mv /run/loginjail /run/aside; ln -s aside /run/loginjail' \
	'rm /run/loginjail; mv /run/aside /run/loginjail'
fails 'the run directory has no room' \
	'mount -t tmpfs -o mode=700,size=4k,nr_inodes=6 full /run/loginjail; mkdir -m 700 /run/loginjail/{jail,uid,lock}' \
	'umount /run/loginjail'
fails 'the run directory has no room for a second name' \
	'mount -t tmpfs -o mode=700,size=64k,nr_inodes=7 full /run/loginjail; mkdir -m 700 /run/loginjail/{jail,uid,lock}' \
	'umount /run/loginjail'
if [[ -d /sys/fs/cgroup/memory ]]; then
	fails 'the memory controller is not there' 'umount /sys/fs/cgroup/memory' \
		'mount -t cgroup -o memory cgroup /sys/fs/cgroup/memory'
	fails 'the pids controller is not there' 'umount /sys/fs/cgroup/pids' \
		'mount -t cgroup -o pids cgroup /sys/fs/cgroup/pids'
else
	# Not at the root: a real host's has no such limit, that of a cgroup namespace may be
	# kept from who is in it.
	depth=/sys/fs/cgroup/loginjail/cgroup.max.depth
	fails 'no further control groups' "mkdir -p ${depth%/*} && echo 0 >$depth" "echo max >$depth"
fi
