/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int r, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (!err)
		return r ? r : -EINVAL;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	if (!r)
		return -EINVAL;
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(-r));
	return r;
}

int err_prefix(struct err *err, int r, const char *fmt, ...)
{
	char inner[sizeof err->text];
	va_list ap;
	size_t n;

	if (!err)
		return r;
	memcpy(inner, err->text, sizeof inner);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", inner);
	return r;
}
