#!/bin/bash
# SPDX-License-Identifier: MIT
# Forwarding: -L, -R, -D, -W, by port and by socket, lead into the jail.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user hugo 2005
add_user nils 2006
jail_ini <<'EOS'
[jail test]
groups = jailed

[jail open]
users = hugo
network = host

[jail closed]
users = nils
network = none
EOS
sshd_start main

serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr HOST
ok 'a server of the host' eventually answers TCP:127.0.0.1:7001 HOST
users=${FORWARD_USERS:-uma alice}

# The stand-in server's own queue is short: one of ten may have to come again.
ten_at_once() {
	[[ $(for _ in 1 2 3 4 5 6 7 8 9 10; do ask TCP:127.0.0.1:9001 & done | grep -c INSIDE) == 10 ]]
}

for user in $users; do
	case $user in
	alice) port=7002 other=nobody ;;
	*) port=7003 other=host ;;
	esac
	hold warm "$user"
	serve_inside "$user" "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr" INSIDE
	serve_inside "$user" "UNIX-LISTEN:/tmp/in.$user" SOCKET
	ok "$user: -W reaches a server of the session's" \
		eventually answers_through "$user" "127.0.0.1:$port" INSIDE
	is "$(ask_through "$user" "localhost:$port")" INSIDE "$user: -W by name"

	ok "$user: a connection with forwards" on_opt "$user" "-fNM
		-o ExitOnForwardFailure=yes
		-L 127.0.0.1:9001:127.0.0.1:$port
		-L 127.0.0.1:9002:127.0.0.1:7001
		-L $T/forward.$user:/tmp/in.$user
		-L 127.0.0.1:9003:[::1]:$port
		-R 127.0.0.1:9004:127.0.0.1:7001
		-R /tmp/back.$user:127.0.0.1:7001
		-D 127.0.0.1:9005"
	is "$(ask TCP:127.0.0.1:9001)" INSIDE "$user: -L"
	ok "$user: -L, ten times at once" eventually ten_at_once
	is "$(ask "UNIX:$T/forward.$user")" SOCKET "$user: -L to a socket"
	is "$(ask SOCKS4:127.0.0.1:127.0.0.1:$port,socksport=9005)" INSIDE "$user: -D"
	is "$(on_opt "$user" '-o ControlMaster=no' \
		'exec 3<>/dev/tcp/127.0.0.1/9004; head -n 1 <&3')" HOST "$user: -R"
	is "$(on_opt "$user" '-o ControlMaster=no' \
		"socat - UNIX:/tmp/back.$user </dev/null")" HOST "$user: -R to a socket"
	if [[ $other == host ]]; then
		is "$(ask TCP:127.0.0.1:9002)" HOST "$user: a server of the host"
		is "$(ask TCP:127.0.0.1:9004)" HOST "$user: -R listens on the host"
	else
		isnt "$(ask TCP:127.0.0.1:9002)" HOST "$user: no server of the host"
		isnt "$(ask TCP:127.0.0.1:9004)" HOST "$user: -R does not listen on the host"
		nok "$user: no socket appears in the host's /tmp" test -e "/tmp/back.$user"
	fi
	on_opt "$user" '-O exit' 2>/dev/null
	release warm
done

if [[ $users == *alice* ]]; then
	hold warm alice
	serve_inside alice TCP-LISTEN:7002,bind=127.0.0.1,reuseaddr INSIDE
	ok 'a server of alice' eventually answers_through alice 127.0.0.1:7002 INSIDE
	isnt "$(ask_through bob 127.0.0.1:7002)" INSIDE 'is not in reach of bob'
	isnt "$(ask TCP:127.0.0.1:7002)" INSIDE 'nor of the host'
	head -c 5000000 /dev/urandom >"$T/big"
	j 'socat -u TCP-LISTEN:7010,bind=127.0.0.1,reuseaddr CREATE:/tmp/got >/dev/null 2>&1 </dev/null &'
	ok '5 MB through -W' eventually_sh 'on_opt alice "-W 127.0.0.1:7010" <"$T/big" &&
		[[ $(j "stat -c %s /tmp/got") == 5000000 ]]'
	is "$(j 'sha256sum </tmp/got')" "$(sha256sum <"$T/big")" 'arrive whole'
	release warm

	is "$(ask_through hugo 127.0.0.1:7001)" HOST 'network = host: forwards reach the host'
	is "$(on hugo 'exec 3<>/dev/tcp/127.0.0.1/7001; head -n 1 <&3')" HOST \
		'and so do programs'
	isnt "$(ask_through nils 127.0.0.1:7001)" HOST 'network = none: nothing is in reach'
	is "$(on nils 'cat /sys/class/net/lo/operstate')" down 'and loopback is down'
fi
kill "${served[@]}"
ok 'no jail stays' jails_gone
