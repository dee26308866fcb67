#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 120
# timeout: 600
# tierctl against the module, command by command.
exec bash "$(dirname "$0")/../../userspace/tests/tierctl.sh"
