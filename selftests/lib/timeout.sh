# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a test script says of itself in lines of its own near its beginning:
#
#   # seconds: 80      about how long it takes; only the order depends on it
#   # timeout: 600     what it may take at the most, if that is not 300
#
# $TIMEOUT_FACTOR is for hosts and kernels that are slow.

# header_of <script> <word>: its number, if there is one
header_of() {
	sed -n "s/^# $2: \([0-9]*\)\$/\1/p;20q" "$1" | head -n 1
}

# timeout_of <script>: the seconds it may take
timeout_of() {
	local seconds
	seconds=$(header_of "$1" timeout)
	echo $((${seconds:-300} * ${TIMEOUT_FACTOR:-1}))
}

# seconds_of <script>: the seconds it is likely to take
seconds_of() {
	local seconds
	seconds=$(header_of "$1" seconds)
	echo "${seconds:-60}"
}
