# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what the files share
#
# Looking at generations: diff, verify and export.

verb_diff() {
	need_generation "$a1" "$a3"
	new=$generation
	old=${a2:-$(before "$a1" "$new")}
	[ -n "$old" ] || die "$a1 has no generation before $new to compare with"
	need_generation "$a1" "$old"
	base_begin
	open_tree "$a1" "$old" a
	in_base -r "$opened" -c "$caps_read" manifest >"$run/old"
	open_tree "$a1" "$new" b
	in_base -r "$opened" -c "$caps_read" manifest >"$run/new"
	echo "--- $a1 $old"
	echo "+++ $a1 $new"
	compare "$run/old" "$run/new" | sort -k 2
}

# As diff shows: - is gone, + is new, and ~ another, with what changed.
compare() {
	awk '
		# The name may have spaces in it, each after a backslash.
		{
			name = substr($0, length($1 $2 $3 $4) + 5)
			target = ""
			if ($1 ~ /^l/ && match(name, /[^\\] -> /)) {
				target = substr(name, RSTART + 5)
				name = substr(name, 1, RSTART)
			}
			name = substr(name, 2)
		}
		NR == FNR {
			mode[name] = $1; owner[name] = $2; size[name] = $3; time[name] = $4; to[name] = target
			next
		}
		!(name in mode) { print "+ " name; next }
		{
			what = ""
			if (mode[name] != $1)
				what = what ", mode " mode[name] " to " $1
			if (owner[name] != $2)
				what = what ", owner " owner[name] " to " $2
			if (to[name] != target)
				what = what ", target " to[name] " to " target
			if ($1 ~ /^-/ && size[name] != $3)
				what = what ", size " size[name] " to " $3
			else if ($1 ~ /^-/ && time[name] != $4)
				what = what ", written"
			if (what)
				print "~ " name " (" substr(what, 3) ")"
			delete mode[name]
		}
		END {
			for (name in mode)
				print "- " name
		}' "$1" "$2"
}

verb_verify() {
	need_generation "$a1" "$a2"
	base_begin
	verdict=0
	at=$trees/$a1/$generation
	for file in "$at" "$at/about" "$at/lock"; do
		if [ ! -e "$file" ]; then
			echo "wrong: $file is missing"
			verdict=1
		elif [ -n "$(find "$file" -maxdepth 0 \( ! -uid 0 -o -perm /022 \))" ]; then
			echo "wrong: $file is not root's alone: $(stat -c '%U, mode %a' "$file")"
			verdict=1
		fi
	done
	open_tree "$a1" "$generation" a
	in_base -r "$opened" -c "$caps_read" verify || verdict=$?
	[ $verdict != 0 ] || say "$a1: nothing is wrong with $generation"
	exit $verdict
}

verb_export() {
	need_generation "$a1" "$a3"
	base_begin
	open_tree "$a1" "$generation" a
	if [ "$a2" = - ]; then
		[ ! -t 1 ] || die 'an archive is not for a terminal: send standard output elsewhere'
		in_base -r "$opened" -c "$caps_read" export
		return
	fi
	[ ! -d "$a2" ] || die "$a2 is a directory: name a file"
	part=$(mktemp -- "$a2.XXXXXX") || die "$a2 can't be written"
	if ! in_base -r "$opened" -c "$caps_read" export >"$part"; then
		rm -f -- "$part"
		die "$a1 could not be written to $a2"
	fi
	mv -fT -- "$part" "$a2"
	say "$a1: $generation is in $a2, $(human "$(stat -c %s "$a2")")"
}
