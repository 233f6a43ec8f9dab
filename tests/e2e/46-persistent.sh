#!/bin/bash
# SPDX-License-Identifier: MIT
# storage = persistent: what a user changed is there again, in whatever way the jail
# before ended; in a directory, and with disk in an image.
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
no_loops() { (($(loops) == loops_before)); }
keeper_of() { # USER: its jail's instance is in the lock that only its keeper has
	local pid
	for pid in $(pgrep -u root loginjail-keep); do
		[[ $(readlink "/proc/$pid/fd/"*) == *"$(basename "$(jail_dir "$1")")"* ]] && echo "$pid" && return
	done
}
loops_before=$(loops)

for user in alice bob; do
	place=$STATE/persistent/$(id -u "$user") kind=image
	[[ $user == alice ]] && kind=tree

	on "$user" 'echo one >kept; mkdir -p dir/sub; echo two >/var/tmp/kept; rm .profile
		ln -s kept link; ln kept hard; chmod 640 kept; : >dir/gone; touch -d 2001-01-01 dir/sub'
	ok "$kind: the jail ends" jails_gone
	nok "$kind: no upper layer is left" compgen -G "$STATE/upper/*"
	is "$(stat -c %a:%U "$STATE/persistent" "$place" "$place/lock" | tr '\n' ' ')" \
		'700:root 700:root 600:root ' "$kind: what is kept is root's alone"
	ok "$kind: there is a record" grep -qx "user $user" "$place/record"
	ok "$kind: of its kind" test -e "$place/$kind"
	is "$(on "$user" 'cat kept /var/tmp/kept link; stat -c "%a %U %h" kept; stat -c %Y dir/sub' | tr '\n' ' ')" \
		"one two one 640 $user 2 $(date -d 2001-01-01 +%s) " "$kind: the next jail has it, as it was"
	is "$(on "$user" 'ls .profile 2>&1 | grep -c "No such"')" 1 "$kind: and lacks what was removed"

	# Removed and made anew, renamed, over what is below
	on "$user" 'rm -r dir && mkdir dir && echo new >dir/file && mv kept moved && echo x >.profile'
	jails_gone
	is "$(on "$user" 'ls dir; cat moved .profile; ls kept 2>&1 | grep -c "No such"' | tr '\n' ' ')" \
		'file one x 1 ' "$kind: removed, made again, renamed"
	jails_gone

	# One jail at a time, shared
	hold warm "$user"
	on "$user" 'echo shared >from-second'
	is "$(on "$user" 'cat from-second')" shared "$kind: a second login shares the jail"
	is "$(find "$RUN/jail" -name "$(id -u "$user")-*" | wc -l)" 1 "$kind: there is one"
	run loginjail reset "$user"
	is "$status" 1 "$kind: reset refuses while it lives"
	like "$err" 'loginjail kill' "$kind: and says what to do"
	release warm
	jails_gone

	# Whoever is killed
	for victim in keeper init both; do
		hold warm "$user"
		on "$user" "echo $victim >killed"
		keeper=$(keeper_of "$user") init=$(jail_init "$user")
		case $victim in
		keeper) kill -KILL "$keeper" ;;
		init) kill -KILL "$init" ;;
		both) kill -KILL "$keeper" "$init" ;;
		esac
		ok "$kind: SIGKILL of $victim: the next login works" eventually on "$user" true
		is "$(on "$user" 'cat killed moved' | tr '\n' ' ')" "$victim one " "$kind: SIGKILL of $victim: nothing is lost"
		release warm
		ok "$kind: SIGKILL of $victim: all goes" eventually_sh 'loginjail gc >/dev/null && no_jails'
	done

	# A jail that is slow to end: the next login waits for it, not for a clock.
	hold warm "$user"
	on "$user" 'trap "" TERM HUP; setsid sleep 60 >/dev/null 2>&1 </dev/null &'
	last=$(basename "$(jail_dir "$user")")
	release warm
	eventually_sh '[[ ! -e $RUN/uid/$(id -u "$user") ]]'
	ok "$kind: (the last jail is still ending)" test -e "$RUN/jail/$last"
	ok "$kind: the next login waits for it" on "$user" true
	is "$(pgrep -c -u "$user" -x sleep)" 0 "$kind: and for all that was in it"
	ok "$kind: all goes" jails_gone

	# The same with its keeper killed, where PID 1 alone has the lock
	hold warm "$user"
	on "$user" 'trap "" TERM HUP; setsid sleep 60 >/dev/null 2>&1 </dev/null &'
	kill -KILL "$(keeper_of "$user")"
	ok "$kind: keeper killed: the next login works" on "$user" 'echo later >after'
	is "$(pgrep -c -u "$user" -x sleep)" 0 "$kind: keeper killed: the next login came after the last process"
	is "$(on "$user" 'cat after')" later "$kind: and wrote"
	release warm
	eventually_sh 'loginjail gc >/dev/null && no_jails'

	# Several at once, with nobody there
	pids=() failed=0
	for i in 1 2 3 4 5 6; do
		on "$user" "echo $i >n$i" &
		pids+=("$!")
	done
	for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
	is "$failed" 0 "$kind: six first logins at once"
	jails_gone
	is "$(on "$user" 'cat n? | wc -l')" 6 "$kind: all of which wrote"
	jails_gone

	# What the record is for
	cp "$place/record" "$T/record"
	sed -i 's/^uid-base .*/uid-base 700000/' "$place/record"
	run on "$user" true
	isnt "$status" 0 "$kind: other subordinate ids: refused"
	ok "$kind: with the remedy" logged "$user: login refused: .*subordinate ids from 700000.*loginjail reset $user"
	sed "s/^user .*/user somebody/" "$T/record" >"$place/record"
	nok "$kind: another's account of that uid: refused" on "$user" true
	sed "s/^lower .*/lower other/" "$T/record" >"$place/record"
	nok "$kind: over another root: refused" on "$user" true
	echo nonsense >"$place/record"
	nok "$kind: a record without sense: refused" on "$user" true
	cp "$T/record" "$place/record"
	is "$(on "$user" 'cat moved')" one "$kind: with the right one: all is there"
	jails_gone
	ok "$kind: and the refusals left nothing" no_jails
done
ok 'no loop device is left' eventually no_loops

# Another lower: a file that the user has changed is the user's, others are the host's.
mkdir -m 777 /usr/local/shared
echo host >/usr/local/shared/changed
echo host >/usr/local/shared/other
chmod 666 /usr/local/shared/*
is "$(j 'echo mine >/usr/local/shared/changed; cat /usr/local/shared/*' | tr '\n' ' ')" 'mine host ' \
	'(a file of the host changed in the jail)'
jails_gone
for file in changed other added; do echo upgraded >/usr/local/shared/$file; done
is "$(cd /usr/local/shared && j 'cd /usr/local/shared && cat added changed other' | tr '\n' ' ')" \
	'upgraded mine upgraded ' 'after a change of the host: it stays, and the rest is new'
jails_gone
# A mount more: those that were there keep their names.
mkdir /usr/local/mnt
mount -t tmpfs -o mode=777 tmpfs /usr/local/mnt
umount /usr/local/mnt
mkdir -p /var/tmp/fs
mount --bind /var/tmp/fs /usr/local/mnt
is "$(j 'cat /usr/local/shared/changed moved' | tr '\n' ' ')" 'mine one ' 'a mount more: all is where it was'
jails_gone
umount /usr/local/mnt

# Full to the last byte and the last inode: the next jail can be had all the same, and emptied.
on bob 'dd if=/dev/zero of=big bs=64k; dd if=/dev/zero of=big2 bs=1; mkdir many; cd many; for i in $(seq 6000); do : >$i || break; done' 2>/dev/null
like "$(on bob 'echo x 2>&1 >more')" 'No space' '(a full storage)'
jails_gone
ok 'a full storage: the next login works' on bob true
ok 'and can remove something' on bob 'rm -rf big big2 many; [[ ! -e big ]]'
ok 'and then write' on bob 'echo x >more'
jails_gone

# What a power cut leaves of an image: what is on the disk while it is mounted.
hold warm bob
on bob 'echo synced >synced && mkdir cut && sync'
cp --sparse=always "$STATE/persistent/2002/image" "$T/image"
on bob 'echo later >synced; rm -r cut'
release warm
jails_gone
cp --sparse=always "$T/image" "$STATE/persistent/2002/image"
rm "$T/image"
is "$(on bob 'cat synced && rmdir cut && echo written >synced && cat synced' | tr '\n' ' ')" 'synced written ' \
	'an image that was never unmounted: what was synced is there, and can be changed'
jails_gone

# Limits that come and go
sed -i '/^users = alice/a disk = 64M' "$INI"
nok 'disk for a storage without bounds, where there is no quota: refused' j true
ok 'with the remedy' logged 'alice: login refused: .*made without bounds.*loginjail reset alice'
sed -i 's/^disk = 32M/disk = 48M/' "$INI"
log_mark
is "$(on bob 'cat moved')" one 'another disk for an image: it stays as it is'
ok 'and the log says so' logged_since "bob: 'disk' and 'inodes' are not those"
jails_gone
size=$(stat -c %s "$STATE/persistent/2002/image")

# reset
run loginjail reset nobody-there
is "$status" 1 'reset of no account'
like "$err" 'no such account' 'says so'
is "$(loginjail reset pat 2>&1; echo $?)" 'loginjail: pat: what is kept: No such file or directory
1' 'reset of a user without a storage'
is "$(loginjail reset 2>&1 | head -n 1; loginjail reset -x 2>&1 | head -n 1)" \
	"$(printf 'usage: loginjail reset %s\n' '[-f FILE] USER | #UID ...' '[-f FILE] USER | #UID ...')" 'usage'
ok 'reset of two' loginjail reset alice bob
is "$(ls -A "$STATE/persistent")" '' 'leaves nothing'
is "$(j 'ls -A /var/tmp; cat kept moved 2>/dev/null')" '' 'the next jail begins anew'
is "$(on bob 'ls -A /var/tmp; cat kept moved 2>/dev/null')" '' 'and that in an image'
jails_gone
ok 'of the new size' test "$(stat -c %s "$STATE/persistent/2002/image")" -gt "$size"

# Left by a reset that was killed, or made by half
mkdir -p "$STATE/persistent/reset-2001-00000000/tree/x"
: >"$STATE/persistent/reset-2001-00000000/tree/x/y"
mkdir -p "$STATE/persistent/2009/tree"
run loginjail gc
is "$(cd "$STATE/persistent" && printf '%s ' *)" '2001 2002 2009 ' 'gc finishes what a killed reset left'
like "$out" 'uid 2009, who has no account' 'and tells of what is kept for nobody'
unlike "$out" 'uid 200[12]' 'not of others'
ok 'which reset removes by its number' loginjail reset '#2009'
nok 'it is gone' test -e "$STATE/persistent/2009"
loginjail reset bob
mkdir -m 700 "$STATE/persistent/2002"
echo half >"$STATE/persistent/2002/image"
ok 'a storage made by half is made anew' on bob true
jails_gone
ok 'no loop device is left' eventually no_loops
