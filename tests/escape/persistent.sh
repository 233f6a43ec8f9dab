#!/bin/bash
# SPDX-License-Identifier: MIT
# A user who lays traps in what is kept: for root, who walks it later; for the next
# jail, which must never share it with the last; and by killing in between.
# again: as-root
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail tree]
users = alice
storage = persistent
home = private

[jail image]
users = bob
storage = persistent
home = private
disk = 32M
EOS
sshd_start main
loops() { grep -l "loginjail" /sys/block/loop*/loop/backing_file 2>/dev/null | wc -l; }
loops_before=$(loops)
no_loops() { (($(loops) == loops_before)); }
all_gone() { loginjail gc >/dev/null && no_jails; }
keeper_of() {
	local pid
	for pid in $(pgrep -u root loginjail-keep); do
		[[ $(readlink "/proc/$pid/fd/"*) == *"$(basename "$(jail_dir "$1")")"* ]] && echo "$pid" && return
	done
}

# Links and names for root to stumble on
mkdir -p /srv/victim/sub
echo precious >/srv/victim/sub/file
chmod -R 777 /srv/victim
for user in alice bob; do
	on "$user" 'ln -s /srv/victim v; mkdir d; ln -s /srv/victim/sub d/s; ln -s .. d/up; ln -s / root
		mkdir -p .rmtree-0/.rmtree-1 tree image lock; ln -s /srv/victim .rmtree-2
		cd d; for i in $(seq 200); do mkdir x && cd x || break; done; ln -s /srv/victim t'
	jails_gone
	ok "$user: (links are there)" on "$user" 'test -L v'
	jails_gone
	ok "$user: reset" loginjail reset "$user"
	is "$(cat /srv/victim/sub/file)" precious "$user: and nothing that a link names is touched"
	is "$(find "$STATE/persistent" -mindepth 1 | wc -l)" 0 "$user: nothing is left"
done

for user in alice bob; do
	place=$STATE/persistent/$(id -u "$user")
	# The lock: PID 1 and the keeper have it, no session can get at it
	hold warm "$user"
	nok "$user: the lock is held" flock -n "$place/lock" true
	is "$(on "$user" 'sleep 20 & find /proc/*/fd -lname "*lock*" 2>/dev/null | grep -c . ; kill $!')" 0 \
		"$user: no descriptor of it is in a session"
	is "$(for pid in $(jail_pids "$user"); do
		[[ $(readlink "/proc/$pid/fd/"* 2>/dev/null) == *"persistent/$(id -u "$user")/lock"* ]] &&
			stat -c %u "/proc/$pid"
	done | sort -u)" "$(stat -c %u "/proc/$(jail_init "$user")")" "$user: none but PID 1's uid has one"
	on "$user" 'cat /proc/1/fd/5 /proc/1/cwd 2>&1' >"$T/pid1"
	nok "$user: nor is it to be had from PID 1" grep -qv 'Permission denied' "$T/pid1"

	# A process that will not go writes on: never beside the next jail's
	on "$user" 'trap "" TERM HUP INT; (while :; do echo $RANDOM >beat; done) >/dev/null 2>&1 </dev/null &'
	kill -KILL "$(keeper_of "$user")"
	release warm
	# shellcheck disable=SC2016 # for the other side
	check='a=$(cat beat; stat -c %y beat); for i in 1 2 3 4 5 6 7 8 9; do
		b=$(cat beat; stat -c %y beat); [[ $a == "$b" ]] || { echo "another writes"; break; }; done; echo done'
	is "$(on "$user" "$check")" 'done' "$user: the last jail's processes are gone when the next one starts"
	ok "$user: all goes" eventually all_gone

	# The login that stays after its jail
	hold master "$user"
	run loginjail kill "$user"
	ok "$user: after loginjail kill the next login works, whatever that client does" on "$user" 'echo x >y'
	release master
	jails_gone
	on_opt "$user" '-o ControlMaster=yes -o ControlPersist=60' true
	run loginjail kill "$user"
	ok "$user: the same with a connection that is kept open" \
		on_opt "$user" '-o ControlPath=none' 'cat y'
	on_opt "$user" '-O exit' 2>/dev/null
	ok "$user: all goes" eventually all_gone
done

# Killed at some moment of the set-up, when it is made and later: it is made whole, or
# made again, and no device stays.
loginjail reset alice bob
for i in $(seq 1 36); do
	user=alice
	((i % 2)) && user=bob
	((i % 12 < 2)) && eventually all_gone && loginjail reset "$user" 2>/dev/null
	alone ssh -F "$S/ssh_config" -l "$user" world "echo $i >n$i" >/dev/null 2>&1 </dev/null &
	client=$!
	case $((i % 3)) in
	0) comm=loginjail-setup ;;
	1) comm=loginjail-init ;;
	2) comm=loginjail-keep ;;
	esac
	eventually_sh "pkill -KILL -x '${comm:0:15}' || ! kill -0 $client"
	wait "$client"
done 2>/dev/null
for user in alice bob; do
	ok "$user: after all that a login works" eventually on "$user" 'echo whole >file'
	ok "$user: and all goes" eventually all_gone
	is "$(on "$user" 'cat file')" whole "$user: and what it wrote is kept"
	ok "$user: and all goes" eventually all_gone
done
ok 'no loop device is left' eventually no_loops
is "$(find "$STATE/upper" -mindepth 1 2>/dev/null | wc -l)" 0 'no upper layer is left'
is "$(find "$STATE/persistent" -mindepth 1 -maxdepth 1 | wc -l)" 2 'two storages are'

# Many at once, and jails that end meanwhile
pids=()
for i in $(seq 1 24); do
	user=alice
	((i % 2)) && user=bob
	on "$user" "echo $i >m$i" >/dev/null 2>&1 &
	pids+=("$!")
	((i % 6)) || loginjail kill "$user" >/dev/null 2>&1
done
wait "${pids[@]}"
ok 'after many logins and ends at once: all goes' eventually all_gone
for user in alice bob; do
	is "$(on "$user" 'cat file; echo x >z && cat z' | tr '\n' ' ')" 'whole x ' "$user: nothing is lost"
done
jails_gone
ok 'no loop device is left' eventually no_loops
