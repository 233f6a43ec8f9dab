#!/bin/bash
# SPDX-License-Identifier: MIT
# Shells read files of the user before any forced command runs.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
add_group jailed 3000
add_group bare 3001
jail_ini <<EOS
[jail test]
groups = jailed
bind = $MARKS
EOS
printf '%s\n' /usr/bin/{zsh,fish,csh,dash} >>/etc/shells
SSHD_MATCH="Match Group jailed
	ForceCommand $ENTER
Match Group bare
	ForceCommand $BARE" sshd_start main 'AcceptEnv *' 'PermitUserEnvironment yes'

# Files that a shell may read, with what each says in its language
plant() { # USER
	local home=/home/$1 file
	mkdir -p "$home/.ssh" "$home/.config/fish/conf.d"
	for file in .bashrc .bash_profile .profile .bash_login .zshenv .zshrc .zprofile .zlogin \
		.bash_logout .zlogout .ssh/rc env-file; do
		mark_sh "$1.${file//\//-}" >"$home/$file"
	done
	for file in .cshrc .tcshrc .login .logout; do
		mark_csh "$1.${file//\//-}" >"$home/$file"
	done
	mark_fish "$1.config.fish" >"$home/.config/fish/config.fish"
	mark_fish "$1.conf.d" >"$home/.config/fish/conf.d/x.fish"
	printf 'BASH_ENV=%s\nENV=%s\n' "$home/env-file" "$home/env-file" >"$home/.ssh/environment"
	chown -R "$1:" "$home"
}

use_all() { # USER: every way to start a session
	on "$1" true
	printf 'true\n' | timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -T -l "$1" world
	on_opt "$1" -tt true
	echo pwd | sftp_on "$1"
	scp_on -O "$T/key.pub" "$1@world:"
	on_opt "$1" "-o SetEnv=BASH_ENV=/home/$1/env-file" true
	on_opt "$1" "-tt -o SetEnv=ENV=/home/$1/env-file" true
	DISPLAY=127.0.0.1:9 on_opt "$1" -Y true
} </dev/null >/dev/null 2>&1

uid=2100
for shell in bash zsh fish csh dash; do
	path=/usr/bin/$shell
	if [[ ! -x $path ]]; then
		skip "$shell" "$path is not installed"
		continue
	fi
	add_user "b$shell" $((uid++)) "$path" bare
	add_user "j$shell" $((uid++)) "$path" jailed
	plant "b$shell"
	plant "j$shell"
	use_all "b$shell"
	case $shell in
	bash) file=.bashrc ;;
	zsh) file=.zshenv ;;
	fish) file=config.fish ;;
	csh) file=.cshrc ;;
	dash) file=.ssh-rc ;;
	esac
	# With a forced command of sshd_config, sshd itself skips ~/.ssh/rc; and
	# whether bash -c reads .bashrc under sshd is a choice of the distribution.
	if marked_on_host "b$shell.$file"; then
		bites "b$shell.$file" "$file of $shell"
	else
		[[ $shell =~ ^(dash|bash)$ ]] || fail "without a jail: $file of $shell runs"
	fi

	hold "$shell" "j$shell"
	there=$(jail_mnt "j$shell")
	like "$there" '^mnt:' "$shell: a jail"
	use_all "j$shell"
	for mark in "$MARKS/j$shell".*; do
		[[ -f $mark ]] || continue
		held "${mark##*/}" "$there" "$shell: ${mark##*/j"$shell".}"
	done
	is "$(cat "$MARKS/j$shell".* 2>/dev/null | grep -cxF "$HOST_MNT")" 0 \
		"$shell: no start-up file runs on the host"
	is "$(cat "$MARKS/j$shell".* 2>/dev/null | grep -vcxF "$there")" 0 \
		"$shell: nor anywhere but in the jail"
	release "$shell"
done
ok 'nothing stays' jails_gone
