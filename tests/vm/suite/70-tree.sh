#!/bin/bash
# SPDX-License-Identifier: MIT
# A tree of its own on a stock host: as a directory, as an image (on a kernel that reads
# no erofs from a file: by a loop device), and with its root for the user.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

generation=2026-11-22T10.00.00
busybox_tree directory $generation
cp "$INI" "$T/jail.ini"
before=$(losetup -a)
no_jails_or_loops() { no_jails && [[ $(losetup -a) == "$before" ]]; }

generation image $generation >/dev/null
rmdir "$TREES/image/$generation/root"
mkfs.erofs -zlz4 "$TREES/image/$generation/root.erofs" "$TREES/directory/$generation/root" >/dev/null
switch_to image $generation
modprobe loop

for tree in directory image; do
	cat >"$INI" <<-EOS
		[defaults]
		trees = $TREES
		shell = /bin/sh

		[jail tree]
		users = alice
		root = $tree
		inside_root = yes
	EOS
	ok "$tree: check finds the tree" loginjail check
	hold warm alice
	is "$(j 'cat /etc/which')" "directory $generation" "$tree: it is the root"
	is "$(j 'id -u; become id -u')" "$(id -u alice)"$'\n0' "$tree: the user becomes root"
	is "$(j 'become touch /of-root && stat -c %u /of-root; cat /proc/1/comm')" $'0\nloginjail-init' \
		"$tree: which has what it makes"
	nok "$tree: but makes nothing in the home" j 'become touch /home/alice/of-root'
	nok "$tree: and mounts nothing" j 'become mount -t tmpfs x /mnt'
	echo content >"$T/up"
	ok "$tree: sftp by the host's server" sftp_on alice <<<"put $T/up up"
	is "$(cat /home/alice/up)" content "$tree: it is there"
	like "$(loginjail ps)" "$tree/$generation\$" "$tree: ps knows it"
	release warm
	ok "$tree: nothing stays, no loop device either" eventually no_jails_or_loops
done
cp "$T/jail.ini" "$INI"
