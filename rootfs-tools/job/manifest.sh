# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What is in /new, a line each: mode, owner, size, time, name -> target.  Names are
# as C writes them, so that no terminal takes one for a command.
set -eu
cd /new
export QUOTING_STYLE=escape
find . -xdev -mindepth 1 -exec stat --printf='%A %u:%g %s %.9Y %N\n' -- {} +
