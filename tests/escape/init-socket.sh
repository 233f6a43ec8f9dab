#!/bin/bash
# SPDX-License-Identifier: MIT
# The socket of a jail's PID 1 and what it may be told: by the user's own sshd, which -L lets
# connect there; by whoever got hold of that process, or of loginjail-enter, and can pass
# descriptors as well; and by others.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
hold h alice
child=$(pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1)
init=$(jail_init alice)
socket=/run/loginjail/init.sock
descriptors() { ls "/proc/$init/fd"; }
as_before() { [[ $(descriptors) == "$before" ]]; }
# But for a session that waits for its connection.
sessions() { pgrep -P "$init" -u alice -c; }
ask_init() { nsenter -t "$child" -n ask-init "$child" "$@" </dev/null 2>&1; }

# Once, since the first session makes room for the next.
is "$(ask_init 2001 good)" 'good exited 4' 'what loginjail-enter says is done'
j true
before=$(descriptors)
ask_init 2001 >"$T/answers"
while read -r name answer; do
	case $name in
	good | later-ones) is "$answer" 'exited 4' "$name: served, with three descriptors" ;;
	pty-of-none) is "$answer" 'refused EINVAL' "$name: refused" ;;
	# Whoever ends there is hung up, if that is seen before.
	nothing | a-byte* | env-missing | command-cut)
		like "$answer" '^(refused (ENODATA|EPROTO)|signaled 1)$' "$name: refused" ;;
	*) is "$answer" 'refused EPROTO' "$name: refused" ;;
	esac
done <"$T/answers"
is "$(wc -l <"$T/answers")" 31 'all cases'
is "$(ask_init 2002 good)" 'good not connected: EACCES' 'another user does not reach it'
is "$(ask_init 0 good)" 'good refused EPERM' 'root is not served'
ok 'PID 1 has no descriptor more' eventually as_before
is "$(j 'echo served')" served 'and serves'

# Over ssh: bytes of one's own, but no descriptors
is "$(j 'find / -name init.sock 2>/dev/null')" '' 'in the jail the socket is not to be found'
alone ssh -F "$S/ssh_config" -N -l alice -L "$T/to-init:$socket" world </dev/null >/dev/null 2>&1 &
client=$!
ok '(a way there by -L)' eventually test -S "$T/to-init"
magic=$(sed -n 's/^#define WIRE_MAGIC 0x\([0-9a-f]*\).*/\1/p' /run/src/helper/lib/wire.h)
# usage: request MAGIC COMMAND; as a number of the machine's, whose order of bytes perl knows
request() {
	perl -e '$c = "$ARGV[1]\0"; print pack("L4S2L2", hex($ARGV[0]), 2, 0, 0, 0, 0, length($c), 0), $c' "$1" "$2"
}
# The answer's event, and its value.  The end of what is sent would be a hang-up.
answer() { timeout 60 socat -t 40 -,ignoreeof "UNIX:$T/to-init" 2>/dev/null | perl -e 'read(STDIN, $r, 12); print join(" ", (unpack("L3", $r))[1, 2])'; }
EPROTO=71
is "$(request "$magic" 'touch ~/ran' | answer)" "4 $EPROTO" 'a good request without descriptors is refused'
is "$(request 0 'touch ~/ran' | answer)" "4 $EPROTO" 'another one, too'
is "$(head -c 28 /dev/urandom | answer)" "4 $EPROTO" 'random bytes'
# What is not read when the session ends may take its answer with it.
like "$(head -c 100000 /dev/zero | answer)" "^(4 $EPROTO)?\$" 'many of them'
nok 'none of them ran' test -e /home/alice/ran
# Who says nothing: they stay for a while, and nobody else waits for them
silent=()
for _ in {1..50}; do
	alone socat -u "UNIX:$T/to-init" - >/dev/null 2>&1 &
	silent+=("$!")
done
ok '50 who say nothing' eventually_sh '(($(sessions) >= 50))'
is "$(j 'echo served')" served 'a session begins meanwhile'
kill "${silent[@]}"
wait "${silent[@]}" 2>/dev/null
ok 'they go when they hang up' eventually_sh '(($(sessions) <= 2))'
kill "$client"
wait "$client" 2>/dev/null
ok 'PID 1 has no descriptor more' eventually as_before
is "$(cat "/proc/$init/comm")" loginjail-init 'and lives'
release h
ok 'nothing stays' jails_gone
