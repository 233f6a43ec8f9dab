#!/bin/bash
# SPDX-License-Identifier: MIT
# loginjail-rootfs that is killed, at whatever point: the current generation is whole, and gc finds the rest.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/lib/rootfs.sh
. "$LIB/lib/rootfs.sh"

ok 'a tree' lr build x --from files:shell.list
lr export x /srv/x.tar 2>/dev/null
tree_text "$(root_of x)" >"$T/tree"
first=$(gen_of x)
mountpoints() { awk '{ print $5 }' /proc/self/mountinfo | sort; }
mountpoints >"$T/mounts"

# begin ARGUMENT...: in the background; its process is $pid.
begin() {
	loginjail-rootfs --trees "$TREES" "$@" </dev/null >"$T/out" 2>"$T/err" &
	pid=$!
}
# All that it started: what has the directory of trees among its mounts, or its name.
ours() { pgrep -f 'loginjail-rootfs --trees|rootfs/enter.sh|/job/' >/dev/null; }
# As fast as it can be seen; 1 if it has ended before.
until_made() { # PATTERN
	until compgen -G "$1" >/dev/null; do
		kill -0 "$pid" 2>/dev/null || return 1
	done
}
# catch PATTERN ARGUMENT...: begun, and seen at a moment that may be short.
catch() {
	local try pattern=$1
	shift
	for try in {1..20}; do
		begin "$@"
		until_made "$pattern" && return
		wait "$pid"
	done
	diag "not seen in $try runs: $pattern"
	return 1
}

whole() { # NAME
	local gen
	gen=$(gen_of x)
	tree_text "$TREES/x/$gen/root" >"$T/now"
	ok "$1: what is current is whole" diff "$T/tree" "$T/now"
	for gen in "$TREES/x"/2*; do
		tree_text "$gen/root" >"$T/now"
		ok "$1: so is ${gen##*/}" diff "$T/tree" "$T/now"
	done
}
killed() { # NAME
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	ok "$1: killed, nothing of it runs on" eventually not ours
	mountpoints >"$T/mounts.now"
	ok "$1: no mount is left" diff "$T/mounts" "$T/mounts.now"
	whole "$1"
	run lr gc --keep 9 x
	is "$status $(half_made x)" '0 ' "$1: gc deletes the remains"
	ok "$1: the next one works" lr update x -- /bin/true
	lr rollback x "$first" >/dev/null 2>&1
	lr gc --keep 0 >/dev/null 2>&1
}

# ---- killed ------------------------------------------------------------------

# Where it waits for more of the archive.
mkfifo /srv/pipe
begin build x --from tar:/srv/pipe
exec {pipe}>/srv/pipe
head -c 3000000 /srv/x.tar >&"$pipe"
ok 'it unpacks' until_made "$TREES/x/.new.*/root/*"
like "$(half_made x)" '/\.new\.' 'under a name that begins with a dot'
is "$(gen_of x)" "$first" 'and is not current'

# A second one at the same time
run lr build x --from tar:/srv/x.tar
like "$status $err" "^1 .*another loginjail-rootfs is at work on 'x'" 'a second build of the same name is refused'
run lr update x -- /bin/true
like "$status $err" '^1 .*is at work' 'and an update'
run lr rollback x
like "$status $err" '^1 .*is at work' 'and a rollback'
run lr remove x
like "$status $err" '^1 .*is at work' 'and removing it'
run lr gc x
like "$status $err" '^0 .*is at work on it; left alone' 'gc leaves it alone'
like "$(half_made x)" '/\.new\.' 'all that has not disturbed it'
ok 'but a tree of another name is built' lr build y --from tar:/srv/x.tar
killed 'while it unpacks'
exec {pipe}>&-

begin update x -- /bin/sh -c 'touch /etc/mark; rm -rf /usr/share; sleep 1000'
ok 'the command runs' until_made "$TREES/x/.new.*/root/etc/mark"
killed 'in the middle of a command'

ok 'at once' catch "$TREES/x/.new.*" build x --from tar:/srv/x.tar
killed 'at the very beginning'
ok 'a copy is made' catch "$TREES/x/.new.*/root/usr" update x -- /bin/true
killed 'while it copies'
ok 'nearly done' catch "$TREES/x/.new.*/about" update x -- /bin/true
killed 'when all is there but the name'
begin update x -- /bin/true
until [[ $(cd "$TREES/x" && echo 2*) == *' '* ]] || ! kill -0 "$pid" 2>/dev/null; do :; done
killed 'when it is about to be the current one'
begin build x --from tar:/srv/x.tar --image erofs
ok 'an image' until_made "$TREES/x/.new.*/root.erofs"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
ok 'killed while it packs' eventually not ours
whole 'while it packs'
ok 'the next build sweeps' lr build x --from tar:/srv/x.tar
is "$(half_made x)" '' 'what was left'

# The one inside, PID 1 of its namespace
begin update x -- /bin/sh -c 'touch /etc/mark; sleep 1000'
ok 'the command runs' until_made "$TREES/x/.new.*/root/etc/mark"
# Not one of its children, which has its command line until it executes something else.
kill -KILL "$(pgrep -o -f '^/bin/sh .*rootfs --inside')"
wait "$pid"
isnt $? 0 'the inner one killed: it fails'
is "$(half_made x)" '' 'and cleans up'
ok 'nothing runs on' eventually not ours

# ---- told to stop ------------------------------------------------------------

for signal in TERM HUP INT; do
	# A shell has its children in the background ignore an interrupt, and nohup a hangup.
	env --default-signal=INT,HUP loginjail-rootfs --trees "$TREES" update x -- /bin/sh -c 'touch /etc/mark; sleep 1000' \
		</dev/null >"$T/out" 2>"$T/err" &
	pid=$!
	ok 'the command runs' until_made "$TREES/x/.new.*/root/etc/mark"
	kill -"$signal" "$pid"
	wait "$pid"
	is $? $((128 + $(kill -l $signal))) "SIG$signal: it ends so"
	is "$(half_made x)" '' 'and leaves nothing'
	like "$(<"$T/err")" 'stopped by a signal' 'it says so'
	ok 'nothing runs on' eventually not ours
done
whole 'in the end'

# A first build that fails leaves no name behind.
run lr build z --from tar:/srv/pipe.none
is "$status" 1 'a first build that fails'
nok 'leaves nothing' test -e "$TREES/z"
