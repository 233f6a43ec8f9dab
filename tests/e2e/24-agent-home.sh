#!/bin/bash
# SPDX-License-Identifier: MIT
# From OpenSSH 10.1 on, sshd puts the agent's socket below ~/.ssh/agent instead of
# /tmp.  That sshd makes it there in the fence and the jail finds it is tried here
# with every sshd, by a forwarded socket of that name; e2e/23 uses what this sshd does.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
sshd_start main
eval "$(ssh-agent -a "$T/agent")" >/dev/null
ssh-add -q "$T/key"
keys=$(SSH_AUTH_SOCK=$T/agent ssh-add -l)
where=/home/alice/.ssh/agent

# forwarded USER COMMAND: with the agent at $where/s.test
forwarded() {
	on_opt "$1" "-o ExitOnForwardFailure=yes -R $where/s.test:$T/agent" "$2"
}
make_directory() { on "$1" "mkdir -p -m 700 ~/.ssh $where"; }

for home in bind private; do
	standard_jail "home = $home"
	hold warm alice
	make_directory alice
	is "$(forwarded alice "SSH_AUTH_SOCK=$where/s.test ssh-add -l")" "$keys" \
		"home = $home: an agent below ~/.ssh/agent is found in the jail"
	is "$(j "stat -c '%F %U' $where/s.test")" 'socket alice' "home = $home: its socket is the user's"
	if [[ $home == bind ]]; then
		ok "home = $home: the home is the host's" test -S "$where/s.test"
	else
		nok "home = $home: the host's home has none of it" test -e "$where/s.test"
	fi
	release warm
	ok "home = $home: the jail goes" jails_gone
	rm -rf /home/alice/.ssh
done

standard_jail 'home = none'
run forwarded alice "echo RAN"
isnt "$status" 0 'home = none: there is no place for it'
unlike "$out" RAN 'home = none: who insists on it is told'
run j 'echo on'
is "$status $out" '0 on' 'home = none: who does not has a session'
nok 'home = none: nothing is made on the host' test -e /home/alice/.ssh
ok 'home = none: the jail goes' jails_gone
kill "$SSH_AGENT_PID"
