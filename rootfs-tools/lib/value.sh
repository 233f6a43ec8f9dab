# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what the files share
#
# What the words of the command line may be.  Nothing here reads the host.

# save_words WORD...: in $saved, as shell text that eval turns into the words again.
save_words() {
	saved=''
	for word; do
		saved="$saved '$(printf '%s.' "$word" | sed "s/'/'\\\\''/g")"
		saved="${saved%.}'"
	done
}

# A name is a directory of the store, and a value in jail.ini.
check_name() {
	case $1 in
	host) wrong "'host' is the host's own tree; a tree needs another name" ;;
	[!A-Za-z0-9]* | *[!A-Za-z0-9._-]*)
		wrong "'$1' is no name: letters, digits, '.', '_' and '-', the first a letter or a digit"
		;;
	esac
	[ ${#1} -le 64 ] || wrong "the name is too long: 64 characters at most"
}

check_generation() {
	case $1 in
	[!0-9]* | *[!0-9T.-]*) wrong "'$1' is no generation: 'loginjail-rootfs list' shows them" ;;
	esac
}

# SOURCE is a kind and, after a colon, what it is made of.
check_source() {
	kind=${from%%:*}
	what=${from#"$kind"}
	what=${what#:}
	case $kind in
	debian | dnf | tar | oci | files)
		[ -n "$what" ] || wrong "--from $kind needs more: $kind:$(example_of "$kind")"
		;;
	host) ;;
	*) wrong "--from '$from' is no source: debian:, dnf:, tar:, oci:, files: or host" ;;
	esac
	case $kind:$what in
	debian:*[!A-Za-z0-9._-]* | dnf:*[!A-Za-z0-9._-]* | debian:-* | dnf:-*)
		wrong "'$what' is no $([ "$kind" = dnf ] && echo release || echo suite)"
		;;
	esac
	case $include in
	*[!A-Za-z0-9.,+_:~*?/=@\ -]* | -* | *,-* | *' -'*) wrong "--include '$include' is no list of packages" ;;
	esac
	case $kind in
	debian | dnf) ;;
	*) [ -z "$include" ] || wrong "--include is for debian: and dnf:; use 'update $a1 -- COMMAND' afterwards" ;;
	esac
	[ -z "$mirror" ] || [ "$kind" = debian ] || wrong '--mirror is for debian:'
	case $image in
	'' | erofs | squashfs) ;;
	*) wrong "--image is erofs or squashfs, not '$image'" ;;
	esac
}

example_of() {
	case $1 in
	debian) echo bookworm ;;
	dnf) echo 42 ;;
	tar) echo root.tar.gz ;;
	oci) echo DIRECTORY:TAG ;;
	files) echo sftp-only.list ;;
	esac
}

# bytes_of NUMBER[K|M|G|T]
bytes_of() {
	number=${1%[KMGT]}
	case $number in
	'' | *[!0-9]* | 0*) return 1 ;;
	esac
	[ ${#number} -le 12 ] || return 1
	case $1 in
	*K) echo $((number * 1024)) ;;
	*M) echo $((number * 1048576)) ;;
	*G) [ ${#number} -le 8 ] && echo $((number * 1073741824)) ;;
	*T) [ ${#number} -le 5 ] && echo $((number * 1099511627776)) ;;
	*) echo "$number" ;;
	esac
}

check_numbers() {
	max_bytes=$(bytes_of "$max_size") ||
		wrong "--max-size '$max_size' is no size: a number from 1 with K, M, G or T"
	case $max_files in
	[1-9] | [1-9]*[0-9]) ;;
	*) wrong "--max-files '$max_files' is no number from 1" ;;
	esac
	case $max_files in
	*[!0-9]* | ??????????*) wrong "--max-files '$max_files' is no number from 1 to 999999999" ;;
	esac
	case $keep in
	*[!0-9]* | '' | ??????*) wrong "--keep '$keep' is no number from 0" ;;
	esac
}

# human BYTES: told to people.
human() {
	awk -v n="$1" 'BEGIN {
		split("B KiB MiB GiB TiB", unit, " ")
		for (i = 1; n >= 1024 && i < 5; i++)
			n /= 1024
		printf (i == 1 ? "%d %s" : "%.1f %s"), n, unit[i]
	}'
}
