#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: tests/bench/bench.sh [-n ROUNDS] [-s] [PART...]     (make bench)
#
# Measures what loginjail costs, each figure beside what it is compared with, in
# turns on the same machine; writes build/bench.json and prints a table.
# Parts: login dirty mux storm setup network session memory logout snapshot (all).
#
# -n: rounds of the cold login (BENCH_ROUNDS, else 120); all others follow
# -s: status 1 where a figure misses its target (BENCH_STRICT=1)
#
# Status: 1 where something could not be measured; the reason is printed.
[[ ${LOGINJAIL_WORLD:-} == 1 ]] || # a world clears the environment
	set -- ${BENCH_ROUNDS:+-n "$BENCH_ROUNDS"} ${BENCH_STRICT:+-s} "$@"
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
trap - EXIT
rounds=120 strict=0
while getopts n:s option; do
	case $option in
	n) rounds=$OPTARG ;;
	s) strict=1 ;;
	*) exit 100 ;;
	esac
done
shift $((OPTIND - 1))
here=${BASH_SOURCE[0]%/*}
make -s -C "$here" || exit 1
B=$(cd "$here/../../build/bench" && pwd -P)
# shellcheck source=tests/bench/peers_lib.sh
. "$here/peers_lib.sh"
# shellcheck source=tests/bench/table_lib.sh
. "$here/table_lib.sh"

floor_scratch=/srv/floor
PEERS=/var/tmp/peers
lines=$T/lines.json
SETUP=("${ENTER%/*}/loginjail-setup" "$INI" sshd)
problems=0
declare -A result

problem() {
	printf 'bench: %s\n' "$*" >&2
	problems=$((problems + 1))
}

at_least() { echo $(($1 > $2 ? $1 : $2)); }

# ---- the world's disk, users and server ------------------------------------------

# The upper layers go to an ext4 of their own, with a journal as hosts have it.
# Where there is none (small virtual machines), ext4 searches what was deleted in
# the last minutes whenever it makes a file: thousands of jails in a row then
# measure that, six times over, and nothing else.
mount_state() {
	local n image=/var/tmp/bench.img
	result[state_fs]=directory
	mknod /dev/loop-control c 10 237 2>/dev/null
	for n in {0..15}; do
		mknod "/dev/loop$n" b 7 "$n" 2>/dev/null
	done
	truncate -s 2G "$image" && mkfs.ext4 -q -F "$image" && mount -o loop "$image" /srv &&
		rm "$image" && result[state_fs]='ext4 with a journal'
}

# 30 of each kind: p0.. are plain, l0.. are jailed; ls is jailed and has sh.
make_users() {
	local i
	add_group jailed 3000
	for i in {0..29}; do
		add_user "p$i" $((2100 + i))
		add_user "l$i" $((2200 + i)) /bin/bash jailed
	done
	add_user ls 2300 /bin/sh jailed
	DEFAULTS='linger = 0' jail_ini <<-EOS
		[jail bench]
		groups = jailed
	EOS
}

# Nothing of a former login is left: neither a jail nor a process of sshd's.
settled_script() {
	cat <<-EOS
		for i in \$(seq 1000); do
			set -- $RUN/jail/*
			[ -e "\$1" ] || { read -r c </proc/$1/task/$1/children; [ "\$c" ] || exit 0; }
			sleep 0.01
		done
		echo "a jail or a login does not end" >&2
		exit 1
	EOS
}

# 300 MB that the disk below the upper layers does not have yet.
dirty_script() { echo "dd if=/dev/zero of=$STATE/dirty bs=1M count=300 conv=notrunc status=none"; }

ssh_to() { # USER: the words of the command
	SSH=(ssh -F "$S/ssh_config" -l "$1" world)
}

# measure and keep its lines: measured NAME ARGUMENT... ; 1 where it failed
measured() {
	local name=$1
	shift
	printf '%-16s' "$name" >&2
	SECONDS=0
	if ! "$@" >"$T/out.json" 2>"$T/out.err"; then
		problem "$name: $(tail -n 3 "$T/out.err" "$T/out.json" | tr '\n' ' ')"
		grep -q '"rounds": [1-9]' "$T/out.json" || return 1
	fi
	cat "$T/out.json" >>"$lines"
	printf '%3d s\n' "$SECONDS" >&2
}

# Plain beside jailed: versus NAME ROUNDS [OPTION...] -- COMMAND WORDS (of the
# session); the two users are p0 and l0.
versus() {
	local name=$1 n=$2 options=() a b
	shift 2
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	ssh_to p0 && a=("${SSH[@]}" "$@")
	ssh_to l0 && b=("${SSH[@]}" "$@")
	measured "$name" "$B/measure" -N "$name" -l plain,jailed -n "$n" "${options[@]}" \
		-- "${a[@]}" --- "${b[@]}"
}

# ---- the parts --------------------------------------------------------------

# With a second plain user as a control: what that differs by is noise.
part_login() {
	local a b control
	ssh_to p0 && a=("${SSH[@]}" true)
	ssh_to l0 && b=("${SSH[@]}" true)
	ssh_to p1 && control=("${SSH[@]}" true)
	measured cold_login "$B/measure" -N cold_login -l plain,jailed,control -n "$rounds" -w 3 \
		-e "$settle" -- "${a[@]}" --- "${b[@]}" --- "${control[@]}"
}

part_dirty() {
	versus cold_login_dirty "$(at_least $((rounds / 2)) 5)" -e "$settle; $dirty" -- true
	result[dirty_kb]=$(awk '/^Dirty:/ { print $2 }' /proc/meminfo)
	rm -f "$STATE/dirty"
}

part_mux() {
	local u
	for u in p0 l0; do
		ssh_to "$u"
		"${SSH[@]}" -o ControlMaster=yes -o ControlPersist=yes -N -f ||
			problem "no master connection of $u"
	done
	versus mux_command $((rounds * 3)) -w 3 -- true
	for u in p0 l0; do
		ssh_to "$u"
		"${SSH[@]}" -O exit 2>/dev/null
	done
}

# A storm is processor time, so the kernel's own share of it counts: a plain login
# with the floor program beside it, against one with a program that does nothing.
part_storm() {
	local n a b beside=(sh -c '"$@" </dev/null & ${LOGIN}; wait' sh)
	n=$(at_least $((rounds / 8)) 2)
	floor_command || return
	ssh_to p%i && a=("${SSH[@]}" true)
	ssh_to l%i && b=("${SSH[@]}" true)
	measured storm "$B/measure" -N storm -l plain,jailed -n "$n" -s 30 -P 10 -e "$settle" \
		-- "${a[@]}" --- "${b[@]}"
	beside[2]=${beside[2]/'${LOGIN}'/"${a[*]}"}
	measured storm_floor "$B/measure" -N storm_floor -l nothing,floor -n "$n" -s 30 -P 10 -e "$settle" \
		-- "${beside[@]}" "$B/floor" --help --- "${beside[@]}" "${FLOOR_ONCE[@]}" -a beside -f
	rm -rf "$floor_scratch"
}

# Processes of the product. By the file: its path differs from root to root.
pids_of() { # PROGRAM
	local p
	for p in /proc/[0-9]*; do
		[[ $p/exe -ef ${ENTER%/*}/$1 ]] && echo "${p#/proc/}"
	done
}

# A jail of ls's that stays, its holder in its fence: hold_jail; then unhold_jail.
hold_jail() {
	coproc HOLDER { exec "$B/setup_client" hold ls "$ENTER" "${SETUP[@]}" ls 2>&1; }
	read -r -t 10 -u "${HOLDER[0]}" holder && [[ $holder =~ ^[0-9]+$ ]] && return
	problem "no jail to hold: ${holder:-}"
	return 1
}

unhold_jail() {
	local in=${HOLDER[1]} pid=$HOLDER_PID
	exec {in}>&-
	wait "$pid"
	bash -c "$settle" || problem 'the held jail does not end'
}

# The floor program with the mounts of the host that a jail's tree really has.
floor_command() {
	local at extra=()
	hold_jail || return 1
	while read -r at; do
		extra+=(-m "$at")
	done < <(awk '$5 != "/" && / - overlay / { print $5 }' \
		"/proc/$(pids_of loginjail-init | head -n 1)/mountinfo")
	unhold_jail
	mkdir -p "$floor_scratch"
	FLOOR_ONCE=("$B/floor" --once -c '' -s "$floor_scratch" "${extra[@]}")
	FLOOR=("${FLOOR_ONCE[@]}" -r 3 -h 4)
	result[floor_overlays]=$((1 + ${#extra[@]} / 2))
}

part_setup() {
	local n=$rounds
	floor_command || return
	measured setup_floor "$B/setup_client" compare setup_floor ls "$ENTER" "$n" 25 \
		"${SETUP[@]}" ls -- "${FLOOR[@]}" -a beside
	measured setup_fence_floor "$B/setup_client" compare setup_fence_floor ls "$ENTER" "$n" 25 \
		"${SETUP[@]}" ls -- "${FLOOR[@]}" -a beside -f
	measured setup_inline_floor "$B/setup_client" compare setup_inline_floor ls "$ENTER" "$n" 25 \
		"${SETUP[@]}" ls -- "${FLOOR[@]}" -a inline -f
	rm -rf "$floor_scratch"
}

# n0.. are for routed jails that live meanwhile; nr's is routed, nb's on a bridge, np's private.
network_users() {
	local i u
	add_group routed 3001
	add_user nr 3999 /bin/bash routed
	add_user np 3998
	add_user nb 3997
	for i in {0..499}; do
		u=$((4000 + i))
		printf 'n%d:x:%d:%d::/home/n%d:/bin/bash\n' "$i" "$u" "$u" "$i" >>/etc/passwd
		printf 'n%d:x:%d:\n' "$i" "$u" >>/etc/group
		mkdir -m 700 "/home/n$i" && chown "$u:$u" "/home/n$i"
	done
	sed -i -E "s/^(routed:.*)/\1,$(printf 'n%d,' {0..498})n499/" /etc/group
	sysctl -qw net.ipv4.conf.all.forwarding=1 net.ipv6.conf.all.forwarding=1
	cat >>"$INI" <<-EOS
		[jail routed]
		groups = routed
		network = routed

		[jail private]
		users = np

		[jail bridged]
		users = nb
		network = bridge
		bridge = lj-bench
		address = 192.168.88.128/26 fd88::1:0/112
		gateway = 192.168.88.1/24 fd88::1/64
	EOS
	loginjail net apply >/dev/null || problem 'no rules for routed jails'
}

# What a routed jail costs over a private one, while 1, 100 and 500 routed jails live; and one
# on a bridge.
part_network() {
	local n live=0 in pid pids=() ended a b c
	network_users
	ended="for i in \$(seq 1000); do ls $RUN/jail | grep -qE '^399[789]-' || exit 0; sleep 0.01; done; exit 1"
	a=(sh -c '"$@" </dev/null' sh "$B/setup_client" hold np "$ENTER" "${SETUP[@]}" np)
	b=(sh -c '"$@" </dev/null' sh "$B/setup_client" hold nr "$ENTER" "${SETUP[@]}" nr)
	c=(sh -c '"$@" </dev/null' sh "$B/setup_client" hold nb "$ENTER" "${SETUP[@]}" nb)
	mkfifo "$T/until" && exec {in}<>"$T/until"
	for n in 1 100 500; do
		for (( ; live < n; live++)); do
			"$B/setup_client" hold "n$live" "$ENTER" "${SETUP[@]}" "n$live" \
				<"$T/until" >"$T/holder.$live" 2>&1 {in}>&- &
			pid=$!
			pids+=("$pid")
			WITHIN=30 eventually test -s "$T/holder.$live" || problem "no jail of n$live"
		done
		measured "network_$n" "$B/measure" -N "network_$n" -l private,routed \
			-n "$(at_least "$rounds" 5)" -w 3 -e "($ended)" -- "${a[@]}" --- "${b[@]}"
		((n > 1)) || measured network_bridge "$B/measure" -N network_bridge -l private,bridged \
			-n "$(at_least "$rounds" 5)" -w 3 -e "($ended)" -- "${a[@]}" --- "${c[@]}"
	done
	exec {in}>&-
	rm "$T/until"
	wait "${pids[@]}"
	bash -c "$settle" || problem 'the routed jails do not end'
	jail_ini <<-EOS
		[jail bench]
		groups = jailed
	EOS
	loginjail net clear
}

part_session() {
	local why commands labels=session
	hold_jail || return
	commands=("$B/setup_client" enter ls "$ENTER" "$holder" true)
	mkdir -p "$PEERS"
	peers_find
	if lxc_up; then
		commands+=(--- "${LXC[@]}")
		labels+=,lxc
	else
		# shellcheck disable=SC2154 # set there
		result[lxc_skipped]=$why
	fi
	if crun_up; then
		commands+=(--- "${CRUN[@]}")
		labels+=,crun
	else
		result[crun_skipped]=$why
	fi
	measured session "$B/measure" -N session -l "$labels" -n $((rounds * 2)) -w 3 -- "${commands[@]}"
	lxc_down >/dev/null 2>&1
	crun_down >/dev/null 2>&1
	rm -rf "$PEERS"
	unhold_jail
}

# Proportional set size in kB, summed over processes.
pss() {
	local pid sum=0 kb
	for pid; do
		kb=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
		sum=$((sum + ${kb:-0}))
	done
	echo "$sum"
}

jail_pss() {
	# shellcheck disable=SC2046 # pids are words
	pss $(pids_of loginjail-setup) $(pids_of loginjail-init)
}

# The privileged monitors of a user's logins.
monitors() { pgrep -f "^sshd: $1 \\[priv\\]"; }

part_memory() {
	local i one two ten enters_one enters_two plain jailed
	bash -c "$settle"
	if ! { hold a p0 && hold b p0 && hold c l0; }; then
		problem 'no session to weigh'
		return
	fi
	sleep 0.3
	# shellcheck disable=SC2046 # pids are words
	one=$(jail_pss) enters_one=$(pss $(pids_of loginjail-enter))
	hold d l0
	sleep 0.3
	# shellcheck disable=SC2046
	two=$(jail_pss) enters_two=$(pss $(pids_of loginjail-enter))
	# shellcheck disable=SC2046
	plain=$(pss $(monitors p0)) jailed=$(pss $(monitors l0))
	release d
	for i in {1..9}; do
		hold "j$i" "l$i"
	done
	sleep 0.3
	ten=$(jail_pss)
	result[pss_jail_kb]=$((ten / 10))
	result[pss_only_jail_kb]=$one
	result[pss_jail_growth_kb]=$((two - one))
	result[pss_enter_kb]=$((enters_two - enters_one))
	result[pss_monitor_kb]=$(((jailed - plain) / 2))
	result[pss_session_kb]=$((two - one + enters_two - enters_one + (jailed - plain) / 2))
	for i in a b c j{1..9}; do
		release "$i"
	done
}

# From the session's last word until sshd's monitor is gone.
part_logout() {
	local n pid
	pid=$(sshd_pid)
	n=$(at_least $((rounds / 3)) 5)
	versus logout "$n" -t -c "$pid" -e "$settle" -- echo end
	versus logout_dirty "$n" -t -c "$pid" -e "$settle; $dirty" -- echo end
	rm -f "$STATE/dirty"
}

# After one login of each: a user's first leaves a lock file, for good.
part_snapshot() {
	local i logins=0
	ssh_to l%i
	"$B/measure" -n 1 -w 0 -s 30 -P 6 -- "${SSH[@]}" true >"$T/storms"
	bash -c "$settle"
	"$here/../snapshot" >"$T/before"
	for i in {1..7}; do
		"$B/measure" -n 1 -w 0 -s 30 -P 6 -- "${SSH[@]}" true >>"$T/storms" && logins=$((logins + 30))
	done
	bash -c "$settle" || problem 'jails are left after the logins'
	sleep 1
	"$here/../snapshot" diff "$T/before" >"$T/snapshot.diff"
	result[snapshot_logins]=$logins
	result[snapshot_differences]=$(grep -c '^[-+][^-+]' "$T/snapshot.diff")
	head -n 20 "$T/snapshot.diff" >&2
	((logins >= 200)) || problem "only $logins of 210 logins succeeded"
}

# ---- main ---------------------------------------------------------------------

: >"$lines"
mount_state || printf 'bench: no loop device, the upper layers go to a directory\n' >&2
make_users
sshd_start bench || exit 1
settle=$(settled_script "$(sshd_pid)")
settle="($settle)"
dirty=$(dirty_script)
began=$(date +%s) load=$(cut -d' ' -f1 /proc/loadavg)
for part in "${@:-login dirty mux storm setup network session memory logout snapshot}"; do
	for p in $part; do
		"part_$p"
	done
done
collect
result[load_before]=$load result[load_after]=$(cut -d' ' -f1 /proc/loadavg)
result[seconds]=$(($(date +%s) - began))
write_json
table
umount /srv 2>/dev/null
if ((problems)); then
	printf '\nrefusals in the log:\n'
	sed -n 's/.*: \([^ ]*: login refused: .*\)/\1/p' "$LOG" | sed 's/^[pl][0-9s]*://' |
		sort | uniq -c | sort -rn | head -n 5
fi
printf '\n%d s; build/bench.json written; %d missed, %d could not be measured\n' \
	"${result[seconds]}" "$missed" "$problems"
((problems == 0)) || exit 1
((missed == 0 || strict == 0))
