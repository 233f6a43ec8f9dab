#!/bin/bash
# SPDX-License-Identifier: MIT
# root = NAME: a jail whose tree is not the host's.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_group course 3100
join_group alice course
add_user sam 2005 /bin/sh jailed
old=2026-11-22T10.00.00 new=2026-11-23T10.00.00.1
busybox_tree lab $old
mkdir -p /srv/data "$TREES/lab/$old/root"/{etc/skel,opt/secret,home/builder}
echo data >/srv/data/file
echo skel >"$TREES/lab/$old/root/etc/skel/.from-tree"
echo hidden >"$TREES/lab/$old/root/opt/secret/file"
ln -s secret "$TREES/lab/$old/root/opt/link"
DEFAULTS="trees = $TREES
shell = /bin/sh"
jail_ini <<'EOS'
[jail private]
users = sam
root = lab
home = private

[jail lab]
groups = jailed
root = lab
bind = /srv/data:/data
mask = /opt/link
EOS
sshd_start main
hold h alice

is "$(j cat /etc/which)" "lab $old" 'the tree is the root'
is "$(j 'ls /usr/bin/env /usr/bin/perl /usr/sbin/sshd 2>/dev/null')" '' "nothing of the host's is there"
is "$(j 'id -un; id -gn; echo $HOME')" $'alice\nalice\n/home/alice' 'the user is who they are'
is "$(j id -Gn)" 'alice jailed course' 'in their groups, whose names are the host'"'"'s'
is "$(j 'cut -d: -f1 /etc/passwd' | tr '\n' ' ')" 'root www alice ' \
	"the accounts are the tree's system accounts and the user"
is "$(j 'cut -d: -f1 /etc/group' | tr '\n' ' ')" 'root tty www alice jailed course ' 'the groups as well'
like "$(j getent passwd alice 2>/dev/null || j 'grep alice /etc/passwd')" ':/home/alice:/bin/sh$' 'with its line'
is "$(j hostname; j cat /etc/hostname)" $'world\nworld' 'the name'
like "$(j cat /etc/hosts)" 'world' 'and hosts that know it'
for name in null zero full random urandom tty ptmx; do
	ok "/dev/$name" j "test -c /dev/$name -o -L /dev/$name"
done
is "$(j 'ls /proc/self/comm /sys/class/net')" $'/proc/self/comm\n\n/sys/class/net:\nlo' '/proc and /sys'
is "$(j 'stat -c %a /tmp /run /dev/shm')" $'1777\n755\n1777' '/tmp, /run and /dev/shm, which the tree has not'
ok 'they can be written' j 'echo x >/tmp/x && echo x >/dev/shm/x && echo x >~/x'
is "$(cat /home/alice/x)" x "the home is the host's"
is "$(j ls /home)" alice 'and alone'
is "$(j cat /data/file)" data 'a bind'
nok 'mask counts in the tree, also by a link' j cat /opt/secret/file
nok 'for the link itself' j ls -d /opt/link
is "$(j 'stat -c %u:%g / /bin /etc/which')" $'0:0\n0:0\n0:0' 'the tree belongs to root'
nok 'a file of the tree can not be written' j 'echo x >/etc/which'
is "$(on_opt alice -tt 'tty; stty size' </dev/null | tr -d '\r' | head -n 1)" /dev/pts/0 'a terminal'
is "$(on sam 'cat ~/.from-tree; id -un')" $'skel\nsam' "a private home has the tree's skel"
is "$(j 'become id -u' 2>&1)" 'become: Operation not permitted' 'set-uid programs of the tree do nothing'

# What the tree has not, the jail has: sftp
echo content >"$T/up"
ok 'sftp puts' sftp_on alice <<<"put $T/up up"
is "$(cat /home/alice/up)" content 'it is there'
ok 'scp gets' scp_on alice@world:up "$T/down"
is "$(cat "$T/down")" content 'the same'
is "$(printf 'ls -l /etc/which\n' | sftp_on alice | grep -c root)" 1 'with names of owners'

# Generations
like "$(loginjail ps)" "lab/$old\$" 'ps tells tree and generation'
busybox_tree lab $new
is "$(j cat /etc/which)" "lab $old" 'a live jail keeps its generation'
like "$(loginjail ps)" "lab/$old \\(old\\)" 'which ps marks'
like "$(loginjail explain alice)" "tree +$TREES/lab, generation $new" 'explain tells what a new jail gets'
ok 'the generation is locked' not flock -xn "$TREES/lab/$old/lock" true
ok 'the next one is not' flock -xn "$TREES/lab/$new/lock" true
release h
jails_gone
ok 'when the jail is gone neither is' flock -xn "$TREES/lab/$old/lock" true
is "$(j cat /etc/which)" "lab $new" 'a new jail has the new generation'
jails_gone

# Three static programs and nothing else; and one that has another C library
root=$(generation three $new)
install -D "$TOOLS/minish" "$root/bin/sh"
cp "$TOOLS"/{probe,hog} "$root/bin"
switch_to three $new
root=$(generation musl $new)
mkdir -p "$root"/{bin,etc,lib}
musl-gcc -D_GNU_SOURCE -o "$root/bin/sh" /run/src/tests/tools/minish.c
cp -L /lib/ld-musl-*.so.1 "$root/lib/"
echo 'passwd: nosuch files' >"$root/etc/nsswitch.conf"
switch_to musl $new
for tree in three musl; do
	jail_ini <<-EOS
		[jail $tree]
		groups = jailed
		root = $tree
	EOS
	is "$(echo through | on alice cat)" through "$tree: a session of the tree's one shell"
	ok "$tree: that writes" j 'write /tmp/x word'
	is "$(j 'cat /proc/1/comm')" loginjail-init "$tree: in the jail"
	is "$(on_opt alice -tt 'cat /proc/self/comm' </dev/null | tr -d '\r')" sh "$tree: with a terminal"
	ok "$tree: sftp" sftp_on alice <<<"put $T/up $tree.up"
	is "$(cat "/home/alice/$tree.up")" content "$tree: it is there"
	ok "$tree: scp" scp_on "alice@world:$tree.up" "$T/down.$tree"
	is "$(cat "$T/down.$tree")" content "$tree: the same"
	jails_gone
done
# What Debian's sshd_config has, and a command that only looks like it
for server in /usr/lib/openssh/sftp-server '/usr/lib/openssh/sftp-server -l INFO' /usr/lib/ssh/sftp-server; do
	SSHD_SFTP=$server sshd_start external
	ok "Subsystem sftp $server" sftp_on alice <<<"put $T/up external.up"
	is "$(cat /home/alice/external.up)" content 'it is there'
	rm -f /home/alice/external.up
	sshd_stop
done
sshd_use main
nok "is not taken for a server's: a command that goes on" j '/usr/lib/openssh/sftp-server;'
is "$(printf 'ls /run/loginjail/sftp\n' | sftp_on alice | grep -c libc.so.6)" 1 \
	"the host's server has its library with it"
nok 'which nobody can change' sftp_on alice <<<"put $T/up /run/loginjail/sftp/libc.so.6"
jails_gone

# With the host's network, its resolver
echo 'nameserver 192.0.2.1' >/etc/resolv.conf
jail_ini <<<$'[jail lab]\ngroups = jailed\nroot = lab\nnetwork = host\nhostname = named'
is "$(j 'cat /etc/resolv.conf /etc/hostname; hostname')" $'nameserver 192.0.2.1\nnamed\nnamed' \
	"with the host's network its resolver, and a name from jail.ini"
jails_gone

# Leave to become root, as the tree's programs read it
mkdir "$TREES/lab/$new/root/etc"/{doas.d,sudoers.d}
jail_ini <<<$'[jail lab]\ngroups = jailed\nroot = lab\ninside_root = yes'
is "$(j 'become cat /etc/doas.d/loginjail.conf /etc/sudoers.d/loginjail')" \
	$'permit nopass 2001\n#2001 ALL=(ALL:ALL) NOPASSWD: ALL' 'for doas and sudo'
is "$(j 'become stat -c %a:%u /etc/doas.d/loginjail.conf /etc/sudoers.d/loginjail /etc/shadow')" \
	$'440:0\n440:0\n640:0' 'which is for root to read'
is "$(j 'become grep -E "^(root|alice):" /etc/shadow')" $'root::19000:0:99999:7:::\nalice:*:::::::' \
	'and for su a root without a password'
nok 'the user does not read it' j 'cat /etc/shadow'
jails_gone
rmdir "$TREES/lab/$new/root/etc"/{doas.d,sudoers.d}

# Refusals
refused() { # NAME SECTION-LINE LOG-PATTERN
	DEFAULTS="trees = $TREES" jail_ini <<-EOS
		[jail lab]
		groups = jailed
		$2
	EOS
	log_mark
	run j true
	like "$out$err" 'loginjail: ' "$1: no login"
	ok "$1: the log says why" eventually logged_since "$3"
	ok "$1: nothing is left" no_jails
}
refused 'no such tree' 'root = other' "no tree 'other' in $TREES: build it"
refused 'no such shell' 'root = lab' "tree 'lab' has no program /bin/bash, the login shell of alice.*'shell ='"
# What can't have mapped ids, as NFS can't
generation ram $new >/dev/null
mount -t ramfs -o mode=755 ram "$TREES/ram/$new/root"
cp -a "$TREES/lab/$new/root/." "$TREES/ram/$new/root"
switch_to ram $new
refused 'a tree whose ids can not be mapped' $'root = ram\nshell = /bin/sh' \
	"tree 'ram' can't be mounted with mapped ids where it lies: make it an image"
umount "$TREES/ram/$new/root"
mkdir -p /srv/ram
mount -t ramfs ram /srv/ram
refused 'a bind whose ids can not, with inside_root' \
	$'root = lab\nshell = /bin/sh\ninside_root = yes\nbind = /srv/ram' "file system of '/srv/ram' can't be mounted with mapped ids, which inside_root takes"
umount /srv/ram
mkdir "$TREES/lab/.2026-11-24T10.00.00"
rm "$TREES/lab/current"
refused 'no generation' "root = lab" "tree 'lab' has no finished generation"

# check
busybox_tree lab 2026-11-25T00.00.00
DEFAULTS=
jail_ini <<<$'[jail lab]\ngroups = jailed\nroot = lab'
run loginjail check
like "$err" "jail.ini:7: root: root 'lab': /var/lib/loginjail" 'check looks into the default directory'
DEFAULTS="trees = $TREES" jail_ini <<<$'[jail lab]\ngroups = jailed\nroot = lab'
ok 'check finds a tree' loginjail check
DEFAULTS="trees = $TREES" jail_ini <<<$'[jail lab]\ngroups = jailed\nroot = lob'
run loginjail check
like "$err" "jail.ini:7: root: there is no tree 'lob'" 'and says where one is named that is not there'
jail_ini <<<$'[jail lab]\ngroups = jailed\nroot = ../etc'
run loginjail check
like "$err" "jail.ini:7: root: '../etc' is not the name of a tree" 'a name is no path'
jail_ini <<<$'[jail lab]\ngroups = jailed\ninside_root = yes'
run loginjail check
like "$err" "jail.ini:7: inside_root: nobody can be root in a jail of the host's own tree" \
	'inside_root wants a tree'
run j true
like "$out$err" 'loginjail: ' 'and is no login'
ok 'nothing stays' jails_gone
