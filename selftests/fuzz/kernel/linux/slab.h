/* SPDX-License-Identifier: GPL-2.0-only */
#include "tier-portable-user.h"
