#!/bin/bash
# SPDX-License-Identifier: MIT
# Remote commands: status, the three streams, arguments, place.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main

run j 'echo out; echo err >&2'
is "$status" 0 'a command ends with 0'
is "$out" out 'standard output, and nothing else on it'
is "$err" err 'standard error, and nothing else on it'
isnt "$(j readlink /proc/self/ns/mnt)" "$HOST_MNT" 'it runs in a jail'
is "$(j id -u)" 2001 'as the user'
is "$(j pwd)" /home/alice 'in the home directory'

# A held session, so that what follows finds the jail warm.
hold warm alice

for want in 0 1 2 42 126 127 254 255; do
	run j "exit $want"
	is "$status" "$want" "exit status $want"
done
for signal in HUP INT KILL TERM SEGV USR1; do
	number=$(kill -l "$signal")
	run j "kill -$signal \$\$; sleep 5"
	is "$status" $((128 + number)) "death by SIG$signal is status $((128 + number))"
done
run j 'no-such-command-here'
is "$status" 127 'a command that is not there: 127'
like "$err" 'not found' 'and the shell says so'

# Streams
head -c 3000000 /dev/urandom >"$T/random"
j cat <"$T/random" >"$T/back"
ok '3 MB come back from cat as they went' cmp "$T/random" "$T/back"
perl -e 'print map { chr } 0 .. 255' >"$T/bytes"
j cat <"$T/bytes" >"$T/back"
ok 'every byte value passes' cmp "$T/bytes" "$T/back"
is "$(j 'wc -c' <"$T/random")" 3000000 'standard input ends where it ends'
is "$(printf 'no newline' | j cat)" 'no newline' 'a last line without its newline'
is "$(j 'head -c 1000000 /dev/zero | wc -c; head -c 1000000 /dev/zero' | tail -c 1000000 |
	tr -d '\0' | wc -c)" 0 'a megabyte of NUL'
is "$(j 'read -r a; read -r b; echo "$b $a"' <<<$'one\ntwo')" 'two one' \
	'a command can read its input'
run j 'exec 1>&-; cat >&2' <<<'to err'
is "$err" 'to err' 'closing standard output leaves standard error'
is "$(j true </dev/null; echo $?)" 0 'an empty standard input'
is "$(on_opt alice -n cat)" '' 'ssh -n'
jail_comms() { j 'ps -eo comm='; }
j 'yes' 2>"$T/err" | head -n 3 >"$T/back"
is "$(wc -l <"$T/back")" 3 'a reader that leaves early'
ok 'ends the writer' eventually_sh '! jail_comms | grep -qx yes'

# Text: one argument, handed on as it is
tricky=$'echo \'a  b\' "c\td" \\$HOME `echo sub` $(echo par) ; # ! * ~ \xc3\xa9 \xff'
is "$(j "$tricky")" "$(bash -c "$tricky")" 'quotes, blanks and metacharacters'
is "$(j $'echo one\necho two')" $'one\ntwo' 'a command of two lines'
is "$(j -- '-x' 2>/dev/null; echo $?)" "$(free -- '-x' 2>/dev/null; echo $?)" \
	'a command that begins with a dash fares as without a jail'
long=$(head -c 100000 /dev/zero | tr '\0' x)
is "$(j "echo $long" | wc -c)" 100001 'a command of 100 kB'
is "$(j 'echo "$0"')" bash 'it runs in the login shell of the account'
is "$(j 'echo $-' | grep -c i)" 0 'which is not interactive'
is "$(printf 'echo hello from stdin\nexit 5\n' | timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -T -l alice \
	world 2>/dev/null | tail -n 1)" 'hello from stdin' 'a shell without a terminal reads commands'
printf 'exit 5\n' | timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -T -l alice world >/dev/null 2>&1
is $? 5 'and hands on its status'

# Background processes do not hold the connection once their streams are closed.
start=$SECONDS
j 'sleep 60 >/dev/null 2>&1 </dev/null &'
between $((SECONDS - start)) 0 50 'a process left in the background does not hold the session'
ok 'and lives on while the jail does' j 'pgrep -x sleep'

release warm
ok 'the jail ends with its last login' jails_gone
