#!/bin/bash
# SPDX-License-Identifier: MIT
# A hostile home, and root who looks at it by "check --host": it waits for nothing, follows and prints nothing.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail test]
groups = jailed
EOS
printf 'session required %s\n' "$MODULE" >/etc/pam.d/systemd-user
mkdir -m 700 /root/secret
printf '|secret\n' >/root/secret/.forward
printf '|secret\n' >/root/secret/file
mkdir -p /root/secret/units
: >/root/secret/units/secret.service
H=/home/alice

# as COMMAND...: as alice, on the host
as=(setpriv --reuid=2001 --regid=2001 --clear-groups env "HOME=$H")
as() { "${as[@]}" "$@"; }
clear_home() {
	find $H -mindepth 1 -delete 2>/dev/null
	chmod 700 $H
}
# What is said of the home: a link that was followed would lead to a command.
check() {
	run timeout -k 5 60 loginjail check --host
	told=$(grep -a '  alice: ~\|  alice: has a ~' <<<"$out")
	unlike "$out$err" secret "$1: nothing of the host's is printed"
	nok "$1: it ends" test "$status" = 124 -o "$status" = 137
}
check 'an empty home'
is "$told" '' 'of which there is nothing to tell'

# A FIFO: nobody writes
as mkfifo $H/.forward
check 'a FIFO'
like "$told" 'has a ~/.forward that can.t be read' 'which is told'
clear_home

# Links: out of the home, to a device, to itself, a directory on the way, in the place of the directory
for target in /root/secret/.forward /dev/zero /dev/tty .forward; do
	as ln -s $target $H/.forward
	check "a link to $target"
	like "$told" 'has a ~/.forward that can.t be read' "a link to $target: it is told, and not followed"
	clear_home
done
as mkdir -p $H/.config/systemd
as ln -s /root/secret/units $H/.config/systemd/user
check 'a link in the place of units'
like "$told" 'alice: ~/.config/systemd/user can.t be looked into' 'which is told'
clear_home
as ln -s /root/secret $H/.config
as ln -s /root/secret $H/.local
check 'links on the way'
like "$told" 'alice: ~/.config/systemd/user can.t be looked into' 'which are told'
clear_home
as mkfifo $H/.config
as mkdir $H/.forward
check 'a FIFO on the way, a directory for a file'
like "$told" 'has a ~/.forward that can.t be read \(it is no file' 'the directory is told'
clear_home

# More than anybody should read, and what a terminal obeys
as truncate -s 1T $H/.forward
check 'a terabyte'
like "$told" 'has a ~/.forward that can.t be read \(File too large' 'which is told'
clear_home
as bash -c 'printf "\0\0|x\n" >~/.forward'
check 'a NUL before the command'
like "$told" 'has a ~/.forward with a command' 'which hides nothing'
clear_home
as bash -c 'printf "|\033]0;evil\007\n" >~/.forward'
as mkdir -p $H/.config/systemd/user
as touch "$H/.config/systemd/user/"$'\e]0;evil\a\nopen  root: x.service'
check 'escapes of terminals'
is "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$out")" 0 'which are not printed'
unlike "$out" 'open  root:|evil' 'nor is a line forged'
clear_home

# A lease, whose holder is asked first, for up to 45 seconds
if perl -e 'use Fcntl; 1' 2>/dev/null; then
	as bash -c 'echo x >~/.forward'
	"${as[@]}" perl -e 'use Fcntl; $SIG{IO} = "IGNORE"; $SIG{ALRM} = sub { exit };
		open(F, "<", "$ENV{HOME}/.forward") or die; sysopen(G, "$ENV{HOME}/.forward", O_RDWR) or die; close F;
		fcntl(G, 1024, 1) or die "lease: $!"; $| = 1; print "held\n"; sleep 600' >"$T/lease" 2>&1 &
	holder=$!
	ok '(a lease is held)' eventually grep -q held "$T/lease"
	check 'a lease'
	# One that was waited for would be broken by then, and the file be read.
	like "$told" 'has a ~/.forward that can.t be read' 'a lease: it is not waited for, and told'
	kill "$holder"
	wait "$holder" 2>/dev/null
	clear_home
fi

# Changing while it is looked at
"${as[@]}" bash -c 'cd; while :; do
	ln -sfn /root/secret .config; rm -f .config; mkdir -p .config/systemd/user; rm -rf .config
	ln -sf /root/secret/file .forward; rm -f .forward; mkfifo .forward; rm -f .forward; echo a >.forward
done' >/dev/null 2>&1 &
racer=$!
bad=0
for ((i = 0; i < 40; i++)); do
	timeout -k 5 60 loginjail check --host >"$T/raced" 2>&1
	(($? == 0 || $? == 1)) || bad=$((bad + 1))
	grep -q secret "$T/raced" && bad=$((bad + 1))
	# A door behind a link would be one of root's.
	grep -q 'alice: has a ~/.forward with a command' "$T/raced" && bad=$((bad + 1))
done
kill "$racer"
wait "$racer" 2>/dev/null
is "$bad" 0 'raced: it ends, and follows nothing'
clear_home

# Homes that are none of theirs
for home in / /root /root/secret relative "$H/../../root/secret" /dev /nowhere; do
	sed -i -E "s|^alice:([^:]*:[^:]*:[^:]*:[^:]*):[^:]*:|alice:\\1:$home:|" /etc/passwd
	check "the home $home"
	is "$told" '' "the home $home: there is nothing to tell"
done
sed -i -E "s|^alice:([^:]*:[^:]*:[^:]*:[^:]*):[^:]*:|alice:\\1:$H:|" /etc/passwd

# File systems of a user's that never answer: in the place of the home, of a file in it, and where jails see it
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /opt
mkdir -m 755 /opt/mute
mknod -m 666 /dev/fuse c 10 229
silent() { # TARGET MODE: served until $server ends
	mute-fuse "$1" 2001 "$2" >"$T/mute" &
	server=$!
	ok "(a FUSE on $1)" eventually grep -q mounted "$T/mute"
}
speak() { # the end of the server is the end of its mount
	kill -KILL "$server"
	wait "$server" 2>/dev/null
	umount -l "$1"
}
silent $H 40000
check 'a home that never answers'
like "$out" $'\nnote  alice: the home was not looked at' 'is told'
speak $H
silent /opt/mute 40777
check 'a directory that never answers'
like "$out" ' jailed users: ' 'the others are looked at'
speak /opt/mute
as touch $H/.forward
silent $H/.forward 100000
check 'a file that never answers'
like "$told" 'has a ~/.forward that can.t be read' 'which is told'
speak $H/.forward
clear_home

# Links of the administrator's on the way to the home: they are followed, but not to there
mv $H /opt/alice
chown -h 2001 /opt/alice
ln -s / /opt/top
ln -s ../opt/./top/opt/alice $H
as bash -c 'echo "|x" >~/.forward'
check 'a home behind links'
like "$told" 'has a ~/.forward with a command' 'which is looked at'
silent /opt/mute 40777
for target in /opt/mute/alice ../opt/mute /opt/top/opt/mute/x/../../alice; do
	rm $H
	ln -s $target $H
	check "a link to $target, which never answers"
	like "$out" $'\nnote  alice: the home was not looked at: its file' "a link to $target: it is told"
done
rm $H
ln -s alice $H
check 'a link to itself'
like "$out" $'\nnote  alice: the home was not looked at: it can.t be opened' 'which is told'
speak /opt/mute
rm $H
mv /opt/alice $H
clear_home

# More files of a kind than anybody should read, and names that forge lines
as bash -c 'cd; for ((i = 0; i < 300; i++)); do echo a >.forward+$i; done; echo "|x" >$'"'"'.qmail-\nopen  root: x'"'"
check 'many files for addresses'
like "$out" $'\nnote  alice: the home has too much in it' 'which is told'
unlike "$out" 'open  root: x' 'no line is forged'
clear_home

# What a shell or a terminal would make of a name that a user chose
mkdir -m 1777 /opt/all
as mkdir -m 777 $'/opt/all/x;touch y\xc2\x9b31m'
check 'a name for a shell'
like "$out" $'\nopen  /opt/all/x;touch y[?][?]31m: .*; chmod \\+t it\n' 'is not part of a remedy, nor obeyed'
umount /opt
