# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the jobs that unpack archives which anybody may have made.  What holds them:
# there is nothing to write to but /new (lib/enter.sh), no device can be made, no
# file can be larger than MAX_BYTES, which is the kernel's limit, nor may all be
# that comes out of the decompressor, nor the members more than MAX_FILES.

fail() {
	[ -z "${PROGRESS:-}" ] || printf '\n' >&2
	printf 'loginjail-rootfs: %s\n' "$*" >&2
	exit 1
}

# The program for what begins with these bytes.
decompressor() { # FILE
	case $(od -An -v -tx1 "$1" | tr -d ' \n') in
	1f8b*) echo 'gzip -dc' ;;
	fd377a585a00*) echo 'xz -dc' ;;
	28b52ffd*) echo 'zstd -dcq' ;;
	425a68*) echo 'bzip2 -dc' ;;
	04224d18*) echo 'lz4 -dcq' ;;
	*) echo cat ;;
	esac
}

# Standard input decompressed, but at most LIMIT bytes; says so in /tmp/over if there was more.
plain() { # LIMIT
	head -c 6 >/tmp/magic
	with=$(decompressor /tmp/magic)
	command -v "${with%% *}" >/dev/null || fail "${with%% *} is missing, which this archive needs"
	cat /tmp/magic - | {
		code=0
		$with || code=$?
		echo $code >/tmp/decompressed
	} | {
		head -c "$1"
		head -c 1 | wc -c >/tmp/over
	}
}

# The names of members, counted.
count() {
	awk -v before="${files:-0}" -v most="$MAX_FILES" -v progress="${PROGRESS:-}" '
		before + NR > most { exit 3 }
		progress && NR % 500 == 0 { printf "\r%d files", before + NR >"/dev/stderr" }
		END {
			if (progress) printf "\r%d files\n", before + NR >"/dev/stderr"
			print before + NR >"/tmp/files"
		}' || echo 1 >/tmp/many
}

# What is not unpacked: attributes that mean something to an overlay, or that give
# privilege; and /dev, which each jail has anew.
tar_options='--same-permissions --same-owner --numeric-owner --delay-directory-restore
	--no-selinux --acls --xattrs --xattrs-include=user.*
	--xattrs-exclude=user.overlay.* --warning=no-timestamp --warning=no-xattr-write
	--quoting-style=escape --wildcards --anchored --exclude=dev/* --exclude=./dev/* --exclude=/dev/*'

# unpack [TAR-OPTION...]: standard input into /new.  $files goes on from archive to archive.
unpack() {
	rm -f /tmp/over /tmp/many /tmp/decompressed /tmp/unpacked
	set -f
	# shellcheck disable=SC2086 # options
	plain "$MAX_BYTES" | {
		code=0
		tar -x -v -f - -C /new $tar_options "$@" 2>/tmp/errors || code=$?
		echo $code >/tmp/unpacked
	} | count
	set +f
	judge
	files=$(cat /tmp/files)
	# Also of sparse files, which whoever copies them without knowing fills.
	for how in --apparent-size --block-size=1; do
		size=$(du -s --block-size=1 $how /new | cut -f 1)
		[ "$size" -le "$MAX_BYTES" ] || too_large 'it unpacks to'
	done
}

too_large() { fail "$1 more than $MAX_BYTES bytes: give a larger --max-size if you trust it"; }

judge() {
	[ ! -e /tmp/many ] || fail "it has more than $MAX_FILES files: give a larger --max-files if you trust it"
	[ "$(cat /tmp/over 2>/dev/null || echo 0)" = 0 ] || too_large 'it unpacks to'
	case $(cat /tmp/unpacked) in
	0) ;;
	153) too_large 'a file in it has' ;;
	*)
		others=$(grep -vE -e ': Cannot mknod: Operation not permitted$' \
			-e '^tar: Removing leading .* from (member names|hard link targets)$' \
			-e '^tar: Exiting with failure status due to previous errors$' /tmp/errors | head -n 5)
		[ -z "$others" ] || fail "it can't be unpacked:
$others"
		say_left "$(grep -c ': Cannot mknod: Operation not permitted$' /tmp/errors)"
		;;
	esac
	case $(cat /tmp/decompressed) in
	# It had more to say than tar wanted to hear.
	0 | 141) ;;
	*) fail 'it is damaged: the decompressor says so' ;;
	esac
}

say_left() { printf 'loginjail-rootfs: %d device nodes are left out\n' "$1" >&2; }
