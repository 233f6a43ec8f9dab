# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# /old becomes /new as well.
set -eu
cp -a --reflink=auto --sparse=auto /old/. /new/
