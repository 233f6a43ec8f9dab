/* SPDX-License-Identifier: MIT */
/* Settings as a section of jail.ini gives them. */
#ifndef LOGINJAIL_TEST_SETTINGS_H
#define LOGINJAIL_TEST_SETTINGS_H

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "tap.h"

/* Of a section with this text, the caller's to free; one assertion. */
static struct config *settings_of(const char *text)
{
	char whole[512];
	struct config *config;

	snprintf(whole, sizeof whole, "[jail a]\nusers = u\n%s", text);
	ok(config_parse("test", whole, strlen(whole), &config) == 0 && config->n_errors == 0, "(settings)");
	return config;
}

#endif
