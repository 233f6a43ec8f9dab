#!/bin/bash
# SPDX-License-Identifier: MIT
# A jail.ini that is wrong, untrusted or unreadable lets nobody in whom it might match;
# root and the except list always get in.
# Not again as root of the jail: nobody is in one when the file is wrong.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
standard_users
add_user ed 2007 /bin/bash jailed
SSHD_MATCH="Match Group jailed User !ed,*
	ForceCommand $ENTER" sshd_start main
SSHD_MATCH='' sshd_start unforced
good="[defaults]
state = $STATE
except = ed

[jail test]
groups = jailed
bind = $MARKS
"
mkdir -p /etc/loginjail
put() { printf '%s' "$good${1:-}" >"$INI"; chmod 644 "$INI"; chown root: "$INI"; }

refuses() { # NAME
	for server in main unforced; do
		sshd_use $server
		rm -f "$MARKS"/*
		log_mark
		run j "$(mark_sh ran); echo RAN"
		isnt "$status" 0 "$1, $server: a matched user is refused"
		unlike "$out" RAN "$1, $server: nothing runs"
		nok "$1, $server: nothing runs on the host" marked_on_host ran
		like "$out$err" 'loginjail: ' "$1, $server: the user is told"
		ok "$1, $server: the log names the file" logged_since 'jail\.ini'
	done
	sshd_use main
	is "$(on root 'id -u')" 0 "$1: root gets in"
	ok "$1: nothing stays" jails_gone
}
except() { is "$(on ed 'readlink /proc/self/ns/mnt')" "$HOST_MNT" "$1: so does who is excepted"; }

put
ok 'a right file: the user is in a jail' test "$(j 'cat /proc/1/comm')" = loginjail-init
is "$(on ed 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'who is excepted is not'
is "$(on uma 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'nor is who is not matched'
jails_gone

rm "$INI"
refuses 'no file'
put
chmod 666 "$INI"
refuses 'writable by everyone'
chmod 664 "$INI"
refuses 'writable by its group'
chmod 644 "$INI"
chown bob "$INI"
refuses 'a user'"'"'s file'
put
mv "$INI" "$T/ini" && ln -s "$T/ini" "$INI"
chown -h bob "$INI"
run j 'echo RAN' # where the link leads is root's own: either answer is right
unlike "$out$err" "$HOST_MNT" 'a link: no session on the host'
jails_gone
rm "$INI"
mkdir "$INI"
refuses 'a directory'
rmdir "$INI"
mkfifo "$INI"
refuses 'a fifo'
rm "$INI"
: >"$INI"
is "$(on root 'id -u')" 0 'an empty file: root gets in'
put
chmod 777 /etc/loginjail
refuses 'in a directory that everyone can write to'
chmod 755 /etc/loginjail

while IFS='|' read -r name text; do
	put "$(printf '%b' "$text")"
	refuses "$name"
	except "$name"
done <<'EOS'
an unknown option|no-such-option = 1\n
a wrong value|memory = much\n
a value out of range|pids = 1\n
an option twice|pids = 50\npids = 60\n
a section of an unknown kind|[prison x]\nusers = alice\n
a section twice|[jail test]\nusers = bob\n
a line without a value|memory\n
an unclosed section|[jail other\nusers = bob\n
an option that belongs to defaults|state = /srv/other\n
EOS
printf '%s\0more' "$good" >"$INI"
refuses 'a NUL byte'
put "hostname = $(head -c 20000 /dev/zero | tr '\0' x)
"
refuses 'a line of 20000 bytes'

put
ok 'all is well in the end' j true
ok 'nothing stays' jails_gone
