# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # what the files share
#
# What a tree can be built from: a function each, which fills $work/root.
# $strip is emptied by those whose setuid programs are to be trusted.

need_program() { # PROGRAM PACKAGE
	command -v "$1" >/dev/null || die "$1 is missing: --from $kind needs it (package $2)"
}

# ---- packages ----------------------------------------------------------------

# What a user of ssh wants to have, and the smallest set of packages lacks.
debian_packages=apt,openssh-sftp-server,ca-certificates

from_debian() {
	need_program mmdebstrap mmdebstrap
	strip=''
	set --
	if [ -n "$mirror" ]; then
		while IFS= read -r line; do
			set -- "$@" "$line"
		done <<-EOS
			$mirror
		EOS
	elif [ -f /etc/os-release ] && [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = "$what" ]; then
		# Of the host's own suite: from where the host has its packages.
		for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/ubuntu.sources /etc/apt/sources.list; do
			if [ -s "$file" ]; then
				set -- "$file"
				break
			fi
		done
	fi
	# The generation is written to the disk as a whole, here and at each update.
	mmdebstrap --mode=root --variant=minbase --format=directory --dpkgopt=force-unsafe-io \
		--include="$debian_packages${include:+,$include}" "$what" "$work/root" "$@" >&2 ||
		die "mmdebstrap could not make a tree of $what"
}

dnf_packages='bash coreutils glibc-minimal-langpack ncurses-base openssh-server ca-certificates'

from_dnf() {
	need_program dnf dnf
	strip=''
	set -f
	# shellcheck disable=SC2046,SC2086 # words
	dnf -y --installroot="$work/root" --releasever="$what" --setopt=install_weak_deps=False \
		--setopt=keepcache=0 --setopt=tsflags=nodocs install $dnf_packages $(echo "$include" | tr , ' ') >&2 ||
		die "dnf could not make a tree of release $what"
	set +f
	rm -rf -- "$work/root/var/cache/dnf" "$work/root/var/log"/dnf*
}

# ---- archives ----------------------------------------------------------------

# With --setuid, a file's capabilities are trusted as well.
archive_options() {
	[ "$setuid" = 0 ] || echo '--xattrs-include=security.capability'
}

from_tar() {
	if [ "$what" != - ]; then
		[ -e "$what" ] || die "$what is not there"
		[ ! -d "$what" ] || die "$what is a directory, and no archive"
		exec <"$what"
	fi
	# shellcheck disable=SC2046 # an option, or none
	in_base -w "$work/root" -l -c "$caps_write" extract $(archive_options)
}

# As images name what kind of machine they are for.
architecture() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	armv*) echo arm ;;
	i?86) echo 386 ;;
	*) uname -m ;;
	esac
}

from_oci() {
	need_program jq jq
	place=$what tag=''
	if [ ! -e "$place" ]; then
		tag=${what##*:}
		place=${what%:*}
		[ -e "$place" ] || die "$what is no directory or archive that is there"
	fi
	place=$(readlink -f -- "$place")
	if [ ! -d "$place" ]; then
		# The archive of a layout; no more trusted than what is in it.
		mkdir "$work/oci"
		in_base -w "$work/oci" -l -c "$caps_write" extract <"$place"
		place=$work/oci
	fi
	# shellcheck disable=SC2046 # an option, or none
	in_base -w "$work/root" -i "$place" -l -c "$caps_write" layers "$tag" "$(architecture)" $(archive_options)
	[ ! -d "$work/oci" ] || delete "$work/oci"
}

# ---- this host ---------------------------------------------------------------

# What is left out of the host's tree, as patterns of tar.
host_excludes() {
	while read -r how path; do
		case $how in
		EMPTY) echo ".$path/*" ;;
		*) echo ".$path" ;;
		esac
	done <"$lib/host-mask"
	for path in home proc sys dev run tmp; do
		echo "./$path/*"
	done
}

# The tree's own file system, and those with parts of a system.
host_parts() {
	echo .
	for path in etc opt usr usr/local var var/cache var/lib; do
		[ -d "$1/$path" ] || continue
		[ "$(stat -c %d "$1/$path")" = "$(stat -c %d "$1/$path/..")" ] || echo "./$path"
	done
}

from_host() {
	host=${what:-/}
	[ -d "$host" ] || die "$host is no directory"
	strip=''
	host_excludes >"$run/exclude"
	# tar ends with 1 if a file changed meanwhile, as they do.
	# shellcheck disable=SC2046 # words
	{
		code=0
		tar -c -f - -C "$host" --one-file-system --numeric-owner --sparse --acls --xattrs '--xattrs-include=*' \
			--warning=no-file-changed --warning=no-file-removed --warning=no-file-ignored \
			--anchored --no-wildcards --exclude=".$trees" --wildcards --exclude-from="$run/exclude" \
			$(host_parts "$host") || code=$?
		[ $code -lt 2 ] || : >"$run/failed"
	} | in_base -w "$work/root" -c "$caps_write" extract --xattrs-include=security.capability
	[ ! -e "$run/failed" ] || die "the tree of $host could not be read"
	in_base -w "$work/root" -c "$caps_write" accounts
}

from_files() {
	# shellcheck source=rootfs-tools/lib/files.sh
	. "$lib/files.sh"
	collect_list "$what"
	tar -c -f - -C / --no-recursion --numeric-owner --sparse --null -T "$run/paths" |
		in_base -w "$work/root" -c "$caps_write" extract
}
