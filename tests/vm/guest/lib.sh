# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What every test of suite/ begins with:
#
#     . "${BASH_SOURCE[0]%/*}/../guest/lib.sh"
#
# The assertions and most verbs are those of the tests that run in a world; the
# sshd, its log and the users are the host's own.
set -u
set +e

guest=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
LIB=${guest%/vm/guest}
T=/root/t
# shellcheck disable=SC2034 # used by the tests
{
	ENTER=/usr/libexec/loginjail/loginjail-enter
	STATE=/var/lib/loginjail
	RUN=/run/loginjail
	INI=/etc/loginjail/jail.ini
	TOOLS=/usr/local/bin
	GROUP=/sys/fs/cgroup/loginjail.slice/loginjail.service
	# Everything takes longer here.
	WITHIN=30
	TIMEOUT=60
}

# shellcheck source=tests/lib/tap.sh
. "$LIB/lib/tap.sh"
# shellcheck source=tests/lib/wait.sh
. "$LIB/lib/wait.sh"
# shellcheck source=tests/lib/sshd.sh
. "$LIB/lib/sshd.sh"
# shellcheck source=tests/lib/attack.sh
. "$LIB/lib/attack.sh"
# shellcheck source=tests/lib/terminal.sh
. "$LIB/lib/terminal.sh"
# shellcheck source=tests/lib/services.sh
. "$LIB/lib/services.sh"
# shellcheck source=tests/lib/jails.sh
. "$LIB/lib/jails.sh"
# shellcheck source=tests/lib/trees.sh
. "$LIB/lib/trees.sh"
# shellcheck source=tests/vm/guest/journal.sh
. "$guest/journal.sh"
# shellcheck source=tests/vm/guest/power.sh
. "$guest/power.sh"

# The client.  The emulated processor needs seconds for the usual key exchange.
S=$T/ssh
mkdir -p "$S"
if [[ ! -e $S/ssh_config ]]; then
	cat >"$S/ssh_config" <<-END
		Host *
			HostName 127.0.0.1
			HostKeyAlias world
			IdentityFile $T/key
			IdentitiesOnly yes
			IdentityAgent none
			UserKnownHostsFile $T/known_hosts
			GlobalKnownHostsFile none
			BatchMode yes
			LogLevel ERROR
			KexAlgorithms ecdh-sha2-nistp256
			Ciphers aes128-ctr
			ControlPath $S/mux.%r
	END
	sed 's/^/world /' /etc/ssh/ssh_host_ed25519_key.pub >"$T/known_hosts"
fi

eventually_within() { # SECONDS COMMAND...
	local WITHIN=$1
	shift
	eventually "$@"
}

# sshd begins anew when it is told to read its files, and listens a moment later.
answers_ssh() { [[ $(ask TCP:127.0.0.1:22) == SSH-* ]]; }
reload_ssh() {
	systemctl reload ssh
	eventually answers_ssh
}
