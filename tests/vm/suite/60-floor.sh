#!/bin/bash
# SPDX-License-Identifier: MIT
# Hosts that don't let users make namespaces, and the host as it was, after all.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

standard_jail
sysctl -q kernel.unprivileged_userns_clone=0
isnt "$(free 'unshare -U true 2>/dev/null; echo $?')" 0 '(users may make no user namespaces)'
run j 'cat /proc/1/comm'
is "$out" loginjail-init 'jails are made all the same'
ok 'and go' jails_gone
sysctl -q kernel.unprivileged_userns_clone=1
is "$(free 'unshare -U true; echo $?')" 0 '(users may again)'
nok 'but not from a jail' j 'unshare -U true'

# AppArmor's way (Linux 6.7 and later; Ubuntu's default)
if [[ -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ]]; then
	sysctl -q kernel.apparmor_restrict_unprivileged_userns=1
	run j 'cat /proc/1/comm'
	is "$out" loginjail-init 'where AppArmor restricts them, jails are made all the same'
	ok 'and go' jails_gone
	sysctl -q kernel.apparmor_restrict_unprivileged_userns=0
fi

max=$(sysctl -n user.max_user_namespaces)
sysctl -q user.max_user_namespaces=0
log_mark
run j true
isnt "$status" 0 'where nobody may, root neither, the login is refused'
like "$(log_since)" 'new namespaces refused .*user.max_user_namespaces' 'the log has the remedy'
ok 'and nothing is left' jails_gone
ok 'others can log in' free true
sysctl -q user.max_user_namespaces="$max"
ok 'then all is well' j true
ok 'and goes' jails_gone

# Each kind of login once before, since sshd and logind make files of their own.
logins() {
	local user
	for user in alice bob; do
		on "$user" 'echo x >/var/tmp/file'
		on_opt "$user" -tt true </dev/null
		echo 'ls /' | sftp_on "$user"
	done >/dev/null 2>&1
	# What logind keeps for a while.
	jails_gone && eventually_sh '! compgen -G "/run/systemd/users/*"'
}
logins
systemctl reset-failed
"$LIB/snapshot" >"$T/before"
between "$(wc -l <"$T/before")" 500 100000 'a snapshot of the host'
logins
systemctl reset-failed
if eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'six logins later nothing differs'
else
	fail 'six logins later nothing differs' "$("$LIB/snapshot" diff "$T/before")"
fi
