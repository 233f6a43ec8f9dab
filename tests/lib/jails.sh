# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The configuration of the product, and its jails as seen from the host.

# jail_ini: sections from standard input; state goes to the world's /srv.
# DEFAULTS holds more lines for [defaults].  A test that runs as the jail's root has
# such jails, whatever it says of root.
jail_ini() {
	local root=
	mkdir -p "${INI%/*}" "$STATE"
	chmod 700 "$STATE"
	if [[ ${LOGINJAIL_AS_ROOT:-} == 1 ]]; then
		[[ -e $TREES/whole ]] || whole_tree whole 2026-11-22T10.00.00
		root=$(printf '\ntrees = %s\nroot = whole\ninside_root = yes\nbind_ro = /usr/local' "$TREES")
	fi
	{
		printf '[defaults]\nstate = %s\n%s%s\n\n' "$STATE" "${DEFAULTS:-}" "$root"
		cat
	} >"$INI.new"
	chmod 644 "$INI.new"
	mv "$INI.new" "$INI"
}

# The usual case: everyone in group jailed.
# shellcheck disable=SC2120 # the argument is optional
standard_jail() {
	jail_ini <<-EOS
		[jail test]
		groups = jailed
		${1:-}
	EOS
}

jail_dir() { # USER: /run/loginjail/jail/UID-XXXXXXXX
	readlink -f "$RUN/uid/$(id -u "$1")"
}

jail_exists() { compgen -G "$RUN/jail/$(id -u "$1")-*" >/dev/null; }
jail_ended() { ! jail_exists "$1"; }
no_jails() { ! compgen -G "$RUN/jail/*" >/dev/null; }

no_keepers() { ! pgrep -x loginjail-keep >/dev/null; }

# All jails have ended and been cleaned up, and who did that has ended, too.
jails_gone() { eventually no_jails && eventually no_jail_groups && eventually no_keepers; }

# cgroup directories of jails of USER (or all), one a line.
jail_groups() {
	local uid='[0-9]+'
	(($#)) && uid=$(id -u "$1")
	find /sys/fs/cgroup -regextype posix-extended -type d \
		-regex ".*/loginjail(\.service)?(/user-$uid)?/$uid-[0-9a-z]+" 2>/dev/null
}

# The group of all jails of USER, which stays for a while after them.
user_group() { # USER
	find /sys/fs/cgroup -type d -path "*/loginjail*/user-$(id -u "$1")" 2>/dev/null
}
no_jail_groups() { [[ -z $(jail_groups) ]]; }

# The directory of a jail in the hierarchy that has a controller's file.
jail_group_file() { # USER FILE...: the first of the names that exists
	local dir name user=$1
	shift
	for name in "$@"; do
		for dir in $(jail_groups "$user"); do
			[[ -e $dir/$name ]] && echo "$dir/$name" && return
		done
	done
	return 1
}

# Process ids, in the world's numbering, in the jail of USER.
jail_pids() {
	local file
	file=$(jail_group_file "$1" pids.current) && cat "${file%/*}/cgroup.procs"
}

# Process 1 of the jail of USER, in the world's numbering.
jail_init() {
	local pid
	for pid in $(jail_pids "$1"); do
		[[ $(awk '/^NSpid:/ { print $NF }' "/proc/$pid/status") == 1 ]] && echo "$pid" && return
	done
	return 1
}

# Where a process is: ns PID NAME
ns() { readlink "/proc/$1/ns/$2"; }
HOST_MNT=$(readlink /proc/self/ns/mnt)
export HOST_MNT
