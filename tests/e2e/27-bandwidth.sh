#!/bin/bash
# SPDX-License-Identifier: MIT
# bandwidth_down and bandwidth_up: what arrives of a bulk transfer, in each direction, routed
# and on a bridge.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
networks
bridge_network
DEFAULTS="pool = $POOL4 $POOL6"
jail_ini <<EOS
[jail test]
groups = jailed
network = routed
bandwidth_down = 16M
bandwidth_up = 8M

[jail free]
users = carl
network = routed

[jail bridged]
users = dora
network = bridge
bridge = br0
address = $BRIDGED4 $BRIDGED6
gateway = 192.168.88.1/24 fd88::1/64
bandwidth_down = 16M
bandwidth_up = 8M
EOS
sshd_start main
ok 'net apply' loginjail net apply

# Kilobits per second of two million bytes, after one that fills the buckets.
clock='head -c 1000000 >/dev/null; a=${EPOCHREALTIME/./}
	n=$(head -c 2000000 | wc -c); b=${EPOCHREALTIME/./}; echo $((n * 8000 / (b - a)))'
printf '%s\n' "$clock" >"$T/clock"
for net in internet segment; do
	in_net "$net" socat TCP6-LISTEN:7400,ipv6-v6only=0,fork,reuseaddr 'SYSTEM:head -c 3000000 /dev/zero' &
	served+=("$!")
	in_net "$net" socat -u TCP6-LISTEN:7401,ipv6-v6only=0,fork,reuseaddr \
		"SYSTEM:bash $T/clock >$T/rate.new && mv $T/rate.new $T/rate" &
	served+=("$!")
done

down() { on "$1" "exec <>/dev/tcp/$2/7400; $clock"; }
up() {
	rm -f "$T/rate"
	on "$1" "head -c 3000000 /dev/zero >/dev/tcp/$2/7401"
	eventually test -s "$T/rate" && cat "$T/rate"
}

# Within a tenth of it; a busy machine may miss that once.
rated() { # down|up USER ADDRESS KILOBITS
	rate=$("$1" "$2" "$3")
	[[ $rate =~ ^[0-9]+$ ]] && ((rate >= $4 * 9 / 10 && rate <= $4 * 11 / 10))
}

rates_hold() { # USER ADDRESS
	WITHIN=30
	ok "$1, $2: bandwidth_down" eventually rated down "$1" "$2" 16000
	diag "$rate kbit/s of 16000"
	ok "$1, $2: bandwidth_up" eventually rated up "$1" "$2" 8000
	diag "$rate kbit/s of 8000"
}

hold a alice
hold c carl
hold d dora
for address in 198.51.100.2 2001:db8:1::2; do
	rates_hold alice "$address"
	between "$(down carl "$address")" 24000 100000000 "$address: without a limit, down"
	between "$(up carl "$address")" 24000 100000000 "$address: without a limit, up"
done
rates_hold dora 203.0.113.2
rates_hold dora 2001:db8:3::2
nok 'the user cannot lift it' j 'tc qdisc del dev eth0 root'
ok 'it is still there' eventually rated up alice 198.51.100.2 8000
release a
release c
release d
ok 'no jail stays' jails_gone
kill "${served[@]}" "${net_pid[@]}"
