#!/bin/bash
# SPDX-License-Identifier: MIT
# Who is not matched notices nothing; and the ways in which the module may be set up.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user ed 2007 /bin/bash jailed
jail_ini <<'EOS'
[jail test]
groups = jailed
except = ed
EOS
SSHD_MATCH="Match Group jailed User !ed,*
	ForceCommand $ENTER" sshd_start main

for user in root uma ed; do
	is "$(on $user 'readlink /proc/self/ns/mnt')" "$HOST_MNT" "$user is on the host"
	is "$(on $user 'readlink /proc/self/ns/net')" "$(readlink /proc/self/ns/net)" \
		"$user is in its network"
	like "$(on $user pwd)" "^/(root|home/$user)\$" "$user is at home"
	is "$(on $user 'exit 7'; echo $?)" 7 "$user gets exit statuses"
	is "$(on $user 'probe nnp CapBnd')" \
		"$(setpriv --no-new-privs true; probe nnp CapBnd)" "$user keeps set-uid programs"
	echo 'ls /' | sftp_on $user >/dev/null
	is $? 0 "$user has sftp"
	is "$(on_opt $user -tt 'tty' </dev/null | tr -d '\r')" /dev/pts/0 "$user has a terminal"
done
# The same with and without the module, but for what differs each time
free 'probe env; probe umask nofile groups' | grep -vE 'SSH_C' >"$T/with"
cp /etc/pam.d/sshd "$T/pam.sshd"
sed -i '/loginjail/d' /etc/pam.d/sshd
free 'probe env; probe umask nofile groups' | grep -vE 'SSH_C' >"$T/without"
ok 'an unmatched session is the same as without the module' cmp "$T/with" "$T/without"
ok 'no jail was made' no_jails

pam_lines() { # LINE...: the stock stack, with these last
	{
		sed '/loginjail/d' "$T/pam.sshd"
		printf 'session required %s\n' "$@"
	} >/etc/pam.d/sshd
}
in_jail() { [[ $(j 'cat /proc/1/comm') == loginjail-init ]]; }

pam_lines "$MODULE"
ok 'a single line at the end of the stack' in_jail
ok 'and the jail goes' jails_gone
pam_lines "$MODULE debug"
log_mark
ok 'debug' in_jail
ok 'says more' logged_since 'pam_loginjail.*'
jails_gone

mkdir -p /etc/other
sed 's/hostname.*//; s/\[jail test\]/&\nhostname = elsewhere/' "$INI" >/etc/other/jail.ini
pam_lines "$MODULE conf=/etc/other/jail.ini"
is "$(j hostname)" elsewhere 'conf= names another file'
jails_gone

for wrong in 'no-such-argument' 'conf=' 'conf=relative/jail.ini' 'conf=/etc/none/jail.ini' 'Debug'; do
	pam_lines "$MODULE $wrong"
	log_mark
	run j 'echo RAN'
	isnt "$status" 0 "the argument '$wrong' refuses"
	unlike "$out" RAN "the argument '$wrong': nothing runs"
	ok "the argument '$wrong': the log says why" logged_since 'loginjail'
done
cat "$T/pam.sshd" >/etc/pam.d/sshd
ok 'back to the usual' in_jail
ok 'nothing stays' jails_gone

# Without ForceCommand the jail is as good.
SSHD_MATCH='' sshd_start bare
ok 'without ForceCommand: in the jail' in_jail
is "$(j 'echo a; echo b >&2; exit 9' 2>&1; echo $?)" $'a\nb\n9' 'without ForceCommand: as usual'
terminal_of alice <<'TCL'
	shell
	is [cmd {cat /proc/1/comm}] loginjail-init "without ForceCommand: a shell in the jail"
	is [cmd {tty}] /dev/pts/0 "without ForceCommand: its terminal"
	send "exit 3\r"
	ends 3 "without ForceCommand: its status"
TCL
ok 'nothing stays' jails_gone
