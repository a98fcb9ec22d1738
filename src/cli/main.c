/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program lend: finds the command, runs it, prints its error once. */

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/command.h"

static const struct lend_command *find_command(const struct lend_command *const *commands,
					       const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

/* Everything that may stand first on a command line. */
static const char *first_word(const void *context, size_t i)
{
	static const char *const others[] = { "help", "--help", "--version",
					      "--list-commands" };

	(void)context;
	if (i < LEND_COUNT(others))
		return others[i];
	return lend_commands[i - LEND_COUNT(others)] != NULL
		       ? lend_commands[i - LEND_COUNT(others)]->name
		       : NULL;
}

static const char *verb_name(const void *context, size_t i)
{
	const struct lend_command *command = context;

	return command->verbs[i] == NULL ? NULL : command->verbs[i]->name;
}

/* "pmem " in front of the name of its verb. */
static void put_name(struct lend_buf *out, const struct lend_command *command)
{
	if (command->of != NULL)
		lend_buf_printf(out, "%s ", command->of);
	lend_buf_puts(out, command->name);
}

static int unknown(const char *what, const char *name, struct lend_err *err)
{
	lend_hint_near(err, "", name, first_word, NULL);
	lend_hint(err, "lend --help lists the commands");
	return lend_fail(err, LEND_E_USAGE, "unknown %s '%.100s'", what, name);
}

static int print_version(struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	lend_buf_puts(&out, "lend " LEND_VERSION "\n");
	return lend_out(&out, err);
}

static int print_help(struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	lend_buf_puts(&out, "usage: lend COMMAND [OPTION...] [SOURCE...]\n\n"
			    "Gives virtual machines persistent memory of the host, says which\n"
			    "host thing is which guest thing, and takes everything back.\n"
			    "Looking never changes anything.\n\n");
	for (size_t i = 0; lend_commands[i] != NULL; i++)
		lend_buf_printf(&out, "  %-10s %s\n", lend_commands[i]->name,
				lend_commands[i]->summary);
	lend_buf_puts(&out, "\n  lend help COMMAND     what a command does, with its options\n"
			    "  lend --version        the version\n"
			    "  lend --list-commands  their names alone\n");
	return lend_out(&out, err);
}

static int print_command_help(const struct lend_command *command, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	lend_buf_puts(&out, "usage: lend ");
	put_name(&out, command);
	lend_buf_printf(&out, " %s\n\n%s\n\n", command->synopsis, command->summary);
	lend_options_help(&out, command->options, command->n_options);
	lend_buf_printf(&out, "\n%s", command->about);
	if (command->sources)
		lend_buf_puts(&out,
			      "\nSOURCE is where to look; without one, this host:\n"
			      "  DIR                 a capture, or a folder of known files\n"
			      "  FILE                a saved inventory, or one known file\n"
			      "  qmp:PATH            the monitor of a running QEMU, a socket\n"
			      "  qmp:tcp:HOST:PORT   the same on TCP, over loopback only\n"
			      "  qga:PATH            a guest agent, a socket\n"
			      "  libvirt:URI         the domains of a libvirt: qemu:///system\n"
			      "  vsphere://USER@HOST an ESXi host, or all of a vCenter\n");
	lend_buf_printf(&out, "\nExamples:\n%s", command->examples);
	lend_buf_printf(&out,
			"\nExit status: 0 good, 1 findings, 2 could not do it, %s4 nothing "
			"found but%ssomething that matters could not be seen.\n",
			command->changes ? "3 stopped half way,\n" : "",
			command->changes ? " " : "\n");
	return lend_out(&out, err);
}

static int print_verbs_help(const struct lend_command *command, struct lend_err *err)
{
	const char *name = command->name;
	lend_auto_buf out = { 0 };

	lend_buf_printf(&out, "usage: lend %s %s\n\n%s\n\n", name, command->synopsis,
			command->summary);
	for (size_t i = 0; command->verbs[i] != NULL; i++)
		lend_buf_printf(&out, "  %-10s %s\n", command->verbs[i]->name,
				command->verbs[i]->summary);
	lend_buf_printf(&out,
			"\n%s\n  lend %s VERB --help      what a verb does, with its options\n"
			"  lend %s --list-commands  their names alone\n",
			command->about, name, name);
	return lend_out(&out, err);
}

static int list_commands(const struct lend_command *const *commands, struct lend_err *err)
{
	lend_auto_buf out = { 0 };

	for (size_t i = 0; commands[i] != NULL; i++)
		lend_buf_printf(&out, "%s\n", commands[i]->name);
	return lend_out(&out, err);
}

static int run_command(const struct lend_command *command, int argc, char **argv,
		       struct lend_err *err)
{
	struct lend_args args = { 0 };
	int r = lend_args_parse(&args, command->options, command->n_options, argc, argv, err);

	if (r == 0 && args.help) {
		r = print_command_help(command, err);
	} else if (r == 0 && !command->sources && !command->files && args.sources.n > 0) {
		lend_hint(err, "lend %s%s%s --help says what it takes",
			  command->of != NULL ? command->of : "",
			  command->of != NULL ? " " : "", command->name);
		r = lend_fail(err, LEND_E_USAGE, "'%.100s': lend %s takes no SOURCE",
			      args.sources.items[0], command->name);
	} else if (r == 0) {
		args.of = command->of;
		args.name = command->name;
		args.argv = argv;
		args.argc = argc;
		r = command->run(&args, err);
	}
	lend_args_done(&args);
	return r;
}

static int unknown_verb(const struct lend_command *command, const char *word,
			struct lend_err *err)
{
	lend_hint_near(err, "", word, verb_name, command);
	lend_hint(err, "lend %s --help lists the verbs", command->name);
	return lend_fail(err, LEND_E_USAGE, "unknown %s '%.100s' of lend %s",
			 word[0] == '-' ? "option" : "verb", word, command->name);
}

static int run_verb(const struct lend_command *command, int argc, char **argv,
		    struct lend_err *err)
{
	const struct lend_command *verb;

	if (argc == 0) {
		lend_hint(err, "lend %s --help lists the verbs", command->name);
		return lend_fail(err, LEND_E_USAGE, "lend %s needs a verb", command->name);
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		return print_verbs_help(command, err);
	if (strcmp(argv[0], "--list-commands") == 0)
		return list_commands(command->verbs, err);
	verb = find_command(command->verbs, argv[0]);
	if (verb == NULL)
		return unknown_verb(command, argv[0], err);
	return run_command(verb, argc - 1, argv + 1, err);
}

static int run_help(int argc, char **argv, struct lend_err *err)
{
	const struct lend_command *command, *verb;

	if (argc == 0 || argv[0][0] == '-')
		return print_help(err);
	command = find_command(lend_commands, argv[0]);
	if (command == NULL)
		return unknown("command", argv[0], err);
	if (command->verbs == NULL)
		return print_command_help(command, err);
	if (argc == 1 || argv[1][0] == '-')
		return print_verbs_help(command, err);
	verb = find_command(command->verbs, argv[1]);
	return verb == NULL ? unknown_verb(command, argv[1], err)
			    : print_command_help(verb, err);
}

static int run(int argc, char **argv, struct lend_err *err)
{
	const struct lend_command *command;
	const char *word = argc < 2 ? NULL : argv[1];

	if (word == NULL) {
		lend_hint(err, "lend --help lists the commands; "
			       "lend demo shows what it is for");
		return lend_fail(err, LEND_E_USAGE, "no command given");
	}
	if (strcmp(word, "--version") == 0)
		return print_version(err);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return print_help(err);
	if (strcmp(word, "help") == 0)
		return run_help(argc - 2, argv + 2, err);
	if (strcmp(word, "--list-commands") == 0)
		return list_commands(lend_commands, err);
	command = find_command(lend_commands, word);
	if (command == NULL)
		return unknown(word[0] == '-' ? "option" : "command", word, err);
	if (command->verbs != NULL)
		return run_verb(command, argc - 2, argv + 2, err);
	return run_command(command, argc - 2, argv + 2, err);
}

/* Looked for by itself, because it holds for errors in the other options, too. */
static bool wants_no_hints(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--no-hints") == 0)
			return true;
	}
	return false;
}

/*
 * What is opened next must not become standard output: messages would end in
 * it.  Opened the wrong way round, so that using one is still an error.
 */
static void fill_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

int main(int argc, char **argv)
{
	struct lend_err err = { 0 };
	int r;

	fill_standard();
	(void)signal(SIGPIPE, SIG_DFL); /* a reader that goes away ends lend without a word */
	r = run(argc, argv, &err);
	return r < 0 ? lend_print_error(&err, !wants_no_hints(argc, argv)) : r;
}
