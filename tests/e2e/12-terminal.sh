#!/bin/bash
# SPDX-License-Identifier: MIT
# A shell on a terminal: name, size, job control, hang-up.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
standard_jail
sshd_start main
# The same for a user without a jail: what differs is the jail's doing.
users=${TERMINAL_USERS:-'uma alice'}

for user in $users; do
	terminal_of "$user" <<-'TCL'
		shell
		is [cmd {tty}] [cmd {echo $SSH_TTY}] "tty says what sshd said"
		is [regexp {^/dev/pts/[0-9]+$} [cmd {tty}]] 1 "which is below /dev/pts"
		is [cmd {test -t 0 && test -t 1 && test -t 2 && echo all}] all "the streams are terminals"
		is [cmd {readlink /proc/self/fd/0}] [cmd {tty}] "/proc agrees"
		is [cmd {stat -c %U $(tty)}] [cmd {id -un}] "the terminal belongs to the user"
		is [cmd {echo hello >/dev/tty}] hello "/dev/tty is open to the session"
		is [cmd {ps -o tty= -p $$}] [cmd {tty | cut -c 6-}] "ps knows the terminal"
		is [cmd {[ "$(ps -o sid= -p $$)" -eq $$ ] && echo leader}] leader "the shell leads a session"
		is [cmd {echo $TERM}] dumb "TERM comes from the client"
		is [cmd {shopt -q login_shell && echo login}] login "it is a login shell"
		size 33 101
		is [cmd {stty size}] {33 101} "a change of window size"
		cmd {trap 'echo winch' WINCH}
		size 40 120
		want {winch} "is signalled"
		# The resizing may be signalled more than once; the last may come late.
		cmd {trap - WINCH}
		is [cmd {stty size}] {40 120} "and can be read"

		key "sh -c 'echo up; exec sleep 1000'\r"
		expect "up\r"
		key "\003"
		expect "READY> "
		is [cmd {echo $?}] 130 "^C ends a command"
		key "sh -c 'echo up; exec sleep 1000'\r"
		expect "up\r"
		key "\032"
		want {Stopped.*READY> $} "^Z stops a command"
		is [regexp Stopped [cmd jobs]] 1 "jobs lists it"
		cmd bg
		is [regexp Running [cmd jobs]] 1 "bg runs it"
		cmd {kill %1; wait}
		key "sh -c 'echo up; exec cat'\r"
		expect "up\r"
		key "a line\r"
		want {a line} "cat echoes"
		key "\032"
		want {Stopped.*READY> $} "^Z stops it as well"
		key "fg\r"
		key "another line\r"
		want {another line} "fg brings it back"
		key "\004"
		expect "READY> "
		is [cmd {echo $?}] 0 "^D ends its input"
		key "sh -c 'trap \"echo quit\" QUIT; echo up; while :; do sleep 1; done'\r"
		want {up} "a command with a trap"
		key "\034"
		want {quit} "^\\ sends QUIT"
		key "\003"
		expect "READY> "
		is [regexp {pts/[0-9]+} [cmd {script -qc tty /dev/null}]] 1 "script(1) gets a terminal"
		is [cmd {stty -g | tr -dc : | wc -c}] 35 "stty reads the modes"
		send "exit 7\r"
		ends 7 "the exit status of a shell"
	TCL

	# tmux and screen
	terminal_of "$user" <<-'TCL'
		shell
		cmd {export TERM=xterm}
		is [cmd {tmux new -d -s one 'tty > ~/tmux-tty; exec cat'; tmux ls | cut -d: -f1}] one "tmux starts"
		# Keys that come as fast as ours are a paste to it.
		cmd {tmux set -g assume-paste-time 0}
		key "tmux attach\r"
		# What is typed before it has the terminal is the shell's.
		want {\[one\]} "tmux attaches"
		key "typed in tmux\r"
		want {typed in tmux} "tmux shows what is typed"
		key "\002d"
		want {detached} "tmux detaches"
		want {READY> $} "and the shell goes on"
		is [regexp {typed in tmux} [cmd {tmux capture-pane -p -t one}]] 1 "its pane kept the text"
		is [regexp {^/dev/pts/[0-9]+$} [cmd {cat ~/tmux-tty}]] 1 "its pane is a terminal"
		cmd {tmux kill-server}
		is [regexp {two} [cmd {screen -dmS two cat; screen -ls}]] 1 "screen starts"
		key "screen -r two\r"
		want {1049h} "screen attaches"
		key "typed in screen\r"
		want {typed in screen} "screen shows what is typed"
		key "\001d"
		want {READY> $} "screen detaches"
		cmd {screen -S two -X quit}
		send "exit\r"
		ends 0 "leave"
	TCL

	is "$(on_opt "$user" -tt 'tty; exit 9' </dev/null | tr -d '\r')" /dev/pts/0 \
		"$user: a command on a terminal"
	on_opt "$user" -tt 'exit 9' </dev/null >/dev/null 2>&1
	is $? 9 "$user: and its status"
	on_opt "$user" -tt 'kill -TERM $$' </dev/null >/dev/null 2>&1
	like $? '^(143|255)$' "$user: death by signal on a terminal"

	# The client vanishes: the terminal hangs up.
	mkfifo "$T/gone.$user"
	ssh -F "$S/ssh_config" -tt -l "$user" world 'echo up; exec sleep 4321' \
		</dev/null >"$T/gone.$user" 2>/dev/null &
	client=$!
	read -r _ <"$T/gone.$user"
	kill -KILL "$client"
	ok "$user: a hang-up ends the command" eventually not pgrep -f 'sleep 4321'
done
ok 'no jail stays' jails_gone
is "$(find /dev/pts -type c -name '[0-9]*' | wc -l)" 0 'no terminal stays'
