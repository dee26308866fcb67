// SPDX-License-Identifier: GPL-2.0-only
/* tierctl: which command is meant. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"
#include "std.h"
#include "tierctl.h"

static const struct command *const groups[] = {
	pool_commands, lun_commands, dev_commands, policy_commands, usage_commands,
	heat_commands, top_commands, event_commands, ledger_commands, path_commands,
	path_figure_commands, path_table_commands,
};

/* in place of a command */
struct asked {
	bool help;
	bool version;
};

#define NR_GROUPS	(sizeof(groups) / sizeof(groups[0]))

static void print_command(FILE *out, const struct command *cmd)
{
	ctl_line(out, cmd);
	fprintf(out, "      %s\n", cmd->help);
}

/* @group NULL: everything */
static void print_help(FILE *out, const char *group)
{
	const struct command *cmd;
	size_t i;

	fputs("usage: tierctl [--json] [--ledger FILE] GROUP [COMMAND] [ARGUMENTS]\n\n", out);
	for (i = 0; i < NR_GROUPS; i++)
		for (cmd = groups[i]; cmd->group; cmd++)
			if (!group || !strcmp(cmd->group, group))
				print_command(out, cmd);
	fputs("\nSizes take K, M, G, T (powers of 1024). Exit status: 0 done, 1 failed,\n"
	      "2 wrong usage, 3 no such object, 4 not permitted, 5 module not loaded or\n"
	      "no ledger.\n", out);
}

static bool group_exists(const char *group)
{
	const struct command *cmd;
	size_t i;

	for (i = 0; i < NR_GROUPS; i++)
		for (cmd = groups[i]; cmd->group; cmd++)
			if (!strcmp(cmd->group, group))
				return true;
	return false;
}

/* a verb first, then the group's own command without one */
static const struct command *find(const char *group, const char *verb)
{
	const struct command *cmd, *bare = NULL;
	size_t i;

	for (i = 0; i < NR_GROUPS; i++)
		for (cmd = groups[i]; cmd->group; cmd++) {
			if (strcmp(cmd->group, group))
				continue;
			if (!cmd->verb)
				bare = cmd;
			else if (verb && !strcmp(cmd->verb, verb))
				return cmd;
		}
	return bare;
}

/* takes the options that every command knows out of the line */
static int global_options(struct ctl *c, int argc, char **argv, struct asked *asked)
{
	int i, kept = 1;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--"))
			break;
		if (!strcmp(argv[i], "--json"))
			c->json = true;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			asked->help = true;
		else if (!strcmp(argv[i], "--version"))
			asked->version = true;
		else if (!strcmp(argv[i], "--no-color"))
			c->color = false;
		else if (!strcmp(argv[i], "--ledger") && i + 1 < argc)
			c->ledger = argv[++i];
		else if (!strncmp(argv[i], "--ledger=", 9))
			c->ledger = argv[i] + 9;
		else
			argv[kept++] = argv[i];
	}
	while (i < argc)
		argv[kept++] = argv[i++];
	argv[kept] = NULL;
	return kept;
}

/* the group nearest to @word, or of @group the verb */
static struct guess nearest(const char *group, const char *word)
{
	const struct command *cmd;
	struct guess g;
	size_t i;

	guess_begin(&g, word);
	for (i = 0; i < NR_GROUPS; i++)
		for (cmd = groups[i]; cmd->group; cmd++) {
			if (!group)
				guess_try(&g, cmd->group);
			else if (!strcmp(cmd->group, group) && cmd->verb)
				guess_try(&g, cmd->verb);
		}
	return g;
}

static int no_group(const char *word)
{
	struct guess g = nearest(NULL, word);
	char next[64];

	if (*word == '-') {
		ctl_no_option(word, NULL);
		return CTL_USAGE;
	}
	snprintf(next, sizeof(next), "'%s' may be meant", g.name ? g.name : "");
	return ctl_fail(CTL_USAGE, 0, g.name ? next : "`tierctl --help` lists the commands",
			"no command '%s'", word);
}

/* what there is, unless it is clear which of it was meant */
static int no_verb(const char *group, const char *verb)
{
	struct guess g = nearest(group, verb);
	char next[80];

	snprintf(next, sizeof(next), "'%s %s' may be meant", group, g.name ? g.name : "");
	ctl_fail(CTL_USAGE, 0, g.name ? next : NULL, "no command '%s %s'", group, verb);
	if (!g.name)
		print_help(stderr, group);
	return CTL_USAGE;
}

/* help that was asked for goes to stdout and is no error */
static int explain(char **argv, bool help)
{
	if (!group_exists(argv[1]))
		return no_group(argv[1]);
	if (!help && argv[2])
		return no_verb(argv[1], argv[2]);
	print_help(help ? stdout : stderr, argv[1]);
	return help ? CTL_OK : CTL_USAGE;
}

/* those that take options look at them themselves; for the others there is none */
static bool stray_option(const struct command *cmd, int argc, char **argv)
{
	int i;

	if (strstr(cmd->args, "--") || strstr(cmd->args, "[-"))
		return false;
	for (i = 0; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1]) {
			ctl_no_option(argv[i], NULL);
			return true;
		}
	return false;
}

static int run(struct ctl *c, int argc, char **argv, bool help)
{
	const struct command *cmd = find(argv[1], argc > 2 ? argv[2] : NULL);
	int skip, code;

	if (help || !cmd)
		return explain(argv, help);
	c->command = cmd;
	skip = cmd->verb ? 2 : 1;
	if (stray_option(cmd, argc - 1 - skip, argv + 1 + skip))
		return ctl_usage(c);
	if (argc - 1 - skip < cmd->min || argc - 1 - skip > cmd->max)
		return ctl_usage(c);
	code = cmd->run(c, argc - skip, argv + skip);
	dmtier_close(c->h);
	dmtier_close(c->paths);
	return code;
}

static void look_around(struct ctl *c)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	setlocale(LC_CTYPE, "");
	c->tty = isatty(STDOUT_FILENO);
	c->color = c->tty && !(no_color && *no_color) && term && strcmp(term, "dumb");
	c->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static int command(struct ctl *c, int argc, char **argv, const struct asked *asked)
{
	const char *group = argc > 2 ? argv[2] : NULL;

	if (asked->version) {
		puts("tierctl (dm-tier) " DM_TIER_VERSION);
		return CTL_OK;
	}
	if (argc < 2) {
		print_help(asked->help ? stdout : stderr, NULL);
		return asked->help ? CTL_OK : CTL_USAGE;
	}
	if (strcmp(argv[1], "help"))
		return run(c, argc, argv, asked->help);
	if (group && !group_exists(group))
		return no_group(group);
	print_help(stdout, group);
	return CTL_OK;
}

int main(int argc, char **argv)
{
	struct ctl c = { .ledger = LEDGER_PATH };
	struct asked asked = { 0 };
	int code;

	std_keep();
	look_around(&c);
	argc = global_options(&c, argc, argv, &asked);
	code = command(&c, argc, argv, &asked);
	if (fflush(stdout) || ferror(stdout))
		return code ? code : CTL_FAILED;
	return code;
}
