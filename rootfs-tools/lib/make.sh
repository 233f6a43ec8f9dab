# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what the files share
#
# Making generations: build, update and shell.
#
# update and shell work in a copy of the old generation.  Hard links would make
# the copy for nothing, but a program that writes into a file in its place would
# write into the old one; an overlay would need its own whiteouts, links and attributes
# taken apart afterwards.  Where the file system can share blocks (btrfs, xfs), so
# does the copy.

# In $work, a place for the next generation of NAME; nobody else makes one meanwhile.
begin_generation() { # NAME
	mkdir -p -- "$trees/$1"
	lock_or_die "$1"
	for old in "$trees/$1"/.new.* "$trees/$1"/.gone.*; do
		[ ! -d "$old" ] || delete "$old"
	done
	work=$(mktemp -d -- "$trees/$1/.new.XXXXXX")
	mkdir "$work/root"
	chmod 0755 "$work" "$work/root"
}

# settle NAME SOURCE PARENT IMAGE [strip|bare]: what is in $work becomes the current generation.
settle() {
	counted=$(in_base -w "$work/root" -c "$caps_write" finish "${5:-}")
	made=directory size=${counted#* } packed=''
	if [ -n "$4" ]; then
		say "packing $(human "$size") into an image of $4"
		in_base -r "$work/root" -O "$work" -c "$caps_read" image "$4"
		delete "$work/root"
		made=$4 size=$(stat -c %s "$work/root.$4")
		chmod 0644 "$work/root.$4"
		packed=", $(human "${counted#* }") unpacked"
	fi
	{
		echo "source=$2"
		echo "created=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
		echo "parent=$3"
		echo "kind=$made"
		echo "size=$size"
	} >"$work/about"
	: >"$work/lock"
	chmod 0644 "$work/about" "$work/lock"
	# What is current after a power failure has to be whole.
	sync -f "$work"
	stamp=$(date -u +%Y-%m-%dT%H.%M.%S)
	generation=$stamp n=0
	while [ -e "$trees/$1/$generation" ]; do
		n=$((n + 1))
		generation=$stamp.$n
	done
	mv -T -- "$work" "$trees/$1/$generation"
	make_current "$1" "$generation"
	say "$1: $generation is current: ${counted% *} files, $(human "$size")$packed"
}

verb_build() {
	base_begin
	begin_generation "$a1"
	say "$a1: building from $from"
	strip="strip"
	"from_$kind"
	[ "$setuid" = 0 ] || strip=''
	settle "$a1" "$from${include:+ --include $include}" '' "$image" "$strip"
}

# In $work, a copy of the current generation.
copy_current() { # NAME
	need_generation "$1"
	begin_generation "$1"
	parent=$generation
	bare=''
	kind=$(about "$trees/$1/$parent" kind)
	open_tree "$1" "$parent" a
	say "$1: copying $parent"
	# A name server is lent to what runs in the copy, in a file that may have to be made.
	[ -e "$opened/etc/resolv.conf" ] || [ -L "$opened/etc/resolv.conf" ] || bare=bare
	in_base -w "$work/root" -o "$opened" -c "$caps_write,dac_read_search" copy
}

# After update and shell: as it was packed, and of the same source.
complete_copy() { # NAME
	packing=''
	case $kind in
	erofs | squashfs) packing=$kind ;;
	esac
	settle "$1" "$(about "$trees/$1/$parent" source)" "$parent" "$packing" "$bare"
}

# inside_copy MODE COMMAND...: in the copy, with the network unless that is not wanted.
inside_copy() {
	if [ "$network" = 1 ]; then
		in_base -w "$work/root" -c "$caps_run" -n run "$@"
	else
		in_base -w "$work/root" -c "$caps_run" run "$@"
	fi
}

verb_update() {
	base_begin
	copy_current "$a1"
	status=0
	if [ $# -gt 0 ]; then
		inside_copy command "$@" </dev/null || status=$?
	else
		inside_copy upgrade </dev/null || status=$?
	fi
	[ $status = 0 ] || die "the command ended with status $status: $a1 stays as it was"
	complete_copy "$a1"
}

verb_shell() {
	[ -n "$result" ] || [ -t 0 ] || wrong 'without a terminal, shell needs --keep or --drop'
	base_begin
	copy_current "$a1"
	status=0
	if [ -t 0 ]; then
		command -v script >/dev/null || die "script(1) is missing, of util-linux or bsdutils: 'update $a1 -- COMMAND' does without"
		say "a shell in a copy of $a1; 'exit' ends it"
		inside_copy terminal || status=$?
	else
		inside_copy command /bin/sh || status=$?
	fi
	if [ -z "$result" ]; then
		printf 'Keep the result as the current generation of %s? [y/N] ' "$a1" >&2
		read -r answer || answer=''
		case $answer in
		[yY]*) result=keep ;;
		esac
	fi
	if [ "$result" = keep ] && [ $status -lt 126 ]; then
		complete_copy "$a1"
		return
	fi
	[ "$result" != keep ] || say "the shell ended with status $status"
	say "the copy is dropped; $a1 stays as it was"
	delete "$work"
	[ "$result" != keep ] || exit 1
}
