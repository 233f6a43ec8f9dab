#!/bin/bash
# SPDX-License-Identifier: MIT
# One jail per user: who shares it, how long it lives.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
add_user erik 2009
jail_ini <<'EOS'
[jail test]
groups = jailed
sessions = 60

[jail lingering]
users = carl
linger = 3

[jail few]
users = dora
sessions = 2
EOS
sshd_start main

# Two logins of one user
hold one alice
hold two alice
where() { on "$1" 'readlink /proc/self/ns/mnt /proc/self/ns/pid /proc/self/ns/net | tr "\n" " "'; }
is "$(where alice)" "$(where alice)" 'two logins of a user are in the same jail'
between "$(j 'pgrep -x cat' | wc -l)" 2 2 'they see the same processes'
j 'echo from one >/tmp/shared; echo from one >~/shared'
is "$(j 'cat /tmp/shared ~/shared')" $'from one\nfrom one' 'and the same files'
j 'sleep 1111 >/dev/null 2>&1 </dev/null &'
ok 'one can signal what another began' j 'pkill -f "^sleep 1111"'
ok 'which ends it' eventually_sh '! j "pgrep -f ^sleep.1111"'
is "$(compgen -G "$RUN/jail/2001-*" | wc -l)" 1 'there is one jail'
release one
is "$(j 'cat /tmp/shared')" 'from one' 'it stays until the last login has ended'
release two
ok 'and then goes' jails_gone

# Another one afterwards
run j 'ls /tmp/shared'
isnt "$status" 0 'the next jail has a fresh /tmp'
ok 'and goes as well' jails_gone

# Two users
hold one alice
hold two bob
isnt "$(where alice)" "$(where bob)" 'two users are in different jails'
is "$(on bob 'pgrep -x cat' | wc -l)" 1 'a user sees no process of another'
j 'echo of alice >/tmp/of-alice; echo >/dev/shm/of-alice; touch /var/tmp/of-alice'
is "$(on bob 'ls /tmp/of-alice /dev/shm/of-alice /var/tmp/of-alice 2>/dev/null')" '' \
	'nor files of another'
is "$(on bob 'ls /home')" bob 'nor another home'
is "$(j 'ls /home')" alice 'in either direction'
j 'perl -e "use strict; my \$id = shmget(4711, 100, 01600) // die; print \$id"' >/dev/null
nok 'nor shared memory' on bob 'perl -e "exit !defined shmget(4711, 100, 0)"'
is "$(compgen -G '/tmp/of-alice')$(compgen -G '/dev/shm/of-alice')" '' 'the host sees none of it'
release one
release two
ok 'both go' jails_gone

# Many at once
for i in $(seq 50); do
	timeout 60 ssh -F "$S/ssh_config" -l alice world \
		'readlink /proc/self/ns/mnt; touch ~/arrived.$$; until [ -e ~/go ]; do sleep 0.05; done' \
		>"$T/storm.$i" 2>&1 &
	storm[i]=$!
done
here() { [[ $(grep -l '^mnt:' "$T"/storm.* | wc -l) == 50 ]]; }
WITHIN=50 eventually here
is "$(sort -u "$T"/storm.* | wc -l)" 1 'fifty first logins at once make one jail'
is "$(grep -l '^mnt:' "$T"/storm.* | wc -l)" 50 'and all get in'
[[ $(sort -u "$T"/storm.* | wc -l) == 1 ]] || diag "$(sort "$T"/storm.* | uniq -c)"
is "$(compgen -G "$RUN/jail/2001-*" | wc -l)" 1 'of which there is one directory'
is "$(jail_groups alice | grep -c .)" "$(jail_groups alice | sed 's|/loginjail/.*||' | sort -u | grep -c .)" \
	'and one control group in each hierarchy'
touch /home/alice/go
for i in $(seq 50); do wait "${storm[i]}"; done
ok 'it goes' jails_gone

# Logins that come while the last one leaves
bad=0
for i in $(seq 25); do
	j true &
	j true || bad=$((bad + 1))
	wait $! || bad=$((bad + 1))
done
is "$bad" 0 'fifty logins, each while another leaves'
ok 'nothing stays of them' jails_gone

# What is left running when a login ends
is "$(j 'setsid nohup sleep 2222 >/dev/null 2>&1 </dev/null & echo done')" 'done' \
	'a process that wants to stay'
ok 'ends with its jail' eventually not pgrep -f '^sleep 2222'
j 'trap "echo term >~/signals; exit" TERM; echo up >~/signals; exec >/dev/null 2>&1 </dev/null
	sleep 3333 & wait' &
ok 'a command is up' eventually grep -q up /home/alice/signals
kill "$(pgrep -f 'ssh .*alice.*sleep 3333' | head -n 1)"
wait $! 2>/dev/null
ok 'it is gone soon after the connection' eventually not pgrep -f '^sleep 3333'
jails_gone

# linger
on carl 'sleep 5555 >/dev/null 2>&1 </dev/null & echo kept >/tmp/kept'
ok 'linger: the jail is there after the login' jail_exists carl
is "$(on carl 'cat /tmp/kept; pgrep -f ^sleep.5555 | wc -l')" $'kept\n1' \
	'linger: the next login finds files and processes'
ok 'linger: it goes in the end' jails_gone
nok 'linger: with its processes' pgrep -f '^sleep 5555'

# sessions
hold one dora
hold two dora
log_mark
run on dora true
isnt "$status" 0 'sessions = 2: a third is refused'
like "$out$err" 'loginjail: ' 'with a line to the user'
ok 'and to the log' logged_since 'loginjail.*dora|loginjail.*2008'
release one
ok 'it is let in when another has left' eventually on dora true
release two
ok 'nothing stays' jails_gone

# A loginjail of another version, which must be able to end a jail, and can't ask for more
tell() { # VERSION VERB: as a message to alice's keeper; prints how much comes back
	perl -MSocket -e 'my ($path, $version, $verb) = @ARGV;
		my $s;
		socket($s, AF_UNIX, SOCK_SEQPACKET, 0) && connect($s, pack_sockaddr_un($path)) or die "$!\n";
		send($s, pack("LLL", $version, $verb, 0), 0) == 12 or die "$!\n";
		my $said;
		defined recv($s, $said, 4096, 0) or die "$!\n"; print length $said' "$jail/keeper.sock" "$(($1))" "$2"
}
hold one alice
jail=$(jail_dir alice)
jail=$RUN/jail/${jail##*/}
ok '(its directory)' test -S "$jail/keeper.sock"
like "$(tell 0x4c4a4c31 3)" '^[1-9]' 'a keeper answers those of its version'
is "$(tell 0x4c4a4c30 3)" 0 'and no question of another'
is "$(tell 0x4c4a4d31 2)" 0 'nor anybody else'
ok 'which changes nothing' j true
is "$(tell 0x4c4a4c7a 2)" 0 'told to end the jail, it takes it from any version'
nok 'and the jail has ended by then' test -e "$jail"
release one
ok 'nothing stays of it' jails_gone
