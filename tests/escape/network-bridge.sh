#!/bin/bash
# SPDX-License-Identifier: MIT
# Out of a jail on a bridge by forged frames, as whoever has all power over the jail's network; and what stays.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
networks
bridge_network
DEFAULTS="pool = $POOL4 $POOL6
bridge = br0
gateway = 192.168.88.1/24 fd88::1/64"
jail_ini <<EOS
[jail test]
groups = jailed
network = bridge
address = $BRIDGED4 $BRIDGED6
allow = 192.168.88.0/24 fd88::/64

[jail other]
users = carl
network = bridge
address = 192.168.88.192/30
gateway = 192.168.88.1/24
EOS
sshd_start main
ok 'net apply' loginjail net apply
hold a alice
hold b bob
a4=$(bridged_address alice 4) a6=$(bridged_address alice 6)
b4=$(bridged_address bob 4) b6=$(bridged_address bob 6)
# shellcheck disable=SC2086 # four numbers
hex4() { printf '%02x' ${1//./ }; }
hex6() { perl -MSocket=inet_pton,AF_INET6 -e 'print unpack "H*", inet_pton(AF_INET6, shift)' "$1"; }
A=026c$(hex4 "$a4") B=026c$(hex4 "$b4")
a4x=$(hex4 "$a4") b4x=$(hex4 "$b4") a6x=$(hex6 "$a6") b6x=$(hex6 "$b6")
port=$(jail_link alice)

# What the user can have of it
reaches alice 'no such socket' raw/192.168.88.2=- packet/x=-
nok 'no address more' j "ip addr add $b4/24 dev eth0"
nok 'no other hardware address' j 'ip link set eth0 address 02:00:00:00:00:09'
nok 'no neighbour' j 'ip neigh add 192.168.88.9 lladdr 02:00:00:00:00:01 dev eth0'

# ---- with all power over the jail's network, which nobody in it has -----------
inside() { nsenter -t "$(jail_init alice)" -n "$@"; }
in_net segment "$TOOLS/frames" listen out "$T/heard" </dev/null >/dev/null 2>&1 &
listening=("$!")
# Each frame to a hardware address of its own, by which it is told from others.
serial=0
next_frame() { serial=$((serial + 1)); printf -v to '03%010x' $serial; }
honest() { # HEX-OF-THE-REST: sent, and whether it arrives
	local to
	next_frame
	inside "$TOOLS/frames" send eth0 "$to$1"
	eventually grep -q "^$to" "$T/heard"
}
forged() { # NAME HEX: does not arrive, while an honest one that is sent after it does
	local to
	next_frame
	inside "$TOOLS/frames" send eth0 "$to$2"
	honest "$A 0806 0001080006040001 $A $a4x 000000000000 c0a85802" || fail '(an honest frame)'
	nok "$1" grep -q "^$to" "$T/heard"
	[[ $1 != *ARP* ]] || all_forged+=("$2")
}
all_forged=() # of ARP: what nothing but the filter holds
nd="60000000 0020 3aff"
ok '(listening)' eventually_sh "$TOOLS/reach udp/192.168.88.2/7000 >/dev/null; test -s $T/heard"
ok 'ARP that is honest arrives' honest "$A 0806 0001080006040001 $A $a4x 000000000000 c0a85802"
ok 'neighbour discovery that is honest arrives' \
	honest "$A 86dd $nd $a6x fd880000000000000000000000000002 8700000000000000 fd880000000000000000000000000002 0101 $A"
forged 'ARP that gives another address' "$A 0806 0001080006040002 $A $b4x ffffffffffff $b4x"
forged "ARP that gives the router's address" "$A 0806 0001080006040002 $A c0a85801 ffffffffffff c0a85801"
forged 'ARP that gives another hardware address' "$A 0806 0001080006040002 $B $a4x ffffffffffff $a4x"
forged 'ARP with another source' "$B 0806 0001080006040002 $B $b4x ffffffffffff $b4x"
forged 'IPv4 from another address' "$A 0800 4500001c00004000 4011 0000 $b4x c0a85802 1b581b5800080000"
forged 'IPv4 from another hardware address' "$B 0800 4500001c00004000 4011 0000 $a4x c0a85802 1b581b5800080000"
forged "an advertisement of another's address" \
	"$A 86dd $nd $a6x fd880000000000000000000000000002 8800000020000000 $b6x 0201 $A"
forged "an advertisement of the router's address" \
	"$A 86dd $nd $a6x fd880000000000000000000000000002 88000000a0000000 fd880000000000000000000000000001 0201 $A"
forged 'one behind an extension header' \
	"$A 86dd 60000000 0028 00ff $a6x fd880000000000000000000000000002 3a00010400000000 8800000020000000 $b6x 0201 $A"
forged 'a router advertisement' "$A 86dd 60000000 0010 3aff $a6x ff020000000000000000000000000001 86000000 40080000 00000000 00000000"
forged 'IPv6 from another address' "$A 86dd 60000000 0008 11ff $b6x fd880000000000000000000000000002 1b581b5800080000"
forged 'a tag of a VLAN' "$A 8100 0001 0806 0001080006040001 $A $a4x 000000000000 c0a85802"
forged 'another protocol' "$A 88cc 020704"
forged 'spanning tree' "$A 0026 424203 0000000000"
is "$(in_net segment ip neigh show "$b4")$(ip neigh show "$b4" | grep -i "${A:0:2}:${A:2:2}:${A:4:2}:${A:6:2}:${A:8:2}:${A:10:2}")" '' \
	'nobody has learnt a wrong neighbour'

# A spanning tree in which a jail would be the root
ip link set br0 type bridge stp_state 1
root=$(cat /sys/class/net/br0/bridge/root_id)
inside "$TOOLS/frames" send eth0 "0180c2000000 $A 0026 424203 0000000000 0000000000000001 00000000 0000000000000001 8001 0000 1400 0200 0f00"
ok '(an honest frame)' honest "$A 0806 0001080006040001 $A $a4x 000000000000 c0a85802"
is "$(cat /sys/class/net/br0/bridge/root_id)" "$root" 'no jail becomes the root of a spanning tree'
ip link set br0 type bridge stp_state 0

# By the kernel's own means: its addresses, its hardware address
inside ip addr add "$b4/32" dev eth0
inside ip addr add "$b6/128" dev eth0 nodad
is "$(inside "$TOOLS/reach" "$b4@tcp/192.168.88.2/7000" "$b6@udp/fd88::2/7000" "$b4@udp/203.0.113.2/7000" |
	cut -d' ' -f2 | xargs)" '- - -' "others' addresses are of no use"
is "$(on bob "$TOOLS/reach tcp/192.168.88.2/7000 tcp/fd88::2/7000" | cut -d' ' -f2- | xargs)" "segment $b4 segment $b6" \
	'whose they are has them'
inside ip addr del "$b4/32" dev eth0
inside ip addr del "$b6/128" dev eth0
inside ip link set eth0 address 02:00:00:00:00:09
is "$(inside "$TOOLS/reach" tcp/192.168.88.2/7000 tcp/fd88::2/7000 | cut -d' ' -f2 | xargs)" '- -' \
	'another hardware address is of none'
inside ip link set eth0 address "$(sed 's/../&:/g; s/:$//' <<<"$A")"
ok 'its own is again' eventually_sh '[[ $(inside $TOOLS/reach tcp/192.168.88.2/7000) == *" segment "* ]]'

# Another jail, at its hardware address
nsenter -t "$(jail_init bob)" -n "$TOOLS/frames" listen eth0 "$T/bob-heard" </dev/null >/dev/null 2>&1 &
listening+=("$!")
ok '(listening)' eventually_sh "on bob $TOOLS/reach udp/192.168.88.2/7000 >/dev/null; test -s $T/bob-heard"
inside ip neigh replace "$b4" lladdr "$(sed 's/../&:/g; s/:$//' <<<"$B")" dev eth0
knock_bob() { inside "$TOOLS/frames" send eth0 "$B $A 0806 0001080006040002 $A $a4x $B $b4x" "ffffffffffff $A 0806 0001080006040001 $A $a4x 000000000000 $b4x"
	inside "$TOOLS/reach" "udp/$b4/7000" "tcp/$b4/7000" >/dev/null; }
knock_bob
nok 'another jail hears nothing of it' grep -q "^............$A" "$T/bob-heard"
bridge link set dev "$port" isolated off
bridge link set dev "$(jail_link bob)" isolated off
knock_bob
nok 'even if the ports were not isolated' grep -q "^............$A" "$T/bob-heard"
nft flush chain bridge loginjail forward
ok 'but for the rules it would' eventually_sh "knock_bob; grep -q '^............$A' $T/bob-heard"
bridge link set dev "$port" isolated on
rm "$T/bob-heard"
nsenter -t "$(jail_init bob)" -n "$TOOLS/frames" listen eth0 "$T/bob-heard" </dev/null >/dev/null 2>&1 &
listening+=("$!")
bridge link set dev "$(jail_link bob)" isolated on
ok '(listening)' eventually_sh "on bob $TOOLS/reach udp/192.168.88.2/7000 >/dev/null; test -s $T/bob-heard"
knock_bob
nok 'nor by isolation alone' grep -q "^............$A" "$T/bob-heard"
ok '(the rules again)' loginjail net apply

# A machine of the net that says it has a jail's hardware address does not get what is the jail's
in_net segment "$TOOLS/frames" send out "ffffffffffff $A 0806 0001080006040001 020000000077 c0a85809 000000000000 c0a85803"
is "$(bridge fdb show br br0 | grep -i "^$(sed 's/../&:/g; s/:$//' <<<"$A")" | grep -o ' dev [^ ]*' | sort -u)" " dev $port" \
	"nobody of the net takes a jail's hardware address"
is "$(inside "$TOOLS/reach" tcp/192.168.88.2/7000 | cut -d' ' -f2-)" "segment $a4" 'who goes on as before'

# What is others': a jail does not even hear it
inside "$TOOLS/frames" listen eth0 "$T/alice-heard" </dev/null >/dev/null 2>&1 &
listening+=("$!")
ok '(listening)' eventually_sh "inside $TOOLS/reach udp/192.168.88.2/7000 >/dev/null; test -s $T/alice-heard"
in_net segment "$TOOLS/frames" send out "020000000077 020000000078 0800 4500001c00004000 4011 0000 c0a85802 c0a85877 1b581b5800080000"
inside "$TOOLS/reach" udp/192.168.88.2/7000 >/dev/null
nok 'what is for an address that nobody knows' grep -q '^020000000077' "$T/alice-heard"
bridge link set dev "$port" flood on
unknown() { in_net segment "$TOOLS/frames" send out "020000000077 020000000078 0806 0001080006040002 020000000078 c0a85802 020000000077 c0a85877"; }
ok '(it would, of a port like others)' eventually_sh "unknown; grep -q '^020000000077' $T/alice-heard"
bridge link set dev "$port" flood off

# A router that somebody announces: a jail keeps to what it was given
before=$(j 'ip -6 addr show dev eth0; ip -6 route')
in_net segment sysctl -qw net.ipv6.conf.all.forwarding=1
in_net segment "$TOOLS/frames" send out "333300000001 020000000078 86dd 60000000 0030 3aff fe800000000000000000000000000078 ff020000000000000000000000000001 8600697040000708 0000000000000000 0304 40c0 00015180 00003840 00000000 fd990000000000000000000000000000"
is "$(j 'ip -6 addr show dev eth0; ip -6 route')" "$before" 'router advertisements reach no jail'
# What the host itself sends passes no rule for what is forwarded
"$TOOLS/frames" send br0 "333300000001 020000000078 86dd 60000000 0030 3aff fe800000000000000000000000000078 ff020000000000000000000000000001 8600697040000708 0000000000000000 0304 40c0 00015180 00003840 00000000 fd990000000000000000000000000000"
sleep 1
is "$(j 'ip -6 addr show dev eth0; ip -6 route')" "$before" "nor is the host's own listened to"

# The host's loopback, on a host that would let it
sysctl -qw net.ipv4.conf.all.route_localnet=1
inside sysctl -qw net.ipv4.conf.all.route_localnet=1
inside ip route del table local local 127.0.0.0/8
inside ip route del table local local 127.0.0.1
inside ip route add 127.0.0.0/8 via 192.168.88.3 dev eth0
alone socat -u UDP4-RECVFROM:7200,bind=127.0.0.1,fork SYSTEM:"echo x >>$T/loopback" </dev/null >/dev/null 2>&1 &
served+=("$!")
knock() { inside "$TOOLS/reach" "$a4@udp/127.0.0.1/7200" >/dev/null; }
ok '(a server there)' eventually_sh "$TOOLS/reach udp/127.0.0.1/7200; rm $T/loopback"
knock
nok 'not the loopback of the host' test -e "$T/loopback"
is "$(inside "$TOOLS/reach" "$a4@tcp/198.51.100.1/7000" "$a4@udp/192.168.88.3/7000" "$a6@udp/fd88::3/7000" | cut -d' ' -f2 | xargs)" \
	'- - -' 'nor another address of its'
inside ip route add 198.51.100.0/24 via 192.168.88.3 dev eth0
inside ip -6 route add 2001:db8:1::/64 via fd88::3 dev eth0
is "$(inside "$TOOLS/reach" "$a4@tcp/198.51.100.1/7000" "$a4@udp/198.51.100.1/7000" "$a6@tcp/2001:db8:1::1/7000" \
	"$a4@tcp/192.168.77.2/7000" | cut -d' ' -f2 | xargs)" '- - - -' 'nor by the host as a router, nor a private net behind it'
nft flush chain inet loginjail host
nft flush chain inet loginjail input
ok 'but for the rules it would be' eventually_sh "knock; test -e $T/loopback"
ok '(the rules again)' loginjail net apply

# A service of the host that others' rules lead to it
nft -f - <<-'EOS'
	table ip others {
		chain c {
			type nat hook prerouting priority dstnat;
			ip daddr 198.51.100.99 tcp dport 80 redirect to :7000
			ip daddr 198.51.100.99 tcp dport 82 dnat to 10.77.0.2:7000
		}
	}
EOS
is "$(inside "$TOOLS/reach" "$a4@tcp/198.51.100.99/80" "$a4@tcp/198.51.100.99/82" | cut -d' ' -f2 | xargs)" '- -' \
	'not by a redirection'
nft delete table ip others

# ---- the filter is what holds the jail to its addresses ------------------------
tc qdisc del dev "$port" ingress
all_arrive() {
	local hex to
	for hex in "${all_forged[@]}"; do
		next_frame
		inside "$TOOLS/frames" send eth0 "$to$hex"
		eventually grep -q "^$to" "$T/heard" || return
	done
}
# (but for what the rules don't let through either: other protocols, tags, IP from no jail's address)
ok 'but for the filter it would arrive' all_arrive

# ---- what stays -----------------------------------------------------------------
for name in a b; do release "$name"; done
kill "${listening[@]}" 2>/dev/null # who heard a jail that is gone has ended
ok 'no jail stays' jails_gone
ok 'no link stays' no_links
mkdir -m 700 "$RUN/jail/2001-0123abcd"
ip link add lj2001-0123abcd group 0x4c000001 type veth peer name other
ip link set lj2001-0123abcd master br0
ok 'gc' loginjail gc
nok 'what a set-up that was killed left is removed' ip link show lj2001-0123abcd
nok 'with its directory' test -e "$RUN/jail/2001-0123abcd"
sed -i '/^\[jail test\]/,/^$/s|^address = .*|address = 192.168.88.196/30|; /^\[jail test\]/a gateway = 192.168.88.1/24' "$INI"
sed -i 's/^groups = jailed/groups = jailed\nusers = uma/' "$INI"
loginjail net apply >/dev/null
j true
on bob true
on uma true >/dev/null 2>&1 # the first time, some things are made for good
ok '(all ended)' jails_gone
"$LIB/snapshot" >"$T/before"
log_mark
run on uma true
isnt "$status" 0 'no address is left: refused'
ok 'and the log how to help it' logged_since "all 2 addresses of the pool are somebody's: make 'address'"
ok 'nothing of it stays' eventually "$LIB/snapshot" diff "$T/before"
loginjail net clear
kill "${served[@]}" "${net_pid[@]}"
