#!/bin/bash
# SPDX-License-Identifier: MIT
# Files on disk that a user's jail has deleted but passed by descriptor to somebody who
# stays: where the jail has a disk of its own in an image, it is taken back.  (With a project quota
# they count for a later jail: tests/vm/suite/70-quota.sh.)
# Not again as root of the jail: the disk is one outside of it.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
mkdir -m 1777 /srv/shared
# A file system of its own, so that its blocks can be counted: without quotas.
mkdir "$T/host"
mount -t tmpfs -o size=400M tmpfs "$T/host"
STATE=$T/host/state
jail_ini <<'EOS'
[jail giver]
users = alice
disk = 60M
bind = /srv/shared

[jail unlimited]
users = free
bind = /srv/shared

[jail taker]
users = bob
bind = /srv/shared
EOS
add_user free 2010
sshd_start main
M=$((1 << 20))

used() { # bytes of the host's file system
	echo $(($(stat -f -c '(%b - %f) * %S' "$STATE")))
}
stay() { (($(used) >= base + 100 * M)); }
freed() { (($(used) < base + 3 * M)); }
socket=/srv/shared/socket

# ---- who has no limit: the attack succeeds ------------------------------------------------
on alice true # its template is made
ok '(it ends)' jails_gone
base=$(used)
taker bob "$socket"
ok 'no limit: 100M are passed' give free "$socket" 100 /var/tmp/file
eventually jail_ended free
ok 'no limit: they stay' eventually stay
taker_ends bob "$socket"
ok 'no limit: until the taker has gone' eventually freed

# ---- an image -------------------------------------------------------------------------------
taker bob "$socket"
for round in 1 2 3 4 5; do
	ok "round $round: 50M are passed" give alice "$socket" 50 /var/tmp/file
	ok "round $round: the jail ends" eventually jail_ended alice
	ok "round $round: nothing of the host's disk is held" eventually freed
	ok "round $round: the log tells" eventually logged \
		"alice: somebody has files of the disk of jail .* open, which are empty now"
	: >"$LOG"
done
is "$(on alice 'head -c 50M /dev/zero >/var/tmp/file && wc -c </var/tmp/file')" $((50 * M)) \
	'alice has her whole disk'
eventually jail_ended alice
is "$(grep -c 'somebody' "$LOG")" 0 'which nobody is said to have after a jail as usual'
taker_ends bob "$socket"
is "$(on bob echo in)" in 'the taker is none the worse'

# ---- who writes all the time ------------------------------------------------------------------
taker bob "$socket" scribble
ok 'scribbler: a file is passed' give alice "$socket" 20 /var/tmp/file
ok 'scribbler: the jail ends' eventually jail_ended alice
ok 'scribbler: it is taken back' eventually logged 'alice: somebody has files of the disk of jail .* empty now'
ok 'scribbler: nothing of the host is held' eventually freed
sleep 0.5
ok 'scribbler: nor comes back' freed
taker_ends bob "$socket"

ok 'all are gone' jails_gone
is "$(cat /sys/block/loop*/loop/backing_file 2>/dev/null | grep -c "/upper/$(id -u alice)-")" 0 'no loop device stays'
umount "$T/host"
