# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what the files share
#
# The base: where everything is done that reads what may be hostile.
#
# It is a root of its own with the host's programs, read-only, and these:
#
#	/job	the scripts that run in it
#	/new	a tree, writable if it is one that is being made
#	/old	another tree, read-only
#	/out	where files are put that are made of a tree, if any are
#	/in	what somebody gave us: an archive, an image
#
# enter.sh makes it and keeps, of all capabilities, those that the job needs.

run=/run/loginjail-rootfs

# A place for mounts; seen by nobody else, and gone with us.
base_begin() {
	[ -d "$run" ] || mkdir -m 0700 "$run"
	mount -t tmpfs -o mode=700,size=1g tmpfs "$run"
	mkdir "$run/base" "$run/a" "$run/b"
}

# in_base [-w NEW | -r NEW] [-o OLD] [-O OUT] [-i IN] [-c CAPABILITIES] [-l] [-n] JOB ARGUMENT...
# -l: no file may be larger than --max-size; -n: with the network of the host.
in_base() {
	b_new='' b_mode=ro b_old='' b_out='' b_in='' b_caps='' b_limit='' b_net=--net
	OPTIND=1
	while getopts w:r:o:O:i:c:ln option; do
		case $option in
		w) b_new=$OPTARG b_mode=rw ;;
		r) b_new=$OPTARG ;;
		o) b_old=$OPTARG ;;
		O) b_out=$OPTARG ;;
		i) b_in=$OPTARG ;;
		c) b_caps=$OPTARG ;;
		l) b_limit=$max_bytes ;;
		*) b_net='' ;;
		esac
	done
	shift $((OPTIND - 1))
	# shellcheck disable=SC2086 # an option, or none
	unshare --mount --propagation private --pid --fork --kill-child --ipc --uts $b_net -- \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TERM="$(printf %s "${TERM:-dumb}" | tr -cd 'A-Za-z0-9._+-')" \
		BASE="$run/base" LIB="$lib" NEW="$b_new" MODE="$b_mode" OLD="$b_old" OUT="$b_out" \
		IN="$b_in" CAPS="$b_caps" LIMIT="$b_limit" NETWORK="${b_net:-1}" TREE="${a1:-}" MAX_BYTES="$max_bytes" MAX_FILES="$max_files" \
		PROGRESS="$([ -t 2 ] && echo 1)" \
		/bin/sh "$lib/enter.sh" "$@" 9>&- 8>&-
}

# What a job may do to files that are not its own, as they are in a tree.
caps_write=chown,dac_override,fowner,fsetid,setfcap
caps_read=dac_read_search
# What a container usually has, less making devices and raw sockets.
caps_run=$caps_write,dac_read_search,kill,setgid,setuid,setpcap,net_bind_service,sys_chroot

# open_tree NAME GEN a|b: in $opened, a directory with the tree; an image is mounted for that.
open_tree() {
	opened=$trees/$1/$2/root
	[ -d "$opened" ] && return
	for type in erofs squashfs; do
		if [ -f "$opened.$type" ]; then
			mount -t "$type" -o ro,loop,nodev "$opened.$type" "$run/$3" ||
				die "$opened.$type can't be mounted: it needs a loop device, and $type in the kernel"
			opened=$run/$3
			return
		fi
	done
	die "$trees/$1/$2 has no tree: 'loginjail-rootfs remove $1 $2' deletes it"
}
