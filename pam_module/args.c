/* SPDX-License-Identifier: MIT */
#include "args.h"

#include <string.h>

const char *module_args_parse(int argc, const char *const *argv, struct module_args *ret)
{
	*ret = (struct module_args){.conf = SYSCONFDIR "/loginjail/jail.ini"};
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "conf=", 5) == 0 && argv[i][5] == '/')
			ret->conf = argv[i] + 5;
		else if (strcmp(argv[i], "open") == 0)
			ret->open = true;
		else if (strcmp(argv[i], "close") == 0)
			ret->close = true;
		else if (strcmp(argv[i], "debug") == 0)
			ret->debug = true;
		else
			return argv[i];
	}
	return ret->open && ret->close ? "open and close on one line" : (const char *)0;
}
