#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: tests/static.sh shell|code|install|manuals|tree|security|gcc|tidy|cppcheck
#
# What can be told of the files without running them.  Needs what `make` builds
# (generated headers and manual pages); changes nothing in the repository.
set -u

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
repo=${here%/tests}
cd "$repo" || exit 1
T=$(mktemp -d)

# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
trap 'status=$?; rm -rf "$T"; (exit "$status"); tap_end' EXIT

# All files that belong to the project, also where it was unpacked from an archive.
files() { # [PATTERN...]
	local -a patterns=("$@")
	if git ls-files --error-unmatch Makefile >/dev/null 2>&1; then
		git ls-files -- "${patterns[@]}"
	else
		local -a names=()
		local p
		for p in "${patterns[@]:-*}"; do
			names+=(-o -name "$p")
		done
		find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "${names[@]:1}" \) -print |
			sed 's|^\./||'
	fi | while read -r file; do
		# What is deleted and not yet committed is no file.
		[[ -f $file ]] && printf '%s\n' "$file"
	done
}

# No output is what is wanted.
silent() { # NAME OUTPUT
	if [[ -z $2 ]]; then
		pass "$1"
	else
		fail "$1" "$2"
	fi
}

check_shell() {
	local -a scripts=()
	local file line
	while read -r file; do
		read -r line <"$file" || :
		case $file in
		*.sh) scripts+=("$file") ;;
		*) [[ $line =~ ^#!.*(/| )(ba|da)?sh( |$) ]] && scripts+=("$file") ;;
		esac
	done < <(files)
	ok "shell files are found" test "${#scripts[@]}" -gt 20
	silent 'shellcheck has no complaint' "$(shellcheck -x -f gcc "${scripts[@]}" 2>&1)"
	silent 'every script that is run has its bit' "$(
		for file in "${scripts[@]}"; do
			read -r line <"$file"
			if [[ $line == '#!'* && ! -x $file ]]; then
				echo "$file begins with #! and can't be run"
			fi
		done
	)"
}

# The flags that the Makefile compiles with, but for those of the compiler's choice.
flags() {
	make -s HARDEN= WERROR= --eval='print-flags:;@printf "%s\n" $(ALL_CFLAGS)' print-flags |
		grep -vxE -e '-MMD|-MP|-O[0-9]|-g'
}

check_code() {
	local -a c=() headers=() flag=()
	local file
	mapfile -t c < <(files '*.c')
	mapfile -t headers < <(files '*.h')
	mapfile -t flag < <(flags)
	flag+=(-Itests/unit -Ipam_module)
	ok 'C files and headers are found' test "${#c[@]}" -gt 50 -a "${#headers[@]}" -gt 20
	ok 'and the flags to compile them' test "${#flag[@]}" -gt 10
	# Some warnings come only with the optimiser.
	silent 'gcc has no complaint' "$(
		for file in "${c[@]}"; do
			gcc "${flag[@]}" -O2 -Werror -S -o /dev/null "$file" 2>&1
		done
	)"
	silent 'clang has no complaint' "$(clang "${flag[@]}" -Werror -fsyntax-only "${c[@]}" 2>&1)"
	silent 'every header compiles alone' "$(
		for file in "${headers[@]}"; do
			gcc "${flag[@]}" -Werror -fsyntax-only -x c "$file" 2>&1
		done
	)"
	silent 'no line is over 120 columns' "$(
		for file in $(files '*.c' '*.h' '*.def'); do
			expand "$file" | awk -v f="$file" 'length > 120 { print f ":" NR ": " length " columns" }'
		done
	)"
	silent 'lines are indented by tabs and end without blanks' "$(
		grep -nE '^ {8}|[[:blank:]]+$' "${c[@]}" "${headers[@]}"
	)"
	silent 'comments are /* */' "$(grep -nE '^[[:blank:]]*//' "${c[@]}" "${headers[@]}")"
}

# SECURITY.md names a test in each row, which is there and is run; and no escape test is missing.
check_security() {
	local row path
	local -a rows=()
	mapfile -t rows < <(sed -n '/^| class/,/^$/p' SECURITY.md | sed '1,2d' | grep '^|')
	ok 'the table is found' test "${#rows[@]}" -gt 30
	silent 'every row has three columns, and a test or says that it has none' "$(
		for row in "${rows[@]}"; do
			[[ $row =~ ^\|[^|]+\|[^|]+\|\ (tests/[^|]+|none\ [^|]+)\ \|$ ]] || echo "$row"
		done
	)"
	silent 'every test that is named is there' "$(
		grep -oE 'tests/[[:alnum:]_./-]+\.(sh|c)' SECURITY.md | while read -r path; do
			[[ -f $path && ($path == *.c || -x $path) ]] || echo "$path"
		done
	)"
	silent 'every escape test is named' "$(
		files 'tests/escape/*.sh' | grep '/escape/' | while read -r path; do
			grep -qF "$path" SECURITY.md || echo "$path"
		done
	)"
	silent 'every fuzz target is named, and has a corpus' "$(
		files '*.c' | grep '^tests/fuzz/' | grep -v replay.c | while read -r path; do
			grep -qF "$path" SECURITY.md || echo "$path"
			path=${path##*/}
			[[ -n $(ls "tests/fuzz/corpus/${path%.c}" 2>&1) ]] || echo "no corpus: $path"
		done
	)"
	ok 'the corpora are small: files' test "$(find tests/fuzz/corpus -type f | wc -l)" -lt 200
	ok 'and bytes' test "$(cat tests/fuzz/corpus/*/* | wc -c)" -lt 300000
	ok 'the AppArmor profile is one' apparmor_parser -QTK build/conf/apparmor
	sed 's/^\tremount,/\tremounts,/' build/conf/apparmor >"$T/wrong"
	like "$(apparmor_parser -QTK "$T/wrong" 2>&1)" 'syntax error' 'a wrong one would be noticed'
}

check_install() {
	local table mode path
	table=$(sed -n '/^define INSTALLED$/,/^endef$/{//!p}' Makefile)
	ok 'the table of what is installed is found' test "$(wc -l <<<"$table")" -gt 5
	while read -r mode path _; do
		like "$mode" '^0[0-7][0145][0145]$' "$path: no set-id bit, nobody but root writes ($mode)"
	done <<<"$table"
	ok 'make install' make -s install DESTDIR="$T/root" prefix=/p sysconfdir=/e pamdir=/m
	is "$(find "$T/root" -type f | wc -l)" "$(wc -l <<<"$table")" 'as many files as the table has'
	silent 'none with a set-id bit' "$(find "$T/root" -type f -perm /6000)"
	silent 'none that others may write' "$(find "$T/root" \( -type f -o -type d \) -perm /022)"
	is "$(cd "$T/root" && printf '%s ' *)" 'm p ' 'nothing is put into the configuration'
	ok 'make uninstall' make -s uninstall DESTDIR="$T/root" prefix=/p sysconfdir=/e pamdir=/m
	silent 'leaves no file' "$(find "$T/root" -type f)"
}

check_manuals() {
	local -a pages=()
	local page
	mapfile -t pages < <(files '*.[158]' && printf '%s\n' build/conf/*.[158])
	ok 'manual pages are found' test "${#pages[@]}" -ge 3
	for page in "${pages[@]}"; do
		# Which manuals a machine has says nothing about ours.
		silent "$page" "$(mandoc -Tlint -Wstyle "$page" 2>/dev/null |
			grep -v 'STYLE: referenced manual not found')"
	done
}

# ---- analysers: the product's files, in the compiler's order of warnings ----

product_files() { files '*.c' | grep -E '^(helper|pam_module)/'; }

# Without what false-findings has.  Its lines that are not needed any more are complained of.
# judge PATTERN-OF-CHECKS: findings as FILE:LINE:COLUMN: ...: TEXT [CHECK] on standard input.
judge() {
	awk -v mine="$1" '
		FNR == NR {
			if ($0 !~ /^#/ && NF == 2 && $2 ~ mine)
				known[$1 " " $2] = 1
			next
		}
		/: (warning|error): / {
			file = $1
			sub(/:.*/, "", file)
			check = $NF
			gsub(/^\[|\]$/, "", check)
			if ((file " " check) in known)
				used[file " " check] = 1
			else
				print
		}
		END {
			for (k in known)
				if (!(k in used))
					print "tests/static/false-findings: not found any more: " k
		}' tests/static/false-findings -
}

# Two at a time, which is what there is.  $1 is put before each file's name.
each_file() {
	product_files | xargs -P 2 -n 1 bash -c "$1"' "$0" 2>&1' | sed "s|$repo/||"
}

analyser_flags() {
	flags | sed "s/.*/'&'/" | tr '\n' ' '
	# err.c is what the others are told of.
	printf '%s' '-Ipam_module $([ "$0" = helper/lib/err.c ] || echo "-include tests/static/analyze.h")'
}

check_gcc() {
	# Of these two gcc 12 has a wrong idea where a variable has a cleanup.
	silent 'gcc -fanalyzer finds nothing' "$(
		each_file "gcc $(analyser_flags) -O1 -fanalyzer -Wno-analyzer-malloc-leak \
			-Wno-analyzer-use-of-uninitialized-value -S -o /dev/null" | judge '^-W'
	)"
	printf '#include <stdlib.h>\nvoid f(void *p);\nvoid f(void *p)\n{\n\tfree(p);\n\tfree(p);\n}\n' >"$T/wrong.c"
	like "$(gcc -O1 -fanalyzer -S -o /dev/null "$T/wrong.c" 2>&1)" analyzer-double-free 'and would'
}

check_tidy() {
	# A quarter of the steps that it would take into a function: more finds no more, later.
	silent 'clang-tidy finds nothing' "$(
		each_file "clang-tidy --quiet --extra-arg=-Xclang --extra-arg=-analyzer-config \
			--extra-arg=-Xclang --extra-arg=max-nodes=50000 \"\$0\" -- $(analyser_flags); :" |
			judge '^[a-z]'
	)"
	printf 'int f(int n);\nint f(int n)\n{\n\tint m = 0;\n\n\treturn n / m;\n}\n' >"$T/wrong.c"
	cp .clang-tidy "$T"
	like "$(clang-tidy --quiet "$T/wrong.c" -- 2>&1)" DivideZero 'and would'
}

check_cppcheck() {
	local -a c=()
	mapfile -t c < <(product_files)
	silent 'every suppression of cppcheck has its reason' "$(
		awk '/^#/ { reason = 1; next } NF == 0 { reason = 0; next } !reason { print FILENAME ":" FNR }' \
			tests/static/cppcheck
	)"
	grep -v '^#' tests/static/cppcheck | grep . >"$T/suppressions"
	silent 'cppcheck finds nothing' "$(
		cppcheck -j 2 --quiet --std=c11 --enable=warning,performance,portability -Ihelper -Irootfs-tools \
			-Ibuild/gen -D_GNU_SOURCE '-DElfW(type)=Elf64_##type' --suppressions-list="$T/suppressions" \
			--template='{file}:{line}: {id}: {message}' "${c[@]}" 2>&1
	)"
	printf 'int f(void);\nint f(void)\n{\n\tint a[2] = {0};\n\n\treturn a[2];\n}\n' >"$T/wrong.c"
	like "$(cppcheck --quiet "$T/wrong.c" 2>&1)" arrayIndexOutOfBounds 'and would'
}

check_tree() {
	local file
	silent 'every file says what its licence is' "$(
		for file in $(files); do
			case $file in
			.* | */.* | README.md | SECURITY.md | LICENSE* | COPYING*) continue ;;
			# Their forms have no room for it.
			debian/changelog | debian/copyright | debian/source/format) continue ;;
			tests/fuzz/corpus/*) continue ;;
			esac
			head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
		done
	)"
	# A path of one component may well be named in a file.
	for file in "$repo" "${HOME:-/}"; do
		[[ $file == /*/* ]] || continue
		silent 'no file names a place of this machine' "$(files | xargs grep -nF -e "$file/")"
	done
	silent 'nor one of a usual developer' "$(
		files | xargs grep -nE '/(Users|export/home|home/(runner|user|build|dev|ubuntu|debian))/[a-z]' |
			grep -v '^tests/static.sh:'
	)"
	silent 'no file is larger than a person can read' "$(
		for file in $(files); do
			[[ $(wc -c <"$file") -lt 65536 ]] || echo "$file"
		done
	)"
	silent 'no file is left from an editor or a merge' "$(
		files | grep -E '(~|\.orig|\.rej|\.swp|\.bak)$'
		files | xargs grep -lE '^(<{7}|>{7}) '
	)"
}

case ${1:-} in
shell | code | install | manuals | tree | security | gcc | tidy | cppcheck) "check_$1" ;;
*)
	echo 'usage: tests/static.sh shell|code|install|manuals|tree|security|gcc|tidy|cppcheck' >&2
	exit 100
	;;
esac
