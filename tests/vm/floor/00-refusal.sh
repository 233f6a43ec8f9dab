#!/bin/bash
# SPDX-License-Identifier: MIT
# A kernel that is too old: whom jail.ini matches is refused, in one line, and the log
# says which kernel it takes; nobody else notices anything.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

ran='echo R$((40 + 2))N'
like "$(uname -r)" '^5\.10\.' 'Linux 5.10'
is "$(cat /proc/1/comm)" systemd 'systemd is PID 1'
log_mark
run j "$ran"
isnt "$status" 0 'a login is refused'
unlike "$out$err" R42N 'nothing runs'
# Beside ours there is what other modules have to say.
is "$(grep -c '^loginjail: ' <<<"$out"$'\n'"$err")" 1 'the user reads one line of ours'
is "$(log_since | grep -cE 'loginjail.*kernel 5\.19 or later is needed .*this is 5\.10')" 1 \
	'the log says in one which kernel it takes'
run sftp_on alice <<<'ls /'
isnt "$status" 0 'sftp is refused'
run on_opt alice '-tt' "$ran" </dev/null
unlike "$out" R42N 'so is a terminal'
is "$(jail_groups)$(find "$STATE/upper" "$RUN/jail" -mindepth 1 2>/dev/null)" '' 'nothing is left'
is "$(free 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'others log in'
ok 'so does root' on root true
