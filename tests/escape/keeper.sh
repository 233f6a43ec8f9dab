#!/bin/bash
# SPDX-License-Identifier: MIT
# Whoever got hold of a keeper, which is root's: what it can still do, tried by a debugger
# that calls it in the keeper itself, as an exploit would.
# Not again as root: root of a jail reaches the keeper by the same socket, and no other way.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user net 2010
networks
jail_ini <<'EOS'
[jail test]
groups = jailed

[jail routed]
users = net
network = routed
EOS
ok '(rules)' loginjail net apply
sshd_start main
jail_keeper() { awk '/^PPid:/ { print $2 }' "/proc/$(jail_init "$1")/status"; }

# calls PID NUMBER ARGUMENT...: the system call made there, and its errno
calls() {
	local pid=$1 line
	shift
	line=$(IFS=, && echo "$*")
	timeout 60 gdb -q -nx -batch -p "$pid" -ex 'set sysroot /' -ex 'sharedlibrary' \
		-ex "print \"result\", ((long (*)())syscall)($line)" \
		-ex 'print "errno", *((int *(*)())__errno_location)()' 2>/dev/null </dev/null |
		sed -n 's/^\$[0-9]* = //p' | xargs
}
# What the kernel calls the numbers is the same on every machine that gen.c is for.
number() { printf '#include <sys/syscall.h>\nSYS_%s\n' "$1" | gcc -E -P - | tail -n 1; }

# The tool, on a process that has no filter
sleep 100 &
plain=$!
is "$(calls $plain "$(number getppid)")" "$$ 0" '(what is called can be seen)'
like "$(calls $plain "$(number unshare)" $((0x20000)))" '^0 ' 'without a filter: a namespace can be made'
kill $plain
wait $plain 2>/dev/null

refused='^-1 1$' # EPERM
for user in alice net; do
	hold h "$user"
	keeper=$(jail_keeper "$user")
	is "$(awk '/^Seccomp:/ { print $2 }' "/proc/$keeper/status")" 2 "$user: the keeper has a filter"
	is "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$keeper/status")" 1 "$user: and no new privileges"
	is "$(awk '/^Cap(Inh|Amb)/ { print $2 }' "/proc/$keeper/status" | sort -u)" 0000000000000000 \
		"$user: no capabilities for a program to inherit"
	like "$(calls "$keeper" "$(number getpid)")" '^[0-9]+ ' "$user: (what is allowed can be called)"
	like "$(calls "$keeper" "$(number execve)" '"/bin/true"' 0 0)" "$refused" "$user: it starts no program"
	like "$(calls "$keeper" "$(number execveat)" 0 '""' 0 0 $((0x1000)))" "$refused" "$user: from no descriptor"
	like "$(calls "$keeper" "$(number ptrace)" 16 1 0 0)" "$refused" "$user: traces nobody"
	like "$(calls "$keeper" "$(number process_vm_readv)" 1 0 0 0 0 0)" "$refused" "$user: reads nobody's memory"
	like "$(calls "$keeper" "$(number mount)" 0 0 0 0 0)" "$refused" "$user: mounts nothing"
	like "$(calls "$keeper" "$(number setns)" -1 0)" "$refused" "$user: enters no namespace"
	for flag in 0x20000 0x10000000 0x20000000 0x40000000; do
		like "$(calls "$keeper" "$(number unshare)" $((flag)))" "$refused" "$user: makes none ($flag)"
		like "$(calls "$keeper" "$(number clone)" $((flag | 17)) 0 0 0 0)" "$refused" "$user: nor for a child"
	done
	like "$(calls "$keeper" "$(number clone3)" 0 0)" '^-1 38$' "$user: by no call whose flags can't be seen"
	like "$(calls "$keeper" "$(number bpf)" 0 0 0)" "$refused" "$user: loads no program into the kernel"
	like "$(calls "$keeper" "$(number io_uring_setup)" 1 0)" "$refused" "$user: has no ring"
	like "$(calls "$keeper" "$(number keyctl)" 0 -3 0)" "$refused" "$user: no keys"
	is "$(on "$user" 'echo lives')" lives "$user: the keeper has its jail all the same"
	is "$(jail_keeper "$user")" "$keeper" "$user: and is the same"
	release h
	ok "$user: it goes" eventually not jail_exists "$user"
done
