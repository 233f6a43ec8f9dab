/* SPDX-License-Identifier: MIT */
/* The module's arguments, as they stand in the PAM service file. */
#ifndef LOGINJAIL_ARGS_H
#define LOGINJAIL_ARGS_H

#include <stdbool.h>

struct module_args {
	const char *conf; /* of argv, or the default; not owned */
	bool open;	  /* this line is for opening only */
	bool close;	  /* this line is for closing only */
	bool debug;
};

/*
 * Returns NULL, or the argument that makes no sense: the login is then refused,
 * since a misspelt "conf=" must not mean another file.
 */
const char *module_args_parse(int argc, const char *const *argv, struct module_args *ret);

#endif
