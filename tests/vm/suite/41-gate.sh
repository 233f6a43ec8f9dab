#!/bin/bash
# SPDX-License-Identifier: MIT
# gate = unit:NAME, with units of a real systemd: a service, an instance of a template, one in
# a slice, a scope.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

for name in lab lab@; do
	printf '[Service]\nExecStart=/bin/sleep infinity\n' >"/etc/systemd/system/$name.service"
done
printf '[Service]\nSlice=teaching.slice\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/course.service
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n' >/etc/systemd/system/once.service
systemctl daemon-reload
sysctl -qw net.ipv4.conf.all.forwarding=1 net.ipv6.conf.all.forwarding=1

state() { loginjail net status | awk -v u="$1" '$1 == u { $1 = $2 = $3 = ""; sub(/^ +/, ""); print }'; }
is_open() { [[ $(state alice) == open ]]; }
has_network() { [[ $(j 'ip -o link show eth0' | grep -c '[<,]UP[,>]') == "$1" ]]; }
# The unit that exists opens, and while it does not, nothing does.
follows() { # GATE WHAT START... -- STOP...
	local gate=$1 what=$2 start=()
	shift 2
	while [[ $1 != -- ]]; do
		start+=("$1")
		shift
	done
	shift
	jail_ini <<-END
		[jail test]
		groups = jailed
		network = routed
		gate = $gate
	END
	run loginjail check
	is "$status" 0 "$what: check has no complaint"
	ok "$what: net apply" loginjail net apply
	hold a alice
	nok "$what: closed before it runs" is_open
	ok "$what: (no network)" has_network 0
	ok "$what: starts" "${start[@]}"
	ok "$what: open" eventually_within 10 is_open
	ok "$what: (a network)" has_network 1
	ok "$what: stops" "$@"
	ok "$what: closed" eventually_within 10 not is_open
	ok "$what: (no network)" has_network 0
	for _ in 1 2 3; do
		ok "$what: again" "${start[@]}"
		ok "$what: open, the next time" eventually_within 10 is_open
		ok "$what: again" "$@"
		ok "$what: and closed" eventually_within 10 not is_open
	done
	release a
	ok "$what: the jail ends" jails_gone
}
follows unit:lab.service 'a service' systemctl start lab -- systemctl stop lab
follows unit:lab.service 'a service that is killed' systemctl start lab -- systemctl kill -s KILL lab
systemctl reset-failed
follows unit:lab@1.service 'an instance' systemctl start lab@1 -- systemctl stop lab@1
follows unit:/teaching.slice/course.service 'a service in a slice' systemctl start course -- systemctl stop course
begin() {
	systemd-run -q --scope --unit=talk sleep infinity </dev/null >/dev/null 2>&1 &
	eventually systemctl is-active -q talk.scope
}
follows unit:talk.scope 'a scope' begin -- systemctl stop talk.scope

# What has no process, and what another's systemd calls so
jail_ini <<-'END'
	[jail test]
	groups = jailed
	network = routed
	gate = unit:once.service
END
loginjail net apply >/dev/null
hold a alice
systemctl start once lab@2
nok 'a unit without a process opens nothing' is_open
like "$(state alice)" '^closed: gate unit:once.service: ' 'and why'
systemctl stop once lab@2
on uma 'export XDG_RUNTIME_DIR=/run/user/$(id -u); systemd-run -q --user --unit=once sleep infinity' 2>/dev/null
nok 'nor does one of a user manager' is_open
release a
ok 'the jail ends' jails_gone
group=$(on uma 'XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user show -p ControlGroup --value once' 2>/dev/null)
if [[ -n $group ]]; then
	sed -i "s|^gate = .*|gate = unit:$group|" "$INI"
	run loginjail check
	like "$status:$err$out" "^1:.*is not root.s alone" "one's own manager's control group is no gate"
fi
loginjail net clear
standard_jail
rm /etc/systemd/system/{lab,lab@,course,once}.service
systemctl daemon-reload
