#!/bin/bash
# SPDX-License-Identifier: MIT
# One jail takes all it can get of what the kernel counts per user; the host's root
# and other jails must have as much as before, and the jail must still end.
# again: as-root
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail test]
groups = jailed
pids = 200
# As many descriptors are in flight; half a million, which hosts allow, are memory first.
nofile = 4096
EOS
sshd_start main
mkdir -p "$T/proof"

# As much as a user without a jail gets is what is normal here.
for what in inotify:100 mqueue:20 pty:100 flight:400 watch:1000; do
	kind=${what%:*} enough=${what#*:}
	hold other bob
	mkfifo "$T/hog"
	# As many as there are, held until the end
	alone ssh -F "$S/ssh_config" -l alice world "$(command_for alice "hog $kind 1000000 hold; sleep 60")" \
		</dev/zero >"$T/hog" 2>/dev/null &
	client=$!
	read -r -t $((2 * ${TIMEOUT:-30})) taken <"$T/hog"
	rm "$T/hog"
	like "$taken" '^[0-9]+ E' "$kind: a jail takes all it gets: ${taken:-nothing}"
	is "$(hog "$kind" "$enough")" "$enough enough" "$kind: the host's root is not short of it"
	is "$(on uma "hog $kind $enough")" "$enough enough" "$kind: nor is a user without a jail"
	got=$(on bob "hog $kind $enough")
	# A jail's own ceiling may be lower than a user's of the host.
	like "$got" '^([0-9]+) ' "$kind: another jail has some: $got"
	between "${got%% *}" $((enough < 20 ? enough / 2 : 10)) "$enough" "$kind: and not few"
	ok "$kind: another user can log in" on bob true
	# Descriptors in flight are counted for the user, wherever they are;
	# whoever has used them up may have to wait for a session of their own.
	if [[ $kind != flight ]]; then
		ok "$kind: so can the same one" j true
	fi
	kill -KILL "$client"
	wait "$client" 2>/dev/null
	release other
	ok "$kind: the jail ends" jails_gone
	is "$(on alice "hog $kind 5")" '5 enough' "$kind: and the next one is well"
	jails_gone
done
is "$(find /dev/pts -name '[0-9]*' | wc -l)" 0 'no terminal of the host is taken'
is "$(find /dev/mqueue -type f | wc -l)" 0 'no message queue of the host is there'
