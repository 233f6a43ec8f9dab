#!/bin/bash
# SPDX-License-Identifier: MIT
# Memory that a user's jail has taken and passed by descriptor to somebody who stays: when
# the jail ends it goes on counting against the user's next ones, so that who logs out and
# in again and again never has more than the limit.
# Not again as root of the jail: memory is charged to the jail's group, whoever takes it.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user erik 2009
add_user free 2010
mkdir -m 1777 /srv/shared
sections() { # MEMORY of alice
	jail_ini <<-EOS
		[jail giver]
		users = alice
		memory = $1
		tmp = 64M
		cpu_weight = 300
		bind = /srv/shared

		[jail taker]
		users = bob
		bind = /srv/shared

		[jail alone]
		users = erik
		memory = 64M
		tmp = 64M
		scope = session
		sessions = 2

		[jail unlimited]
		users = free
		memory = max
		bind = /srv/shared
	EOS
}
sections 64M
sshd_start main
M=$((1 << 20))

# FILE... of the user's group: the first of the names that exists.
of_user() { # USER FILE...
	local dir name user=$1
	shift
	for dir in $(user_group "$user"); do
		for name in "$@"; do
			[[ ! -e $dir/$name ]] || { cat "$dir/$name" && return; }
		done
	done
	return 1
}
charged() { of_user "$1" memory.current memory.usage_in_bytes; }
limit() { of_user "$1" memory.max memory.limit_in_bytes; }
no_user_group() { [[ -z $(user_group "$1") ]]; }
# Pages that nobody has are not what counts.
gc() { loginjail gc >"$T/gc" 2>&1; }

# ---- what is usual is in nobody's way ------------------------------------------------
cat >"$TOOLS/usual" <<'EOS'
#!/bin/sh
head -c 45M /dev/zero >/tmp/file && head -c 1M /dev/zero >/dev/shm/file || echo failed
head -c 70M /dev/zero >"$HOME/file" && cat "$HOME/file" >/dev/null || echo failed
ls -R /usr/share >/dev/null 2>&1
EOS
chmod 755 "$TOOLS/usual"
for ((i = 0; i < 8; i++)); do
	got=$(on alice usual 2>&1 </dev/null)
	[[ -z $got ]] || break
done
is "$i:$got" 8: 'eight logins at once after one another fill a file system in memory and the page cache'
is "$(logged 'alice: .*limit.* reached' && cat "$LOG")" '' 'nobody is killed for what an earlier one had'
ok '(all are gone)' jails_gone
is "$(user_group alice | wc -l)" 1 'one group of the user stays'
is "$(limit alice)" $((65 * M)) 'with the limit, and a little'
if weight=$(of_user alice cpu.weight); then
	is "$weight" 300 'and with the weight, where it counts there'
fi
gc
like "$(cat "$T/gc")" 'cgroups? of users? without jails removed' 'clearing up removes it'
ok 'it is gone' no_user_group alice
sections 80M
on alice true
is "$(limit alice)" $((81 * M)) 'a new limit is that of the group'
sections max
on alice true
ok 'without a limit' eventually jail_ended alice
ok 'it goes with the last jail' eventually no_user_group alice
sections 64M

# ---- who has no limit: the attack succeeds -----------------------------------------------
socket=/srv/shared/socket
taker bob "$socket"
for i in 1 2 3; do
	ok "no limit: passed, $i" give free "$socket" 40
	eventually jail_ended free
done
taker_ends bob "$socket"

# ---- two users, a memfd or a deleted file --------------------------------------------------
for file in '' /tmp/file; do
	what=${file:-memory}
	taker bob "$socket"
	ok "$what: it is passed" give alice "$socket" 40 "$file"
	ok "$what: the jail ends" eventually jail_ended alice
	ok "$what: its group is gone" eventually_sh '[[ -z $(jail_groups alice) ]]'
	between "$(charged alice)" $((39 * M)) $((65 * M)) "$what: what it took is there all the same"
	nok "$what: as much again can't be passed" give alice "$socket" 40 "$file"
	ok "$what: the log says why" eventually logged 'alice: memory limit .*reached'
	eventually jail_ended alice
	ok "$what: what is left can" give alice "$socket" 10 "$file"
	eventually jail_ended alice
	for round in 1 2 3 4 5 6; do
		give alice "$socket" 4 "$file" || break
		eventually jail_ended alice
	done
	like "$round" '^[1-5]$' "$what: there is an end to it"
	between "$(charged alice)" $((49 * M)) $((65 * M)) "$what: all of it stays below the limit"
	for round in 1 2 3; do
		nok "$what: round $round: no more is passed" give alice "$socket" 8 "$file"
		eventually jail_ended alice
	done
	between "$(charged alice)" $((49 * M)) $((65 * M)) "$what: nor is more charged"
	is "$(on bob echo in)" in "$what: others have their limit"
	gc
	is "$(user_group alice | wc -l)" 1 "$what: clearing up leaves the group" || diag "$(cat "$T/gc")"
	taker_ends bob "$socket"
	taker bob "$socket"
	ok "$what: when the taker has gone there is the whole limit" give alice "$socket" 40 "$file"
	eventually jail_ended alice
	taker_ends bob "$socket"
	gc
	ok "$what: and then the group can go" no_user_group alice || diag "$(cat "$T/gc")"
done

# ---- nothing is left to a jail: said, rather than to kill its first process -------------------
taker bob "$socket"
nok 'full: 62M are too much for a jail of 64M, or just pass' give alice "$socket" 70
eventually jail_ended alice
ok 'full: they are passed in parts' give alice "$socket" 50
eventually jail_ended alice
sections 50M
like "$(on alice true 2>&1 </dev/null)" 'loginjail: memory that your earlier sessions passed' 'full: the user is told'
ok 'full: the log says why' logged 'alice: login refused: .*[45][0-9]M of the 51M of memory that all jails of this user'
sections 64M
is "$(on alice echo in)" in 'full: with a higher limit there is a login'
eventually jail_ended alice
taker_ends bob "$socket"
sections 50M
is "$(on alice echo in)" in 'full: or when the taker has gone'
sections 64M

# ---- one user, a jail for each session ------------------------------------------------------
socket=/home/erik/socket
taker erik "$socket"
passed=0
for round in 1 2 3 4 5 6; do
	! give erik "$socket" 40 || ((passed += 40))
	eventually_sh '(($(jail_groups erik | wc -l) < 5))'
done
between "$passed" 80 120 'session: no more is passed than two sessions may have'
between "$(charged erik)" $((70 * M)) $((130 * M)) 'session: all is below the limits of the sessions there may be'
is "$(limit erik)" $((130 * M)) 'session: which are the limit of the group'
taker_ends erik "$socket"
ok '(it ends)' eventually jail_ended erik
is "$(on erik echo in)" in 'session: then there is a login'

# ---- a killed keeper ----------------------------------------------------------------------
keeper_of() { # USER: its jail's instance is in the lock that only its keeper has
	local pid
	for pid in $(pgrep -u root loginjail-keep); do
		find "/proc/$pid/fd" -lname "*/${1}-*" 2>/dev/null | grep -q . && echo "$pid"
	done
}
socket=/srv/shared/socket
taker bob "$socket"
hold stays alice
ok 'killed: it is passed' give alice "$socket" 40
kill -KILL "$(keeper_of "$(id -u alice)")"
ok 'killed: its jail is dead' eventually_sh '[[ -z $(jail_pids alice) ]]'
release stays
nok 'killed: as much again is not' give alice "$socket" 40
ok 'killed: the run directory of the dead one is gone' eventually jail_ended alice
between "$(charged alice)" $((39 * M)) $((65 * M)) 'killed: what it took is there'
taker_ends bob "$socket"

# ---- page cache that somebody else locks ------------------------------------------------
head -c 60M /dev/urandom >/srv/shared/file
chmod 644 /srv/shared/file
sync /srv/shared/file
dd if=/srv/shared/file iflag=nocache count=0 2>/dev/null
on alice 'cat /srv/shared/file >/dev/null'
eventually jail_ended alice
alone ssh -F "$S/ssh_config" -l bob world 'exec fdpass lock /srv/shared/file' >"$T/kept" 2>&1 </dev/null &
taker=$!
ok "locked: (bob locks the pages of alice's)" eventually grep -q kept "$T/kept" || diag "$(cat "$T/kept")"
between "$(charged alice)" $((58 * M)) $((66 * M)) 'locked: (they count to her)'
is "$(on alice 'head -c 40M /dev/zero >/tmp/file && echo in')" in 'locked: she has her limit all the same'
eventually jail_ended alice
between "$(limit alice)" $((110 * M)) $((128 * M)) 'locked: which is higher by as much'
taker_ends bob /srv/shared/none
is "$(on alice 'cat /tmp/file 2>/dev/null | wc -c')" 0 '(a login)'
eventually jail_ended alice
is "$(limit alice)" $((65 * M)) 'locked: until they are not locked'

# ---- groups without jails go by themselves --------------------------------------------------
on erik true
ok '(all are gone)' jails_gone
is "$(user_group alice | wc -l)$(user_group erik | wc -l)" 11 '(two groups)'
on bob true
ok '(bob is gone)' eventually jail_ended bob
is "$(user_group alice | wc -l)$(user_group erik | wc -l)" 11 'idle: for an hour they stay'
taker bob "$socket"
give alice "$socket" 20
eventually jail_ended alice
on erik true
eventually jail_ended erik
for user in alice erik; do
	touch -d '2 hours ago' "$(user_group "$user")"
done
for i in 1 2 3; do
	on free true
	eventually jail_ended free
done
ok 'idle: after that the next jails that end remove one' eventually no_user_group erik
is "$(user_group alice | wc -l)" 1 'idle: but not one with memory that somebody holds'
taker_ends bob "$socket"
touch -d '2 hours ago' "$(user_group alice)"
on free true
ok 'idle: until nobody does' eventually no_user_group alice

# ---- who clears up while others come --------------------------------------------------------
(while [[ ! -e $T/enough ]]; do loginjail gc; done >/dev/null 2>"$T/gc") &
cleaner=$!
for ((i = 0; i < 15; i++)); do
	[[ $(on alice echo in 2>&1 </dev/null) == in ]] || break
	eventually jail_ended alice
done
is "$i" 15 'fifteen logins while groups are cleared away all the time'
: >"$T/enough"
wait "$cleaner"
is "$(cat "$T/gc")" '' 'which says nothing'

ok 'nothing stays of jails' jails_gone
gc
is "$(find /sys/fs/cgroup -path '*/loginjail/*' -name 'user-*' | wc -l)" 0 'nor, when that is cleared up, of users'
