#!/bin/bash
# SPDX-License-Identifier: MIT
# storage = ephemeral and memory, disk, inodes, readonly, tmp: where changes go, how
# much there may be, and that nothing of it is left.  Project quotas are tested on the
# virtual hosts: here it is images.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007 /bin/bash jailed
add_user dora 2008 /bin/bash jailed
jail_ini <<'EOS'
[jail bounded]
users = alice
disk = 32M
inodes = 300

[jail memory]
users = bob
storage = memory
disk = 16M
memory = 64M
tmp = 4M

[jail readonly]
users = carl
readonly = yes

[jail plain]
users = dora
EOS
sshd_start main

loop_names() { # of jails: their files were in the world's state
	grep -l "loginjail" /sys/block/loop*/loop/backing_file 2>/dev/null | cut -d/ -f4
}
loops() { loop_names | wc -l; }
fill() { # USER FILE MIB: what dd says
	on "$1" "dd if=/dev/zero of=$2 bs=1M count=$3 2>&1"
}
many() { # USER DIRECTORY N: how many files could be made
	on "$1" "mkdir -p $2 && cd $2 && for i in \$(seq $3); do : >\$i || break; done 2>/dev/null; ls | wc -l"
}
full='No space left'

# An image
before=$(loops)
loop_names | sort >"$T/loops"
hold warm alice
hold free dora
is "$(loops)" $((before + 1)) 'disk: an image on a loop device'
device=/dev/$(loop_names | sort | comm -13 "$T/loops" -)
like "$device" '^/dev/loop[0-9]+$' '(one alone)'
is "$(ls -A "$STATE/upper/$(basename "$(jail_dir alice)")")" '' 'which has no name any more'
unlike "$(cat /proc/self/mountinfo)" "$device |upper" 'the host sees no mount of it'
is "$(j "grep -c ' $device ' /proc/self/mountinfo")" 0 'nor does the jail'
is "$(find "$STATE/upper" -size +0 -type f | wc -l)" 0 'nothing lies beside it'
size=$(j 'df -B1 --output=avail / | tail -n 1')
between "$size" $((32 << 20)) $((36 << 20)) 'its size is that of disk'
unlike "$(fill alice /var/tmp/most 31)" "$full" 'just below disk: fine'
like "$(fill alice /var/tmp/more 10)" "$full" 'above it: refused'
unlike "$(fill dora /var/tmp/more 40)" "$full" 'not for another user'
j 'rm /var/tmp/most /var/tmp/more'
between "$(many alice /var/tmp/many 280)" 280 280 'just below inodes: fine'
j 'rm -r /var/tmp/many'
between "$(many alice /var/tmp/many 600)" 281 360 'above it: refused'
ok 'the session that was there lives' kill -0 "${hold_pid[warm]}"
ok 'and the user can log in' j true
j 'rm -r /var/tmp/many'
is "$(j 'echo x >/var/tmp/a && mv /var/tmp/a /var/tmp/b && chmod 600 /var/tmp/b && cat /var/tmp/b')" x \
	'an overlay like any other'
# What is copied up keeps all that it is, in directories of whomever.
mkdir -p /usr/local/up/sub
echo x >/usr/local/up/sub/file
chown alice:alice /usr/local/up/sub/file
chmod 6755 /usr/local/up/sub/file
setcap cap_net_raw+ep /usr/local/up/sub/file
touch -d 2001-01-01 /usr/local/up/sub
is "$(j 'cd /usr/local/up/sub && touch -a file && stat -c "%a %U %s" file && /usr/sbin/getcap file')" \
	'6755 alice 2
file cap_net_raw=ep' 'a file that is copied up keeps mode, owner and attributes'
is "$(j 'cd /usr/local/up/sub && chmod 2640 file && stat -c "%a %U:%G" file . && stat -c %Y .' | tr '\n' ' ')" \
	"2640 alice:alice 755 root:root $(date -d 2001-01-01 +%s) " 'and can be changed, in a directory that is not'
is "$(stat -c %a /usr/local/up/sub/file)" 6755 'and not on the host'

release warm
ok 'the jail goes' eventually not jail_exists alice
ok 'and its loop device with it' eventually_sh '(($(loops) == before))'
is "$(find "$STATE/upper" -path "*/2001-*" | wc -l)" 0 'and all that was on the disk'
is "$(find "$STATE/templates" -type f | wc -l)" 1 'but the template'
stamp=$(stat -c %i,%Y "$STATE"/templates/*)
j true
is "$(stat -c %i,%Y "$STATE"/templates/*)" "$stamp" 'which the next login takes again'
is "$(j 'ls -A /var/tmp')" '' 'nothing was kept'
eventually not jail_exists alice

# Both killed: the kernel does it
hold warm alice
kill -KILL "$(pgrep -n -u root loginjail-keep)" "$(jail_init alice)"
release warm
ok 'SIGKILL of keeper and PID 1: no loop device' eventually_sh '(($(loops) == before))'
ok 'the next login works' eventually j true
ok 'and nothing is left' eventually_sh '! compgen -G "$STATE/upper/2001-*"'

# Templates: half made ones, old ones, two at once
release free
jails_gone
rm "$STATE"/templates/*
echo half >"$STATE/templates/new"
echo old >"$STATE/templates/0-1-1"
pids=()
sed -i 's/^users = dora/users = dora\ndisk = 32M\ninodes = 300/' "$INI"
for user in alice dora alice dora; do
	on "$user" true &
	pids+=("$!")
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
is "$failed" 0 'logins that all want the template, which is not there'
is "$(find "$STATE/templates" -type f | wc -l)" 1 'one is made'
nok 'what was made by half is not taken' grep -qs half "$STATE"/templates/*
jails_gone

# No mke2fs, no loop device: refused, with the reason
for program in /sbin/mke2fs /usr/sbin/mke2fs; do
	[[ -e $program && ! -L ${program%/*} ]] && mount --bind /dev/null "$program"
done
sed -i 's/^disk = 32M/disk = 33M/' "$INI"
run j true
isnt "$status" 0 'without mke2fs: refused'
ok 'and the log says what to install' logged 'alice: login refused: .*(mke2fs|e2fsprogs)'
umount /usr/sbin/mke2fs /sbin/mke2fs 2>/dev/null
ok 'with it: let in' j true
jails_gone

# In memory
hold warm bob
is "$(find "$STATE/upper" -mindepth 1 | wc -l)" 0 'memory: nothing is on the disk'
is "$(on bob 'df -B1M --output=size / | tail -n 1 | tr -d " "')" 16 'its size is that of disk'
unlike "$(fill bob /var/tmp/most 14)" "$full" 'just below disk: fine'
like "$(fill bob /var/tmp/more 5)" "$full" 'above it: refused'
on bob 'rm /var/tmp/*'
between "$(many bob /var/tmp/many 6000)" 3000 4096 'and not by a number of files either'
on bob 'rm -r /var/tmp/many'
# Not all of its memory, of which the kernel is still giving back what many files took.
current() { awk '$1 == "shmem" { print $2 }' "$(jail_group_file bob memory.stat)"; }
empty=$(current)
fill bob /var/tmp/counted 12 >/dev/null
ok "what is in it is the jail's memory" eventually_sh '(($(current) - empty >= 11 << 20))'
between $(($(current) - empty)) $((11 << 20)) $((30 << 20)) 'and not more of it'
on bob 'rm /var/tmp/counted'
# tmp is one volume
like "$(fill bob /tmp/x 8)" "$full" 'tmp: holds for /tmp'
on bob 'rm /tmp/x'
like "$(fill bob /dev/shm/x 8)" "$full" 'tmp: holds for /dev/shm'
like "$(on bob 'dd if=/dev/zero of=/tmp/y bs=1M count=2 2>&1')" "$full" 'and for both together'
on bob 'rm /dev/shm/x'
unlike "$(fill bob /dev/shm/x 3)" "$full" 'just below it: fine'
release warm
ok 'it goes' jails_gone
is "$(on bob 'ls -A /var/tmp')" '' 'nothing was kept'

# None at all
hold warm carl
is "$(find "$STATE/upper" -mindepth 1 | wc -l)" 0 'readonly: nothing is on the disk'
for dir in / /etc /var/tmp /usr/local; do
	like "$(on carl "touch $dir/x 2>&1")" 'Read-only' "readonly: $dir"
done
for dir in /tmp /dev/shm /home/carl; do
	ok "readonly: not $dir" on carl "touch $dir/x"
done
is "$(on carl 'grep -c . /etc/passwd')" "$(on dora 'grep -c . /etc/passwd')" 'readonly: it has its own files'
like "$(on carl 'ls /srv')" '^$' 'readonly: and hides what is masked'
release warm
ok 'readonly: it goes' jails_gone

# The end of an ephemeral layer holds up nobody: here, while its keeper needs a second for
# each file.
hold last dora
on dora 'cd /var/tmp && seq 200 | xargs touch'
old=$(basename "$(jail_dir dora)")
keeper=$(pgrep -n -u root loginjail-keep)
strace -q -o /dev/null -p "$keeper" -e trace=unlinkat -e inject=unlinkat:delay_enter=1000000 2>/dev/null &
tracer=$!
ok '(its keeper is held up)' eventually grep -q 'TracerPid:.[1-9]' "/proc/$keeper/status"
log_mark
release last
ok 'the last login is gone, and the jail' eventually logged_since "dora: jail $old ended"
is "$(on dora 'ls -A /var/tmp; echo in')" in 'the next login does not wait for the removal'
ok 'which is still to come' test -e "$STATE/upper/$old"
kill "$tracer"
wait "$tracer" 2>/dev/null
ok 'and comes' eventually_sh '[[ ! -e $STATE/upper/$old ]]'
ok 'all goes' jails_gone

# check
cat >"$T/wrong.ini" <<'EOS'
[defaults]
disk = 1M

[jail a]
users = alice
storage = memory

[jail b]
users = alice
storage = memory
memory = 64M
disk = 64M

[jail c]
users = alice
inodes = 1000

[jail d]
users = alice
readonly = yes
storage = persistent

[jail e]
users = alice
readonly = yes
disk = 64M
inodes = 0

[jail f]
users = alice
readonly = yes
home = private
disk = 99999999999999999999T

[jail g]
users = alice
disk = 10X
readonly = maybe
storage = tape

[jail h]
users = alice
disk = 7T
EOS
run loginjail check "$T/wrong.ini"
for want in '2: disk: .1M. is too little' '6: storage: memory has no size' '12: disk: with .storage = memory' \
	"16: inodes: set 'disk'" '21: readonly: with it there is nothing to store' \
	'26: readonly: with it there is nothing to bound' '27: inodes: .0. is too little' \
	'32: readonly: with it nobody could write' '33: disk: .* is too large' '37: disk: .10X. is not' \
	'38: readonly: .maybe. is none' '39: storage: .tape. is none' \
	'43: disk: .7T. is more than the file system of .* has'; do
	like "$out$err" "wrong.ini:$want" "check: $want"
done
