#!/bin/bash
# SPDX-License-Identifier: MIT
# A tree that is one image file: erofs, squashfs; and no loop device is left behind.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

generation=2026-11-22T10.00.00
standard_users
DEFAULTS="trees = $TREES
shell = /bin/sh"

# Loop devices are the machine's: of ours, those whose file is below TREES.
loops() {
	local file
	for file in /sys/block/loop*/loop/backing_file; do
		[[ -e $file ]] && [[ $(<"$file") == */trees/*/$generation/* ]] && echo "$file"
	done
}
no_loops() { [[ -z $(loops) ]]; }
image_of() { # KIND
	local dir
	busybox_tree "$1" $generation
	dir=$TREES/$1/$generation
	case $1 in
	erofs) mkfs.erofs -zlz4 "$dir/root.erofs" "$dir/root" ;;
	squashfs) mksquashfs "$dir/root" "$dir/root.squashfs" -no-progress ;;
	esac >"$T/mkfs.log" 2>&1
	rm -r "$dir/root"
}

sshd_start main
use() { # KIND
	jail_ini <<-EOS
		[jail image]
		groups = jailed
		root = $1
	EOS
}

# The world's /dev has no loop devices: set-up makes the nodes that it needs.
nok '(/dev has none)' test -e /dev/loop-control
image_of squashfs
image_of erofs
for kind in erofs squashfs; do
	use $kind
	before=$(cat /proc/self/mountinfo)
	hold h alice
	is "$(j cat /etc/which)" "$kind $generation" "$kind: the image is the root"
	is "$(j 'stat -c %u:%g:%a / /etc/shadow /bin/become')" $'0:0:755\n0:0:640\n0:0:4755' \
		"$kind: owners and modes are those of the tree"
	ok "$kind: the jail can be written" j 'echo x >~/x; mkdir /tmp/d'
	nok "$kind: the tree can not" j 'echo x >/etc/which'
	is "$(cat /proc/self/mountinfo)" "$before" "$kind: the host's mount table has nothing of it"
	is "$(j "grep -c '$kind' /proc/self/mountinfo")" 0 "$kind: nor the jail's"
	echo content >"$T/up"
	ok "$kind: sftp" sftp_on alice <<<"put $T/up up"
	if [[ $kind == squashfs ]]; then
		isnt "$(loops)" '' "$kind: has a loop device"
		is "$(cat "$(dirname "$(loops | head -n 1)")/../ro")" 1 "$kind: that can't be written"
	fi
	ok "$kind: the generation is locked" not flock -xn "$TREES/$kind/$generation/lock" true
	release h
	jails_gone
	ok "$kind: no loop device is left" eventually no_loops

	# The keeper killed outright, then PID 1 with it
	hold h alice
	keeper=$(pgrep -x loginjail-keep)
	[[ -n $keeper ]] || fail "$kind: the keeper is found"
	kill -KILL "$keeper"
	release h
	ok "$kind: nor if the keeper is killed" eventually no_loops
	ok "$kind: then the lock is free" eventually flock -xn "$TREES/$kind/$generation/lock" true
	ok "$kind: and gc finds the rest, once PID 1 is gone" eventually loginjail gc
	ok "$kind: all of it" jails_gone
done

# An image may lie where a tree could not
mkdir -p "$TREES/ram"
mount -t ramfs -o mode=755 ram "$TREES/ram"
generation ram $generation >/dev/null
rmdir "$TREES/ram/$generation/root"
cp "$TREES/erofs/$generation/root.erofs" "$TREES/ram/$generation/"
switch_to ram $generation
use ram
is "$(j cat /etc/which)" "erofs $generation" 'an image on a file system that knows no mapped ids'
jails_gone
umount "$TREES/ram"

# Trees whose server does not answer any more
use erofs
hold h alice
mknod -m 666 /dev/fuse c 10 229
mute-fuse "$TREES" 0 40700 >"$T/mute" &
server=$!
ok '(the trees say nothing)' eventually grep -q mounted "$T/mute"
like "$(timeout 60 loginjail ps)" "erofs/$generation \\(no answer\\)" 'ps does not wait for them'
run timeout 60 loginjail check
is "$status" 1 'nor does check'
like "$err" "$INI:[0-9]+: root: $TREES gives no answer within 5 seconds" 'which says so'
like "$(timeout 60 loginjail explain alice)" "tree +$TREES gives no answer" 'nor explain'
like "$(timeout 60 loginjail check --host 2>&1)" 'gives no answer' 'nor check --host'
kill -KILL "$server"
wait "$server" 2>/dev/null
umount -l "$TREES"
like "$(loginjail ps)" "erofs/$generation\$" 'and asks again'
release h
jails_gone

# A file that is no image
for kind in erofs squashfs; do
	head -c 1M /dev/zero >"$TREES/$kind/$generation/root.$kind"
	use $kind
	log_mark
	run j true
	like "$out$err" 'loginjail: ' "$kind: a file of zeros is a refusal"
	ok "$kind: the log says which" eventually logged_since "the tree '$kind', generation $generation: mounting the image"
	ok "$kind: no loop device is left" eventually no_loops
done
ok 'nothing stays' no_jails
