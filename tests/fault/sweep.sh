#!/bin/bash
# SPDX-License-Identifier: MIT
# Each system call of the set-up fails once, by an error and by SIGKILL: whatever comes
# of the login, nothing of it runs on the host and nothing is left behind.
#
# STEP=3 tries every third call only; the default is chosen for the time it takes.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
standard_users
standard_jail "bind = $MARKS"
sshd_start main
step=${STEP:-3}
setup=/usr/local/libexec/loginjail/loginjail-setup

# In its place, with the same process id, the same under strace with what $T/strace says.
mv "$setup" "$setup.real"
cat >"$setup" <<EOS
#!/bin/sh
exec /usr/bin/strace -DDD -f -qq -o /run/trace \$(cat /run/strace-options) $setup.real "\$@"
EOS
chmod 755 "$setup"
one_login() {
	printf '%s\n' "$1" >/run/strace-options
	rm -f "$MARKS"/*
	TIMEOUT=20 on alice "$(mark_sh ran); echo RAN" >"$T/out" 2>&1
}
one_login '-e trace=all'
ok 'a login under strace' grep -q RAN "$T/out"
ok 'its jail goes' jails_gone
cp /run/trace "$T/trace"
rm -f /run/strace-options /run/trace "$MARKS"/*

# What the set-up calls before the jail is handed over, and how often
calls='clone clone3 unshare setns mount umount2 fsopen fsconfig fsmount open_tree move_mount
mount_setattr pivot_root mkdir mkdirat mknodat symlinkat openat openat2 write socket bind listen
connect sendmsg recvmsg execveat fchownat fchown ftruncate renameat2 linkat unlinkat pidfd_open
epoll_create1 epoll_ctl setresuid setresgid setgroups capset prctl flock poll ppoll'
declare -A most
for call in $calls; do
	# strace counts for each process of its own.
	most[$call]=$(awk -v call="$call(" 'index($2, call) == 1 && ++n[$1] > max { max = n[$1] }
		END { print max + 0 }' "$T/trace")
done

eventually not pgrep -x strace
"$LIB/snapshot" >"$T/before"
diag "calls: $(for call in $calls; do printf '%s %s, ' "$call" "${most[$call]}"; done)"
tidy() { # a login of somebody else does what a killed set-up could not
	rm -f /run/strace-options /run/trace "$MARKS"/*
	"$LIB/snapshot" diff "$T/before" >"$T/differences"
}
tried=0 host=0 left=0 stuck=0
for fault in error=EIO error=ENOMEM signal=KILL; do
	for call in $calls; do
		for ((n = 1 + (tried % step); n <= most[$call] && n <= 60; n += step)); do
			tried=$((tried + 1))
			one_login "-e trace=$call -e inject=$call:$fault:when=$n"
			status=$?
			if marked_on_host ran; then
				host=$((host + 1))
				diag "$call $n $fault: ran on the host"
			fi
			if ((status == 124)); then
				stuck=$((stuck + 1))
				diag "$call $n $fault: the login hangs"
			fi
			if [[ $fault == signal=KILL ]]; then
				printf '%s\n' '-e trace=none' >/run/strace-options
				on bob true >/dev/null 2>&1
			fi
			if ! WITHIN=5 eventually tidy; then
				left=$((left + 1))
				diag "$call $n $fault: $(grep -E '^[-+][a-z]' "$T/differences" | head -n 6)"
				printf '%s\n' '-e trace=none' >/run/strace-options
				on bob true >/dev/null 2>&1
				on alice true >/dev/null 2>&1
				jails_gone
				rm -f /run/strace-options /run/trace "$MARKS"/*
				"$LIB/snapshot" >"$T/before"
			fi
		done
	done
done
between "$tried" 50 100000 "$tried faults tried"
is "$host" 0 'nothing ran on the host'
is "$stuck" 0 'no login hung'
is "$left" 0 'nothing was left behind'
mv "$setup.real" "$setup"
ok 'all is well in the end' j true
