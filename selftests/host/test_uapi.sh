#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The netlink header, its specification and the kernel's tables say the same.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"

run_test "netlink header and specification agree" /usr/bin/python3 "$here/../lint/check-uapi"
ktap_finish
