#!/bin/bash
# SPDX-License-Identifier: MIT
# Out of a routed jail by forged addresses, odd sockets, tricks with routes; and what stays.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
networks
DEFAULTS="pool = $POOL4 $POOL6"
jail_ini <<'EOS'
[jail test]
groups = jailed
network = routed
allow = 192.168.77.0/24 fd77::/64
nat = no

[jail other]
users = carl
network = routed
EOS
sshd_start main
ping_before=$(</proc/sys/net/ipv4/ping_group_range)
ok 'net apply' loginjail net apply
hold a alice
hold b bob
a4=$(jail_address alice 4)
b4=$(jail_address bob 4) b6=$(jail_address bob 6)
is "$(</proc/sys/net/ipv4/ping_group_range)" "$ping_before" 'the host'"'"'s own settings are as before'

# Sockets that could forge
reaches alice 'no such socket' raw/192.168.77.2=- raw/fd77::2=- packet/x=-
nok 'no address more' j "ip addr add $b4/32 dev eth0"
nok 'no route' j 'ip route add 192.168.77.9 dev lo'
nok 'no neighbour' j 'ip neigh add 192.168.77.9 lladdr 02:00:00:00:00:01 dev eth0'
nok 'no other hardware address' j 'ip link set eth0 address 02:00:00:00:00:09'
nok 'no rules' j 'nft add table inet x'

# Forged sources: what arrives in the lan, and from whom
in_net lan socat -u UDP6-RECVFROM:7100,fork,ipv6-v6only=0 \
	SYSTEM:"echo \$SOCAT_PEERADDR >>$T/arrived" </dev/null >/dev/null 2>&1 &
served+=("$!")
arrived() { grep -qiE "$1" "$T/arrived" 2>/dev/null; }
# Without privilege this can be had in IPv6 only; an address of a fresh net is seen at once.
forge6=fdcc:6c6a:213::beef
send_forged() { reach alice "$forge6@udp/fd77::2/7100" >/dev/null; }
ok 'an honest packet arrives' eventually_sh "reach alice udp/fd77::2/7100; arrived '6c6a:0213'"
rm "$T/arrived"
send_forged
reach alice "$b6@udp/fd77::2/7100" "2001:db8:1::1@udp/fd77::2/7100" "$b4@udp/192.168.77.2/7100" >/dev/null
ok 'a later one arrives' eventually_sh "reach alice udp/fd77::2/7100; arrived '.'"
is "$(sort -u "$T/arrived" | wc -l)" 1 'of those with a forged source none did'
nft flush chain inet loginjail source
ok 'but for that rule they would' eventually_sh "send_forged; [[ \$(sort -u $T/arrived | wc -l) -gt 1 ]]"
ok '(the rules again)' loginjail net apply

# As root of the jail's network, whom no jail has: ARP, neighbours, addresses
init=$(jail_init alice)
inside() { nsenter -t "$init" -n "$@"; }
before=$(ip route; ip -6 route)
inside ip link set eth0 arp on
# Frames that say: bob's address, and the lan's, are at my hardware address
is "$(inside "$TOOLS/reach" "arp/$b4" arp/192.168.77.2 "nd/$b6" nd/fd77::2 | cut -d' ' -f2 | xargs)" \
	'sent sent sent sent' '(forged announcements)'
is "$(on bob "$TOOLS/reach tcp/192.168.77.2/7000")" 'tcp/192.168.77.2/7000 lan '"$b4" \
	'bob is where he was, and so is the lan'
is "$(ip neigh show nud all | grep lladdr | grep -E ' lj[0-9a-f-]+ ' | grep -v 02:6c:6a:00:00:01)" '' \
	'the host has learnt nothing'
is "$(ip route; ip -6 route)" "$before" \
	'nor have its routes changed'
inside ip link set eth0 arp off
inside ip neigh flush dev eth0
is "$(inside "$TOOLS/reach" "$a4@tcp/192.168.77.2/7000" | cut -d' ' -f2-)" "lan $a4" '(the link works)'
inside ip addr add "$b4/32" dev eth0
inside ip addr add "$b6/128" dev eth0 nodad
inside ip addr add 192.168.77.2/32 dev eth0
is "$(inside "$TOOLS/reach" "$b4@tcp/192.168.77.1/7000" "$b4@tcp/198.51.100.2/7000" \
	"$b6@tcp/2001:db8:1::2/7000" "192.168.77.2@tcp/198.51.100.2/7000" | cut -d' ' -f2 | xargs)" '- - - -' \
	"others' addresses are of no use"

# The host's loopback, by a route that leads there from inside, on a host that would let it
sysctl -qw net.ipv4.conf.all.route_localnet=1
inside sysctl -qw net.ipv4.conf.all.route_localnet=1
inside ip route del table local local 127.0.0.0/8
inside ip route del table local local 127.0.0.1
inside ip route add 127.0.0.0/8 via 169.254.1.1 dev eth0 onlink
alone socat -u UDP4-RECVFROM:7200,bind=127.0.0.1,fork SYSTEM:"echo x >>$T/loopback" </dev/null >/dev/null 2>&1 &
served+=("$!")
knock() { inside "$TOOLS/reach" "$a4@udp/127.0.0.1/7200" >/dev/null; }
ok '(a server there)' eventually_sh "$TOOLS/reach udp/127.0.0.1/7200; rm $T/loopback"
is "$(inside "$TOOLS/reach" "$a4@tcp/127.0.0.1/7000" "$a4@udp/127.0.0.1/7000" | cut -d' ' -f2 | xargs)" '- -' \
	'not by its loopback address'
knock
nok 'nor one way' test -e "$T/loopback"
nft flush chain inet loginjail host
nft flush chain inet loginjail input
ok 'but for the rules it would be' eventually_sh "knock; test -e $T/loopback"
ok '(the rules again)' loginjail net apply
is "$(inside "$TOOLS/reach" 255.255.255.255@udp/255.255.255.255/7000 udp/224.0.0.1/7000 \
	udp/ff02::1/7000 | cut -d' ' -f2 | xargs)" '- - -' 'not by broadcast or multicast'

# A service of the host that others' rules lead to it
nft -f - <<-'EOS'
	table ip others {
		chain c {
			type nat hook prerouting priority dstnat;
			ip daddr 198.51.100.99 tcp dport 80 redirect to :7000
			ip daddr 198.51.100.1 tcp dport 81 dnat to 192.168.77.2:7000
			ip daddr 198.51.100.99 tcp dport 82 dnat to 10.77.0.2:7000
		}
	}
EOS
reaches alice 'not by a redirection to the host' tcp/198.51.100.99/80=- tcp/198.51.100.1/81=-
reaches alice 'nor by one to a private net' tcp/198.51.100.99/82=-
nft delete table ip others

# What a killed keeper and a killed set-up leave
first=$(jail_link bob)
kill -KILL "$(pgrep -u root loginjail-keep | while read -r pid; do
	grep -q "$(basename "$(jail_dir bob)")" "/proc/$pid/mountinfo" && echo "$pid"; done | head -n 1)" 2>/dev/null ||
	kill -KILL $(pgrep -u root loginjail-keep)
ok 'a killed keeper leaves a link' ip link show "$first"
hold again bob
is "$(jail_address bob 4)" "$b4" 'the user logs in again, with the same address'
ok 'and the old link goes' eventually not ip link show "$first"
for name in a b again; do release "$name" 2>/dev/null; done
ok 'no jail stays' jails_gone
mkdir -m 700 "$RUN/jail/2001-0123abcd"
ip link add lj2001-0123abcd group 0x4c000001 type veth peer name other
ok 'gc' loginjail gc
nok 'what a set-up that was killed left is removed' ip link show lj2001-0123abcd
nok 'with its directory' test -e "$RUN/jail/2001-0123abcd"

# Addresses that run out
rm "$STATE/addresses"
sed -i "s|^pool = .*|pool = 10.213.0.0/30|" "$INI"
loginjail net apply >/dev/null
on bob true
on carl true
ok '(all ended)' jails_gone
"$LIB/snapshot" >"$T/before"
log_mark
run j true
isnt "$status" 0 'no address is left: refused'
ok 'and the log how to help it' logged_since "all 2 addresses of the pool are somebody's: make 'pool'"
ok 'nothing of it stays' eventually "$LIB/snapshot" diff "$T/before"
is "$(on bob 'ip -o -4 addr show dev eth0 | grep -oE "10\.213[0-9./]+"; ip -6 addr show dev eth0')" 10.213.0.1/32 \
	'who has one is let in, without IPv6 where the pool has none'

# One user's many jails: the pool is theirs only as long as these live
ok '(all ended)' jails_gone
rm "$STATE/addresses"
sed -i 's/^nat = no/nat = no\nscope = session/' "$INI"
loginjail net apply >/dev/null
hold one alice
hold two alice
log_mark
run on bob true
isnt "$status" 0 'two jails of one user in a pool of two: refused'
ok 'and the log says why' logged_since 'all 2 addresses of the pool'
release two
ok 'without the second' eventually_sh '[[ $(jail_links | wc -l) == 1 ]]'
is "$(on bob 'ip -o -4 addr show dev eth0 | grep -oE "10\.213[0-9./]+"')" 10.213.0.2/32 'its address is another user'"'"'s'
is "$(sort "$STATE/addresses" | xargs)" "$(id -u alice):0:1 $(id -u bob):0:2" 'and written down as that'
release one
ok '(all ended)' jails_gone
sed -i '/^scope = session/d' "$INI"
loginjail net apply >/dev/null
rm "$STATE/addresses"
on bob true
on carl true
ok '(all ended)' jails_gone
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
sed -i "s|^pool = .*|pool = 10.213.0.0/16 $POOL6|" "$INI"
loginjail net apply >/dev/null
log_mark
run j true
isnt "$status" 0 'IPv6 in the pool, and not on the host: refused'
ok 'with the reason' logged_since "links have no IPv6: set sysctl .*'pool'"
ok 'no link stays' eventually no_links
sysctl -qw net.ipv6.conf.default.disable_ipv6=0
is "$(j echo in)" in 'a larger pool lets all in'
ok 'no jail stays' jails_gone
kill "${served[@]}" "${net_pid[@]}"
