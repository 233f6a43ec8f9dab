#!/bin/bash
# SPDX-License-Identifier: MIT
# No more processes: of sshd's service, of the user's slice, of all jails together, of
# the whole host.  Whatever the number at which the kernel says no, a login is refused
# or in a whole jail; never something between, and nothing is left.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

standard_jail
uid=$(id -u alice)
uppers() { find "$STATE/upper" -mindepth 1 -maxdepth 1 | wc -l; }
# Sets where: jail, or nowhere; anything else is wrong.
try() {
	run j 'cat /proc/1/comm'
	where=nowhere
	if [[ $status == 0 ]]; then
		where=$out
	elif [[ $out$err == *systemd* ]]; then
		where=host
	fi
}
# sweep WHAT HIGHEST LIMIT...: LIMIT with a number, from none to enough.
sweep() {
	local what=$1 highest=$2 n seen=''
	shift 2
	for ((n = 1; n <= highest; n++)); do
		"$@" "$n"
		try
		"$@" max
		seen+=" $where"
		jails_gone || break
	done
	ok "$what: each time all of it goes" no_jails
	# What else runs, comes and goes: a login may still fit where a later one does not.
	like "$seen" '^( nowhere| loginjail-init)* nowhere( nowhere| loginjail-init)* loginjail-init$' \
		"$what: refused, in the end in a jail, and nowhere else"
	diag "$what:$seen"
	is "$(jail_groups)$(uppers)" 0 "$what: nothing is left"
	is "$(j 'cat /proc/1/comm')" loginjail-init "$what: then all is well"
	ok "$what: and goes" jails_gone
}

limit_service() { # UNIT NUMBER: more than it has now
	local unit=$1 n=$2
	[[ $n == max ]] || n=$(($(systemctl show -p TasksCurrent --value "$unit") + n - 1))
	systemctl set-property --runtime "$unit" "TasksMax=${n/max/infinity}"
}
sweep "sshd's service" 6 limit_service ssh.service
sweep 'all jails' 8 limit_service loginjail.service

# The slice is made anew for each login.
limit_user() {
	mkdir -p "/run/systemd/system/user-$uid.slice.d"
	printf '[Slice]\nTasksMax=%s\n' "${1/max/infinity}" >"/run/systemd/system/user-$uid.slice.d/tasks.conf"
	systemctl daemon-reload
	eventually not test -e "/sys/fs/cgroup/user.slice/user-$uid.slice"
}
sweep "the user's slice" 5 limit_user
rm -r "/run/systemd/system/user-$uid.slice.d"
systemctl daemon-reload

# The host: nothing is forked to set or lift this limit.
threads_max=$(</proc/sys/kernel/threads-max)
limit_host() {
	local total
	if [[ $1 == max ]]; then
		echo "$threads_max" >/proc/sys/kernel/threads-max
	else
		read -r _ _ _ total _ </proc/loadavg
		# Some for the client, whose shell waits long for a fork.
		echo $((${total#*/} + 3 + $1)) >/proc/sys/kernel/threads-max
	fi
}
sweep 'the host' 10 limit_host
systemctl reset-failed
is "$(systemctl is-active ssh loginjail systemd-logind dbus | sort -u)" active 'no service of the host has ended'
