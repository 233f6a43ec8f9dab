#!/bin/bash
# SPDX-License-Identifier: MIT
# cpu_weight, cpus, io_read, swap, memory_high: set where asked for and nowhere else, felt
# inside, and refused where the host's cgroups can't enforce them.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007 /bin/bash jailed
jail_ini <<'EOS'
[jail limited]
users = alice
memory = 100M
pids = 60
cpu = max
cpu_weight = 300
cpus = 0
io_read = 2M
io_read_ops = 400
swap = 0

[jail plain]
users = bob
cpu = max
cpus = 0

[jail default]
users = carl
swap = 20M
EOS
sshd_start main
hold warm alice
hold other bob
hold third carl

value() { # USER FILE...: its content
	local file user=$1
	shift
	file=$(jail_group_file "$user" "$@") && cat "$file"
}
is "$(value alice cpu.weight cpu.shares)" "$(jail_group_file alice cpu.weight >/dev/null && echo 300 || echo 3072)" \
	'cpu_weight is set'
is "$(value bob cpu.weight cpu.shares)" "$(jail_group_file alice cpu.weight >/dev/null && echo 100 || echo 1024)" \
	'cpu_weight: 100 is what the kernel gives'
is "$(value alice cpuset.cpus)" 0 'cpus is set'
like "$(value alice io.max blkio.throttle.read_bps_device)" '^[0-9]+:[0-9]+ (rbps=)?2097152' 'io_read is set'
like "$(value alice io.max blkio.throttle.read_iops_device)" '^[0-9]+:[0-9]+ (.*riops=)?400' 'io_read_ops is set'
# v1 has the sum of both.
like "$(value alice memory.swap.max memory.memsw.limit_in_bytes)" '^(0|104857600)$' 'swap: none'
like "$(value carl memory.swap.max memory.memsw.limit_in_bytes)" '^(20971520|1094713344)$' 'swap: some'
# v2 has them where somebody else's jail has, v1 none of that jail's.
is "$(value carl io.max blkio.throttle.read_bps_device)" '' 'who has no limit of disks has none'
is "$(value carl cpuset.cpus)" '' 'nor one of processors'

# Processors
is "$(j nproc)" 1 'cpus: one is all there is'
ok 'cpus: it can be run on' j 'taskset -c 0 true'
nok 'cpus: another not' j 'taskset -c 1 true'
is "$(on carl nproc)" "$(nproc)" 'cpus: without the option all'

# Fair shares of one processor, as a ratio: how much that is depends on who else is busy.
used() { # USER: processor time in ms
	local file
	if file=$(jail_group_file "$1" cpuacct.usage); then
		echo $(($(<"$file") / 1000000))
	else
		awk '/^usage_usec/ { print int($2 / 1000) }' "$(jail_group_file "$1" cpu.stat)"
	fi
}
spin() { # USER: begin, in the background
	mkfifo "$T/spin"
	alone ssh -F "$S/ssh_config" -l "$1" world 'echo on; sh -c "while :; do :; done" & exec sh -c "while :; do :; done"' \
		>"$T/spin" 2>/dev/null </dev/null &
	spinning+=("$!")
	read -r _ <"$T/spin"
	rm "$T/spin"
}
spinning=()
spin alice
spin bob
a=$(used alice) b=$(used bob)
ok 'both use a processor' eval 'WITHIN=60 eventually_sh "((\$(used alice) + \$(used bob) - a - b > 3000))"'
a=$(($(used alice) - a)) b=$(($(used bob) - b))
between $((a * 100 / (b + 1))) 200 400 "cpu_weight: 300 gets three times what 100 does ($a and $b ms)"
kill "${spinning[@]}"
wait "${spinning[@]}" 2>/dev/null

# Reading, past the page cache so that it is the disk that is read
cat >"$TOOLS/read-disk" <<'EOS'
#!/bin/bash
# read-disk MIB: the milliseconds that it takes
[[ -s /var/tmp/data ]] || dd if=/dev/zero of=/var/tmp/data bs=1M count=16 conv=fsync 2>/dev/null
start=${EPOCHREALTIME/./}
dd if=/var/tmp/data of=/dev/null bs=256K count=$(($1 * 4)) iflag=direct 2>/dev/null || exit
echo $(((${EPOCHREALTIME/./} - start) / 1000))
EOS
chmod 755 "$TOOLS/read-disk"
on carl 'read-disk 16' >/dev/null
j 'read-disk 1' >/dev/null
limited=$(j 'read-disk 8') free=$(on carl 'read-disk 8')
# No load can make it faster: 8M at 2M in a second.
between "$limited" 3000 60000 "io_read: 8M take four seconds ($limited ms)"
between $((limited / (free + 1))) 2 100000 "io_read: not for another jail ($free ms)"
is "$(j 'dd if=/var/tmp/data bs=1M count=1 iflag=direct 2>/dev/null | wc -c')" 1048576 'io_read: what is within it is read'
if stat=$(jail_group_file alice blkio.throttle.io_service_bytes); then
	between "$(awk '$2 == "Read" { n += $3 } END { print n }' "$stat")" $((9 << 20)) $((64 << 20)) \
		'io_read: the kernel counted it'
fi
release warm
release other
release third
ok 'all go' jails_gone

# What a killed keeper leaves, in whichever hierarchies
hold warm alice
between "$(jail_groups alice | wc -l)" 1 7 '(a jail with all its groups)'
kill -KILL "$(pgrep -u root loginjail-keep)"
release warm 2>/dev/null
ok 'loginjail gc takes its groups away' eventually_sh 'loginjail gc && no_jail_groups'

# More than the machine has
jail_ini <<'EOS'
[jail test]
groups = jailed
memory = 900T
swap = 900T
pids = 4194304
cpu = 4000.0
cpus = 0,8000
EOS
run loginjail check "$INI"
is "$status" 1 'check: more than the machine has is wrong'
for what in 7:memory 8:swap 10:cpu 11:cpus; do
	like "$err" "$INI:${what/:/: }: .* is more than this machine has: " "check: ${what#*:}"
done
(($(</proc/sys/kernel/pid_max) < 4194304)) && like "$err" "$INI:9: pids: 4194304 is more than" 'check: pids'

# What the host can't enforce, refuses, and check says it with the line.
unsupported() { # OPTION VALUE WHY
	jail_ini <<-END
		[jail test]
		groups = jailed
		$1 = $2
	END
	log_mark
	run j true
	isnt "$status" 0 "$1: a login that needs it is refused"
	like "$out$err" 'no jail can be made for you' "$1: the user is told"
	like "$(log_since)" "login refused: the option $1: .*$3" "$1: the log has the reason"
	run loginjail check "$INI"
	is "$status" 1 "$1: check finds it"
	like "$err" "$INI:7: $1: .*$3" "$1: with its line"
	is "$(jail_groups alice)" '' "$1: nothing is left"
}
if [[ -d /sys/fs/cgroup/memory ]]; then
	unsupported memory_high 100M 'cgroup v1, which knows no such limit'
	unsupported io_write 1M 'cgroup v1, which does not count'
	unsupported io_write_ops 100 'cgroup v1, which does not count'
fi
if [[ -d /sys/fs/cgroup/cpuset ]]; then
	umount /sys/fs/cgroup/cpuset
	unsupported cpus 0 "no cgroup .*'cpuset'"
fi
jail_ini <<'EOS'
[jail test]
groups = jailed
io_read = 1M
EOS
mkdir /srv/memory
mount -t tmpfs tmpfs /srv/memory
sed -i "s|$STATE|/srv/memory|" "$INI"
chmod 700 /srv/memory
log_mark
run j true
isnt "$status" 0 'io_read: a state without a disk is refused'
like "$(log_since)" 'upper layer \(state\): its file system is not on one block device' 'and the log says so'
run loginjail check "$INI"
like "$err" "$INI:7: io_read: .*not on one block device" 'as check does'
umount /srv/memory
rmdir /srv/memory
