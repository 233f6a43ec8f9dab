#!/bin/bash
# SPDX-License-Identifier: MIT
# The harness itself, with users that have no jail: what fails here is no bug of
# the product.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main

run free 'echo out; echo err >&2; exit 7'
is "$status" 7 'an exit status comes through'
is "$out" out 'standard output comes through'
is "$err" err 'standard error comes through'

run bare 'readlink /proc/self/ns/mnt'
is "$out" "$HOST_MNT" 'a user with a bare ForceCommand is on the host'

is "$(on root id -u)" 0 'root can log in'

hold h uma
ok 'a held session is there' pgrep -u uma -x cat
ok 'a held session ends' release h
ok 'and is gone' eventually not pgrep -u uma -x cat

echo 'ls /' | sftp_on uma >"$T/sftp"
ok 'sftp works' grep -q etc "$T/sftp"
logger -p authpriv.info 'a line of the test'
ok 'the log is the world'"'"'s' eventually logged 'a line of the test'

"$LIB/snapshot" >"$T/before"
between "$(wc -l <"$T/before")" 500 100000 'a snapshot shows something'
ok 'a snapshot equals the next' "$LIB/snapshot" diff "$T/before"
run free true
ok 'a plain login changes nothing' eventually "$LIB/snapshot" diff "$T/before"
hold h uma
nok 'a session shows in it' "$LIB/snapshot" diff "$T/before"
release h
mkdir /srv/x
nok 'a directory shows in it' "$LIB/snapshot" diff "$T/before"
