#!/bin/bash
# SPDX-License-Identifier: MIT
# Ways round the filter of system calls: another name for the same call, another
# machine's numbers, bits that a compare does not look at, a tracer, namespaces of the
# user's own; and another program than the administrator's in the filter's place.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

RULES=/etc/loginjail/lab.rules
standard_users
add_user dora 2008 /bin/bash jailed
add_user erik 2009 /bin/bash jailed
mkdir /etc/loginjail
echo 'include default' >"$RULES"
jail_ini <<EOS_
[jail lab]
users = erik
seccomp = $RULES

[jail nested]
users = dora
nested = yes

[jail test]
groups = jailed
EOS_
sshd_start main
hold h alice

# The same by another way: without a filter each of them is to be had
for call in unshare-user clone-user clone-user-high clone3-user traced-unshare filtered-unshare; do
	is "$(on uma "calls $call </dev/null")" "$call ok" "without a jail: $call makes a namespace"
	like "$(j "calls $call </dev/null")" "^$call (EPERM|ENOSYS)$" "$call does not in one"
done
is "$(on uma 'calls socket-vsock socket-inet </dev/null' | tail -n 1)" 'socket-inet ok' 'without a jail: sockets'
for call in socket-vsock socket-vsock-high socket-alg socket-packet socketpair-tipc; do
	is "$(j "calls $call")" "$call EAFNOSUPPORT" "$call in one"
done
is "$(j 'calls ring io_uring_setup x32 i386 i386-unshare newer' | cut -d ' ' -f 2 | sort -u)" ENOSYS \
	'no ring, nor calls of other machines, nor newer ones'
is "$(j 'calls tiocsti tiocsti-high tioclinux tioclinux-high </dev/null' | cut -d ' ' -f 2 | sort -u)" EPERM \
	'nothing is typed, whatever the number has above'
is "$(j 'for i in 1 2 3; do (exec setpriv --no-new-privs calls unshare-user); done | sort -u')" 'unshare-user EPERM' \
	'execve takes nothing off'
# A spare session is there before the user is; each has the filter
is "$(for _ in 1 2 3; do j 'calls add_key'; done | sort -u)" 'add_key ENOSYS' 'each session has it'
is "$(sftp_on alice <<<'ls /' >/dev/null; on_opt alice -tt 'calls add_key' </dev/null | tr -d '\r')" 'add_key ENOSYS' \
	'on a terminal, too'
release h

# Root of a namespace of one's own is root of nothing else
hold n dora
inside() { on dora "unshare -Urmpfn --mount-proc sh -c '$1'"; }
is "$(inside 'id -u; mount -t tmpfs x /mnt && echo mounted')" $'0\nmounted' 'nested: root of a namespace'
echo 'root:secret' >/root/secret
for what in 'mount --bind / /mnt && cat /mnt/root/secret' 'mount --rbind / /mnt && cat /mnt/root/secret' \
	'umount -l /sys && ls /sys/kernel' 'umount /tmp' 'umount -l /dev/pts' 'mount -o remount,rw,bind /sys' \
	'mount -o remount,dev,bind / && mknod /tmp/n c 1 3 && echo x >/tmp/n' 'cat /root/secret' 'ls /home/bob' \
	'mount -t overlay -o lowerdir=/:/usr o /mnt && cat /mnt/root/secret' 'mount /dev/vda /mnt' 'cat /etc/shadow' \
	'echo 0 >/proc/sys/kernel/printk' 'echo core >/proc/sys/kernel/core_pattern' 'echo s >/proc/sysrq-trigger' \
	'chown 33 /etc/passwd' 'chroot / nsenter -t 1 -m true' 'head -c 1 /proc/kcore | grep -q .' 'dmesg'; do
	run inside "$what >/dev/null 2>&1 && echo done; echo tried"
	is "$out" tried "nested: $what"
done
is "$(on dora 'unshare -UrmC sh -c "mkdir -p /tmp/c && mount -t cgroup2 c /tmp/c 2>/dev/null && find /tmp/c -writable -type f"')" '' \
	'nested: no control group is writable'
is "$(inside 'calls bpf perf_event_open ring add_key socket-packet socket-vsock open_by_handle_at i386 tiocsti-high </dev/null' | cut -d ' ' -f 2 | sort -u | paste -sd ' ')" \
	'EAFNOSUPPORT ENOSYS EPERM' 'nested: nor anything that the filter refuses'
nok 'nested: no set-uid program counts' on dora 'cp /usr/bin/id /tmp/id; chmod 4755 /tmp/id; unshare -Ur chown 1 /tmp/id'
like "$(on dora 'cat /proc/1/comm')" loginjail-init 'nested: PID 1 serves'
release n
jails_gone

# Another program in the filter's place
ok '(compiled)' loginjail seccomp apply
entry=$(echo "$STATE"/seccomp/*)
cp -a "$entry" "$T/entry"
fits() { is "$(on erik 'calls unshare-user')" 'unshare-user EPERM' "$1: erik has his jail"; eventually not jail_exists erik; }
refused() { # NAME REMEDY
	log_mark
	run on erik 'calls unshare-user'
	unlike "$out" 'unshare-user' "$1: no jail, rather than one without"
	ok "$1: and the remedy" logged_since "$2"
	rm -rf "$entry"
	cp -a "$T/entry" "$entry"
	ok "$1: nothing stays" eventually not jail_exists erik
}
fits 'as it is'
nok 'a user does not reach it' on uma "ls $STATE/seccomp || echo x >$entry"
nok 'nor in a jail' on erik "ls $STATE/seccomp || echo x >$entry || echo 'allow bpf' >>$RULES"
printf '\1' | dd of="$entry" bs=1 seek=60 conv=notrunc status=none
refused 'a changed program' 'damaged: run .loginjail seccomp apply'
truncate -s -8 "$entry"
refused 'a shorter one' 'damaged: run'
chown uma "$entry"
refused "a user's" 'is not root.s alone: remove it'
chmod 666 "$entry"
refused 'one for everybody' 'is not root.s alone'
ln "$entry" "$STATE/second"
refused 'one with a second name' 'is not root.s alone'
rm "$STATE/second"
mv "$entry" /home/uma/entry && ln -s /home/uma/entry "$entry"
refused 'a link' 'remove seccomp/.*, and run'
rm "$entry" && mkfifo "$entry"
refused 'a FIFO' 'is not root.s alone'
chmod 777 "$STATE/seccomp"
refused 'a directory for everybody' 'is not root.s alone'
chmod 700 "$STATE/seccomp"
fits 'put right'

# Another text in the file's place
echo 'include strict ' >"$T/text"
mv "$RULES" "$T/rules"
cp "$T/text" "$RULES"
refused 'another text of the same length' 'changed after it was compiled'
touch -r "$T/rules" "$RULES"
refused 'with the time of the first' 'changed after it was compiled'
chmod 666 "$RULES"
refused 'one that everybody may write' 'chmod go-w'
rm "$RULES" && ln -s "$T/rules" "$RULES"
refused 'a link' 'symbolic link'
rm "$RULES" && mkfifo "$RULES"
refused 'a FIFO' 'not a regular file'
rm "$RULES"
refused 'none' 'create it, or write another profile'
install -o uma -m 644 "$T/rules" "$RULES"
refused "a user's" 'chown root'
rm "$RULES" && cp -a "$T/rules" "$RULES"
fits 'put back'
