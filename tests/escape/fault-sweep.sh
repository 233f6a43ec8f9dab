#!/bin/bash
# SPDX-License-Identifier: MIT
# Each system call of a login fails once, from the module's first to the keeper's last, and
# at each the process is killed once: refused or whole, said in the log, nothing left, and the
# next login is whole.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# What a session can tell of itself, by what every shell has built in.
command='umask; for f in /proc/sys/user/max_*_namespaces /proc/sys/kernel/hostname; do
	read -r v <$f; echo ${f##*/} $v; done; echo /proc/self/fd/*; pwd
	{ true >/etc/x; } 2>/dev/null || echo no; for p in HIDDEN; do
	[[ -e $p ]] && set -- $p/* && echo $p $# $1; done; for p in /etc/passwd /etc/group /etc/hosts; do
	while read -r v; do echo $v; done <$p; done; echo end'
# What a jail must not see.
hidden=$(sed -nE 's/^MASK\((HIDE|EMPTY), "([^"]+)",.*/\2/p' /run/src/rootfs-tools/host-mask.def | xargs)
command=${command/HIDDEN/$hidden}

standard_users
workers=$(nproc)
for ((i = 0; i < workers; i++)); do
	add_user "sweep$i" $((2101 + i)) /bin/bash jailed
done

# Loop devices of files with this in their paths.
loops_of() { grep -sl "/$1/" /sys/block/loop*/loop/backing_file; }

# service NAME: sections from standard input; a PAM service with these.
service() {
	local dir=$T/pam.$1 mark=/run/src/build/tests/sweep/pam_mark.so
	mkdir "$dir"
	echo 'auth required pam_deny.so' >"$dir/other"
	INI=$T/$1.ini jail_ini
	cat >"$dir/sshd" <<-EOS
		auth required pam_permit.so
		account required $mark on
		account required ${ACCOUNT:-pam_permit.so}
		account required $mark off
		session required $mark on
		session required $MODULE conf=$T/$1.ini close
		session required $MODULE conf=$T/$1.ini open
		session required $mark off
	EOS
}

# sweep NAME [BASE]: all faults of logins by service NAME, or those in calls that logins by BASE
# do not make.
sweep() {
	local i pids=() name=$1
	for ((i = 0; i < workers; i++)); do
		mkdir -m 700 "/srv/sweep.$name.$i"
		/run/src/build/tests/sweep/sweep "sweep$i" "$T/pam.$name" "$ENTER" "/srv/sweep.$name.$i" "$command" \
			"$i" "$workers" ${2:+"$T/pam.$2"} >"$T/out.$name.$i" 2>&1 &
		pids+=($!)
	done
	for ((i = 0; i < workers; i++)); do
		ok "$name: worker $i gets to its end" wait "${pids[i]}"
	done
	show "$name"
	rm -rf "/srv/sweep.$name."*
}

# Its figures, a line for each of the processes; and what went wrong.
show() {
	local name=$1 line
	while IFS= read -r line; do
		fail "$name: ${line#not ok - }" "$(grep -hF -A14 -e "$line" "$T/out.$name".* | sed '1d; /^[^#]/,$d; s/^# *//')"
	done < <(grep -h '^not ok' "$T/out.$name".*)
	grep -h '^unreached' "$T/out.$name".* | sed "s/^/$name: /"
	awk -v name="$name" '
		$1 == "figure" {
			key = $2 " " $3
			if (!(key in calls))
				order[++n] = key
			calls[key] = $4
			for (i = 5; i <= 12; i++)
				sum[key, i] += $i
		}
		function show(who, calls, f) {
			if (f[5] > 0)
				printf "%s: %-14s %4d calls %5d faults: whole %4d, refused %4d, cut %3d, dead %2d, not reached %2d, left for the next %3d, wrong %d\n",
					name, who, calls, f[5], f[6], f[7], f[8], f[9], f[10], f[11], f[12]
		}
		END {
			for (k = 1; k <= n; k++) {
				for (i = 5; i <= 12; i++) {
					f[i] = sum[order[k], i]
					all[i] += f[i]
				}
				total += order[k] ~ / kill$/ ? calls[order[k]] : 0
				show(order[k], calls[order[k]], f)
			}
			show("all", total, all)
			print all[5] + 0, all[10] + 0 >"'"$T/total"'"
		}' "$T/out.$name".*
	read -r faults unreached <"$T/total"
	ok "$name: faults were made" test "$faults" -gt 0
	# Who comes first, or is waited for, is not the same each time.
	ok "$name: nearly all were reached" test $((unreached * 20)) -le "$faults"
}

service plain <<'EOS'
[jail test]
groups = jailed
EOS

# The work begun in PAM's account phase.
ACCOUNT="$MODULE conf=$T/early.ini" service early <<'EOS'
[jail test]
groups = jailed
EOS

# A tree in an image, whose user may become root, in a jail of each login's own.
generation=2026-11-22T10.00.00
# Loop devices are the machine's, and others test there, too.
tree=sweep$RANDOM$RANDOM
image=$TREES/$tree/$generation/root
busybox_tree "$tree" "$generation"
mksquashfs "$image" "$image.squashfs" -no-progress >"$T/mksquashfs" 2>&1
rm -r "$image"
mkdir /srv/data
DEFAULTS="trees = $TREES" service tree <<EOS
[jail test]
groups = jailed
root = $tree
shell = /bin/sh
inside_root = yes
scope = session
hostname = box
network = none
idle_time = 1h
session_time = 2h
bind_ro = /srv/data
nofile = 512
umask = 0027
EOS

# What a user keeps, in an image, with a network.
service kept <<'EOS'
[jail test]
groups = jailed
storage = persistent
disk = 32M
home = private
network = routed
bandwidth_up = 10M
forwarding = no
mask = /usr/games
EOS
install -D -m 644 "$T/kept.ini" "$INI"

sweep plain
for who in module start set-up keeper init session enter; do
	ok "plain: calls of $who are among them" grep -q "^figure $who kill [1-9]" "$T"/out.plain.*
done
"$LIB/snapshot" >"$T/before"
SWEEP_ROLES='module start' sweep early
sweep tree plain
SWEEP_PREPARE='sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 && loginjail net apply >/dev/null' \
	sweep kept plain
ok 'no loop device is left' eventually not loops_of "$tree"
if eventually "$LIB/snapshot" diff "$T/before"; then
	pass 'the host is as it was'
else
	fail 'the host is as it was' "$("$LIB/snapshot" diff "$T/before")"
fi
