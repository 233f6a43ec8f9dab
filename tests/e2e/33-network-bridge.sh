#!/bin/bash
# SPDX-License-Identifier: MIT
# network = bridge: what a jail reaches and what reaches it, from both sides; the bridge's own state.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
add_user emil 2009
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

[jail picky]
users = carl
network = bridge
address = 192.168.88.192/28 fd88::2:0/112
allow = 192.168.88.2:7000/tcp [fd88::2]:7000/udp 10.88.0.0/16:icmp 169.254.169.254 192.168.88.3
deny = 203.0.113.0/24
dns = 192.168.88.2 192.168.88.3
publish = 8000/tcp

[jail few]
users = emil
network = bridge
address = 192.168.88.208/28
gateway = 192.168.88.1/24
connections = 5
bandwidth_down = 8M
bandwidth_up = 4M

[jail away]
users = dora
network = routed
allow = 192.168.88.0/24 fd88::/64
EOS
sshd_start main

rules_first '1 routed jail and 3 bridged jails'
bridge_mac=$(cat /sys/class/net/br0/address)

hold a alice
hold b bob
hold c carl
hold d dora
a4=$(bridged_address alice 4) a6=$(bridged_address alice 6)
b4=$(bridged_address bob 4) b6=$(bridged_address bob 6)
c4=$(bridged_address carl 4) c6=$(bridged_address carl 6)
like "$a4 $a6" '^192\.168\.88\.1[2-9][0-9] fd88::1:[0-9a-f]+$' "alice's addresses"
isnt "$a4 $a6" "$b4 $b6" 'bob has others'
like "$c4 $c6" '^192\.168\.88\.19[0-9] fd88::2:[0-9a-f]+$' "and carl's section"
is "$(j 'ip -o addr show dev eth0 scope global | grep -oE "inet6? [^ ]+" | sort | xargs')" \
	"inet $a4/24 inet6 $a6/64" 'in the jail, with the length of the net'
port=$(jail_link alice)
like "$(ip -d link show dev "$port")" 'master br0 .*isolated on' 'its link is a port of the bridge, isolated'
like "$(ip -d link show dev "$port")" 'learning off flood off' 'which learns nothing and gets what is its own'
is "$(cat /sys/class/net/br0/address)" "$bridge_mac" 'the bridge has the same hardware address as before'
is "$(ip -o addr show dev "$port")" '' 'the host has no address on it'

reaches alice 'what is behind the router' tcp/203.0.113.2/7000="segment $a4" udp/203.0.113.2/7000="segment $a4" \
	icmp/203.0.113.2=echo tcp/2001:db8:3::2/7000="segment $a6" udp/2001:db8:3::2/7000="segment $a6" \
	icmp/2001:db8:3::2=echo udp/203.0.113.2/53="segment $a4"
for p in tcp udp; do
	reaches alice 'no private net, and no machine of the bridge' "$p/192.168.88.2/7000=-" "$p/192.168.88.1/7000=-" \
		"$p/fd88::2/7000=-" "$p/10.88.0.2/7000=-"
	reaches alice 'no metadata service' "$p/169.254.169.254/7000=-"
	reaches alice 'not the host' "$p/192.168.88.3/7000=-" "$p/fd88::3/7000=-" "$p/198.51.100.1/7000=-" \
		"$p/127.0.0.1/7000=-"
done
reaches alice 'nor by ping' icmp/192.168.88.2=- icmp/fd88::2=- icmp/192.168.88.3=- icmp/fd88::3=-

# By hand: the port stays one, and all is as before when it is back.
port_state() { ip -d link show dev "$port" | grep -oE 'master [^ ]+|isolated [a-z]+|learning [a-z]+|flood [a-z]+'; }
before=$(port_state; bridge fdb show br br0 dev "$port")
run loginjail net off test
like "$out" 'alice.* closed: switched off by hand' 'net off'
reaches alice 'closes it' tcp/203.0.113.2/7000=- udp/203.0.113.2/7000=- tcp/2001:db8:3::2/7000=-
reaches carl 'but no other section' udp/fd88::2/7000="segment $c6"
run loginjail net on test
like "$out" 'alice.* open' 'net on'
reaches alice 'gives it back' tcp/203.0.113.2/7000="segment $a4" tcp/2001:db8:3::2/7000="segment $a6"
is "$(port_state; bridge fdb show br br0 dev "$port")" "$before" 'with the port as it was'

# A section's own rules
reaches carl 'allow' tcp/192.168.88.2/7000="segment $c4" udp/fd88::2/7000="segment $c6" icmp/10.88.0.2=echo
reaches carl 'allow goes no further' udp/192.168.88.2/7000=- icmp/192.168.88.2=- tcp/fd88::2/7000=- tcp/10.88.0.2/7000=-
reaches carl 'deny' tcp/203.0.113.2/7000=- icmp/203.0.113.2=-
reaches carl 'deny goes no further' tcp/2001:db8:3::2/7000="segment $c6"
reaches carl 'what is never to be had' tcp/169.254.169.254/7000=- tcp/192.168.88.3/7000=-
reaches carl 'dns, the host for one' udp/192.168.88.2/53="segment $c4" "tcp/192.168.88.3/53=host $c4" \
	"udp/192.168.88.3/53=host $c4"
reaches carl 'no other server' udp/2001:db8:3::2/53=- tcp/fd88::3/53=-
is "$(on carl 'cat /etc/resolv.conf')" $'nameserver 192.168.88.2\nnameserver 192.168.88.3' 'resolv.conf'

# One jail and another, and who comes from outside
for user in alice bob carl; do
	on "$user" "setsid $TOOLS/reach --serve $user 8000 >/dev/null 2>&1 </dev/null &
		setsid $TOOLS/reach --serve $user 8001 >/dev/null 2>&1 </dev/null &"
done
ok 'a server of alice' eventually_sh "[[ \$(reach alice tcp/$a4/8001) == *' alice '* ]]"
ok 'a server of carl' eventually_sh "[[ \$(reach carl tcp/$c4/8000) == *' carl '* ]]"
from() { in_net "$@" | cut -d' ' -f2- | xargs; }
for p in tcp udp; do
	reaches bob 'not another jail' "$p/$a4/8000=-" "$p/$a6/8000=-" "$p/$c4/8000=-" "$p/$c6/8000=-"
	reaches dora 'nor from a routed one' "$p/$a4/8000=-" "$p/$c4/8000=-" "$p/$c6/8000=-"
	reaches alice 'nor to one' "$p/$(jail_address dora 4)/8000=-"
	is "$(from segment "$TOOLS/reach" "$p/$a4/8000" "$p/$a6/8000" | grep -c alice)" 0 "$p: a machine of the net does not"
	is "$("$TOOLS/reach" "$p/$a4/8000" "$p/$a6/8000" | grep -c alice)" 0 "$p: nor does the host"
done
reaches bob 'nor by ping' "icmp/$a4=-" "icmp/$a6=-" "icmp/$c4=-"
like "$(from segment "$TOOLS/reach" "tcp/$c4/8000" "tcp/$c6/8000")" '^carl 192\.168\.88\.1 carl fd88::[12]$' \
	'publish: a port that others reach'
is "$("$TOOLS/reach" "tcp/$c4/8000" | cut -d' ' -f2-)" 'carl 192.168.88.3' 'the host, too'
is "$(from segment "$TOOLS/reach" "tcp/$c4/8001" "udp/$c4/8000" | grep -c carl)" 0 'and no other'
reaches dora 'routed jails reach what they may' tcp/192.168.88.2/7000='segment 192.168.88.3'

# What bounds a routed link bounds this one, and the filter is still there
hold e emil
port=$(jail_link emil)
like "$(tc qdisc show dev "$port")" 'tbf .*rate 8Mbit' 'bandwidth_down'
like "$(tc qdisc show dev "$port")" 'ingress' '(the filter)'
like "$(nsenter -t "$(jail_init emil)" -n tc qdisc show dev eth0)" 'tbf .*rate 4Mbit' 'bandwidth_up'
release e

# connections = 5
is "$(on emil 'for i in 1 2 3 4 5 6 7 8; do exec {fd}<>/dev/tcp/203.0.113.2/7000; done 2>/dev/null
	grep -c ":1B58 01" /proc/net/tcp')" 5 'five connections, and no more'

# Forwarding leads where the jail may go
is "$(ask_through alice 203.0.113.2:7000)" "segment $a4" '-W behind the router'
unlike "$(ask_through alice 192.168.88.3:7000)" '^host' '-W not to the host'

# The same address again; link, entry and jail go together
for name in a b c d; do
	release "$name"
done
ok 'no jail stays' jails_gone
ok 'no link stays' no_links
is "$(bridge fdb show br br0 | grep -c '^02:6c')" 0 'nor does the bridge know of one'
hold b bob
hold a alice
is "$(bridged_address alice 4) $(bridged_address alice 6)" "$a4 $a6" 'alice has the same addresses again'
is "$(stat -c %a "$STATE/addresses-192.168.88.128-26")" 600 'which root alone knows'

# A bridge that does not ask the rules any more: nothing passes
ok '(she reaches the internet)' eventually_sh "[[ \$(reach alice tcp/203.0.113.2/7000) == *' segment '* ]]"
ip link set br0 type bridge nf_call_iptables 0
reaches alice 'a bridge that asks no rules' tcp/203.0.113.2/7000=- tcp/192.168.88.2/7000=- tcp/2001:db8:3::2/7000="segment $a6"
ip link set br0 type bridge nf_call_ip6tables 0
reaches alice 'of IPv6 neither' tcp/2001:db8:3::2/7000=- tcp/fd88::2/7000=-
nft flush chain bridge loginjail forward
reaches alice '(but for the second table all would)' tcp/192.168.88.2/7000="segment $a4" tcp/fd88::2/7000="segment $a6"
loginjail net apply >/dev/null
ip link set br0 type bridge nf_call_iptables 1 nf_call_ip6tables 1
reaches alice 'again' tcp/203.0.113.2/7000="segment $a4" tcp/2001:db8:3::2/7000="segment $a6" tcp/192.168.88.2/7000=-

# Rules that are taken away
link_is() { ip -o link show dev "$(jail_link alice)" | grep -qE "state $1|[<,]$1[,>]"; }
for table in 'inet' 'bridge'; do
	nft delete table "$table" loginjail
	ok "without rules ($table) a live jail is cut off" eventually link_is DOWN
	ok '(net apply)' loginjail net apply
	ok "with rules ($table) it has its way again" \
		eventually_sh "[[ \$(reach alice tcp/203.0.113.2/7000) == *' segment '* ]]"
	reaches alice 'and no other' tcp/192.168.88.2/7000=- tcp/192.168.88.3/7000=-
done

# What is begun while there are none does not go on when they are back
cat >"$TOOLS/begin" <<'EOS_'
#!/usr/bin/perl
# begin ADDRESS PORT: connects, however often that takes; then a line for each answer
use IO::Socket::INET; $| = 1; my $s;
print "here\n";
until ($s = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Timeout => 1)) { select undef, undef, undef, 0.01 }
print "connected\n";
for (1 .. 100) { syswrite $s, "x"; my $r; eval { local $SIG{ALRM} = sub { die }; alarm 1; sysread $s, $r, 1; alarm 0 }; print "answer\n" if $r; select undef, undef, undef, 0.1 }
EOS_
chmod 755 "$TOOLS/begin"
alone socat TCP-LISTEN:7333,fork,reuseaddr EXEC:cat </dev/null >/dev/null 2>&1 &
served+=("$!")
begin() { # USER ADDRESS: into $T/begun.USER
	: >"$T/begun.$1"
	alone ssh -F "$S/ssh_config" -l "$1" world "$TOOLS/begin $2 7333" </dev/null >"$T/begun.$1" 2>&1 &
	begun+=("$!")
	eventually grep -q here "$T/begun.$1"
}
connected() { grep -c connected "$T/begun.$1"; }
answers() { grep -c answer "$T/begun.$1"; }
goes_on() { # USER: does another answer come?
	local n
	n=$(answers "$1")
	sleep 2
	(($(answers "$1") > n))
}
begun=()
begin alice 192.168.88.3
begin dora 198.51.100.1
sleep 1
is "$(connected alice) $(connected dora)" '0 0' '(with rules nobody gets there)'
nft delete table inet loginjail \; delete table bridge loginjail
ok '(a live jail is cut off)' eventually link_is DOWN
sleep 1
loginjail net apply >/dev/null
ok '(with rules it has its way again)' eventually_sh "[[ \$(reach alice tcp/203.0.113.2/7000) == *' segment '* ]]"
for user in alice dora; do
	nok "$user: a connection of the time without rules does not go on" goes_on "$user"
done
kill "${begun[@]}"
wait "${begun[@]}" 2>/dev/null

# The last section of a bridge goes, and its jail lives
begun=()
begin alice 192.168.88.3
cp "$INI" "$T/with"
sed -i '/^\[jail test\]/,/^$/d; /^\[jail picky\]/,/^$/d; /^\[jail few\]/,/^$/d' "$INI"
is "$(loginjail net apply)" "1 routed jail in $INI, rules loaded" '(no section has a bridge any more)'
sleep 1
is "$(connected alice)" 0 'a jail of one gets nowhere'
cp "$T/with" "$INI"
loginjail net apply >/dev/null
ok '(her section again)' eventually_sh "[[ \$(reach alice tcp/203.0.113.2/7000) == *' segment '* ]]"
is "$(connected alice)" 0 'nor then'
kill "${begun[@]}"
wait "${begun[@]}" 2>/dev/null

# Addresses that become another section's: those who have them already don't get its rules
sed -i '/^\[jail test\]/,/^$/s/^\(network\|address\)/;&/' "$INI"
printf '\n[jail heir]\nusers = nobody\nnetwork = bridge\naddress = %s\nallow = 192.168.88.0/24 fd88::/64\n' \
	"$BRIDGED4 $BRIDGED6" >>"$INI"
loginjail net apply >/dev/null
reaches alice 'a jail whose section is gone' tcp/203.0.113.2/7000=- tcp/192.168.88.2/7000=- tcp/2001:db8:3::2/7000=- \
	tcp/fd88::2/7000=- tcp/192.168.88.3/7000=-
nft flush chain bridge loginjail sections-own
reaches alice '(but for the second table it would have them)' tcp/192.168.88.2/7000="segment $a4"
sed -i '/^\[jail heir\]/,$d; s/^;\(network\|address\)/\1/' "$INI"
loginjail net apply >/dev/null
ok '(her section again)' eventually_sh "[[ \$(reach alice tcp/203.0.113.2/7000) == *' segment '* ]]"

# A killed keeper; its link stays with the session, and goes with the next login
keeper=$(ss -xlp | grep -F "$(basename "$(jail_dir bob)")" | grep -oE 'pid=[0-9]+' | head -n 1)
first=$(jail_link bob)
kill -KILL "${keeper#pid=}"
ok 'a killed keeper leaves a link' ip link show "$first"
hold again bob
is "$(bridged_address bob 4)" "$b4" 'the user logs in again, with the same address'
nok 'and the old link is gone' ip link show "$first"
release again
release b

# net clear
ok 'net clear' loginjail net clear
ok 'cuts live jails off' no_links
is "$(nft list ruleset)" '' 'and leaves nothing'
release a
ok 'no jail stays' jails_gone
loginjail net apply >/dev/null

# Two jails of one user
sed -i '/^\[jail test\]/a scope = session' "$INI"
loginjail net apply >/dev/null
hold one alice
hold two alice
is "$(ip -o link show type veth | grep -oE 'alias 192[0-9.]+' | sort -u | wc -l)" 2 'two jails of one user have two addresses'
release one
release two
sed -i '/^scope = session/d' "$INI"
loginjail net apply >/dev/null

# ---- refusals at the login, with the remedy, and nothing left -----------------
refused() { # NAME WORDS-OF-THE-LOG
	jails_gone
	"$LIB/snapshot" >"$T/before"
	log_mark
	run j true
	isnt "$status" 0 "$1: refused"
	ok "$1: with the reason" logged_since "$2"
	ok "$1: nothing of it stays" eventually "$LIB/snapshot" diff "$T/before"
	run loginjail check
	isnt "$status" 0 "$1: loginjail check says so as well"
	like "$err" "$2" "$1: in the same words"
}
ip link set br0 down
refused 'a bridge that is down' "the bridge br0 is down: run 'ip link set br0 up'"
ip link set br0 up
ip link set br0 type bridge nf_call_ip6tables 0
refused 'a bridge that asks no rules' "the bridge br0 does not show the rules what passes it: run 'ip link set br0 type"
ip link set br0 type bridge nf_call_ip6tables 1
sed -i 's/^bridge = br0/bridge = lan/' "$INI"
refused 'an interface that is no bridge' "'lan' is an interface, but not a bridge"
sed -i 's/^bridge = lan/bridge = br7/' "$INI"
refused 'no such interface' "there is no bridge 'br7': make it"
sed -i 's/^bridge = br7/bridge = br0/' "$INI"
is "$(j echo in)" in 'with a bridge: let in'

# Sizes
jails_gone
ip link set br0 mtu 1400
is "$(j 'cat /sys/class/net/eth0/mtu'):$(cat /sys/class/net/br0/mtu)" 1400:1400 "the jail's link is as wide as the bridge"

# ---- a bridge of loginjail's own ------------------------------------------------
jails_gone
sed -i 's/^bridge = br0/bridge = lj-lab/' "$INI"
run j true
isnt "$status" 0 'a bridge that net apply would make: refused before'
ok 'with the reason' logged "there is no bridge 'lj-lab': run 'loginjail net apply', which makes it"
ok 'loginjail check does not mind' loginjail check
ok 'net apply' loginjail net apply
like "$(ip -d link show dev lj-lab)" '[<,]UP[,>].*nf_call_iptables 1 nf_call_ip6tables 1' 'makes it, such that it asks the rules'
ip link set segment master lj-lab
reaches alice 'with a port to the net' tcp/203.0.113.2/7000="segment $a4" tcp/2001:db8:3::2/7000="segment $a6" \
	tcp/192.168.88.2/7000=-
ok 'net apply, again' loginjail net apply
like "$(ip link show dev segment)" 'master lj-lab' 'leaves it as it is'
jails_gone
ip link add lj-other type veth peer name lj-peer
ok 'net clear' loginjail net clear
nok 'removes it' ip link show dev lj-lab
ok 'but nothing that is no bridge' ip link show dev lj-other
ip link del lj-other
ip link set segment master br0

# ---- jail.ini ------------------------------------------------------------------
wrong() { # WHAT-IS-SAID LINES
	jail_ini <<<"$2"
	run loginjail check
	is "$status" 1 "wrong: ${2//$'\n'/; }"
	like "$err" "$1" 'with the remedy'
}
DEFAULTS="pool = $POOL4 $POOL6"
head=$'[jail test]\nusers = alice\nnetwork = bridge'
wrong "network: with it name the host's bridge" "$head"$'\naddress = 192.168.88.128/26\ngateway = 192.168.88.1/24'
wrong "network: .*set 'address' to a part" "$head"$'\nbridge = br0\ngateway = 192.168.88.1/24'
wrong "gateway: .*same families" "$head"$'\nbridge = br0\naddress = 192.168.88.128/26\ngateway = fd88::1/64'
wrong "address: '192.168.99.128/26' is not a part" "$head"$'\nbridge = br0\naddress = 192.168.99.128/26\ngateway = 192.168.88.1/24'
wrong "gateway: '192.168.88.129' is in 'address'" "$head"$'\nbridge = br0\naddress = 192.168.88.128/26\ngateway = 192.168.88.129/24'
wrong "address: 'fe80::1:0/112' is link-local" "$head"$'\nbridge = br0\naddress = fe80::1:0/112\ngateway = fe80::1/64'
wrong "overlaps with 'pool'" "$head"$'\nbridge = br0\naddress = 10.213.7.128/26\ngateway = 10.213.7.1/24'
wrong "publish: '81:80/tcp' .*write one number" "$head"$'\nbridge = br0\naddress = 192.168.88.128/26\ngateway = 192.168.88.1/24\npublish = 81:80/tcp'
wrong "dns: '192.168.88.130' is in 'address'" "$head"$'\nbridge = br0\naddress = 192.168.88.128/26\ngateway = 192.168.88.1/24\ndns = 192.168.88.130'
wrong "bridge: 'br/0' is not the name of an interface" "$head"$'\nbridge = br/0'
wrong "gateway: '192.168.88.1' lacks the length" "$head"$'\nbridge = br0\ngateway = 192.168.88.1'
wrong "both have the addresses 192.168.88.128/26: give each" "$head"$'\nbridge = br0\naddress = 192.168.88.128/26\ngateway = 192.168.88.1/24\n[jail two]\nusers = bob\nnetwork = bridge\nbridge = br0\naddress = 192.168.88.128/25\ngateway = 192.168.88.1/24'
ok 'no jail stays' jails_gone
loginjail net clear
kill "${served[@]}" "${net_pid[@]}"
