#!/bin/bash
# SPDX-License-Identifier: MIT
# What "check --host" warns of in sshd's configuration, each line at its worst: the fence holds without it.
# UsePAM and PAMServiceName are in missing-parts.sh and service.sh.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
standard_users
standard_jail "bind = $MARKS"
echo secret >/run/flag
worst=('AllowStreamLocalForwarding all' 'StreamLocalBindUnlink yes' 'StreamLocalBindMask 0000' 'PermitTunnel yes'
	'PermitUserEnvironment yes' 'PermitUserRC yes' 'AcceptEnv *' 'GatewayPorts yes' 'X11UseLocalhost no'
	'PermitTTY yes' 'AllowTcpForwarding yes' 'PermitListen any' 'PermitOpen any' 'ExposeAuthInfo yes')
mkdir -p /usr/local/libexec
printf '#!/bin/sh\n%s' "$(mark_sh '$(id -un).subsystem')" >/usr/local/libexec/subsystem
chmod 755 /usr/local/libexec/subsystem
SSHD_SFTP=/usr/lib/openssh/sftp-server SSHD_MATCH='' \
	sshd_start none "${worst[@]}" 'Subsystem marks /usr/local/libexec/subsystem'
SSHD_MATCH="Match User alice,uma
	ForceCommand $BARE" sshd_start other "${worst[@]}"
check=$(loginjail check --host | grep -c '^open  .*sshd has')
ok '(and the host'"'"'s own configuration is told of)' test "$check" -gt 0

for user in uma alice; do
	mkdir -p "/home/$user/.ssh"
	mark_library "/home/$user/file.so" "$user.environment"
	printf 'LD_PRELOAD=%s\n' "/home/$user/file.so" >"/home/$user/.ssh/environment"
	mark_sh "$user.rc" >"/home/$user/.ssh/rc"
	chown -R "$user:" "/home/$user"
done
serve UNIX-LISTEN:/srv/host.sock,mode=0777 HOST
ok '(a socket of the host)' eventually answers UNIX:/srv/host.sock HOST
# A device that its user may attach to without any privilege
ip tuntap add dev tap7 mode tap user 2001
ip tuntap add dev tap8 mode tap user 2004
ip link set tap7 up
ip link set tap8 up

through_socket() { # USER PATH: what answers through -L
	rm -f "$T/through"
	alone ssh -F "$S/ssh_config" -N -l "$1" -L "$T/through:$2" world >/dev/null 2>&1 </dev/null &
	local client=$! got=none
	eventually test -S "$T/through" &&
		got=$(timeout 3 socat -T 2 - "UNIX:$T/through" </dev/null 2>/dev/null | head -n 1)
	kill -KILL "$client"
	wait "$client" 2>/dev/null
	echo "$got"
}
listens_on_host() { # USER PATH: does -R make a socket of the host's?
	rm -f "$T/up"
	alone ssh -F "$S/ssh_config" -l "$1" -R "$2:127.0.0.1:9" world 'echo up; exec sleep 1000' \
		>"$T/up" 2>/dev/null </dev/null &
	local client=$! status=1
	eventually grep -qs up "$T/up"
	test -S "$2" && status=0
	kill -KILL "$client"
	wait "$client" 2>/dev/null
	return $status
}
attached() { # USER UNIT: does -w get the host's device?
	rm -f "$T/up"
	alone ssh -F "$S/ssh_config" -o Tunnel=ethernet -w "9:$2" -l "$1" world 'echo up; exec sleep 1000' \
		>"$T/up" 2>/dev/null </dev/null &
	local client=$! status=1
	eventually grep -qs up "$T/up"
	[[ $(cat "/sys/class/net/tap$2/carrier" 2>/dev/null) == 1 ]] && status=0
	kill -KILL "$client"
	wait "$client" 2>/dev/null
	eventually not test -e /sys/class/net/tap9
	return $status
}
run_all() { # USER
	on "$1" 'ls /'
	on_opt "$1" -tt 'ls /'
	on "$1" "$(mark_sh "$1.command")"
	on_opt "$1" -s marks
	echo 'ls /' | sftp_on "$1"
} </dev/null >/dev/null 2>&1
get() { # USER PATH
	rm -f "$T/got"
	echo "get $2 $T/got" | sftp_on "$1" >/dev/null 2>&1
	cat "$T/got" 2>/dev/null
}

for server in none other; do
	sshd_use $server
	rm -f "$MARKS"/*
	run_all uma
	bites uma.command "$server: a command"
	bites uma.environment "$server: ~/.ssh/environment (PermitUserEnvironment)"
	if [[ $server == none ]]; then
		bites uma.rc "$server: ~/.ssh/rc (PermitUserRC)"
		bites uma.subsystem "$server: a program of Subsystem"
	fi
	is "$(get uma /run/flag)" secret "$server: without a jail: sftp reads the host"
	is "$(through_socket uma /srv/host.sock)" HOST "$server: without a jail: a socket is in reach"
	ok "$server: without a jail: one is made" listens_on_host uma /tmp/made.$server
	ok "$server: without a jail: a tunnel device is had" attached uma 8

	rm -f "$MARKS"/*
	hold h alice
	there=$(jail_mnt alice)
	run_all alice
	for mark in command environment rc subsystem; do
		held alice.$mark "$there" "$server: $mark"
	done
	is "$(j 'readlink /proc/self/ns/mnt')" "$there" "$server: a command does run in the jail"
	is "$(get alice /run/flag)" '' "$server: sftp does not read the host"
	isnt "$(through_socket alice /srv/host.sock)" HOST "$server: AllowStreamLocalForwarding: no socket of the host's"
	isnt "$(through_socket alice /proc/1/root/srv/host.sock)" HOST "$server: nor by /proc"
	nok "$server: nor is one made" listens_on_host alice /tmp/jail.$server
	nok "$server: PermitTunnel: no device of the host's" attached alice 7
	release h
	ok "$server: nothing stays" jails_gone
done
kill "${served[@]}"
