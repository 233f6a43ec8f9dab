#!/bin/bash
# SPDX-License-Identifier: MIT
# What a session is: ids, capabilities, namespaces, and what it sees of the system.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_group course 3100
add_group lowgroup 150
join_group alice course
join_group alice lowgroup
jail_ini <<'EOS'
[jail test]
users = alice

[jail named]
users = bob
hostname = lab1
EOS
sshd_start main
hold warm alice

j probe >"$T/probe"
value() { sed -n "s/^$1 //p" "$T/probe"; }

for name in user mnt pid net ipc uts cgroup; do
	like "$(value "ns-$name")" "^$name:" "a $name namespace"
	isnt "$(value "ns-$name")" "$(readlink "/proc/self/ns/$name")" "which is not the host's"
done
is "$(value uid)" '2001 2001 2001' 'real, effective and saved uid'
is "$(value gid)" '2001 2001 2001' 'real, effective and saved gid'
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	is "$(value $set)" 0000000000000000 "$set is empty"
done
is "$(value nnp)" 1 'no new privileges'
is "$(value fd | wc -l)" 3 'three descriptors'
is "$(value fd | cut -d' ' -f1 | tr '\n' ' ')" '0 1 2 ' 'namely 0, 1 and 2'
is "$(value cgroup | grep -vc ':/$')" 0 'no path of the host in /proc/self/cgroup'
is "$(value hostname)" world 'the host'"'"'s name'
is "$(on bob hostname)" lab1 'a name from jail.ini'
is "$(cat /proc/sys/kernel/hostname)" world 'the host keeps its own'
is "$(value cwd)" /home/alice 'the working directory'
is "$(value core)" "$(on uma probe core | cut -d' ' -f2-)" 'core limits as without a jail'

# ids
awk '{ for (i = 0; i < $3; i++) if ($1 + i == 2001) print $2 + i; else if ($3 > 70000) exit }' \
	<(value uid_map) >"$T/self"
is "$(cat "$T/self")" 2001 "the user's uid is its own on the host"
is "$(awk '$1 <= 0 && $1 + $3 > 0 { print ($2 >= 65536) ? "far" : "near" }' <(value uid_map))" far \
	"the jail's root is a subordinate uid"
is "$(awk '$1 <= 2002 && $1 + $3 > 2002 { print ($2 + 2002 - $1 == 2002) ? "bob" : "no" }' \
	<(value uid_map))" no "another user's uid is not"
like " $(value groups) " ' 3100 ' 'a supplementary group from 1000 up is kept'
unlike " $(value groups) " ' 150 ' 'one below 1000 is not'

# The system inside
is "$(j id -un)" alice 'the user has a name'
is "$(j id -gn)" alice 'the group as well'
is "$(j 'getent passwd root | cut -d: -f1')" root 'system accounts are known'
nok 'another user is not' j getent passwd bob
nok 'nor her group' j getent group bob
like "$(j getent passwd alice)" ':/home/alice:/bin/bash$' 'the account line is whole'
is "$(j 'cat /etc/passwd' | grep -cE '^(bob|pat|uma):')" 0 'no other account in /etc/passwd'
is "$(j 'ps -e -o pid= | head -n 1 | tr -d " "')" 1 'the process list begins with 1'
between "$(j 'ps -e -o pid= | wc -l')" 2 8 'and is short'
is "$(j 'cat /proc/1/comm')" loginjail-init 'process 1 is loginjail-init'
# PID 1, its next session, and those of this command
processes() { j 'ls /proc | grep -c "^[0-9]"'; }
processes_at_most() { (($(processes) <= $1)); }
before=$(processes)
processes >/dev/null
processes >/dev/null
ok 'no process is left by a login' eventually processes_at_most "$before"
is "$(j 'ls /sys/class/net')" lo 'one network interface'
like "$(j 'cat /sys/class/net/lo/operstate; ip -br addr show lo 2>/dev/null || echo 127.0.0.1')" \
	'127\.0\.0\.1' 'it has its address'
like "$(j 'exec 3<>/dev/tcp/127.0.0.1/22' 2>&1)" refused \
	'loopback is up: connections are refused, not unreachable'

# Devices
for node in null zero full random urandom tty ptmx; do
	ok "/dev/$node" j "test -c /dev/$node -o -L /dev/$node"
done
ok '/dev/null swallows' j 'echo x >/dev/null'
is "$(j 'head -c 5 /dev/zero | od -An -tx1')" ' 00 00 00 00 00' '/dev/zero reads'
nok '/dev/full is full' j 'echo x >/dev/full'
is "$(j 'head -c 16 /dev/urandom | wc -c')" 16 '/dev/urandom reads'
for link in fd stdin stdout stderr; do
	ok "/dev/$link" j "test -L /dev/$link"
done
is "$(j 'echo via >/dev/stdout')" via '/dev/stdout works'
is "$(j 'cat <(echo substitution)')" substitution 'process substitution works'
ok '/dev/shm is writable' j 'echo x >/dev/shm/x && rm /dev/shm/x'
is "$(j 'find /dev -type b | wc -l')" 0 'no block device'
is "$(j "find /dev -type c ! -path '/dev/pts/*' | grep -vE '/(null|zero|full|random|urandom|tty|ptmx|console)\$'")" \
	'' 'no other character device'

# File system
ok 'programs are there' j 'ls /usr/bin/env /bin/sh /etc/hosts'
ok '/usr/local, a mount of its own on the host, is there' j 'test -x /usr/local/bin/probe'
ok '/tmp is writable' j 'echo x >/tmp/x && rm /tmp/x'
is "$(j 'stat -c %a /tmp')" 1777 '/tmp has the usual mode'
ok 'the home is writable' j 'echo from alice >~/file'
is "$(cat /home/alice/file)" 'from alice' 'and is the real one'
is "$(stat -c %u:%g /home/alice/file)" 2001:2001 'with true owners'
is "$(j 'stat -c %U:%G ~/file')" alice:alice 'inside as well'
is "$(j 'stat -c %u /etc/passwd /usr /')" $'0\n0\n0' 'the system belongs to root'
is "$(j "find /usr/bin -maxdepth 1 ! -user root -printf '%p %u\n' | sort")" \
	"$(find /usr/bin -maxdepth 1 ! -user root -printf '%p %u\n' | sort)" "or to whom it is the host's"
ok 'df works' j 'df / /tmp ~'
ok 'a compiler run of a kind: perl' j "perl -e 'print 1+1'"
ok 'unix sockets in /tmp' j "perl -MIO::Socket::UNIX -e \
	'IO::Socket::UNIX->new(Local => \"/tmp/s\", Listen => 1) or die'"

release warm
