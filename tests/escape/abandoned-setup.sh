#!/bin/bash
# SPDX-License-Identifier: MIT
# A connection that is cut while its jail is made: whoever set-up was started for is
# gone when it answers.  Nothing may hang, stay, or lock the user out.
# Not again as root of the jail: nothing in it is done from inside.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
on alice true
on bob true
jails_gone
setup=/usr/local/libexec/loginjail/loginjail-setup
"$LIB/snapshot" >"$T/before"

# What the module does, but that it goes away after MS: abandoned MS
cat >"$T/abandon.pl" <<'EOS'
use strict;
use Socket;
my ($setup, $conf, $magic, $ms) = @ARGV;
socketpair(my $ours, my $theirs, AF_UNIX, SOCK_SEQPACKET, 0) or die;
my $fd = fileno($theirs);
if (!fork) {
	require POSIX;
	POSIX::setsid();
	POSIX::dup2($fd, 3);
	POSIX::close($_) for 4 .. 20;
	%ENV = ();
	exec($setup, $conf, "sshd", "alice") or POSIX::_exit(1);
}
close($theirs);
syswrite($ours, pack("L4", hex($magic), 2, 2001, 3000)) or die;
select(undef, undef, undef, $ms / 1000);
EOS
magic=$(sed -n 's/^#define WIRE_MAGIC \(0x[0-9a-f]*\).*/\1/p' /run/src/helper/lib/wire.h)
isnt "$magic" "" "(the wire has a magic)"

setups_gone() { ! pgrep -x 'loginjail-(setup|keep|init)' >/dev/null; }

for ms in 0 1 2 3 4 5 6 8 10 15 30; do
	ok "(set-up, abandoned after $ms ms)" perl "$T/abandon.pl" "$setup" "$INI" "$magic" "$ms"
	ok "$ms ms: nothing of it stays" eventually setups_gone
	ok "$ms ms: the user can log in" j true
	jails_gone
done

# The same by the network: the client is gone in the middle of its log-in
for _ in {1..12}; do
	ssh -F "$S/ssh_config" -l alice world true </dev/null >/dev/null 2>&1 &
	client=$!
	eventually_sh "pgrep -x loginjail-setup >/dev/null || ! kill -0 $client 2>/dev/null"
	kill -KILL "$client" 2>/dev/null
	wait "$client" 2>/dev/null
done
ok 'after clients that went away, nothing stays' eventually setups_gone
ok 'and the user can log in' j true
jails_gone

# Who removes what a killed keeper left may meet a jail that is just being made
# (here its maker is held up just after the first step): neither waits for the other.
mv "$setup" "$setup.real"
cat >"$setup" <<EOS
#!/bin/sh
[ "\$3" = bob ] || exec $setup.real "\$@"
exec strace -f -o /dev/null -e trace=mkdirat -e inject=mkdirat:delay_exit=1500000:when=1 $setup.real "\$@"
EOS
chmod 755 "$setup"
hold killed alice
kill -KILL "$(pgrep -x loginjail-keep)"
release killed 2>/dev/null
on bob 'echo in' >"$T/bob" 2>&1 &
login=$!
ok '(a jail is being made)' eventually_sh 'ls -d /run/loginjail/jail/2002-* >/dev/null 2>&1'
is "$(j 'echo in')" in 'a login that has a dead jail removed'
wait "$login"
is "$?" 0 'a login whose half-made jail was taken for a dead one'
is "$(tail -n 1 "$T/bob")" in 'runs'
mv "$setup.real" "$setup"
jails_gone
if eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'the host is as it was'
else
	fail 'the host is as it was' "$("$LIB/snapshot" diff "$T/before")"
fi
