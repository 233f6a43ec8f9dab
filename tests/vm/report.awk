# SPDX-License-Identifier: MIT
#
# From what guest/main writes, the TAP of many files one after the other, makes
# one.  Exit status 1 if something failed or the end is missing.

function result(verdict, text) {
	count++
	failed += verdict != "ok"
	printf "%s %d - %s\n", verdict, count, text
	fflush()
}

function end_of_file(why) {
	if (plan != seen)
		result("not ok", file ": planned " (plan == "" ? "nothing" : plan) ", saw " seen why)
	else if (status != 0 && bad == 0)
		result("not ok", file ": ended with status " status)
	file = ""
}

{ sub(/\r$/, "") }

/^## file / {
	file = $3
	plan = ""
	seen = bad = skipped = 0
	next
}

/^## end / {
	status = $3
	printf "%-24s %4d passed %3d failed %3d skipped  %.1f s\n", suite "/" file,
		seen - bad - skipped, bad, skipped, $4 / 1000
	end_of_file("")
	next
}

/^## complete$/ {
	complete = 1
	next
}

/^(not )?ok / {
	verdict = /^ok/ ? "ok" : "not ok"
	seen++
	bad += verdict != "ok"
	skipped += /# SKIP/
	sub(/^(not )?ok [0-9]* *-? */, "")
	result(verdict, file ": " $0)
	next
}

/^1\.\.[0-9]+$/ {
	plan = substr($0, 4)
	next
}

{
	print
	fflush()
}

END {
	if (file != "") {
		end_of_file(", and the host is gone")
	}
	if (!complete)
		result("not ok", "the host was there until the end")
	printf "1..%d\n", count
	exit failed > 0
}
