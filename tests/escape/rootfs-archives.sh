#!/bin/bash
# SPDX-License-Identifier: MIT
# Archives and images that were made to write outside of the tree, or to fill the disk.
# Not again as root of the jail: there is none.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/lib/rootfs.sh
. "$LIB/lib/rootfs.sh"

# What they aim at: a file of the host, and a place where anything new would show.
AIM=/srv/aim
mkdir -p "$AIM" /srv/w
echo secret >"$AIM/secret"
chmod 600 "$AIM/secret"
aim() { find "$AIM" -printf '%p %y %m %U:%G %n %s %T@\n' -exec sha256sum {} \; 2>/dev/null; }
aim >"$T/aim"
find /etc /usr/local /home /var/tmp /srv -xdev -path "$TREES" -prune -o -path /srv/w -prune -o -print | sort >"$T/all"

# new: an empty place to make an archive in, with a file so that it is a tree.
new() {
	rm -rf /srv/w
	mkdir -p /srv/w/in/etc
	cd /srv/w/in || exit
	echo fine >etc/fine
	echo evil >evil
	tar -c -f ../a.tar --exclude=evil .
}
append() { tar -r -f ../a.tar -P "$@" 2>/dev/null; }

build() { # [OPTION...]
	rm -rf "${TREES:?}"/x
	run lr build x --from tar:/srv/w/a.tar "$@"
}

untouched() { # NAME
	aim >"$T/aim.now"
	ok "$1: what it aims at is as it was" diff "$T/aim" "$T/aim.now"
	find /etc /usr/local /home /var/tmp /srv -xdev -path "$TREES" -prune -o -path /srv/w -prune -o -print | sort >"$T/all.now"
	ok "$1: nothing new outside" diff "$T/all" "$T/all.now"
	rm -f "$AIM"/evil* /srv/evil* /etc/evil*
}
refused() { # NAME WHY
	isnt "$status" 0 "$1: refused"
	like "$err" "$2" "$1: and the reason is said"
	nok "$1: no tree" test -e "$TREES/x/current"
	is "$(half_made x)" '' "$1: no remains"
	untouched "$1"
}
built() { # NAME
	is "$status" 0 "$1: built" || diag "$err"
	untouched "$1"
}

# ---- names -------------------------------------------------------------------

new
append --transform 's|^evil|../../../../../../../../../../srv/aim/evil|' evil
is "$(tar -P -tf ../a.tar | grep -c '^\.\./')" 1 '..: the archive has such a name'
build
refused '..' "contains '\.\.'"
new
append --transform "s|^evil|etc/../../../../../../../srv/aim/evil|" evil
build
refused '.. in the middle' "contains '\.\.'"

new
append --transform "s|^evil|$AIM/evil|" evil
build
built 'absolute'
is "$(cat "$(root_of x)$AIM/evil")" evil 'absolute: it is inside'

# ---- links, then a file through them -----------------------------------------

for target in "$AIM" ../../../../../../../../../../../srv/aim; do
	new
	ln -s "$target" link
	append link
	append --transform 's|^evil|link/evil|' evil
	build
	untouched "a link to $target and a file through it"

	# The link is there before, in an archive of its own appended.
	new
	ln -s "$target/secret" etc/file
	append etc/file
	append --transform 's|^evil|etc/file|' evil
	build
	untouched "a file in the place of a link to $target/secret"
done
new
ln -s "$AIM" a
ln -s a b
append a b
append --transform 's|^evil|b/evil|' evil
build
untouched 'a link by way of another'

# The directories that are made fit afterwards
new
for d in proc sys dev run tmp var home root usr; do
	ln -s "$AIM" $d
	append $d
done
rm -r etc
ln -s "$AIM" etc
tar -c -f ../a.tar --exclude=evil --exclude=./etc .
append etc
append --transform 's|^evil|file|' evil
build
untouched 'links in the place of /proc, /etc and others'
if [[ $status == 0 ]]; then
	run lr verify x
	run lr update x -- /bin/sh -c 'echo evil >/etc/evil; echo evil >/tmp/evil'
	untouched 'and after a command in it'
fi

new
mkdir hard
ln "$AIM/secret" /srv/w/in/hard/one
ln hard/one hard/two
append --transform "s|^hard/one|${AIM#/}/secret|" hard/one hard/two
tar --delete -P -f ../a.tar "${AIM#/}/secret"
rm -rf hard
like "$(tar -P -tvf ../a.tar)" 'link to srv/aim/secret' 'a hard link to a file that is not in the archive'
build
untouched 'a hard link to it'
new
mkdir hard
echo x >hard/one
ln hard/one hard/two
append --transform "s|^hard/one|$AIM/secret|" hard/one hard/two
tar --delete -P -f ../a.tar "$AIM/secret"
append --transform 's|^evil|hard/two|' evil
build
untouched 'a hard link by an absolute name, and a write to it'

# ---- what is not a file ------------------------------------------------------

new
mkdir dev
mknod dev/sda b 8 0
mknod etc/kmem c 1 2
mknod etc/white c 0 0
mkfifo etc/pipe
append dev etc
build
built 'devices and pipes'
is "$(find "$(root_of x)" ! -type f ! -type d ! -type l)" '' 'none of them is there'
like "$err" 'device nodes are left out' 'and that is said'

new
cp /bin/true etc/su
chown 0:0 etc/su
chmod 6755 etc/su
append etc/su
build
built 'setuid'
is "$(stat -c %a "$(root_of x)/etc/su")" 755 'setuid: without'
build --setuid
is "$(stat -c %a "$(root_of x)/etc/su")" 6755 'setuid: but for --setuid'

new
cp /bin/true etc/cap
setcap cap_sys_admin+ep etc/cap
setfattr -n trusted.overlay.opaque -v y etc
setfattr -n trusted.overlay.redirect -v /srv etc
setfattr -n user.overlay.opaque -v y etc
setfattr -n user.kept -v yes etc/fine
tar -c -f ../a.tar --xattrs '--xattrs-include=*' --exclude=evil .
like "$(tar --xattrs '--xattrs-include=*' -tvvf ../a.tar)" 'trusted.overlay.redirect.*user.overlay.opaque' 'the archive has attributes'
build
built 'attributes'
is "$(getfattr -R -h -d -m - "$(root_of x)" 2>/dev/null | grep "=")" 'user.kept="yes"' 'only harmless ones are kept'
build --setuid
is "$(getcap "$(root_of x)/etc/cap" | sed 's/.* //')" cap_sys_admin=ep 'capabilities with --setuid'
is "$(getfattr -R -h -d -m overlay "$(root_of x)" 2>/dev/null)" '' 'but nothing of an overlay'

new
append --owner=1000 --group=1000 --mode=0777 --no-recursion .
build
built 'the tree itself, another'"'"'s'
is "$(stat -c '%a %u:%g' "$(root_of x)")" '755 0:0' 'is root'"'"'s'

# ---- too much ----------------------------------------------------------------

space() { df --output=used /srv | tail -n 1; }
new
truncate -s 100G etc/huge
tar -c -S -f ../a.tar --exclude=evil .
build --max-size 1G
refused 'a huge sparse file' 'a file in it has more than 1073741824 bytes'
new
for n in {1..12}; do
	truncate -s 100M "etc/sparse$n"
done
tar -c -S -f ../a.tar --exclude=evil .
build --max-size 1G
refused 'many sparse files' 'more than 1073741824 bytes'
new
head -c 64M /dev/zero >etc/zero
for pack in gzip xz zstd bzip2; do
	tar -c -f ../a.tar --exclude=evil --use-compress-program=$pack .
	between "$(stat -c %s ../a.tar)" 1 100000 "$pack: a small archive of a large file"
	build --max-size 10M
	refused "a bomb of $pack" 'more than 10485760 bytes'
done
new
for n in {1..300}; do
	echo fine >"etc/$n"
done
tar -c -f ../a.tar .
build --max-files 200
refused 'many files' 'more than 200 files'
build --max-files 1000
built 'not so many'

# ---- damaged -----------------------------------------------------------------

new
head -c 300000 /dev/urandom >etc/random
tar -c -z -f ../a.tar .
truncate -s 200000 ../a.tar
build
refused 'a truncated archive' 'unpacked|damaged'
head -c 100000 /dev/urandom >../a.tar
build
refused 'no archive' 'unpacked'
: >../a.tar
build
refused 'an empty file' 'unpacked'

# ---- names for terminals -----------------------------------------------------

new
: >$'etc/\e]0;owned\a\n- fine'
tar -c -f ../a.tar .
build
built 'names with control characters'
lr update x -- /bin/true >/dev/null 2>&1
mkdir "$TREES/x/2030-01-01T00.00.00"
cp -a "$TREES/x/$(gen_of x)"/. "$TREES/x/2030-01-01T00.00.00"
rm -f "$TREES/x/2030-01-01T00.00.00/root/etc/"*owned*
run lr diff x "$(gen_of x)" 2030-01-01T00.00.00
unlike "$out" $'\e' 'diff does not print them'
like "$out" '- /etc/\\033\]0;owned\\a\\n' 'but as C writes them'

cd / || exit
