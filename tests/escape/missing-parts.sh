#!/bin/bash
# SPDX-License-Identifier: MIT
# Half an installation must refuse, not let in: no module, no PAM, optional, no enter.
# Not again as root of the jail: nothing in it is done from inside.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
standard_users
standard_jail "bind = $MARKS"
cp -p /etc/pam.d/sshd "$T/pam"
sshd_start main
sshd_start no-pam 'UsePAM no'
sshd_use main

refused() { # NAME: a command, a terminal, sftp
	rm -f "$MARKS"/*
	run j "$(mark_sh ran); echo RAN"
	is "$status" 254 "$1: a command ends with 254"
	unlike "$out" RAN "$1: it does not run"
	like "$out$err" 'loginjail: ' "$1: the user is told"
	on_opt alice -tt "$(mark_sh ran)" </dev/null >/dev/null 2>&1
	is $? 254 "$1: a terminal session as well"
	nok "$1: nothing runs on the host" marked_on_host ran
	echo "get /etc/hostname $T/hostname" | sftp_on alice >/dev/null 2>&1
	isnt $? 0 "$1: nor is there sftp"
	ok "$1: root can log in" on root true
	ok "$1: no jail" jails_gone
}

# loginjail-enter alone, as ForceCommand: the second lock
sed -i '/loginjail/d' /etc/pam.d/sshd
refused 'no PAM lines'
cp -p "$T/pam" /etc/pam.d/sshd
sshd_use no-pam
refused 'UsePAM no'
sshd_use main

# PAM lines that would let a failure pass
sed -i '/loginjail/s/required/optional/' /etc/pam.d/sshd
jail_ini <<<'wrong'
refused 'optional, and a wrong jail.ini'
standard_jail "bind = $MARKS"
ok 'optional, and all is well: let in' j true
ok 'the jail goes' jails_gone
cp -p "$T/pam" /etc/pam.d/sshd

# Parts missing
for part in loginjail-setup loginjail-init loginjail-enter; do
	mv "/usr/local/libexec/loginjail/$part" "$T/$part"
	rm -f "$MARKS"/*
	run j "$(mark_sh ran); echo RAN"
	isnt "$status" 0 "no $part: refused"
	unlike "$out" RAN "no $part: nothing runs"
	nok "no $part: nothing on the host" marked_on_host ran
	ok "no $part: root can log in" on root true
	mv "$T/$part" "/usr/local/libexec/loginjail/$part"
	ok "no $part: no jail" jails_gone
done
mv "$MODULE" "$T/module"
refused_status=0
on alice true >/dev/null 2>&1 || refused_status=$?
isnt "$refused_status" 0 'no pam_loginjail.so: refused'
mv "$T/module" "$MODULE"

# enter where it does not belong
for who in root uma alice; do
	case $who in
	root) as=() ;;
	*) as=(setpriv "--reuid=$(id -u "$who")" "--regid=$(id -g "$who")" --clear-groups) ;;
	esac
	run "${as[@]}" "$ENTER" -c 'echo RAN'
	isnt "$status" 0 "loginjail-enter run by $who on the host refuses"
	unlike "$out" RAN 'and runs nothing'
done
run env SSH_ORIGINAL_COMMAND='echo RAN' LD_PRELOAD=/tmp/x "$ENTER"
unlike "$out" RAN 'whatever the environment says'
ok 'all is well in the end' j true
ok 'nothing stays' jails_gone
