# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# usage: extract.sh [TAR-OPTION...]: an archive on standard input becomes /new.
set -eu
# shellcheck source=rootfs-tools/job/unpack.sh
. /job/unpack.sh
unpack "$@"
