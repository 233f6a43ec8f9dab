#!/bin/bash
# SPDX-License-Identifier: MIT
# loginjail-rootfs: the sources that need nothing from outside, and every verb.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/lib/rootfs.sh
. "$LIB/lib/rootfs.sh"

standard_users

# ---- how it is called --------------------------------------------------------

wrong() { # TEXT ARGUMENT...
	local text=$1
	shift
	run lr "$@"
	is "$status" 2 "wrong: $*"
	like "$err" "$text" 'and what is wrong is said'
}
ok 'help' loginjail-rootfs help
run loginjail-rootfs
is "$status" 2 'without a verb'
like "$err" 'usage:' 'it says how'
wrong "no verb 'biuld'" biuld x
wrong "no option '--frum'" build x --frum tar:x
wrong 'build needs --from' build x
wrong 'a name' build --from tar:x
wrong "--from 'zip:x' is no source" build x --from zip:x
wrong '--from debian needs more: debian:bookworm' build x --from debian
wrong "'../x' is no name" build ../x --from tar:x
wrong "'.x' is no name" build .x --from tar:x
wrong "'host' is the host" build host --from tar:x
wrong 'too long' build "$(printf 'x%.0s' {1..65})" --from tar:x
wrong 'an argument too many' build x y --from tar:x
wrong '--max-size' build x --from tar:x --max-size 0
wrong '--max-size' build x --from tar:x --max-size 1X
wrong '--max-size' build x --from tar:x --max-size 99999999999999999999
wrong '--max-files' build x --from tar:x --max-files -1
wrong '--image' build x --from tar:x --image ext4
wrong '--include is for debian' build x --from tar:x --include vim
wrong '--include' build x --from debian:sid --include '-o,x'
wrong "no suite" build x --from 'debian:--help'
wrong '--from needs a value' build x --from
wrong '--setuid takes no value' build x --from tar:x --setuid=1
wrong '--keep' gc --keep -1
wrong 'takes no command' gc -- x
wrong 'is no generation' rollback x ../y
wrong "begins with '/'" list --trees relative
for verb in update shell diff verify rollback remove list; do
	run lr "$verb" x --trees /srv/none
	is "$status" 1 "$verb where nothing is"
	like "$err" 'there are no trees' 'says so'
done

# Who could exchange the trees?
mkdir -p /srv/open/trees /srv/hers
chmod 777 /srv/open
chown alice /srv/hers
run lr list --trees /srv/open/trees
like "$status $err" '^1 .*/srv/open is writable by others' 'a place that others can write to is refused'
run lr list --trees /srv/hers
like "$status $err" "^1 .*/srv/hers is not root's" 'and one of a user'
run setpriv --reuid=2004 --regid=2004 --clear-groups loginjail-rootfs list
like "$status $err" '^1 .*needs root' 'a user is told that it needs root'

# ---- archives: nothing is lost -----------------------------------------------

rich=/srv/rich
mkdir -p "$rich"/{etc,'a dir',home,mnt,opt,srv,usr,var/tmp,proc,sys,dev,run,tmp,root}
cd "$rich" || exit
printf 'root:x:0:0::/:/bin/sh\n' >etc/passwd
printf 'root:x:0:\n' >etc/group
chmod 1777 tmp var/tmp
chmod 700 root
echo one >'a dir/one'
ln 'a dir/one' 'a dir/same'
ln 'a dir/one' etc/same
ln -s /etc/passwd 'a dir/absolute'
ln -s ../../../etc/passwd 'a dir/relative'
ln -s nowhere etc/dangling
truncate -s 50M etc/sparse
echo end >>etc/sparse
: >etc/$'strange\n\t \\ \e[1m\xff'
: >"$(printf 'etc/%0200d' 0)"
echo ids >etc/ids
chown 70000:4000000000 etc/ids
chmod 0640 etc/ids
chmod 2750 'a dir'
chmod 0000 etc/dangling* 2>/dev/null
chmod 0444 'a dir/one'
setfattr -n user.test -v value etc/ids
setfattr -n user.test -v value 'a dir'
touch -d '2001-02-03 04:05:06.789' etc/passwd 'a dir'
tree_text "$rich" >"$T/rich"
for pack in cat gzip xz zstd bzip2; do
	tar -c --format=posix -S --xattrs '--xattrs-include=user.*' . | $pack >"/srv/rich.$pack"
done
cd / || exit
run lr build rich --from tar:/srv/rich.cat
is "$status" 0 'from an archive'
like "$err" "rich: $(gen_of rich) is current: [0-9]+ files, [0-9.]+ KiB" 'the size is told'
tree_text "$(root_of rich)" >"$T/got"
ok 'nothing is lost: ids, modes, times, links, holes, attributes' diff "$T/rich" "$T/got"
for pack in gzip xz zstd bzip2; do
	ok "packed by $pack" lr build "rich-$pack" --from "tar:/srv/rich.$pack"
	tree_text "$(root_of "rich-$pack")" >"$T/got"
	ok 'the same' diff "$T/rich" "$T/got"
done
ok 'export' lr export rich /srv/export.tar
is "$(stat -c '%a %u' /srv/export.tar)" '600 0' 'is for root: a tree may hold secrets'
between "$(stat -c %s /srv/export.tar)" 1 1000000 'holes stay holes'
ok 'export and import' lr build again --from tar:/srv/export.tar
tree_text "$(root_of again)" >"$T/got"
ok 'nothing is lost' diff "$T/rich" "$T/got"
lr export again - >/srv/export2.tar
ok 'the same archive, to standard output' cmp /srv/export.tar /srv/export2.tar
is "$(stat -c '%a %U' "$TREES")" '700 root' 'the store is closed to all others'
is "$(find "$TREES" -maxdepth 3 ! -uid 0)" '' 'and root'"'"'s'
is "$(find "$TREES" -maxdepth 3 ! -type l -perm /022)" '' 'nobody else can write to it'

# ---- lists of programs -------------------------------------------------------

ok 'sftp-only' lr build sftp --from files:sftp-only.list
size=$(du -sm "$(root_of sftp)" | cut -f 1)
between "$size" 1 8 'has a few megabytes'
nok 'there is no shell' test -e "$(root_of sftp)/bin/sh"
server=$(find "$(root_of sftp)" -name sftp-server -printf '/%P\n')
ok 'and runs: every library is there' lr update sftp --no-network -- "$server"
ok 'git-only' lr build git --from files:git-only.list
ok 'git runs' lr update git --no-network -- /bin/sh -c 'git init -q --bare /x.git && { git-upload-pack /x.git || :; }'
like "$(cat "$T/ok.out")" 0000 'and speaks'
ok 'rsync' lr build rsync --from files:rsync.list
ok 'runs' lr update rsync --no-network -- rsync --version
ok 'a shell' lr build sh --from files:shell.list
cp -a "$(root_of sh)"/. /srv/both
cp -a "$rich"/. /srv/both
tree_text /srv/both >"$T/both"
tar -c --format=posix -S --xattrs '--xattrs-include=user.*' -C /srv/both . >/srv/both.tar
ok 'a tree with all kinds of things' lr build both --from tar:/srv/both.tar
ok 'runs a program' lr update both -- /bin/ls /
tree_text "$(root_of both)" >"$T/got"
ok 'in a copy that lacks nothing' diff "$T/both" "$T/got"
list_of own <<'EOS'
# a comment
include common.list
program /no/such/thing /bin/sh
optional program no-such-program
copy /etc/ssh
EOS
ok 'a list of one'"'"'s own' lr build own --from "files:$T/lists/own.list"
ok 'with a directory' test -f "$(root_of own)/etc/ssh/ssh_config"
for line in 'program no-such-program' 'copy /no/such/file' 'porgram sh' 'include none.list' 'include wrong.list'; do
	list_of wrong <<<"$line"
	run lr build wrong --from "files:$T/lists/wrong.list"
	like "$status $err" '^1 .*wrong.list' "a wrong line: $line"
	nok 'no tree of it' test -e "$TREES/wrong"
done

# ---- the host ----------------------------------------------------------------

# As a host in small: a row of each kind of the mask, and people.
fake=/srv/fake
mkdir -p "$fake"/{etc/ssh,usr/bin,root,home/alice,proc,run,tmp,dev,sys,var/log,var/mail,srv/data,boot}
cp /bin/true "$fake/usr/bin/"
for file in etc/shadow etc/ssh/ssh_host_rsa_key etc/hostname root/secret home/alice/x proc/x run/x tmp/x var/log/x srv/data/x boot/x; do
	echo x >"$fake/$file"
done
chmod 4755 "$fake/usr/bin/true"
printf 'root:x:0:0::/:/bin/sh\nmail:x:8:8::/:/bin/sh\nalice:x:2001:2001::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$fake/etc/passwd"
printf 'root:x:0:\nsudo:x:27:alice,bob\nalice:x:2001:\n' >"$fake/etc/group"
ok 'a snapshot of a host' lr build snap --from "host:$fake"
snap=$(root_of snap)
is "$(cd "$snap" && find . -type f | sort | tr '\n' ' ')" './etc/group ./etc/hostname ./etc/passwd ./usr/bin/true ' \
	'without what the mask hides, homes, and what each jail has anew'
ok 'directories that are empty in jails are there' test -d "$snap/root" -a -d "$snap/var/log" -a -d "$snap/srv"
is "$(cut -d : -f 1 "$snap/etc/passwd" | tr '\n' ' ')" 'root mail nobody ' 'no people'
is "$(tr '\n' ' ' <"$snap/etc/group")" 'root:x:0: sudo:x:27: ' 'nor in groups'
is "$(stat -c %a "$snap/usr/bin/true")" 4755 'setuid programs of the host are kept'
missing=$(while read -r kind path; do
	[[ $kind == HIDE ]] || continue
	mkdir -p "$fake${path%/*}"
	[[ -e $fake$path ]] || echo x >"$fake$path"
done </usr/local/share/loginjail/rootfs/host-mask)
is "$missing" '' 'a file for each row that hides'
ok 'a snapshot with all of them' lr build snap --from "host:$fake"
is "$(while read -r kind path; do
	[[ $kind == HIDE && -e $(root_of snap)$path ]] && echo "$path"
done </usr/local/share/loginjail/rootfs/host-mask)" '' 'has none of them'

# ---- update, shell, diff, rollback -------------------------------------------

first=$(gen_of sh)
run lr update sh -- /bin/sh -c 'echo new >/etc/new; echo longer >>/etc/nsswitch.conf; chmod 700 /opt; rm /etc/ld.so.cache; ln -s x /etc/link'
is "$status" 0 'update with a command'
second=$(gen_of sh)
isnt "$first" "$second" 'makes a new generation'
is "$(grep -E '^(source|parent)=' "$TREES/sh/$second/about" | tr '\n' ' ')" "source=files:shell.list parent=$first " 'it says of what'
run lr diff sh
is "$status" 0 'diff'
for line in '\+ /etc/new' '- /etc/ld.so.cache' '~ /opt \(mode drwxr-xr-x to drwx------\)' \
	'~ /etc/nsswitch.conf \(size [0-9]+ to [0-9]+\)' '\+ /etc/link'; do
	like "$out" "(^|"$'\n'")$line("$'\n'"|$)" "shows $line"
done
is "$(wc -l <<<"$out")" 7 'and no more'
run lr update sh --no-network -- /bin/sh -c 'exit 3'
is "$status" 1 'a command that fails'
like "$err" 'status 3: sh stays as it was' 'is told'
is "$(gen_of sh)" "$second" 'and changes nothing'
is "$(half_made sh)" '' 'nor leaves anything'
run lr update sh
like "$status $err" '^1 .*no package manager' 'an update of a tree without a package manager'

echo 'echo kept >/etc/kept' | lr shell sh --keep >/dev/null 2>&1
is "$(cat "$(root_of sh)/etc/kept")" kept 'shell --keep'
third=$(gen_of sh)
run lr shell sh --drop <<<'echo >/etc/dropped'
is "$status $(gen_of sh)" "0 $third" 'shell --drop'
run lr shell sh <<<'exit'
like "$status $err" '^2 .*--keep or --drop' 'without a terminal it has to be told'
terminal 'a maintenance shell: ' loginjail-rootfs --trees "$TREES" shell sh <<-'TCL'
	want "# " "there is a prompt"
	key "echo on\\ a \$(readlink /proc/self/fd/0)\r"
	want {on a /dev/pts/0} "it has a terminal of its own"
	want "# " "it goes on"
	key "sh -c 'echo run\$((1+1)); exec cat'\r"
	want "run2" "something runs in it"
	key "\003"
	want "# " "an interrupt is for what runs in it"
	key "echo yes >/etc/asked; exit\r"
	want {\[y/N\]} "it asks"
	key "y\r"
	ends 0 "it ends"
TCL
is "$(cat "$(root_of sh)/etc/asked")" yes 'the result is kept'
fourth=$(gen_of sh)

run lr list sh
is "$(awk 'NR > 1 && $2 != "*" { print $2 } NR > 1 && $2 == "*" { print "*" $3 }' <<<"$out" | tr '\n' ' ')" \
	"$first $second $third *$fourth " 'list shows all, and which is current'
ok 'rollback' lr rollback sh
is "$(gen_of sh)" "$third" 'goes to the one before'
ok 'rollback to a certain one' lr rollback sh "$first"
is "$(gen_of sh)" "$first" 'goes there'
run lr rollback sh
like "$status $err" '^1 .*no generation before' 'the first has none before'
run lr rollback sh 2020-01-01T00.00.00
like "$status $err" '^1 .*no generation' 'nor is there every one'
run lr diff sh "$first" "$fourth"
like "$out" '\+ /etc/asked' 'diff of two generations'

# ---- remove and gc: not what is in use ---------------------------------------

# As the keeper of a jail does.
use() { # NAME GEN
	exec {used}<"$TREES/$1/$2/lock"
	flock -s "$used"
}
use sh "$second"
run lr list sh
is "$(grep -F '(in use)' <<<"$out" | awk '{ print $2 }')" "$second" 'list says what a jail is in'
run lr remove sh "$first"
like "$status $err" '^1 .*is the current generation' 'the current one is not removed'
run lr remove sh "$second"
like "$status $err" '^1 .*in use by a live jail' 'nor one in use'
ok 'another is' lr remove sh "$third"
run lr remove sh
like "$status $err" '^1 .*in use by a live jail' 'nor a tree of which one is in use'
is "$(gen_of sh)" "$first" 'and that is as it was'
run lr gc --keep 0 sh
is "$status" 0 'gc --keep 0'
is "$(cd "$TREES/sh" && echo 2*)" "$first $second" 'leaves the current one, and the one in use'
exec {used}<&-

# As the NFS server of another host's keeper does.
coproc SERVER { exec python3 -c 'import fcntl, sys
with open(sys.argv[1]) as lock:
	fcntl.lockf(lock, fcntl.LOCK_SH)
	print("locked", flush=True)
	sys.stdin.read()' "$TREES/sh/$second/lock"; }
server=$SERVER_PID
read -r line <&"${SERVER[0]}"
is "$line" locked '(a lock that flock(2) does not see)'
like "$(lr list sh)" "$second .*\(in use\)" 'list says what a jail of another host is in'
run lr remove sh "$second"
like "$status $err" '^1 .*in use by a live jail' 'it is not removed'
ok 'gc --keep 0' lr gc --keep 0 sh
is "$(cd "$TREES/sh" && echo 2*)" "$first $second" 'leaves it'
kill "$server"
wait "$server" 2>/dev/null

ok 'gc --keep 1' lr gc --keep 1
is "$(cd "$TREES/sh" && echo 2*)" "$first $second" 'leaves one more'
ok 'gc --keep 0' lr gc --keep 0
is "$(cd "$TREES/sh" && echo 2*)" "$first" 'does not'
ok 'remove' lr remove rsync
nok 'nothing is left' compgen -G "$TREES/*rsync*" "$TREES/.gone*"
run lr remove rsync
like "$status $err" "^1 .*there is no tree 'rsync'" 'nor again'

# ---- images ------------------------------------------------------------------

loop_devices
for kind in erofs squashfs; do
	ok "an image of $kind" lr build "$kind" --from tar:/srv/rich.cat --image "$kind"
	at=$TREES/$kind/$(gen_of "$kind")
	is "$(cd "$at" && echo *)" "about lock root.$kind" 'is one file'
	is "$(stat -c '%a %u' "$at/root.$kind")" '644 0' 'of root'
	mkdir -p "$T/image"
	mount -t "$kind" -o ro,loop "$at/root.$kind" "$T/image"
	# squashfs has whole seconds.
	tree_text "$T/image" | sed -E 's/(\.[0-9]{10})( |$)/\2/' >"$T/got"
	sed -E 's/(\.[0-9]{10})( |$)/\2/' "$T/rich" >"$T/wanted"
	ok 'nothing is lost' diff "$T/wanted" "$T/got"
	umount "$T/image"
	ok 'verify looks into it' lr verify "$kind"
	ok 'export does' lr export "$kind" "/srv/$kind.tar"
	ok 'an image of a tree with a shell' lr build "$kind-sh" --from files:shell.list --image "$kind"
	ok 'update' lr update "$kind-sh" --no-network -- /bin/touch /etc/touched
	like "$(lr diff "$kind-sh")" '\+ /etc/touched' 'and diff'
	is "$(cd "$TREES/$kind-sh/$(gen_of "$kind-sh")" && echo root*)" "root.$kind" 'make an image again'
done
is "$(losetup -l -n -O BACK-FILE | grep -c "$TREES")" 0 'no loop device is left'

# ---- what verify finds -------------------------------------------------------

run lr verify again
is "$status" 0 'verify: nothing wrong'
for what in 'a shell' 'an sftp server' 'a locale' 'terminfo' 'certificates'; do
	like "$out" "note: missing: $what" "$what is missing"
done
like "$out" 'note: files of an id that is not in /etc/passwd: 70000' 'and an owner has no name'
like "$(lr verify git 2>/dev/null; lr verify sftp 2>/dev/null)" 'missing: terminfo' 'other trees lack other things'
unlike "$(lr verify sftp 2>/dev/null)" 'missing: (an sftp server|a locale)' 'and have some'
lr build bad --from files:shell.list >/dev/null 2>&1
bad=$(root_of bad)
unlike "$(lr verify bad 2>/dev/null)" 'wrong|missing: (a shell|terminfo|a locale)' 'a shell, terminfo and a locale are found'
finds() { # REGEX UNDO
	run lr verify bad
	is "$status" 1 'verify'
	like "$out" "wrong: $1" "finds: $1"
	eval "$2"
}
mknod "$bad/etc/null" c 1 3
finds 'device node: crw.* /etc/null' "rm '$bad/etc/null'"
mkfifo "$bad/etc/pipe"
finds 'pipe or socket: p.* /etc/pipe' "rm '$bad/etc/pipe'"
chmod 666 "$bad/etc/passwd"
finds 'everybody may write to the file: .* /etc/passwd' "chmod 644 '$bad/etc/passwd'"
chmod 777 "$bad/opt"
finds 'everybody may delete what others have in: .* /opt' "chmod 755 '$bad/opt'"
chown 5 "$bad/usr/bin/ls"
finds "what all execute is not root's: .* /usr/bin/ls" "chown 0 '$bad/usr/bin/ls'"
chgrp 5 "$bad/usr/bin/ls" && chmod 775 "$bad/usr/bin/ls"
finds 'what all execute may be changed by a group: .* /usr/bin/ls' "chgrp 0 '$bad/usr/bin/ls'; chmod 755 '$bad/usr/bin/ls'"
chmod 777 "$bad"
finds "the tree's own directory is writable" "chmod 755 '$bad'"
chown 5 "$bad"
finds "the tree's own directory is not root's" "chown 0 '$bad'"
chmod 777 "${bad%/root}"
finds "$TREES/bad/[^ ]* is not root's alone" "chmod 755 '${bad%/root}'"
mv "${bad%/root}/lock" "$T/lock"
finds '[^ ]*/lock is missing' "mv '$T/lock' '${bad%/root}/lock'"
chmod 4755 "$bad/usr/bin/ls"
like "$(lr verify bad 2>/dev/null)" 'note: setuid or setgid: -rws.* /usr/bin/ls' 'setuid is noted'
chmod 755 "$bad/usr/bin/ls"
setcap cap_net_raw+ep "$bad/usr/bin/ls"
like "$(lr verify bad 2>/dev/null)" 'note: capabilities: /usr/bin/ls cap_net_raw' 'and capabilities'
setcap -r "$bad/usr/bin/ls"
run lr verify bad
is "$status" 0 'all undone, nothing is wrong'
