# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What ../run.sh has yet to run, in $work, and how much time there is for it. Each
# queue is a file of test scripts, the longest first: so the end is even.
#
# $BUDGET is the seconds from $BUDGET_FROM (seconds since the epoch; default: now)
# within which tests may start; none means as long as it takes. One that runs then
# has another $BUDGET_GRACE seconds before it is cut off.

budget_from=${BUDGET_FROM:-$EPOCHSECONDS}
budget_grace=${BUDGET_GRACE:-300}

# elapsed: seconds since the start
elapsed() { echo $((EPOCHSECONDS - budget_from)); }

budget_left() {
	[[ ! ${BUDGET:-} ]] || (($(elapsed) < BUDGET))
}

# limit_of <seconds>: as many, or those until everything is cut off
limit_of() {
	local limit=$1 rest
	if [[ ${BUDGET:-} ]]; then
		rest=$((BUDGET + budget_grace - $(elapsed)))
		((rest > 0)) || rest=1
		((rest > limit)) || limit=$rest
	fi
	echo "$limit"
}

# queue_fill <queue> <script>...
queue_fill() {
	local t
	for t in "${@:2}"; do
		echo "$(seconds_of "$t") $t"
	done | sort -srn -k 1,1 | cut -d ' ' -f 2- >"${work:?}/queue.$1"
}

# queue_take <queue>: print its first and drop it; fails if there is none
queue_take() {
	local taken
	(
		flock 9
		IFS= read -r taken <"$work/queue.$1" || exit 1
		sed -i 1d "$work/queue.$1"
		printf '%s\n' "$taken"
	) 9>"$work/queue.lock"
}

# next_test <queue>: sets $next to one that may start. Those for which no time is
# left are told of instead.
next_test() {
	local name
	while next=$(queue_take "$1"); do
		! budget_left || return 0
		name=$(test_name "$next")
		echo "ok 1 $name # SKIP not run: the time budget of $BUDGET s was used up" >"$work/not-run.$1.$BASHPID"
		conclude "$name" "$(elapsed)" 0 "$work/not-run.$1.$BASHPID"
	done
	next=''
	return 1
}
