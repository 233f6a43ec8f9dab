#!/bin/bash
# SPDX-License-Identifier: MIT
# network = host, where the kernel gives a jail no sysfs of its own: what it sees of the
# host's /sys, with all that is mounted below, is for nobody to write, nor for its root.
# again: as-root
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail host]
users = alice
network = host

[jail own]
users = bob
EOS
# Below the host's /sys, and for everybody: of each kind that a mount may be
mkdir "$T/below"
echo precious >"$T/below/file"
chmod -R 777 "$T/below"
mount -t tmpfs -o mode=777 tmpfs /sys/kernel/debug
mkdir -m 777 /sys/kernel/debug/deep
echo precious >/sys/kernel/debug/file
chmod 666 /sys/kernel/debug/file
mount --bind "$T/below" /sys/kernel/debug/deep
mknod -m 666 /sys/kernel/debug/zero c 1 5
cp /usr/bin/id /sys/kernel/debug/id
chmod 4755 /sys/kernel/debug/id
sshd_start main
places='/sys/kernel/debug /sys/kernel/debug/deep'
is "$(free 'echo x >>/sys/kernel/debug/deep/file; tail -n 1 /sys/kernel/debug/deep/file')" x \
	'without a jail: a mount below /sys can be written'
hold h alice

is "$(j 'stat -f -c %T /sys; ls /sys/class/net | sort | tr "\n" " "')" "sysfs
$(find /sys/class/net -mindepth 1 -printf '%f\n' | LC_ALL=C sort | tr '\n' ' ')" "the jail has the host's, with its network"
is "$(j 'awk "\$5 ~ /^\\/sys(\\/|\$)/ && \$6 !~ /^ro,/" /proc/self/mountinfo')" '' 'every mount of it is read-only'
is "$(j 'awk "\$5 ~ /^\\/sys(\\/|\$)/ && (\$6 !~ /nosuid/ || \$6 !~ /nodev/ || \$6 !~ /noexec/)" /proc/self/mountinfo')" '' \
	'without set-uid, devices and programs'
is "$(j 'grep -c " /sys/kernel/debug" /proc/self/mountinfo')" 2 '(mounts below it are among them)'
for place in $places; do
	for what in "echo x >$place/file" "touch $place/new" "rm $place/file" "mkdir $place/d" "chmod 0 $place/file" \
		"mv $place/file $place/other" "ln -s / $place/l" "setfattr -n user.a -v b $place/file"; do
		nok "$what" j "$what"
	done
	for how in rw rw,bind remount,rw remount,bind,rw remount,bind,rw,exec,suid,dev; do
		nok "mount -o $how $place" j "mount -o $how $place; echo x >$place/file"
	done
done
for what in 'umount /sys/kernel/debug/deep' 'umount -l /sys/kernel/debug' 'umount -l /sys' 'mount --bind /sys /mnt' \
	'mount -t sysfs sysfs /mnt' 'unshare -m true' 'unshare -Urm true' 'unshare -n true' \
	'/sys/kernel/debug/id' 'head -c 1 /sys/kernel/debug/zero'; do
	nok "$what" j "$what"
done
# clear of MOUNT_ATTR_RDONLY by mount_setattr; a clone of the tree
nok 'its attributes are not cleared' j 'perl -e "\$p = q(/sys); \$a = pack(q(QQQQ), 0, 1, 0, 0);
	exit(syscall(442, -100, \$p, 0x8000, \$a, 32) ? 1 : 0)"'
nok 'nor is it cloned' j 'perl -e "\$p = q(/sys); exit(syscall(428, -100, \$p, 0x8001) < 0 ? 1 : 0)"'
for file in /sys/kernel/uevent_helper /sys/kernel/mm/transparent_hugepage/enabled /sys/class/net/lo/mtu \
	/sys/class/net/lo/ifalias /sys/power/state /sys/module/loop/parameters/max_loop /sys/block/loop0/queue/nr_requests \
	/sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory/cgroup.procs /sys/fs/cgroup/pids/release_agent; do
	nok "$file" j "v=\$(cat $file 2>/dev/null || echo 1); echo \"\$v\" >$file"
done
is "$(j 'find /sys -writable -type f 2>/dev/null | head -n 3')" '' 'nothing in it can be written'
nok 'no control group is made' j 'mkdir /sys/fs/cgroup/x || mkdir /sys/fs/cgroup/memory/x || mkdir /sys/fs/cgroup/unified/x'
is "$(on bob 'grep -c " /sys/kernel/debug" /proc/self/mountinfo')" 0 'a jail with a network of its own sees none of that'
release h
ok 'nothing stays' jails_gone
is "$(cat /sys/kernel/debug/file "$T/below/file" | tr '\n' ' ')" 'precious precious x ' 'the host has what it had'
umount /sys/kernel/debug/deep /sys/kernel/debug
