#!/bin/bash
# SPDX-License-Identifier: MIT
# What must not be seen, reached or changed from inside.
# Not again as root of the jail: what is hidden here is the host's own tree, which such a
# jail has not; what its root reads, writes and gets is in jail-root.sh.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
# World-readable files of the host where a jail has no business, and one it may see
chmod 755 /home/bob /srv
mkdir -p /srv/other /var/log/app
for file in /home/bob/flag /srv/other/flag /var/log/flag /var/log/app/flag /run/flag /tmp/flag \
	/var/tmp/flag /dev/shm/flag; do
	echo 'secret' >"$file"
	is "$(free "cat $file")" secret "without a jail: $file can be read"
	hidden+=("$file")
done
mkdir -p /usr/local/own /usr/local/share/dir
chown alice: /usr/local/own
echo original >/usr/local/own/file
chown alice: /usr/local/own/file
cp /usr/bin/id /usr/local/own/set-uid
chmod 4755 /usr/local/own/set-uid
for user in alice uma; do
	install -m 4755 /usr/bin/id /home/$user/set-uid
done
is "$(free ./set-uid -u)" 0 'without a jail: a set-uid file in the home makes one root'
mknod -m 666 /home/alice/null c 1 3
mknod -m 666 /usr/local/own/null c 1 3
hold h alice

for file in "${hidden[@]}"; do
	is "$(j "cat $file 2>/dev/null")" '' "$file can't be read"
done
for file in /etc/shadow /etc/gshadow /etc/shadow- /etc/gshadow- /etc/ssh/ssh_host_test_key \
	/etc/ssh/ssh_host_ed25519_key /root/t/key /proc/kcore /dev/mem /proc/1/environ /dev/vda; do
	is "$(j "cat $file 2>/dev/null | head -c 10 | tr -d '\\0'")" '' "$file can't be read"
done
for directory in /root /home/bob /var/log /var/mail /var/spool/cron /run/loginjail/uid \
	/srv/loginjail /etc/ssl/private /lost+found; do
	is "$(j "ls -A $directory 2>/dev/null")" '' "$directory shows nothing"
done
is "$(j 'ls /home')" alice 'of the homes, one'
is "$(j 'find / -xdev -name flag 2>/dev/null')" '' 'no flag is to be found'
is "$(j 'find / -name "ssh_host_*_key" 2>/dev/null')" '' 'no host key'
is "$(j 'cat /proc/self/mountinfo' | grep -c /home/bob)" 0 \
	'the mount table tells no path of another user'

# Other processes
setpriv --reuid=2001 --regid=2001 --clear-groups sleep 7654 &
same_uid=$!
# As soon as it has that uid.
ok 'without a jail: the same uid can signal it' eventually \
	setpriv --reuid=2001 --regid=2001 --clear-groups kill -0 $same_uid
is "$(j 'pgrep -x sleep | wc -l')" 0 'a process of the same user on the host is not seen'
j "kill -TERM $same_uid; kill -KILL -1" >/dev/null 2>&1
ok 'nor signalled' kill -0 $same_uid
kill $same_uid
run j 'kill -KILL 1; kill -TERM 1; kill -STOP 1; echo alive'
is "$out" alive "process 1 can't be killed"
release h 2>/dev/null
jails_gone
hold h alice

# Writing
nok 'a device in a directory of the user is none' j 'echo x >/usr/local/own/null'
j 'echo changed >/usr/local/own/file; echo new >/usr/local/own/new'
is "$(cat /usr/local/own/file)" original "a file of the user's outside the home: the host's stays"
nok 'a new one does not appear on the host' test -e /usr/local/own/new
is "$(j 'cat /usr/local/own/file /usr/local/own/new')" $'changed\nnew' 'both are there in the jail'
j 'rm -rf /usr/local/own/*'
ok 'nothing is deleted on the host' test -e /usr/local/own/file
for path in /etc/passwd /usr/bin/x /x /etc/x /usr/local/bin/x /proc/sys/kernel/hostname /proc/sysrq-trigger \
	/sys/kernel/uevent_helper /proc/sys/kernel/core_pattern /dev/x /var/x /run/x /proc/1/oom_score_adj \
	/proc/sys/vm/drop_caches /proc/sys/net/ipv4/ip_forward; do
	nok "$path can't be written" j "echo x >$path"
done
is "$(j 'find /sys/fs/cgroup -writable 2>/dev/null | head -n 3')" '' 'no control group can be written'
is "$(j 'find / -xdev -writable -type f -not -user alice 2>/dev/null | head -n 3')" '' \
	"no file but the user's own can be written"
is "$(j 'find /sys /proc/sys -writable -type f ! -name ns_last_pid 2>/dev/null |
	head -n 3')" '' 'no setting of the kernel'

# Privilege
is "$(j './set-uid -u; /usr/local/own/set-uid -u 2>/dev/null')" 2001 'a set-uid file in the home does nothing'
is "$(j 'for f in $(find / -xdev -perm -4000 2>/dev/null | head -n 40); do case $f in */su|*/sudo|*/passwd|*/mount) echo $f; esac; done >/dev/null
	su -c id root </dev/null 2>&1 | grep -c uid=0')" 0 'su gives nothing'
nok 'a device in the home is none' j 'echo x >~/null'
nok 'mount' j 'mount -t tmpfs x /tmp'
nok 'umount' j 'umount /tmp'
nok 'remounting the root' j 'mount -o remount,rw /'
nok 'mknod' j 'mknod /tmp/null c 1 3'
nok 'chroot' j 'chroot / true'
nok 'chown' j 'touch /tmp/x; chown root /tmp/x'
nok 'a new mount namespace' j 'unshare -m true'
nok 'another host name' j 'hostname other'
nok 'the clock' j 'date -s 2001-01-01'
nok 'a raw socket' j 'perl -MSocket -e "socket(my \$s, PF_INET, SOCK_RAW, 1) or die"'
nok 'a link of the network' j 'ip link add a type veth peer name b'
nok 'tracing process 1' j 'timeout 5 strace -p 1'
nok 'joining the namespaces of process 1' j 'nsenter -t 1 -m true'
nok 'reading the log of the kernel' j 'dmesg -C'
is "$(hostname)" world "the host's name is as it was"
# Whether or not the user may have namespaces of their own: nothing of the host is in them
is "$(j 'unshare -Urmpf --mount-proc sh -c "cat /run/flag /home/bob/flag /etc/shadow; ls /proc | grep -c ^[0-9]" 2>/dev/null' |
	grep -c secret)" 0 'a user namespace of the user'"'"'s own shows nothing more'
nok 'nor makes a device' j 'unshare -Ur mknod /tmp/sda b 8 0'
for how in '-l' '-P'; do
	is "$(j "cd /; for i in 1 2 3 4 5 6; do cd $how/.. 2>/dev/null || cd ..; done; pwd; ls run/flag 2>/dev/null")" / \
		"cd .. from the root stays (${how#-})"
done
like "$(free 'perl -e "\$a = q(user); \$b = q(x); print syscall(248, \$a, \$b, \$b, 1, -3)"')" '^[0-9]+$' \
	'without a jail: a key is made'
is "$(j 'perl -e "\$! = 0; \$a = q(user); \$b = q(x); syscall(248, \$a, \$b, \$b, 1, -3); print \$!{ENOSYS} ? 1 : 0; \$! = 0;
	syscall(249, \$a, \$b, 0, -3); print \$!{ENOSYS} ? 1 : 0; \$! = 0;
	syscall(250, 11, -4, 0, 0, 0); print \$!{ENOSYS} ? 1 : 0; print syscall(250, 1, 0) > 0 ? 1 : 0"')" 1111 \
	'no keys, but a keyring of its own'
is "$(j 'perl -e "use Socket; socket(my \$s, 40, 1, 0) and print q(open)"')" '' 'no vsock'
release h
ok 'nothing stays' jails_gone
is "$(cat /usr/local/own/file)" original 'the host is as it was'
