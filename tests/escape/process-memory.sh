#!/bin/bash
# SPDX-License-Identifier: MIT
# The programs of a session that stand outside the jail must not be writable or
# readable by the user, by whatever way.
# again: as-root
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
SSHD_MATCH='Match User pat
	ForceCommand true' sshd_start unforced
sshd_start main
sshd_use unforced

poke() { # USER PATH OFFSET
	sftp-poke "$2" "$3" XXXX -- ssh -F "$S/ssh_config" -l "$1" -s world sftp 2>/dev/null | tr '\n' ' '
}
address() { awk '/ [r-]?.?rw-p / || / rw-p / { split($1, a, "-"); print a[1]; exit }' "/proc/$1/maps"; }

# Without a jail: by a second channel into the waiting program of the first
hold h uma
pid=$(pgrep -u uma -x cat)
is "$(poke uma "/proc/$pid/mem" "$(address "$pid")")" 'opened written ' \
	'without a jail: internal-sftp writes into a process of the user'
release h 2>/dev/null

for server in unforced main; do
	sshd_use $server
	hold h alice
	child=$(pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1)
	enter=$(pgrep -P "$child" | head -n 1)
	ok "$server: there is a waiting loginjail-enter" \
		test "/proc/$enter/exe" -ef "$ENTER"
	sshd_use unforced
	for pid in "$enter" "$child"; do
		is "$(poke alice "/proc/$pid/mem" "$(address "$pid")")" '' \
			"$server: internal-sftp can't write into $(cat "/proc/$pid/comm")"
	done
	for path in /proc/self/mem /proc/1/mem /proc/thread-self/mem /dev/mem /dev/port; do
		unlike "$(poke alice $path 1000)" written "$server: nor into $path"
	done
	# The same uid on the host itself (cron, say, had the user a job there)
	as_user() { setpriv --reuid=2001 --regid=2001 --clear-groups "$@"; }
	nok "$server: not even the same uid on the host can read enter's memory" \
		as_user dd "if=/proc/$enter/mem" of=/dev/null bs=1 count=1 "skip=$((16#$(address "$enter")))"
	nok "$server: nor its environment" as_user cat "/proc/$enter/environ"
	nok "$server: nor walk through its root" as_user ls "/proc/$enter/root/"
	nok "$server: nor trace it" as_user timeout 5 strace -p "$enter"
	is "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$enter/status")" 1 "$server: enter has no_new_privs"
	is "$(awk '/^Seccomp:/ { print $2 }' "/proc/$enter/status")" 2 "$server: and a filter"
	is "$(awk '/^Cap(Prm|Eff|Inh|Amb)/ { print $2 }' "/proc/$enter/status" | sort -u)" \
		0000000000000000 "$server: and no capability"
	init=$(jail_init alice)
	nok "$server: the same uid can't trace the jail's process 1" as_user cat "/proc/$init/environ"
	sshd_use $server
	# From inside
	is "$(j 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = loginjail-init ] &&
		cat $p/environ $p/maps; done 2>/dev/null' | head -c 20)" '' \
		"$server: inside, process 1 can't be read"
	release h
	jails_gone
done
