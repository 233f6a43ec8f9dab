# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# usage: run.sh terminal|command|upgrade [COMMAND...]
#
# Runs something inside the tree /new: a shell on a terminal of its own, a
# command, or the upgrade of the tree's package manager.
set -eu

# Packages whose services are started by their installation ask this first.
policy=/new/usr/sbin/policy-rc.d
made=0
if [ ! -e $policy ] && [ ! -L $policy ] && (printf '#!/bin/sh\nexit 101\n' >$policy) 2>/dev/null; then
	chmod 0755 $policy
	made=1
fi

inside() {
	# shellcheck disable=SC2317 # it is called, by piped
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="$TERM" \
		LC_ALL=C.UTF-8 container=loginjail-rootfs "$@"
}

# upgrade_of: what upgrades the tree; nothing if nothing is known to.
upgrade_of() {
	if [ -e /new/usr/bin/apt-get ]; then
		echo 'apt-get -q update && apt-get -q -y -o Dpkg::Options::=--force-confold dist-upgrade && apt-get clean'
	elif [ -e /new/sbin/apk ] || [ -e /new/usr/sbin/apk ]; then
		echo 'apk -U upgrade'
	elif [ -e /new/usr/bin/dnf ]; then
		echo 'dnf -y upgrade && dnf clean all'
	elif [ -e /new/usr/bin/pacman ]; then
		echo 'pacman -Syu --noconfirm && pacman -Sc --noconfirm'
	fi
}

# piped COMMAND...: its output through a pipe, and its status.  A terminal that is written
# to can be read as well.
piped() {
	exec 4>&1
	status=$({
		{
			ended=0
			"$@" 2>&1 3>&- 4>&- || ended=$?
			echo $ended >&3
		} | cat >&4 3>&-
	} 3>&1)
	exec 4>&-
}

mode=$1
shift
status=0
case $mode in
terminal)
	# The terminal that we were started on stays out of reach of what runs in there.
	SHELL=/bin/sh script -q -e -c "exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root TERM='$TERM' LC_ALL=C.UTF-8 container=loginjail-rootfs PS1='$TREE# ' chroot /new /bin/sh" \
		/dev/null || status=$?
	;;
command) piped inside DEBIAN_FRONTEND=noninteractive chroot /new "$@" ;;
upgrade)
	command=$(upgrade_of)
	if [ -n "$command" ]; then
		piped inside DEBIAN_FRONTEND=noninteractive chroot /new /bin/sh -c "$command"
	else
		echo "loginjail-rootfs: no package manager is known in it: 'update $TREE -- COMMAND' runs a command" >&2
		status=1
	fi
	;;
esac
[ $made = 0 ] || rm -f $policy
exit "$status"
