#!/bin/bash
# SPDX-License-Identifier: MIT
# The system calls that a jail has: seccomp = default, strict, off, and a file; nested.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
for user in carl:2007 dora:2008 erik:2009; do
	add_user "${user%:*}" "${user#*:}" /bin/bash jailed
done
RULES=/etc/loginjail/lab.rules
mkdir /etc/loginjail
cat >"$RULES" <<'EOS_'
# what the lab needs
include default
allow perf_event_open
errno EACCES ptrace
EOS_
jail_ini <<EOS_
[jail strict]
users = bob
seccomp = strict

[jail off]
users = carl
seccomp = off

[jail nested]
users = dora
nested = yes

[jail lab]
users = erik
seccomp = $RULES

[jail default]
groups = jailed
EOS_
sshd_start main
TIMEOUT=120
hold h alice

calls_of() { on "$1" 'calls </dev/null' | paste -sd ' '; } # USER

# What is the same in all of them; then what is not.
same='socket-vsock EAFNOSUPPORT socket-vsock-high EAFNOSUPPORT socket-alg EAFNOSUPPORT'
same+=' socket-packet EAFNOSUPPORT socketpair-tipc EAFNOSUPPORT socket-inet ok'
terminal='tiocsti EPERM tiocsti-high EPERM tioclinux EPERM tioclinux-high EPERM open_by_handle_at EPERM'
newer='newer ENOSYS newest ENOSYS traced-unshare EPERM filtered-unshare EPERM ring ENOSYS x32 ENOSYS i386 ENOSYS i386-unshare ENOSYS'
keys='io_uring_setup ENOSYS add_key ENOSYS keyctl ENOSYS keyctl-join ok'
kernel='bpf EPERM perf_event_open EPERM userfaultfd EPERM'
persona='personality-exec EPERM personality-exec-high EPERM unshare-files ok'
spaces='unshare-user EPERM unshare-net EPERM clone ok clone-user EPERM clone-user-high EPERM clone3 ENOSYS'
spaces+=' clone3-user ENOSYS setns EPERM open_tree EPERM mount EPERM chroot EPERM'
debug='ptrace ok process_vm_readv ok personality-ask ok personality-norandom ok'
no_debug='ptrace EPERM process_vm_readv EPERM personality-ask EPERM personality-norandom EPERM'

is "$(calls_of alice)" "$debug $persona $spaces $kernel $keys $same $terminal memfd_create ok splice EBADF msgget ok $newer" \
	'seccomp = default'
is "$(calls_of bob)" "$no_debug $persona $spaces $kernel $keys $same $terminal memfd_create ok splice EPERM msgget EPERM $newer" \
	'seccomp = strict'
like "$(calls_of carl)" "^$debug personality-exec ok personality-exec-high ok unshare-files ok unshare-user ENOSPC unshare-net ENOSPC \
clone ok clone-user ENOSPC clone-user-high ENOSPC clone3 ok clone3-user ENOSPC setns EBADF open_tree ok .*$keys $same \
tiocsti ENOTTY tiocsti-high ENOTTY tioclinux ENOTTY tioclinux-high ENOTTY .* ring ENOSYS x32 ENOSYS i386 ENOSYS i386-unshare ENOSYS\$" \
	'seccomp = off: what no jail has, and no namespaces either'
like "$(calls_of dora)" "^$debug $persona unshare-user ok unshare-net ok clone ok clone-user ok clone-user-high ok clone3 ok \
clone3-user ok setns EBADF open_tree ok mount EPERM chroot EPERM $kernel $keys $same $terminal" 'nested = yes'
is "$(j 'sed -n "s/^Seccomp:\t//p; s/^Seccomp_filters:\t//p; s/^NoNewPrivs:\t//p" /proc/self/status' | paste -sd ' ')" \
	'1 2 1' 'one filter, and no-new-privs'
is "$(j 'calls loop 10 >/dev/null; calls nonsense')" 'nonsense unknown' 'the tool tells what it does not know'
is "$(on uma 'calls unshare-user io_uring_setup i386 tiocsti-high </dev/null' | paste -sd ' ')" \
	"$(calls unshare-user io_uring_setup i386 tiocsti-high </dev/null | paste -sd ' ')" 'a free user has what there is'

# Terminals: typing into one's own
nok 'TIOCSTI on a terminal' grep -q typed <<<"$(on_opt alice -tt \
	'perl -e "for my \$n (0x5412, 0x5412 + (1 << 32)) { for my \$c (split //, qq(echo typed\n)) { my \$b = \$c; ioctl(STDIN, \$n, \$b) } }"; timeout 1 cat' </dev/null)"

# Programs that do more than most
cat >/home/alice/hello.c <<'EOS_'
#include <pthread.h>
#include <stdio.h>
static int answer = 42;
static void *other(void *p) { printf("hello %d\n", *(int *)p); return NULL; }
int main(void) { pthread_t t; pthread_create(&t, NULL, other, &answer); pthread_join(t, NULL); return 0; }
EOS_
chown alice: /home/alice/hello.c
is "$(j 'cc -g -o hello hello.c -lpthread && ./hello')" 'hello 42' 'cc, and threads'
run j 'gdb -nx -batch -ex "break other" -ex run -ex "print answer" -ex "set var answer = 7" -ex continue hello'
like "$out" '= 42' 'gdb: a breakpoint, and memory'
like "$out" 'hello 7' 'which it writes'
unlike "$out$err" 'randomi[sz]ation' 'and can switch randomisation off'
like "$(j 'strace -f -e trace=write ./hello 2>&1')" 'write\(1, "hello 42' 'strace, of threads'
like "$(j 'strace -f -o log --seccomp-bpf -e trace=openat cat hello.c >/dev/null && cat log')" 'hello.c' 'with a filter of its own'
is "$(j 'setarch -R true && setarch --uname-2.6 true && echo good')" good 'setarch'
is "$(j 'git init -q repo && cd repo && git config user.email a@b && git config user.name a && date >f && git add f &&
	git commit -qm one && git gc -q && git log --format=%s && git clone -q . ../copy && git -C ../copy fsck 2>&1')" one 'git'
is "$(j 'python3 -c "
import asyncio, multiprocessing, subprocess, socket, tempfile, threading, mmap
def f(x): return x * x
async def main():
    p = await asyncio.create_subprocess_exec(\"echo\", \"sub\", stdout=-1)
    return (await p.communicate())[0].decode().strip()
print(asyncio.run(main()), sum(multiprocessing.Pool(2).map(f, range(4))), socket.socketpair()[0].fileno() > 0)
"')" 'sub 14 True' 'python3: processes, pools, sockets'
is "$(j 'perl -MIPC::SysV=IPC_PRIVATE,S_IRUSR -e "print defined(shmget(IPC_PRIVATE, 100, S_IRUSR)) ? q(shared) : \$!"')" shared \
	'System V memory'
is "$(j 'rsync -a hello.c copied && cmp hello.c copied && tar -cf - hello.c | tar -tf -')" hello.c 'rsync, tar'
is "$(on bob 'printf "int main(void) { return 3; }" >x.c && make -s x && ./x; echo $?; date >f; sed -i s/./x/ f && head -c 1 f')" \
	$'3\nx' 'strict: make, cc, sed'
run on_opt bob -tt 'TERM=xterm vim -u NONE -n -es -c "normal ihello" -c "wq" v; cat v' </dev/null
if command -v vim >/dev/null; then
	like "$out" hello 'strict: vim'
fi
run on bob 'printf "int main(void) { return 0; }" >g.c && cc -g -o g g.c && gdb -nx -batch -ex "break main" -ex run -ex bt g'
unlike "$out" '#0 .*main' 'strict: no gdb'
# What is too large to be installed for this is tried where it is.
if command -v node >/dev/null; then
	is "$(j 'node -e "const w = require(\"worker_threads\"); const t = new w.Worker(\"require(\\\"worker_threads\\\").parentPort.postMessage(6*7)\", {eval: true}); t.on(\"message\", m => { require(\"fs\").promises.readFile(\"hello.c\").then(b => console.log(m, b.length > 9)) })"')" \
		'42 true' 'node: workers, files'
fi
if command -v javac >/dev/null; then
	echo 'public class H { public static void main(String[] a) throws Exception { Thread t = new Thread(() -> System.out.println("java " + Runtime.getRuntime().availableProcessors() / 99)); t.start(); t.join(); } }' >/home/alice/H.java
	is "$(j 'javac H.java && java -Xmx64m H')" 'java 0' 'java, javac'
fi
if command -v go >/dev/null; then
	printf 'package main\nimport "fmt"\nfunc main() { c := make(chan int); go func() { c <- 42 }(); fmt.Println(<-c) }\n' >/home/alice/h.go
	is "$(j 'go run h.go')" 42 'go'
fi
if [[ -x /usr/bin/rustc ]]; then
	echo 'fn main() { println!("{}", std::thread::spawn(|| 42).join().unwrap()); }' >/home/alice/h.rs
	is "$(j 'rustc -o h h.rs && ./h')" 42 'rustc'
fi

# nested: namespaces of the user's own, and mounts in them
is "$(on dora 'unshare -Urmpf --mount-proc sh -c "mount -t tmpfs x /mnt && touch /mnt/x && ls /mnt && id -u && echo \$\$"')" \
	$'x\n0\n1' 'nested: a container'
nok 'nested: not on what the jail shows' on dora 'unshare -Urm mount -o remount,rw /sys'
nok 'nested: nor of its root' on dora 'unshare -Ur chown 33 /etc/passwd || unshare -Ur touch /etc/x'
is "$(on dora 'for i in $(seq 40); do
	(unshare -U sh -c "echo made; exec sleep 60 >/dev/null" || echo no) 2>/dev/null & done | head -n 40 | sort | uniq -c | xargs')" \
	'32 made 8 no' 'nested: not more than so many'
is "$(j 'cat /proc/sys/user/max_user_namespaces')" 0 'else none'

# A file: not before it is compiled, not after a change, not what somebody else has put there
log_mark
nok 'a file that was not compiled lets nobody in' on erik true
ok 'the log has the remedy' logged_since "$RULES: it was not compiled: run 'loginjail seccomp apply'"
like "$(loginjail check 2>&1)" "seccomp: $RULES: it was not compiled: run 'loginjail seccomp apply'" 'as has check'
is "$(loginjail seccomp apply)" '1 profile compiled' 'it is compiled'
ok 'then check has no complaint' loginjail check
like "$(loginjail explain erik)" "filter   $RULES, [0-9]+ instructions" 'and explain shows it'
like "$(loginjail explain alice)" 'filter   default, [0-9]+ instructions' 'as the built-in ones'
is "$(on erik 'calls ptrace perf_event_open unshare-user io_uring_setup clone3 tiocsti </dev/null' | paste -sd ' ')" \
	'ptrace EACCES perf_event_open EFAULT unshare-user EPERM io_uring_setup ENOSYS clone3 ENOSYS tiocsti EPERM' 'it holds'
ok '(nothing stays)' eventually not jail_exists erik
sed -i 's/EACCES/EPERM /' "$RULES"
log_mark
nok 'a changed one lets nobody in' on erik true
ok 'and says why' logged_since "$RULES: it was changed after it was compiled: run 'loginjail seccomp apply'"
echo 'include default' >"$RULES.right"
printf '[jail right]\nusers = #4711\nseccomp = %s\n' "$RULES.right" >>"$INI"
like "$(loginjail check 2>&1)" "seccomp: $RULES.right: it was not compiled" '(another file)'
echo 'allow nonsense' >>"$RULES"
run loginjail seccomp apply
is "$out" '1 profile compiled' "one with an error does not keep other sections' from being compiled"
unlike "$(loginjail check 2>&1)" "$RULES.right: it was not compiled" 'of which check has no complaint then'
is "$status" 1 'one with an error is not compiled'
like "$err" "$RULES:5: there is no system call 'nonsense'" 'file, line, and why'
like "$(loginjail check 2>&1)" "$RULES:5: there is no system call 'nonsense'" 'as check says it'
sed -i '$d' "$RULES"
ok '(compiled)' loginjail seccomp apply
is "$(on erik 'calls ptrace')" 'ptrace EPERM' 'and holds again'
ok '(nothing stays)' eventually not jail_exists erik
echo '# nothing' >"$RULES"
ok '(compiled)' loginjail seccomp apply
run on erik true
is "$status" 127 'of a profile of nothing, the session begins, and its end is told'
like "$err" 'error while loading shared libraries' 'but no program gets far'
like "$(loginjail seccomp show strict)" 'include default' 'what is built in can be read'
nok 'nothing else' loginjail seccomp show /etc/passwd
release h
