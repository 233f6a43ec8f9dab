#!/bin/bash
# SPDX-License-Identifier: MIT
# What the host mounts during a session is not for the session.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail test]
groups = jailed
bind = /srv/shared
EOS
mkdir -p /srv/shared /usr/local/share/stick
chown alice: /srv/shared
sshd_start main
SSHD_MATCH='' sshd_start unforced

for server in main unforced; do
	sshd_use $server
	hold h alice
	on_opt alice -fNM </dev/null >/dev/null 2>&1
	hold free uma
	for place in /mnt /usr/local/share/stick /srv/shared /home/alice; do
		mkdir -p "$T/aside"
		mount -t tmpfs -o mode=755 stick "$place"
		echo secret >"$place/secret"
		cp /bin/true "$place/program"
		is "$(free "cat $place/secret 2>/dev/null")" secret \
			"without a jail: a user sees a mount on $place"
		is "$(j "cat $place/secret 2>/dev/null")" '' "$server: not inside, $place"
		rm -f "$T/got"
		echo "get $place/secret $T/got" | sftp_on alice >/dev/null 2>&1
		nok "$server: nor by sftp over the same connection, $place" test -s "$T/got"
		is "$(j 'grep -c stick /proc/self/mountinfo')" 0 "$server: nor in its mount table"
		monitor=$(pgrep -u root -f '^sshd(-session)?: alice' | head -n 1)
		is "$(grep -c ' - tmpfs stick' "/proc/$monitor/mountinfo")" 0 "$server: nor in sshd's"
		ok "$server: and the host can unmount $place" umount "$place"
	done
	on_opt alice '-O exit' 2>/dev/null
	release free
	release h
	jails_gone
done
# What was mounted before: the usual rule of bind mounts
mount -t tmpfs -o mode=755 stick /srv/shared
ok 'a mount below a bind that was there before is there' test "$(j 'stat -f -c %T /srv/shared')" = tmpfs
jails_gone
ok 'and can be unmounted afterwards' umount /srv/shared
