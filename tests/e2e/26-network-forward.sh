#!/bin/bash
# SPDX-License-Identifier: MIT
# network = routed: forwarding leads where the jail may go; names, sizes, others' firewalls.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
networks
# A host whose own file is of no use to others
ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
echo '192.168.77.2 lan.example' >>/etc/hosts
DEFAULTS="pool = $POOL4 $POOL6"
jail_ini <<'EOS'
[jail test]
groups = jailed
network = routed
dns = fd77::2 192.168.77.2

[jail other]
users = carl
network = routed

[jail six]
users = dora
network = routed
dns = fd77::2
EOS
sshd_start main
ok 'net apply' loginjail net apply
serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr HOST

hold warm alice
serve_inside alice TCP-LISTEN:7002,bind=127.0.0.1,reuseaddr INSIDE
ok '-W reaches a server of the jail' eventually answers_through alice 127.0.0.1:7002 INSIDE
is "$(ask_through alice 198.51.100.2:7000)" 'internet 198.51.100.1' '-W reaches the internet'
is "$(ask_through alice '[2001:db8:1::2]:7000')" 'internet 2001:db8:1::1' '-W by IPv6'
for to in 127.0.0.1:7001 192.168.77.2:7000 192.168.77.1:7000 198.51.100.1:7000 '[fd77::2]:7000' '[fd77::1]:7000' \
	169.254.169.254:7000 '[fd00:ec2::254]:7000' '[::ffff:192.168.77.1]:7000' 0.0.0.0:7000 '[::]:7000'; do
	unlike "$(ask_through alice "$to")" '^(HOST|host|lan|internet)' "-W does not reach $to"
done
ok 'a connection with forwards' on_opt alice "-fNM -o ExitOnForwardFailure=yes
	-L 127.0.0.1:9001:198.51.100.2:7000 -L 127.0.0.1:9002:192.168.77.2:7000
	-L 127.0.0.1:9003:127.0.0.1:7002 -R 127.0.0.1:9004:127.0.0.1:7001
	-R 0.0.0.0:9006:127.0.0.1:7001 -D 127.0.0.1:9005"
is "$(ask TCP:127.0.0.1:9001)" 'internet 198.51.100.1' '-L to the internet'
unlike "$(ask TCP:127.0.0.1:9002)" lan '-L not to a private net'
is "$(ask TCP:127.0.0.1:9003)" INSIDE '-L to the jail'
is "$(ask SOCKS4:127.0.0.1:198.51.100.2:7000,socksport=9005)" 'internet 198.51.100.1' '-D to the internet'
unlike "$(ask SOCKS4:127.0.0.1:192.168.77.2:7000,socksport=9005)" lan '-D not to a private net'
is "$(on_opt alice '-o ControlMaster=no' 'exec 3<>/dev/tcp/127.0.0.1/9004; head -n 1 <&3')" HOST '-R listens in the jail'
isnt "$(ask TCP:127.0.0.1:9004)" HOST 'not on the host'
isnt "$(ask "TCP:$(jail_address alice 4):9006")" HOST 'and nobody outside reaches it'
on_opt alice '-O exit' 2>/dev/null

# Names
is "$(j 'cat /etc/resolv.conf; test -L /etc/resolv.conf || echo a file')" $'nameserver fd77::2\nnameserver 192.168.77.2\na file' \
	'dns: a file of its own, where the host has a link to nowhere'
child=$(pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1)
is "$(cat "/proc/$child/root/etc/resolv.conf")" 'nameserver 192.168.77.2' \
	'and for forwards by name those of IPv4, which the user can'"'"'t forge'
is "$(grep hosts "/proc/$child/root/etc/nsswitch.conf")" 'hosts: files dns' 'which ask it'
hold plain carl
child=$(pgrep -u carl -f '^sshd(-session)?: carl' | head -n 1)
nok 'without dns there is none' test -e "/proc/$child/root/etc/resolv.conf"
hold six dora
is "$(on dora 'cat /etc/resolv.conf')" 'nameserver fd77::2' 'with IPv6 only the jail has it'
child=$(pgrep -u dora -f '^sshd(-session)?: dora' | head -n 1)
nok 'and forwards by name do not' test -e "/proc/$child/root/etc/resolv.conf"
is "$(grep hosts "/proc/$child/root/etc/nsswitch.conf" | xargs)" 'hosts: files' 'which ask nobody'

# Sizes: a way that is narrower than the jail's link, in both directions
ip link set internet mtu 1300
in_net internet ip link set out mtu 1300
head -c 3000000 /dev/urandom >"$T/big"
want=$(sha256sum <"$T/big")
for to in TCP4:198.51.100.2 'TCP6:[2001:db8:1::2]'; do
	in_net internet socat -u "OPEN:$T/big" "${to%%:*}-LISTEN:7300,reuseaddr" &
	ok "${to%%:*}: a large answer arrives whole" eventually_sh \
		"[[ \$(on alice 'socat -u $to:7300 - | sha256sum') == '$want' ]]"
	in_net internet socat -u "${to%%:*}-LISTEN:7301,reuseaddr" "CREATE:$T/got" &
	eventually in_net internet eval "ss -ltn | grep -q :7301"
	on alice "socat -u - $to:7301" <"$T/big"
	ok "${to%%:*}: and so does a large request" eventually_sh "[[ \$(sha256sum <$T/got) == '$want' ]]"
done

# Others' rules: what they drop stays dropped, and what they accept is not enough
nft add table inet others
nft add chain inet others c '{ type filter hook forward priority 10; policy drop; }'
reaches alice 'a policy of drop elsewhere' tcp/198.51.100.2/7000=-
nft add rule inet others c iifname 'lj*' accept
nft add rule inet others c oifname 'lj*' accept
reaches alice 'let through there' tcp/198.51.100.2/7000='internet 198.51.100.1' tcp/192.168.77.2/7000=-
nft add chain inet others early '{ type filter hook prerouting priority -400; policy accept; }'
nft add rule inet others early accept
nft add chain inet others i '{ type filter hook input priority -10; policy accept; }'
nft add rule inet others i iifname 'lj*' accept
reaches alice 'let through there, too' tcp/192.168.77.1/7000=- tcp/192.168.77.2/7000=-
ok 'net apply beside them' loginjail net apply
like "$(nft list table inet others)" 'iifname "lj\*" accept' 'does not touch them'
release warm
release plain
release six
ok 'no jail stays' jails_gone
ok 'no link stays' no_links
kill "${served[@]}" "${net_pid[@]}"
