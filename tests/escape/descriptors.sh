#!/bin/bash
# SPDX-License-Identifier: MIT
# Descriptors: none but 0, 1, 2 inside; none in sshd's process that leads anywhere;
# and unix sockets of the host are out of reach by forwarding.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
SSHD_MATCH='' sshd_start unforced

serve UNIX-LISTEN:/run/host.sock,mode=777 HOST
serve UNIX-LISTEN:/tmp/host.sock,mode=777 HOST
serve UNIX-LISTEN:/var/tmp/host.sock,mode=777 HOST
serve UNIX-LISTEN:/srv/host.sock,mode=777 HOST
serve ABSTRACT-LISTEN:host-abstract HOST
ok 'servers of the host' eventually answers UNIX:/srv/host.sock HOST
chmod 755 /srv

through() { # USER PATH: asks the socket by ssh -L
	local client answer
	rm -f "$T/local.sock"
	alone ssh -F "$S/ssh_config" -N -l "$1" -L "$T/local.sock:$2" world 2>/dev/null &
	client=$!
	eventually test -S "$T/local.sock"
	answer=$(ask "UNIX:$T/local.sock")
	kill "$client"
	wait "$client" 2>/dev/null
	echo "$answer"
}

sshd_use main
for path in /run /tmp /var/tmp /srv; do
	is "$(through uma $path/host.sock)" HOST "without a jail: $path/host.sock is in reach"
done
is "$(through uma "/proc/self/root/run/host.sock")" HOST 'without a jail: also by way of /proc'

for server in main unforced; do
	sshd_use $server
	hold h alice
	for kind in '' -tt; do
		is "$(on_opt alice "$kind" 'probe fd' </dev/null 2>/dev/null | cut -d' ' -f2 | tr '\n' ' ')" \
			'0 1 2 ' "$server $kind: three descriptors inside"
	done
	is "$(echo 'ls /proc/self/fd' | timeout 20 ssh -F "$S/ssh_config" -T -l alice world | wc -l)" 4 \
		"$server: a shell has those as well"

	child=$(pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1)
	monitor=$(pgrep -u root -f '^sshd(-session)?: alice' | head -n 1)
	for pid in "$child" "$monitor"; do
		who=$(stat -c %U "/proc/$pid")
		bad=$(for fd in "/proc/$pid/fd"/*; do
			[[ -d $fd ]] && [[ $(readlink "$fd") == /* ]] && readlink "$fd"
		done)
		is "$bad" '' "$server: sshd ($who) holds no directory open"
		is "$(find "/proc/$pid/fd" -lname '/*' ! -lname '/dev/*' -printf '%l ')" '' \
			"$server: sshd ($who) holds no file of the host open"
		isnt "$(ns "$pid" mnt)" "$HOST_MNT" "$server: sshd ($who) is in the fence"
		isnt "$(ns "$pid" net)" "$(ns self net)" "$server: and in the jail's network"
	done
	for path in /run /tmp /var/tmp /srv; do
		isnt "$(through alice $path/host.sock)" HOST "$server: $path/host.sock is not in reach"
	done
	for way in self/root self/cwd 1/root "$child/root" "$child/cwd" "$monitor/root"; do
		isnt "$(through alice "/proc/$way/run/host.sock")" HOST "$server: nor by /proc/$way"
	done
	found=
	for fd in $(seq 0 30); do
		[[ -e /proc/$child/fd/$fd || $fd -lt 12 ]] || continue
		for up in '' ../ ../../ ../../../; do
			[[ -e /proc/$child/fd/$fd || -z $up ]] || continue
			[[ $(through alice "/proc/self/fd/$fd/${up}run/host.sock") == HOST ]] && found+=" $fd"
		done
	done
	is "$found" '' "$server: nor through any of its descriptors"
	isnt "$(j 'socat - ABSTRACT-CONNECT:host-abstract </dev/null 2>&1')" HOST \
		"$server: an abstract socket of the host is not in reach"
	release h
	jails_gone
done
is "$(free 'socat - ABSTRACT-CONNECT:host-abstract </dev/null')" HOST \
	'without a jail: an abstract socket is'
kill "${served[@]}"
