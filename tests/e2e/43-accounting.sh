#!/bin/bash
# SPDX-License-Identifier: MIT
# What a jail has used is said at its end and by ps -u, and the numbers are right; a limit
# that was hit is said in the log and on the terminals.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007 /bin/bash jailed
jail_ini <<'EOS'
[jail counted]
users = alice
memory = 200M
pids = 50
cpu = max

[jail tight]
users = bob
memory = 32M
pids = 30
cpu = 5%

[jail idle]
users = carl
EOS
sshd_start main

# key: the number after key= in the line of the last jail of USER that has ended
key() { # USER KEY
	log_since | sed -n "s/.* $1: jail .* ended: //p" | tail -n 1 | tr ' ' '\n' | sed -n "s/^$2=//p"
}
ms() { awk -v s="$1" 'BEGIN { print int(s * 1000) }'; }
MiB=$((1 << 20))

# A second of a processor, 64M of memory, ten processes, 32M written and 4M read from the
# disk; and a second whose parent ignores how its children end.
log_mark
hold warm alice
j 'hog cpu 100; hog memory 64; hog pid 10' >/dev/null
j 'dd if=/dev/zero of=/var/tmp/big bs=1M count=32 conv=fsync; dd if=/var/tmp/big of=/dev/null bs=1M count=4 iflag=direct' 2>/dev/null

# Live
loginjail ps -u >"$T/ps"
is "$(head -n 1 "$T/ps" | tr -s ' ')" 'USER JAIL CPU MEMORY PEAK PROCS READ WRITTEN KILLS' 'ps -u has its columns'
read -r user jail cpu memory peak procs rd wr kills < <(grep ^alice "$T/ps")
is "$user $jail $kills" 'alice counted 0' 'ps -u: whose it is'
like "$cpu" '^[0-9.]+s/max$' 'ps -u: processor time, and its limit'
between "$(ms "${cpu%s/*}")" 1000 2500 'ps -u: a second and a little'
like "$memory" '^[0-9.]+[KM]/200M$' 'ps -u: memory, and its limit'
between "${peak%M}" 64 130 'ps -u: the peak of memory'
like "$procs" '^[2-4]/50$' 'ps -u: processes, and their limit'
between "${rd%.*M}" 4 9 'ps -u: what was read'
between "${wr%M}" 32 34 'ps -u: what was written'
is "$(wc -l <"$T/ps")" 2 'ps -u: one jail, one line'
nok 'ps takes nothing else' loginjail ps -x

j 'perl -e "\$SIG{CHLD} = q(IGNORE); exec qw(hog cpu 100) unless fork; sleep 3; sleep 1"' >/dev/null
release warm
ok 'it ends' jails_gone
line=$(log_since | grep -c 'alice: jail .* ended: ')
is "$line" 1 'one line at the end'
is "$(key alice section)" counted 'end: the section'
between "$(key alice seconds)" 2 120 'end: how long it was'
between "$(ms "$(key alice cpu)")" 2000 4500 'end: two seconds of a processor and a little'
between "$(key alice memory_peak)" $((64 * MiB)) $((130 * MiB)) 'end: 64M of memory, and caches'
between "$(key alice written)" $((32 * MiB)) $((34 * MiB)) 'end: 32M written'
between "$(key alice read)" $((4 * MiB)) $((9 * MiB)) 'end: 4M read'
if [[ -n $(key alice processes_peak) ]]; then
	between "$(key alice processes_peak)" 12 18 'end: ten processes at once, and those around them'
fi
is "$(key alice oom_kills) $(key alice pids_limit_hits) $(key alice throttled)" '0 0 0.000' 'end: no limit was hit'

# One that does nothing has used next to nothing.
log_mark
on carl true
ok 'it ends' jails_gone
between "$(ms "$(key carl cpu)")" 0 300 'idle: no processor time'
between "$(key carl memory_peak)" 1 $((16 * MiB)) 'idle: little memory'
is "$(key carl oom_kills)" 0 'idle: no kill'

# Limits that are hit: said at once, while the session lives
log_mark
hold warm bob
run on bob 'hog memory 300'
is "$status" 137 'memory: the hog is killed'
ok 'memory: the log says so, and who' eventually logged_since 'bob: memory limit 32M reached: killed "hog"$'
run on bob 'hog pid 300'
like "$out" 'EAGAIN' 'pids: no more'
on bob "hog cpu 30" >/dev/null
release warm
ok 'it ends' jails_gone
is "$(log_since | grep -c 'bob: process limit 30 reached: no more can be started$')" 1 'pids: the log says so'
is "$(log_since | grep -c 'bob: memory limit')" 1 'memory: once for one'
is "$(key bob oom_kills)" 1 'end: one kill'
between "$(key bob memory_limit_hits)" 1 100000 'end: the limit of memory was hit'
between "$(key bob memory_peak)" $((31 * MiB)) $((32 * MiB)) 'end: and never passed'
between "$(key bob pids_limit_hits)" 1 1000 'end: that of processes as well'
between "$(ms "$(key bob throttled)")" 1 60000 'end: it was held up for its processor time'

# Even where that was the last it did
log_mark
run on bob 'hog memory 300'
ok 'it ends' jails_gone
is "$(log_since | grep -c 'bob: memory limit 32M reached: killed "hog"$')" 1 'a kill that ends the jail is said'

# Many kills make no many lines.
log_mark
hold warm bob
on bob 'for i in 1 2 3 4 5 6; do hog memory 300; done' >/dev/null 2>&1
ok 'memory: the first is said' eventually logged_since 'bob: memory limit 32M reached: killed "hog"'
release warm
ok 'it ends' jails_gone
is "$(key bob oom_kills)" 6 'end: six kills'
# One in 30 s, and one at the end: an emulated host takes its time.
between "$(log_since | grep -c 'bob: memory limit')" 1 $((2 + $(key bob seconds) / 30)) 'memory: but not six lines'

# On the terminals of the jail, all of them
mkfifo "$T/second"
exec {quiet}<>"$T/second"
alone ssh -F "$S/ssh_config" -tt -l bob world 'echo on; cat' <&"$quiet" >"$T/second.out" 2>/dev/null &
second=$!
ok '(a second terminal)' eventually grep -q on "$T/second.out"
terminal_of bob <<'EOS'
shell
key "hog memory 300\r"
want {loginjail: memory limit 32M reached: killed "hog"\r} "a terminal shows the limit that was hit"
key "echo go''es-on\r"
want {goes-on\r} "and goes on"
key "exit\r"
ends 0 "and ends"
EOS
ok 'so does the other' eventually grep -q 'loginjail: memory limit 32M reached: killed "hog"' "$T/second.out"
kill "$second"
wait "$second" 2>/dev/null
ok 'it ends' jails_gone
