#!/bin/bash
# SPDX-License-Identifier: MIT
# A PAM service that jail.ini does not list: refused for jailed users, nothing for others.
# Not again as root of the jail: nothing in it is done from inside.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail test]
users = alice

[jail wide]
users = bob
services = sshd other-sshd
EOS
cp /etc/pam.d/sshd /etc/pam.d/other-sshd
sshd_start main
if (($(sshd_version) >= 908)); then
	sshd_start other 'PAMServiceName other-sshd'
else
	# The service is the name that the program was called by.
	ln -s /usr/sbin/sshd /usr/local/sbin/other-sshd
	sshd_program=/usr/local/sbin/other-sshd sshd_start other
fi
log_mark
run j 'echo RAN'
isnt "$status" 0 'an unlisted service is refused'
unlike "$out" RAN 'nothing runs'
like "$out$err" 'loginjail: ' 'the user is told'
ok 'the log names the service' logged_since 'loginjail.*other-sshd'
echo 'ls /' | sftp_on alice >/dev/null 2>&1
isnt $? 0 'nor is there sftp'
is "$(ask_through alice 127.0.0.1:22)" "$(ask_through alice 127.0.0.1:22 | grep -v SSH-)" \
	'nor a forward'
is "$(on bob 'cat /proc/1/comm')" loginjail-init 'a listed one leads into the jail'
is "$(on uma 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'others notice nothing'
is "$(on root 'id -u')" 0 'nor does root'
sshd_use main
is "$(j 'cat /proc/1/comm')" loginjail-init 'by sshd the user is let in'
ok 'nothing stays' jails_gone
