#!/bin/bash
# SPDX-License-Identifier: MIT
# Options of jail.ini: home, bind, bind_ro, mask, shell, umask, env.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008 /usr/sbin/nologin
add_user erik 2009 /usr/sbin/nologin
add_user fish 2010 /usr/bin/fish
add_user zoe 2011 /usr/bin/zsh
add_user cleo 2012 /usr/bin/csh
mkdir -p /srv/data /srv/course/sub /srv/handouts /usr/local/secret /opt
echo data >/srv/data/file
echo course >/srv/course/sub/file
echo handout >/srv/handouts/file
echo secret >/usr/local/secret/file
chown alice: /srv/data /srv/course /srv/handouts
echo real >/home/carl/real
echo real >/home/bob/real
jail_ini <<'EOS'
[jail binds]
users = alice
bind = /srv/data /srv/course:/course
bind_ro = /srv/handouts
mask = /usr/local/secret /etc/hosts
umask = 0077
shell = /bin/dash

[jail private-home]
users = bob
home = private

[jail no-home]
users = carl
home = none

[jail sftp-only]
users = dora
shell = /bin/bash

[jail rest]
users = erik fish zoe cleo
EOS
sshd_start main
printf '%s\n' /usr/bin/fish /usr/bin/zsh /usr/bin/csh >>/etc/shells

hold warm alice
is "$(j 'cat /srv/data/file /course/sub/file /srv/handouts/file')" $'data\ncourse\nhandout' \
	'bind: what is named is there'
ok 'bind: writable' j 'echo more >/srv/data/new && echo more >/course/new'
is "$(cat /srv/data/new /srv/course/new)" $'more\nmore' 'bind: written on the host'
is "$(stat -c %U /srv/data/new)" alice "bind: as the user's"
nok 'bind_ro: not writable' j 'echo more >/srv/handouts/new'
nok 'bind_ro: not remountable' j 'mount -o remount,rw /srv/handouts'
is "$(j 'find /srv -mindepth 1 -maxdepth 1 | sort')" $'/srv/data\n/srv/handouts' \
	'bind: and no more of /srv'
nok 'mask: a directory is hidden' j 'cat /usr/local/secret/file'
nok 'mask: a file is hidden' j 'grep . /etc/hosts'
is "$(cat /usr/local/secret/file)" secret 'mask: on the host it is as it was'
is "$(j umask)" 0077 'umask'
j 'touch ~/masked'
is "$(stat -c %a /home/alice/masked)" 600 'umask: files get it'
is "$(j 'readlink /proc/$$/exe')" "$(readlink -f /bin/dash)" 'shell: the one named runs'
is "$(j 'echo $SHELL')" /bin/dash 'shell: SHELL says so'
is "$(echo 'readlink /proc/$$/exe' | timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -T -l alice world)" \
	"$(readlink -f /bin/dash)" 'shell: for a login as well'
is "$(j 'getent passwd alice | cut -d: -f7')" /bin/dash 'shell: and the account line'
release warm

hold warm bob
is "$(on bob 'ls -A')" "$(ls -A /etc/skel)" "home = private: as a new account's"
is "$(on bob 'pwd; stat -c %U:%a .')" $'/home/bob\nbob:700' 'home = private: in place'
ok 'home = private: writable' on bob 'echo x >~/new'
nok 'home = private: not the real one' test -e /home/bob/new
release warm
jails_gone
is "$(on bob 'ls -A')" "$(ls -A /etc/skel)" 'home = private: ends with the jail'
is "$(cat /home/bob/real)" real 'home = private: the real one is untouched'

is "$(on carl 'ls /home/carl 2>/dev/null; pwd')" / 'home = none: no home, the session begins in /'
ok 'home = none: sessions work' on carl true

ok 'shell lets in an account whose own is nologin' on dora 'test $SHELL = /bin/bash'
echo 'ls /' | sftp_on dora >/dev/null 2>"$T/err"
is $? 0 'with sftp too'
run on erik 'echo RAN'
isnt "$status" 0 'nologin stays a refusal without it'
unlike "$out" RAN 'nothing runs'

for user in fish zoe cleo; do
	shell=$(getent passwd "$user" | cut -d: -f7)
	if [[ ! -x $shell ]]; then
		skip "$shell" 'is not installed'
		continue
	fi
	is "$(on "$user" 'echo $SHELL; exit 3'; echo $?)" "$shell"$'\n3' "$shell works"
	isnt "$(on "$user" 'readlink /proc/self/ns/mnt')" "$HOST_MNT" "$shell is in the jail"
	like "$(printf 'echo in $SHELL\nexit 4\n' | timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -T -l "$user" world; echo $?)" \
		"in $shell.*4\$" "$shell as a login shell"
done
ok 'nothing stays' jails_gone
