# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the scripts beside this one that run on the machine itself.
set -euo pipefail

vm=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
# shellcheck disable=SC2034 # used by those that read this file
repo=${vm%/tests/vm}
cache=${LOGINJAIL_VM_CACHE:-/var/cache/loginjail-vm/project}
# shellcheck source=tests/vm/recipe.sh
. "$vm/recipe.sh"

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 125
}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Whole hosts, with their keys.
make_cache() { mkdir -p "$cache" && chmod 0700 "$cache"; }

# cached NAME FILE...: the directory for what is made from these files.  Held
# until this process ends, so that two of us don't make it at once.
cached() {
	local name=$1 key
	shift
	key=$(cat "$@" | sha256sum | cut -c -12)
	make_cache
	exec 9>"$cache/$name.lock"
	made=$cache/$name-$key
	# A machine that runs from it holds it as well.
	flock -s 9
	[[ -e $made/complete ]] && return
	flock 9
	[[ -e $made/complete ]] && return
	# Those of former recipes, and what an interrupted run left.
	rm -rf --one-file-system "$cache/$name"-*
	mkdir "$made"
	return 1
}

completed() { : >"$made/complete"; }

# The archive that this machine has its own packages from, and its security twin:
# site_of '' and site_of -security.
site_of() {
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' |
		awk -v twin="$1" '
			$2 == "Debian" && (index($3, "-security") ? "-security" : "") == twin {
				print $1
				exit
			}'
}

# debootstrap SUITE VARIANT PACKAGES DIRECTORY [OPTION...]: with lists of its own,
# so that the machine's stay as they are.
debootstrap() {
	local suite=$1 variant=$2 packages=$3 directory=$4 main security
	local -a sources
	shift 4
	main=$(site_of '') security=$(site_of -security)
	[[ -n $main ]] || die "no archive of Debian among apt's sources: run 'apt-get update' first"
	sources=("deb $main $suite main" "deb $main $suite-updates main")
	[[ -z $security ]] || sources+=("deb $security $suite-security main")
	read -ra packages <<<"${packages//[$'\t\n']/ }"
	# INITRD=No: the machine boots from an initramfs of ours.
	INITRD=No nice mmdebstrap --quiet --variant="$variant" --include="${packages[*]}" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--format=directory "$@" "$suite" "$directory" "${sources[@]}" >&2
}

# in_tree DIRECTORY BIND... -- COMMAND...: as root of that tree, with the machine's
# /dev, a /proc, and each BIND (FROM:TO) on it; no mount is seen outside.
in_tree() {
	local tree=$1 pair script='mount --rbind /dev "$0/dev"; mount -t proc proc "$0/proc"'
	shift
	for pair; do
		shift
		[[ $pair == -- ]] && break
		script+="; mkdir -p \"\$0${pair#*:}\"; mount --bind '${pair%%:*}' \"\$0${pair#*:}\""
	done
	unshare --mount --propagation private sh -ec "$script"'
		exec chroot "$0" "$@"' "$tree" "$@"
}
