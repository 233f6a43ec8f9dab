#!/bin/bash
# SPDX-License-Identifier: MIT
# Processes that are killed, services that are restarted, and a host that loses
# its power, all with live jails.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

uppers() { find "$STATE/upper" -mindepth 1 -maxdepth 1 | wc -l; }
keeper() { pgrep -x loginjail-keep; }
lives() { # NAME WHAT: a held session
	ok "$2" kill -0 "${hold_pid[$1]}"
	is "$(on alice 'echo on')" on "$2, and so does the jail"
}

if before_power_cut; then
	standard_jail
	hold warm alice
	kill -KILL "$(keeper)"
	ok 'SIGKILL of the keeper ends the session' eventually not kill -0 "${hold_pid[warm]}"
	release warm
	ok 'the next login makes a new jail' on bob true
	ok 'and removes what is left' jails_gone
	is "$(uppers)" 0 'the upper layer too'

	hold warm alice
	kill -KILL "$(jail_init alice)"
	ok 'SIGKILL of PID 1 ends the session' eventually not kill -0 "${hold_pid[warm]}"
	release warm
	ok 'nothing is left' jails_gone

	hold warm alice
	systemctl daemon-reload
	lives warm 'daemon-reload: the session lives'
	systemctl daemon-reexec
	lives warm 'daemon-reexec: the session lives'
	is "$(jail_groups alice | wc -l)" 1 'in its group'
	systemctl restart ssh
	lives warm 'sshd restarted: the session lives'
	systemctl restart systemd-logind
	lives warm 'logind restarted: the session lives'
	release warm
	ok 'it goes as ever' jails_gone

	hold warm alice
	holder=$(systemctl show -p MainPID --value loginjail.service)
	is "$(cut -d: -f3 "/proc/$holder/cgroup")" "${GROUP#/sys/fs/cgroup}/keepers" \
		'the process that loginjail.service consists of'
	kill -KILL "$holder"
	ok 'killed: systemd ends the jails' eventually not jail_exists alice
	release warm
	ok 'and begins anew' eventually_sh '[[ $(systemctl is-active loginjail.service) == active ]]'
	hold warm alice
	like "$(jail_groups alice)" "^$GROUP/" 'where the next jail is'
	release warm
	ok 'nothing is left' jails_gone

	# What is kept must outlive it.
	jail_ini <<-'EOS'
		[jail test]
		users = alice

		[jail tree]
		users = bob
		storage = persistent
	EOS
	on bob 'echo before >/var/tmp/kept && mkdir /var/tmp/d && sync'
	ok 'a persistent storage is free' jails_gone
	on bob 'echo at >/var/tmp/kept2 && rm -r /var/tmp/d && sync; head -c 30M /dev/zero >/var/tmp/unfinished & sleep 600' \
		>/dev/null 2>&1 &
	ok '(in use when the power goes)' eventually_sh '[[ -s $STATE/persistent/$(id -u bob)/tree/%2F/u/var/tmp/unfinished ]]'

	# An upper layer with something in it, so that there is something to remove.
	hold warm alice
	on alice 'mkdir -p /var/tmp/a/b && echo x >/var/tmp/a/b/c && sync'
	is "$(uppers)" 1 '(an upper layer)'
	power_cut
fi

is "$(systemctl is-system-running --wait)" running 'after a power cut the host comes up'
is "$(uppers)" 1 'the upper layer of a jail is left'
is "$(jail_groups)" '' 'and nothing else of it'
is "$(on bob 'cat /var/tmp/kept /var/tmp/kept2; ls -d /var/tmp/d 2>&1 | grep -c "No such"' | tr '\n' ' ')" 'before at 1 ' \
	'what is persistent is there, as it was synced'
ok 'and can be written' on bob 'rm /var/tmp/unfinished && echo after >/var/tmp/kept'
jails_gone
is "$(on bob 'cat /var/tmp/kept')" after 'and is kept'
jails_gone
hold warm alice
is "$(on alice 'ls -A /var/tmp')" '' 'the next jail begins with an empty one'
release warm
ok 'it goes' jails_gone
ok 'what was left is removed with it' eventually_sh '(($(uppers) == 0))'
run loginjail gc
is "$(head -n 1 <<<"$out")" '0 dead jails removed' 'and gc finds no other'
