#!/bin/bash
# SPDX-License-Identifier: MIT
# What only cgroup v2 can limit, and what only root with all its capabilities can give:
# set, felt inside, said when hit, and counted.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

limit() { cat "$(jail_groups "$1")/$2"; }
counter() { awk -v key="$3" '$1 == key { print $2 }' "$(jail_groups "$1")/$2"; }
ms_of() { # COMMAND...: how long it takes
	local start=${EPOCHREALTIME/./}
	"$@" >/dev/null 2>&1 || return
	echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

# A host with swap
dd if=/dev/zero of=/swap bs=1M count=128 status=none
chmod 600 /swap
mkswap -q /swap >/dev/null
ok '(the host has swap)' swapon /swap

standard_jail
hold warm alice
for controller in io cpuset; do
	ok "$controller: the unit has it" grep -qw "$controller" "$GROUP/cgroup.controllers"
	nok "$controller: nobody has used it, so no jail is made in it" test -e "$(jail_groups alice)/$controller.max"
done
is "$(limit alice memory.swap.max)" 0 'no swap by default'
release warm
ok 'it goes' jails_gone

jail_ini <<'EOS'
[jail limited]
users = alice
memory = 48M
swap = 0
pids = 40
cpu = max
cpu_weight = 300
cpus = 0
io_read = 4M
io_write = 2M
io_read_ops = 1000
io_write_ops = 500
nofile = 100:600000

[jail other]
users = bob
cpu = max
cpus = 0
swap = 16M
memory = 32M
EOS
run loginjail check
is "$status" 0 "check finds nothing wrong: $err"
log_mark
hold warm alice
hold other bob
is "$(limit alice memory.high)" max 'memory_high: none by default'
is "$(limit alice memory.swap.max)" 0 'swap is set'
is "$(limit bob memory.swap.max)" $((16 << 20)) 'swap: so is another'
is "$(limit alice cpu.weight)" 300 'cpu_weight is set'
is "$(limit bob cpu.weight)" 100 'cpu_weight: 100 is the default'
is "$(limit alice cpuset.cpus)" 0 'cpus is set'
is "$(limit alice io.max)" "$(lsblk -ndo MAJ:MIN "$(findmnt -no SOURCE -T "$STATE")" | tr -d ' ') rbps=4194304 wbps=2097152 riops=1000 wiops=500" \
	'io_* are set, for the disk'
is "$(limit bob io.max)" '' 'io: not for another jail'
is "$(j nproc)" 1 'cpus: one is all there is'
nok 'cpus: another can not be had' j 'taskset -c 1 true'

# More than sshd itself has
isnt "$(awk '/^Max open files/ { print $5 }' "/proc/$(pgrep -xo sshd)/limits")" 600000 '(sshd has less)'
is "$(j 'ulimit -Sn; ulimit -Hn' | tr '\n' ' ')" '100 600000 ' 'nofile: raised above what sshd has'
is "$(on bob 'ulimit -Sn; ulimit -Hn' | tr '\n' ' ')" '1024 65536 ' 'nofile: the default'

# Writing through the page cache, which v2 counts: in the home, since no fsync waits in
# what is thrown away, and past the cache in that
j 'dd if=/dev/zero of=warm bs=64K count=4 conv=fsync' 2>/dev/null
between "$(ms_of j 'dd if=/dev/zero of=big bs=1M count=10 conv=fsync')" 3500 200000 \
	'io_write: 10M of the home take some seconds'
between "$(ms_of j 'dd if=/dev/zero of=/var/tmp/big bs=1M count=10 oflag=direct')" 3500 200000 \
	'io_write: so do 10M of the layer'
is "$(j 'dd if=/dev/zero of=small bs=64K count=8 conv=fsync && stat -c %s small' 2>/dev/null)" 524288 \
	'io_write: what is within it is written'
between "$(ms_of j 'dd if=/var/tmp/big of=/dev/null bs=1M iflag=direct')" 1500 200000 'io_read: 10M take some seconds'

# Shares, as a ratio
spin() {
	# The client itself, so that it is what is killed
	alone ssh -F "$S/ssh_config" -l "$1" world 'echo on; sh -c "while :; do :; done" & exec sh -c "while :; do :; done"' \
		>"$T/spin.$1" 2>/dev/null </dev/null &
	spinning+=("$!")
	eventually grep -q on "$T/spin.$1"
}
used() { counter "$1" cpu.stat usage_usec; }
spinning=()
spin alice
spin bob
a=$(used alice) b=$(used bob)
eventually_within 60 eval '(($(used alice) + $(used bob) - a - b > 4000000))'
a=$(($(used alice) - a)) b=$(($(used bob) - b))
between $((a * 100 / (b + 1))) 200 400 'cpu_weight: 300 gets three times what 100 does'
kill "${spinning[@]}"
wait "${spinning[@]}" 2>/dev/null

# Swap, as far as it is allowed
is "$(on bob 'hog memory 40')" '40 enough' 'swap: more than memory can be had'
is "$(counter bob memory.events oom_kill)" 0 'swap: and nobody is killed'
run on bob 'hog memory 100'
is "$status" 137 'swap: not more than both'
ok 'swap: the log says so' eventually logged_since 'bob: memory limit 32M reached: killed "hog"'
run j 'hog pid 300'
like "$out" EAGAIN 'pids: no more'
ok 'pids: the log says so, at once' eventually logged_since 'alice: process limit 40 reached: no more can be started'
terminal_of alice <<'TCL'
	shell
	is [cmd {echo well}] well "a terminal"
	send "hog memory 100\r"
	want {loginjail: memory limit 48M reached: killed "hog"\r} "shows the limit that was hit"
	send "exit\r"
	ends 137 "and ends"
TCL
ok 'memory: so does the log' eventually logged_since 'alice: memory limit 48M reached: killed "hog"'

# Numbers
release other
ok 'it ends' eventually not jail_exists bob
log_mark
hold other bob
on bob 'hog cpu 100; hog memory 20; hog pid 10' >/dev/null
on bob 'dd if=/dev/zero of=/var/tmp/big bs=1M count=32 conv=fsync' 2>/dev/null
read -r _ _ cpu memory _ procs _ written kills < <(loginjail ps -u | grep ^bob)
like "$cpu $memory $procs $kills" '^[0-9.]+s/max [0-9.]+[KM]/32M [0-9]/256 0$' "ps -u: $cpu $memory $procs $kills"
between "${written%M}" 32 34 'ps -u: what was written'
release other
ok 'it ends' eventually not jail_exists bob
end=$(log_since | sed -n 's/.* bob: jail .* ended: //p' | tail -n 1)
key() { tr ' ' '\n' <<<"$end" | sed -n "s/^$1=//p"; }
between "$(key cpu | tr -d .)" 1000 60000 'end: a second of a processor'
between "$(key memory_peak)" $((20 << 20)) $((32 << 20)) 'end: the peak of memory'
between "$(key written)" $((32 << 20)) $((34 << 20)) 'end: 32M written'
is "$(key oom_kills)" 0 'end: no kill'
[[ -z $(key processes_peak) ]] || between "$(key processes_peak)" 12 20 'end: ten processes at once'

# Slowed down, not killed
release warm
ok 'the other ends, too' jails_gone
jail_ini <<'EOS'
[jail limited]
users = alice
memory = 400M
memory_high = 24M
cpus = 0
EOS
hold warm alice
is "$(limit alice memory.high)" $((24 << 20)) 'memory_high is set'
is "$(j 'hog memory 16')" '16 enough' 'memory_high: what is below can be had'
is "$(counter alice memory.events high)" 0 'memory_high: and is not felt'
alone ssh -F "$S/ssh_config" -l alice world 'hog memory 60' >/dev/null 2>&1 </dev/null &
hog=$!
ok 'memory_high: what is above is' eventually_within 60 eval '(($(counter alice memory.events high) > 0))'
is "$(counter alice memory.events oom_kill)" 0 'memory_high: but kills nobody'
kill "$hog"
wait "$hog" 2>/dev/null

# Who was put into the group from outside ends with the jail.
sleep 1000 &
stranger=$!
echo "$stranger" >"$(jail_groups alice)/cgroup.procs"
release warm
ok 'the jail ends, with a process of the host in its group' eventually not kill -0 "$stranger"
ok 'and goes' jails_gone

# A unit that was made before
drop_in=/run/systemd/system/loginjail.service.d
mkdir -p "$drop_in"
printf '[Service]\nDelegate=\nDelegate=memory pids cpu\n' >"$drop_in/old.conf"
systemctl daemon-reload
systemctl restart loginjail.service
log_mark
run j true
isnt "$status" 0 'a unit without io and cpuset: the login that needs them is refused'
like "$(log_since)" "loginjail.service has not got all .*cpuset.*: see its 'Delegate='" 'the log has the remedy'
standard_jail
ok 'one that does not need them is let in' j true
rm -r "$drop_in"
systemctl daemon-reload
systemctl restart loginjail.service
ok 'all go' jails_gone
swapoff /swap
rm /swap
