#!/bin/bash
# SPDX-License-Identifier: MIT
# network = routed: what a jail reaches and what reaches it, rule by rule and from both sides.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
add_user emil 2009
networks
DEFAULTS="pool = $POOL4 $POOL6"
jail_ini <<'EOS'
[jail test]
groups = jailed
network = routed

[jail picky]
users = carl
network = routed
allow = 192.168.77.2:7000/tcp [fd77::/64]:7000/udp 10.77.0.0/16:icmp 198.51.100.2:7000/udp 169.254.169.254 192.168.77.1
deny = 0.0.0.0/0 [2001:db8:1::2]:7000/tcp
dns = 192.168.77.2 192.168.77.1

[jail plain]
users = dora
network = routed
nat = no

[jail few]
users = emil
network = routed
connections = 5
EOS
sshd_start main

rules_first '4 routed jails'

hold a alice
hold b bob
hold c carl
hold d dora
is "$(jail_links | wc -l)" 4 'a link for each jail'
a4=$(jail_address alice 4) a6=$(jail_address alice 6)
b4=$(jail_address bob 4) b6=$(jail_address bob 6)
d4=$(jail_address dora 4) d6=$(jail_address dora 6)
like "$a4 $a6" '^10\.213\.[0-9.]+ fdcc:6c6a:213::[0-9a-f]+$' "the host has a route to alice's addresses"
is "$(j 'ip -o addr show dev eth0 | grep -oE "inet6? [^ ]+" | sort | xargs')" \
	"inet $a4/32 inet6 $a6/128" 'which are hers, and she has no others'
isnt "$a4 $a6" "$b4 $b6" 'bob has others'
is "$(ip -o addr show dev "$(jail_link alice)")" '' 'the host has no address on the link'
like "$(ip -o link show dev "$(jail_link alice)")" 'NOARP' 'where nothing is resolved'
is "$(ip -o link show type bridge)" '' 'there is no bridge'

reaches alice 'the internet' tcp/198.51.100.2/7000='internet 198.51.100.1' \
	udp/198.51.100.2/7000='internet 198.51.100.1' icmp/198.51.100.2=echo \
	tcp/2001:db8:1::2/7000='internet 2001:db8:1::1' udp/2001:db8:1::2/7000='internet 2001:db8:1::1' \
	icmp/2001:db8:1::2=echo tcp/198.51.100.2/53='internet 198.51.100.1'
for p in tcp udp; do
	reaches alice 'no private net' "$p/192.168.77.2/7000=-" "$p/10.77.0.2/7000=-" \
		"$p/172.16.77.2/7000=-" "$p/fd77::2/7000=-"
	reaches alice 'no metadata service' "$p/169.254.169.254/7000=-" "$p/fd00:ec2::254/7000=-"
	reaches alice 'not the host' "$p/198.51.100.1/7000=-" "$p/192.168.77.1/7000=-" \
		"$p/2001:db8:1::1/7000=-" "$p/fd77::1/7000=-" "$p/127.0.0.1/7000=-" "$p/169.254.1.1/7000=-"
done
reaches alice 'nor by ping' icmp/192.168.77.2=- icmp/fd77::2=- icmp/169.254.169.254=- \
	icmp/198.51.100.1=- icmp/2001:db8:1::1=- icmp/fd77::1=-

# One jail and another
for user in alice bob dora; do
	on "$user" "setsid $TOOLS/reach --serve $user 8000 >/dev/null 2>&1 </dev/null &"
done
ok 'a server of alice' eventually_sh "[[ \$(reach alice tcp/$a4/8000) == *' alice '* ]]"
ok 'a server of dora' eventually_sh "[[ \$(reach dora tcp/$d4/8000) == *' dora '* ]]"
for p in tcp udp; do
	reaches bob 'not another jail' "$p/$a4/8000=-" "$p/$a6/8000=-"
	reaches dora 'nor without nat' "$p/$a4/8000=-" "$p/$a6/8000=-"
done
reaches bob 'nor by ping' "icmp/$a4=-" "icmp/$a6=-"

# From outside
from_lan() { in_net lan "$TOOLS/reach" "$@" | cut -d' ' -f2; }
for p in tcp udp; do
	is "$(from_lan "$p/$d4/8000" "$p/$d6/8000" | xargs)" '- -' "$p: the lan does not reach a jail"
	is "$("$TOOLS/reach" "$p/$d4/8000" "$p/$d6/8000" | cut -d' ' -f2 | xargs)" '- -' \
		"$p: nor does the host"
done
is "$(from_lan "icmp/$d4" "icmp/$d6" | xargs)" '- -' 'not by ping either'

# A section's own rules
reaches carl 'allow' tcp/192.168.77.2/7000='lan 192.168.77.1' udp/fd77::2/7000='lan fd77::1' \
	icmp/10.77.0.2=echo udp/198.51.100.2/7000='internet 198.51.100.1'
reaches carl 'allow goes no further' udp/192.168.77.2/7000=- icmp/192.168.77.2=- tcp/fd77::2/7000=- \
	icmp/fd77::2=- tcp/10.77.0.2/7000=-
reaches carl 'deny' tcp/198.51.100.2/7000=- icmp/198.51.100.2=- tcp/2001:db8:1::2/7000=-
reaches carl 'deny goes no further' udp/2001:db8:1::2/7000='internet 2001:db8:1::1' icmp/2001:db8:1::2=echo
reaches carl 'what is never to be had' tcp/169.254.169.254/7000=- tcp/192.168.77.1/7000=-
reaches carl 'dns, the host for one' tcp/192.168.77.2/53='lan 192.168.77.1' udp/192.168.77.2/53='lan 192.168.77.1' \
	"tcp/192.168.77.1/53=host $(jail_address carl 4)" "udp/192.168.77.1/53=host $(jail_address carl 4)"
reaches carl 'no other server' udp/2001:db8:1::2/53=- tcp/2001:db8:1::2/53=- udp/198.51.100.1/53=-
is "$(on carl 'cat /etc/resolv.conf')" $'nameserver 192.168.77.2\nnameserver 192.168.77.1' 'resolv.conf'
reaches dora 'nat = no' tcp/198.51.100.2/7000=-
in_net internet ip route add "$POOL4" via 198.51.100.1
in_net internet ip -6 route add "$POOL6" via 2001:db8:1::1
reaches dora 'nat = no, with a route back' "tcp/198.51.100.2/7000=internet $d4" \
	"udp/2001:db8:1::2/7000=internet $d6"

# connections = 5
is "$(on emil 'for i in 1 2 3 4 5 6 7 8; do exec {fd}<>/dev/tcp/198.51.100.2/7000; done 2>/dev/null
	grep -c ":1B58 01" /proc/net/tcp')" 5 'five connections, and no more'
ok 'when they are closed there is room again' \
	eventually_sh '[[ $(reach emil tcp/198.51.100.2/7000) == *" internet "* ]]'

# Its end leaves nothing to count: what was open is forgotten, of the user's next jail all is free
entries() { grep -c -E "(src|dst)=$e4 " /proc/net/nf_conntrack; }
open_all='for i in 1 2 3 4 5 6 7 8; do exec {fd}<>/dev/tcp/198.51.100.2/7000; done 2>/dev/null'
hold e emil
e4=$(jail_address emil 4)
is "$(on emil "$open_all; grep -c ':1B58 01' /proc/net/tcp; (sleep 1000 >/dev/null 2>&1 &)")" 5 'five connections again'
ok '(which the host knows)' eventually_sh '(($(entries) >= 5))'
ok '(the jail is killed)' loginjail kill emil
release e
ok '(it is gone)' eventually_sh '! jail_exists emil'
is "$(entries)" 0 'a jail that is gone has no connections'
hold e emil
is "$(jail_address emil 4)" "$e4" 'the next one has its address'
is "$(on emil "$open_all; grep -c ':1B58 01' /proc/net/tcp; (sleep 1000 >/dev/null 2>&1 &)")" 5 'and all of its five'
# Where they could not be forgotten, they count: the link and then the keeper are taken away
keeper=$(ss -xlp | grep -F "$(basename "$(jail_dir emil)")" | grep -oE 'pid=[0-9]+' | head -n 1)
keeper=${keeper#pid=}
like "$(cat "/proc/$keeper/comm")" loginjail '(its keeper)'
ip link del "$(jail_link emil)"
kill -KILL "$keeper"
release e
is "$(on emil "ip -o -4 addr show dev eth0 | grep -c $e4; $open_all; grep -c ':1B58 01' /proc/net/tcp" | xargs)" '1 0' \
	'what the host still knows of counts for the next jail'

# The same address again; the link goes with the jail
for name in a b c d; do
	release "$name"
done
ok 'no jail stays' jails_gone
ok 'no link stays' no_links
hold b bob
hold a alice
is "$(jail_address alice 4) $(jail_address alice 6)" "$a4 $a6" 'alice has the same addresses again'
is "$(stat -c %a "$STATE/addresses")" 600 'which root alone knows'

# jail.ini changes
sed -i 's/^dns = 192.168.77.2 /dns = 192.168.77.2 10.77.0.2 /' "$INI"
run on carl true
isnt "$status" 0 'a section whose rules are old: refused'
is "$(j echo in)" in 'a live jail goes on'
release a
is "$(j echo in)" in 'and another section does not mind'
ok 'net apply' loginjail net apply
is "$(on carl echo in)" in 'then it is let in'
reaches bob 'rules that were replaced hold for live jails' tcp/198.51.100.2/7000='internet 198.51.100.1' \
	tcp/192.168.77.2/7000=- tcp/198.51.100.1/7000=-

# A section that is gone: its jails get nowhere
sed -i '/^\[jail test\]/,/^$/s/routed/private/' "$INI"
ok 'net apply, one section fewer' loginjail net apply
reaches bob 'a jail whose section is no longer routed' tcp/198.51.100.2/7000=- tcp/192.168.77.2/7000=-

# Rules that are taken away, with all of the host's
log_mark
a_way() { [[ $(reach bob tcp/198.51.100.2/7000) == *' internet '* ]]; }
link_is() { ip -o link show dev "$(jail_link bob)" | grep -qE "state $1|[<,]$1[,>]"; }
sed -i '/^\[jail test\]/,/^$/s/private/routed/' "$INI"
loginjail net apply >/dev/null
ok '(bob has a way)' eventually a_way
for _ in 1 2 3; do loginjail net apply >/dev/null; done
ok 'rules that are replaced cut nobody off' a_way
nok 'of which the log knows nothing' logged_since 'rules for routed jails'
nft flush ruleset
ok 'without rules a live jail is cut off' eventually link_is DOWN
ok 'and the log says why' logged_since 'the rules for routed jails are gone: it is cut off'
is "$(reach bob tcp/198.51.100.2/7000 tcp/192.168.77.1/7000 | cut -d' ' -f2 | xargs)" '- -' 'it gets nowhere'
ok '(net apply)' loginjail net apply
ok 'with rules it has its way again' eventually a_way
reaches bob 'by IPv6 as well' tcp/2001:db8:1::2/7000='internet 2001:db8:1::1'
reaches bob 'and no other' tcp/192.168.77.2/7000=- tcp/192.168.77.1/7000=-
sed -i '/^\[jail test\]/,/^$/s/routed/private/' "$INI"
loginjail net apply >/dev/null

# net clear
nft -f - <<<'table inet others { chain c { type filter hook forward priority 0; policy accept; }; }'
before=$(nft list table inet others)
ok 'net clear' loginjail net clear
ok 'cuts live jails off' no_links
is "$(nft list ruleset)" "$before" 'and leaves nothing but what is others'"'"
is "$(reach bob tcp/198.51.100.2/7000 | cut -d' ' -f2)" - 'who were connected are not'
ok 'once more' loginjail net clear
release b

# Refusals of net apply
loginjail net apply >/dev/null
sysctl -qw net.ipv4.ip_forward=0
run loginjail net apply
is "$status" 1 'a host that does not forward'
like "$err" "net\.ipv4\.conf\.all\.forwarding = 1' into a file of /etc/sysctl\.d" 'says the remedy'
sysctl -qw net.ipv4.ip_forward=1
ip addr add 10.213.7.1/24 dev lan
run loginjail net apply
is "$status" 1 'a pool that is a net of the host'
like "$err" "10\.213\.0\.0/16 of 'pool' overlaps with 10\.213\.7\.0/24, the net of lan" 'says which'
ip addr del 10.213.7.1/24 dev lan
echo 'deny = 10.0.0.1/8' >>"$INI"
run loginjail net apply
is "$status" 1 'a wrong jail.ini'
like "$err" 'jail.ini:[0-9]+: deny: .10\.0\.0\.1/8. has bits behind its prefix: write 10\.0\.0\.0/8' 'says where'
ok 'no jail stays' jails_gone
kill "${served[@]}" "${net_pid[@]}"
