# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Small trees for `root = NAME`, made by copying, below TREES.

TREES=/srv/trees

# generation NAME GENERATION: an unfinished one; prints where its tree goes.
generation() {
	local dir=$TREES/$1/$2
	mkdir -p "$dir/root"
	chmod 700 "$TREES"
	: >"$dir/lock"
	printf 'name=%s\ngeneration=%s\n' "$1" "$2" >"$dir/about"
	echo "$dir/root"
}

switch_to() { # NAME GENERATION
	ln -s "$2" "$TREES/$1/.current"
	mv -T "$TREES/$1/.current" "$TREES/$1/current"
}

# Programs with the libraries and the loader that they need.
copy_programs() { # ROOT PROGRAM...
	local root=$1 program library
	shift
	for program; do
		install -D "$program" "$root$program"
		for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*'); do
			[[ -e $root$library ]] || install -D "$library" "$root$library"
		done
	done
}

# All of busybox, some accounts, a set-uid program, and the tools of the tests.
busybox_tree() { # NAME GENERATION
	local root applet
	root=$(generation "$1" "$2")
	mkdir -p "$root"/{bin,etc,root,usr/bin,var/tmp}
	chmod 700 "$root/root"
	chmod 1777 "$root/var/tmp"
	copy_programs "$root" /usr/bin/busybox
	for applet in $(busybox --list); do
		ln -s /usr/bin/busybox "$root/bin/$applet"
	done
	cp "$TOOLS"/{probe,hog,minish} "$root/usr/bin"
	install -m 4755 "$TOOLS/minish" "$root/bin/become"
	printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/:/bin/false\nold:x:1000:1000::/:/bin/sh\n' \
		>"$root/etc/passwd"
	printf 'root:x:0:\ntty:x:5:\nwww:x:33:\nold:x:1000:\n' >"$root/etc/group"
	printf 'root:*:19000:0:99999:7:::\nwww:!:19000::::::\n' >"$root/etc/shadow"
	chmod 640 "$root/etc/shadow"
	echo "$1 $2" >"$root/etc/which"
	switch_to "$1" "$2"
}

# A Debian with apt and sudo; the test needs a line "# needs: debian-tree".
debian_tree() { # NAME GENERATION
	local root
	root=$(generation "$1" "$2")
	tar -xf /run/src/build/tests/debian-tree.tar -C "$root"
	switch_to "$1" "$2"
}

# The machine's own programs as a tree, for those who attack with them: a bind of its
# root, without what the world has mounted upon that.
whole_tree() { # NAME GENERATION
	local root
	root=$(generation "$1" "$2")
	mount --bind / "$root"
	switch_to "$1" "$2"
}
