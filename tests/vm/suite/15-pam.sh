#!/bin/bash
# SPDX-License-Identifier: MIT
# PAM's and sshd's files as Debian has them, but for our lines; and what becomes of
# a login, and what setup says, where those are not as they should be.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

standard_jail
stock=/root/etc
cp -a /etc/pam.d "$T/etc-pam.d"
cp -a /etc/ssh "$T/etc-ssh"
restore() {
	rsync -a --delete "$T/etc-pam.d/" /etc/pam.d/
	rsync -a --delete "$T/etc-ssh/" /etc/ssh/
}
by_hand() { sed -i '/^# loginjail: /d' /etc/pam.d/sshd; }
refused() { # WHAT
	run j 'echo R$((40 + 2))N'
	isnt "$status" 0 "$1: the login is refused"
	unlike "$out" R42N "$1: nothing runs"
	run sftp_on alice <<<'ls /'
	isnt "$status" 0 "$1: nor sftp"
}
reported() { # WHAT TEXT
	run loginjail setup --apply
	is "$status" 1 "$1: setup finds that"
	like "$err" "$2" "$1: says what it is"
	like "$err" 'nothing has been changed' "$1: and changes nothing"
}
jailed() { is "$(j 'cat /proc/1/comm')" loginjail-init "$1: jailed all the same"; }

for file in /etc/pam.d/{sshd,su,login,cron,atd}; do
	ok "$file is the stock one and our lines" \
		diff <(sed '/^# loginjail: begin/,/^# loginjail: end/d' "$file") "$stock${file#/etc}"
done
ok 'so is sshd_config' cmp /etc/ssh/sshd_config "$stock/ssh/sshd_config"
is "$(sshd -T | grep -ci '^usepam yes$')" 1 'UsePAM yes is the stock setting'
like "$(loginjail setup)" 'nothing to change' 'setup finds all in order'

# sshd's part
sed -i '1i UsePAM no' /etc/ssh/sshd_config
reported 'UsePAM no' "'UsePAM no', and would jail nobody"
reload_ssh
refused 'UsePAM no'
restore
rm /etc/ssh/sshd_config.d/loginjail.conf
like "$(loginjail setup)" 'sshd_config.d/loginjail.conf: .*starts nothing but loginjail-enter' \
	'no Match block: setup would write it'
reload_ssh
jailed 'no Match block'
restore
reload_ssh

# PAM's
sed -i 's/ required  *pam_loginjail.so open/ optional pam_loginjail.so open/' /etc/pam.d/sshd
like "$(loginjail setup)" $'\n\\+session    required     pam_loginjail.so open' \
	'optional in lines of setup: it would put that right'
by_hand
reported 'optional' "the control is 'optional', which may let a user in"
jailed optional
chmod o+w "$INI"
refused 'optional, and no jail can be made'
chmod o-w "$INI"
restore

by_hand
echo 'session optional pam_permit.so' >>/etc/pam.d/sshd
reported 'a line after ours' 'is run after ours at /etc/pam.d/sshd:[0-9]+, in the fence'
jailed 'a line after ours'
restore

sed -i '/loginjail/d' /etc/pam.d/sshd
like "$(loginjail setup)" $'\n\\+session    required     pam_loginjail.so open' 'no line: setup would write it'
refused 'no line'
restore
jailed 'with all put back'

# A stack of their own for jailed users
own() { # MATCH
	printf 'Match %s\n\tPAMServiceName sshd-jail\n' "$1" >/etc/ssh/sshd_config.d/10-own.conf
	sed '/^# loginjail: /d' "$T/etc-pam.d/sshd" >/etc/pam.d/sshd-jail
}
own 'Group jailed'
if (($(sshd_version) < 908)); then
	reported 'PAMServiceName before OpenSSH 9.8' 'would not take its configuration.*PAMServiceName'
	restore
else
	like "$(loginjail setup)" 'nothing to change' 'PAMServiceName for jailed users: setup finds it in order'
	reload_ssh
	log_mark
	jailed 'PAMServiceName'
	like "$(log_since)" 'pam_unix\(sshd-jail:session\): session opened for user alice' 'by that stack'
	is "$(free 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'others are not concerned'
	like "$(log_since)" 'pam_unix\(sshd:session\): session opened for user uma' 'and have the stock one'
	ok 'the jail goes' jails_gone

	sed -i '/pam_loginjail/d' /etc/pam.d/sshd-jail
	reported 'that stack without our line' 'PAMServiceName sshd-jail.*no line of type session has pam_loginjail'
	refused 'that stack without our line'
	own 'Group jailed'
	standard_jail 'services = sshd'
	reported 'a service that jail.ini does not list' "service 'sshd-jail' is not among the services"
	refused 'a service that jail.ini does not list'

	# Whom that Match misses gets sshd's own stack: it must not let them in without a jail.
	standard_jail 'services = sshd-jail'
	own 'User bob'
	reload_ssh
	is "$(on bob 'cat /proc/1/comm')" loginjail-init 'only by the own stack: whom the Match has is jailed'
	refused 'only by the own stack, whom the Match misses'
	standard_jail
	jailed 'by either: whom the Match misses'
	restore
	reload_ssh
fi
ok 'all jails go' jails_gone
like "$(loginjail setup)" 'nothing to change' 'and all is as it was'
