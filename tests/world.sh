#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: tests/world.sh COMMAND [ARGUMENT...]
#
# Runs COMMAND as root in a scratch world, where the repository is at /run/src
# (words that are paths in it are changed to match): namespaces of its own, a copied /etc,
# empty /home, /srv, /run, /tmp, /var/log, /usr/local (with loginjail installed)
# and a cgroup subtree that it takes for the root.  The rest of the host's file
# system is there, read-only: jails are built from it as on a real host.
# Nothing of it is left behind, however COMMAND or this script ends.
#
# Who runs: this script outside (makes and removes groups and the scratch
# directory); unshare(1), which dies with it; in the new pid namespace this file
# again as PID 1, first to enter the groups, then with a cgroup namespace to
# mount everything, run COMMAND and reap.
#
# environment: LOGINJAIL_PLAIN=1   do not install loginjail (harness only)
#              LOGINJAIL_ETC=DIR    what /etc is a copy of, if not of /etc
#              LOGINJAIL_EMULATED=1 on a virtual host (tests/vm): all is built, and slow
#              TMPDIR              where the scratch directory goes (/var/tmp):
#                                  a disk, since jails idmap and overlay it
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
repo=${self%/tests/world.sh}
# Where the world sees the repository: its own place may be below /home or /tmp.
inside=/run/src
# v1 hierarchies that the world gets; all others stay out of its sight.
v1_wanted='memory pids cpu cpuacct cpuset blkio name=systemd'

die() {
	printf 'world.sh: %s\n' "$*" >&2
	exit 125
}

# ---- outside ---------------------------------------------------------------

# Mount point (and root of the mount) of a hierarchy; $1 is cgroup or cgroup2,
# $2 a controller or name= of v1.
hierarchy_mount() {
	awk -v type="$1" -v want="$2" '
	{
		for (i = 7; $i != "-"; i++) {}
		if ($(i + 1) != type)
			next
		n = split($(i + 3), option, ",")
		if (type == "cgroup2")
			found = 1
		for (j = 1; j <= n; j++)
			if (option[j] == want)
				found = 1
		if (found) {
			print $5, $4
			exit
		}
	}' /proc/self/mountinfo
}

# Directory of group $3 in that hierarchy, as seen from here.
group_dir() {
	local mount root
	read -r mount root < <(hierarchy_mount "$1" "$2") || return 1
	[[ $root == / ]] && root=
	printf '%s%s\n' "$mount" "${3#"$root"}"
}

# The nearest group, from $1 (a v2 directory) up, whose children have all the
# controllers that jails need; the root group is made to give them.
v2_parent() {
	local dir=$1 top=$2 have c missing
	while :; do
		have=" $(<"$dir/cgroup.subtree_control") " missing=
		for c in memory pids cpu io cpuset; do
			[[ " $(<"$dir/cgroup.controllers") " == *" $c "* ]] || continue
			[[ $have == *" $c "* ]] || missing+=" $c"
		done
		[[ -n $missing ]] || break
		if [[ $dir == "$top" ]]; then
			for c in $missing; do
				echo "+$c" >"$dir/cgroup.subtree_control"
				restore+=("-$c $dir/cgroup.subtree_control")
			done
			break
		fi
		dir=${dir%/*}
	done
	printf '%s\n' "$dir"
}

make_groups() {
	local line controllers path dir want name=loginjail-test-$$
	while IFS=: read -r _ controllers path; do
		if [[ -z $controllers ]]; then
			dir=$(group_dir cgroup2 '' "$path") || continue
			if [[ " $(<"${dir%"$path"}/cgroup.controllers") " == *' memory '* ]]; then
				v2_parent "$dir" "${dir%"$path"}" >"$scratch/parent"
				dir=$(<"$scratch/parent")
			fi
			want=unified
		else
			want=
			for line in $v1_wanted; do
				[[ ,$controllers, == *,$line,* ]] && want=$controllers
			done
			[[ -n $want ]] || continue
			dir=$(group_dir cgroup "${controllers%%,*}" "$path") || continue
		fi
		[[ $dir == / ]] || dir=${dir%/}
		mkdir "$dir/$name"
		groups+=("$dir/$name")
		# A new group of v1's cpuset has none, and takes nobody.
		if [[ ,$controllers, == *,cpuset,* ]]; then
			cat "$dir/cpuset.cpus" >"$dir/$name/cpuset.cpus"
			cat "$dir/cpuset.mems" >"$dir/$name/cpuset.mems"
		fi
		hierarchies+=("$want")
	done </proc/self/cgroup
}

# Members that were just killed take a moment to leave.
remove_group() {
	local try
	[[ -d $1 ]] || return 0
	for ((try = 0; try < 500; try++)); do
		find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || :
		[[ -d $1 ]] || return 0
		sleep 0.01
	done
	printf 'world.sh: %s cannot be removed\n' "$1" >&2
}

clean_up() {
	local group entry
	trap '' INT TERM HUP
	if [[ -n ${child:-} ]]; then
		kill -KILL "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	fi
	for group in "${groups[@]}"; do
		remove_group "$group"
	done
	for entry in "${restore[@]}"; do
		echo "${entry%% *}" >"${entry#* }" || :
	done
	rm -rf --one-file-system "$scratch"
}

# What a world whose script was killed outright could not remove.
sweep_stale() {
	local dir pid
	for dir in "$base"/loginjail-world.*; do
		[[ -f $dir/owner ]] || continue
		pid=$(<"$dir/owner")
		[[ -d /proc/${pid:-0} ]] && continue
		find /sys/fs/cgroup -depth -type d -path "*/loginjail-test-$pid*" \
			-exec rmdir {} + 2>/dev/null || :
		rm -rf --one-file-system "$dir"
	done
}

outside() {
	(($#)) || die 'usage: tests/world.sh COMMAND [ARGUMENT...]'
	[[ $(id -u) == 0 ]] || die 'must be run as root'

	"$repo/tests/tools/build" "$repo/build/tests/tools"
	# What the network is needed for can't be made in here: a test says so.
	if [[ -f $1 ]] && grep -qx '# needs: debian-tree' "$1"; then
		"$repo/tests/tools/debian-tree" "$repo/build/tests/debian-tree.tar" || :
	fi
	groups=() hierarchies=() restore=()
	base=${TMPDIR:-/var/tmp}
	sweep_stale
	scratch=$(mktemp -d "$base/loginjail-world.XXXXXX")
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	echo $$ >"$scratch/owner"
	cp -a "${LOGINJAIL_ETC:-/etc}" "$scratch/etc"
	mkdir -m 755 "$scratch"/{home,srv,log,usr-local}
	mkdir -m 1777 "$scratch/var-tmp"
	make_groups

	export LOGINJAIL_SCRATCH=$scratch
	export LOGINJAIL_GROUPS="${groups[*]}"
	export LOGINJAIL_HIERARCHIES="${hierarchies[*]}"
	# In the background, or a signal would wait for COMMAND's end.
	setpriv --pdeathsig KILL unshare --mount --pid --net --uts --ipc --fork \
		--kill-child=SIGKILL --propagation private \
		"$self" --enter-groups "$@" <&0 &
	child=$!
	status=0
	wait "$child" || status=$?
	exit "$status"
}

# ---- inside ----------------------------------------------------------------

enter_groups() {
	local group
	for group in $LOGINJAIL_GROUPS; do
		echo 0 >"$group/cgroup.procs"
	done
	exec unshare --cgroup "$self" --inside "$@"
}

mount_cgroups() {
	local h name pure=0
	[[ $LOGINJAIL_HIERARCHIES == unified ]] && pure=1
	if ((pure)); then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		# A group with processes can't give controllers to its children.
		mkdir /sys/fs/cgroup/world
		echo 0 >/sys/fs/cgroup/world/cgroup.procs
		for h in memory pids cpu io cpuset; do
			[[ " $(</sys/fs/cgroup/cgroup.controllers) " == *" $h "* ]] || continue
			echo "+$h" >/sys/fs/cgroup/cgroup.subtree_control
		done
		return
	fi
	mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
	for h in $LOGINJAIL_HIERARCHIES; do
		mkdir "/sys/fs/cgroup/${h#name=}"
		case $h in
		unified) mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified ;;
		name=*) mount -t cgroup -o "none,$h" cgroup "/sys/fs/cgroup/${h#name=}" ;;
		*) mount -t cgroup -o "$h" cgroup "/sys/fs/cgroup/$h" ;;
		esac
		if [[ $h == *,* ]]; then
			for name in ${h//,/ }; do
				ln -s "$h" "/sys/fs/cgroup/$name"
			done
		fi
	done
}

# Character devices: name, minor, mode.
device_nodes='null 3 666
zero 5 666
full 7 666
random 8 666
urandom 9 666'

mount_dev() {
	local name minor mode
	umount -R -l /dev
	mount -t tmpfs -o mode=755,nosuid tmpfs /dev
	while read -r name minor mode; do
		mknod -m "$mode" "/dev/$name" c 1 "$minor"
	done <<<"$device_nodes"
	mknod -m 666 /dev/tty c 5 0
	mknod -m 600 /dev/kmsg c 1 11
	mkdir /dev/pts /dev/shm /dev/mqueue /dev/net
	mknod -m 666 /dev/net/tun c 10 200
	mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
	mount -t mqueue mqueue /dev/mqueue
	ln -s pts/ptmx /dev/ptmx
	ln -s /proc/self/fd /dev/fd
	ln -s fd/0 /dev/stdin
	ln -s fd/1 /dev/stdout
	ln -s fd/2 /dev/stderr
}

# A bind of a directory of a mount that was made read-only begins read-only.
bind_writable() {
	mount --bind "$1" "$2"
	mount -o remount,bind,rw "$2"
}

mount_world() {
	local s=$LOGINJAIL_SCRATCH at

	umount -R -l /sys
	umount -R -l /proc
	mount -t proc -o nosuid,nodev,noexec proc /proc
	mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
	mount_cgroups

	# Our namespaces only, but the same super block: so the bind flag.
	while read -r _ _ _ _ at _; do
		case $at in
		/proc* | /sys* | /dev*) ;;
		*) mount -o remount,bind,ro "$(printf %b "$at")" ;;
		esac
	done </proc/self/mountinfo

	# The repository first: what we mount next may hide its own place.
	mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
	mkdir /run/{src,lock,log,sshd,user}
	mkdir -m 1777 /run/screen
	bind_writable "$repo" "$inside"

	bind_writable "$s/etc" /etc
	bind_writable "$s/home" /home
	bind_writable "$s/srv" /srv
	bind_writable "$s/log" /var/log
	# On the disk it is a file system more in each jail's tree, which the
	# benchmark does without; there, jails don't see what is in it.
	if [[ ${LOGINJAIL_LOCAL_TMPFS:-} == 1 ]]; then
		mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /usr/local
	else
		bind_writable "$s/usr-local" /usr/local
	fi
	mount -t tmpfs -o mode=700 tmpfs /root
	mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /tmp
	bind_writable "$s/var-tmp" /var/tmp
	mount_dev
}

install_programs() {
	local pam=/etc/pam.d/sshd module=/usr/local/lib/security/pam_loginjail.so
	mkdir -p /usr/local/{bin,sbin,lib/security,libexec}
	cp "$inside"/build/tests/tools/* /usr/local/bin
	[[ ${LOGINJAIL_PLAIN:-} == 1 ]] && return
	# What is there already is not compared with its sources on a host without those.
	make -s -C "$inside" ${LOGINJAIL_EMULATED:+-o all} install DESTDIR= prefix=/usr/local \
		pamdir=/usr/local/lib/security >&2
	# The last line of a type is the last to run, whatever the file ends with.
	{
		printf 'session required %s close\n' "$module"
		cat "$pam"
		printf 'account required %s\n' "$module"
		printf 'session required %s open\n' "$module"
	} >"$pam.new"
	mv "$pam.new" "$pam"
}

inside_world() {
	local there=$PWD status=0 name keep=() whole=()
	set -- "${@/#"$repo"\//"$inside"/}"
	mount_world
	echo world >/proc/sys/kernel/hostname
	ip link set lo up
	# Its text would be in all that a refused login prints.
	: >/etc/motd
	: >/run/utmp
	: >/var/log/wtmp
	: >/var/log/lastlog
	# Tests remember how far they have read: where it would begin a new file at some
	# size, it is told not to.
	busybox syslogd --help 2>&1 | grep -qw -- '-s' && whole=(-s 0)
	busybox syslogd -n "${whole[@]}" -O /run/log/messages &
	until [[ -S /dev/log ]]; do sleep 0.005; done
	export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	install_programs
	cd "$inside${there#"$repo"}" 2>/dev/null || cd "$inside"
	# Nothing of the caller's settings decides how a test ends.
	for name in TERM CI MUST_WORK LOGIN VERBOSE LOGINJAIL_PLAIN LOGINJAIL_LOCAL_TMPFS LOGINJAIL_EMULATED \
		LOGINJAIL_AS_ROOT LOGINJAIL_SCRATCH; do
		[[ -n ${!name:-} ]] && keep+=("$name=${!name}")
	done
	env -i HOME=/root LC_ALL=C PATH="$PATH" LOGINJAIL_WORLD=1 "${keep[@]}" "$@" || status=$?
	exit "$status"
}

case ${1:-} in
--enter-groups) enter_groups "${@:2}" ;;
--inside) inside_world "${@:2}" ;;
*) outside "$@" ;;
esac
