# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Real sshds on the world's loopback, and the real client.

sshd_last_port=2200
sshd_program=/usr/sbin/sshd
# What the users without a jail have instead: a command in the manner of many
# home-made jails, to show that an attack on it succeeds.
BARE=/usr/local/libexec/bare-command

sshd_version() { # as 902 for 9.2
	/usr/sbin/sshd -V 2>&1 | sed -nE 's/^OpenSSH_([0-9]+)\.([0-9]+).*/\1 \2/p' |
		{ read -r major minor && echo $((major * 100 + minor)); }
}

host_keys() {
	[[ -f /etc/ssh/ssh_host_test_key ]] ||
		ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_test_key -C host
	[[ -x $BARE ]] && return
	mkdir -p "${BARE%/*}"
	cat >"$BARE" <<-'EOS'
		#!/bin/sh
		if [ -z "$SSH_ORIGINAL_COMMAND" ]; then
			exec /bin/sh -l
		elif [ "$SSH_ORIGINAL_COMMAND" = internal-sftp ]; then
			exec /usr/lib/openssh/sftp-server
		fi
		exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
	EOS
	chmod 755 "$BARE"
}

# sshd_start NAME [LINE...]: each LINE goes before the stock ones (the first
# value holds); $SSHD_SFTP is the sftp server if not internal-sftp.  The match blocks at the end are $SSHD_MATCH if that is set.
# The server becomes the current one ($S); sshd_use selects another.
sshd_start() {
	local name=$1 line
	shift
	host_keys
	sshd_last_port=$((sshd_last_port + 1))
	S=$T/sshd.$name
	mkdir -p "$S"
	{
		for line in "$@"; do
			printf '%s\n' "$line"
		done
		cat <<-EOS
			Port $sshd_last_port
			ListenAddress 127.0.0.1
			PidFile $S/pid
			HostKey /etc/ssh/ssh_host_test_key
			AuthorizedKeysFile /etc/ssh/keys/%u
			UsePAM yes
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			PrintMotd no
			UseDNS no
			X11Forwarding yes
			AllowAgentForwarding yes
			AcceptEnv LANG LC_*
			MaxStartups 200
			MaxSessions 50
			LogLevel VERBOSE
			Subsystem sftp ${SSHD_SFTP:-internal-sftp}
		EOS
		(($(sshd_version) < 908)) || echo 'PerSourcePenalties no'
		if [[ -n ${SSHD_MATCH+set} ]]; then
			printf '%s\n' "$SSHD_MATCH"
		else
			printf 'Match Group jailed\n\tForceCommand %s\n' "$ENTER"
			printf 'Match User pat\n\tForceCommand %s\n' "$BARE"
		fi
	} >"$S/sshd_config"
	cat >"$S/ssh_config" <<-EOS
		Host *
			HostName 127.0.0.1
			HostKeyAlias world
			Port $sshd_last_port
			IdentityFile $T/key
			IdentitiesOnly yes
			IdentityAgent none
			UserKnownHostsFile $T/known_hosts
			GlobalKnownHostsFile none
			StrictHostKeyChecking yes
			BatchMode yes
			LogLevel ERROR
			KexAlgorithms ${LOGINJAIL_EMULATED:+ecdh-sha2-nistp256,}curve25519-sha256
			Ciphers aes128-gcm@openssh.com
			ControlPath $S/mux.%r
			ForwardX11Timeout 0
			ForwardX11Trusted yes
	EOS
	printf 'world %s\n' "$(cut -d' ' -f1,2 /etc/ssh/ssh_host_test_key.pub)" >"$T/known_hosts"
	if ! "$sshd_program" -f "$S/sshd_config"; then
		fail "sshd $name starts" "$("$sshd_program" -t -f "$S/sshd_config" 2>&1)"
		return 1
	fi
	# Written after listen().
	eventually test -s "$S/pid" || fail "sshd $name listens"
}

sshd_use() { S=$T/sshd.$1; }

sshd_pid() { cat "$S/pid"; }

sshd_stop() {
	local pid
	pid=$(sshd_pid)
	kill "$pid" && eventually not kill -0 "$pid"
}

# What to send instead of COMMAND where a test runs as the jail's root.  Of a second
# level bash reads no start-up file for ssh's sake: those of the machine's own root would
# be run, which take what time and processes they like.
command_for() { # USER COMMAND...
	local user=$1
	shift
	if [[ ${LOGINJAIL_AS_ROOT:-} == 1 && $user =~ ^(alice|bob)$ && $# -gt 0 && $1 != -* ]]; then
		printf 'SHLVL=2 PATH=/usr/sbin:/sbin:$PATH su -s /bin/bash root -c %q' "$*"
	else
		printf '%s' "$*"
	fi
}

# The client, bounded: nothing here may take longer.
# on USER [ssh-OPTION...] [COMMAND...]: options before the command, as ssh's own.
on() {
	local user=$1
	shift
	[[ ${1:-} == -* || $# == 0 ]] || set -- "$(command_for "$user" "$@")"
	timeout -k 5 "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -l "$user" world "$@"
}

# With options: on_opt USER 'OPTION OPTION' [COMMAND...]
on_opt() {
	local user=$1 options=$2
	shift 2
	(($# == 0)) || set -- "$(command_for "$user" "$@")"
	# shellcheck disable=SC2086 # options are words
	timeout -k 5 "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -l "$user" $options world "$@"
}

# The jailed user, the one with a bare ForceCommand, the free one.
j() { on alice "$@"; }
bare() { on pat "$@"; }
free() { on uma "$@"; }

sftp_on() { # USER < batch
	timeout -k 5 "${TIMEOUT:-30}" sftp -q -F "$S/ssh_config" -b - "$1@world"
}
scp_on() { # scp OPTION... PATH...: remote ones as USER@world:PATH
	timeout -k 5 "${TIMEOUT:-30}" scp -q -F "$S/ssh_config" "$@"
}

# alone COMMAND... (in a subshell): without the descriptors of held sessions,
# which would keep those alive.
alone() {
	local fd
	for fd in "${hold_in[@]}" "${hold_out[@]}"; do
		exec {fd}>&-
	done
	exec "$@"
}

# A session that stays: hold NAME USER.  The remote cat lives until release, and has said
# its first word when this returns.
# Its standard input and output stay open as ${hold_in[NAME]}, ${hold_out[NAME]}.
declare -A hold_pid hold_in hold_out
hold() {
	local name=$1 user=$2 in out line
	mkfifo "$T/hold.$name.in" "$T/hold.$name.out"
	alone ssh -F "$S/ssh_config" -l "$user" world 'exec cat' \
		<"$T/hold.$name.in" >"$T/hold.$name.out" 2>"$T/hold.$name.err" &
	hold_pid[$name]=$!
	exec {in}>"$T/hold.$name.in" {out}<"$T/hold.$name.out"
	rm "$T/hold.$name.in" "$T/hold.$name.out"
	hold_in[$name]=$in hold_out[$name]=$out
	# In a shell of its own: SIGPIPE, where the login fails, is not for us.
	(echo held >&"$in")
	read -r -t "${TIMEOUT:-30}" -u "$out" line && [[ $line == held ]] && return
	fail "a session of $user that stays begins" "$(cat "$T/hold.$name.err")"
}

release() { # NAME: ends the session; the status of ssh
	local name=$1 in=${hold_in[$1]} out=${hold_out[$1]}
	local status=0
	exec {in}>&- {out}<&-
	# Something that inherited the pipe, or a jail that is stuck, would keep it.
	WITHIN=${WITHIN:-20} eventually not kill -0 "${hold_pid[$name]}" || kill "${hold_pid[$name]}"
	wait "${hold_pid[$name]}" || status=$?
	unset "hold_pid[$name]" "hold_in[$name]" "hold_out[$name]"
	return "$status"
}
