#!/bin/bash
# SPDX-License-Identifier: MIT
# Copying files: scp in both modes, sftp with both servers, rsync, git.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
users=${COPY_USERS:-'uma alice'}
sftp_server=/usr/lib/openssh/sftp-server
[[ -x $sftp_server ]] || sftp_server=/usr/libexec/openssh/sftp-server

head -c 2000000 /dev/urandom >"$T/big"
mkdir -p "$T/tree/a b"
echo one >"$T/tree/one"
echo two >"$T/tree/a b/two"
chmod 640 "$T/tree/one"
ln -s one "$T/tree/link"

sshd_start internal
SSHD_SFTP=$sftp_server
sshd_start external

for user in $users; do
	home=/home/$user
	sshd_use internal
	hold warm "$user"
	for mode in -O -s; do
		rm -rf "$home"/{big,tree} "$T"/{back,tree-back}
		ok "$user: scp $mode up" scp_on "$mode" "$T/big" "$user@world:"
		ok "$user: scp $mode up: same bytes" cmp "$T/big" "$home/big"
		ok "$user: scp $mode down" scp_on "$mode" "$user@world:big" "$T/back"
		ok "$user: scp $mode down: same bytes" cmp "$T/big" "$T/back"
		ok "$user: scp $mode of a tree" scp_on "$mode" -rp "$T/tree" "$user@world:"
		ok "$user: scp $mode of a tree: same" diff -r "$T/tree" "$home/tree"
		is "$(stat -c %a:%U "$home/tree/one")" "640:$user" "$user: scp $mode keeps the mode"
		ok "$user: scp $mode of a tree back" scp_on "$mode" -r "$user@world:tree" "$T/tree-back"
		ok "$user: scp $mode of a tree back: same" diff -r "$T/tree" "$T/tree-back"
		nok "$user: scp $mode of what is not there" scp_on "$mode" "$user@world:none" "$T/none"
	done

	for server in internal external; do
		sshd_use $server
		rm -rf "$home/sftp" "$T"/{got,tree-got}
		sftp_on "$user" >"$T/sftp.out" 2>&1 <<-EOS
			mkdir sftp
			cd sftp
			put $T/big
			rename big large
			chmod 600 large
			ln -s large link
			ls -l
			get large $T/got
			put -R $T/tree
			get -R tree $T/tree-got
			pwd
		EOS
		is $? 0 "$user: sftp with the $server server"
		ok "$user: sftp $server: same bytes up" cmp "$T/big" "$home/sftp/large"
		ok "$user: sftp $server: same bytes down" cmp "$T/big" "$T/got"
		is "$(stat -c %a:%U "$home/sftp/large")" "600:$user" "$user: sftp $server: mode and owner"
		is "$(readlink "$home/sftp/link")" large "$user: sftp $server: a link"
		is "$(cat "$T/tree-got/one" "$T/tree-got/a b/two")" $'one\ntwo' "$user: sftp $server: a tree"
		ok "$user: sftp $server: where it is" grep -q "directory: $home/sftp" "$T/sftp.out"
		ok "$user: sftp $server: names of owners" grep -qE " $user +$user .* large" "$T/sftp.out"
	done

	sshd_use internal
	rm -rf "$home/rs" "$T/rs-back"
	ssh_command="ssh -F $S/ssh_config -l $user"
	ok "$user: rsync up" timeout "${TIMEOUT:-30}" rsync -a -e "$ssh_command" "$T/tree/" world:rs/
	ok "$user: rsync up: same" diff -r "$T/tree" "$home/rs"
	echo three >>"$home/rs/one"
	ok "$user: rsync down with checksums" timeout "${TIMEOUT:-30}" rsync -ac -e "$ssh_command" world:rs/ "$T/rs-back/"
	ok "$user: rsync down: same" diff -r "$home/rs" "$T/rs-back"
	ok "$user: rsync with deletion" timeout "${TIMEOUT:-30}" rsync -a --delete -e "$ssh_command" "$T/tree/a b/" world:rs/
	is "$(ls "$home/rs")" two "$user: rsync deleted"

	rm -rf "$home/repo.git" "$T/clone" "$T/clone2"
	ok "$user: a repository" on "$user" 'git init -q --bare repo.git'
	export GIT_SSH_COMMAND="ssh -F $S/ssh_config" GIT_CONFIG_COUNT=2 \
		GIT_CONFIG_KEY_0=user.email GIT_CONFIG_VALUE_0=a@example.org \
		GIT_CONFIG_KEY_1=user.name GIT_CONFIG_VALUE_1=A
	ok "$user: git clone" timeout "${TIMEOUT:-30}" git clone -q "$user@world:repo.git" "$T/clone"
	cp "$T/big" "$T/clone/big"
	git -C "$T/clone" add big
	git -C "$T/clone" commit -qm 'a big file'
	ok "$user: git push" timeout "${TIMEOUT:-30}" git -C "$T/clone" push -q origin HEAD
	ok "$user: git clone again" timeout "${TIMEOUT:-30}" git clone -q "ssh://$user@world/home/$user/repo.git" "$T/clone2"
	ok "$user: git brought the same bytes" cmp "$T/big" "$T/clone2/big"

	release warm
done
ok 'no jail stays' jails_gone

# Both servers are inside: sftp sees what the jail sees.
if [[ $users == *alice* ]]; then
	for server in internal external; do
		sshd_use $server
		hold warm alice
		j 'echo inside >/tmp/mark'
		echo "get /tmp/mark $T/mark" | sftp_on alice >/dev/null 2>&1
		is "$(cat "$T/mark")" inside "sftp $server sees the jail's /tmp"
		rm -f "$T/mark"
		is "$(echo 'ls -1 /home' | sftp_on alice | grep -v '^sftp>')" /home/alice \
			"sftp $server sees no other home"
		release warm
	done
fi
