#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make demo: the main job on a real sshd, host and jail side by side.
#
# Runs in a scratch world (tests/world.sh).  Every line is held against what it
# should show; the exit status is 0 only if all do.  LOGIN=1 with a terminal on
# standard input offers an interactive login at the end.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
trap - EXIT

wrong=0
check() { # CONDITION...: is what was just shown as it should be?
	"$@" && return
	printf '    ^^^ NOT AS IT SHOULD BE\n'
	wrong=$((wrong + 1))
}
title() { printf '\n%s\n' "$1"; }
row() { # WHAT HOST JAIL
	printf '  %-15s %-28.28s %s\n' "$1" "$2" "$3"
}
differ() { [[ -n $1 && -n $2 && $1 != "$2" ]]; }
has() { [[ $1 == *"$2"* ]]; }

standard_users
jail_ini <<-EOS
	[jail demo]
	groups   = jailed
	hostname = classroom
	memory   = 128M
	pids     = 40
	cpu      = 50%
EOS
sshd_start main
hold warm alice

printf 'A user of an ordinary sshd, and one whom jail.ini matches:\n\n'
sed -n '/^\[jail/,$s/^/    /p' "$INI"
title '                  uma, not matched             alice, jailed'
for what in \
	'user|id -un' 'user id|id -u' 'host name|hostname' \
	'PID 1|cat /proc/1/comm' 'processes|ps -e -o pid= | wc -l' \
	'accounts|grep -c . /etc/passwd' 'homes|ls /home | tr "\n" " "' \
	'shadow file|[ -e /etc/shadow ] && echo there || echo "not there"' \
	'/var/log|ls /var/log | wc -l | sed "s/$/ entries/"' \
	'capabilities|sed -n "s/^CapBnd:\t//p" /proc/self/status | sed "s/^0*$/none, ever/"' \
	'interfaces|ls /sys/class/net | tr "\n" " "' \
	'network|readlink /proc/self/ns/net'; do
	name=${what%%|*} command=${what#*|}
	host=$(free "$command") jail=$(j "$command")
	row "$name" "$host" "$jail"
	case $name in
	user) check [ "$host/$jail" = uma/alice ] ;;
	'user id') check [ "$jail" = "$(id -u alice)" ] ;;
	'host name') check [ "$jail" = classroom ] ;;
	'PID 1') check [ "$jail" = loginjail-init ] ;;
	processes) check [ "$jail" -lt "$host" ] ;;
	homes) check [ "$jail" = 'alice ' ] ;;
	'shadow file') check [ "$jail" = 'not there' ] ;;
	/var/log) check [ "$jail" = '0 entries' ] ;;
	capabilities) check [ "$jail" = 'none, ever' ] ;;
	interfaces) check [ "$jail" = 'lo ' ] ;;
	*) check differ "$host" "$jail" ;;
	esac
done

title 'Limits that hold'
out=$(j 'for i in $(seq 200); do sleep 20 & done 2>&1 | grep -m 1 -o "Resource temporarily unavailable"')
row 'fork bomb' 'pids = 40' "$out"
check has "$out" unavailable
out=$(j 'perl -e "\$x = q(x) x (400 << 20); print q(got it)"; echo "status $?"' 2>/dev/null)
row 'memory hog' 'memory = 128M' "400 MB: ${out//$'\n'/ }"
check has "$out" 'status 137'
out=$(on bob 'echo works on')
row 'another user' '' "bob $out"
check [ "$out" = 'works on' ]
release warm
check jails_gone

title 'What is written outside the home directory is gone with the jail'
j 'echo x >/var/tmp/mark; echo x >/tmp/mark; echo x >~/mark'
check jails_gone
out=$(j 'ls /var/tmp/mark /tmp/mark ~/mark 2>/dev/null')
row 'next login' 'finds' "$out"
check [ "$out" = /home/alice/mark ]
check [ ! -e /var/tmp/mark ]

title 'Port forwarding reaches the jail, and not the host'
serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr HOST
check eventually answers TCP:127.0.0.1:7001 HOST
hold web alice
serve_inside alice TCP-LISTEN:7002,bind=127.0.0.1,reuseaddr JAIL
check eventually answers_through alice 127.0.0.1:7002 JAIL
out=$(ask_through alice 127.0.0.1:7002)
row 'ssh -W :7002' 'a server in the jail' "$out"
check [ "$out" = JAIL ]
out=$(ask_through alice 127.0.0.1:7001)
row 'ssh -W :7001' 'a server on the host' "refused ($out)"
check has "$out" failed
out=$(ask_through uma 127.0.0.1:7001)
row '' 'the same, not jailed' "$out"
check [ "$out" = HOST ]
release web

title 'Files come and go as usual'
head -c 100000 /dev/urandom >"$T/file"
check scp_on "$T/file" alice@world:copy
out=$(j 'wc -c <copy')
row scp '100000 bytes sent' "$out bytes in alice's home"
check [ "$out" = 100000 ]
out=$(echo 'get /etc/shadow' | sftp_on alice 2>&1 | grep -o 'not found' | head -n 1)
row sftp 'get /etc/shadow' "$out"
check [ "$out" = 'not found' ]

if [[ ${LOGIN:-} == 1 && -t 0 ]]; then
	title "A login as alice; leave with 'exit'"
	ssh -F "$S/ssh_config" -t -l alice world
fi
check jails_gone
sshd_stop main 2>/dev/null
echo
if ((wrong)); then
	printf 'demo: %d steps did not show what they should\n' "$wrong"
	exit 1
fi
echo 'demo: every step showed what it should'
