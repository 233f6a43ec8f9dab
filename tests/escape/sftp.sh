#!/bin/bash
# SPDX-License-Identifier: MIT
# internal-sftp is sshd itself: it must serve nothing but what the jail shows.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
# Readable by everyone on the host, and none of the jail's business
chmod 755 /home/bob
mkdir -p /srv/other
for file in /run/flag /home/bob/flag /srv/other/flag /var/log/flag /dev/shm/flag /tmp/flag \
	/var/tmp/flag; do
	echo "secret of $file" >"$file"
	secrets+=("$file")
done
sshd_start forced
SSHD_MATCH='' sshd_start unforced
SSHD_MATCH='Match User alice,pat
	ForceCommand internal-sftp' sshd_start only
sshd_use unforced

get() { # USER PATH
	rm -f "$T/got"
	echo "get $2 $T/got" | sftp_on "$1" >/dev/null 2>&1
	cat "$T/got" 2>/dev/null
}
put() { echo "put $T/key.pub $2" | sftp_on "$1" >/dev/null 2>&1; }

for file in "${secrets[@]}"; do
	is "$(get uma "$file")" "secret of $file" "without a jail: $file can be read"
done
put uma /tmp/planted
ok 'without a jail: a file lands in /tmp of the host' test -e /tmp/planted

for server in forced unforced only; do
	sshd_use $server
	hold=
	if [[ $server != only ]]; then
		hold warm alice
		hold=1
	fi
	echo 'ls /' | sftp_on alice >"$T/ls" 2>&1
	is $? 0 "$server: sftp works"
	for file in "${secrets[@]}"; do
		is "$(get alice "$file")" '' "$server: $file can't be read"
	done
	for file in /etc/shadow /etc/gshadow /etc/ssh/ssh_host_test_key /root/t/key /proc/1/environ \
		/proc/self/environ /proc/self/maps /run/loginjail/uid /dev/vda /proc/kcore; do
		[[ $server != unforced && $file == /proc/self/* ]] && continue
		is "$(get alice "$file" | tr -d '\0')" '' "$server: $file can't be read"
	done
	put alice /tmp/planted-$server
	nok "$server: a file put into /tmp is not on the host" test -e /tmp/planted-$server
	put alice /dev/shm/planted-$server
	nok "$server: nor one in /dev/shm" test -e /dev/shm/planted-$server
	put alice /run/planted-$server
	nok "$server: nor one in /run" test -e /run/planted-$server
	put alice /var/tmp/planted-$server
	nok "$server: nor one in /var/tmp" test -e /var/tmp/planted-$server
	put alice /home/alice/planted-$server
	ok "$server: one in the home is" test -e /home/alice/planted-$server
	for up in ../bob/flag ../../run/flag /home/alice/../bob/flag; do
		is "$(get alice $up)" '' "$server: nor by $up"
	done
	ln -sfn / /home/alice/root
	ln -sfn /run/flag /home/alice/link
	is "$(get alice link)" '' "$server: nor by a link"
	is "$(get alice root/run/flag)" '' "$server: nor by a link to /"
	[[ -z $hold ]] || release warm
	jails_gone
done
