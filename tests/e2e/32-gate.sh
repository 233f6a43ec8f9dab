#!/bin/bash
# SPDX-License-Identifier: MIT
# gate: a routed jail's network is open only as long as something exists; and by hand.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
networks
DEFAULTS="pool = $POOL4 $POOL6"
# A unit's control group, as systemd makes it.
cgroup2=$(awk '$(NF - 2) == "cgroup2" && $4 == "/" { print $5; exit }' /proc/self/mountinfo)
unit=$cgroup2/system.slice/system-lab.slice/lab@1.service
jail_ini <<'EOS'
[jail filed]
users = alice
network = routed
gate = file:/srv/lab/today/open

[jail unit]
users = bob
network = routed
gate = unit:lab@1.service

[jail meeting]
users = carl
network = routed
gate = process:meeting

[jail hers]
users = dora
network = routed
scope = session
gate = process:meeting@uma
EOS
sshd_start main
ok 'check has no complaint' loginjail check
ok 'net apply' loginjail net apply

V4=tcp/198.51.100.2/7000 V6=tcp/2001:db8:1::2/7000
A4='internet 198.51.100.1' A6='internet 2001:db8:1::1'
opened() { [[ $(reach "$1" "$V4" "$V6") == "$V4 $A4"$'\n'"$V6 $A6" ]]; }
closed() { [[ $(on "$1" "$TOOLS/reach $V4 $V6" | grep -c ' - .*unreachable') == 2 ]]; }
state() { loginjail net status | awk -v u="$1" '$1 == u { $1 = $2 = $3 = ""; sub(/^ +/, ""); print }'; }
state_is() { [[ $(state "$1") == "$2" ]]; }
# The rest is soon so.  On an emulated processor the look alone takes longer.
within_a_second() { # NAME COMMAND...
	local name=$1 start=$EPOCHREALTIME
	shift
	ok "$name" eventually "$@"
	ok "$name: within a second" awk -v a="$start" -v b="$EPOCHREALTIME" -v most="1${LOGINJAIL_EMULATED:+5}" \
		'BEGIN { exit !(b - a < most) }'
}

# ---- a file -------------------------------------------------------------------
hold a alice
reaches alice 'no file, no network' "$V4=-" "$V6=-"
ok 'and it is said at once' closed alice
is "$(state alice)" 'closed: gate file:/srv/lab/today/open: /srv/lab does not exist' 'why, for the administrator'
like "$(loginjail ps -l | grep '^  network')" '^  network closed: gate file:' 'ps -l has it, too'
like "$(loginjail explain alice | grep '^gate')" '^gate +closed: /srv/lab does not exist' 'and explain'
ok 'and the log' logged 'alice: jail [0-9a-f-]+: its network is closed: gate file:/srv/lab/today/open'
a4=$(jail_address alice 4) a6=$(jail_address alice 6)
like "$a4 $a6" '^10\.213\..* fdcc:' 'the addresses stay hers all the time'
is "$(j 'ip -o link show dev lo | grep -c LOOPBACK,UP')" 1 'loopback is there'
log_mark
mkdir -p /srv/lab/today
step='closed: gate file:/srv/lab/today/open: /srv/lab/today/open does not exist'
ok 'the way to it, step by step' eventually state_is alice "$step"
touch /srv/lab/today/open
within_a_second 'the file is made: the network is there' state_is alice open
reaches alice 'in both families' "$V4=$A4" "$V6=$A6"
ok 'the log says so' logged_since 'alice: jail [0-9a-f-]+: its network is open'
like "$(loginjail explain alice | grep '^gate')" '^gate +open' 'and explain'
is "$(j 'ip -o addr show dev eth0 | grep -oE "inet6? [^ ]+" | sort | xargs')" "inet $a4/32 inet6 $a6/128" \
	'with the same addresses'
log_mark
rm /srv/lab/today/open
within_a_second 'it is removed: no network' state_is alice \
	'closed: gate file:/srv/lab/today/open: /srv/lab/today/open does not exist'
ok 'in neither family' closed alice
is "$(jail_address alice 4) $(jail_address alice 6)" "$a4 $a6" 'the addresses are kept for her'
ok 'the log says so' logged_since 'alice: jail [0-9a-f-]+: its network is closed: gate file:'
for how in 'mv /srv/lab /srv/away' 'mv /srv/lab/today /srv/lab/yesterday' 'rm -r /srv/lab' \
	'mount -t tmpfs tmpfs /srv/lab' 'chmod o+w /srv/lab/today' 'chown bob /srv/lab' \
	'mv /srv/lab/today/open /srv/lab/today/shut'; do
	rm -rf /srv/away /srv/lab
	mkdir -p /srv/lab/today
	touch /srv/lab/today/open
	ok "(open, before: $how)" eventually state_is alice open
	$how
	within_a_second "$how: closed" not state_is alice open
	ok "$how: in neither family" closed alice
	[[ $how != mount* ]] || umount /srv/lab
done
chmod o-w /srv/lab/today
chown root /srv/lab

# What is open is cut
stream() { # the last number that came
	tail -n 1 "$T/stream" 2>/dev/null
}
for v in 4:198.51.100.2 6:2001:db8:1::2; do
	to=${v#*:} v=${v%%:*}
	touch /srv/lab/today/open
	ok "(open, IPv$v)" eventually state_is alice open
	alone nsenter -t "${net_pid[internet]}" -n socat -u "TCP$v-LISTEN:710$v,reuseaddr" \
		"OPEN:$T/stream,creat,trunc" </dev/null >/dev/null 2>&1 &
	served+=("$!")
	ok '(somebody listens)' eventually_sh "in_net internet ss -Hltn 'sport = :710$v' | grep -q ."
	alone ssh -F "$S/ssh_config" -l alice world \
		"exec 3<>/dev/tcp/$to/710$v; for i in \$(seq 100000); do echo \$i >&3; sleep 0.02; done" \
		</dev/null >/dev/null 2>&1 &
	client=$!
	ok "IPv$v: an open connection goes on" eventually_sh '(($(stream) > 5))'
	rm /srv/lab/today/open
	ok "(closed, IPv$v)" eventually not state_is alice open
	last=$(stream)
	sleep 1
	is "$(stream)" "$last" "IPv$v: nothing comes by it any more"
	kill "$client"
	wait "$client" 2>/dev/null
done

# ---- a unit ---------------------------------------------------------------------
hold b bob
ok 'no unit: no network' closed bob
like "$(state bob)" '^closed: gate unit:lab@1.service: .* does not exist$' 'and why'
mkdir -p "$unit"
ok 'its control group is there' eventually_sh "[[ \$(state bob) == *'control group has no process' ]]"
ok 'but nobody in it: no network' closed bob
alone sleep infinity >/dev/null 2>&1 &
main=$!
echo "$main" >"$unit/cgroup.procs"
within_a_second 'a process in it: open' state_is bob open
reaches bob 'in both families' "$V4=$A4" "$V6=$A6"
kill "$main"
wait "$main" 2>/dev/null
within_a_second 'that has ended: closed' not state_is bob open
ok 'in neither family' closed bob
alone sleep infinity >/dev/null 2>&1 &
main=$!
echo "$main" >"$unit/cgroup.procs"
ok 'open again' eventually state_is bob open
kill "$main"
wait "$main" 2>/dev/null
rmdir "$unit"
within_a_second 'the unit goes: closed' eventually_sh "[[ \$(state bob) == *'does not exist' ]]"

# ---- a process --------------------------------------------------------------------
cp /usr/bin/sleep /usr/local/bin/meeting
hold c carl
hold d dora
ok 'no process: no network' closed carl
is "$(state carl)" 'closed: gate process:meeting: no such process' 'and why'
alone meeting infinity &
first=$!
within_a_second 'root has one: open' state_is carl open
reaches carl 'in both families' "$V4=$A4" "$V6=$A6"
isnt "$(state dora)" open 'hers is another user'"'"'s'
alone meeting infinity &
second=$!
ok '(another)' eventually_sh '[[ $(<"/proc/$second/comm") == meeting ]]'
kill "$first"
wait "$first" 2>/dev/null
ok '(its keeper has heard of that)' eventually_sh '! [[ -e /proc/'"$first"' ]]'
is "$(state carl)" open 'the second of two keeps it open'
kill -STOP "$second"
is "$(state carl)" open 'one that is stopped exists'
kill -KILL "$second"
wait "$second" 2>/dev/null
within_a_second 'the last has ended: closed' not state_is carl open
ok 'in neither family' closed carl
# A second jail of one section, and one user's
hold d2 dora
is "$(state dora)" $'closed: gate process:meeting@uma: no such process\nclosed: gate process:meeting@uma: no such process' \
	'of a user: closed'
alone setpriv --reuid uma --regid uma --clear-groups meeting infinity &
hers=$!
within_a_second 'she has one: open, in both' state_is dora $'open\nopen'
isnt "$(state carl)" open 'but not for who waits for root'"'"'s'
reaches dora 'in both families' "$V4=$A4" "$V6=$A6"
kill "$hers"
wait "$hers" 2>/dev/null
within_a_second 'ended: closed, in both' state_is dora \
	$'closed: gate process:meeting@uma: no such process\nclosed: gate process:meeting@uma: no such process'
release d2
release d
# The first session of a jail has it at once
alone meeting infinity &
first=$!
is "$(on dora "$TOOLS/reach $V4" | grep -c '^')" 1 '(a login)'
release c
ok '(no jail)' eventually not jail_exists carl
is "$(on carl "$TOOLS/reach $V4 $V6")" "$V4 $A4"$'\n'"$V6 $A6" 'a gate that is open is so from the first command on'
kill "$first"
wait "$first" 2>/dev/null

# ---- by hand ------------------------------------------------------------------------
touch /srv/lab/today/open
ok '(open)' eventually state_is alice open
off='closed: switched off by hand, with all jails'
log_mark
is "$(loginjail net off | awk '$1 == "alice" { print $4, $5 }')" 'closed: switched' 'net off'
ok 'is so when it returns' closed alice
ok 'and logged' logged_since 'alice: .*its network is closed: switched off by hand'
is "$(state alice) $(state bob)" "$off $off" 'for all'
like "$(loginjail explain alice | grep '^network')" "^network  closed by hand, with 'loginjail net off'" 'explain says so'
hold c carl
is "$(state carl)" "$off" 'for those that come as well'
ok 'though their gate be open' closed carl
loginjail net on >/dev/null
is "$(state alice)" open 'net on'
reaches alice 'gives it back' "$V4=$A4" "$V6=$A6"
like "$(state bob)" '^closed: gate ' 'but not where the gate is closed'
loginjail net off filed >/dev/null
is "$(state alice)" "$off of its section" 'net off JAIL'
like "$(state bob)" '^closed: gate ' 'is for that one only'
loginjail net off alice >/dev/null
loginjail net on filed >/dev/null
is "$(state alice)" "$off of its user" 'net off USER'
loginjail net on alice >/dev/null
is "$(state alice)" open 'net on USER'
loginjail net off alice >/dev/null
loginjail net off filed >/dev/null
loginjail net on >/dev/null
is "$(state alice)" open 'net on without a name ends them all'
run loginjail net off nobody-such
is "$status" 1 'a name of nobody'
like "$err$out" "'nobody-such' is neither a jail of .* nor a user" 'is said'
run loginjail net off root
is "$status" 1 'root has none'
run loginjail net off a b
is "$status" 100 'two names: usage'
sed -i 's/^\[jail unit\]/[jail bob]/' "$INI"
run loginjail net off bob
like "$status:$err$out" "^1:.*write jail:bob or user:bob" 'a name of both'
ok 'is told apart' loginjail net off user:bob
is "$(state bob)" "$off of its user" 'by what is before it'
loginjail net on user:bob >/dev/null
# With the rules' own end
nft delete table inet loginjail
ok 'rules that are gone' eventually_sh "[[ \$(state alice) == 'closed: the rules are gone'* ]]"
rm /srv/lab/today/open
ok '(the gate closes meanwhile)' eventually logged_since 'its network is closed: gate file:'
sed -i 's/^\[jail bob\]/[jail unit]/' "$INI"
ok 'the rules are back' loginjail net apply
ok 'and the gate is still closed' eventually_sh "[[ \$(state alice) == 'closed: gate file'* ]]"
ok 'in neither family' closed alice
touch /srv/lab/today/open
ok 'it opens as before' eventually state_is alice open
reaches alice 'in both families' "$V4=$A4" "$V6=$A6"

# A link that is gone for good: nothing more to watch
keeper=$(ss -xlp | grep -F "$(basename "$(jail_dir alice)")" | grep -oE 'pid=[0-9]+' | head -n 1 | tr -dc 0-9)
watches() { find "/proc/$keeper/fd" -lname anon_inode:inotify | wc -l; }
is "$(watches)" 1 '(it watches)'
ip link del "$(jail_link alice)"
ok 'no link: closed' eventually_sh "[[ \$(state alice) == 'closed: its link is gone'* ]]"
nft delete table inet loginjail
rm /srv/lab/today/open
ok '(the keeper notices)' eventually logged_since 'its link: .*; it has no network any more'
touch /srv/lab/today/open
ok 'it watches no more' eventually_sh '[[ $(watches) == 0 ]]'

for name in a b c; do
	release "$name"
done
ok 'no jail stays' jails_gone
ok 'no link stays' no_links
rmdir "${unit%/*}" "$cgroup2/system.slice"

# ---- what is no gate -------------------------------------------------------------------
bad() { # VALUE SAID [LINE]
	jail_ini <<-EOS
		[jail test]
		users = alice
		${3:-network = routed}
		gate = $1
	EOS
	run loginjail check
	like "$status:$err$out" "^1:.*jail.ini:[0-9]+: gate: .*$2" "gate = $1"
}
bad 'door:/x' 'write file:PATH, unit:NAME or process:NAME'
bad 'file:srv/x' 'is not an absolute path'
bad 'file:/proc/1' 'the kernel tells no changes of'
bad 'unit:lab' 'write the whole name of a service or scope'
bad 'process:/usr/bin/meeting' 'is not the name of a command'
bad 'file:/srv/x' "without 'network = routed' or 'bridge' there is nothing" 'network = private'
bad 'file:/tmp/x' '/tmp is not root.s alone'
bad 'file:/home/alice/x' '/home/alice is not root.s alone'
ln -s /srv/lab /srv/link
bad 'file:/srv/link/today/open' '/srv/link is a symbolic link'
kill "${served[@]}" "${net_pid[@]}"
