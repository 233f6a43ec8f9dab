# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# usage: layers.sh TAG ARCHITECTURE [TAR-OPTION...]
#
# The OCI image in /in becomes /new: from its index to the manifest for this
# architecture, and of that the layers in order.  Each piece is named by its digest,
# which is checked; a layer's while it is unpacked.  TAG may be empty if there is but one.
set -eu
# shellcheck source=rootfs-tools/job/unpack.sh
. /job/unpack.sh
# shellcheck source=rootfs-tools/job/resolve.sh
. /job/resolve.sh

TAG=$1 ARCH=$2
export TAG ARCH
shift 2
command -v jq >/dev/null || fail 'jq is missing, which OCI images need'

# The file of a digest, in $blob.
find_blob() {
	hex=${1#sha256:}
	case $hex in
	*[!0-9a-f]*) hex='' ;;
	esac
	if [ "$1" != "sha256:$hex" ] || [ ${#hex} != 64 ]; then
		fail 'its manifest names a piece by something else than a digest of SHA-256'
	fi
	blob=/in/blobs/sha256/$hex
	[ -f "$blob" ] || fail "the image lacks its piece $1"
}

# check_json DIGEST: its file in /tmp/json, what it should be.
check_json() {
	find_blob "$1"
	head -c 4194304 "$blob" >/tmp/json
	[ "sha256:$(sha256sum </tmp/json | cut -d ' ' -f 1)" = "$1" ] ||
		fail "the image is damaged: $1 is something else"
}

# The digest of a manifest, from an index in FILE, by FILTER; and what there is to choose.
choose() { # FILE FILTER
	jq -r ".manifests[] | select($2) | .digest" "$1" 2>/tmp/errors || fail "its index can't be read: $(head -n 1 /tmp/errors)"
}

[ -f /in/index.json ] || fail "it is no OCI image: there is no index.json; skopeo copies others, as in
    skopeo copy docker-archive:FILE oci:DIRECTORY:latest"
head -c 4194304 /in/index.json >/tmp/index
ref='.annotations["org.opencontainers.image.ref.name"]'
if [ -n "$TAG" ]; then
	digest=$(choose /tmp/index "$ref == \$ENV.TAG")
else
	digest=$(choose /tmp/index true)
fi
case $digest in
*' '* | *'
'* | '')
	fail "$([ -n "$digest" ] && echo 'the image has several tags' || echo "the image has no tag '$TAG'"); choose by oci:PLACE:TAG among: $(
		jq -r "[.manifests[] | $ref // empty] | join(\" \")" /tmp/index | tr -cd '[:print:]' | head -c 300
	)"
	;;
esac
check_json "$digest"
# An index of images for several kinds of machine.
if [ "$(jq -r 'has("manifests")' /tmp/json)" = true ]; then
	cp /tmp/json /tmp/index
	digest=$(choose /tmp/index ".platform.architecture == \$ENV.ARCH and .platform.os == \"linux\"" | head -n 1)
	[ -n "$digest" ] || fail "the image has nothing for this machine ($ARCH)"
	check_json "$digest"
fi
jq -r '.layers[] | .digest + " " + .mediaType' /tmp/json >/tmp/layers 2>/tmp/errors || :
[ -s /tmp/layers ] || fail "its manifest has no layers: $(head -n 1 /tmp/errors)"

# What a layer takes away from those below it, by the names of its members: .wh.NAME
# hides NAME, .wh..wh..opq all that is in its directory, and what is no directory goes
# in the place of one.  All before the layer is unpacked, since it is about the others.
# A name with a line break is not understood, and can harm only the image itself.
take_away() {
	while IFS= read -r name; do
		case $name in
		*/*) dir=${name%/*} ;;
		*) dir='' ;;
		esac
		case ${name##*/} in
		'') ;;
		.wh..wh..opq)
			resolve "$dir" && [ -d "/new$resolved" ] &&
				find "/new$resolved" -xdev -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
			;;
		.wh..wh.* | .wh. | .wh.. | .wh...) ;;
		.wh.*)
			base=${name##*/}
			resolve "$dir" && rm -rf -- "/new$resolved/${base#.wh.}"
			;;
		*)
			if [ -d "/new/$name" ] && [ ! -L "/new/$name" ]; then
				resolve "$dir" && rm -rf -- "/new$resolved/${name##*/}"
			fi
			;;
		esac || :
	done
}

number=0 files=0
total=$(wc -l </tmp/layers)
while read -r digest type; do
	number=$((number + 1))
	find_blob "$digest"
	case $type in
	*.tar | *.tar+gzip | *.tar.gzip | *.tar+zstd | *.tar+xz) ;;
	*) fail "layer $number is of an unknown kind: '$(printf %s "$type" | tr -cd '[:print:]')'" ;;
	esac
	printf 'loginjail-rootfs: layer %d of %d\n' $number "$total" >&2
	if [ $number -gt 1 ]; then
		plain "$MAX_BYTES" <"$blob" | tar -t -f - --quoting-style=literal 2>/dev/null |
			head -n "$MAX_FILES" | take_away
	fi
	mkfifo /tmp/pipe
	sha256sum </tmp/pipe >/tmp/sum &
	tee /tmp/pipe <"$blob" | unpack --no-anchored '--exclude=.wh.*' "$@"
	wait
	rm /tmp/pipe
	[ "sha256:$(cut -d ' ' -f 1 /tmp/sum)" = "$digest" ] || fail "the image is damaged: layer $number is not what it should be"
	files=$(cat /tmp/files)
done </tmp/layers
