# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The results of ../run.sh, in the directory $work.

# Results are lines: pass|fail|skip <test>: <what>
result() { echo "$*" >>"${work:?}/results"; }

# Read KTAP, print it, note each case. Succeeds if a case failed, so that a
# caller with a failed status knows whether it has been accounted for.
collect() {
	local name=$1 line not what failed=1
	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ $line =~ ^\ *(not\ )?ok\ [0-9]+\ ?(.*)$ ]] || continue
		not=${BASH_REMATCH[1]} what=${BASH_REMATCH[2]}
		if [[ $not ]]; then
			result "fail $name: $what"
			failed=0
		elif [[ ${what,,} == *"# skip"* ]]; then
			result "skip $name: $what"
		else
			result "pass $name: $what"
		fi
	done
	return "$failed"
}

# conclude <name> <started> <status> <output> [<verdict>]: count the output of
# one test script, print it in one piece, and hold its status against it. A
# verdict says why it failed, whatever else it printed.
conclude() {
	local name=$1 started=$2 status=$3 output=$4 verdict=${5:-} before after now
	(
		flock 9
		now=$(elapsed)
		echo "# ---- $name: $((now - started)) s, ended at $now s"
		echo "$((now - started)) $name" >>"$work/times"
		before=$(wc -l <"$work/results")
		if collect "$name" <"$output" && [[ ! $verdict ]]; then
			: # its failures are counted
		elif [[ $verdict ]]; then
			echo "# $name: $verdict"
			result "fail $name: $verdict"
		elif [[ $status != 0 && $status != 4 ]]; then
			echo "# $name: exit status $status"
			result "fail $name: exit status $status"
		else
			after=$(wc -l <"$work/results")
			[[ $before != "$after" ]] || result "fail $name: no results"
		fi
	) 9>"$work/lock"
}

# totals: print them; fails if anything did, or nothing ran
totals() {
	local passed failed skipped
	passed=$(grep -c '^pass ' "$work/results" || :)
	failed=$(grep -c '^fail ' "$work/results" || :)
	skipped=$(grep -c '^skip ' "$work/results" || :)
	echo "# longest: $(sort -rn "$work/times" | head -n 8 | sed 's/ / s /' | paste -sd ,)"
	sed -n 's/^fail /FAILED /p' "$work/results"
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0 && passed + skipped > 0))
}
