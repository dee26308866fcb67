// SPDX-License-Identifier: GPL-2.0-only
/* How what failed is told, and what is asked back. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "tierctl.h"

int ctl_code(int err)
{
	switch (-err) {
	case 0:
		return CTL_OK;
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return CTL_ABSENT;
	case EPERM:
	case EACCES:
		return CTL_DENIED;
	default:
		return CTL_FAILED;
	}
}

int ctl_fail(int code, int err, const char *next, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("tierctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (err)
		fprintf(stderr, ": %s", strerror(-err));
	if (next)
		fprintf(stderr, "; %s", next);
	fputc('\n', stderr);
	return code;
}

static int told(struct dmtier *h, int err, const char *what, const char *lists)
{
	const char *next = NULL, *says = dmtier_error(h);
	int code = ctl_code(err);
	size_t len = strlen(what);

	if (code == CTL_ABSENT)
		next = lists;
	else if (code == CTL_DENIED)
		next = "this needs root (CAP_SYS_ADMIN)";
	else if (err == -EEXIST)
		next = "`tierctl lun list` shows which ids are taken";
	/* what is wrong with a value begins with its key */
	if (!strncmp(says, what, len) && says[len] == ':')
		return ctl_fail(code, 0, next, "%s", says);
	return ctl_fail(code, 0, next, "%s: %s", what, says);
}

int ctl_kernel(struct ctl *c, int err, const char *what)
{
	return told(c->h, err, what,
		    "`tierctl pool list`, `lun list` and `dev list` show what there is");
}

int ctl_path_kernel(struct ctl *c, int err, const char *what)
{
	return told(c->paths, err, what,
		    "`tierctl path maps` and `path list` show what there is");
}

static int opened(int err, const char *module)
{
	char next[64];

	snprintf(next, sizeof(next), "`modprobe %s` loads it", module);
	if (err == -ENOENT || err == -EPROTONOSUPPORT)
		return ctl_fail(CTL_NO_SERVICE, 0, next, "the kernel module %s is not loaded",
				module);
	return err ? ctl_fail(ctl_code(err), err, NULL, "netlink") : CTL_OK;
}

int ctl_open(struct ctl *c)
{
	return opened(c->h ? 0 : dmtier_open(&c->h), "dm-tier");
}

int ctl_open_paths(struct ctl *c)
{
	return opened(c->paths ? 0 : dmtier_path_open(&c->paths), "dm-mpath-ext");
}

bool ctl_confirm(bool yes, const char *question)
{
	char answer[16] = "";

	if (yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		ctl_fail(CTL_USAGE, 0, "add --yes if it is meant", "%s", question);
		return false;
	}
	fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return *answer == 'y' || *answer == 'Y';
}

void ctl_line(FILE *out, const struct command *cmd)
{
	fprintf(out, "  tierctl %s%s%s%s%s\n", cmd->group, cmd->verb ? " " : "",
		cmd->verb ? cmd->verb : "", *cmd->args ? " " : "", cmd->args);
}

int ctl_usage(const struct ctl *c)
{
	fputs("usage:\n", stderr);
	ctl_line(stderr, c->command);
	return CTL_USAGE;
}
