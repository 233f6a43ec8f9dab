#!/bin/bash
# SPDX-License-Identifier: MIT
# Forwarding must not lead to the host: its loopback, its addresses, its ports.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
ip link add other type dummy 2>/dev/null || ip link add other type veth peer name peer
ip addr add 198.51.100.7/24 dev other
ip link set other up
sshd_start main 'PermitTunnel yes' 'GatewayPorts clientspecified'
SSHD_MATCH='' sshd_start unforced 'PermitTunnel yes' 'GatewayPorts clientspecified'
port=$(sed -n 's/^Port //p' "$S/sshd_config")

serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr HOST
serve TCP6-LISTEN:7001,bind="[::1]",reuseaddr,ipv6only HOST
serve TCP-LISTEN:7001,bind=198.51.100.7,reuseaddr HOST
ok 'servers of the host' eventually answers TCP:198.51.100.7:7001 HOST
addresses='127.0.0.1:7001 localhost:7001 [::1]:7001 198.51.100.7:7001 0.0.0.0:7001 127.0.0.2:7001'

for address in 127.0.0.1:7001 '[::1]:7001' 198.51.100.7:7001; do
	is "$(ask_through pat "$address")" HOST "without a jail: -W $address is in reach"
done
alone ssh -F "$S/ssh_config" -N -l pat -R 0.0.0.0:9100:127.0.0.1:7001 world 2>/dev/null &
client=$!
ok 'without a jail: -R listens on every address of the host' eventually answers TCP:198.51.100.7:9100 HOST
kill "$client"
wait "$client" 2>/dev/null
for server in main unforced; do
	sshd_use $server
	hold h alice
	for address in $addresses; do
		isnt "$(ask_through alice "$address")" HOST "$server: -W $address is not"
	done
	unlike "$(ask_through alice "127.0.0.1:$port")" '^SSH-' "$server: nor the host's sshd"
	isnt "$(j 'exec 3<>/dev/tcp/198.51.100.7/7001 && head -n 1 <&3' 2>/dev/null)" HOST \
		"$server: nor from a program inside"
	alone ssh -F "$S/ssh_config" -N -D 127.0.0.1:9050 -l alice world 2>/dev/null &
	client=$!
	eventually_sh '[[ -n $(ss -Hltn sport = :9050) ]]'
	isnt "$(ask SOCKS4:127.0.0.1:198.51.100.7:7001,socksport=9050)" HOST "$server: nor by -D"
	kill "$client"
	wait "$client" 2>/dev/null

	# Listening: a port of the host's, and one on all addresses
	alone ssh -F "$S/ssh_config" -N -l alice -R 0.0.0.0:9100:127.0.0.1:7001 \
		-R 127.0.0.1:9101:127.0.0.1:7001 world 2>/dev/null &
	client=$!
	ok "$server: -R listens inside" eventually_sh \
		'[[ $(j "exec 3<>/dev/tcp/127.0.0.1/9101 && head -n 1 <&3" 2>/dev/null) == HOST ]]'
	is "$(ss -Hltn '( sport = :9100 or sport = :9101 )')" '' "$server: and not on the host"
	kill "$client"
	wait "$client" 2>/dev/null

	# A tunnel device would be one of the host's network.
	before=$(ip -o link | wc -l)
	timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -o Tunnel=point-to-point -w 7:7 -l alice world true 2>/dev/null
	is "$(ip -o link | wc -l)" "$before" "$server: -w makes no link of the host's"
	is "$(j 'ls /sys/class/net')" lo "$server: nor one in the jail"
	release h
	jails_gone
done
kill "${served[@]}"
