#!/bin/bash
# SPDX-License-Identifier: MIT
# A set-up that is held up, wherever that is, ends by itself, since it is nobody's child;
# and before the module stops to wait, so that it makes no jail for nobody.
# Not again as root of the jail: nothing in it is done from inside.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
on alice true
jails_gone
setup=/usr/local/libexec/loginjail/loginjail-setup
"$LIB/snapshot" >"$T/before"

# By whoever started it, and says nothing
cat >"$T/silent.pl" <<'EOS'
use strict;
use Socket;
use POSIX ();
socketpair(my $ours, my $theirs, AF_UNIX, SOCK_SEQPACKET, 0) or die;
my $pid = fork // die;
if (!$pid) {
	POSIX::dup2(fileno($theirs), 3);
	POSIX::close($_) for 4 .. 20;
	exec(@ARGV) or POSIX::_exit(1);
}
close($theirs);
waitpid($pid, 0);
print $? & 127, "\n";
EOS
timeout 90 perl "$T/silent.pl" "$setup" "$INI" sshd alice >"$T/silent" &
silent=$!

# By another that makes a jail for the same user, and does not end
exec {lock}>>"$RUN/lock/$(id -u alice)"
ok '(the lock is held)' flock -n "$lock"
TIMEOUT=90 run j 'echo RAN'
isnt "$status" 0 'a login that would wait for ever is refused'
unlike "$out" RAN 'nothing runs'
like "$out$err" 'loginjail: ' 'the user is told'
wait "$silent"
is "$(cat "$T/silent")" 14 'one that is told nothing ends by its alarm'
nok 'no set-up is left' pgrep -x loginjail-setup
ok 'root can log in' on root true
exec {lock}>&-
ok 'when the lock is free, the user can' j true
jails_gone
if eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'the host is as it was'
else
	fail 'the host is as it was' "$("$LIB/snapshot" diff "$T/before")"
fi
