# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Accounts of the world.  Its /etc is a copy, so plain appending will do.

# add_user NAME UID [SHELL] [GROUP,GROUP...]
# The password is locked; password_of sets one.
add_user() {
	local name=$1 uid=$2 shell=${3:-/bin/bash} groups=${4:-} g
	printf '%s:x:%d:%d:%s of the test:/home/%s:%s\n' \
		"$name" "$uid" "$uid" "$name" "$name" "$shell" >>/etc/passwd
	printf '%s:*:19000:0:99999:7:::\n' "$name" >>/etc/shadow
	printf '%s:x:%d:\n' "$name" "$uid" >>/etc/group
	printf '%s:!::\n' "$name" >>/etc/gshadow
	for g in ${groups//,/ }; do
		join_group "$name" "$g"
	done
	mkdir -m 700 "/home/$name"
	printf '# empty\n' >"/home/$name/.profile"
	chown -R "$uid:$uid" "/home/$name"
	mkdir -p /etc/ssh/keys
	[[ -f $T/key ]] || ssh-keygen -q -t ed25519 -N '' -f "$T/key" -C test
	cp "$T/key.pub" "/etc/ssh/keys/$name"
}

add_group() { # NAME GID
	printf '%s:x:%d:\n' "$1" "$2" >>/etc/group
	printf '%s:!::\n' "$1" >>/etc/gshadow
}

join_group() { # NAME GROUP
	sed -i -E "s/^$2:([^:]*:[^:]*:)(.+)\$/$2:\\1\\2,$1/; t; s/^$2:([^:]*:[^:]*:)\$/$2:\\1$1/" \
		/etc/group
}

password_of() { # NAME PASSWORD
	printf '%s:%s\n' "$1" "$2" | chpasswd -c SHA256
}

# One field of the shadow file, for expiry: shadow_field NAME NUMBER VALUE
shadow_field() {
	awk -F: -v OFS=: -v n="$1" -v f="$2" -v v="$3" '$1 == n { $f = v } { print }' \
		/etc/shadow >/etc/shadow.new
	cat /etc/shadow.new >/etc/shadow
	rm /etc/shadow.new
}

# The cast of most tests.
#   alice, bob: jailed, group jailed         (2001, 2002)
#   pat:        not jailed, a bare ForceCommand of the usual kind (2003)
#   uma:        not jailed, no ForceCommand at all  (2004)
# The system accounts and real groups of the host are there as well.
standard_users() {
	add_group jailed 3000
	add_user alice 2001 /bin/bash jailed
	add_user bob 2002 /bin/bash jailed
	add_user pat 2003
	add_user uma 2004
	cp "$T/key.pub" /etc/ssh/keys/root
}
