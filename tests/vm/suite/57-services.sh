#!/bin/bash
# SPDX-License-Identifier: MIT
# What a login meets on a bad day: no message bus, a clock that jumps, sshd killed.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

# D-Bus
standard_jail
hold warm alice
systemctl stop dbus.socket dbus.service 2>/dev/null
nok '(there is no message bus)' busctl list
ok 'no D-Bus: a session that is there lives' kill -0 "${hold_pid[warm]}"
is "$(j 'echo on')" on 'no D-Bus: its jail can be entered'
start=$SECONDS
is "$(on bob 'cat /proc/1/comm')" loginjail-init 'no D-Bus: a login makes a jail'
between $((SECONDS - start)) 0 30 'no D-Bus: without a long wait'
like "$(jail_groups alice)" "^$GROUP/" 'no D-Bus: in its group'
release warm
ok 'no D-Bus: jails go' jails_gone
systemctl start dbus.socket dbus.service
systemctl restart systemd-logind
is "$(j 'cat /proc/1/comm')" loginjail-init 'D-Bus is back: all is well'
ok 'and goes' jails_gone

# The clock.  The shell's own, SECONDS, jumps as well.
jump() { date -s "@$(($(date +%s) + $1))" >/dev/null; }
gone_after() { # SECONDS, counted one by one
	local n
	for ((n = 0; n < $1; n++)); do
		no_jails && return
		sleep 1
	done
	return 1
}
for by in 10800 -10800; do
	standard_jail 'linger = 15'
	hold warm alice
	jump "$by"
	ok "the clock jumps by $by s: a session lives" kill -0 "${hold_pid[warm]}"
	is "$(j 'cat /proc/1/comm')" loginjail-init "by $by s: its jail can be entered"
	release warm
	ok "by $by s: the jail lingers" jail_exists alice
	jump $((-by))
	ok "and $((-by)) s back: still" jail_exists alice
	ok "by $by s and back: it ends when its time is over" gone_after 40
	ok "by $by s: all of it" jails_gone
done
for by in 10800 -10800; do
	j true
	jump "$by"
	ok "the clock jumps by $by s while a jail lingers: it stays" jail_exists alice
	ok "by $by s while it lingers: it ends when its time is over" gone_after 40
	jump $((-by))
	ok "by $by s while it lingers: all of it" jails_gone
done
standard_jail

# sshd
hold warm alice
kill -KILL "$(systemctl show -p MainPID --value ssh)"
ok 'the listening sshd is killed: a session lives' kill -0 "${hold_pid[warm]}"
ok 'systemd starts another' eventually answers_ssh
is "$(j 'echo on')" on 'which leads into the same jail'
monitor=$(pgrep -f 'sshd(-session)?: alice \[priv\]')
like "$monitor" '^[0-9]+$' "(the monitor of alice's session)"
kill -KILL "$monitor"
# Some sshds end with it, others go on until they need it.
ok "that is killed: the session ends, or lives on in its jail" eventually_sh \
	"! kill -0 ${hold_pid[warm]} || loginjail ps | grep -q '^alice '"
release warm
ok 'and the jail' jails_gone
hold warm alice
pkill -KILL -u alice -x 'sshd|sshd-session'
ok "the user's sshd is killed: the session ends" eventually not kill -0 "${hold_pid[warm]}"
release warm
ok 'and the jail' jails_gone
is "$(j 'cat /proc/1/comm')" loginjail-init 'all is well'
ok 'and goes' jails_gone
systemctl reset-failed
