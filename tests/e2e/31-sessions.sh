#!/bin/bash
# SPDX-License-Identifier: MIT
# scope, sessions, session_time, idle_time, linger = while-busy: what a login is given,
# how it ends, and what it leaves.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
n=2310
for user in ann ben tim tom ida bea cher; do
	n=$((n + 1))
	add_user "$user" "$n"
done
jail_ini <<'EOS'
[jail alone]
users = ann
scope = session
sessions = 60

[jail few]
users = ben
scope = session
sessions = 3

[jail timed]
users = tim
session_time = 6

[jail timed-alone]
users = tom
scope = session
session_time = 6

[jail idle]
users = ida
idle_time = 10

[jail busy]
users = bea
linger = while-busy

[jail changed]
users = cher
sessions = 2
EOS
ok 'loginjail check has no complaint' loginjail check
sshd_start main
on root true
cp -p "$INI" "$T/ini"
for user in ann ben tim tom ida bea cher; do on "$user" true; done
on_opt tim -tt true </dev/null 2>/dev/null
jails_gone
"$LIB/snapshot" >"$T/before"
instances() { compgen -G "$RUN/jail/$(id -u "$1")-*" | wc -l; }
has_instances() { [[ $(instances "$1") == "$2" ]]; }

# --- scope = session ---
hold one ann
hold two ann
namespaces() { # NAME...: of the jails of ann, each once
	local pid name
	for name in "$@"; do
		for pid in $(loginjail ps | awk '$1 == "ann" { print $7 }'); do
			ns "$pid" "$name"
		done | sort -u
	done
}
is "$(namespaces mnt pid net ipc user uts cgroup | wc -l)" 14 'scope = session: each login has a jail of its own'
is "$(on ann 'pgrep -x cat | wc -l')" 0 'and sees no process of another'
on ann 'echo x >/tmp/mine; echo y >~/both'
is "$(on ann 'cat /tmp/mine ~/both 2>/dev/null')" y 'nor its files, but those of the home directory'
ok 'two jails of two logins' eventually has_instances ann 2
is "$(find "$RUN/uid" -name 2311)" '' 'none is one that others would join'
is "$(on ann 'cat /proc/self/uid_map')" "$(on ann 'cat /proc/self/uid_map')" 'both have the same subordinate range'
like "$(loginjail ps | grep -c '^ann .* 1 ')" '^2$' 'loginjail ps lists both'
release one
ok 'a jail ends with its login' eventually has_instances ann 1
is "$(on_opt ann -tt 'echo still' </dev/null | tr -d '\r')" still 'the others go on'
release two
ok 'and all are gone' jails_gone

# Fifty at once
rm -f /home/ann/go
for i in $(seq 50); do
	timeout 60 ssh -F "$S/ssh_config" -l ann world \
		'readlink /proc/self/ns/mnt; until [ -e ~/go ]; do sleep 0.05; done' >"$T/storm.$i" 2>&1 &
	storm[i]=$!
done
here() { [[ $(grep -l '^mnt:' "$T"/storm.* | wc -l) == 50 ]]; }
WITHIN=50 eventually here
is "$(grep -h '^mnt:' "$T"/storm.* | sort -u | wc -l)" 50 'fifty logins at once: fifty jails'
is "$(instances ann)" 50 'and as many directories'
touch /home/ann/go
for i in $(seq 50); do wait "${storm[i]}"; done
ok 'all are gone' jails_gone

# loginjail kill ends them side by side
for i in 1 2 3 4; do
	on ann 'trap "" TERM HUP; echo up >~/up.'"$i"'; while :; do sleep 1; done' >/dev/null 2>&1 &
	storm[i]=$!
done
ok 'four logins' eventually_sh '(($(ls /home/ann/up.* | wc -l) == 4))'
ok 'loginjail kill ends all jails of a user' loginjail kill ann
is "$(instances ann)" 0 'and waits for the last one'
for i in 1 2 3 4; do wait "${storm[i]}"; done
nok 'of a user without one it says so' loginjail kill ann

# --- sessions ---
rm -f "$T"/storm.* /home/ben/go
for i in $(seq 50); do
	timeout 60 ssh -F "$S/ssh_config" -l ben world \
		'echo in; until [ -e ~/go ]; do sleep 0.05; done' >"$T/storm.$i" 2>&1 &
	storm[i]=$!
done
told() { (($(cat "$T"/storm.* | grep -c -e '^in' -e 'which is the limit') == 50)); }
WITHIN=50 eventually told
is "$(cat "$T"/storm.* | grep -c '^in')" 3 'sessions = 3, fifty at once, a jail each: three get in'
is "$(cat "$T"/storm.* | grep -c 'you are logged in 3 times already')" 47 'and the others are told'
touch /home/ben/go
for i in $(seq 50); do wait "${storm[i]}"; done
jails_gone
hold one ben
hold two ben
hold three ben
nok 'a fourth is refused' on ben true
kill -KILL "$(pgrep -x loginjail-keep | head -n 1)"
ok 'the place of a login whose keeper was killed is free' eventually on ben true
for name in one two three; do release "$name" 2>/dev/null; done
on uma true
loginjail gc >/dev/null
ok 'all are gone' jails_gone

# They are counted over jails of either kind.
hold one cher
sed -i 's/^sessions = 2$/&\nscope = session/' "$INI"
hold two cher
nok 'logins of a shared jail count where each has its own' on cher true
release one
ok 'and no longer when they have ended' eventually on cher true
cp -p "$T/ini" "$INI"
hold one cher
nok 'and the other way round' on cher true
release two
ok 'likewise' eventually on cher true
release one
ok 'all are gone' jails_gone

# --- session_time ---
log_mark
start=$SECONDS
run on tim 'sleep 600'
isnt "$status" 0 'session_time: a command ends with its login'
between $((SECONDS - start)) 5 25 'when the time is over, and not before'
ok 'the log says so' logged_since 'tim: the login of process [0-9]+ has lasted session_time'
ok 'its jail ends with the last login' jails_gone
terminal tim ssh -F "$S/ssh_config" -tt -l tim world <<'TCL'
	shell
	want {loginjail: a login of yours ends in 1 s: session_time is 6} "a line on the terminal comes first"
	gone "the login ends"
TCL
terminal tom ssh -F "$S/ssh_config" -tt -l tom world <<'TCL'
	shell
	want {loginjail: this login ends in 1 s} "scope = session: the line knows which login"
	gone "the login ends"
TCL
run on_opt tim '-N'
isnt "$status" 124 'a login that only forwards ends as well'
# Another login of the user lives on, with what the ended one has started.
on tim 'setsid sleep 4545 >/dev/null 2>&1 </dev/null & echo "$(readlink /proc/self/ns/pid)"; sleep 600' \
	>"$T/first" 2>&1 &
first=$!
ok '(a first login)' eventually test -s "$T/first"
ok '(has lasted a while)' eventually_sh '[[ $(loginjail ps -l) == *"ends in "[123]s* ]]'
hold second tim
wait "$first"
is "$(on tim 'pgrep -c -f "^sleep 4545"; readlink /proc/self/ns/pid')" "1
$(head -n 1 "$T/first")" 'the jail and its processes stay for a later login'
like "$(loginjail ps -l)" 'login by process [0-9]+, since [0-9: -]+, ends in [0-9]+s' \
	'loginjail ps -l shows what is left'
release second
ok 'all are gone' jails_gone

# --- idle_time ---
log_mark
terminal ida ssh -F "$S/ssh_config" -tt -l ida world <<'TCL'
	set timeout 40
	shell
	is [cmd {i=0; while [ $i -lt 12 ]; do i=$((i+1)); echo out; sleep 2; done; echo done}] \
		"[string repeat "out\r\n" 12]done" "idle_time: output keeps a terminal"
	want {loginjail: this terminal is idle and will be hung up in [0-9]+ s} "a line on the terminal comes first"
	key "\r"
	expect "READY> "
	is [cmd {echo back}] back "a key keeps it"
	gone "without one it is hung up"
TCL
ok 'the log says so' logged_since 'ida: terminal pts/[0-9]+ was idle'
ok 'its jail is gone' jails_gone
terminal ida ssh -F "$S/ssh_config" -tt -l ida world <<'TCL'
	set timeout 40
	shell
	key "trap '' HUP TERM; sleep 6767\r"
	gone "a shell that ignores HUP loses its terminal all the same"
TCL
ok 'what it ran is gone with the jail' eventually not pgrep -f '^sleep 6767'
jails_gone
# Without a terminal; by another one's clock, to be sure that it is long enough.
on ida 'echo up >~/up; sleep 600' >/dev/null 2>&1 &
quiet=$!
ok '(a login without a terminal)' eventually test -s /home/ida/up
terminal ida ssh -F "$S/ssh_config" -tt -l ida world <<'TCL'
	set timeout 40
	shell
	gone "a terminal that began later is hung up"
TCL
ok 'a login without a terminal is not idle' on ida 'pgrep -f "^sleep 600"'
kill "$(pgrep -f 'ssh .*ida.*sleep 600' | head -n 1)"
wait "$quiet" 2>/dev/null
ok 'all are gone' jails_gone

# --- linger = while-busy ---
on bea 'setsid sleep 7878 >/dev/null 2>&1 </dev/null & echo kept >/tmp/kept'
ok 'while-busy: the jail is there after the login' jail_exists bea
hold one bea
is "$(on bea 'cat /tmp/kept; pgrep -c -f "^sleep 7878"')" $'kept\n1' 'the next login finds files and processes'
on bea 'pkill -f "^sleep 7878"'
ok 'a login keeps it' jail_exists bea
release one
ok 'it ends with the last process' jails_gone
on bea true
ok 'without any it ends with the login' jails_gone
terminal bea ssh -F "$S/ssh_config" -tt -l bea world <<'TCL'
	shell
	cmd {export TERM=xterm}
	key "tmux new -s work\r"
	want {work} "a tmux"
	key "echo in \$((6*7)); read line\r"
	want {in 42} "runs something"
	exec kill -KILL [exp_pid]
TCL
ok 'a dropped line leaves it' eventually_sh '[[ $(loginjail ps) =~ bea\ +busy\ +0 ]]'
is "$(on bea 'tmux ls -F "#{session_name} #{session_attached}"')" 'work 0' 'the next login finds it'
ok 'it is still there' jail_exists bea
on bea 'tmux kill-server'
ok 'and goes when that ends' jails_gone
on bea 'setsid sleep 7979 >/dev/null 2>&1 </dev/null & true'
ok 'who keeps a process keeps the jail' jail_exists bea
ok 'but for loginjail kill' loginjail kill bea
ok 'which ends it' jails_gone

if WITHIN=${WITHIN:-15} eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'the host is as it was'
else
	fail 'the host is as it was' "$("$LIB/snapshot" diff "$T/before" | tail -n +3)"
fi
