/* SPDX-License-Identifier: MIT */
/*
 * The values of each type: the first byte says of which option, the rest is the text.
 * What is taken prints as something that means the same; what is not gets a reason.
 */
#include <errno.h>

#include "config/options.h"
#include "fuzz.h"
#include "lib/scope.h"

/* The number that a field of one holds, if the range is about that. */
static bool number_of(const struct option_row *o, const void *field, uint64_t *ret)
{
	if (o->type->range_kind != RANGE_VALUE)
		return false;
	if (o->type->size == sizeof(uint64_t))
		*ret = *(const uint64_t *)field;
	else if (o->type->size == sizeof(struct limit_pair))
		*ret = ((const struct limit_pair *)field)->soft;
	else
		*ret = *(const mode_t *)field;
	return *ret != NO_LIMIT && *ret < LIMIT_UNSET;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct settings first = {0}, second = {0};
	_cleanup_free_ char *text = NULL, *printed = NULL, *again = NULL;
	struct err err = {""};
	enum option_id id;
	uint64_t n;
	int r;

	if (size < 1)
		return 0;
	id = (enum option_id)(data[0] % OPTION_MAX);
	text = fuzz_text(data + 1, size - 1);
	/* What the reader does not let through. */
	for (const char *p = text; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return 0;
	r = option_parse(id, text, &first, &err);
	must(r == 0 || r == -EINVAL);
	must(r == 0 || err.text[0]);
	if (r == 0) {
		const struct option_row *o = &options[id];

		if (number_of(o, settings_field(&first, id), &n))
			must(n >= o->range.min && n <= o->range.max);
		must(option_print(id, &first, &printed) == 0);
		r = option_parse(id, printed, &second, &err);
		if (r)
			fprintf(stderr, "%s: '%s' printed as '%s': %s\n", o->name, text, printed, err.text);
		must(r == 0);
		must(option_print(id, &second, &again) == 0);
		must(strcmp(printed, again) == 0);
	}
	settings_clear(&first);
	settings_clear(&second);
	return 0;
}
