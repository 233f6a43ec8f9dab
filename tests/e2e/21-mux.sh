#!/bin/bash
# SPDX-License-Identifier: MIT
# One connection, several sessions.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main

for user in ${MUX_USERS:-uma alice}; do
	ok "$user: a master connects" on_opt "$user" '-fNM -o ControlPersist=yes'
	through() { on_opt "$user" '-o ControlMaster=no' "$@"; }
	ok "$user: it is there" on_opt "$user" '-O check'
	is "$(through 'echo a; exit 3'; echo $?)" $'a\n3' "$user: a first session and its status"
	pids=()
	for i in 1 2 3 4 5 6 7 8; do
		through "echo begin $i; cat; exit $i" <<<"input $i" >"$T/out.$i" 2>&1 &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait "${pids[i]}"
		is "$?:$(tr '\n' ',' <"$T/out.$i")" "$i:begin $i,input $i," \
			"$user: session $i of eight at once"
	done
	is "$(through 'readlink /proc/self/ns/mnt')" "$(through 'readlink /proc/self/ns/mnt')" \
		"$user: all sessions are in one place"
	through 'echo shared >/tmp/mux-'"$user"
	is "$(through "cat /tmp/mux-$user; rm /tmp/mux-$user")" shared "$user: and share its /tmp"
	is "$(on_opt "$user" '-tt -o ControlMaster=no' tty </dev/null | tr -d '\r')" /dev/pts/0 \
		"$user: a terminal over the same connection"
	printf 'pwd\n' | sftp_on "$user" >"$T/sftp"
	ok "$user: sftp over the same connection" grep -q "/home/$user" "$T/sftp"
	ok "$user: the master leaves" on_opt "$user" '-O exit'
	ok "$user: its sshd ends" eventually not pgrep -u "$user" -x 'sshd|sshd-session'
done
ok 'no jail stays' jails_gone
