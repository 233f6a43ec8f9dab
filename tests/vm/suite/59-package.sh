#!/bin/bash
# SPDX-License-Identifier: MIT
# The package on a host with live jails: an upgrade ends no session; removal ends all
# jails and puts the host's files back, and purging leaves nothing.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

deb=${LIB%/tests}/loginjail.deb
main_pid() { systemctl show -p MainPID --value loginjail.service; }

# Of the same version, but dpkg and systemd do the same for another.
standard_jail
hold warm alice
holder=$(main_pid)
init=$(jail_init alice)
ok 'an upgrade' dpkg -i "$deb"
ok 'a session lives' kill -0 "${hold_pid[warm]}"
is "$(jail_init alice)" "$init" 'so does its jail'
is "$(main_pid)" "$holder" 'systemd has not touched the unit'
is "$(j 'echo on')" on 'its jail can be entered'
is "$(on bob 'cat /proc/1/comm')" loginjail-init 'a new one can be made'
like "$(loginjail setup)" 'nothing to change' 'what was set up is set up'
release warm
ok 'jails go' jails_gone

hold warm alice
ok 'the package is removed' dpkg -r loginjail
ok 'the jails end' eventually not jail_exists alice
ok 'and the sessions' eventually not kill -0 "${hold_pid[warm]}"
release warm
is "$(systemctl is-active loginjail.service)" inactive 'the unit is stopped'
ok 'its cgroup is gone' eventually not test -e "$GROUP"
is "$(jail_groups)" '' 'with those of jails'
is "$(compgen -G '/usr/lib/*/security/pam_loginjail.so')" '' 'the module is gone'
for directory in pam.d ssh; do
	ok "/etc/$directory is as it was" diff -r "/root/etc/$directory" "/etc/$directory"
done
is "$(j 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'who was jailed logs in without, as the README warns'
ok 'jail.ini is kept' test -f "$INI"
ok 'it is purged' dpkg -P loginjail
for directory in "${INI%/*}" "$STATE" "$RUN"; do
	nok "$directory is gone" test -e "$directory"
done
is "$(find /etc -name '*loginjail*')" '' 'nothing of /etc is left'

ok 'it is installed again' dpkg -i "$deb"
is "$(j 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'which changes nothing about logins'
standard_jail
ok 'set up again' loginjail setup --apply
reload_ssh
is "$(j 'cat /proc/1/comm')" loginjail-init 'users are jailed again'
ok 'and jails go' jails_gone
is "$(systemctl is-active loginjail.service)" active 'the unit is there'
systemctl reset-failed
