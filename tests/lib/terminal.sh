# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sessions on a terminal, driven by expect(1).
#
# terminal PREFIX SPAWN-COMMAND... < Tcl script
# The script has these verbs; each assertion becomes one of ours.
#   shell            wait for a shell, give it a prompt of ours and no echo
#   cmd LINE         type a line, return what it printed
#   is GOT WANT NAME
#   want REGEX NAME  the terminal shows it
#   key TEXT         type without a newline
#   ends STATUS NAME the command has ended so
#   gone NAME        it has ended, in whatever way
#   size ROWS COLS   resize our end
terminal() {
	local prefix=$1 line
	shift
	{
		printf 'set timeout %d\n' $((${WITHIN:-10} + 5))
		cat <<-'TCL'
			log_user 0
			match_max 200000
			proc result {good name why} {
				set why [string map {\r "" \n " | "} $why]
				puts [expr {$good ? "+ $name" : "- $name\t$why"}]
				flush stdout
			}
			proc is {got want name} { result [expr {$got eq $want}] $name "got '$got', wanted '$want'" }
			# What came and was not asked for.
			proc rest {} {
				global expect_out spawn_id
				if {[catch {expect -timeout 0 -re ".+"; set text $expect_out(buffer)}]} {
					return "nothing more"
				}
				return $text
			}
			proc want {regex name} {
				global spawn_id
				expect {
					-re $regex { result 1 $name "" }
					timeout { result 0 $name "no match of $regex: [rest]" }
					eof { result 0 $name "ended before $regex" }
				}
			}
			proc key {text} { global spawn_id; send -- $text }
			proc shell {} {
				global spawn_id
				send "stty -echo; PS1='READY'; PS1=\$PS1'> '; unset PROMPT_COMMAND\r"
				expect {
					"READY> " { return }
					timeout { result 0 "a shell answers" [rest]; exit }
					eof { result 0 "a shell answers" "it ended"; exit }
				}
			}
			proc cmd {line} {
				global spawn_id expect_out
				send -- "$line\r"
				expect {
					-re "^(.*)READY> $" { return [string trim $expect_out(1,string)] }
					timeout { return "TIMEOUT [rest]" }
					eof { return "EOF" }
				}
			}
			proc ends {status name} {
				global spawn_id
				expect {
					eof { is [lindex [wait] 3] $status $name }
					timeout { result 0 $name "does not end: [rest]" }
				}
			}
			proc gone {name} {
				global spawn_id
				expect {
					eof { result 1 $name "" }
					timeout { result 0 $name "does not end: [rest]" }
				}
			}
			proc size {rows cols} {
				global spawn_out
				exec stty rows $rows cols $cols < $spawn_out(slave,name)
			}
			eval spawn -noecho $argv
		TCL
		cat
	} >"$T/terminal.exp"
	(TERM=dumb alone timeout -k 5 $((${TIMEOUT:-30} * 4)) expect -f "$T/terminal.exp" -- "$@") >"$T/terminal.out" 2>&1
	while IFS= read -r line; do
		case $line in
		'+ '*) pass "$prefix: ${line:2}" ;;
		'- '*)
			line=${line:2}
			fail "$prefix: ${line%%$'\t'*}" "${line#*$'\t'}"
			;;
		?*) fail "$prefix: the script" "$line" ;;
		esac
	done < <(tr -d '\r' <"$T/terminal.out")
}

terminal_of() { # USER [OPTION...]: a login shell on a terminal; script from stdin
	local user=$1
	shift
	terminal "$user" ssh -F "$S/ssh_config" -tt "$@" -l "$user" world
}
