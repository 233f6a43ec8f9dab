#!/bin/bash
# SPDX-License-Identifier: MIT
# publish: ports of the host that lead into a jail, from all sides; and nothing else does.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
networks
DEFAULTS="pool = $POOL4 $POOL6"
jail_ini <<'EOS'
[jail alice]
users = alice
network = routed
publish = 8080:80/tcp 5300:53/udp
connections = 6

[jail carl]
users = carl
network = routed
publish = 9000/tcp

[jail test]
groups = jailed
network = routed
EOS
sshd_start main
ok 'loginjail check' loginjail check
ok 'net apply' loginjail net apply

seen() { # NET TARGET: what is answered there
	local run=("$TOOLS/reach")
	[[ $1 == host ]] || run=(nsenter -t "${net_pid[$1]}" -n "$TOOLS/reach")
	"${run[@]}" "$2" | cut -d' ' -f2-
}
like "$(seen lan tcp/192.168.77.1/8080)" '^- ' 'no jail, nobody answers'
hold a alice
hold b bob
hold c carl
# On every port that is asked below, so that what is not published is not for want of one.
for port in 53 80 81 8080; do
	j "setsid $TOOLS/reach --serve alice $port >/dev/null 2>&1 </dev/null &"
done
on carl "setsid $TOOLS/reach --serve carl 9000 >/dev/null 2>&1 </dev/null &"
ok 'the user can listen on port 80' eventually_sh "[[ \$(seen lan tcp/192.168.77.1/8080) == 'alice '* ]]"
ok '(and carl on 9000)' eventually_sh "[[ \$(seen lan tcp/192.168.77.1/9000) == 'carl '* ]]"

is "$(seen lan tcp/192.168.77.1/8080)" 'alice 192.168.77.2' 'the lan reaches it'
is "$(seen lan udp/192.168.77.1/5300)" 'alice 192.168.77.2' 'by UDP'
is "$(seen lan tcp/fd77::1/8080)" 'alice fd77::2' 'by IPv6'
is "$(seen internet tcp/198.51.100.1/8080)" 'alice 198.51.100.2' 'the internet reaches it'
is "$(seen internet udp/2001:db8:1::1/5300)" 'alice 2001:db8:1::2' 'by UDP and IPv6'
is "$(seen lan tcp/198.51.100.1/8080)" 'alice 192.168.77.2' 'at any address of the host'
like "$(seen host tcp/198.51.100.1/8080)" '^alice ' 'the host reaches it'
like "$(seen host tcp/fd77::1/8080)" '^alice ' 'by IPv6'
like "$(seen host tcp/127.0.0.1/8080)" '^- ' 'but not by its loopback, which is its own'
is "$(seen lan tcp/192.168.77.1/9000)" 'carl 192.168.77.2' 'another port is another user'"'"'s'

for to in udp/192.168.77.1/8080 tcp/192.168.77.1/5300 tcp/192.168.77.1/80 tcp/192.168.77.1/81; do
	like "$(seen lan "$to")" '^- ' "not $to"
done
a4=$(jail_address alice 4) a6=$(jail_address alice 6)
for to in "tcp/$a4/80" "tcp/$a4/8080" "tcp/$a6/80" "udp/$a4/53"; do
	like "$(seen lan "$to")" '^- ' "nor ${to%%/*} to the jail's own address, port ${to##*/}"
	like "$(seen host "$to")" '^- ' 'nor from the host'
done
reaches bob 'another jail does not' tcp/198.51.100.1/8080=- tcp/2001:db8:1::1/8080=- udp/192.168.77.1/5300=-
reaches alice 'nor the jail itself' tcp/198.51.100.1/8080=- tcp/198.51.100.1/9000=-

# connections
between "$(in_net internet bash -c 'for i in 1 2 3 4 5 6 7 8 9; do exec {fd}<>/dev/tcp/198.51.100.1/8080; done 2>/dev/null
	grep -c ":1F90 01" /proc/net/tcp')" 1 6 'connections bounds it'
ok 'net apply while they live' loginjail net apply
ok 'changes nothing for them' eventually_sh "[[ \$(seen lan tcp/192.168.77.1/8080) == 'alice '* ]]"
release a
ok 'alice is gone' eventually_sh '! jail_exists alice'
like "$(seen lan tcp/192.168.77.1/8080)" '^- ' 'and nobody answers'
is "$(seen lan tcp/192.168.77.1/9000)" 'carl 192.168.77.2' 'but for carl'

# Errors
try() { # LINES REGEX NAME
	cp "$INI" "$T/ini"
	printf '%s\n' "$1" >>"$INI"
	run loginjail check
	is "$status" 1 "$3"
	like "$err" "$2" 'says why'
	run loginjail net apply
	is "$status" 1 'and is not applied'
	cp -p "$T/ini" "$INI"
}
try $'[jail x]\ngroups = jailed\nnetwork = routed\npublish = 1/tcp' ':[0-9]+: publish: a port can lead to one jail only' \
	'a section of a group'
try $'[jail x]\nusers = pat uma\nnetwork = routed\npublish = 1/tcp' ':[0-9]+: publish: a port can lead to one jail only' \
	'a section of two users'
try $'[jail x]\nusers = pat\nnetwork = routed\npublish = 9000:1/tcp' \
	'\[jail carl\] and \[jail x\] both publish 9000/tcp|both publish 9000:1/tcp' 'one port for two'
ok 'as it was' loginjail net apply
release b
release c
ok 'no jail stays' jails_gone
kill "${served[@]}" "${net_pid[@]}"
