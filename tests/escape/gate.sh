#!/bin/bash
# SPDX-License-Identifier: MIT
# A gate that somebody else than root would open: by names, links, mounts, limits, and killed keepers.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
add_user erik 2009
networks
DEFAULTS="pool = $POOL4 $POOL6"
mkdir -p /srv/lab /srv/open/below /srv/hers
chown uma /srv/hers
jail_ini <<'EOS'
[jail filed]
users = alice
network = routed
gate = file:/srv/lab/open

[jail meeting]
users = bob
network = routed
gate = process:meeting

[jail own]
users = carl
network = routed
gate = process:meeting@uma
scope = session

[jail twice]
users = erik
network = routed
gate = file:/srv/lab/open
scope = session

[jail hers]
users = dora
network = routed
gate = file:/srv/hers/below/open
EOS
sshd_start main
ok 'net apply' loginjail net apply

V4=tcp/198.51.100.2/7000 V6=tcp/2001:db8:1::2/7000
closed() { [[ $(on "$1" "$TOOLS/reach $V4 $V6" | grep -c ' - .*unreachable') == 2 ]]; }
state() { loginjail net status | awk -v u="$1" '$1 == u { $1 = $2 = $3 = ""; sub(/^ +/, ""); print }'; }
state_is() { [[ $(state "$1") == "$2" ]]; }
# Longer than any look takes to come: that it stays so.
stays_closed() { # USER WHAT
	local n
	for ((n = 0; n < 4; n++)); do
		sleep 0.4
		isnt "$(state "$1")" open "$2"
	done
	ok "$2, in neither family" closed "$1"
}
keeper_of() { ss -xlp | grep -F "$(basename "$(jail_dir "$1")")" | grep -oE 'pid=[0-9]+' | head -n 1 | tr -dc 0-9; }

# ---- a forged process ------------------------------------------------------------
# A program that every jail has, of the name that opens
cp /usr/bin/sleep /usr/local/bin/meeting
hold b bob
hold c carl
on bob 'setsid meeting infinity >/dev/null 2>&1 </dev/null & sleep 0.1; cat /proc/$!/comm' >"$T/name"
is "$(<"$T/name")" meeting '(a process of that name in the jail)'
ok '(which the host can see)' pgrep -x meeting
stays_closed bob "a jail's own process"
on bob 'pkill meeting'
on bob "exec 3<>/dev/null; echo meeting >/proc/self/comm; sleep 3" &
stays_closed bob 'one that gives itself the name'
wait $!
# Who is root of a pid namespace below, and of a user namespace
init=$(jail_init bob)
nsenter -t "$init" -p unshare --fork meeting infinity &
below=$!
ok '(root has one in the jail)' eventually pgrep -u 0 -x meeting
stays_closed bob "root's, in the jail's pid namespace"
kill "$(pgrep -x meeting)"
wait "$below" 2>/dev/null
# Others of the host, in their own name, and by a set-uid program called by that name
for who in uma bob; do
	setpriv --reuid "$who" --regid "$who" --clear-groups meeting infinity &
	other=$!
	ok "(a process of $who)" eventually pgrep -u "$who" -x meeting
	stays_closed bob "$who's process"
	kill "$other"
	wait "$other" 2>/dev/null
done
cp /usr/bin/sleep /usr/local/bin/setuid
chmod u+s /usr/local/bin/setuid
mkdir -m 777 /usr/local/theirs
setpriv --reuid uma --regid uma --clear-groups ln -s ../bin/setuid /usr/local/theirs/meeting
mount -o remount,bind,suid /usr/local
setpriv --reuid uma --regid uma --clear-groups /usr/local/theirs/meeting infinity &
other=$!
ok '(a set-uid program of that name)' eventually_sh "pgrep -u 0 -x meeting"
stays_closed bob 'a set-uid program that another calls so'
stays_closed carl "and for the caller's own gate"
kill "$other"
wait "$other" 2>/dev/null
rm /usr/local/bin/setuid
meeting infinity &
good=$!
ok "(root's own opens it)" eventually state_is bob open
# A number that goes to another at once
kill "$good"
wait "$good" 2>/dev/null
ok '(closed)' eventually not state_is bob open
echo $((good - 1)) >/proc/sys/kernel/ns_last_pid
setpriv --reuid uma --regid uma --clear-groups meeting infinity &
other=$!
is "$other" "$good" '(its number is another process'"'"'s)'
stays_closed bob 'who has its number'
kill "$other"
wait "$other" 2>/dev/null
# What keepers tell each other, nobody else writes
is "$(stat -c %a:%U "$RUN/gate")" 700:root 'what was seen is in a directory of root'
nok 'in no jail' on bob "test -e $RUN/gate"

# ---- a file that is not root's word ---------------------------------------------------
hold a alice
hold d dora
touch /srv/open/below/open
ln -s ../open/below/open /srv/lab/open
stays_closed alice 'a link at its place'
like "$(state alice)" '/srv/lab/open is a symbolic link$' 'and why'
rm /srv/lab/open
ln -s nowhere /srv/lab/open
stays_closed alice 'one to nowhere'
rm -r /srv/lab
ln -s open/below /srv/lab
stays_closed alice 'a link on the way'
like "$(state alice)" '/srv/lab is a symbolic link$' 'and why'
rm /srv/lab
mkdir -m 1777 /srv/lab
setpriv --reuid uma --regid uma --clear-groups touch /srv/lab/open
stays_closed alice 'a directory that others can write to, sticky or not'
like "$(state alice)" '/srv/lab is not root.s alone' 'and why'
ok 'and the log' logged 'alice: jail .*: /srv/lab is not root.s alone'
rm -r /srv/lab
setpriv --reuid uma --regid uma --clear-groups sh -c 'mkdir /srv/hers/below; touch /srv/hers/below/open'
chown -R root /srv/hers/below
stays_closed dora "in a directory of another's"
chmod 777 /srv/hers
chown root /srv/hers
stays_closed dora 'or that another can write to'
chmod 755 /srv/hers
ok "(root's alone: open)" eventually state_is dora open
mkdir /srv/lab
# From inside: the jail's /srv, and its /run, are its own
on alice 'mkdir -p /srv/lab /run/lab && touch /srv/lab/open' 2>/dev/null
stays_closed alice 'the same path in the jail'

# ---- the jail's own end of the link -----------------------------------------------------
nok 'it can not be raised' j 'ip link set eth0 up'
nok 'nor routes be made' j 'ip route add default dev eth0'
is "$(j 'ip -o link show eth0' | grep -c 'state DOWN')" 1 'it is down'
reaches alice 'no address of the host' tcp/198.51.100.1/7000=- tcp/2001:db8:1::1/7000=-

# ---- a keeper that is killed --------------------------------------------------------------
link=$(jail_link alice) init=$(jail_init alice)
# PID 1 would end at once, and with it all that could try.
kill -STOP "$init"
kill -KILL "$(keeper_of alice)"
ok '(the jail has no keeper)' eventually_sh '[[ -z $(keeper_of alice) ]]'
touch /srv/lab/open
sleep 1
is "$(nsenter -t "$init" -n "$TOOLS/reach" "$V4" "$V6" | grep -c ' - ')" 2 'what was closed stays closed'
run loginjail net on
is "$(nsenter -t "$init" -n "$TOOLS/reach" "$V4" "$V6" | grep -c ' - ')" 2 'net on or not'
kill -CONT "$init"
ok 'and the jail ends' eventually not kill -0 "$init"
release a
rm /srv/lab/open
hold a alice
is "$(state alice)" 'closed: gate file:/srv/lab/open: /srv/lab/open does not exist' 'the next one is closed'
touch /srv/lab/open
ok 'and opens' eventually state_is alice open
link=$(jail_link alice) init=$(jail_init alice)
kill -KILL "$(keeper_of alice)"
ok 'a keeper killed while it is open: the jail ends' eventually not kill -0 "$init"
release a
hold a alice
nok 'its link goes' ip link show "$link"

# Forwarded for a login whose keeper is gone
touch /srv/lab/open
ok '(open)' eventually state_is alice open
alone ssh -N -L 127.0.0.1:7321:198.51.100.2:7000 -F "$S/ssh_config" -l alice world </dev/null >/dev/null 2>&1 &
forward=$!
ok '(a forward)' eventually_sh '[[ $("$TOOLS/reach" tcp/127.0.0.1/7321) == *internet* ]]'
kill -KILL "$(keeper_of alice)"
release a 2>/dev/null
ok 'net off' loginjail net off
is "$("$TOOLS/reach" tcp/127.0.0.1/7321 | grep -c internet)" 0 'closes what a killed keeper left, too'
loginjail net on >/dev/null
kill "$forward"
wait "$forward" 2>/dev/null
hold a alice

# ---- all of the kernel's watches, which a jail has together with its keeper ------------------
ok '(open)' eventually state_is alice open
mkfifo "$T/hog"
alone ssh -F "$S/ssh_config" -l alice world 'hog watch 1000000 hold; sleep 60' </dev/zero >"$T/hog" 2>/dev/null &
client=$!
read -r -t 60 taken <"$T/hog"
like "$taken" '^[0-9]+ E' 'a jail takes all that it gets'
rm /srv/lab/open
ok 'its gate closes all the same' eventually not state_is alice open
mv /srv/lab /srv/away
mkdir /srv/lab
ok 'what comes in the place of a directory is looked at' \
	eventually state_is alice 'closed: gate file:/srv/lab/open: /srv/lab/open does not exist'
hold b2 dora
ok "others' gates are open" state_is dora open
release b2
kill -KILL "$client"
wait "$client" 2>/dev/null

# ---- and all of the kernel's instances: who can't be told is closed ---------------------------
touch /srv/lab/open
hold e erik
ok '(open)' eventually state_is erik open
alone ssh -F "$S/ssh_config" -l erik world 'hog inotify 1000000 hold; sleep 60' </dev/zero >"$T/hog" 2>/dev/null &
client=$!
read -r -t 60 taken <"$T/hog"
like "$taken" '^[0-9]+ E' 'a jail takes all that it gets'
hold f erik
ok 'its next one can be watched all the same' eventually_sh '[[ $(loginjail net status | grep -c "^erik .* open$") == 3 ]]'
release f
ok '(which ends)' eventually_sh '[[ $(loginjail net status | grep -c "^erik ") == 2 ]]'
# With its keeper, who else gives back what it has when all is taken
ok '(all of it)' eventually_sh '[[ $(pgrep -c -x loginjail-keep) == $(loginjail ps | grep -vc -e ^USER -e ending) ]]'
# What a keeper watches counts to root of its jail, outside of it: nobody has that uid there.
base=$(awk '$1 == 0 { print $2 }' "/proc/$(jail_init erik)/uid_map")
alone prlimit --nofile="$(ulimit -Hn)" setpriv --reuid="$base" --clear-groups \
	hog inotify 1000000 hold </dev/zero >"$T/hog.host" 2>/dev/null &
others=$!
ok '(taken on the host)' eventually grep -qE '^[0-9]+ E' "$T/hog.host"
hold f erik
ok 'a jail whose gate can not be watched is closed' \
	eventually_sh '[[ $(loginjail net status | grep -c "^erik .* closed: ") -ge 1 ]]'
rm /srv/lab/open
ok 'and when the gate closes, all are' eventually_sh '[[ $(loginjail net status | grep -c "^erik .* open$") == 0 ]]'
kill -KILL "$client" "$others"
wait "$client" "$others" 2>/dev/null

# ---- a storm of events costs a keeper next to nothing ------------------------------------------
# Beside the gate's path, where a user has something
mkdir -p /srv/lab/hers
chown 2008 /srv/lab/hers
touch /srv/lab/open
keeper=$(keeper_of alice)
ticks() { awk '{ print $14 + $15 }' "/proc/$keeper/stat"; }
setpriv --reuid=2008 --regid=2008 --clear-groups perl -e 'for (;;) { chmod 0755, "/srv/lab/hers" }' &
storm=$!
before=$(ticks)
sleep 3
between $(($(ticks) - before)) 0 30 'not more than a tenth of a processor'
ok 'and it hears what matters' eventually state_is alice open
rm /srv/lab/open
ok 'both ways' eventually not state_is alice open
kill "$storm"
wait "$storm" 2>/dev/null
rmdir /srv/lab/hers
for name in a b c d e f; do
	release "$name"
done
ok 'no jail stays' jails_gone
ok 'no link stays' no_links
kill "${served[@]}" "${net_pid[@]}"
