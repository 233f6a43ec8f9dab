#!/bin/bash
# SPDX-License-Identifier: MIT
# The agent and X11, from inside to the client.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main

eval "$(ssh-agent -a "$T/agent")" >/dev/null
ssh-add -q "$T/key"
serve TCP-LISTEN:6099,bind=127.0.0.1,reuseaddr XSERVER
ok 'a stand-in for an X server' eventually answers TCP:127.0.0.1:6099 XSERVER
export DISPLAY=127.0.0.1:99

for user in ${AGENT_USERS:-uma alice}; do
	agent="-A -o IdentityAgent=$T/agent"
	is "$(on_opt "$user" "$agent" 'ssh-add -l')" "$(SSH_AUTH_SOCK=$T/agent ssh-add -l)" \
		"$user: -A shows the client's keys"
	ok "$user: and they can be used" on_opt "$user" "$agent" \
		"echo '$(cat "$T/key.pub")' >k.pub; ssh-add -T k.pub"
	like "$(on_opt "$user" "$agent" 'echo $SSH_AUTH_SOCK')" \
		"^(/tmp/ssh-|/home/$user/.ssh/agent/)" "$user: the place of its socket"
	is "$(on_opt "$user" "$agent -tt" 'ssh-add -l' </dev/null 2>/dev/null | tr -d '\r')" \
		"$(SSH_AUTH_SOCK=$T/agent ssh-add -l)" "$user: -A with a terminal"
	is "$(on "$user" 'echo "$SSH_AUTH_SOCK"')" '' "$user: none without -A"
	[[ $user == uma ]] ||
		is "$(on_opt "$user" "$agent" 'ls -d /tmp/ssh-* >/dev/null 2>&1; echo in' &&
			compgen -G '/tmp/ssh-*')" in "$user: nothing in the host's /tmp"

	for option in -Y -X; do
		like "$(on_opt "$user" $option 'echo $DISPLAY' 2>/dev/null)" \
			'^localhost:1[0-9]\.0$' "$user: $option sets DISPLAY"
	done
	like "$(on_opt "$user" -Y 'xauth list' 2>/dev/null)" 'MIT-MAGIC-COOKIE-1' \
		"$user: xauth has a cookie"
	is "$(on_opt "$user" -Y 'x11-hello' 2>&1)" XSERVER "$user: -Y reaches the client's server"
	is "$(on_opt "$user" '-Y -tt' 'x11-hello' </dev/null 2>&1 | tr -d '\r')" XSERVER \
		"$user: -Y with a terminal"
	is "$(on "$user" 'echo "$DISPLAY"')" '' "$user: no DISPLAY without"
	on_opt "$user" '-Y -o ControlMaster=yes -fN'
	is "$(on_opt "$user" '-Y -o ControlMaster=no' x11-hello 2>&1)" XSERVER \
		"$user: -Y over a shared connection"
	on_opt "$user" '-O exit' 2>/dev/null
done
kill "${served[@]}" "$SSH_AGENT_PID"
ok 'no jail stays' jails_gone
