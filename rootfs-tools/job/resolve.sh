# SPDX-License-Identifier: MIT
# shellcheck shell=sh

# resolve PATH: in $resolved, where it leads inside /new, links followed as a jail would.
resolve() {
	rest=$1 resolved='' hops=0
	while [ -n "$rest" ]; do
		part=${rest%%/*}
		case $rest in
		*/*) rest=${rest#*/} ;;
		*) rest='' ;;
		esac
		case $part in
		'' | .) continue ;;
		..)
			resolved=${resolved%/*}
			continue
			;;
		esac
		if [ -L "/new$resolved/$part" ]; then
			hops=$((hops + 1))
			[ $hops -lt 40 ] || return 1
			to=$(readlink "/new$resolved/$part")
			case $to in
			/*) resolved='' ;;
			esac
			rest=$to/$rest
		else
			resolved=$resolved/$part
		fi
	done
}
