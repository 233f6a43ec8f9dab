#!/bin/bash
# SPDX-License-Identifier: MIT
# One user takes all there is of what the limits bound, in each way there is; meanwhile
# another works on and root logs in, the jail stays within its bounds, and nothing is left.
# again: as-root
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail hog]
users = alice
memory = 64M
pids = 60
cpu = 50%
tmp = 16M
nofile = 200
io_read = 40M

[jail other]
users = bob
EOS
sshd_start main
cp -p "$INI" "$T/ini"
cat >"$TOOLS/bad-terminal" <<'EOS'
#!/usr/bin/perl
# Terminals that are stopped, full, exclusive, locked, or whose other end never reads.
use POSIX;
for my $kind (qw(stopped full exclusive locked nobody)) {
	sysopen my $master, "/dev/ptmx", O_RDWR | O_NOCTTY or die "ptmx: $!";
	my $number = pack "i", 0;
	ioctl $master, 0x80045430, $number or die;       # TIOCGPTN
	my $name = "/dev/pts/" . unpack "i", $number;
	my $unlock = pack "i", 0;
	ioctl $master, 0x40045431, $unlock or die;       # TIOCSPTLCK
	sysopen my $slave, $name, O_RDWR | O_NOCTTY | O_NONBLOCK or die "$name: $!";
	if ($kind eq "stopped") { ioctl $slave, 0x540A, 0 or die }  # TCXONC, TCOOFF
	if ($kind eq "full") { 1 while defined syswrite $slave, "x" x 4096 }
	if ($kind eq "exclusive") { ioctl $slave, 0x540C, 0 or die }  # TIOCEXCL
	if ($kind eq "locked") { my $on = pack "i", 1; ioctl $master, 0x40045431, $on or die }
	push @keep, $master;
	push @keep, $slave unless $kind eq "nobody";
}
$| = 1;
print "on\n";
sleep 1000;
EOS
chmod 755 "$TOOLS/bad-terminal"
# Lock files stay by design, and sshd makes log files: so each once before.
for user in alice bob root; do
	on "$user" true
	on_opt "$user" -tt true </dev/null 2>/dev/null
done
jails_gone
"$LIB/snapshot" >"$T/before"

value() { # FILE...: its content, of alice's jail
	local file
	file=$(jail_group_file alice "$@") && cat "$file"
}
# attack COMMAND: in the background, as many times as there are words after it
clients=()
attack() {
	alone ssh -F "$S/ssh_config" -l alice world "$(command_for alice "$1")" >/dev/null 2>&1 </dev/null &
	clients+=("$!")
}
stop_attack() {
	kill "${clients[@]}" 2>/dev/null
	wait "${clients[@]}" 2>/dev/null
	clients=()
}
meanwhile() { # NAME
	is "$(on bob 'hog cpu 5; hog memory 100; hog file 500; hog pid 50' | tr '\n' ' ')" \
		'5 enough 100 enough 500 enough 50 enough ' "$1: another user works on"
	ok "$1: so does one without a jail" free 'hog memory 100 && hog pid 50'
	ok "$1: root logs in" on root true
	between "$(value memory.peak memory.max_usage_in_bytes)" 1 $((64 << 20)) "$1: the jail is within its memory"
	between "$(value pids.peak pids.current)" 1 60 "$1: and within its processes"
}
gone() { # NAME
	stop_attack
	release keep
	WITHIN=${WITHIN:-20} ok "$1: it ends, and all of it" jails_gone
	is "$(pgrep -u alice | wc -l)" 0 "$1: no process is left"
}

hold keep alice
for _ in 1 2 3; do attack ':(){ :|:& };:; sleep 60'; done
ok 'fork bomb: it reaches the limit' eventually_sh '(($(value pids.current) >= 50))'
meanwhile 'fork bomb'
gone 'fork bomb'

kills() { value memory.events memory.oom_control | awk '$1 == "oom_kill" { print $2 }'; }
hold keep alice
for _ in 1 2 3; do attack 'while :; do hog memory 1000; done'; done
ok 'memory: it is killed, again and again' eventually_sh '(($(kills) >= 5))'
meanwhile memory
ok 'memory: the session that was there lives' kill -0 "${hold_pid[keep]}"
gone memory

hold keep alice
attack 'hog shm 100000 hold; sleep 60'
attack 'dd if=/dev/zero of=/tmp/big bs=1M; sleep 60'
attack 'mkdir /dev/shm/d; for i in $(seq 100000); do echo x >/dev/shm/d/$i || exit; done; sleep 60'
ok 'file systems in memory: their limit is hit' eventually_sh '(($(kills) >= 1)) || j "hog shm 2000" | grep -q E'
meanwhile 'file systems in memory'
gone 'file systems in memory'

hold keep alice
large() {
	[[ $(j 'dd if=/dev/zero of=/var/tmp/big bs=1M count=200 2>/dev/null && cat /var/tmp/big | wc -c') == $((200 << 20)) ]]
}
ok 'page cache: a file larger than memory can be written and read' eventually large
for _ in 1 2; do attack 'while :; do dd if=/dev/zero of=/var/tmp/big.$$ bs=1M count=100 conv=notrunc; cat /var/tmp/big* /usr/bin/*; done'; done
meanwhile 'page cache'
# v1 may kill where all is on its way to a disk that has much to do (jail.ini(5)).
[[ -d /sys/fs/cgroup/memory ]] || is "$(kills)" 0 'page cache: that kills nobody'
gone 'page cache'

# Little enough to be reached on a host that has much to do
sed -i 's/^cpu = 50%/cpu = 10%/' "$INI"
hold keep alice
for _ in $(seq 8); do attack 'while :; do :; done'; done
ok 'processor: it is held up' eventually_sh '(($(value cpu.stat | sed -n "s/^nr_throttled //p") >= 10))'
if file=$(jail_group_file alice cpuacct.usage); then
	# Of the same span of time, by the same clock
	a=$(<"$file") t=${EPOCHREALTIME/./}
	meanwhile processor
	a=$((($(<"$file") - a) / 1000)) t=$((${EPOCHREALTIME/./} - t))
	between $((a * 100 / t)) 1 13 "processor: a tenth of one is all there is"
else
	meanwhile processor
fi
gone processor
cp -p "$T/ini" "$INI"

hold keep alice
j 'dd if=/dev/zero of=/var/tmp/big bs=1M count=16 conv=fsync' 2>/dev/null
for _ in $(seq 6); do attack 'while :; do dd if=/var/tmp/big of=/dev/null bs=64K iflag=direct; done'; done
for _ in 1 2; do attack 'while :; do dd if=/dev/zero of=/var/tmp/w.$$ bs=64K count=20 oflag=sync; done'; done
meanwhile disk
gone disk

hold keep alice
# Fewer than there may be processes, since one is looked at; su and its shell are some, too.
rounds=5
[[ ${LOGINJAIL_AS_ROOT:-} == 1 ]] && rounds=3
for ((i = 0; i < rounds; i++)); do
	attack 'for i in 1 2 3 4; do hog file 100000 hold </dev/zero & done; hog flight 100000 hold; sleep 60'
	attack 'for i in 1 2 3 4; do hog socket 100000 hold </dev/zero & done; sleep 60'
done
run j 'hog file 100000'
like "$out" '^19[0-9] EMFILE$' 'files and sockets: the limit of a process'
meanwhile 'files and sockets'
gone 'files and sockets'

# A thousand that hear no signal, each a session of its own, at logout
sed -i 's/^pids = 60/pids = 1100/; s/^memory = 64M/memory = 1G/' "$INI"
hold keep alice
j 'perl -e "use POSIX; for (1 .. 1000) { next if fork; setsid(); \$SIG{\$_} = q(IGNORE) for qw(TERM HUP INT); close STDOUT; close STDERR; sleep 1000; exit }"'
between "$(value pids.current)" 1000 1010 'a thousand processes in the background'
is "$(on bob 'hog pid 50')" '50 enough' 'another user can fork meanwhile'
release keep
ok 'at logout they go' eventually not pgrep -u alice perl
ok 'and the jail' jails_gone
ok 'the next login is well' j true

# An sshd that the kernel is to spare: its jails are not.  A root without CAP_SYS_RESOURCE
# can't say so, only the opposite, which holds for them as well.
adj=$(cat /proc/$$/oom_score_adj) main=$S given=-500 want=0
echo "$given" 2>/dev/null >/proc/$$/oom_score_adj ||
	{ given=300 want=300 && echo "$given" >/proc/$$/oom_score_adj; }
sshd_start spared
echo "$adj" >/proc/$$/oom_score_adj
hold keep alice
is "$(cat "/proc/$(jail_init alice)/oom_score_adj")" "$want" "oom_score_adj of sshd is $given: PID 1 of a jail"
is "$(j 'cat /proc/self/oom_score_adj')" "$want" 'and what runs in it'
nok 'which can not be spared' j 'echo -1 >/proc/self/oom_score_adj'
is "$(cat "/proc/$(pgrep -x loginjail-keep)/oom_score_adj")" "$given" 'but the keeper has what sshd has'
release keep
sshd_stop
S=$main
ok 'at logout it goes' jails_gone

# The keeper writes to terminals that the user has made as bad as can be: it goes on.
cp -p "$T/ini" "$INI"
hold keep alice
mkfifo "$T/bad"
alone ssh -F "$S/ssh_config" -l alice world bad-terminal >"$T/bad" 2>&1 </dev/null &
clients+=("$!")
read -r line <"$T/bad"
is "$line" on 'terminals that take nothing'
log_mark
run j 'hog memory 300'
is "$status" 137 'a limit is hit there'
ok 'the log says so' eventually logged_since 'alice: memory limit 64M reached: killed "hog"'
ok 'the keeper answers' j true
ok 'and lists its jail' eval 'loginjail ps -u | grep -q ^alice'
WITHIN=${WITHIN:-15} ok 'who writes to them ends' eventually_sh '(($(pgrep -c loginjail-keep) == 1))'
gone 'bad terminals'

if WITHIN=${WITHIN:-15} eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'the host is as it was'
else
	fail 'the host is as it was' "$("$LIB/snapshot" diff "$T/before" | tail -n +3)"
fi
