#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/bench/peers.sh
#
# Fetches Debian's lxc and crun for the benchmark and unpacks them below
# build/bench/peers.  Nothing is installed: the packages would bring users,
# services and files in /etc that a machine need not have for being measured.
set -eu

to=$(cd "$(dirname "$0")/../.." && pwd)/build/bench/peers
[ -x "$to/usr/bin/crun" ] && [ -x "$to/usr/bin/lxc-attach" ] && exit 0
mkdir -p "$to/deb"
chmod 755 "$to" "$to/deb"
(
	cd "$to/deb"
	apt-get download lxc liblxc1 crun libyajl2 >/dev/null
)
for deb in "$to"/deb/*.deb; do
	dpkg -x "$deb" "$to"
done
rm -rf "$to/deb"
