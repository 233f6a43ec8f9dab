#!/bin/bash
# SPDX-License-Identifier: MIT
# Who logs out and in again, and keeps the last jail from ending: there are never more
# jails of a user than logins allowed, or the limits would be no limits.
# Not again as root of the jail: jails are counted by PID 1's and the keeper's locks, which
# who is in them has no part in; that root's processes go at logout is in jail-root.sh.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
n=2330
for user in ann ben; do
	n=$((n + 1))
	add_user "$user" "$n"
done
jail_ini <<'EOS'
[jail shared]
users = ann
sessions = 1

[jail alone]
users = ben
scope = session
sessions = 2
EOS
sshd_start main
for user in ann ben; do on "$user" true; done
jails_gone
"$LIB/snapshot" >"$T/before"

# A process that stays for the three seconds that PID 1 gives it.
deaf='(trap "" TERM HUP; setsid sleep 4141 </dev/null >/dev/null 2>&1 &); echo in'
jails_of() { # USER: those in which such a process is alive
	local pid
	for pid in $(pgrep -u "$1" -f '^sleep 4141'); do
		readlink "/proc/$pid/ns/pid" 2>/dev/null
	done | sort -u | wc -l
}
most_of() { # USER PID...: until these have ended, how many there were at a time at the most
	local user=$1 most=0 now
	shift
	while kill -0 "$@" 2>/dev/null; do
		now=$(jails_of "$user")
		((now > most)) && most=$now
	done
	# They stay for a while after their clients, who may have been quicker than one look.
	now=$(jails_of "$user")
	((now > most)) && most=$now
	wait "$@"
	echo "$most" >"$T/most"
}
serial() { # USER N
	local i
	for ((i = 0; i < $2; i++)); do on "$1" "$deaf"; done >"$T/serial" 2>&1
}

# One after another
serial ann 4 &
most_of ann $!
is "$(<"$T/most")" 1 'scope = user: logging out and in again makes no second jail'
is "$(grep -c '^in$' "$T/serial")" 4 'and is not refused'
serial ben 5 &
most_of ben $!
like "$(<"$T/most")" '^[12]$' 'scope = session: no more than sessions allows'
is "$(grep -c '^in$' "$T/serial")" 5 'and it is not refused'
ok 'all are gone' jails_gone

# At once
log_mark
on ann "$deaf" >/dev/null
for user in ann ben; do
	ids=()
	for i in {1..8}; do
		on "$user" "$deaf" >"$T/at-once.$user.$i" 2>&1 &
		ids+=("$!")
	done
	most_of "$user" "${ids[@]}"
	like "$(<"$T/most")" "$([[ $user == ann ]] && echo '^1$' || echo '^[12]$')" \
		"eight logins of $user at once while jails end"
	is "$(cat "$T/at-once.$user."* | grep -c -e '^in$' -e 'which is the limit$')" 8 'each is let in, or told of the limit'
done
ok 'the log says what is waited for' \
	logged_since 'ann: this login waits until the jail of the last one has ended'
ok 'all are gone' jails_gone

# By the administrator
for user in ann ben; do
	hold one "$user"
	on "$user" true >/dev/null 2>&1
	loginjail kill "$user"
	ok "who was thrown out can log in at once ($user)" on "$user" true
	release one 2>/dev/null
done
ok 'all are gone' jails_gone

# While it is ending by itself: the keeper has the question, and listens no more
hold one ann
keeper=$(pgrep -x loginjail-keep)
kill -STOP "$keeper"
loginjail kill ann >"$T/kill" 2>&1 &
killer=$!
ok '(it is asked)' eventually_sh \
	'[[ $(<"/proc/$killer/stat") == *") S "* && -n $(find "/proc/$killer/fd" -lname "socket:*") ]]'
kill -KILL "$(jail_init ann)"
kill -CONT "$keeper"
wait "$killer"
is "$?,$(<"$T/kill")" 0, 'loginjail kill: a jail that ends meanwhile is no error'
is "$(compgen -G "$RUN/jail/2331-*")" '' 'and has ended then'
release one 2>/dev/null
ok 'all are gone' jails_gone

# The keeper is killed: PID 1 keeps the place until all are dead
for user in ann ben; do
	on "$user" "$deaf; exec sleep 4142" >"$T/held" 2>&1 &
	client=$!
	eventually grep -q in "$T/held"
	kill -KILL "$(pgrep -x loginjail-keep)"
	serial "$user" 3 &
	most_of "$user" $!
	like "$(<"$T/most")" "$([[ $user == ann ]] && echo '^1$' || echo '^[12]$')" \
		"a keeper that was killed lets no second jail be made ($user)"
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
	on uma true
	loginjail gc >/dev/null
	ok 'the next login works' eventually on "$user" true
	ok 'all are gone' jails_gone
done

# It lives, and gives no lease
log_mark
hold one ann
keeper=$(pgrep -x loginjail-keep)
kill -STOP "$keeper"
on ann 'echo in' >"$T/waits" 2>&1 &
client=$!
WITHIN=${WITHIN:-20} ok 'a keeper that is stopped: a login waits' eventually \
	logged_since 'ann: this login waits until the jail of the last one has ended'
is "$(compgen -G "$RUN/jail/2331-*" | wc -l)" 1 'and makes no second jail'
kill -KILL "$keeper"
wait "$client"
is "$(tail -n 1 "$T/waits")" in 'it goes on when that one is dead'
release one 2>/dev/null
on uma true
loginjail gc >/dev/null
ok 'all are gone' jails_gone

rm -f /home/*/up
if WITHIN=${WITHIN:-15} eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'the host is as it was'
else
	"$LIB/snapshot" diff "$T/before" >"$T/differences"
	fail 'the host is as it was' "$(tail -n +3 "$T/differences")"
fi
