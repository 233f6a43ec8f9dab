#!/bin/bash
# SPDX-License-Identifier: MIT
# Trees that lead elsewhere, that others could change, or that are not whole: refused.
# Not again as root of the jail: nobody gets into one.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

generation=2026-11-22T10.00.00
standard_users
busybox_tree lab $generation
sshd_start main
DEFAULTS="trees = $TREES
shell = /bin/sh"
jail_ini <<'EOS'
[jail lab]
groups = jailed
root = lab
EOS
lab=$TREES/lab
is "$(j cat /etc/which)" "lab $generation" 'a tree as it should be is a root'
jails_gone

refused() { # NAME LOG-PATTERN
	log_mark
	run j true
	like "$out$err" 'loginjail: ' "$1: refused"
	ok "$1: the log says why" eventually logged_since "$2"
	run loginjail check
	like "$err" "$2" "$1: so does check"
	ok "$1: nothing is left" no_jails
}

# current
for target in ../../.. / /etc . .. ../lab/$generation $generation/ $generation/../$generation \
	"$generation/root" .$generation 2026-11-22 2026-11-22T10.00.00. 2026-11-22T10.00.00.x "$TREES/lab/$generation"; do
	ln -sfn "$target" "$lab/current"
	refused "current -> $target" 'lab/current is no link to a generation'
done
rm "$lab/current"
mkdir "$lab/current"
refused 'current is a directory' 'lab/current is no link to a generation'
rmdir "$lab/current"
switch_to lab 2026-01-01T00.00.00
refused 'current leads nowhere' "current generation 2026-01-01T00.00.00 of the tree 'lab' is gone"
rm "$lab/current"
switch_to lab $generation

# Links in the place of what is ours
link_at() { # PATH, moved away while it is a link
	mv "$1" "$T/aside"
	ln -s "$T/aside" "$1"
	refused "$1 is a link" "$1 must be itself what it is, and no symbolic link"
	rm "$1"
	mv "$T/aside" "$1"
}
for path in "$TREES" "$lab" "$lab/$generation" "$lab/$generation/lock" "$lab/$generation/root"; do
	link_at "$path"
done

# Somebody else's, or to be written by somebody else
for path in /srv "$TREES" "$lab" "$lab/$generation" "$lab/$generation/root" "$lab/$generation/lock"; do
	mode=$(stat -c %a "$path")
	for other in "chown alice" 'chmod g+w' 'chmod o+w'; do
		$other "$path"
		refused "$other ${path#"$TREES"/}" "$path is not root's alone"
		chown root "$path"
		chmod "$mode" "$path"
	done
done

# Set-uid programs of trees are out of the host's users' reach
for mode in 701 710 755; do
	chmod $mode "$TREES"
	refused "trees of mode $mode" "$TREES is open to others than root"
done
chmod 700 "$TREES"
nok 'a user of the host does not get to them' free "$lab/$generation/root/bin/become id -u"
mkdir -p "$T/share"
chmod 755 "$TREES"
mount --bind "$TREES" "$T/share"
mount -o remount,bind,ro,nosuid "$T/share"
chmod 711 /root "$T"
sed -i "s|^trees = .*|trees = $T/share|" "$INI"
is "$(j cat /etc/which)" "lab $generation" 'a read-only mount without set-uid programs may be open'
jails_gone
umount "$T/share"
chmod 700 "$TREES" /root
sed -i "s|^trees = .*|trees = $TREES|" "$INI"

# Not whole, or on its way out
mv "$lab/$generation/lock" "$T/lock"
refused 'no lock' 'a generation that is not whole'
mkfifo "$lab/$generation/lock"
chmod 600 "$lab/$generation/lock"
# Sooner than by the alarm of the set-up
TIMEOUT=45 run j true
isnt "$status" 124 'a pipe for a lock hangs nobody'
rm "$lab/$generation/lock"
mv "$T/lock" "$lab/$generation/lock"
exec {removing}<"$lab/$generation/lock"
flock -xn "$removing"
refused 'a generation that is being removed' 'is gone, or is being removed'
exec {removing}<&-
mv "$lab/$generation/root" "$T/root"
refused 'no root' "holds neither 'root' nor an image"
mkfifo -m 600 "$lab/$generation/root.erofs"
refused 'an image that is a pipe' 'root.erofs is no file'
rm "$lab/$generation/root.erofs"
mv "$T/root" "$lab/$generation/root"

# Links inside the tree stay in the tree
root=$lab/$generation/root
echo "the host's" >/etc/which
mv "$root/etc" "$root/real-etc"
ln -s real-etc "$root/etc"
log_mark
run j true
like "$out$err" 'loginjail: ' 'a tree whose /etc is a link: refused'
ok 'by name' eventually logged_since "symbolic link '/etc' of the tree"
rm "$root/etc"
mv "$root/real-etc" "$root/etc"
for file in passwd group; do
	mv "$root/etc/$file" "$root/etc/$file.real"
	ln -s "/../../../../../etc/$file" "$root/etc/$file"
done
run j true
isnt "$status" 0 'account files that are links to themselves: no login'
for file in passwd group; do
	mv "$root/etc/$file.real" "$root/etc/$file"
done
ln -s /etc "$root/opt"
ln -s ../../../../../../../../etc/which "$root/up"
is "$(j 'cat /opt/which /up')" "lab $generation"$'\n'"lab $generation" 'a link of the tree leads to the tree'
jails_gone
ln -sfn /proc/1/root "$root/etc/skel"
mkdir "$root/dev" "$root/proc" && mknod -m 666 "$root/dev/mem" c 1 1 && mknod -m 666 "$root/null" c 1 3
is "$(j 'ls /dev/mem /null 2>/dev/null; cat /null 2>&1 | head -n 1')" '/null
cat: can'"'"'t open '"'"'/null'"'"': Permission denied' 'a device of the tree is none'
ok 'nothing stays' jails_gone
