#!/bin/bash
# SPDX-License-Identifier: MIT
# What runs in a tree, in update and shell, is root: of the tree, and of nothing else.
# Not again as root of the jail: there is none.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/lib/rootfs.sh
. "$LIB/lib/rootfs.sh"

AIM=/srv/aim
mkdir -p "$AIM"
echo secret >"$AIM/secret"

list_of inside <<'EOS'
include shell.list
program perl
program mount
program umount
program mknod
program unshare
program nsenter
program setpriv
program kill
program tee
program true
program sleep
program readlink
EOS
ok 'a tree to do it in' lr build x --from "files:$T/lists/inside.list"

# try NAME SHELL-TEXT: what was printed is in $out; the generation is made whatever it did.
try() {
	run lr update x --no-network -- /bin/sh -c "exec 2>&1
$2"
	diag "$1: $(grep -v ^loginjail <<<"$err" | head -n 3)"
}

host_mnt=$(readlink /proc/self/ns/mnt)
try namespaces 'for n in mnt pid ipc uts net; do readlink /proc/self/ns/$n; done >/root/ns'
for n in mnt pid ipc uts net; do
	ok "it has a namespace of its own: $n" not grep -qxF "$(readlink "/proc/self/ns/$n")" "$(root_of x)/root/ns"
done
is "$(wc -l <"$(root_of x)/root/ns")" 5 'all five were looked at'

try capabilities 'grep -E "^Cap(Eff|Bnd|Inh|Amb)" /proc/self/status >/root/caps'
caps=$(awk '/CapBnd/ { print $2 }' "$(root_of x)/root/caps")
names=$(capsh --decode="$caps")
for cap in sys_admin sys_module sys_rawio sys_ptrace sys_boot sys_time mknod net_admin net_raw syslog mac_admin \
	bpf perfmon sys_resource linux_immutable; do
	unlike "$names" "cap_$cap(,|$)" "it has no cap_$cap"
done
is "$(awk '/CapEff/ { print $2 }' "$(root_of x)/root/caps")" "$caps" 'nor more than that'

# Of the caller's
before=$(stat -c '%n %a %u' /dev/null /dev/full /dev/tty)
try devices 'for f in null full tty; do chmod 640 /dev/$f; chown 1234 /dev/$f; done; echo x >/dev/null && touch /root/wrote'
is "$(stat -c '%n %a %u' /dev/null /dev/full /dev/tty)" "$before" "the host's device nodes keep owner and mode"
ok 'and can be written to' test -e "$(root_of x)/root/wrote"
exec 7</srv/aim 13</srv/aim
try descriptors 'ls /proc/self/fd >/root/fds'
exec 7<&- 13<&-
is "$(tr '\n' ' ' <"$(root_of x)/root/fds")" '0 1 2 3 ' "no descriptor of the caller's is open in there"

try output 'for n in 0 1 2; do test -t $n && echo $n; done >/root/terminals; readlink /proc/self/fd/2 >/root/output'
is "$(cat "$(root_of x)/root/terminals")" '' 'its output is no terminal'
like "$(cat "$(root_of x)/root/output")" '^pipe:' 'but a pipe, which it can not read what is typed from'
run lr update x --no-network -- sh -c 'echo said; echo complained >&2; exit 7'
like "$status $out$err" '^1 .*said.*complained.*status 7' 'what it says is seen, and its status counts'

# cannot NAME SHELL-TEXT: it ends with an error, and says so itself.
cannot() {
	local before
	before=$(gen_of x)
	run lr update x --no-network -- /bin/sh -c "rm -f /root/worked; if { $2; } 2>/dev/null; then echo >/root/worked; fi"
	is "$status" 0 "$1: tried" || diag "$err"
	isnt "$(gen_of x)" "$before" "$1: to its end"
	nok "$1: in vain" test -e "$(root_of x)/root/worked"
}
run lr update x --no-network -- /bin/sh -c 'if { :; } 2>/dev/null; then echo >/root/worked; fi'
ok 'what works is seen to' test -e "$(root_of x)/root/worked"
cannot 'mounting' 'mount -t tmpfs none /mnt'
cannot 'making /proc writable' 'mount -o remount,bind,rw /proc'
cannot 'a device' 'mknod /root/disk b 8 0'
cannot 'an own user namespace with mounts of the host' 'unshare -m /bin/true'
for file in sys/kernel/core_pattern sys/kernel/modprobe sysrq-trigger sys/kernel/hostname; do
	cannot "/proc/$file" "echo x >/proc/$file"
done
cannot '/sys' 'echo 1 >/sys/kernel/profiling || echo 0 >/sys/kernel/uevent_seqnum || echo x >/sys/kernel/uevent_helper'
cannot 'the terminal' 'echo x >/dev/tty'
cannot 'a process of the host' "kill -0 $$"
cannot 'the namespaces of process 1' 'nsenter -t 1 -m /bin/true'

# The classical way out of a chroot leads to the base, in which there is nothing.
try chroot 'perl -e '\''
	mkdir "/root/d"; chroot "/root/d" or die;
	chdir ".." for 1 .. 64;
	chroot "." or die;
	opendir D, "/"; print "names: @{[sort readdir D]}\n"; closedir D;
	print "aim: ", (-e "/srv/aim/secret" ? "there" : "none"), "\n";
	print "shadow: ", (-e "/etc/shadow" ? "there" : "none"), "\n";
	print "write: ", (open(F, ">", "/usr/evil") || open(F, ">", "/evil") || open(F, ">", "/job/evil") ? "yes" : "no"), "\n";
'\'' '
like "$out$err" 'names: .*job.*new' 'the way out of a chroot is found'
like "$out$err" 'aim: none' 'and it leads not to the host'
like "$out$err" 'shadow: none' 'nor to its secrets'
like "$out$err" 'write: no' 'and nothing can be written there'
is "$(cat "$AIM/secret")" secret 'the host is as it was'
nok 'and has nothing new' test -e /usr/evil -o -e /evil

# The generation in use is not what is worked on.
old=$(gen_of x)
tree_text "$(root_of x)" >"$T/old"
lr update x -- /bin/sh -c 'echo changed >/etc/nsswitch.conf; rm -rf /root/*; chmod 777 /usr' >/dev/null 2>&1
isnt "$(gen_of x)" "$old" 'a generation that changed much'
tree_text "$TREES/x/$old/root" >"$T/new"
ok 'leaves the one before as it was' diff "$T/old" "$T/new"

# What it left running ends with it.
run lr update x -- /bin/sh -c 'sleep 4711 >/dev/null 2>&1 & :'
is "$status" 0 'a command that leaves a process behind'
ok 'does not' not pgrep -f 'sleep 4711'
is "$host_mnt" "$(readlink /proc/self/ns/mnt)" 'we are where we were'
is "$(grep -c "$TREES\|loginjail-rootfs" /proc/self/mountinfo)" 0 'no mount is left'
