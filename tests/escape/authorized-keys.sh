#!/bin/bash
# SPDX-License-Identifier: MIT
# A key with command="..." is what many jails are made of; the user adds one without.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
standard_users
standard_jail "bind = $MARKS"
SSHD_MATCH='' sshd_start unforced 'AuthorizedKeysFile .ssh/authorized_keys'
sshd_start main 'AuthorizedKeysFile .ssh/authorized_keys'
ssh-keygen -q -t ed25519 -N '' -f "$T/second" -C second

for user in pat alice; do
	mkdir -m 700 "/home/$user/.ssh"
	printf 'command="/bin/echo only this" %s\n' "$(cat "$T/key.pub")" >"/home/$user/.ssh/authorized_keys"
	chown -R "$user:" "/home/$user/.ssh"
done
second() { # USER COMMAND
	on_opt "$1" "-i $T/second" "$2" </dev/null 2>&1
}

sshd_use unforced
is "$(on pat id)" 'only this' 'without a jail: a key restricts its user to one command'
# Which need only be able to write a file: rsync, git, an editor.
install -o pat -m 600 "$T/second.pub" /home/pat/.ssh/authorized_keys
second pat "$(mark_sh pat.second)" >/dev/null
bites pat.second 'with a key of the own, what one likes'

sshd_use main
hold h alice
there=$(jail_mnt alice)
j "echo '$(cat "$T/second.pub")' >~/.ssh/authorized_keys"
for server in main unforced; do
	sshd_use $server
	second alice "$(mark_sh alice.$server)" >/dev/null
	ok "$server: the new key lets in" test -s "$MARKS/alice.$server"
	held "alice.$server" "$there" "$server: what comes with a new key"
	is "$(second alice 'cat /proc/1/comm')" loginjail-init "$server: it leads into the jail"
done
release h
ok 'nothing stays' jails_gone
