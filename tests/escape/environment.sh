#!/bin/bash
# SPDX-License-Identifier: MIT
# Variables that make programs load code: from files, keys and the client.
# again: as-root
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

marks_begin
standard_users
standard_jail "bind = $MARKS"
sshd_start main 'AcceptEnv *' 'PermitUserEnvironment yes'
SSHD_MATCH='' sshd_start unforced 'AcceptEnv *' 'PermitUserEnvironment yes'
printf '#!/bin/sh\n%s' "$(mark_sh sshrc)" >/etc/ssh/sshrc
export DISPLAY=127.0.0.1:9

for user in pat uma alice; do
	mkdir -p "/home/$user/.ssh"
	for way in pam file key client; do
		mark_library "/home/$user/$way.so" "$user.$way"
	done
	printf '%s DEFAULT=%s\n' LD_PRELOAD "/home/$user/pam.so" >"/home/$user/.pam_environment"
	printf 'LD_PRELOAD=%s\n' "/home/$user/file.so" >"/home/$user/.ssh/environment"
	mark_sh "$user.rc" >"/home/$user/.ssh/rc"
	chown -R "$user:" "/home/$user"
done
all_ways() { # USER
	local server
	for server in main unforced; do
		sshd_use $server
		on "$1" 'ls /'
		on_opt "$1" -tt 'ls /'
		on_opt "$1" -X 'ls /'
		on_opt "$1" -Y 'ls /'
		echo 'ls /' | sftp_on "$1"
		on_opt "$1" "-o SetEnv=LD_PRELOAD=/home/$1/client.so" 'ls /'
	done
	# A file of the user's wins over others; so each alone.
	mv "/home/$1/.pam_environment" "/home/$1/aside"
	sshd_use main
	on "$1" 'ls /'
	on_opt "$1" -X 'ls /'
	rm "/home/$1/.ssh/environment"
	on_opt "$1" "-o SetEnv=LD_PRELOAD=/home/$1/client.so" 'ls /'
	printf 'environment="LD_PRELOAD=%s" %s\n' "/home/$1/key.so" "$(cat "$T/key.pub")" \
		>"/etc/ssh/keys/$1"
	on "$1" 'ls /'
	on_opt "$1" -X 'ls /'
	cp "$T/key.pub" "/etc/ssh/keys/$1"
} </dev/null >/dev/null 2>&1

all_ways pat
bites sshrc '/etc/ssh/sshrc, as the user,'
rm -f "$MARKS/sshrc"
# With a forced command of sshd's own configuration there is no ~/.ssh/rc.
sshd_use unforced
on uma true >/dev/null 2>&1
bites uma.rc 'the rc file of .ssh'
sshd_use main
# pam_env reads the user's file in Debian's stack up to 12; later it may not.
if marked_on_host pat.pam; then bites pat.pam .pam_environment; fi
for way in file key client; do
	bites pat.$way "LD_PRELOAD ($way)"
done

hold warm alice
there=$(jail_mnt alice)
rm -f "$MARKS/sshrc"
all_ways alice
for way in pam file key client rc; do
	held alice.$way "$there" "LD_PRELOAD ($way)"
done
held sshrc "$there" '/etc/ssh/sshrc'
release warm
ok 'nothing stays' jails_gone
