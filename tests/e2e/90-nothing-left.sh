#!/bin/bash
# SPDX-License-Identifier: MIT
# The host is as it was: after many logins, after any process was killed, after refusals.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
jail_ini <<'EOS'
[jail test]
groups = jailed

[jail other]
users = carl
services = none-of-these
EOS
sshd_start main
many=${MANY:-200}
[[ ${LOGINJAIL_EMULATED:-} != 1 ]] || many=40

unchanged() { # NAME
	if WITHIN=${WITHIN:-15} eventually "$LIB/snapshot" diff "$T/before"; then
		pass "$1"
	else
		"$LIB/snapshot" diff "$T/before" >"$T/differences"
		fail "$1" "$(tail -n +3 "$T/differences")"
		# So that one fault is not reported at each following test.
		"$LIB/snapshot" >"$T/before"
	fi
}

# Lock files stay by design, and sshd makes log files: so each once before.
for user in alice bob; do
	on "$user" true
	on_opt "$user" -tt true </dev/null 2>/dev/null
done
on carl true 2>/dev/null
jails_gone
"$LIB/snapshot" >"$T/before"
between "$(wc -l <"$T/before")" 500 100000 'a snapshot'

# Many logins: ten at a time, of two users, of several kinds
failed=0
log_mark
one_login() { # NUMBER
	local user=alice
	(($1 % 3)) || user=bob
	case $(($1 % 5)) in
	0) on_opt "$user" -tt 'echo x >/tmp/file; tty' </dev/null ;;
	1) echo 'ls /' | sftp_on "$user" ;;
	2) on "$user" 'setsid sleep 600 >/dev/null 2>&1 </dev/null & echo' ;;
	*) on "$user" 'echo x >/var/tmp/file' ;;
	esac >/dev/null 2>"$T/login.$1"
}
for ((i = 0; i < many; i += 10)); do
	pids=()
	for ((k = i; k < i + 10; k++)); do
		one_login "$k" &
		pids+=("$!")
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || failed=$((failed + 1))
	done
done
is "$failed" 0 "$many logins, ten at a time"
((failed)) && diag "$(cat "$T"/login.* | sort | uniq -c)"
unchanged "nothing stays of $many logins"

# Each process killed in the middle of a session
monitor_pid() { pgrep -u root -f '^sshd(-session)?: alice' | head -n 1; }
user_sshd_pid() { pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1; }
enter_pid() { pgrep -P "$(user_sshd_pid)" | head -n 1; }
init_pid() { jail_init alice; }
keeper_pid() { pgrep -u root loginjail-keep | head -n 1; }
shell_pid() { pgrep -u alice -f '^sleep 6543' | head -n 1; }

for kind in command terminal two-logins forward; do
	for victim in monitor user_sshd enter init keeper shell; do
		name="SIGKILL of the $victim, $kind"
		options=
		[[ $kind == terminal ]] && options=-tt
		[[ $kind == forward ]] && options='-L 127.0.0.1:9001:127.0.0.1:1 -R 127.0.0.1:9002:127.0.0.1:1'
		mkfifo "$T/up"
		# shellcheck disable=SC2086 # options are words
		alone ssh -F "$S/ssh_config" -l alice $options world 'echo up; exec sleep 6543' \
			</dev/null >"$T/up" 2>/dev/null &
		client=$!
		read -r _ <"$T/up"
		rm "$T/up"
		[[ $kind == two-logins ]] && hold second alice
		# The shell says "up" before it becomes what is looked for.
		eventually_sh "[[ -n \$(${victim}_pid) ]]"
		pid=$("${victim}_pid")
		if [[ -z $pid ]]; then
			fail "$name" "no such process"
		else
			kill -KILL "$pid"
		fi
		if [[ $kind == two-logins ]]; then
			case $victim in
			init | keeper) ;;
			*) is "$(j 'echo still')" still "$name: the other login goes on" ;;
			esac
			# What the killed one left behind is finished by the next login.
			ok "$name: the user can log in again" eventually on alice true
			release second 2>/dev/null
		fi
		case $victim in
		monitor) ;; # sshd's own process goes on, as without a jail
		*) ok "$name: the session ends" eventually not pgrep -f '^sleep 6543' ;;
		esac
		kill -KILL "$client" 2>/dev/null
		wait "$client" 2>/dev/null
		# A killed keeper can't clean up: the next login of anyone does.
		[[ $victim == keeper ]] && on bob true
		unchanged "$name: nothing stays"
	done
done
ok 'logins work as before' j true

# The keeper killed while nobody logs in again: gc does the work.
hold h alice
kill -KILL "$(keeper_pid)"
release h 2>/dev/null
ok 'loginjail gc runs' eventually loginjail gc
unchanged 'and nothing stays'

# Killed on the way in: at some moment of the set-up, by chance
for i in $(seq 1 30); do
	alone ssh -F "$S/ssh_config" -l alice world true >/dev/null 2>&1 </dev/null &
	client=$!
	case $((i % 3)) in
	0) comm=loginjail-setup ;;
	1) comm=loginjail-init ;;
	2) comm=loginjail-enter ;;
	esac
	eventually_sh "pkill -KILL -x '${comm:0:15}' || ! kill -0 $client"
	wait "$client"
done 2>/dev/null
on bob true
unchanged 'thirty logins killed on their way in: nothing stays'
ok 'logins work as before' j true

# Refusals
run on carl true
isnt "$status" 0 'a login that is refused by its service'
unchanged 'nothing stays of it'
cp -p "$INI" "$T/ini"
echo 'no-such-option = 1' >>"$INI"
run j true
isnt "$status" 0 'a login that is refused by a wrong jail.ini'
cp -p "$T/ini" "$INI"
unchanged 'nothing stays of it'

# What stays on purpose
isnt "$(user_group alice)" '' '(the group of all jails of a user)'
run loginjail gc
is "$status" 0 'clearing up'
is "$(find /sys/fs/cgroup -path '*/loginjail*/user-*' -o -name loginjail)" '' 'removes it'
