#!/bin/bash
# SPDX-License-Identifier: MIT
# Descriptors: none but 0, 1, 2 inside; none in sshd's process that leads anywhere;
# and unix sockets of the host are out of reach by forwarding.
# again: as-root
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

# Asks each of the sockets by ssh -L, over one connection; prints the paths of
# those that answered.
reached() { # USER PATH...
	local client path i=0 options=() user=$1
	shift
	rm -f "$T"/local.sock.*
	for path in "$@"; do
		i=$((i + 1))
		options+=(-L "$T/local.sock.$i:$path")
	done
	alone ssh -F "$S/ssh_config" -N -l "$user" "${options[@]}" world 2>/dev/null &
	client=$!
	eventually test -S "$T/local.sock.$i"
	i=0
	for path in "$@"; do
		i=$((i + 1))
		[[ $(ask "UNIX:$T/local.sock.$i") == HOST ]] && echo "$path"
	done
	kill "$client"
	wait "$client" 2>/dev/null
}

sshd_use main
for path in /run /tmp /var/tmp /srv; do
	is "$(reached uma $path/host.sock)" $path/host.sock "without a jail: $path/host.sock is in reach"
done
is "$(reached uma /proc/self/root/run/host.sock)" /proc/self/root/run/host.sock \
	'without a jail: also by way of /proc'

for server in main unforced; do
	sshd_use $server
	hold h alice
	for kind in '' -tt; do
		is "$(on_opt alice "$kind" 'probe fd' </dev/null 2>/dev/null | cut -d' ' -f2 | tr '\n' ' ')" \
			'0 1 2 ' "$server $kind: three descriptors inside"
	done
	is "$(echo 'ls /proc/self/fd | wc -l' | timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -T -l alice world |
		tail -n 1)" 4 \
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
	is "$(reached alice {/run,/tmp,/var/tmp,/srv}/host.sock)" '' \
		"$server: no socket of the host is in reach"
	is "$(reached alice /proc/{self,1,"$child","$monitor"}/{root,cwd}/run/host.sock)" '' \
		"$server: nor by /proc"
	is "$(reached alice /proc/self/fd/{0..15}/{,../,../../,../../../}run/host.sock)" '' \
		"$server: nor through any descriptor"
	isnt "$(j 'socat - ABSTRACT-CONNECT:host-abstract </dev/null 2>&1')" HOST \
		"$server: an abstract socket of the host is not in reach"
	release h
	jails_gone
done
is "$(free 'socat - ABSTRACT-CONNECT:host-abstract </dev/null')" HOST \
	'without a jail: an abstract socket is'
kill "${served[@]}"
