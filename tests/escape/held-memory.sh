#!/bin/bash
# SPDX-License-Identifier: MIT
# Memory that a user's jail has taken and passed by descriptor to somebody who stays: when
# the jail ends it goes on counting against the user's next one, so that who logs out and
# in again and again never has more than the limit.
# Not again as root of the jail: memory is charged to the jail's group, whoever takes it.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user erik 2009
mkdir -m 1777 /srv/shared
jail_ini <<'EOS'
[jail giver]
users = alice
memory = 64M
tmp = 64M
bind = /srv/shared

[jail taker]
users = bob
bind = /srv/shared

[jail alone]
users = erik
memory = 64M
tmp = 64M
scope = session
sessions = 3
EOS
sshd_start main
M=$((1 << 20))

# What a user's groups have, of jails that live and that have ended.
charged() { # USER
	local dir n sum=0
	for dir in $(jail_groups "$1"); do
		for n in memory.current memory.swap.current memory.usage_in_bytes; do
			[[ ! -e $dir/$n ]] || sum=$((sum + $(<"$dir/$n")))
		done
	done
	echo "$sum"
}
records() { find "$RUN/held" -type f 2>/dev/null | wc -l; }
ended() { ! jail_exists "$1"; }
no_records() { [[ ! -e $RUN/held ]]; }
# Of the user's jail that lives: those that are kept have nobody in them.
limit() { # USER
	local dir file
	hold limit "$1"
	for dir in $(jail_groups "$1"); do
		for file in "$dir"/memory.{max,limit_in_bytes}; do
			[[ ! -e $file || -z $(cat "$dir/cgroup.procs") ]] || cat "$file"
		done
	done
	release limit
	eventually ended "$1"
}
taker() { # USER SOCKET: begins to hold what comes
	alone ssh -F "$S/ssh_config" -l "$1" world "exec fdpass listen $2 keep" >"$T/kept" 2>&1 </dev/null &
	taker=$!
	ok "($1 waits for what comes)" eventually test -S "$2"
}
taker_ends() { # USER SOCKET
	kill "$taker"
	wait "$taker" 2>/dev/null
	rm -f "$2"
	eventually ended "$1"
}
give() { # USER SOCKET MB [FILE]
	local before
	before=$(grep -c kept "$T/kept")
	on "$1" "fdpass connect $2 fill $3 ${4:-}" >"$T/given" 2>&1 || return 1
	(($(grep -c kept "$T/kept") > before))
}

# ---- what is usual keeps nothing --------------------------------------------------
cat >"$TOOLS/usual" <<'EOS'
#!/bin/sh
head -c 20M /dev/zero >/tmp/file
head -c 1M /dev/zero >/dev/shm/file
mkfifo /tmp/fifo
(head -c 30000 /dev/zero >/tmp/fifo; sleep 0.1) &
head -c 10000 /tmp/fifo >/dev/null
head -c 20M /dev/zero >"$HOME/file"
cat "$HOME/file" >/dev/null
rm "$HOME/file"
perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_STREAM, 0); syswrite A, "x" x 60000; fork; sleep 1 if !fork'
ls -R /usr/share >/dev/null
EOS
chmod 755 "$TOOLS/usual"
for ((i = 0; i < 20; i++)); do
	on_opt alice -tt usual </dev/null >/dev/null 2>&1
	eventually ended alice
	(($(records) == 0)) || break
done
is "$i,$(records)" 20,0 'twenty logins with files, pipes, sockets and a terminal leave no record'
is "$(grep memory_held "$LOG")" '' 'nor does the log speak of any'
ok 'and no group' jails_gone

# ---- two users, a memfd or a deleted file -------------------------------------------
socket=/srv/shared/socket
for file in '' /tmp/file; do
	what=${file:-memory}
	taker bob "$socket"
	ok "$what: it is passed" give alice "$socket" 40 "$file"
	ok "$what: the jail ends" eventually ended alice
	between "$(charged alice)" $((39 * M)) $((44 * M)) "$what: what it took is there all the same"
	is "$(records)" 1 "$what: and recorded"
	ok "$what: the log says so" logged 'alice: jail .* memory_held=4[0-9]{7}'
	between "$(limit alice)" $((19 * M)) $((24 * M)) "$what: the next login has the rest"
	ok "$what: the log says that it has less" logged 'alice: the memory limit 64M is less by 4[0-9]M'
	is "$(records)" 1 "$what: which leaves no record of its own"
	nok "$what: as much again can't be passed" give alice "$socket" 40 "$file"
	eventually ended alice
	ok "$what: what is left can" give alice "$socket" 12 "$file"
	eventually ended alice
	for round in 1 2 3; do
		nok "$what: round $round: there is no login more" give alice "$socket" 12 "$file"
		between "$(charged alice)" $((51 * M)) $((64 * M)) "$what: round $round: all of it stays below the limit"
	done
	like "$(on alice true 2>&1 </dev/null)" 'loginjail: memory that your earlier sessions passed' "$what: the user is told"
	ok "$what: the log says why" logged \
		'alice: login refused: 5[0-9]M of the memory limit 64M are held by what earlier jails of alice passed'
	is "$(on bob echo in)" in "$what: others have their limit"
	loginjail gc >"$T/gc" 2>&1
	is "$(records)" 2 "$what: clearing up leaves the records" || diag "$(cat "$T/gc")"
	taker_ends bob "$socket"
	is "$(limit alice)" $((64 * M)) "$what: when the taker has gone there is the whole limit"
	ok "$what: no record is left" no_records
	ok "$what: and no group" jails_gone
done

# ---- one user, a jail for each session -------------------------------------------------
socket=/home/erik/socket
taker erik "$socket"
ok 'session: it is passed' give erik "$socket" 40
ok 'session: it is recorded' eventually_sh '(($(records) == 1))'
ok 'session: what is left is passed' give erik "$socket" 12
ok 'session: it is recorded, too' eventually_sh '(($(records) == 2))'
nok 'session: there is no login more' give erik "$socket" 12
between "$(charged erik)" $((51 * M)) $((128 * M)) 'session: all is below the limits of the sessions there are'
taker_ends erik "$socket"
loginjail gc >"$T/gc" 2>&1
ok 'session: when the taker has gone no record is left' no_records || diag "$(cat "$T/gc")"
ok 'session: and there is a login' on erik true
ok 'session: and no group' jails_gone

# ---- a killed keeper -----------------------------------------------------------------
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
is "$(records)" 0 '(nobody has recorded it)'
between "$(limit alice)" $((19 * M)) $((24 * M)) 'killed: the next login has the rest'
is "$(records)" 1 'killed: it is recorded'
ok 'killed: the run directory of the dead one is gone' eventually ended alice
between "$(charged alice)" $((39 * M)) $((44 * M)) 'killed: its group is there'
taker_ends bob "$socket"
is "$(limit alice)" $((64 * M)) 'killed: when the taker has gone there is the whole limit'
ok 'killed: no record is left' no_records
ok 'nothing stays' jails_gone
