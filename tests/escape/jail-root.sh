#!/bin/bash
# SPDX-License-Identifier: MIT
# What root of a jail (inside_root = yes) can't do to PID 1, to the kernel and to the host.
# The user is its root in all of it; others run again so, which say "again: as-root".
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# Commands in a jail are those of its root.
LOGINJAIL_AS_ROOT=1
user() { LOGINJAIL_AS_ROOT='' on alice "$@"; }

standard_users
mkdir -m 1777 /srv/bound
jail_ini <<'EOS'
[jail test]
groups = jailed
bind = /srv/bound
EOS
sshd_start main
hold h alice

is "$(j 'id -u'; user 'id -u')" $'0\n2001' 'who we are'
is "$(j 'sed -n "s/^CapEff:\t//p; s/^CapBnd:\t//p" /proc/self/status' | sort -u)" 00000000800405fb \
	'capabilities'
is "$(j 'sed -n "s/^Seccomp:\t//p" /proc/self/status')" 2 'a filter'

# PID 1, which has the same uid
run j 'for s in KILL STOP TERM INT SEGV USR1 37 64; do kill -$s 1; done; sleep 0.1; cat /proc/1/comm'
is "$out" loginjail-init "no signal does anything to PID 1"
for file in environ maps mem auxv stack syscall io fd/0 root/etc/passwd cwd/etc exe; do
	is "$(j "cat /proc/1/$file 2>/dev/null | head -c 20 | tr -d '\\0'")" '' "/proc/1/$file can't be read"
done
for file in fd ns/mnt exe root cwd; do
	nok "/proc/1/$file leads nowhere" j "readlink /proc/1/$file || ls /proc/1/$file/"
done
for file in oom_score_adj mem comm clear_refs coredump_filter uid_map setgroups timerslack_ns; do
	nok "/proc/1/$file can't be written" j "echo 0 >/proc/1/$file"
done
nok 'PID 1 is not traced' j 'timeout 5 strace -p 1'
nok 'its memory is not written' j 'perl -e "exit(syscall(311, 1, 0, 0, 0, 0, 0) >= 0 ? 0 : 1)" && perl -e "
	\$b = pack(q(a8)); \$l = pack(q(QQ), unpack(q(Q), pack(q(P), \$b)), 8); \$r = pack(q(QQ), 4096, 8);
	exit(syscall(311, 1, \$l, 1, \$r, 1, 0) > 0 ? 0 : 1)"'
nok 'its descriptors are not taken' j 'perl -e "\$p = syscall(434, 1, 0); exit(syscall(438, \$p, 3, 0) >= 0 ? 0 : 1)"'
nok 'its limits are not changed' j 'prlimit --pid 1 --nofile=10:10'
nok 'nor its priority' j 'renice -n 19 -p 1'
nok "nor that of all its user's processes, of which it is one" j 'renice -n 19 -u 0'
nok 'nor that of its group' j 'renice -n 19 -g 1'
nok 'nor its class of disk traffic' j 'ionice -c 3 -p 1'
ok 'those of others are' j 'renice -n 5 -p $$ && ionice -c 3 -p $$'
nok 'nor its time' j 'prlimit --pid 1 --cpu=1:1'
nok 'nor its scheduling' j 'chrt -b -p 0 1 || chrt -i -p 0 1 || taskset -p 1 1'
nok 'its namespaces are not entered' j 'nsenter -t 1 -m true'
is "$(j 'prlimit --pid $$ --nofile=100:100 && ulimit -n')" 100 'limits of its own are lowered'
nok 'not raised' j 'ulimit -Hn 1048576'
is "$(user 'cat /proc/1/comm')" loginjail-init 'PID 1 lives and serves'

# The sessions' limits: no more room than before
for kind in user mnt pid net ipc uts cgroup time; do
	nok "user.max_${kind}_namespaces stays" j "echo 100 >/proc/sys/user/max_${kind}_namespaces"
done
is "$(j 'find /sys/fs/cgroup /sys/kernel -writable -type f 2>/dev/null | head -n 3')" '' \
	'nothing in /sys can be written'
for file in kernel/core_pattern kernel/hostname kernel/modprobe kernel/sysrq vm/drop_caches vm/overcommit_memory \
	fs/file-max kernel/unprivileged_bpf_disabled fs/suid_dumpable; do
	nok "/proc/sys/$file stays" j "v=\$(cat /proc/sys/$file 2>/dev/null || echo 1); echo \"\$v\" >/proc/sys/$file"
done
nok '/proc/sysrq-trigger' j 'echo s >/proc/sysrq-trigger'

# Mounts and namespaces: what root can do who is no jail's, in namespaces that end with it
for what in 'mount -t tmpfs x /mnt' 'mount --bind / /mnt' 'mount -t proc proc /mnt' 'mount -o remount,bind,rw /dev' \
	'umount -l /proc' 'unshare -m true' 'unshare -Ur true' 'unshare -n true' 'hostname other' 'ip link set lo up'; do
	is "$(unshare -mnu --propagation private sh -c "$what && echo done" 2>/dev/null)" 'done' "without a jail: $what"
done
for what in 'mount -t tmpfs x /mnt' 'mount --bind / /mnt' 'mount -o remount,rw /sys' 'mount -o remount,bind,rw /dev' \
	'mount -t proc proc /mnt' 'mount -t sysfs sysfs /mnt' 'mount -t cgroup2 c /mnt' 'mount -t cgroup -o memory c /mnt' \
	'mount -t overlay -o lowerdir=/usr:/etc o /mnt' 'mount -t devpts d /mnt' 'umount /tmp' 'umount -l /proc' \
	'umount -l /' 'unshare -m true' 'unshare -U true' 'unshare -Ur true' 'unshare -n true' 'unshare -C true' \
	'unshare -pf true' 'unshare -i true' 'unshare -u true' 'unshare -T true' 'hostname other' \
	'date -s 2001-01-01' 'swapon /tmp/x' 'nice -n -5 chrt -f 1 true' 'ip link add a type veth peer name b' \
	'ip addr add 10.0.0.1/8 dev lo' 'nft add table inet x' 'dmesg -C' 'dmesg' 'losetup -f --show /etc/hostname' 'pivot_root / /mnt'; do
	run j "command -v ${what%% *} >/dev/null || echo missing; $what && echo done; echo tried"
	is "$(grep -xE 'missing|done|tried' <<<"$out" | tr '\n' ' ')" 'tried ' "$what"
done
ok 'chroot is' j 'chroot / true'
is "$(j 'mkdir -p /tmp/c && perl -e "chroot(q(/tmp/c)); chdir(q(..)) for 1..9; chroot(q(.)); exec q(/bin/ls), q(/srv)"')" bound \
	'which leads out to the root of the jail'

# By number: mount_setattr open_tree move_mount fsopen bpf perf userfaultfd kexec init_module reboot clone3
syscalls='442 428 429 430 321 298 323 246 175 313 169 308 304 300 155 165 166 163 164 227 172 173 103 153 170 467'
is "$(j "perl -e 'for (qw($syscalls)) { \$! = 0; \$r = syscall(\$_, 0, 0, 0, 0, 0, 0); print qq(\$_ ) unless \$r == -1 && \$!{EPERM} }'")" \
	'' 'what mounts, loads code, or is the machine'"'"'s is not permitted'
is "$(j "perl -e '\$r = syscall(56, 0x10000000 | 17, 0, 0, 0, 0); print \$r == -1 && \$!{EPERM} ? q(no) : q(yes)'")" no \
	'nor clone with a namespace'
is "$(j "perl -e 'for (0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80, 0x10000400) {
	\$! = 0; \$r = syscall(272, \$_); print qq(\$_ ) unless \$r == -1 && \$!{EPERM} }'")" '' 'nor unshare'
is "$(j "perl -e '\$r = syscall(435, 0, 0); print \$r == -1 && \$!{ENOSYS} ? q(no) : q(yes)'")" no 'clone3 is not there'

# Devices
for at in /mnt /tmp /dev/shm /srv/bound /home/alice /run; do
	j "mknod -m 666 $at/dev b 254 0; mknod -m 666 $at/mem c 1 1; mknod -m 666 $at/null c 1 3" >/dev/null 2>&1
	nok "no device in $at" j "head -c 1 $at/dev || head -c 1 $at/mem || echo x >$at/null && test -c $at/null"
	rm -f "/srv/bound/null" "/home/alice/null"
done
nok '/dev itself can not be changed' j 'touch /dev/x || chmod 600 /dev/null || rm /dev/zero'
for file in /dev/kmsg /dev/mem /dev/vda /dev/loop-control /dev/fuse /dev/net/tun /dev/vsock /proc/kcore; do
	nok "$file" j "head -c 1 $file || echo x >$file"
done

# Sockets
for socket in '17, 3, 768' '40, 1, 0' '38, 5, 0' '2, 3, 1' '16, 3, 9'; do
	case $socket in
	'16, 3, 9') nok 'the audit log is not written' j 'perl -MSocket -e "socket(my \$s, 16, 3, 9) or exit 1;
		\$m = pack(q(LSSLL), 16, 1000, 5, 1, 0); send(\$s, \$m, 0, pack(q(SSLL), 16, 0, 0, 0)) or exit 1;
		recv(\$s, \$r, 999, 0); exit(unpack(q(x16l), \$r) < 0)"' ;;
	*) nok "no socket of $socket" j "perl -e 'use Socket; socket(my \$s, $socket) or exit 1'" ;;
	esac
done
ok 'port 80 is' j 'perl -MIO::Socket::INET -e "IO::Socket::INET->new(Listen => 1, LocalPort => 80) or exit 1"'
nok 'but not one of the host' free 'exec 3<>/dev/tcp/127.0.0.1/80'

# Set-uid programs count in the tree only
for at in /tmp /dev/shm /run; do
	j "cp /usr/bin/id $at/rootid && chown root: $at/rootid && chmod 6755 $at/rootid" >/dev/null 2>&1
	is "$(user "$at/rootid -u")" 2001 "a set-uid program in $at does nothing"
done
is "$(j 'cp /usr/bin/id /opt/rootid && chmod 4755 /opt/rootid'; user '/opt/rootid -u')" 0 'one in the tree does'

# What the host sees of it
user 'echo mine >~/mine; echo mine >/srv/bound/mine; mkdir ~/dir'
for at in /home/alice /srv/bound; do
	is "$(j "cat $at/mine; echo more >>$at/mine; chmod 640 $at/mine; cat $at/mine")" $'mine\nmine\nmore' \
		"$at: root has its power over the user's files"
	for what in "echo x >$at/root" "mkdir $at/root" "ln -s x $at/root" "mkfifo $at/root" "chown root $at/mine" \
		"chown 33:33 $at/mine" "chown 2002 $at/mine" "chgrp 2002 $at/mine" "cp -a /usr/bin/id $at/root"; do
		nok "$at: but makes none of its own: $what" j "$what"
	done
	is "$(find "$at" -uid +65535 -o -gid +65535 -o -nouser)" '' "$at: none of a subordinate id is there"
done
ok 'a quota that counts the user counts all' test "$(stat -c %u:%g /home/alice/mine /srv/bound/mine | sort -u)" = 2001:2001
ok 'the user makes files there as ever' user 'echo x >~/dir/x && mv ~/dir/x ~/y && rm ~/y && touch /srv/bound/z'
is "$(stat -c %u:%g /srv/bound/z)" 2001:2001 'which are theirs'
touch /home/alice/of-root /srv/bound/of-root
chmod 666 /srv/bound/of-root
ok "and what is others' is as ever, too" user 'echo x >/srv/bound/of-root && rm -f ~/of-root && test ! -e ~/of-root'
nok "another's file is not read" j 'cat /srv/bound/bobs'
echo secret >/srv/bound/bobs
chown bob /srv/bound/bobs
chmod 600 /srv/bound/bobs
nok "not by root either" j 'cat /srv/bound/bobs || chmod 644 /srv/bound/bobs || chown alice /srv/bound/bobs || rm /srv/bound/bobs'
before=$(sha256sum /etc/passwd /etc/shadow)
j 'echo evil::0:0::/:/bin/sh >>/etc/passwd; echo evil:::::::: >>/etc/shadow; rm -rf /usr/lib/openssh /usr/sbin/sshd; chmod 777 / /etc'
is "$(sha256sum /etc/passwd /etc/shadow)" "$before" "the host's files are as they were"
ok 'and its programs' test -x /usr/sbin/sshd
ok 'and the modes of the tree' test "$(stat -c %a "$TREES/whole/current/root")" = 755

# sshd's side: terminals, /tmp, the fence
on_opt alice -tt 'chown 2002 $(tty) 2>/dev/null; chmod 0 $(tty); id -u' </dev/null >"$T/tty" 2>&1
like "$(tr -d '\r' <"$T/tty")" '^0$' 'root takes the terminal from the user'
is "$(LOGINJAIL_AS_ROOT='' on_opt alice -tt 'echo works; test -w $(tty) && echo mine' </dev/null | tr -d '\r')" $'works\nmine' \
	'the next login has its own'
j 'chmod 0 /tmp /run /dev/pts; rm -rf /tmp/.X11-unix /run/user; ln -s /etc /tmp/ssh-x' 2>/dev/null
is "$(user 'echo works')" works 'a login with a spoiled /tmp'
child=$(pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1)
monitor=$(pgrep -u root -f '^sshd(-session)?: alice' | head -n 1)
for pid in "$child" "$monitor"; do
	is "$(awk '$6 !~ /nosuid/' "/proc/$pid/mountinfo")" '' "sshd ($(stat -c %U "/proc/$pid")) still has no mount with set-uid"
done
j 'kill -KILL -1' >/dev/null 2>&1
release h 2>/dev/null
ok 'nothing stays' jails_gone

# At logout: what hears no signal, changed its session and its uid, or hangs on to a terminal
on_opt alice -tt 'for u in 0 33 2001; do
	perl -e "use POSIX; \$) = \$( = $u; \$< = \$> = $u; for (1 .. 5) { next if fork; setsid(); \$SIG{\$_} = q(IGNORE) for qw(TERM HUP INT TSTP);
		\$0 = q(deaf); sleep 1000; exit }" & done; wait
	for t in $(seq 100); do n=$(pgrep -c deaf); [ "$n" = 15 ] && break; sleep 0.1; done; echo $n' </dev/null >"$T/deaf" 2>&1
is "$(tr -d '\r' <"$T/deaf" | tail -n 1)" 15 '(processes that hear no signal, of three uids)'
ok 'at logout the jail goes' jails_gone
nok 'and they with it' pgrep -x deaf
is "$(user 'head -n 1 /etc/passwd | cut -d: -f1; ls -d /usr/sbin')" $'root\n/usr/sbin' 'the next jail is whole'
is "$(stat -c %a /tmp /run)" $'1777\n755' "the host's /tmp and /run are as they were"
jails_gone
