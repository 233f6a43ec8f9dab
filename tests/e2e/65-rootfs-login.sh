#!/bin/bash
# SPDX-License-Identifier: MIT
# Logins into trees that loginjail-rootfs made: while they are updated, rolled back, collected.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/lib/rootfs.sh
. "$LIB/lib/rootfs.sh"

standard_users
loop_devices
ok 'a tree with a shell' lr build sh --from files:shell.list
ok 'as an image of erofs' lr build erofs --from files:shell.list --image erofs
ok 'as one of squashfs' lr build squashfs --from files:shell.list --image squashfs
ok 'sftp-only' lr build sftp --from files:sftp-only.list
in_tree() { # NAME [LINE]
	DEFAULTS="trees = $TREES" standard_jail "root = $1
${2:-}"
}
sshd_start main
for name in sh erofs squashfs; do
	in_tree $name
	is "$(j 'echo $0 in; ls /usr/bin | wc -l' 2>&1 | tail -n 1)" "$(lr export $name - | tar -t | grep -c '^./usr/bin/.')" "a login into $name"
	ok 'the jail goes' jails_gone
done
in_tree sftp 'shell = /usr/lib/openssh/sftp-server'
echo 'pwd' | sftp_on alice >"$T/sftp" 2>&1
is $? 0 'sftp into the tree that has nothing else' || diag "$(cat "$T/sftp")"
ok 'the jail goes' jails_gone

in_tree sh
first=$(gen_of sh)
hold live alice
ok 'update while a jail is live' lr update sh --no-network -- touch /etc/second
second=$(gen_of sh)
is "$(j 'ls /etc/second 2>/dev/null || echo none')" none 'it keeps its generation'
like "$(lr list sh)" "$first .*\(in use\)" 'which list says'
run lr gc --keep 0
like "$err" "sh: $first is in use by a live jail, and stays" 'and gc'
run lr remove sh
like "$status $err" '^1 .*in use' 'remove refuses'
is "$(on bob 'ls /etc/second')" /etc/second 'a new jail has the new one'
release live
ok 'the jails go' jails_gone
ok 'gc' lr gc --keep 0
nok 'it is gone' test -e "$TREES/sh/$first"
lr update sh --no-network -- touch /etc/third >/dev/null 2>&1
hold live alice
ok 'rollback while a jail is live' lr rollback sh
like "$(lr list sh)" "\(in use\)" 'list says what is in use'
is "$(j 'ls /etc/third')" /etc/third 'the jail keeps its generation'
is "$(on bob 'ls /etc/third 2>/dev/null || echo none')" none 'a new one has the older'
release live
ok 'the jails go' jails_gone
like "$(lr list sh)" "\* $second" 'which is current'

# Without --trees it is where jail.ini says
like "$(loginjail-rootfs list sh)" "\* $second" 'the place is that of jail.ini'
is "$(loginjail value trees)" "$TREES" 'which loginjail value prints'
is "$(loginjail value root; loginjail value readonly)" $'host\nno' 'as it does defaults'
run loginjail value users
like "$status $err" '^100 .*no option of \[defaults\]' 'not what only sections have'
echo 'nonsense = 1' >>"$INI"
run loginjail-rootfs list sh
like "$status $err" "^1 .*nonsense.*does not say where the trees are.*--trees" 'a file with errors is no answer'
