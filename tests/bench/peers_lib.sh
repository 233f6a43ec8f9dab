# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# One idle container each of LXC and crun, as small as they come, to measure a
# further session in them.  Needs: B (the bench's programs), PEERS (scratch
# that others can search).
# shellcheck disable=SC2034 # why, LXC and CRUN are the caller's

# Installed ones first, else what deps.sh fetched.
peers_find() {
	local p=$B/peers
	if [[ -x $p/usr/bin/crun ]]; then
		PATH=$PATH:$p/usr/bin
		LD_LIBRARY_PATH=$(echo "$p"/usr/lib/*-linux-gnu*)
		export LD_LIBRARY_PATH
	fi
}

peer_rootfs() { # DIR
	mkdir -p "$1"/{bin,proc,sys,dev,tmp,run,etc}
	cp "$B/idle" "$1/bin/idle"
	cp "$B/idle" "$1/bin/true"
}

# lxc_up: 0 and the arguments of lxc-attach in LXC, or 1 and a reason in why
lxc_up() {
	local dir=$PEERS/lxc
	why='lxc-start and lxc-attach are not there: tests/bench/deps.sh'
	command -v lxc-start >/dev/null && command -v lxc-attach >/dev/null || return 1
	peer_rootfs "$dir/c/rootfs"
	mkdir -p "$dir/mnt"
	cat >"$dir/c/config" <<-EOS
		lxc.rootfs.path = dir:$dir/c/rootfs
		lxc.rootfs.mount = $dir/mnt
		lxc.uts.name = peer
		lxc.net.0.type = empty
		lxc.mount.auto = proc:mixed sys:ro
		lxc.autodev = 1
		lxc.idmap = u 0 700000 65536
		lxc.idmap = g 0 700000 65536
		lxc.init.cmd = /bin/idle
		lxc.pty.max = 4
		lxc.tty.max = 0
		lxc.apparmor.profile = unconfined
	EOS
	chmod 755 "$dir" "$dir/c"
	chown -R 700000:700000 "$dir/c/rootfs"
	if ! lxc-start -P "$dir" -n c -l ERROR -o "$dir/log" -d; then
		why="lxc-start: $(head -n 3 "$dir/log")"
		return 1
	fi
	LXC=(lxc-attach -P "$dir" -n c -- /bin/true)
	why="lxc-attach: $("${LXC[@]}" 2>&1)" || return 1
}

# LXC leaves its groups; a world's root group is the world's own.
lxc_down() {
	lxc-stop -P "$PEERS/lxc" -n c -k
	find /sys/fs/cgroup -depth -type d \( -name lxc.payload.c -o -name lxc.monitor.c \
		-o -name 'lxc.pivot' \) -exec rmdir {} +
}

# crun insists on every hierarchy that /proc/self/cgroup names; a world mounts
# those that jails use.
crun_hierarchies() {
	local list
	while IFS=: read -r _ list _; do
		[[ -z $list || $list == name=* || -d /sys/fs/cgroup/$list ]] && continue
		mkdir "/sys/fs/cgroup/$list"
		mount -t cgroup -o "$list" cgroup "/sys/fs/cgroup/$list"
		crun_mounts+=("/sys/fs/cgroup/$list")
	done </proc/self/cgroup
}

crun_up() {
	local dir=$PEERS/crun
	why='crun is not there: tests/bench/deps.sh'
	command -v crun >/dev/null || return 1
	peer_rootfs "$dir/rootfs"
	# What `crun spec` writes, less its terminal.
	(cd "$dir" && crun spec) || return 1
	sed -i -e 's/"terminal": true/"terminal": false/' -e 's/^\(\t*\)"sh"$/\1"\/bin\/idle"/' \
		-e 's/^\(\t*\)"linux": {/&\n\1\t"cgroupsPath": "\/loginjail-test-bench",/' \
		"$dir/config.json"
	crun_mounts=()
	crun_hierarchies
	if ! crun --root "$dir/run" run -d -b "$dir" c >"$dir/log" 2>&1 </dev/null; then
		why="crun: $(head -n 3 "$dir/log")"
		return 1
	fi
	CRUN=(crun --root "$dir/run" exec c /bin/true)
	why="crun exec: $("${CRUN[@]}" 2>&1)" || return 1
}

crun_down() {
	local at
	crun --root "$PEERS/crun/run" delete -f c
	for at in "${crun_mounts[@]}"; do
		umount "$at" && rmdir "$at"
	done
}
