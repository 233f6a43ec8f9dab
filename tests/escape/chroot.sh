#!/bin/bash
# SPDX-License-Identifier: MIT
# ChrootDirectory and a jail do not go together: refused, not half done.
# Not again as root of the jail: nobody gets into one.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
mkdir -p /srv/chroot/{bin,usr,lib,lib64,etc,tmp,home/alice}
cp "$(command -v busybox)" /srv/chroot/bin/sh 2>/dev/null
echo flag >/srv/chroot/flag
chmod 755 /srv /srv/chroot

SSHD_MATCH='Match User alice,uma
	ChrootDirectory /srv/chroot' sshd_start chroot
SSHD_MATCH="Match User alice
	ChrootDirectory /srv/chroot
	ForceCommand $ENTER" sshd_start forced
SSHD_MATCH='Match User alice
	ChrootDirectory /srv/chroot
	ForceCommand internal-sftp' sshd_start sftp
SSHD_MATCH='Match User alice
	ChrootDirectory /
	ForceCommand internal-sftp' sshd_start root
sshd_use chroot
is "$(echo 'ls -1 /flag' | sftp_on uma 2>/dev/null | grep -v '^sftp>')" /flag \
	'without a jail: sshd serves the chroot'
for server in chroot forced sftp; do
	sshd_use $server
	run j 'echo RAN'
	isnt "$status" 0 "$server: a command is refused"
	unlike "$out" RAN "$server: nothing runs"
	echo 'ls /' | sftp_on alice >"$T/listing" 2>&1
	isnt $? 0 "$server: sftp is refused"
	nok "$server: nothing of the directory is served" grep -q flag "$T/listing"
	ok "$server: nothing stays" jails_gone
done
# ChrootDirectory / is no change of root: the fence's own.
sshd_use root
echo secret >/run/flag
echo "get /run/flag $T/flag" | sftp_on alice >"$T/listing" 2>&1
nok 'ChrootDirectory /: nothing of the host is served' test -s "$T/flag"
ok 'nothing stays' jails_gone
