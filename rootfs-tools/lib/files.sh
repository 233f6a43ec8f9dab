# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what the files share
#
# Lists of programs of this host, and what they need.  A line is one of
#
#	program FILE ...	a program, or a directory of some, with their libraries
#	copy FILE ...		a file, or a directory with all that is in it
#	optional WORD FILE ...	the same, if the host has it
#	include LIST		another list, beside this one
#
# Of several FILEs, the first that the host has is taken; it may be a pattern of the shell.
# Links are taken as links, with what they lead to.

# In $run/paths, with NULs, the names of all that a list needs.
collect_list() { # LIST
	list=$1
	case $list in
	*/*) ;;
	*) [ -e "$list" ] || list=@datadir@/lists/$1 ;;
	esac
	[ -f "$list" ] || die "$1 is no list that can be read; samples are in @datadir@/lists"
	read_list "$list" 0
	sort -zu <"$run/names" | sed -z 's|^/|./|' >"$run/paths"
}

read_list() { # LIST DEPTH
	[ "$2" -lt 10 ] || die "$1 includes itself"
	number=0
	while read -r word rest; do
		number=$((number + 1))
		needed=1
		if [ "$word" = optional ]; then
			needed=0
			word=${rest%%[ 	]*}
			rest=${rest#"$word"}
		fi
		case $word in
		'' | '#'*) continue ;;
		program | copy)
			if first_of "$rest"; then
				take_"$word" "$first"
			elif [ $needed = 1 ]; then
				die "$1:$number: this host has none of: $rest"
			fi
			;;
		include)
			case $rest in
			'' | */*) die "$1:$number: include takes the name of a list beside this one" ;;
			esac
			[ -r "${1%/*}/$rest" ] || die "$1:$number: there is no list ${1%/*}/$rest"
			# In a process of its own, since its variables are ours.
			(read_list "${1%/*}/$rest" $(($2 + 1))) || exit
			;;
		*) die "$1:$number: '$word' is none of: program, copy, optional, include" ;;
		esac
	done <"$1"
}

# In $first, the first of these that is there.
first_of() { # WORDS
	for first in $1; do
		case $first in
		/*) [ ! -e "$first" ] || return 0 ;;
		*/*) ;;
		# Not as the shell finds it, which has some of its own.
		*)
			name=$first
			for dir in /usr/bin /bin /usr/sbin /sbin; do
				first=$dir/$name
				[ ! -x "$first" ] || return 0
			done
			;;
		esac
	done
	return 1
}

# add PATH: it, the directories above it, and all links on the way; in $found, where it really is.
add() {
	way=${1#/} at='' hops=0
	while [ -n "$way" ]; do
		part=${way%%/*}
		case $way in
		*/*) way=${way#*/} ;;
		*) way='' ;;
		esac
		case $part in
		'' | .) continue ;;
		..)
			at=${at%/*}
			continue
			;;
		esac
		at=$at/$part
		printf '%s\0' "$at" >>"$run/names"
		[ -L "$at" ] || continue
		hops=$((hops + 1))
		[ $hops -lt 40 ] || die "$1 is a link that leads nowhere"
		to=$(readlink -- "$at")
		case $to in
		/*) at='' ;;
		*) at=${at%/*} ;;
		esac
		way=${to#/}${way:+/$way}
	done
	found=$at
}

take_copy() {
	add "$1"
	[ ! -d "$found" ] || find "$found" -xdev -mindepth 1 -print0 >>"$run/names"
}

take_program() {
	take_copy "$1"
	if [ -d "$found" ]; then
		find "$found" -xdev -type f -perm /111 | while IFS= read -r program; do
			take_needs "$program"
		done
	else
		take_needs "$found"
	fi
}

# The libraries of a program, or what interprets a script.  ldd lets the dynamic
# loader of the host, and so the program, say it: these are the host's own.
take_needs() {
	program=$1
	if [ "$(head -c 2 -- "$program" | tr -d '\0')" = '#!' ]; then
		interpreter=$(head -n 1 -- "$program" | sed 's/^#![[:space:]]*//; s/[[:space:]].*$//')
		[ ! -x "$interpreter" ] || [ "$interpreter" = "$program" ] || take_program "$interpreter"
		return
	fi
	ldd "$program" >"$run/ldd" 2>/dev/null || return 0
	! grep -q 'not found' "$run/ldd" || die "$program lacks a library on this host: $(grep -m 1 'not found' "$run/ldd")"
	sed -nE 's|^.* => (/.*) \(0x[0-9a-f]+\)$|\1|p; s|^[[:space:]]*(/.*) \(0x[0-9a-f]+\)$|\1|p' "$run/ldd" >"$run/libraries"
	while IFS= read -r library; do
		add "$library"
	done <"$run/libraries"
}
