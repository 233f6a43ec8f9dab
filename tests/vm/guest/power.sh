# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Cutting the power: the second half of the test runs after the next boot.
#
#	if before_power_cut; then
#		...
#		power_cut
#	fi
#	...

power_notes=/var/lib/tests

if [[ -e $power_notes/cut ]]; then
	read -r tap_count tap_failed <"$power_notes/cut"
fi

before_power_cut() { [[ ! -e $power_notes/cut ]]; }

# Only what says that this was on purpose is sure to be on the disk.
power_cut() {
	echo "$tap_count $tap_failed" >"$power_notes/cut"
	sync "$power_notes/cut" "$power_notes"
	# What was printed must have left the port.
	sleep 1
	echo b >/proc/sysrq-trigger
	sleep 60
}
