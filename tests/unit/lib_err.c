/* SPDX-License-Identifier: MIT */
/* The error text: what a function that fails returns, and what a person reads. */
#include <errno.h>
#include <stdlib.h>

#include "lib/err.h"
#include "tap.h"

int main(void)
{
	struct err *err = malloc(sizeof *err); /* so that a write beyond it is noticed */
	char longer[2 * sizeof err->text];

	is_int(err_set(err, -ENOENT, "opening '%s'", "/x"), -ENOENT, "the errno comes back");
	is_str(err->text, "opening '/x': No such file or directory", "and its text is there");
	is_int(err_set(err, 0, "no %d", 5), -EINVAL, "without an errno it is -EINVAL");
	is_str(err->text, "no 5", "and the text replaces the old one");
	is_int(err_prefix(err, -EPERM, "jail %u", 7u), -EPERM, "a prefix keeps the errno");
	is_str(err->text, "jail 7: no 5", "and comes before");
	is_int(err_prefix(err, 0, "a"), 0, "a prefix keeps 0 as well");
	is_str(err->text, "a: jail 7: no 5", "and comes before again");

	is_int(err_set(NULL, -EIO, "x"), -EIO, "nobody wants the text");
	is_int(err_set(NULL, 0, "x"), -EINVAL, "nor that");
	is_int(err_prefix(NULL, -EIO, "x"), -EIO, "nor a prefix");

	memset(longer, 'y', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	for (size_t len = sizeof err->text - 40; len < sizeof err->text + 2; len++) {
		if (err_set(err, -ENOENT, "%.*s", (int)len, longer) != -ENOENT ||
		    strnlen(err->text, sizeof err->text) == sizeof err->text ||
		    strncmp(err->text, longer,
			    len < sizeof err->text ? len : sizeof err->text - 1) != 0)
			ok(false, "a text of %zu characters", len);
	}
	ok(true, "texts about as long as there is room");
	is_int(strlen(err->text), sizeof err->text - 1, "too long a text is cut");
	is_int(err_prefix(err, -E2BIG, "%s", longer), -E2BIG, "too long a prefix");
	is_int(strlen(err->text), sizeof err->text - 1, "is cut, too");
	err_set(err, 0, "end");
	for (int i = 0; i < 300; i++)
		err_prefix(err, -EINVAL, "%d", i);
	ok(strncmp(err->text, "299: 298: ", 10) == 0, "the outermost of many prefixes are kept");
	is_int(strlen(err->text), sizeof err->text - 1, "and the text never outgrows its room");
	free(err);
	return done_testing();
}
