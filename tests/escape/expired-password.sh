#!/bin/bash
# SPDX-License-Identifier: MIT
# With an expired password sshd runs the set-uid passwd(1) in the user's place.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
for user in uma alice; do
	password_of $user old-password
	shadow_field $user 3 0
done

change() { # USER OPTION: what is printed
	TIMEOUT=$((${TIMEOUT:-20} / 4)) on_opt "$1" "$2" 'echo RAN' </dev/null 2>&1 | tr -d '\r'
}
like "$(change uma -tt)" '[Cc]urrent password' 'without a jail: passwd runs on the host'
for option in -tt -T; do
	log_mark
	text=$(change alice $option)
	unlike "$text" '[Cc]urrent password' "$option: it does not run for a jailed user"
	unlike "$text" RAN "$option: nor does the command"
done
log_mark
alone ssh -F "$S/ssh_config" -N -l alice world </dev/null >/dev/null 2>&1 &
client=$!
ok 'a login without a command is refused as well' eventually logged_since 'loginjail.*refused'
ok 'and there is no jail' eventually no_jails
kill "$client"
wait "$client" 2>/dev/null
echo pwd | sftp_on alice >/dev/null 2>&1
isnt $? 0 'sftp is refused'
nok 'no passwd runs' pgrep -x passwd
shadow_field alice 3 19000
ok 'with a new password the user is let in' j true
shadow_field alice 8 1
run j 'echo RAN'
isnt "$status" 0 'an expired account is refused'
unlike "$out" RAN 'and nothing runs'
ok 'nothing stays' jails_gone
