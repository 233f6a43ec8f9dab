#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/bench/deps.sh
#
# Fetches Debian's lxc and crun for the benchmark and unpacks them below
# build/bench/peers.  Nothing is installed: the packages would bring users,
# services and files in /etc that a machine need not have for being measured.
# Without them their figures are left out.
set -eu

to=$(cd "$(dirname "$0")/../.." && pwd)/build/bench/peers
[ -x "$to/usr/bin/crun" ] && [ -x "$to/usr/bin/lxc-attach" ] && exit 0
mkdir -p "$to/deb"
cd "$to/deb"
# -q and no sandbox: the directory need not be apt's user's
if apt-get -qq -o APT::Sandbox::User=root download lxc liblxc1 crun libyajl2; then
	for deb in *.deb; do
		dpkg -x "$deb" "$to"
	done
else
	echo 'deps.sh: no lxc and crun to be had; they will be left out' >&2
fi
rm -rf "$to/deb"
