#!/bin/bash
# SPDX-License-Identifier: MIT
# logind sees a jailed login as it sees every other, and ending one in its way
# ends what is in the jail.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

standard_jail
session_of() { # USER: the newest login; a user manager may be a session as well
	local id
	loginctl list-sessions --no-legend | awk -v user="$1" '$3 == user { print $1 }' | sort -rn |
		while read -r id; do
			[[ $(property "$id" Service) == sshd ]] && echo "$id" && break
		done
}
property() { loginctl show-session "$1" -p "$2" --value; }
no_session() { [[ -z $(session_of "$1") ]]; }
# What the processes in the unit of a session are called; of a jail's: "jail".
members() {
	local pid
	while read -r pid; do
		if [[ $(ns "$pid" pid) == "$(readlink /proc/self/ns/pid)" ]]; then
			cat "/proc/$pid/comm"
		else
			echo jail
		fi
	done <"/sys/fs/cgroup/user.slice/user-$(id -u "$1").slice/session-$2.scope/cgroup.procs" | sort -u
}

log_mark
start=$SECONDS
hold warm alice
between $((SECONDS - start)) 0 20 'a login does not wait for a service that never answers'
id=$(session_of alice)
like "$id" '^[0-9]+$' 'logind knows the session'
hold free uma
free_id=$(session_of uma)
for name in Service Type Class Remote RemoteHost State Active; do
	is "$(property "$id" "$name")" "$(property "$free_id" "$name")" "$name as without a jail"
done
is "$(property "$id" User)" "$(id -u alice)" "it is the user's"
is "$(cat "/proc/$(property "$id" Leader)/loginuid")" "$(id -u alice)" 'so the audit says'
# In the fence the forced command has the name of the shell.
is "$(members alice "$id" | grep -vxE 'bash|sshd|sshd-session')" '' 'sshd and its forced command are all that is in it'
is "$(free 'echo $XDG_RUNTIME_DIR')" "/run/user/$(id -u uma)" '(others have a runtime directory)'
is "$(j 'test -z "$XDG_RUNTIME_DIR" || test -w "$XDG_RUNTIME_DIR" || echo "$XDG_RUNTIME_DIR"')" '' \
	'no runtime directory is promised that is not there'
release free
release warm
ok 'the session ends with the login' eventually no_session alice
ok 'so does the slice of the user' eventually not test -e "/sys/fs/cgroup/user.slice/user-$(id -u alice).slice"
ok 'and the jail' jails_gone
is "$(complaints_since)" '' 'the log has no warning'

# Ended by the administrator
hold warm alice
loginctl terminate-session "$(session_of alice)"
ok 'terminate-session ends the login' eventually not kill -0 "${hold_pid[warm]}"
ok 'and the jail' jails_gone
release warm
hold one alice
hold two alice
loginctl terminate-user alice
ok 'terminate-user ends all logins' eventually_sh '! kill -0 "${hold_pid[one]}" && ! kill -0 "${hold_pid[two]}"'
ok 'and the jail' jails_gone
release one
release two
slow=$(journal_since | grep -iE 'timed out|timeout was reached')
log_mark

# What outlives a login: nothing without linger, all of the jail with it, whatever
# logind does with what is left of a session (the table in jail.ini(5)).
survivors() { pgrep -u "$(id -u alice)" -fx 'sleep 4321'; }
for kill in no yes; do
	mkdir -p /run/systemd/logind.conf.d
	printf '[Login]\nKillUserProcesses=%s\n' "$kill" >/run/systemd/logind.conf.d/kill.conf
	systemctl restart systemd-logind
	for linger in 0 5m; do
		name="KillUserProcesses=$kill, linger = $linger"
		standard_jail "linger = $linger"
		j 'setsid sleep 4321 </dev/null >/dev/null 2>&1 &'
		ok "$name: the session of logind ends with the login" eventually no_session alice
		if [[ $linger == 0 ]]; then
			ok "$name: so does the jail" eventually jails_gone
			nok "$name: and what ran in the background" survivors
			continue
		fi
		ok "$name: what runs in the background goes on" survivors
		is "$(j 'pgrep -fxc "sleep 4321"')" 1 "$name: and the next login finds it"
		ok "$name: until the jail is ended" loginjail kill alice
		nok "$name: then it is gone" survivors
	done
done
standard_jail

# Where logind kills what a login leaves behind
mkdir -p /run/systemd/logind.conf.d
printf '[Login]\nKillUserProcesses=yes\n' >/run/systemd/logind.conf.d/kill.conf
systemctl restart systemd-logind
hold first alice
first=$(session_of alice)
hold second alice
is "$(loginctl show-session "$first" -p Name --value)" alice '(the session that made the jail)'
release first
ok 'is over' eventually not loginctl show-session "$first"
is "$(j echo on)" on 'the jail lives on'
ok 'and the other login' kill -0 "${hold_pid[second]}"
release second
ok 'the jail ends with the last' jails_gone
rm -r /run/systemd/logind.conf.d
systemctl restart systemd-logind
ok 'a login after logind was restarted' j true
ok 'goes' jails_gone
is "$(complaints_since)" '' 'the log has no warning'
is "$slow$(journal_since | grep -iE 'timed out|timeout was reached')" '' 'and nothing has timed out'
