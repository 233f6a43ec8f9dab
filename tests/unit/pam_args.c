/* SPDX-License-Identifier: MIT */
/* The module's arguments: what is understood, and that nothing else is. */
#include "args.h"
#include "tap.h"

#define DEFAULT SYSCONFDIR "/loginjail/jail.ini"

static const struct {
	const char *argv[4];
	const char *wrong; /* NULL: understood */
	const char *conf;
	bool open, close, debug;
} cases[] = {
	{{NULL}, NULL, DEFAULT, false, false, false},
	{{"open"}, NULL, DEFAULT, true, false, false},
	{{"close"}, NULL, DEFAULT, false, true, false},
	{{"debug"}, NULL, DEFAULT, false, false, true},
	{{"debug", "open", "debug"}, NULL, DEFAULT, true, false, true},
	{{"conf=/x"}, NULL, "/x", false, false, false},
	{{"conf=/"}, NULL, "/", false, false, false},
	{{"conf=/a=b c"}, NULL, "/a=b c", false, false, false},
	{{"conf=/a", "close", "conf=/b"}, NULL, "/b", false, true, false},
	{{"conf="}, "conf=", NULL, false, false, false},
	{{"conf=x"}, "conf=x", NULL, false, false, false},
	{{"conf=./x"}, "conf=./x", NULL, false, false, false},
	{{"conf"}, "conf", NULL, false, false, false},
	{{"config=/x"}, "config=/x", NULL, false, false, false},
	{{"Conf=/x"}, "Conf=/x", NULL, false, false, false},
	{{"conf =/x"}, "conf =/x", NULL, false, false, false},
	{{" open"}, " open", NULL, false, false, false},
	{{"open "}, "open ", NULL, false, false, false},
	{{"OPEN"}, "OPEN", NULL, false, false, false},
	{{"open=1"}, "open=1", NULL, false, false, false},
	{{"opened"}, "opened", NULL, false, false, false},
	{{"no_warn"}, "no_warn", NULL, false, false, false},
	{{"use_first_pass"}, "use_first_pass", NULL, false, false, false},
	{{""}, "", NULL, false, false, false},
	{{"open", "x", "y"}, "x", NULL, false, false, false},
	{{"open", "close"}, "open and close on one line", NULL, false, false, false},
	{{"close", "debug", "open"}, "open and close on one line", NULL, false, false, false},
};

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct module_args got = {.conf = "not set"};
		int argc = 0;

		while (argc < 4 && cases[i].argv[argc])
			argc++;
		is_str(module_args_parse(argc, cases[i].argv, &got), cases[i].wrong, "case %zu", i);
		if (cases[i].wrong)
			continue;
		is_str(got.conf, cases[i].conf, "case %zu: conf", i);
		ok(got.open == cases[i].open && got.close == cases[i].close &&
			   got.debug == cases[i].debug,
		   "case %zu: open, close, debug", i);
	}
	return done_testing();
}
