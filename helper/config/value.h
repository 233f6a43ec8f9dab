/* SPDX-License-Identifier: MIT */
/* Parsers and printers of single values and of lists: the entries of types.c's rows. */
#ifndef LOGINJAIL_CONFIG_VALUE_H
#define LOGINJAIL_CONFIG_VALUE_H

#include <stdbool.h>

#include "config/number.h"
#include "config/types.h"

#define VALUE_PARSER(name)                                                              \
	int parse_##name(const struct type *type, const struct range *range,            \
			 const char *text, void *field, struct err *err)
#define VALUE_PRINTER(name) \
	int print_##name(const struct type *type, const void *field, char **ret)

/* value.c */
VALUE_PARSER(word);
VALUE_PARSER(size);
VALUE_PARSER(size_or_max);
VALUE_PARSER(rate_or_max);
VALUE_PARSER(count);
VALUE_PARSER(count_or_max);
VALUE_PARSER(cpu_share);
VALUE_PARSER(swap_size);
VALUE_PARSER(octal);
VALUE_PARSER(duration_or_max);
VALUE_PARSER(linger);
VALUE_PARSER(hostname);
VALUE_PARSER(path);
VALUE_PARSER(tree_name);
VALUE_PARSER(seccomp_profile);
VALUE_PRINTER(word);
VALUE_PRINTER(size);
VALUE_PRINTER(size_or_max);
VALUE_PRINTER(rate_or_max);
VALUE_PRINTER(count);
VALUE_PRINTER(count_or_max);
VALUE_PRINTER(cpu_share);
VALUE_PRINTER(swap_size);
VALUE_PRINTER(octal);
VALUE_PRINTER(duration_or_max);
VALUE_PRINTER(linger);
VALUE_PRINTER(text);
void clear_text(void *field);

/* One number with its range, for the parsers of other files; form says how to write it. */
int value_number(const struct range *range, const char *text, const struct unit *units,
		 const char *form, uint64_t *ret, struct err *err);

/* pair.c */
VALUE_PARSER(limit_pair);
VALUE_PARSER(rlimit_count);
VALUE_PARSER(rlimit_size);
VALUE_PARSER(rlimit_time);
VALUE_PRINTER(limit_pair);
VALUE_PRINTER(rlimit_count);
VALUE_PRINTER(rlimit_size);
VALUE_PRINTER(rlimit_time);

/* cpu_list.c */
VALUE_PARSER(cpu_list);

/* list.c */
VALUE_PARSER(user_list);
VALUE_PARSER(group_list);
VALUE_PARSER(except_list);
VALUE_PARSER(service_list);
VALUE_PARSER(path_list);
VALUE_PARSER(env_list);
VALUE_PARSER(bind_list);
/* Add the item to the field, or say what is wrong with it. */
typedef int add_fn(void *field, const char *item, struct err *err);
int parse_list(const struct range *range, const char *text, bool commas, add_fn *add,
	       void *field, struct err *err);
VALUE_PRINTER(comma_list);
VALUE_PRINTER(blank_list);
VALUE_PRINTER(bind_list);
void clear_strings(void *field);
void clear_binds(void *field);

/* netlist.c */
VALUE_PARSER(pool);
VALUE_PARSER(gateway_list);
VALUE_PARSER(interface);
VALUE_PARSER(address_list);
VALUE_PARSER(target_list);
VALUE_PRINTER(prefixes);
VALUE_PARSER(publish_list);
VALUE_PRINTER(publish_list);
void clear_publish_list(void *field);
VALUE_PRINTER(targets);
void clear_prefixes(void *field);
void clear_targets(void *field);

/* gate.c */
VALUE_PARSER(gate);
VALUE_PRINTER(gate);
void clear_gate(void *field);

/* Is it an absolute path without "//", ".", ".." or a slash at its end?  err says which. */
int path_check(const char *path, struct err *err);

#endif
