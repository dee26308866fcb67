/* SPDX-License-Identifier: GPL-2.0-only */
/* OpenMetrics text: what the files that write it share */
#ifndef TIERD_METRICS_H
#define TIERD_METRICS_H

#include <stdio.h>

#include "tierd.h"

/* name="value", escaped, with @before ahead of it: "{" for the first label */
void metrics_label(FILE *f, const char *name, const char *value, const char *before);

/* the head of a family; @unit may be empty */
void metrics_family(FILE *f, const char *name, const char *type, const char *unit,
		    const char *help);

/* tierd-path-metrics.c */
void metrics_paths(FILE *f, const struct tierd *d);

#endif
