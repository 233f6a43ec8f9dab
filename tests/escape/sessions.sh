#!/bin/bash
# SPDX-License-Identifier: MIT
# Users who don't want their login or jail to end, and what they leave running when it
# does; ways to have more logins than allowed, and to hold up the keeper.
# Not again as root of the jail: it takes minutes, and how long a login stays is decided
# outside of it; that root's processes go at logout is in jail-root.sh.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
n=2320
for user in ann ben tim tom ida bea lin; do
	n=$((n + 1))
	add_user "$user" "$n"
done
jail_ini <<'EOS'
[jail plain]
users = ann
pids = 1500
memory = 1G

[jail few]
users = ben
scope = session
sessions = 2

[jail timed]
users = tim
services = sshd su-l
session_time = 7

[jail timed-alone]
users = tom
scope = session
session_time = 7

[jail idle]
users = ida
services = sshd su-l
idle_time = 8

[jail busy]
users = bea
linger = while-busy

[jail timed-lingers]
users = lin
session_time = 5
linger = 10m
EOS
cp -p /etc/pam.d/su-l "$T/su-l"
{
	printf 'session required %s close\n' "$MODULE"
	sed '/^session[[:space:]]\+include[[:space:]]\+su$/s/include.*/include common-session/' "$T/su-l"
	printf 'session required %s open\n' "$MODULE"
} >/etc/pam.d/su-l
sshd_start main
for user in ann ben tim tom ida bea lin uma; do
	on "$user" true
	on_opt "$user" -tt true </dev/null 2>/dev/null
done
loginjail kill lin
jails_gone
"$LIB/snapshot" >"$T/before"

# The jail's end, and what would not go
on ann '
	perl -e '\''$SIG{$_} = "IGNORE" for qw(TERM HUP INT QUIT); $| = 1; print "\n"; sleep 1 while 1'\'' >~/deaf </dev/null 2>&1 &
	perl -e '\''for my $s (qw(HUP TERM)) { $SIG{$s} = sub { open my $f, ">>", "$ENV{HOME}/heard"; print $f "$s\n" } }
		open my $f, ">", "$ENV{HOME}/up"; close $f; sleep 1 while 1'\'' </dev/null >/dev/null 2>&1 &
	setsid sleep 3131 </dev/null >/dev/null 2>&1 & kill -STOP $!
	(setsid sh -c "setsid sleep 3132 & exec sleep 3133" </dev/null >/dev/null 2>&1 &)
	for i in $(seq 1000); do sleep 3134 & done </dev/null >/dev/null 2>&1
	until [ -e ~/up ] && [ -s ~/deaf ]; do sleep 0.05; done
	echo started' >"$T/out" 2>&1
is "$(tail -n 1 "$T/out")" started 'processes that ignore TERM and HUP, a stopped one, a double fork, a thousand more'
ok 'are gone soon after the logout' jails_gone
nok 'all of them' pgrep -u ann -f '^(sleep 313|perl)'
is "$(sort /home/ann/heard)" $'HUP\nTERM' 'each was told, once'
# A bomb that no signal but KILL ends, and that goes on while the jail ends
on ann 'trap "" TERM HUP; bomb() { trap "" TERM HUP; while :; do bomb & done; }; (bomb >/dev/null 2>&1 </dev/null &)
	until [ "$(ls -d /proc/[0-9]* | wc -l)" -gt 300 ]; do :; done' >/dev/null 2>&1
ok 'so is a fork bomb' jails_gone
nok 'all of it' pgrep -u ann

# A user who kills all that can be killed, PID 1'"'"'s child for the next session included
for _ in 1 2 3; do on ann 'kill -KILL -1' >/dev/null 2>&1; done
ok 'kill -1 of oneself: the next login works' on ann true
ok 'and the jails end' jails_gone

# Place of a login: set-ups whose asker goes away hold none
setup=/usr/local/libexec/loginjail/loginjail-setup
magic=$(sed -n 's/^#define WIRE_MAGIC \(0x[0-9a-f]*\).*/\1/p' /run/src/helper/lib/wire.h)
cat >"$T/abandon.pl" <<'EOS'
use strict;
use Socket;
my ($setup, $conf, $magic, $uid, $ms, $shut) = @ARGV;
socketpair(my $ours, my $theirs, AF_UNIX, SOCK_SEQPACKET, 0) or die;
my $fd = fileno($theirs);
if (!fork) {
	require POSIX;
	POSIX::setsid();
	POSIX::dup2($fd, 3);
	POSIX::close($_) for 4 .. 20;
	%ENV = ();
	exec($setup, $conf, "sshd", "ben") or POSIX::_exit(1);
}
close($theirs);
syswrite($ours, pack("L3", hex($magic), 1, $uid)) or die;
shutdown($ours, 1) if $shut;
select(undef, undef, undef, $ms / 1000);
EOS
setups_gone() { ! pgrep -x 'loginjail-(setup|keep|init)' >/dev/null; }
for shut in 0 1; do
	for ms in 0 1 2 4 8 16; do
		for _ in 1 2 3; do
			perl "$T/abandon.pl" "$setup" "$INI" "$magic" "$(id -u ben)" "$ms" "$shut" &
			pids+=("$!")
		done
	done
done
wait "${pids[@]}"
ok 'set-ups that were abandoned go' eventually setups_gone
hold one ben
hold two ben
pass 'and hold no place'
nok 'of which there are no more' on ben true
# Started early, not yet called for: no jail, no place
alone perl "$T/abandon.pl" "$setup" "$INI" "$magic" "$(id -u ben)" 50000 0 &
early=$!
release one
eventually_sh '[[ $(compgen -G "$RUN/jail/$(id -u ben)-*" | wc -l) == 1 ]]'
ok 'nor does one that waits for its session' on ben true
release two
jails_gone
ok '(it waits still)' pgrep -x loginjail-setup
ok 'and has made no jail' no_jails
kill "$early"
wait "$early" 2>/dev/null
ok 'without its asker it goes' eventually setups_gone

# session_time against a terminal that takes no output, and signals that are ignored
log_mark
stopped() { # USER
	terminal "$1" ssh -F "$S/ssh_config" -tt -l "$1" world <<-'TCL'
		shell
		cmd {trap '' HUP TERM INT QUIT TSTP}
		key "\023"
		gone "a terminal that is stopped by ^S ends with the login"
	TCL
}
stopped tim
ok 'the keeper was not held up' logged_since 'tim: the login of process [0-9]+ has lasted session_time'
ok 'and the jail ends' jails_gone
stopped tom
ok 'the jail ends' jails_gone
for how in 'kill -STOP $$' 'trap "" HUP TERM; while :; do sleep 1; done' \
	'(setsid sleep 3535 &) ; exec perl -e "\$SIG{TERM} = \$SIG{HUP} = q(IGNORE); sleep 1 while 1"'; do
	run on tim "$how"
	isnt "$status" 124 "a login ends in time: ${how%% *} ..."
	ok 'its jail with it' jails_gone
done
nok 'nothing of them is left' pgrep -u tim
# A shared connection and a login without one
run timeout 25 su - tim -c 'trap "" HUP TERM; while :; do sleep 1; done' </dev/null
isnt "$status" 124 'a login by su ends in time'
ok 'its jail with it' jails_gone
# Its PAM process doesn't end
log_mark
on tim 'echo up >~/up; exec sleep 3636' >/dev/null 2>&1 &
client=$!
ok '(a login)' eventually test -s /home/tim/up
monitor=$(pgrep -u root -f '^sshd(-session)?: tim' | head -n 1)
kill -STOP "$monitor"
WITHIN=${WITHIN:-30} ok 'a PAM process that does not end on TERM is killed' eventually \
	logged_since "process $monitor of a login does not end on TERM: killed"
ok 'and gone' eventually not kill -0 "$monitor"
kill -KILL "$(pgrep -f '^ssh .*tim.*sleep 3636')"
wait "$client" 2>/dev/null
ok 'so is the jail when the connection is' jails_gone

# A command without a terminal, in a jail that goes on; its login's processes of the host as well
run on lin 'sleep 3939; sleep 3940'
isnt "$status" 124 'a command without a terminal ends in time'
ok 'it is hung up though its jail goes on' eventually not pgrep -u lin -f '^sleep 39'
ok 'nothing of its login is left on the host' eventually not pgrep -x loginjail-enter
ok '(the jail is there)' jail_exists lin
on lin 'sleep 3941' >/dev/null 2>&1 &
client=$!
ok '(another)' eventually pgrep -u lin -f '^sleep 3941'
kill -KILL "$(pgrep -u lin -x 'sshd|sshd-session')"
wait "$client" 2>/dev/null
ok 'one whose sshd is killed is hung up' eventually not pgrep -u lin -f '^sleep 39'
ok 'and nothing of it is left on the host' eventually not pgrep -x loginjail-enter

# The keeper has no descriptor for one more: it waits, and does not turn in circles
keeper=$(pgrep -x loginjail-keep)
ticks() { awk '{ print $14 + $15 }' "/proc/$keeper/stat"; }
was=$(prlimit --pid "$keeper" --nofile --output SOFT,HARD --noheadings | tr -s ' ' : | sed 's/^://; s/:$//')
instance=$(jail_dir lin)
prlimit --pid "$keeper" --nofile=64:"${was#*:}"
mkfifo "$T/connected"
perl -MSocket -e '$| = 1; for (1 .. 100) {
		my $s;
		socket($s, AF_UNIX, SOCK_SEQPACKET, 0) && connect($s, pack_sockaddr_un($ARGV[0])) or die "$!\n";
		push @all, $s;
	}
	print "all\n"; sleep 100' "$RUN/jail/${instance##*/}/keeper.sock" >"$T/connected" &
crowd=$!
read -r line <"$T/connected"
is "$line" all 'more connections than the keeper has descriptors for'
before=$(ticks)
log_mark
on lin true >/dev/null 2>&1 &
client=$!
WITHIN=${WITHIN:-20} ok 'a login waits that it can'"'"'t take' eventually \
	logged_since 'lin: this login waits until the jail of the last one has ended'
ok 'meanwhile that keeper is idle' [ $(($(ticks) - before)) -lt 100 ]
kill "$crowd"
wait "$crowd" 2>/dev/null
prlimit --pid "$keeper" --nofile="$was"
ok 'when they have gone it takes the next' on lin true
is "$(jail_dir lin)" "$instance" 'in the same jail'
ok 'when it has ended' loginjail kill lin
wait "$client"
is "$?" 0 'the one that waits gets the next jail'
loginjail kill lin
ok 'all are gone' jails_gone

# idle_time: forged times, other terminals as one's own, a shell that gives its own up
for how in 'touch -d "now + 10 years" $(tty)' "perl -e 'utime 4e9, 4e9, shift' \$(tty)"; do
	terminal ida ssh -F "$S/ssh_config" -tt -l ida world <<-TCL
		set timeout 40
		shell
		cmd {$how}
		gone "a terminal whose time is to come is hung up"
	TCL
done
terminal ida ssh -F "$S/ssh_config" -tt -l ida world <<'TCL'
	set timeout 40
	shell
	key "trap '' HUP; \023"
	gone "so is one that is stopped"
TCL
cp /bin/sleep '/home/ida/x) S 1 1 1 0 1 ('
chmod 755 /home/ida/x*
terminal ida ssh -F "$S/ssh_config" -tt -l ida world <<'TCL'
	set timeout 40
	shell
	key "exec ~/'x) S 1 1 1 0 1 (' 3737\r"
	gone "so is one of a process with a name like that of another"
TCL
terminal 'su - ida' su - ida <<'TCL'
	set timeout 40
	shell
	gone "so is one that is a copy of the administrator's"
TCL
ok 'nothing of it is left' jails_gone

# while-busy: the next session's process, which waits in the jail, is none of the user's
on bea 'kill -KILL $(pgrep -x loginjail-init | tail -n 1)' >/dev/null 2>&1
ok 'a jail in which only that is left ends' jails_gone
on bea 'perl -e '\''fork and exit; setpgrp; fork and exit; exec "sleep", "3838"'\'' </dev/null >/dev/null 2>&1'
ok 'one whose orphans run does not' jail_exists bea
is "$(on bea 'pgrep -c -f "^sleep 3838"')" 1 'the next login finds them'
on bea 'kill -STOP $(pgrep -f "^sleep 3838")'
ok 'stopped, they count as well' jail_exists bea
run loginjail ps
like "$out" 'bea +busy +0 ' 'the administrator sees who keeps a jail'
ok 'and can end it' loginjail kill bea
ok 'with all that is in it' jails_gone
# Come and go while the question is asked
for _ in {1..20}; do
	on bea 'setsid sleep 0.3 </dev/null >/dev/null 2>&1 &' &
	on bea 'true' || fail 'a login while a jail may end'
	wait $!
done
ok 'it ends in the end' jails_gone

rm -rf /home/*/up /home/*/heard
if WITHIN=${WITHIN:-15} eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'the host is as it was'
else
	"$LIB/snapshot" diff "$T/before" >"$T/differences"
	fail 'the host is as it was' "$(tail -n +3 "$T/differences")"
fi
