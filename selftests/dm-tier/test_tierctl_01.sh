#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1200
# tierctl against the module, command by command.
exec bash "$(dirname "$0")/../../userspace/tests/tierctl.sh"
