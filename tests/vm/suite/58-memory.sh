#!/bin/bash
# SPDX-License-Identifier: MIT
# The host runs out of memory, by a jail without a limit: the kernel ends who took it,
# and nobody else; sshd, the keepers and other jails live, and logins work.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

jail_ini <<'EOS'
[jail unlimited]
users = alice
memory = max

[jail other]
users = bob
EOS
total=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
hold warm alice
hold other bob
keepers=$(pgrep -x loginjail-keep | sort)
init=$(jail_init alice)
log_mark
run j "hog memory $((2 * total))"
is "$status" 137 'who takes all memory is killed'
like "$(journal_since -k)" 'Out of memory: Killed process [0-9]+ \(hog\)' 'by the kernel, for want of memory in the host'
is "$(pgrep -x loginjail-keep | sort)" "$keepers" 'the keepers live'
is "$(jail_init alice)" "$init" 'so does PID 1 of the jail'
ok 'the other session of that user lives' kill -0 "${hold_pid[warm]}"
ok "and that of another's jail" kill -0 "${hold_pid[other]}"
is "$(on bob 'cat /proc/1/comm')" loginjail-init 'there, one can log in'
is "$(j 'cat /proc/1/comm')" loginjail-init 'and in that jail'
ok 'root can' on root true

# A login while there is next to nothing: in a jail or not at all.
on alice "hog memory $((total - 250)) hold" </dev/zero >"$T/hog" 2>&1 &
client=$!
eventually_within 120 grep -q . "$T/hog"
diag "$(cat "$T/hog"), $(awk '/^MemAvailable/ { print $2, $3 }' /proc/meminfo) available"
like "$(on root 'echo on' 2>&1)" '^on$' 'with little memory root can log in'
run free 'readlink /proc/self/ns/mnt'
is "$status $out" "0 $HOST_MNT" 'so can a user without a jail'
release other
eventually not jail_exists bob
is "$(on bob 'cat /proc/1/comm')" loginjail-init 'and one with a new jail'
kill "$client"
wait "$client" 2>/dev/null
release warm
loginjail kill --all >/dev/null
ok 'all goes' jails_gone
is "$(systemctl is-active ssh loginjail systemd-logind dbus | sort -u)" active 'no service of the host has ended'
standard_jail
is "$(j 'cat /proc/1/comm')" loginjail-init 'then all is well'
ok 'and goes' jails_gone
systemctl reset-failed
