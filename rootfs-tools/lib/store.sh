# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what the files share
#
# The store: who may come near it, generations, locks, which one is current.
#
#	TREES/                          root's alone (0700): setuid files of trees are in it
#	TREES/NAME/current              link to the name of a generation, replaced by rename
#	TREES/NAME/GEN/root/            the tree, or root.erofs, or root.squashfs
#	TREES/NAME/GEN/about            where it is from, as key=value
#	TREES/NAME/GEN/lock             each live jail in it holds LOCK_SH, of whatever host
#	TREES/NAME/.lock                who makes or deletes generations holds LOCK_EX
#	TREES/NAME/.new.*, .gone.*      not yet, or no more, generations
#	TREES/.gone.*                   what was a tree
#
# A generation is never changed; all that is done to it is to delete it.

# Everything on the way to the store has to be root's, and writable by nobody else.
check_store() {
	case $trees in
	/*) ;;
	*) wrong "--trees '$trees' is no path that begins with '/'" ;;
	esac
	trees=$(readlink -m -- "$trees")
	if [ ! -d "$trees" ]; then
		[ "$verb" = build ] || die "there are no trees: $trees is not there; 'loginjail-rootfs build' makes it"
		check_way "$(dirname "$trees")"
		(umask 077 && mkdir -p -- "$trees") || die "$trees can't be made"
	fi
	check_way "$trees"
	chmod 0700 "$trees" 2>/dev/null || [ "$(stat -c %a "$trees")" = 700 ] ||
		die "$trees is open to others, and can't be made mode 0700"
}

check_way() {
	way=$1
	while :; do
		if [ -e "$way" ]; then
			[ "$(stat -c %u "$way")" = 0 ] ||
				die "$way is not root's: who owns it could change the trees; chown it, or choose another --trees"
			[ -z "$(find "$way" -maxdepth 0 -perm /022)" ] ||
				die "$way is writable by others than root: chmod go-w it, or choose another --trees"
		fi
		[ "$way" != / ] || break
		way=$(dirname "$way")
	done
}

# ---- generations -------------------------------------------------------------

# The names of NAME's generations, oldest first.
generations() {
	find "$trees/$1" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*' -printf '%f\n' 2>/dev/null | sort -V
}

# The current one; nothing if there is none.
current_of() {
	at=$(readlink -- "$trees/$1/current" 2>/dev/null) || return 0
	case $at in
	'' | [!0-9]* | */*) return 0 ;;
	esac
	[ ! -d "$trees/$1/$at" ] || echo "$at"
}

need_tree() {
	[ -d "$trees/$1" ] || die "there is no tree '$1': 'loginjail-rootfs list' shows them"
}

# need_generation NAME [GEN]: in $generation, GEN or the current one.
need_generation() {
	need_tree "$1"
	generation=${2:-$(current_of "$1")}
	[ -n "$generation" ] || die "$1 has no current generation: 'rollback $1 GENERATION' chooses one"
	[ -d "$trees/$1/$generation" ] || die "$1 has no generation '$generation': 'loginjail-rootfs list $1' shows them"
}

# The generation before GEN; nothing if that is the first.
before() { # NAME GEN
	generations "$1" | awk -v g="$2" '$0 == g { print last } { last = $0 }'
}

about() { # GENERATION-DIRECTORY KEY
	sed -n "s/^$2=//p" "$1/about" 2>/dev/null | head -n 1
}

# As fast as rename(2): who looks sees the old one or the new one.
make_current() { # NAME GEN
	ln -sfn -- "$2" "$trees/$1/.current"
	mv -fT -- "$trees/$1/.current" "$trees/$1/current"
	sync -f "$trees/$1" || :
}

# ---- locks -------------------------------------------------------------------

# The right to make and delete generations of NAME, for as long as we live.
lock_builds() { # NAME [SECONDS]
	exec 9<>"$trees/$1/.lock" || die "$trees/$1/.lock can't be opened"
	# One that was deleted while we waited for it protects nothing.
	flock -x -w "${2:-0}" 9 &&
		[ "$(stat -L -c %d:%i "$trees/$1/.lock" 2>/dev/null)" = "$(stat -L -c %d:%i /proc/self/fd/9)" ]
}

lock_or_die() {
	lock_builds "$1" || die "another loginjail-rootfs is at work on '$1': wait until it has ended"
}

# Where this host is the NFS server of others, their flock(2) comes here as a POSIX lock,
# which is not in the way of ours, or not at all, while they have a delegation of the file.
# The kernel's list does not say on which file system.  In a pid namespace of its own it
# has nobody's: there, the host's is descriptor 7.
listed_lock() { # DIRECTORY KIND|KIND...
	number=$(stat -c %i "$1/lock" 2>/dev/null) || return 1
	list=/proc/locks
	[ "$inside" = 0 ] || list=/proc/self/fd/7
	grep -qE "^[0-9]+: ($2) +[A-Z]+ +READ .*:$number 0 EOF\$" $list
}

# The generation is no jail's, nor becomes one's of this host while fd 8 is open.
lock_generation() { # DIRECTORY
	[ -e "$1/lock" ] || return 0
	# For writing, which takes a delegation back, and what it hid comes here.
	exec 8<>"$1/lock"
	flock -x -n 8 && ! listed_lock "$1" POSIX
}

# ---- deleting ----------------------------------------------------------------

# delete DIRECTORY: never from where somebody looks for it.
delete() {
	rm -rf --one-file-system -- "$1" || say "$1 can't be deleted altogether; try 'gc' later"
}

# Remains of NAME; whoever is at work on it, after SECONDS, keeps theirs.
sweep() { # NAME SECONDS
	[ -d "$trees/$1" ] || return 0
	(
		lock_builds "$1" "$2" || exit 0
		for remains in "$trees/$1"/.new.* "$trees/$1"/.gone.*; do
			[ -d "$remains" ] || continue
			[ "$verb" != gc ] || say "$1: deleting the remains ${remains##*/}"
			delete "$remains"
		done
		rm -f -- "$trees/$1/.current"
		# A name that never had a generation.
		if [ -z "$(generations "$1")" ]; then
			rm -f -- "$trees/$1/current" "$trees/$1/.lock"
			rmdir -- "$trees/$1" 2>/dev/null || :
		fi
	)
}

# drop_generation NAME GEN: false, and a reason is said, if a jail is in it.
drop_generation() {
	if ! lock_generation "$trees/$1/$2"; then
		exec 8<&-
		say "$1: $2 is in use by a live jail, and stays"
		return 1
	fi
	mv -T -- "$trees/$1/$2" "$trees/$1/.gone.$2"
	delete "$trees/$1/.gone.$2"
	exec 8<&-
}

verb_gc() {
	for remains in "$trees"/.gone.*; do
		[ ! -d "$remains" ] || delete "$remains"
	done
	for dir in "$trees"/${a1:-*}; do
		name=${dir##*/}
		[ -d "$dir" ] || continue
		if ! lock_builds "$name"; then
			say "$name: another loginjail-rootfs is at work on it; left alone"
			continue
		fi
		# The lock of a process is not in the way of a child with the same descriptor.
		exec 9<&-
		sweep "$name" 0
		[ -d "$dir" ] || continue
		lock_builds "$name" || continue
		now=$(current_of "$name")
		for old in $(generations "$name" | grep -vxF -- "${now:-.}" | head -n "-$keep"); do
			! drop_generation "$name" "$old" || say "$name: $old is deleted"
		done
		exec 9<&-
	done
}

verb_remove() {
	need_tree "$a1"
	lock_or_die "$a1"
	now=$(current_of "$a1")
	if [ -n "$a2" ]; then
		need_generation "$a1" "$a2"
		[ "$a2" != "$now" ] || die "$a2 is the current generation: 'rollback $a1' first, or 'remove $a1' for all of it"
		drop_generation "$a1" "$a2" || exit 1
		return
	fi
	# With no current generation, no login begins a jail in it.
	[ -z "$now" ] || mv -T -- "$trees/$a1/current" "$trees/$a1/.current"
	for old in $(generations "$a1"); do
		if ! lock_generation "$trees/$a1/$old"; then
			[ -z "$now" ] || mv -T -- "$trees/$a1/.current" "$trees/$a1/current"
			die "$a1: $old is in use by a live jail: 'loginjail ps' on its host shows it, 'loginjail kill' ends it"
		fi
		exec 8<&-
	done
	mv -T -- "$trees/$a1" "$trees/.gone.$a1.$(date +%s)"
	delete "$trees"/.gone."$a1".*
}

verb_rollback() {
	need_tree "$a1"
	lock_or_die "$a1"
	now=$(current_of "$a1")
	to=${a2:-$(before "$a1" "$now")}
	[ -n "$to" ] || die "$a1 has no generation before ${now:-the current one}"
	need_generation "$a1" "$to"
	[ "$to" != "$now" ] || die "$to is the current generation"
	make_current "$a1" "$to"
	say "$a1: $to is current; jails that live keep theirs"
}

# in_use DIRECTORY CURRENT: a jail is in it.  To try the lock of the current one would
# turn away a login that comes in that moment; the kernel's list has to do there.
in_use() {
	[ -e "$1/lock" ] || return 1
	if [ "${1##*/}" = "$2" ]; then
		listed_lock "$1" 'FLOCK|POSIX|DELEG'
	else
		listed_lock "$1" 'POSIX|DELEG' || ! flock -x -n "$1/lock" true
	fi
}

verb_list() {
	[ -z "$a1" ] || need_tree "$a1"
	printf '%-20s   %-22s %10s  %-9s %s\n' NAME GENERATION SIZE KIND SOURCE
	for dir in "$trees"/${a1:-*}; do
		[ -d "$dir" ] || continue
		name=${dir##*/}
		now=$(current_of "$name")
		for old in $(generations "$name"); do
			mark=' '
			[ "$old" != "$now" ] || mark='*'
			used=''
			! in_use "$dir/$old" "$now" || used=' (in use)'
			size=$(about "$dir/$old" size)
			printf '%-20s %s %-22s %10s  %-9s %s\n' "$name" "$mark" "$old" "$(human "${size:-0}")" \
				"$(about "$dir/$old" kind)" "$(about "$dir/$old" source)$used"
		done
	done
}
