#!/bin/bash
# SPDX-License-Identifier: MIT
# The limits on cgroup v2 under systemd: where the groups are, what is set, and
# that it holds.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

jail_ini <<'EOS'
[jail limited]
users = alice
memory = 96M
pids = 40
cpu = 20%

[jail free]
users = bob
memory = max
pids = max
cpu = max
EOS
before=$(find /sys/fs/cgroup -path '*loginjail*' -type d | sort)
log_mark
hold warm alice
hold other bob
init=$(jail_init alice)
keeper=$(pgrep -x loginjail-keep | head -n 1)
group=$(jail_groups alice)

# Where they are
like "$group" "^$GROUP/user-$(id -u alice)/$(id -u alice)-[0-9a-z]+\$" "the jail's group is below loginjail.service"
is "$(cut -d: -f3 "/proc/$init/cgroup")" "${group#/sys/fs/cgroup}" 'PID 1 is in it'
is "$(cut -d: -f3 "/proc/$keeper/cgroup")" "${GROUP#/sys/fs/cgroup}/keepers" \
	"a keeper is beside it, not in its login's session"
is "$(j 'cat /proc/self/cgroup')" 0::/ 'from inside it is the root'
is "$(j 'ls /sys/fs/cgroup 2>/dev/null | grep -c . ; cat /proc/1/cgroup' | tail -n 1)" 0::/ \
	'nothing of the host is seen there'
is "$(cat "$GROUP/cgroup.procs" "${group%/*}/cgroup.procs")" '' 'no process is in between'
for at in /sys/fs/cgroup /sys/fs/cgroup/loginjail.slice "$GROUP" "${group%/*}"; do
	for controller in memory pids cpu; do
		ok "$controller is handed down at ${at##*/}" grep -qw "$controller" "$at/cgroup.subtree_control"
	done
done
is "$(cat "$group/cgroup.subtree_control")" '' 'and no further'
is "$(stat -c %U "$group" "$group/cgroup.procs" "$group/memory.max" | sort -u)" root \
	"all of it is root's"
is "$(ps -o pid= --ppid "$init" | while read -r p; do cut -d: -f3 "/proc/$p/cgroup"; done | sort -u)" \
	"${group#/sys/fs/cgroup}" 'sessions are in it as well'

# What is set
limit() { cat "$(jail_groups "$1")/$2"; }
is "$(limit alice memory.max)" $((96 << 20)) 'memory.max'
is "$(limit alice memory.swap.max)" 0 'memory.swap.max'
is "$(cat "$(user_group alice)"/memory.{,swap.}max | xargs)" "$((97 << 20)) 0" 'and a little more for all of the user'"'"'s'
is "$(limit alice pids.max)" 40 'pids.max'
is "$(limit alice cpu.max)" '20000 100000' 'cpu.max'
is "$(limit bob memory.max)" max 'max: memory.max'
is "$(limit bob pids.max)" max 'max: pids.max'
like "$(limit bob cpu.max)" '^max ' 'max: cpu.max'
is "$(cat "$GROUP/pids.max")" max 'systemd bounds not the number of all jails'"'"' tasks'
systemctl set-property --runtime loginjail.service MemoryMax=600M
is "$(cat "$GROUP/memory.max")" $((600 << 20)) 'what all jails have together can be bounded'
is "$(tr ' ' '\n' <"$GROUP/cgroup.subtree_control" | grep -cxE 'memory|pids|cpu')" 3 \
	'which leaves the controllers handed down'
is "$(limit alice memory.max) $(limit alice pids.max)" "$((96 << 20)) 40" 'and the limits of each'
systemctl set-property --runtime loginjail.service MemoryMax=infinity

# That it holds
run j 'hog pid 300'
like "$out" '^[0-9]+ EAGAIN$' 'pids: fork fails'
between "${out%% *}" 20 39 'before the 40th'
j ':(){ :|:& };:' >/dev/null 2>&1 &
bomb=$!
ok 'a fork bomb reaches the limit' eventually_sh '(($(limit alice pids.current) >= 36))'
is "$(on bob 'hog pid 100')" '100 enough' 'another user can fork meanwhile'
ok 'root as well' on root true
kill "$bomb" 2>/dev/null
wait "$bomb" 2>/dev/null
ok 'loginjail kill ends it' loginjail kill alice
ok 'all of it' eventually not jail_exists alice
is "$(jail_groups alice)" '' 'its group too'
release warm
hold warm alice

run j 'hog memory 300'
is "$status" 137 'memory: a hog is killed'
is "$(on bob 'hog memory 150')" '150 enough' 'another user has memory'
ok 'the session that was there lives' kill -0 "${hold_pid[warm]}"
between "$(awk '$1 == "oom_kill" { print $2 }' "$(jail_groups alice)/memory.events")" 1 99 'the kernel counted it'
is "$(systemctl is-active loginjail.service)" active 'systemd takes that for no failure of all jails'
ok 'the jail can be entered still' j true
run j 'dd if=/dev/zero of=/dev/shm/big bs=1M count=200 2>/dev/null'
isnt "$status" 0 'memory: /dev/shm counts'
j 'rm -f /dev/shm/big'

usage() { # USER: what two spinning processes get in 2 s, in hundredths of a core
	local file
	on "$1" 'sh -c "while :; do :; done" & sh -c "while :; do :; done" & sleep 1; echo on; sleep 30
		kill $!' >"$T/spin" 2>/dev/null &
	eventually grep -q on "$T/spin"
	file=$(jail_groups "$1")/cpu.stat
	awk '/^usage_usec/ { print $2 }' "$file" >"$T/usage"
	sleep 4
	awk -v was="$(cat "$T/usage")" '/^usage_usec/ { print int(($2 - was) / 40000) }' "$file"
	kill $!
}
between "$(usage alice)" 10 25 'cpu: 20% of a core is all there is'
loginjail kill alice
release warm
between "$(usage bob)" 60 220 'cpu: not for another user'
loginjail kill bob
release other

# What is left
ok 'all jails go' jails_gone
is "$(user_group alice)" "$GROUP/user-$(id -u alice)" "but the group of all of alice's"
is "$(user_group bob)" '' 'not where it limits nothing'
ok '(clearing up)' loginjail gc
is "$(find /sys/fs/cgroup -path '*loginjail*' -type d | sort)" "${before:-none}" \
	'which leaves the cgroups as they were'
is "$(complaints_since)" '' 'the log has no warning of ours'
standard_jail

# Without the unit
systemctl stop loginjail.service
nok '(the unit is stopped)' test -e "$GROUP"
hold warm alice
like "$(jail_groups alice)" '^/sys/fs/cgroup/loginjail/' 'without the unit there is a group all the same'
is "$(limit alice pids.max)" "$(loginjail explain alice | awk '$1 == "pids" { print $3 }')" 'with its limits'
systemctl start loginjail.service
hold other bob
like "$(jail_groups bob)" "^$GROUP/" 'the next jail is in the unit again'
release warm
release other
ok 'both kinds are removed' jails_gone
ok '(clearing up)' loginjail gc
nok 'the group without a unit, too' test -e /sys/fs/cgroup/loginjail

# A unit that can't serve
drop_in=/run/systemd/system/loginjail.service.d
refused() { # WHY REMEDY
	log_mark
	run j true
	isnt "$status" 0 "$1: the login is refused"
	like "$out$err" 'no jail can be made' "$1: the user is told"
	like "$(log_since)" "$2" "$1: the log has the remedy"
	is "$(jail_groups)" '' "$1: nothing is left"
}
mkdir -p "$drop_in"
printf '[Service]\nDelegate=\nDelegate=no\n' >"$drop_in/no.conf"
systemctl daemon-reload
systemctl restart loginjail.service
refused 'controllers are missing' "loginjail.service has not got all .* 'Delegate='"
rm -r "$drop_in"
systemctl daemon-reload
systemctl restart loginjail.service
sleep 1000 &
sleeper=$!
echo "$sleeper" >"$GROUP/cgroup.procs"
refused 'a process is in between' "try 'systemctl restart loginjail.service'"
kill "$sleeper"
ok 'after which all is well' j true
ok 'and goes' jails_gone

# Stopping the unit
hold warm alice
systemctl stop loginjail.service
ok 'stopping the unit ends the jails' eventually not jail_exists alice
ok 'and their keepers' eventually not pgrep -x loginjail-keep
systemctl start loginjail.service
release warm
ok 'then there are new ones' j true
ok 'that go' jails_gone
