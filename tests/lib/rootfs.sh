# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of loginjail-rootfs.

TREES=/srv/trees

lr() { loginjail-rootfs --trees "$TREES" "$@"; }

# Where a tree is, and which of its generations is the current one.
gen_of() { readlink "$TREES/$1/current"; }
root_of() { echo "$TREES/$1/$(gen_of "$1")/root"; }

# What is being made of NAME, if anything.
half_made() { compgen -G "$TREES/$1/.new.*"; }

# A list for files:, in $T/NAME.list, of the lines on standard input.
list_of() { # NAME
	mkdir -p "$T/lists"
	cp /usr/local/share/loginjail/lists/*.list "$T/lists/"
	cat >"$T/lists/$1.list"
}

# The world has no loop devices of its own.
loop_devices() {
	local n
	[[ -e /dev/loop-control ]] || mknod /dev/loop-control c 10 237
	for n in {0..31}; do
		[[ -e /dev/loop$n ]] || mknod "/dev/loop$n" b 7 "$n"
	done
}

# All of a directory that an archive has to keep: types, ids, modes, times, links, attributes.
tree_text() { # DIRECTORY
	(
		cd "$1" || exit
		find . -mindepth 1 \( -type d -printf '%P %y %m %U:%G\n' \) -o -printf '%P %y %m %U:%G %n %s %T@ %l\n'
		find . -type f -exec sha256sum {} +
		find . -type f -printf '%D:%i %P\n' | sort | awk '{ if ($1 == last) print "linked", name, $2; last = $1; name = $2 }'
		getfattr -R -h -d -m - . 2>/dev/null
	) | LC_ALL=C sort
}
