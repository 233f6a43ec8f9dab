# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# /new as an archive on standard output.
set -eu
exec tar -c -f - -C /new --format=posix --numeric-owner --sparse --sort=name --acls --xattrs \
	'--xattrs-include=*' --pax-option=exthdr.name=%d/PaxHeaders/%f,exthdr.mtime=0,delete=atime,delete=ctime .
