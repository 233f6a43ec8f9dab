#!/bin/bash
# SPDX-License-Identifier: MIT
# forwarding = no closes every kind of it, under every network; yes reaches no socket of the host's.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
networks
DEFAULTS="pool = $POOL4 $POOL6"
conf() { # NETWORK FORWARDING
	jail_ini <<-EOS
		[jail test]
		groups = jailed
		network = $1
		forwarding = $2
	EOS
	loginjail net apply >/dev/null
}
sshd_start main 'StreamLocalBindUnlink yes'
serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr HOST
for path in /tmp/host.sock /srv/host.sock /run/host.sock /home/host.sock /var/tmp/host.sock; do
	serve "UNIX-LISTEN:$path,mode=0777" HOST
	ok "(a socket of the host, $path)" eventually answers "UNIX:$path" HOST
done
eval "$(ssh-agent -a "$T/agent")" >/dev/null
ssh-add -q "$T/key"
serve TCP-LISTEN:6099,bind=127.0.0.1,reuseaddr XSERVER
ok '(a stand-in for an X server)' eventually answers TCP:127.0.0.1:6099 XSERVER
export DISPLAY=127.0.0.1:99

# What comes through a forward to a socket: through_socket PATH
through_socket() {
	rm -f "$T/through"
	alone ssh -F "$S/ssh_config" -N -l alice -L "$T/through:$1" world >/dev/null 2>&1 </dev/null &
	local client=$! got=none
	eventually test -S "$T/through" && got=$(timeout 3 socat -T 2 - "UNIX:$T/through" </dev/null 2>/dev/null | head -n 1)
	kill -KILL "$client"
	wait "$client" 2>/dev/null
	echo "$got"
}
# Does -R with these words lead in?  The command runs in the jail.
through_back() { # FORWARD COMMAND
	on_opt alice "-o ExitOnForwardFailure=no -R $1" "$2" 2>/dev/null | head -n 1
}
tcp_back='exec 3<>/dev/tcp/127.0.0.1/9004 && head -n 1 <&3'
socket_back='socat - UNIX:/tmp/back </dev/null'
home_back='socat - UNIX:/home/alice/back </dev/null'
# Is the home mounted where alice's sshd is?
home_in_fence() { grep -q ' /home/alice ' "/proc/$(pgrep -u alice -f '^sshd(-session)?: alice' | head -n 1)/mountinfo"; }

for network in private routed host; do
	conf $network yes
	hold h alice
	serve_inside alice UNIX-LISTEN:/tmp/in.sock INSIDE
	serve_inside alice UNIX-LISTEN:/home/alice/in.sock,unlink-early INSIDE
	ok "$network: yes: -L to a socket of the jail's" \
		eventually_sh '[[ $(through_socket /tmp/in.sock) == INSIDE ]]'
	ok "$network: yes: and to one in the home" \
		eventually_sh '[[ $(through_socket /home/alice/in.sock) == INSIDE ]]'
	ok "$network: yes: the fence has the home" home_in_fence
	# The fence is the same for all; the last one has the most to reach.
	for path in $([[ $network != host ]] || echo /tmp/host.sock /srv/host.sock /run/host.sock /home/host.sock \
		/var/tmp/host.sock /proc/1/root/run/host.sock /proc/self/root/run/host.sock); do
		isnt "$(through_socket "$path")" HOST "$network: yes: but to none of the host's, $path"
	done
	is "$(through_back /tmp/back:127.0.0.1:7001 "$socket_back")" HOST "$network: yes: -R to a socket"
	is "$(through_back /home/alice/back:127.0.0.1:7001 "$home_back")" HOST "$network: yes: -R into the home"
	j 'rm -f ~/back'
	like "$(on_opt alice "-A -o IdentityAgent=$T/agent" 'ssh-add -l' 2>&1)" ED25519 "$network: yes: the agent"
	for option in -X -Y; do
		is "$(on_opt alice $option x11-hello 2>/dev/null)" XSERVER "$network: yes: $option"
	done
	release h
	jails_gone

	conf $network no
	hold h alice
	serve_inside alice UNIX-LISTEN:/tmp/in.sock INSIDE
	serve_inside alice TCP-LISTEN:7002,bind=127.0.0.1,reuseaddr INSIDE
	serve_inside alice UNIX-LISTEN:/home/alice/in.sock,unlink-early INSIDE
	ok "$network: no: (a socket)" eventually j 'test -S /tmp/in.sock'
	ok "$network: no: (one in the home)" \
		eventually_sh '[[ $(j "socat - UNIX:/home/alice/in.sock </dev/null") == INSIDE ]]'
	isnt "$(through_socket /tmp/in.sock)" INSIDE "$network: no: -L to a socket"
	isnt "$(through_socket /home/alice/in.sock)" INSIDE "$network: no: nor in the home"
	nok "$network: no: which the fence does not have" home_in_fence
	isnt "$(through_back /home/alice/back:127.0.0.1:7001 "$home_back")" HOST "$network: no: -R into the home"
	nok "$network: no: where it makes none" j 'test -e ~/back'
	isnt "$(through_back /tmp/back:127.0.0.1:7001 "$socket_back")" HOST "$network: no: -R to a socket"
	isnt "$(through_back 9004:127.0.0.1:7001 "$tcp_back")" HOST "$network: no: -R to a port"
	for to in 127.0.0.1:7002 127.0.0.1:7001 198.51.100.2:7000 '[2001:db8:1::2]:7000'; do
		unlike "$(ask_through alice "$to")" '^(INSIDE|HOST|internet)' "$network: no: -W $to"
	done
	nok "$network: no: the agent" on_opt alice "-A -o IdentityAgent=$T/agent" 'ssh-add -l'
	nok "$network: no: nor by where sshd may have put it" on_opt alice "-A -o IdentityAgent=$T/agent" \
		'for s in "$SSH_AUTH_SOCK" /tmp/ssh-*/agent.* ~/.ssh/agent/*; do SSH_AUTH_SOCK=$s ssh-add -l && exit; done; false'
	for option in -X -Y; do
		like "$(on_opt alice $option 'echo "in $DISPLAY"; x11-hello' 2>/dev/null)" '^in *$' "$network: no: $option gives no display"
		unlike "$(on_opt alice $option 'for d in 10 11 12 99; do DISPLAY=localhost:$d x11-hello; done' 2>&1)" \
			XSERVER "$network: no: $option, and none is to be found"
	done
	run j 'cat /proc/1/comm; pwd; ls -d /tmp'
	is "$status:$out:$err" $'0:loginjail-init\n/home/alice\n/tmp:' "$network: no: a session is as always"
	is "$(echo pwd | sftp_on alice 2>&1 | tail -n 1)" 'Remote working directory: /home/alice' "$network: no: sftp"
	like "$(on_opt alice -tt tty </dev/null 2>/dev/null)" '^/dev/pts/' "$network: no: a terminal"
	if [[ $network == host ]]; then
		is "$(j 'exec 3<>/dev/tcp/127.0.0.1/7001; head -n 1 <&3')" HOST "$network: no: programs have the network"
	fi
	release h
	jails_gone
done
loginjail net clear
kill "$SSH_AGENT_PID" "${served[@]}" "${net_pid[@]}"
