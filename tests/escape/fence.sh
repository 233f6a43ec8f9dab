#!/bin/bash
# SPDX-License-Identifier: MIT
# What sshd's own processes see: every mount nosuid, one program, nothing of the host.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
echo secret >/run/flag
hold h alice
child=$(pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1)
monitor=$(pgrep -u root -f '^sshd(-session)?: alice' | head -n 1)
enter=$(pgrep -P "$child" | head -n 1)

is "$(ns "$monitor" mnt)" "$(ns "$child" mnt)" 'monitor and child of sshd are in one place'
is "$(ns "$enter" mnt)" "$(ns "$child" mnt)" 'and loginjail-enter with them'
isnt "$(ns "$child" mnt)" "$HOST_MNT" 'which is not the host'
isnt "$(ns "$child" mnt)" "$(jail_mnt alice)" 'nor the jail'
is "$(ns "$child" net)" "$(ns "$(jail_init alice)" net)" "the network is the jail's"
is "$(ns "$child" user)" "$(ns self user)" 'the user namespace is the host'"'"'s'

table=/proc/$child/mountinfo
is "$(awk '$6 !~ /(^|,)nosuid(,|$)/' "$table")" '' 'every mount is nosuid'
is "$(awk '$6 !~ /(^|,)noexec(,|$)/ { print $5 }' "$table" | wc -l)" 1 'one mount is not noexec'
place=$(awk '$6 !~ /(^|,)noexec(,|$)/ { print $5 }' "$table")
ok 'and that is loginjail-enter' test "/proc/$child/root$place" -ef "$ENTER"
is "$(awk '$6 !~ /(^|,)nodev(,|$)/ && $5 !~ "^/dev(/|$)" { print $5 }' "$table")" '' \
	'devices only below /dev'
is "$(awk '/ (shared|master|propagate_from):/ { print $5 }' "$table")" '' 'every mount is private'
is "$(awk '{ for (i = 7; $i != "-"; i++) {} print $(i + 1) }' "$table" |
	grep -cE '^(proc|sysfs|cgroup2?|mqueue|debugfs|tracefs|bpf|fuse.*)$')" 0 'no /proc, no /sys'
is "$(awk '$5 == "/" { print $6 }' "$table" | grep -c '^ro')" 1 'the root is read-only'

# As the user: what can be read, written and run there
in_fence() { nsenter -t "$child" -m setpriv --reuid=2001 --regid=2001 --clear-groups "$@"; }
cd / || exit
runnable=$(find "/proc/$child/root" -xdev -perm /111 -type f 2>/dev/null | head -n 5)
is "$runnable" '' 'nothing can be run from the root itself'
for place in home/alice tmp dev/shm run log etc; do
	[[ -d /proc/$child/root/$place ]] || continue
	cp "$TOOLS/probe" "/proc/$child/root/$place/probe" 2>/dev/null || continue
	chmod 755 "/proc/$child/root/$place/probe"
	nok "a program put into /$place does not run" \
		nsenter -t "$child" -m "/$place/probe"
	rm -f "/proc/$child/root/$place/probe"
done
is "$(find "/proc/$child/root"/{usr,var,proc,sys,bin,sbin,lib,lib64,opt,mnt,srv,boot,root,media} \
	-type f -size +0 2>/dev/null)" '' 'no file of the host'"'"'s tree'
is "$(find "/proc/$child/root/" -name flag 2>/dev/null)" '' 'no file of the host'"'"'s /run'
is "$(find "/proc/$child/root/" -name '*shadow*' 2>/dev/null)" '' 'no shadow file'
is "$(find "/proc/$child/root/" -type b 2>/dev/null)" '' 'no block device'
is "$(find "/proc/$child/root/" \( -perm -4000 -o -perm -2000 \) -type f 2>/dev/null)" '' \
	'no set-uid program'
is "$(find "/proc/$child/root/home" -mindepth 1 -maxdepth 1 -printf '%f')" alice 'one home'
is "$(stat -c %U:%a "/proc/$child/root/")" root:755 'the root belongs to root'
is "$(find "/proc/$child/root/" -xdev -type d -perm -o+w ! -path '*/root/tmp' 2>/dev/null)" '' \
	'nobody else can write there'

# Installed files: no privilege in them
is "$(find /usr/local -type f \( -perm -4000 -o -perm -2000 \))" '' \
	'no installed file is set-uid or set-gid'
is "$(getcap -r /usr/local 2>/dev/null)" '' 'none has capabilities'
is "$(stat -c %U:%G:%a "$ENTER")" root:root:711 'loginjail-enter can be run, not read'
for program in enter init; do
	nok "loginjail-$program is static" \
		grep -q INTERP <(readelf -lW "/usr/local/libexec/loginjail/loginjail-$program")
done
unlike "$(strings -a "$ENTER" | grep -cE 'nss_|dlopen|gconv')" '^[1-9][0-9]{2,}' \
	'loginjail-enter links no NSS to speak of'
is "$(cd / && find /usr/local/libexec/loginjail /usr/local/sbin/loginjail -perm /022)" '' \
	'only root can write to any'
release h
ok 'nothing stays' jails_gone
