#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run the tests, all or those whose name contains one of the patterns:
#
#   unit, userspace, fuzz    native, through `make check` there
#   dm-tier/test_*.sh    in VMs, many to a boot; dm-mpath-ext/ likewise
#   host/test_*.sh       on the host, starting VMs of their own
#
# The last line is "<n> passed, <n> failed, <n> skipped"; the exit status is 0
# only if something ran and nothing failed.
#
#   VM_KERNEL        the kernel: 6.1, 6.12, 7.2, debug, kcsan
#   JOBS             VMs side by side (2); what is native runs beside them
#   BUDGET           seconds after which no test starts any more (lib/queue.sh)
#   TIMEOUT_FACTOR   all time limits times this: for slow hosts
#   COVERAGE         a directory: gcov's data of each VM go there (VM_KERNEL=debug)
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
tree=$(dirname "$here")
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
touch "$work/results" "$work/times"

patterns=("$@")
jobs=${JOBS:-$(($(nproc) < 2 ? 1 : 2))}
# Everything watched, everything emulated: five times as slow.
case ${VM_KERNEL:-} in
debug | kcsan) export TIMEOUT_FACTOR=${TIMEOUT_FACTOR:-5} ;;
esac
# shellcheck source=selftests/lib/timeout.sh
source "$here/lib/timeout.sh"
# shellcheck source=selftests/lib/results.sh
source "$here/lib/results.sh"
# shellcheck source=selftests/lib/queue.sh
source "$here/lib/queue.sh"

wanted() {
	local p
	((${#patterns[@]})) || return 0
	for p in "${patterns[@]}"; do
		[[ $1 != *"$p"* ]] || return 0
	done
	return 1
}

# test_name <script>: which part it is for, and its name
test_name() {
	local dir=dm-tier
	case $1 in
	"$here"/host/test_*) dir=host ;;
	*/dm-mpath-ext/*) dir=dm-mpath-ext ;;
	esac
	echo "$dir/$(basename "$1" .sh)"
}

# on_host <name> <limit> <command>...
on_host() {
	local name=$1 limit started status=0 verdict='' output=$work/${1//\//-}
	started=$(elapsed)
	limit=$(limit_of "$2")
	setpriv --pdeathsig TERM timeout -k 10 "$limit" "${@:3}" </dev/null >"$output" 2>&1 || status=$?
	((status != 124 && status != 137)) || verdict="timed out after $limit s"
	conclude "$name" "$started" "$status" "$output" "$verdict"
}

run_natives() {
	local native
	for native in unit:"$here/unit" userspace:"$tree/userspace" fuzz:"$here/fuzz"; do
		if wanted "${native%%:*}" && [[ -e ${native#*:}/Makefile ]]; then
			CMOCKA_MESSAGE_OUTPUT=tap on_host "${native%%:*}" $((900 * ${TIMEOUT_FACTOR:-1})) make -s -C "${native#*:}" check
		fi
	done
}

run_hosts() {
	local next
	while next_test hosts; do
		on_host "$(test_name "$next")" "$(timeout_of "$next")" bash "$next"
	done
}

# feed: tell the VM what to run next, and how long that may take. Without a $next,
# there is no more.
feed() {
	local limit=60
	test=$next started=$(elapsed) begun=''
	if [[ $test ]]; then
		limit=$(limit_of "$(timeout_of "$test")")
		echo "$limit ${test#"$tree/"}" >&"$to"
	else
		echo "0 end" >&"$to"
	fi
	# What the guest cannot end by itself is ended from here.
	deadline=$((EPOCHSECONDS + limit + 60 * ${TIMEOUT_FACTOR:-1}))
}

# One VM after another until the queue is empty. A test that takes its VM down
# with it has failed; the next VM goes on behind it.
run_guests() {
	local next='' test begun started deadline line limit status verdict ran vm from to
	local own=$work/vm.$BASHPID coverage=()
	while [[ $next ]] || next_test guests; do
		ran=''
		rm -f "$own.feed"
		mkfifo "$own.feed"
		exec {to}<>"$own.feed"
		if [[ ${COVERAGE:-} ]]; then
			coverage=(--disk "$COVERAGE/$BASHPID-$(elapsed).tar:64M")
		fi
		exec {from}< <(exec setpriv --pdeathsig TERM "$here/vm/vm" --timeout 1000000 --feed "$own.feed" \
			--log "$own.console" ${coverage[@]+"${coverage[@]}"} \
			run selftests/lib/run-group 2>"$own.err")
		vm=$!
		feed
		deadline=$((deadline + 120 * ${TIMEOUT_FACTOR:-1})) # to boot
		while :; do
			status=0
			limit=$((deadline - EPOCHSECONDS))
			IFS= read -r -t $((limit > 0 ? limit : 1)) -u "$from" line || status=$?
			((status == 0)) || break
			case $line in
			"# Subtest: "*) begun=1 started=$(elapsed); : >"$own.out" ;;
			"ok "* | "not ok "*)
				status=0 verdict=''
				[[ $line != not* ]] || status=1
				[[ $line != *TIMEOUT ]] || verdict="timed out"
				conclude "$(test_name "$test")" "$started" "$status" "$own.out" "$verdict"
				ran=$(test_name "$test")
				next_test guests || :
				feed
				;;
			"  "*) echo "$line" >>"$own.out" ;;
			esac
		done
		# More than 128: it is the time that is over, not the VM.
		((status <= 128)) || kill "$vm" || :
		verdict=$( ((status > 128)) && echo "timed out, and so did its VM" || echo "took the VM down")
		status=0
		wait "$vm" || status=$?
		exec {from}<&- {to}>&-
		if [[ $begun || ! $ran ]]; then
			[[ $begun ]] || verdict="the VM does not start"
			[[ $begun ]] || : >"$own.out"
			cat "$own.err" >>"$own.out"
			[[ $verdict != timed* ]] || tail -n 60 "$own.console" >>"$own.out" || :
			conclude "$(test_name "$test")" "$started" 1 "$own.out" "$verdict"
			[[ $begun ]] || return 0
			test=''
		elif ((status > 1)) && ! grep -q "^fail $ran:" "$work/results"; then
			# It told of success and yet the kernel was not well.
			cat "$own.err" >&2
			result "fail $ran: the VM ended badly"
		fi
		next=$test
	done
}

guests=() hosts=()
tests_in=("$here/dm-tier" "$here/dm-mpath-ext")
[[ ! ${TEST_DIR:-} ]] || tests_in=("$TEST_DIR")
for dir in "${tests_in[@]}"; do
	for t in "$dir"/test_*.sh; do
		[[ ! -e $t ]] || ! wanted "$(test_name "$t").sh" || guests+=("$t")
	done
done
for t in "$here"/host/test_*.sh; do
	[[ ! -e $t ]] || ! wanted "host/$(basename "$t")" || hosts+=("$t")
done
queue_fill guests ${guests[@]+"${guests[@]}"}
queue_fill hosts ${hosts[@]+"${hosts[@]}"}

run_natives &
if ((${#guests[@]} + ${#hosts[@]})); then
	# Once, before several want it at the same time.
	if "$here/vm/vm" modules >/dev/null; then
		[[ ! ${COVERAGE:-} ]] || mkdir -p "$COVERAGE"
		for ((j = 0; j < jobs; j++)); do
			# The last begins with the tests on the host, which start VMs of
			# their own, and the others end with them.
			if ((j == jobs - 1)); then
				{ run_hosts; run_guests; } &
			else
				{ run_guests; run_hosts; } &
			fi
		done
	else
		result "fail build: modules"
	fi
fi
wait
# None should be left; if they are, that is no reason to say nothing.
while next=$(queue_take guests || queue_take hosts); do
	result "fail $(test_name "$next"): never run"
done
totals
