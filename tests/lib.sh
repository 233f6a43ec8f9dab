# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What every end-to-end and escape test begins with:
#
#     . "${BASH_SOURCE[0]%/*}/../lib.sh"
#
# A test file run by hand enters a world by itself; tests/run puts it into one.
set -u
set +e

LIB=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)

if [[ ${LOGINJAIL_WORLD:-} != 1 ]]; then
	exec "$LIB/world.sh" "$(readlink -f "$0")" "$@"
fi

# Scratch of the test itself; root's alone.
T=/root/t
mkdir -p "$T"

# Where `make install` put things in the world.
# shellcheck disable=SC2034 # used by the tests
{
	ENTER=/usr/local/libexec/loginjail/loginjail-enter
	MODULE=/usr/local/lib/security/pam_loginjail.so
	STATE=/srv/loginjail
	RUN=/run/loginjail
	INI=/etc/loginjail/jail.ini
	LOG=/run/log/messages
	TOOLS=/usr/local/bin
	# On an emulated processor everything takes longer.
	[[ ${LOGINJAIL_EMULATED:-} != 1 ]] || WITHIN=60 TIMEOUT=120
}

# shellcheck source=tests/lib/tap.sh
. "$LIB/lib/tap.sh"
# shellcheck source=tests/lib/wait.sh
. "$LIB/lib/wait.sh"
# shellcheck source=tests/lib/users.sh
. "$LIB/lib/users.sh"
# shellcheck source=tests/lib/sshd.sh
. "$LIB/lib/sshd.sh"
# shellcheck source=tests/lib/attack.sh
. "$LIB/lib/attack.sh"
# shellcheck source=tests/lib/terminal.sh
. "$LIB/lib/terminal.sh"
# shellcheck source=tests/lib/services.sh
. "$LIB/lib/services.sh"
# shellcheck source=tests/lib/net.sh
. "$LIB/lib/net.sh"
# shellcheck source=tests/lib/jails.sh
. "$LIB/lib/jails.sh"
# shellcheck source=tests/lib/pass.sh
. "$LIB/lib/pass.sh"
# shellcheck source=tests/lib/trees.sh
. "$LIB/lib/trees.sh"
