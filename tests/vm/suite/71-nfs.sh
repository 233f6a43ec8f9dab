#!/bin/bash
# SPDX-License-Identifier: MIT
# Trees on NFS: an image is as good as on a disk, a directory is refused with its remedy, the
# server sees which of its trees are in use; while it is away, nobody else is held up.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

first=2026-11-22T10.00.00
second=2026-11-23T10.00.00
# Where jails with the host's tree don't see it.
shared=/srv/shared
far=/srv/far
cp "$INI" "$T/jail.ini"

# ---- the server --------------------------------------------------------------

# shellcheck disable=SC2034 # for the making of trees
TREES=$shared/trees
mkdir -p "$shared/home" "$far"
busybox_tree directory $first
image_of() { # NAME GENERATION
	generation "$1" "$2" >/dev/null
	rmdir "$TREES/$1/$2/root"
	mkfs.erofs -zlz4 "$TREES/$1/$2/root.erofs" "$TREES/directory/$first/root" >/dev/null
	switch_to "$1" "$2"
}
image_of image $first
image_of other $first
squashfs=
if [[ $(uname -r) != 6.1.* ]]; then
	squashfs=squashfs
	generation squashfs $first >/dev/null
	rmdir "$TREES/squashfs/$first/root"
	mksquashfs "$TREES/directory/$first/root" "$TREES/squashfs/$first/root.squashfs" -no-progress -quiet
	switch_to squashfs $first
fi
modprobe loop
lr() { loginjail-rootfs --trees "$TREES" "$@"; }

mkdir -p /etc/nfs.conf.d
# How long a new server waits for clients of its last one.
printf '[nfsd]\ngrace-time=10\nlease-time=10\n' >/etc/nfs.conf.d/tests.conf
export_all() { # OPTION
	cat >/etc/exports <<-END
		$TREES 127.0.0.1(ro,$1,no_subtree_check)
		$shared/home 127.0.0.1(rw,root_squash,no_subtree_check)
	END
	exportfs -r
}
export_all no_root_squash
ok 'an NFS server' systemctl start nfs-server

# ---- the users ---------------------------------------------------------------

useradd -m -s /bin/bash carol
cp -a /home/bob/.ssh /home/carol
chown -R carol: /home/carol
usermod -a -G jailed carol
use() { # TREE
	cat >"$INI" <<-END
		[defaults]
		trees = $far

		[jail far]
		users = alice
		shell = /bin/sh
		root = $1
		inside_root = yes

		[jail other]
		users = carol
		shell = /bin/sh
		root = other

		[jail near]
		users = bob
		${2:-}
	END
}
refused() { # WHAT LOG-PATTERN USER
	log_mark
	run on "$3" 'echo R$((40 + 2))N'
	isnt "$status" 0 "$1: no login"
	unlike "$out" R42N "$1: nothing runs"
	like "$out$err" 'loginjail: ' "$1: the user is told"
	like "$(log_since)" "$2" "$1: the log says why"
	ok "$1: nothing is left" jails_gone
}
before=$(losetup -a)
no_more_loops() { [[ $(losetup -a) == "$before" ]]; }
all_gone() { jails_gone && eventually no_more_loops; }
begins_in() { # TREE/GENERATION
	local ps
	hold new alice
	ps=$(loginjail ps)
	release new
	all_gone
	[[ $ps == *" $1"* ]]
}

# ---- trees -------------------------------------------------------------------

mount_trees() { mount -t nfs -o "ro,$1" "127.0.0.1:$TREES" "$far"; }
for version in 4.2 3; do
	ok "NFSv$version is mounted" mount_trees vers=$version
	like "$(findmnt -no FSTYPE,OPTIONS "$far")" "^nfs.*vers=$version" '(it is that)'
	use directory
	refused "v$version, a directory" \
		"tree 'directory' can't be mounted with mapped ids where it lies: make it an image" alice
	is "$(on bob 'cat /proc/1/comm')" loginjail-init "v$version: another's login is as ever"
	for tree in image $([[ $version == 3 ]] || echo $squashfs); do
		what="v$version, $tree"
		use "$tree"
		ok "$what: check finds the tree" loginjail check
		hold warm alice
		is "$(j 'cat /etc/which')" "directory $first" "$what: it is the root"
		is "$(j 'cat /proc/1/comm; stat -c %u:%g:%a / /etc/shadow /bin/become')" \
			$'loginjail-init\n0:0:755\n0:0:640\n0:0:4755' "$what: with its owners and modes"
		is "$(j 'id -u; become id -u; become touch /of-root && stat -c %u /of-root')" \
			"$(id -u alice)"$'\n0\n0' "$what: the user becomes root"
		nok "$what: the tree is not written" j 'echo x >/etc/which'
		echo content >"$T/up"
		ok "$what: sftp" sftp_on alice <<<"put $T/up up"
		like "$(loginjail ps)" "$tree/$first\$" "$what: ps knows it"
		like "$(lr list "$tree")" "$first .*\(in use\)" "$what: the server knows of the jail"
		if [[ $tree == image ]]; then
			# A new generation, and the old one is to go
			image_of image $second
			run lr gc --keep 0 image
			like "$err" "$first is in use by a live jail, and stays" "$what: gc of the server leaves it alone"
			is "$(j 'become cat /etc/shadow | head -n 1')" 'root::19000:0:99999:7:::' "$what: the jail lives"
		fi
		release warm
		ok "$what: nothing stays, no loop device either" all_gone
	done
	use image
	# What the client had of the link may be a minute old.
	ok "v$version: the next jail is in the new generation" eventually_within 90 begins_in "image/$second"
	ok "v$version: gc of the server" lr gc --keep 0 image
	nok "v$version: removes the old one then" test -e "$TREES/image/$first"
	rm -r "$TREES/image"
	image_of image $first
	ok "v$version: it is unmounted" eventually umount "$far"
done

# A server that takes root for nobody
export_all root_squash
mount_trees vers=4.2
use image
refused 'root_squash' "$far/image .on NFS: export it with no_root_squash.: Permission denied" alice
umount "$far"
export_all no_root_squash

# ---- the host's tree, and homes ----------------------------------------------

mkdir -p /opt/far /home/far /var/lib/nfs/rpc_pipefs
install -d -m 700 -o bob -g bob "$shared/home/bob"
cp -a /home/bob/.ssh "$shared/home/bob"
mount_trees vers=4.2
mount -t rpc_pipefs sunrpc /var/lib/nfs/rpc_pipefs
is "$(on bob 'cat /proc/1/comm; ls -d /var/lib/nfs 2>&1 | grep -c "No such"')" $'loginjail-init\n1' \
	"the host's tree: NFS's own file system is no hindrance"
all_gone
umount /var/lib/nfs/rpc_pipefs
mount -t nfs -o ro,vers=4.2 "127.0.0.1:$TREES" /opt/far
refused 'NFS in what the jail would see' "the file system of '/opt/far' can't be mounted with mapped ids" bob
use image 'mask = /opt/far'
is "$(on bob 'cat /proc/1/comm; ls -A /opt/far 2>/dev/null')" loginjail-init 'a mask hides it'
all_gone
umount /opt/far
mount -t nfs -o rw,vers=4.2 "127.0.0.1:$shared/home" /home/far
usermod -d /home/far/bob bob
use image
is "$(on bob 'pwd; echo content >file && stat -c %U file; cat /proc/1/comm')" $'/home/far/bob\nbob\nloginjail-init' \
	'a home on NFS, where root is nobody'
is "$(cat "$shared/home/bob/file")" content 'is written'
all_gone
usermod -d /home/bob bob
umount /home/far

# ---- the server away ---------------------------------------------------------

use image
hold warm alice
ok '(the server goes away)' systemctl stop nfs-server
ok 'away: a session in its tree lives' kill -0 "${hold_pid[warm]}"
hold near bob
is "$(on bob 'cat /proc/1/comm')" loginjail-init 'away: who has another root logs in'
ok 'away: by sftp, too' sftp_on bob <<<'ls /'
is "$(free 'id -un')" uma 'away: and who has no jail'
ok 'away: and root' on root true
like "$(timeout 60 loginjail ps)" 'alice .* image/' 'away: ps'
ok 'away: gc' timeout 60 loginjail gc
# It looks at all that anybody may write, which takes an emulated processor its time.
run timeout 400 loginjail check --host
between "$status" 0 1 'away: check --host does not wait for it'
log_mark
TIMEOUT=150 run on carol 'echo R$((40 + 2))N'
isnt "$status" 0 'away: who begins a jail in its trees is refused'
unlike "$out" R42N 'away: nothing runs'
like "$out$err" 'loginjail: ' 'away: the user is told'
like "$(log_since)" 'carol' 'away: and the log has it'
ok 'away: no set-up hangs on' eventually not pgrep -x loginjail-setup
is "$(on bob 'echo on')" on 'away: others log in as before'
release near
ok 'away: and their jails go' eventually not jail_exists bob
ok '(the server is back)' systemctl start nfs-server
is "$(TIMEOUT=240 on alice 'cat /etc/group | head -n 1; become id -u')" $'root:x:0:\n0' 'back: the session goes on'
is "$(TIMEOUT=240 on carol 'cat /proc/1/comm')" loginjail-init 'back: who was refused logs in'
release warm
ok 'back: the jails go' all_gone

# A jail that ends meanwhile
hold warm alice
systemctl stop nfs-server
release warm
is "$(on bob 'cat /proc/1/comm')" loginjail-init 'a jail ends while it is away: others log in'
ok 'and their jails go' eventually not jail_exists bob
systemctl start nfs-server
ok 'back: it is all gone' eventually_within 240 all_gone
is "$(TIMEOUT=120 on alice 'cat /etc/which')" "directory $first" 'back: the next is as ever'
ok 'and goes' all_gone

# ---- the end -----------------------------------------------------------------

cp "$T/jail.ini" "$INI"
ok 'it is unmounted' eventually umount "$far"
userdel -r carol 2>/dev/null
: >/etc/exports
rm -r /etc/nfs.conf.d/tests.conf "$shared"
systemctl stop nfs-server nfs-idmapd rpc-statd rpcbind.socket rpcbind nfsdcld 2>/dev/null
systemctl reset-failed
