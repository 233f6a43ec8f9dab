#!/bin/bash
# SPDX-License-Identifier: MIT
# What setrlimit(2) knows: each limit is what jail.ini says, bites there, and lets pass what is
# just below; more than the kernel gives is refused.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail limited]
users = alice
pids = 200
nofile = 90:100
nproc = 20:25
core = 0:1M
fsize = 1M:2M
stack = 1M:4M
memlock = 256K
as = 512M:1G
data = 64M:128M
cpu_time = 1:20

[jail plain]
users = bob
EOS

# Those that nobody names are as sshd has them: its own, which no user's session raises.
cat >"$T/sshd" <<'EOS'
#!/bin/sh
exec prlimit --nofile=500:600 --core=0:7340032 --stack=8388608:16777216 /usr/sbin/sshd "$@"
EOS
chmod 755 "$T/sshd"
sshd_program=$T/sshd
sshd_start low
hold warm alice
hold other bob

# NAME LIMIT: from the kernel, of a session
limits_of() { on "$1" 'cat /proc/self/limits'; }
limits_of alice >"$T/alice"
limits_of bob >"$T/bob"
limit_is() { # USER "NAME" SOFT HARD
	is "$(sed -n "s/^$2  *\([0-9a-z]*\)  *\([0-9a-z]*\) .*/\1 \2/p" "$T/$1")" "$3 $4" "$1: $2"
}
limit_is alice 'Max open files' 90 100
limit_is alice 'Max processes' 20 25
limit_is alice 'Max core file size' 0 1048576
limit_is alice 'Max file size' 1048576 2097152
limit_is alice 'Max stack size' 1048576 4194304
limit_is alice 'Max locked memory' 262144 262144
limit_is alice 'Max address space' $((512 << 20)) $((1 << 30))
limit_is alice 'Max data size' $((64 << 20)) $((128 << 20))
limit_is alice 'Max cpu time' 1 20
# The built-in nofile is 1024:65536, of what sshd has.
limit_is bob 'Max open files' 600 600
limit_is bob 'Max core file size' 0 7340032
limit_is bob 'Max stack size' 8388608 16777216
limit_is bob 'Max address space' unlimited unlimited
is "$(grep -cE '^Max (cpu time|file size|data size|address space) +unlimited +unlimited' "/proc/$(jail_init alice)/limits")" 4 \
	'PID 1 itself is not limited'

# They bite, and not before.
bites_at() { # WHAT LEAST MOST ERROR: that many are to be had
	run j "hog $1 10000"
	like "$out" "^[0-9]+ $4\$" "$1: the limit ends it ($out)"
	between "${out%% *}" "$2" "$3" "$1: at its value"
	is "$(j "hog $1 $2")" "$2 enough" "$1: what is just below works"
	is "$(on bob "hog $1 $3")" "$3 enough" "$1: not for another jail"
}
bites_at file 90 97 EMFILE
bites_at pid 10 24 EAGAIN
bites_at size 16 16 EFBIG
bites_at lock 3 4 'E(NOMEM|AGAIN)'
bites_at address 480 511 ENOMEM
bites_at data 50 63 ENOMEM
run j 'hog stack 1000'
like "$out" '^[0-9]+ EFAULT$' "stack: the limit ends it ($out)"
between "${out%% *}" 12 16 'stack: at its value'
is "$(j 'hog stack 12')" '12 enough' 'stack: what is just below works'
is "$(on bob 'hog stack 100')" '100 enough' 'stack: not for another jail'
run j 'hog cpu 500'
is "$status" 152 'cpu_time: XCPU at the soft limit'
is "$(j 'hog cpu 70')" '70 enough' 'cpu_time: what is just below works'
is "$(on bob 'hog cpu 130')" '130 enough' 'cpu_time: not for another jail'
if [[ $(</proc/sys/kernel/core_pattern) != '|'* ]]; then
	dumped() { # ULIMIT: 128 if a process that is killed then leaves a core
		j "cd /tmp && ulimit -Sc $1 && perl -e 'unless (fork) { kill SEGV => \$\$; sleep 9 } wait; print \$? & 128'"
	}
	is "$(dumped 0)" 0 'core: none is written'
	is "$(dumped 1024)" 128 'core: up to the hard limit one is'
fi
nok 'nobody raises a hard limit inside' j 'ulimit -Hn 101'
nok 'or the soft one above it' j 'ulimit -Sc 2048'
release warm
release other
ok 'both go' jails_gone

# Above what sshd has: root's to give, where the kernel lets root.
jail_ini <<'EOS'
[jail test]
groups = jailed
nofile = 100:5000
EOS
# Sets cap_sys_resource aside for good, as some containers do.
cat >"$T/sshd-poor" <<'EOS'
#!/bin/sh
exec prlimit --nofile=500:600 capsh --drop=cap_sys_resource -- -c 'exec /usr/sbin/sshd "$@"' sshd "$@"
EOS
chmod 755 "$T/sshd-poor"
sshd_program=$T/sshd-poor
sshd_start poor
log_mark
run j true
isnt "$status" 0 'nofile above sshd'"'"'s, without the capability: refused'
like "$out$err" 'no jail can be made for you' 'the user is told'
like "$(log_since)" 'login refused: the option nofile: its hard limit is above the 600 that sshd has' \
	'the log has the reason'
is "$(jail_groups alice)" '' 'nothing is left'
if capsh --has-p=cap_sys_resource 2>/dev/null; then
	sshd_use low
	is "$(j 'ulimit -Sn; ulimit -Hn' | tr '\n' ' ')" '100 5000 ' 'with it: given'
fi
