#!/bin/bash
# SPDX-License-Identifier: MIT
# OCI images: layers, whiteouts, owners; tags and archives; what is damaged or hostile.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/lib/rootfs.sh
. "$LIB/lib/rootfs.sh"

shopt -s extglob
I=/srv/image
machine=$(dpkg --print-architecture)

# ---- an image by hand --------------------------------------------------------

# blob: standard input becomes a piece of $I; its digest is printed.
blob() {
	local sum
	cat >"$T/blob"
	sum=$(sha256sum <"$T/blob" | cut -d ' ' -f 1)
	mkdir -p "$I/blobs/sha256"
	cp "$T/blob" "$I/blobs/sha256/$sum"
	echo "sha256:$sum"
}
descriptor() { # TYPE DIGEST [MORE]
	printf '{"mediaType":"application/vnd.oci.image.%s","digest":"%s","size":%d%s}' "$1" "$2" \
		"$(stat -c %s "$I/blobs/sha256/${2#sha256:}")" "${3:-}"
}
# image TAG LAYER-DESCRIPTOR...: prints the manifest's descriptor.
image() {
	local tag=$1 layers config
	shift
	layers=$(IFS=,; echo "$*")
	config=$(printf '{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' "$machine" | blob)
	descriptor manifest.v1+json "$(printf '{"schemaVersion":2,"config":%s,"layers":[%s]}' \
		"$(descriptor config.v1+json "$config")" "$layers" | blob)" \
		",\"annotations\":{\"org.opencontainers.image.ref.name\":\"$tag\"},\"platform\":{\"os\":\"linux\",\"architecture\":\"$machine\"}"
}
index() { # DESCRIPTOR...
	local all
	all=$(IFS=,; echo "$*")
	printf '{"imageLayoutVersion":"1.0.0"}' >"$I/oci-layout"
	printf '{"schemaVersion":2,"manifests":[%s]}' "$all"
}
layer() { # TYPE DIRECTORY [TAR-OPTION...]
	local type=$1 dir=$2 pack=cat
	shift 2
	[[ $type == *+gzip ]] && pack=gzip
	[[ $type == *+zstd ]] && pack=zstd
	descriptor "layer.v1.$type" "$(tar -c --sort=name "$@" -C "$dir" . | $pack | blob)"
}

# The same for another kind of machine.
other() { echo "${1/architecture\":\"$machine/architecture\":\"s390x}"; }

L=/srv/layers
mkdir -p "$L"/{1,2,3}
mkdir -p "$L"/1/{etc,opq/old,bin,data,usr/lib,gone/below,one/two}
echo one >"$L/1/etc/stays"
echo one >"$L/1/etc/goes"
echo one >"$L/1/etc/changes"
echo one >"$L/1/opq/old/file"
echo one >"$L/1/opq/file"
echo one >"$L/1/gone/below/file"
echo one >"$L/1/bin/tool"
echo one >"$L/1/data/x"
echo one >"$L/1/one/two/x"
ln -s usr/lib "$L/1/lib"
ln -s /usr/lib "$L/1/lib-absolute"
echo one >"$L/1/usr/lib/x"
echo one >"$L/1/usr/lib/y"
echo one >"$L/1/usr/lib/z"
chown 123:456 "$L/1/etc/stays"
chown 70000:80000 "$L/1/etc/changes"
# The second takes away, by name, by directory, by another kind of file, and through links.
mkdir -p "$L"/2/{etc,opq,lib,lib-absolute}
: >"$L/2/etc/.wh.goes"
echo two >"$L/2/etc/changes"
: >"$L/2/opq/.wh..wh..opq"
echo two >"$L/2/opq/new"
: >"$L/2/.wh.gone"
ln -s usr/bin "$L/2/bin"
echo two >"$L/2/data"
# The third brings back one of them.
mkdir -p "$L"/3/{gone,etc}
echo three >"$L/3/gone/again"
echo three >"$L/3/etc/goes"
rm -r "$L"/2/lib "$L"/2/lib-absolute
layers=("$(layer tar+gzip "$L/1")" "$(layer tar "$L/2")" "$(layer tar+zstd "$L/3")")
one=$(image one "${layers[0]}")
all=$(image all "${layers[@]}")
index "$one" "$all" >"$I/index.json"

run lr build x --from "oci:$I"
like "$status $err" '^1 .*choose by oci:PLACE:TAG among: one all' 'of several tags one has to be chosen'
run lr build x --from "oci:$I:none"
like "$status $err" "^1 .*no tag 'none'" 'which has to be there'
run lr build x --from "oci:$I:all"
is "$status" 0 'a layout' || diag "$err"
like "$err" 'layer 3 of 3' 'progress is told'
x=$(root_of x)
content() { cat "$x/$1" 2>/dev/null || echo none; }
is "$(content etc/stays) $(content etc/changes) $(content etc/goes)" 'one two three' 'layers lie over each other'
is "$(stat -c %u:%g "$x/etc/stays")" 123:456 'with their owners'
is "$(content opq/new) $(content opq/file) $(content opq/old/file)" 'two none none' 'an opaque directory'
is "$(content gone/again) $(content gone/below/file)" 'three none' 'a directory that was taken away, and came back'
is "$(readlink "$x/bin") $(content bin/tool)" 'usr/bin none' 'a link in the place of a directory'
is "$(content data)" two 'a file in the place of one'
is "$(find "$x" -name '.wh.*')" '' 'whiteouts are not there'
cd /srv || exit
ok 'another tag, by a relative path' lr build y --from oci:image:one
cd / || exit
is "$(cat "$(root_of y)/etc/goes")" one 'is another image'

# Whiteouts by way of links lead to where a jail would see them.
mkdir -p "$L"/4/{lib,lib-absolute}
: >"$L/4/lib/.wh.x"
: >"$L/4/lib-absolute/.wh.y"
links=$(tar -c -C "$L/4" lib/.wh.x lib-absolute/.wh.y | blob)
index "$(image links "${layers[0]}" "$(descriptor layer.v1.tar "$links")")" >"$I/index.json"
ok 'whiteouts through links' lr build x --from "oci:$I"
is "$(cd "$(root_of x)/usr/lib" && echo *)" z 'are applied where those lead'

# ---- archives, and images for several machines -------------------------------

nested=$(index "$(other "$(image a "${layers[0]}")")" "$all" | blob)
index "$(descriptor index.v1+json "$nested")" >"$I/index.json"
tar -c -C "$I" . >/srv/image.tar
ok 'an archive with an index in the index' lr build x --from oci:/srv/image.tar
is "$(cat "$(root_of x)/etc/goes")" three 'has what is for this machine'
nested=$(index "$(other "$all")" | blob)
index "$(descriptor index.v1+json "$nested")" >"$I/index.json"
run lr build x --from "oci:$I"
like "$status $err" '^1 .*nothing for this machine' 'if there is something for it'

# ---- made and read by others -------------------------------------------------

umoci init --layout /srv/u >/dev/null 2>&1
umoci new --image /srv/u:t >/dev/null 2>&1
umoci unpack --image /srv/u:t /srv/bundle >/dev/null 2>&1
cp -a "$L/1"/. /srv/bundle/rootfs
umoci repack --refresh-bundle --image /srv/u:t /srv/bundle >/dev/null 2>&1
rm -r /srv/bundle/rootfs/{opq,etc/goes,bin,data}
ln -s usr/bin /srv/bundle/rootfs/bin
echo two >/srv/bundle/rootfs/data
mkdir /srv/bundle/rootfs/opq
umoci repack --image /srv/u:t /srv/bundle >/dev/null 2>&1
ok 'an image that umoci made' lr build u --from oci:/srv/u:t
umoci unpack --image /srv/u:t /srv/bundle2 >/dev/null 2>&1
tree_text /srv/bundle2/rootfs >"$T/umoci"
tree_text "$(root_of u)" >"$T/ours"
is "$(diff "$T/umoci" "$T/ours" | grep -vE ' (d [0-7]+ 0:0|f .* passwd|f .* group)$|^[0-9]+a|^> (etc/(passwd|group) |[0-9a-f]+  ./etc/(passwd|group)$|(dev|home|mnt|proc|root|run|srv|sys|tmp|var|opt|usr|var/tmp) d )')" '' \
	'umoci unpacks the same' || diag "$(diff "$T/umoci" "$T/ours")"
like "$(jq -r '.layers | length' /srv/u/blobs/sha256/"$(jq -r '.manifests[0].digest[7:]' /srv/u/index.json)")" '^[2-9]$' 'of several layers'

# ---- damaged -----------------------------------------------------------------

index "$all" >"$I/index.json"
cp -r "$I" /srv/good
damaged() { # NAME WHY [OPTION...]
	local name=$1 why=$2
	shift 2
	rm -rf "${TREES:?}/d"
	run lr build d --from "oci:$I" "$@"
	isnt "$status" 0 "$name: refused"
	like "$err" "$why" 'with the reason'
	nok 'no tree' test -e "$TREES/d"
	rm -rf "$I"
	cp -r /srv/good "$I"
}
last=$(jq -r .digest <<<"${layers[2]}")
tar -c -C "$L/2" . | zstd >"$I/blobs/sha256/${last#sha256:}"
damaged 'another layer' 'damaged: layer 3'
rm "$I/blobs/sha256/${last#sha256:}"
damaged 'a layer that is missing' 'lacks its piece'
echo ' ' >>"$I/blobs/sha256/$(jq -r '.digest[7:]' <<<"$all")"
damaged 'another manifest' 'damaged'
echo '{' >"$I/index.json"
damaged 'an index that is none' 'index can'
rm "$I/index.json"
damaged 'no index' 'no OCI image.*skopeo copy'
for digest in sha256:../../../../etc/shadow sha256:abc md5:d41d8cd98f00b204e9800998ecf8427e ''; do
	index "${all/sha256:+([0-9a-f])/$digest}" >"$I/index.json"
	damaged "a digest of '$digest'" 'digest|no tag|several tags'
done
damaged 'too large' 'more than 1024 bytes' --max-size 1K
damaged 'too many files' 'more than 5 files' --max-files 5

# ---- hostile -----------------------------------------------------------------

AIM=/srv/aim
mkdir -p "$AIM/dir"
echo secret >"$AIM/secret"
echo secret >"$AIM/dir/secret"
find "$AIM" -printf '%p %y %m %n %s %T@\n' >"$T/aim"
mkdir -p "$L"/5/etc "$L"/6
echo x >"$L/5/etc/x"
ln -s "$AIM" "$L/5/link"
ln -s ../../../../../../../../srv/aim "$L/5/up"
ln -s "$AIM/secret" "$L/5/file"
cd "$L/6" || exit
mkdir link up
: >link/.wh.secret
: >link/.wh..wh..opq
: >up/.wh.secret
: >.wh.dir
echo evil >file
echo evil >link/secret
hostile=$(tar -c -P --transform 's|^\.wh\.dir|../../../../../../srv/aim/.wh.dir|' link/.wh.secret link/.wh..wh..opq \
	up/.wh.secret .wh.dir file | blob)
through=$(tar -c link/secret | blob)
cd / || exit
five=$(layer tar "$L/5")
index "$(image evil "$five" "$(descriptor layer.v1.tar "$hostile")")" >"$I/index.json"
run lr build evil --from "oci:$I"
ok 'whiteouts that lead out' test -n "$err"
find "$AIM" -printf '%p %y %m %n %s %T@\n' >"$T/aim.now"
ok 'delete nothing there' diff "$T/aim" "$T/aim.now"
index "$(image evil "$five" "$(descriptor layer.v1.tar "$through")")" >"$I/index.json"
run lr build evil --from "oci:$I"
find "$AIM" -printf '%p %y %m %n %s %T@\n' >"$T/aim.now"
ok 'nor does a file by way of a link of the layer below' diff "$T/aim" "$T/aim.now"
ln -sf "$AIM/secret" "$I/blobs/sha256/${through#sha256:}"
run lr build evil2 --from "oci:$I"
isnt "$status" 0 'a piece that is a link to a file of the host'
nok 'is not read' test -e "$TREES/evil2"
