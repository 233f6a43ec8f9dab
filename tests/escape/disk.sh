#!/bin/bash
# SPDX-License-Identifier: MIT
# A user who fills the disk, by whatever is not a plain file: the bound holds, the host
# has as much room as before, and another user works on.
# again: as-root
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
# A disk of its own, so that nobody else's files are counted.
mknod -m 600 /dev/loop-control c 10 237
for i in $(seq 0 31); do mknod -m 600 "/dev/loop$i" b 7 "$i"; done
truncate -s 400M /var/tmp/disk
mke2fs -q -t ext4 -m 0 /var/tmp/disk
mkdir -m 700 "$STATE"
mount -o loop /var/tmp/disk "$STATE"
jail_ini <<'EOS'
[jail bounded]
users = alice
disk = 32M
inodes = 400

[jail other]
users = bob
disk = 32M
EOS
sshd_start main
hold warm alice
hold other bob

room() { df --output=avail -B1M "$STATE" | tail -n 1 | tr -d ' '; }
inside() { j "df --output=used -B1M / | tail -n 1 | tr -d ' '"; }
# What two images can take at the most.
spare=80
before=$(room)

attack() { # NAME SHELL-TEXT: in a directory of its own, which is removed
	run j "mkdir -p /var/tmp/a && cd /var/tmp/a && { $2; } 2>&1 | tail -n 30"
	between $((before - $(room))) -1 "$spare" "$1: the host has its room"
	between "$(inside)" 0 40 "$1: the jail has no more than its own"
	ok "$1: another user works on" on bob 'echo x >/var/tmp/x && sync /var/tmp/x && cat /var/tmp/x >/dev/null'
	j 'rm -rf /var/tmp/a' || fail "$1: can be removed"
}

attack 'bytes' 'dd if=/dev/zero of=x bs=1M count=200'
like "$out" 'No space' 'bytes: refused'
attack 'many files at once' 'for i in 1 2 3 4 5 6; do dd if=/dev/urandom of=x$i bs=1M count=20 & done; wait'
attack 'inodes' 'for i in $(seq 2000); do : >f$i || break; done; ls | wc -l'
between "$(tail -n 1 <<<"$out")" 300 500 'inodes: refused at the bound'
attack 'directories' 'for i in $(seq 2000); do mkdir d$i || break; done'
attack 'deep directories' 'for i in $(seq 2000); do mkdir d && cd d || break; done'
attack 'symbolic links' 'for i in $(seq 2000); do ln -s "$(printf %04000d $i)" l$i || break; done'
attack 'hard links' 'dd if=/dev/zero of=x bs=1M count=8; perl -e "for (1 .. 200000) { link(q(x), qq(\$_)) or die \$! }"'
attack 'a sparse file' 'truncate -s 1T x || truncate -s 100G x; dd if=/dev/zero of=x bs=1M seek=1000 count=200 conv=notrunc'
like "$out" 'No space' 'a sparse file: refused at what is in it'
attack 'allocation' 'fallocate -l 500M x; fallocate -n -l 500M y'
like "$out" 'No space' 'allocation: refused'
attack 'deleted, but open' 'exec 9>x; rm x; dd if=/dev/zero bs=1M count=200 >&9'
like "$out" 'No space' 'deleted, but open: refused'
attack 'mapped memory' 'perl -e "open(F, q(+>), q(x)) or die; truncate(F, 200 << 20) or die;
	for my \$i (0 .. 199) { seek(F, \$i << 20, 0); syswrite(F, q(x) x (1 << 20)) or die \$! }"'
attack 'rename across' 'dd if=/dev/zero of=/tmp/x bs=1M count=30; for i in 1 2 3 4; do cp /tmp/x y; mv y z$i || break; done; rm /tmp/x'
set_attribute='perl -e "my (\$f, \$n, \$v) = @ARGV; exit(syscall(188, \$f, \$n, \$v, length \$v, 0) ? 1 : 0)"'
attack 'attributes' "for i in \$(seq 380); do : >f\$i && $set_attribute f\$i user.a \$(printf %03900d \$i) || break; done"

# Copied up: what lies below is the host's, in the jail it is the jail's.
dd if=/dev/zero of=/usr/local/large bs=1M count=20 status=none
chmod 666 /usr/local/large
attack 'copying up' 'echo >>/usr/local/large; cp /usr/local/large a; cp a b; cp a c'
is "$(stat -c %s /usr/local/large)" $((20 << 20)) "copying up: the host's file is as it was"

# Overlayfs's own places and marks
attack 'whiteouts' 'for f in /usr/local/bin/*; do rm -f $f; done; mknod w c 0 0; for i in $(seq 2000); do : >x; rm x; done'
nok 'a whiteout can not be made' j 'mknod /var/tmp/w c 0 0 2>/dev/null'
for name in trusted.overlay.redirect trusted.overlay.opaque trusted.overlay.metacopy; do
	nok "$name can not be set" j "cd /var/tmp && : >m && $set_attribute m $name /etc/shadow"
done
ok '(user.overlay can)' j "mkdir -p /var/tmp/forged && cd /var/tmp && $set_attribute forged user.overlay.redirect /root &&
	$set_attribute forged user.overlay.opaque y"
is "$(j 'ls -A /var/tmp/forged')" '' 'forged marks in user.overlay are none'
# A tree that is the whole machine's has the disks of other worlds, too.
is "$(j "find / -xdev -path '/var/tmp/loginjail-world.*' ! -path '$LOGINJAIL_SCRATCH*' -prune -o -name 0w -print 2>/dev/null")" \
	'' 'nor is the work directory anywhere inside'

on alice 'rm -rf /var/tmp/m /var/tmp/forged'
is "$(on bob 'cat /var/tmp/x')" x 'after all of that the other user has what they had'
ok 'and room' on bob 'dd if=/dev/zero of=/var/tmp/y bs=1M count=30 2>/dev/null'
ok 'so has the host' test "$(room)" -gt $((before - spare))
release warm
release other
ok 'it goes' jails_gone
nok 'no loop device is left' grep -qs '/upper/' /sys/block/loop*/loop/backing_file
between $((before - $(room))) -1 10 'and the host has its room back'
umount "$STATE"
