#!/bin/bash
# SPDX-License-Identifier: MIT
# The administrator's own terminal, under su: nothing may be typed into it, and its
# processes may not be reached.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail test]
groups = jailed
services = sshd su su-l
EOS
for service in su su-l; do
	[[ -f /etc/pam.d/$service ]] || continue
	{
		printf 'session required %s close\n' "$MODULE"
		sed '/^session[[:space:]]\+include[[:space:]]\+su$/s/include.*/include common-session/' \
			"/etc/pam.d/$service"
		printf 'session required %s open\n' "$MODULE"
	} >"$T/pam"
	cat "$T/pam" >"/etc/pam.d/$service"
done

# TIOCSTI, and its variant that 32-bit comparisons miss; TIOCLINUX
cat >/usr/local/bin/inject <<'EOS'
#!/usr/bin/perl
for my $number (0x5412, 0x5412 + (1 << 32)) {
	for my $c (split //, "touch $ARGV[0]\n") {
		my $byte = $c;
		ioctl(STDIN, $number, $byte);
	}
}
my $paste = chr(3);
ioctl(STDIN, 0x541C, $paste);
EOS
chmod 755 /usr/local/bin/inject

typed() { # USER: 1 if what a session of USER typed reached root's shell
	rm -f /root/typed
	terminal "$1" bash --norc -i <<-TCL
		shell
		send "su - $1\r"
		shell
		send "inject /root/typed; exit\r"
		expect "READY> "
		key "\r"
		expect "READY> "
		cmd {echo}
		send "exit\r"
		expect eof
	TCL
	[[ -e /root/typed ]]
}
if [[ $(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 1) == 1 ]]; then
	ok 'without a jail: a session types into the terminal of the administrator' typed uma
else
	pass 'this kernel has TIOCSTI switched off for all'
fi
nok 'from a jail it does not' typed alice

terminal 'su alice' su - alice <<'TCL'
	shell
	is [cmd {readlink /proc/self/fd/0; ls /proc/self/fd | wc -l}] "[cmd tty]\r\n4" "its own terminal and no other descriptor"
	is [cmd {ps -e -o comm= | grep -cE 'expect|world'}] 0 "no process of the administrator"
	is [cmd {cat /proc/1/comm}] loginjail-init "in the jail"
	send "exit\r"
	expect eof
TCL
# What the session leaves in the background must not read on from the terminal.
terminal 'background' bash --norc -i <<'TCL'
	shell
	cmd {su - alice -c 'nohup sh -c "cat >/tmp/caught" </dev/tty >/dev/null 2>&1 &'}
	is [cmd {echo mine}] mine "the administrator's typing is not taken away"
	send "exit\r"
	expect eof
TCL
ok 'nothing stays' jails_gone
