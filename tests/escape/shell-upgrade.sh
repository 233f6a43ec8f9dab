#!/bin/bash
# SPDX-License-Identifier: MIT
# A package upgrade renames a new shell, or a new sh, into place during a session.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
shell=/usr/local/bin/some-shell
new_shell() { # a "newer version" that tells where it runs
	{
		printf '#!/bin/bash\n'
		mark_sh "$1"
		printf 'exec /bin/bash "$@"\n'
	} >"$shell.new"
	chmod 755 "$shell.new"
	mv "$shell.new" "$shell"
}
cp /bin/bash "$shell"
echo "$shell" >>/etc/shells
add_group jailed 3000
add_user alice 2001 "$shell" jailed
add_user pat 2003 "$shell"
jail_ini <<EOS
[jail test]
groups = jailed
bind = $MARKS
EOS
sshd_start main
SSHD_MATCH='' sshd_start unforced
sshd_use main

upgrade() { # USER: sessions before, during and after on one connection and on new ones
	cp /bin/bash "$shell.old"
	mv "$shell.old" "$shell"
	on_opt "$1" '-fNM' </dev/null >/dev/null 2>&1
	on_opt "$1" '-o ControlMaster=no' true
	new_shell "$1"
	on_opt "$1" '-o ControlMaster=no' true
	on_opt "$1" '-o ControlMaster=no -tt' true </dev/null
	on_opt "$1" '-S none' true
	printf 'true\n' | on_opt "$1" '-S none -T'
	echo pwd | sftp_on "$1"
	on_opt "$1" '-O exit'
} >/dev/null 2>&1

upgrade pat
bites pat 'an upgraded shell'
for server in main unforced; do
	sshd_use $server
	rm -f "$MARKS/alice"
	cp /bin/bash "$shell.old"
	mv "$shell.old" "$shell"
	hold warm alice
	there=$(jail_mnt alice)
	upgrade alice
	held alice "$there" "$server: an upgraded shell"
	release warm
	jails_gone
	rm -f "$MARKS/alice"
	new_shell alice
	on alice true
	nok "$server: nor in a new jail" marked_on_host alice
done
ok 'nothing stays' jails_gone
