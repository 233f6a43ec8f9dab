#!/bin/bash
# SPDX-License-Identifier: MIT
# disk and inodes as a project quota, where root has every capability; and as an
# image, on a file system of the same host that has none.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

# limits PROJECT: bytes and inodes that the file system of STATE allows it
limits() {
	perl -e '
		open(my $dir, "<", $ARGV[0]) or die;
		my $got = "\0" x 72;
		# quotactl_fd, Q_GETQUOTA of PRJQUOTA
		syscall(443, fileno($dir), 0x80000702, $ARGV[1] + 0, $got) == 0 or print("none\n"), exit;
		my @q = unpack("Q8", $got);
		print $q[0] * 1024, " ", $q[3], "\n"' "$STATE" "$1"
}
project() { lsattr -pd "$1" | awk '{ print $1 }'; }
upper() { echo "$STATE/upper/$(basename "$(jail_dir alice)")"; }
fill() { on "$1" "dd if=/dev/zero of=/var/tmp/$2 bs=1M count=$3 conv=fsync 2>&1"; }
room() { df --output=avail -B1M "$STATE" | tail -n 1; }

like "$(findmnt -no OPTIONS /)" prjquota '(the host has project quotas)'
jail_ini <<'EOS'
[jail bounded]
users = alice
disk = 40M
inodes = 300

[jail kept]
users = bob
storage = persistent
disk = 40M
inodes = 300
EOS

# Ephemeral
hold warm alice
up=$(upper) project=$(project "$(upper)")
between "$project" 1 4294967294 "the upper layer is a project"
is "$(limits "$project")" "$((40 << 20)) 300" 'with the limits of jail.ini'
is "$(project "$up/0u")" "$project" 'which what is in it inherits'
is "$(project "$up/0w")" "$project" "overlayfs's working directory, too"
before=$(room)
unlike "$(fill alice below 36)" 'exceeded|space' 'just below disk: fine'
like "$(fill alice above 30)" 'quota exceeded' 'above it: refused'
between $((before - $(room))) 30 60 'and so it is on the host'
hold other bob
unlike "$(fill bob mine 20)" 'exceeded|space' 'another user has as much as before'
release other
on alice 'rm /var/tmp/above /var/tmp/below'
is "$(on alice 'cd /var/tmp && mkdir d && for i in $(seq 240); do : >d/$i || break; done; ls d | wc -l')" 240 \
	'just below inodes: fine'
run on alice 'cd /var/tmp && for i in $(seq 241 400); do : >d/$i || break; done; ls d | wc -l'
between "${out##*$'\n'}" 240 299 'above it: refused'
run on alice 'cd /var/tmp && for i in $(seq 100); do ln d/1 d/l$i || exit 1; done; echo linked'
like "$out" linked 'a hard link is no inode'
on alice 'rm -r /var/tmp/d'

# Getting round it
run on alice 'exec 9>/var/tmp/open; rm /var/tmp/open; dd if=/dev/zero bs=1M count=60 2>&1 >&9'
like "$out" 'quota exceeded' 'what is deleted and open counts'
run on alice 'truncate -s 2G /var/tmp/sparse && dd if=/dev/zero of=/var/tmp/sparse bs=1M count=60 conv=notrunc 2>&1'
like "$out" 'quota exceeded' 'a sparse file counts by what is in it'
on alice 'rm -f /var/tmp/sparse; : >/var/tmp/mine; mkdir /var/tmp/dir'
for file in mine dir; do
	nok "chattr -p of a $file" on alice "chattr -p 4711 /var/tmp/$file 2>/dev/null"
done
nok 'chattr -P of a directory' on alice 'chattr -P /var/tmp/dir 2>/dev/null'
is "$(find "$up" -exec lsattr -pd {} + 2>/dev/null | awk '{ print $1 }' | sort -u)" "$project" \
	'nothing in the upper layer is of another project'
release warm
ok 'it goes' jails_gone
is "$(limits "$project")" "$((40 << 20)) 300" 'the limits of its number stay, which the next jails have by turns'

# What outlives the jail, by whatever hands it came into: it stays bounded
hold warm alice
project=$(project "$(upper)")
on alice 'dd if=/dev/zero of=/var/tmp/held bs=1M count=20' 2>/dev/null
exec 7<"$(find "$(upper)" -name held)"
release warm
ok 'it goes, with a file of it open on the host' jails_gone
nok 'its upper layer too' compgen -G "$STATE/upper/*"
is "$(limits "$project")" "$((40 << 20)) 300" 'but not the limits'
hold warm alice
isnt "$(project "$(upper)")" "$project" "and no other jail's files get that number"
exec 7<&-
release warm
ok 'that one goes' jails_gone

# Two numbers by turns: there is at most as much again
seen=
for fd in 7 8; do
	hold warm alice
	seen+=" $(project "$(upper)")"
	on alice 'dd if=/dev/zero of=/var/tmp/held bs=1M count=25' 2>/dev/null
	eval "exec $fd<\"\$(find \"\$(upper)\" -name held)\""
	release warm
	ok "a jail goes, with a file of it open ($fd)" jails_gone
done
# shellcheck disable=SC2086 # two words
isnt $seen 'two jails have two numbers'
hold warm alice
like "$seen " " $(project "$(upper)") " 'the third has one of them'
unlike "$(fill alice little 10)" 'exceeded|space' 'with what is left of it'
like "$(fill alice much 20)" 'quota exceeded' 'and no more'
exec 7<&- 8<&-
unlike "$(fill alice much 20)" 'exceeded|space' 'until the files are gone'
release warm
ok 'it goes' jails_gone

# Killed: the next login's gc does the same
hold warm alice
project=$(project "$(upper)")
kill -KILL "$(pgrep -x loginjail-keep)" "$(jail_init alice)"
release warm
ok 'the keeper killed: the next login' eventually on alice true
ok 'removes the upper layer' eventually_sh '[[ ! -e $up ]] && ! compgen -G "$STATE/upper/*"'
is "$(limits "$project")" "$((40 << 20)) 300" 'but not the limits'
jails_gone

# Persistent: the limit is jail.ini's of now
place=$STATE/persistent/$(id -u bob)
project=$(project "$place/tree")
is "$project" "$(awk '/^uid-base/ { print $2 }' "$place/record")" 'a persistent storage has the number of its ids'
is "$(limits "$project")" "$((40 << 20)) 300" 'with the limits of jail.ini'
is "$(on bob 'stat -c %s /var/tmp/mine')" $((20 << 20)) 'what was stored is there'
jails_gone
sed -i '/^\[jail kept/,$s/^disk = .*/disk = 64M/' "$INI"
unlike "$(fill bob more 36)" 'exceeded|space' 'disk is raised: there is room'
is "$(limits "$project")" "$((64 << 20)) 300" 'by that much'
like "$(fill bob over 36)" 'quota exceeded' 'and no more'
jails_gone
sed -i '/^\[jail kept/,$s/^disk = .*/disk = max/; s/^inodes = .*/inodes = max/' "$INI"
unlike "$(fill bob over 100)" 'exceeded|space' 'disk is taken out: no limit'
jails_gone
sed -i '/^\[jail kept/,$s/^disk = .*/disk = 40M/' "$INI"
like "$(fill bob again 10)" 'quota exceeded' 'less than what is stored: nothing can be added'
ok 'but something can be deleted' on bob 'rm /var/tmp/over'
jails_gone
ok 'reset' loginjail reset bob
nok 'leaves nothing' test -e "$place"
like "$(limits "$project")" '^(none|0 0)$' 'no limits either'

# xfs, whose quotas the same calls are for
truncate -s 600M /var/tmp/xfs.img
mkfs.xfs -q /var/tmp/xfs.img
mkdir -p /mnt/xfs
mount -o loop,prjquota /var/tmp/xfs.img /mnt/xfs
STATE=/mnt/xfs/state
jail_ini <<'EOS'
[jail bounded]
users = alice
disk = 40001K
inodes = 300

[jail kept]
users = bob
storage = persistent
disk = 40M
EOS
hold warm alice
project=$(project "$(upper)")
is "$(limits "$project")" "$((40000 << 10)) 300" 'xfs: the limits of jail.ini, in whole blocks'
unlike "$(fill alice below 36)" 'exceeded|space' 'xfs: just below disk: fine'
like "$(fill alice above 30)" 'quota exceeded|No space' 'xfs: above it: refused'
is "$(on alice 'rm /var/tmp/*; cd /var/tmp && for i in $(seq 240); do : >$i || break; done; ls | wc -l')" 240 \
	'xfs: just below inodes: fine'
run on alice 'cd /var/tmp && for i in $(seq 241 400); do : >$i || break; done; ls | wc -l'
between "${out##*$'\n'}" 240 299 'xfs: above it: refused'
release warm
ok 'xfs: it goes' jails_gone
# xfs frees what is deleted a little later; as long as it does the limits are in force
hold warm alice
nok 'xfs: what was deleted takes none of the next one' grep -qE 'exceeded|No space' <<<"$(fill alice next 36)"
release warm
ok 'xfs: that one goes' jails_gone
on bob 'echo kept >/var/tmp/file'
jails_gone
is "$(on bob 'cat /var/tmp/file')" kept 'xfs: what is persistent is kept'
jails_gone
is "$(limits "$(project "$STATE/persistent/$(id -u bob)/tree")")" "$((40 << 20)) 0" 'xfs: and bounded'
ok 'xfs: reset' loginjail reset bob
umount /mnt/xfs
rm /var/tmp/xfs.img

# A file system without: an image
truncate -s 600M /var/tmp/plain.img
mke2fs -q -t ext4 /var/tmp/plain.img
mkdir -p /mnt/plain
mount -o loop /var/tmp/plain.img /mnt/plain
STATE=/mnt/plain/state
jail_ini <<'EOS'
[jail bounded]
users = alice
disk = 40M
inodes = 300

[jail kept]
users = bob
storage = persistent
disk = 40M
EOS
loops=$(losetup -nl -O NAME | wc -l)
hold warm alice
is "$(losetup -nl -O NAME | wc -l)" $((loops + 1)) 'a loop device for the jail'
is "$(ls -A "$(upper)")" '' 'of a file without a name'
unlike "$(findmnt -n)" "$STATE" 'the host sees no mount of it'
unlike "$(fill alice below 38)" 'exceeded|space' 'just below disk: fine'
like "$(fill alice above 30)" 'No space' 'above it: refused'
like "$(on alice 'for i in $(seq 600); do : >/var/tmp/f$i || break; done 2>&1')" 'No space' 'inodes: refused as well'
release warm
ok 'it goes' jails_gone
ok 'and its loop device' eventually_sh '(($(losetup -nl -O NAME | wc -l) == loops))'
on bob 'echo kept >/var/tmp/file'
jails_gone
is "$(on bob 'cat /var/tmp/file')" kept 'a persistent image is kept'
jails_gone
ok 'until reset' loginjail reset bob
ok 'no loop device is left' eventually_sh '(($(losetup -nl -O NAME | wc -l) == loops))'
umount /mnt/plain
rm /var/tmp/plain.img
