#!/bin/bash
# SPDX-License-Identifier: MIT
# memory, pids, cpu, nofile, ptys, tmp: set, visible on the host, and felt inside.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail limited]
users = alice
memory = 96M
pids = 40
cpu = 20%
nofile = 100:200
ptys = 4
tmp = 8M

[jail free]
users = bob
memory = max
pids = max
cpu = max
EOS
sshd_start main
hold warm alice
hold warm2 bob

value() { # USER FILE...: its content
	local file user=$1
	shift
	file=$(jail_group_file "$user" "$@") && cat "$file"
}
is "$(value alice memory.max memory.limit_in_bytes)" $((96 << 20)) 'memory is set'
is "$(value alice pids.max)" 40 'pids is set'
case $(value alice cpu.max cpu.cfs_quota_us) in
*' '*) cpu=$(value alice cpu.max | awk '{ print int($1 * 1000 / $2) }') ;;
*) cpu=$(($(value alice cpu.cfs_quota_us) * 1000 / $(value alice cpu.cfs_period_us))) ;;
esac
is "$cpu" 200 'cpu is set'
like "$(value bob memory.max memory.limit_in_bytes)" '^(max|[0-9]{16,})$' 'max: no memory limit'
is "$(value bob pids.max)" max 'max: no limit of processes'
like "$(value bob cpu.max cpu.cfs_quota_us)" '^(max .*|-1)$' 'max: no limit of cpu'
swap=$(value alice memory.swap.max memory.memsw.limit_in_bytes) ||
	swap='no swap accounting here'
like "$swap" "^(0|$((96 << 20))|no swap.*)\$" 'and swap does not go round it'

# Every process of the jail is counted.
is "$(jail_pids alice | while read -r p; do ns "$p" pid; done | sort -u | wc -l)" 1 \
	'the group holds processes of the jail only'
inside=$(j 'ps -e -o pid= | wc -l')
between "$(value alice pids.current)" 2 "$inside" 'and all of them'

# They bite.
run j 'hog pid 300'
like "$out" '^[0-9]+ EAGAIN$' 'pids: fork fails'
between "${out%% *}" 20 39 'pids: before the 40th'
ok 'pids: the user can still log in' j true
alone ssh -F "$S/ssh_config" -l alice world ':(){ :|:& };:' >/dev/null 2>&1 </dev/null &
bomb=$!
ok 'a fork bomb reaches the limit' eventually_sh '(($(value alice pids.current) >= 36))'
ok 'another user logs in meanwhile' on bob true
is "$(on bob 'hog pid 100')" '100 enough' 'and can fork'
kill "$bomb" 2>/dev/null
wait "$bomb" 2>/dev/null
release warm
ok 'a bombed jail goes' eventually not jail_exists alice
hold warm alice

run j 'hog memory 300'
isnt "$status" 0 'memory: a hog is killed'
is "$status" 137 'memory: by SIGKILL'
is "$(on bob 'hog memory 150')" '150 enough' 'memory: not another user'
ok 'memory: the session that was there lives' kill -0 "${hold_pid[warm]}"
run j 'dd if=/dev/zero of=/dev/shm/big bs=1M count=200 2>/dev/null'
isnt "$status" 0 'memory: /dev/shm counts'
j 'rm -f /dev/shm/big'
run j 'dd if=/dev/zero of=/tmp/big bs=1M count=20 2>&1'
like "$out" 'No space' 'tmp: /tmp is full at its size'
is "$(j 'df -B1M --output=size /tmp | tail -n 1 | tr -d " "')" 8 'tmp: df knows it'
j 'rm -f /tmp/big'

usage() { # of 1 s of spinning on as many cores as there are, in hundredths of a core
	on "$1" 'perl -e "
		use Time::HiRes;
		my @pids = map { fork // die or do { 1 while 1 } } 1 .. 2;
		sleep 2; kill 9, @pids; wait; wait;
		my (undef, undef, \$u, \$s) = times; print int((\$u + \$s) * 50);"'
}
between "$(usage alice)" 1 30 'cpu: 20% of a core is all there is'
usage bob >/dev/null
held_up() { value "$1" cpu.stat | sed -n 's/^nr_throttled //p'; }
# How much a host with other work has left says nothing about limits.
between "$(held_up alice)" 1 1000000 'cpu: the kernel holds it up'
is "$(held_up bob)" 0 'cpu: not another user'

run j 'hog file 500'
is "$out" '197 EMFILE' 'nofile: the hard limit'
is "$(j 'ulimit -Sn; ulimit -Hn' | tr '\n' ' ')" '100 200 ' 'nofile: soft and hard'
run j 'hog pty 50'
between "${out%% *}" 0 4 'ptys: that many terminals and no more'
is "$(on uma 'hog pty 20')" '20 enough' 'ptys: not on the host'
release warm
release warm2
ok 'both go' jails_gone
