#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job on a stock host: a matched user's login is in the jail, in every
# form; others log in as before.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

log_mark
run j 'readlink /proc/self/ns/mnt; id -un; hostname; cat /proc/1/comm; pwd'
is "$status" 0 'a jailed user logs in'
is "$err" '' 'and is told nothing'
mapfile -t line <<<"$out"
isnt "${line[0]}" "$HOST_MNT" 'in a jail'
is "${line[1]}" alice 'as the same user'
is "${line[3]}" loginjail-init 'under a PID 1 of its own'
is "${line[4]}" /home/alice 'at home'

hold warm alice
init=$(jail_init alice)
for name in user mnt pid net ipc uts cgroup; do
	isnt "$(ns "$init" "$name")" "$(readlink "/proc/self/ns/$name")" "namespace $name: the jail's own"
done
uid=$(id -u alice)
is "$(j "awk '\$1 == $uid { print \$2, \$3 }' /proc/self/uid_map")" "$uid 1" "the user's uid is itself"
is "$(awk '$1 == 0 { print $2 }' "/proc/$init/uid_map")" "$(ps -o uid= -p "$init" | tr -d ' ')" \
	'uid 0 of the jail is nobody on the host'
is "$(j 'id -G')" "$(id -G alice)" 'with the same groups'
is "$(j 'ps -e -o comm= | sort -u | tr "\n" " "')" 'bash cat loginjail-init ps sort tr ' \
	'no process of the host is to be seen'
is "$(j 'systemctl is-system-running 2>&1 | head -n 1; echo end' | grep -cx running)" 0 \
	"systemd's socket can't be reached"
is "$(j 'ls /run/dbus /run/systemd 2>/dev/null | wc -l')" 0 "nor that of the message bus"

for want in 0 3 255; do
	run j "exit $want"
	is "$status" "$want" "exit status $want"
done
run j 'kill -TERM $$; sleep 5'
is "$status" 143 'death by a signal'
head -c 300000 /dev/urandom >"$T/random"
j cat <"$T/random" >"$T/back"
ok '300 kB come back from cat as they went' cmp "$T/random" "$T/back"

terminal_of alice <<'TCL'
	shell
	is [cmd {tty}] /dev/pts/0 "a terminal of the jail's own"
	is [cmd {cat /proc/1/comm}] loginjail-init "in the jail"
	is [cmd {stat -c %U $(tty)}] alice "that is the user's"
	key "sh -c 'echo up; exec sleep 1000'\r"
	expect "up\r"
	key "\003"
	expect "READY> "
	is [cmd {echo $?}] 130 "^C"
	send "exit 7\r"
	ends 7 "the exit status"
TCL

echo 'from the host' >"$T/file"
ok 'scp to' scp_on "$T/file" alice@world:to
is "$(cat /home/alice/to)" 'from the host' 'the file is there'
is "$(stat -c %U /home/alice/to)" alice "and the user's"
ok 'scp from' scp_on alice@world:to "$T/fetched"
ok 'is the same' cmp "$T/file" "$T/fetched"
run sftp_on alice <<'END'
put /root/t/file /tmp/by-sftp
ls -l /tmp/by-sftp
END
like "$out" 'by-sftp' 'sftp writes'
nok 'into the tmp of the jail' test -e /tmp/by-sftp
is "$(j 'cat /tmp/by-sftp')" 'from the host' 'where the user finds it'

# Forwarding ends in the jail's network.
serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr host
ok '(a server on the host)' eventually answers TCP:127.0.0.1:7001 host
serve_inside alice TCP-LISTEN:7002,bind=127.0.0.1,reuseaddr jail
ok '-L reaches a server of the jail' eventually answers_through alice 127.0.0.1:7002 jail
isnt "$(ask_through alice 127.0.0.1:7001)" host '-L does not reach one of the host'
is "$(ask_through uma 127.0.0.1:7001)" host 'as it does for a user without a jail'
kill "${served[@]}"

is "$(free 'readlink /proc/self/ns/mnt; id -un')" "$HOST_MNT"$'\n'uma 'an unmatched user is on the host'
is "$(on root 'readlink /proc/self/ns/mnt; id -u')" "$HOST_MNT"$'\n'0 'and so is root'
like "$(loginjail ps)" 'alice +test +1 ' 'loginjail ps knows the jail'

release warm
ok 'the jail ends with its last login' jails_gone
is "$(complaints_since)" '' 'the log has no warning'
