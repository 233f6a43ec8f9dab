# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What is wrong with the tree /new, or missing in it: a line each, which begins with
# "wrong:" or "note:".  The status is 1 if anything is wrong.
set -eu
# shellcheck source=rootfs-tools/job/resolve.sh
. /job/resolve.sh
cd /new
export QUOTING_STYLE=escape
status=0

wrong() {
	printf 'wrong: %s\n' "$*"
	status=1
}
note() { printf 'note: %s\n' "$*"; }

# each wrong|note TEXT FIND-ARGUMENT...: TEXT and the name, for whatever is found; not too many.
each() {
	severity=$1 text=$2
	shift 2
	find "$@" -exec stat --printf='%A %u:%g %N\n' -- {} + 2>/dev/null | sed 's|^\([^ ]* [^ ]*\) \./|\1 /|' >/tmp/found
	number=0
	while IFS= read -r line; do
		number=$((number + 1))
		[ $number -le 25 ] || continue
		"$severity" "$text: $line"
	done </tmp/found
	[ $number -le 25 ] || "$severity" "$text: $((number - 25)) more"
}

real() { [ -d "$1" ] && [ ! -L "$1" ]; }
there() { resolve "$1" && [ -e "/new$resolved" ]; }
any() {
	for path; do
		! there "$path" || return 0
	done
	return 1
}

# ---- owners and modes --------------------------------------------------------

[ "$(stat -c %u:%g .)" = 0:0 ] || wrong "the tree's own directory is not root's: $(stat -c %u:%g .)"
[ -z "$(find . -maxdepth 0 -perm /022)" ] || wrong "the tree's own directory is writable by others: $(stat -c %a .)"
for d in proc sys dev run tmp; do
	real $d || wrong "/$d is no directory"
done
each wrong 'device node' . -xdev \( -type b -o -type c \)
each wrong 'pipe or socket' . -xdev \( -type p -o -type s \)
each wrong 'everybody may write to the file' . -xdev -type f -perm /002
each wrong 'everybody may delete what others have in' . -xdev -type d -perm -002 ! -perm -1000
for d in usr bin sbin lib lib64; do
	real $d || continue
	each wrong 'what all execute is not root'"'"'s' ./$d -xdev ! -uid 0
	each wrong 'what all execute may be changed by a group' ./$d -xdev ! -type l -perm /020 ! -gid 0 \
		! -path './usr/local*'
done
each note 'setuid or setgid' . -xdev -type f -perm /6000
if command -v getcap >/dev/null; then
	getcap -r . 2>/dev/null | tr -cd '[:print:]\n' | head -n 25 | sed 's|^\./|note: capabilities: /|'
fi
# Ids that the tree has no name for: often from an archive that was made elsewhere.
for what in passwd:%U group:%G; do
	file=${what%:*}
	resolve "etc/$file"
	find . -xdev -printf "${what#*:}\n" | sort -u >/tmp/ids
	cut -d : -f 3 "/new$resolved" 2>/dev/null | sort -u >/tmp/known || :
	for id in $(comm -23 /tmp/ids /tmp/known | head -n 10); do
		note "files of an id that is not in /etc/$file: $id"
	done
done

# ---- what a user of ssh needs ------------------------------------------------

any bin/sh || note 'missing: a shell (/bin/sh); only sftp will work, and only where an sftp server is'
any usr/lib/openssh/sftp-server usr/libexec/openssh/sftp-server usr/lib/ssh/sftp-server usr/libexec/sftp-server ||
	note 'missing: an sftp server, for sftp and scp (openssh-sftp-server)'
any usr/lib/locale/C.utf8 usr/lib/locale/C.UTF-8 usr/lib/locale/locale-archive ||
	[ -n "$(find . -xdev -name 'ld-musl-*' -print -quit)" ] ||
	note 'missing: a locale of UTF-8 (libc-bin, locales, glibc-minimal-langpack)'
any lib/terminfo/x/xterm-256color usr/share/terminfo/x/xterm-256color etc/terminfo/x/xterm-256color \
	usr/share/terminfo/78/xterm-256color ||
	note 'missing: terminfo of usual terminals (ncurses-base, ncurses-terminfo-base)'
any etc/ssl/certs/ca-certificates.crt etc/pki/tls/certs/ca-bundle.crt etc/ssl/cert.pem ||
	note 'missing: certificates of authorities, for https (ca-certificates)'
exit $status
