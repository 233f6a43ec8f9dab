# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# usage: image.sh erofs|squashfs: /out/root.TYPE is made of /new.
set -eu
case $1 in
erofs) mkfs.erofs -zlz4hc /out/root.erofs /new >/tmp/said 2>&1 ;;
squashfs) mksquashfs /new /out/root.squashfs -noappend -no-progress -quiet -comp zstd -Xcompression-level 6 >/tmp/said 2>&1 ;;
esac || {
	tail -n 5 /tmp/said >&2
	exit 1
}
