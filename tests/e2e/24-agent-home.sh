#!/bin/bash
# SPDX-License-Identifier: MIT
# From OpenSSH 10.1 on, sshd puts the agent's socket below ~/.ssh/agent instead of
# /tmp.  That sshd makes it there in the fence and the jail finds it is tried here
# with every sshd, by a forwarded socket of that name, and by ssh -A with what this
# sshd does; e2e/23 has more of that.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
sshd_start main
eval "$(ssh-agent -a "$T/agent")" >/dev/null
ssh-add -q "$T/key"
keys=$(SSH_AUTH_SOCK=$T/agent ssh-add -l)
where=/home/alice/.ssh/agent
in_home=$(($(sshd_version) >= 1001))
list='ssh-add -l 2>/dev/null'
# What ssh -A has where nothing can be made in ~/.ssh/agent.
elsewhere=$keys
((in_home)) && elsewhere=
sed -i -e "s|IdentityAgent none|IdentityAgent $T/agent|" -e "\$a ForwardAgent yes" "$S/ssh_config"

# forwarded USER COMMAND: with the agent at $where/s.test
forwarded() {
	on_opt "$1" "-o ExitOnForwardFailure=yes -R $where/s.test:$T/agent" "$2"
}
make_directory() { on "$1" "mkdir -p -m 700 ~/.ssh $where"; }
# no_forwarded NAME: nothing can be made there, and a session is as always
no_forwarded() {
	run forwarded alice "echo RAN"
	isnt "$status" 0 "$1: there is no place for it"
	unlike "$out" RAN "$1: who insists on it is told"
	is "$(j "$list; echo on")" "${elsewhere:+$elsewhere$'\n'}on" "$1: who does not has a session"
}

for home in bind private; do
	standard_jail "home = $home"
	hold warm alice
	is "$(j "$list")" "$keys" "home = $home: ssh -A without a ~/.ssh"
	((!in_home)) || is "$(j "stat -c '%a %U' ~/.ssh $where")" $'700 alice\n700 alice' "home = $home: which it makes"
	make_directory alice
	is "$(forwarded alice "SSH_AUTH_SOCK=$where/s.test ssh-add -l")" "$keys" \
		"home = $home: an agent below ~/.ssh/agent is found in the jail"
	is "$(j "stat -c '%F %U' $where/s.test")" 'socket alice' "home = $home: its socket is the user's"
	if [[ $home == bind ]]; then
		ok "home = $home: the home is the host's" test -S "$where/s.test"
	else
		nok "home = $home: the host's home has none of it" test -e "$where/s.test"
	fi

	# Two at once, of which one ends
	hold second alice
	is "$(j "$list")" "$keys" "home = $home: a third ssh -A"
	release second
	is "$(j 'for s in ~/.ssh/agent/s.*.sshd.* /tmp/ssh-*/agent.*; do
			test -S $s && SSH_AUTH_SOCK=$s ssh-add -l; done')" "$keys"$'\n'"$keys" \
		"home = $home: the others' sockets are two, and work"
	release warm
	ok "home = $home: the jail goes" jails_gone
	nok "home = $home: and leaves no socket" compgen -G "$where/s.*.sshd.*"
	rm -rf /home/alice/.ssh
done

# Links that the user planted lead where the jail's own files are, or nowhere.
standard_jail
mkdir -m 1777 /srv/open /home/open
mkdir -m 700 /home/bob/of-bob
chown bob: /home/bob/of-bob
hold warm alice
for there in .ssh .ssh/agent; do
	j "rm -rf ~/.ssh /tmp/mine; mkdir -p -m 700 /tmp/mine/agent \$(dirname ~/$there); ln -s /tmp/mine ~/$there"
	is "$(j "$list")" "$keys" "$there is a link into the jail's /tmp: ssh -A"
	is "$(forwarded alice "SSH_AUTH_SOCK=$where/s.test ssh-add -l")" "$keys" "$there is one: a socket of that name"
	j "rm -f $where/s.test"
	for to in /srv/open /home/open /home/bob/of-bob /var/tmp /run "$RUN" /proc/1/root/tmp /proc/self/cwd/../srv/open; do
		j "rm -f ~/$there; ln -s $to ~/$there"
		no_forwarded "$there is a link to $to"
		is "$(find /srv/open /home/open /home/bob/of-bob /var/tmp /run /tmp -xdev \( -name 's.*' -o -name agent \) -not -path '/run/src/*')" '' \
			"$there is a link to $to: nothing is made on the host"
	done
done
j 'rm -rf ~/.ssh; echo >~/.ssh'
no_forwarded 'a file at .ssh'
j 'rm ~/.ssh'
release warm
ok 'the jail goes' jails_gone

# A home that the fence has not
for lines in 'home = none' $'home = private\nstorage = persistent'; do
	name=${lines/$'\n'/, }
	standard_jail "$lines"
	no_forwarded "$name"
	nok "$name: nothing is made on the host" test -e /home/alice/.ssh
	ok "$name: the jail goes" jails_gone
done
kill "$SSH_AGENT_PID"
