/* SPDX-License-Identifier: MIT */
#include "config/types.h"

#include "config/value.h"

static const char *const storage_words[] = {"ephemeral", "memory", "persistent", NULL};
static const char *const home_words[] = {"bind", "private", "none", NULL};
static const char *const network_words[] = {"none", "private", "routed", "bridge", "host", NULL};
static const char *const scope_words[] = {"user", "session", NULL};
static const char *const yes_no_words[] = {"no", "yes", NULL};

/* parse_word() counts words into the field as an unsigned. */
_Static_assert(sizeof(enum home_kind) == sizeof(unsigned), "enums are as wide as unsigned");
_Static_assert(sizeof home_words / sizeof *home_words == HOME_KIND_MAX + 1, "a word for each");
_Static_assert(sizeof yes_no_words / sizeof *yes_no_words == YES_NO_MAX + 1, "a word for each");
_Static_assert(sizeof storage_words / sizeof *storage_words == STORAGE_KIND_MAX + 1,
	       "a word for each");
_Static_assert(sizeof network_words / sizeof *network_words == NETWORK_KIND_MAX + 1,
	       "a word for each");
_Static_assert(sizeof scope_words / sizeof *scope_words == SCOPE_KIND_MAX + 1, "a word for each");


#define TYPE(name, kind, arg, parse, print, clear, doc)                                     \
	[TYPE_##name] = {#name, arg, doc, NULL, sizeof(FIELD_##name), RANGE_##kind, parse, \
			 print, clear}
#define WORD_TYPE(name, words)                                                              \
	[TYPE_##name] = {#name, "word", "One of its words.", words, sizeof(FIELD_##name),  \
			 RANGE_NONE, parse_word, print_word, NULL}

const struct type types[TYPE_MAX] = {
	TYPE(user_list, ITEMS, "user ...", parse_user_list, print_comma_list, clear_strings,
	     "Login names or #UIDs, separated by blanks or commas."),
	TYPE(group_list, ITEMS, "group ...", parse_group_list, print_comma_list, clear_strings,
	     "Names of groups, separated by blanks or commas."),
	TYPE(except_list, ITEMS, "user | @group ...", parse_except_list, print_comma_list,
	     clear_strings,
	     "Login names, #UIDs or @groups, separated by blanks or commas."),
	TYPE(service_list, ITEMS, "service ...", parse_service_list, print_comma_list,
	     clear_strings, "Names of PAM services, separated by blanks or commas."),
	TYPE(path_list, ITEMS, "path ...", parse_path_list, print_comma_list, clear_strings,
	     "Absolute paths, separated by blanks or commas; quote one that has either."),
	TYPE(env_list, ITEMS, "name=value ...", parse_env_list, print_blank_list, clear_strings,
	     "Assignments separated by blanks."),
	TYPE(bind_list, ITEMS, "source[:destination] ...", parse_bind_list, print_bind_list,
	     clear_binds,
	     "Absolute paths, separated by blanks or commas; quote one that has either. "
	     "A path can't have a colon in it."),
	TYPE(hostname, LENGTH, "name", parse_hostname, print_text, clear_text,
	     "Letters, digits, '-' and '.'."),
	TYPE(path, LENGTH, "path", parse_path, print_text, clear_text, "An absolute path."),
	TYPE(tree_name, LENGTH, "host | name", parse_tree_name, print_text, clear_text,
	     "The word host, or a name of letters, digits, '.', '_' and '-' that begins with a letter "
	     "or digit."),
	TYPE(seccomp_profile, LENGTH, "default | strict | off | path", parse_seccomp_profile, print_text, clear_text,
	     "One of the words, or an absolute path."),
	WORD_TYPE(yes_no, yes_no_words),
	WORD_TYPE(storage_kind, storage_words),
	WORD_TYPE(home_kind, home_words),
	WORD_TYPE(network_kind, network_words),
	WORD_TYPE(scope_kind, scope_words),
	TYPE(pool, ITEMS, "prefix ...", parse_pool, print_prefixes, clear_prefixes,
	     "One prefix of IPv4, one of IPv6, or one of each."),
	TYPE(address_list, ITEMS, "address ...", parse_address_list, print_prefixes, clear_prefixes,
	     "Addresses, separated by blanks or commas."),
	TYPE(gateway_list, ITEMS, "address/length ...", parse_gateway_list, print_prefixes, clear_prefixes,
	     "One address of IPv4, one of IPv6, or one of each, with the length of its net's prefix."),
	TYPE(interface, LENGTH, "name", parse_interface, print_text, clear_text,
	     "The name of an interface: letters, digits, '.', '_' and '-'."),
	TYPE(target_list, ITEMS, "prefix[:port[-port][/protocol]] ...", parse_target_list, print_targets,
	     clear_targets,
	     "Addresses or prefixes, separated by blanks or commas. After a colon a port or a range of "
	     "ports, of tcp and udp if neither is named, or one of the words tcp, udp and icmp; "
	     "brackets around an IPv6 prefix that has a colon after it."),
	TYPE(publish_list, ITEMS, "port[:port]/protocol ...", parse_publish_list, print_publish_list,
	     clear_publish_list,
	     "Ports of the host, of the jail if it is another, and tcp or udp, separated by blanks or commas."),
	TYPE(gate, NONE, "file:path | unit:name | process:name[@user]", parse_gate, print_gate, clear_gate,
	     "The absolute path of a file; a service or scope of systemd, or its control group with a slash in front; "
	     "or the name of a command and after an @ whose it must be, if not root's."),
	TYPE(size, VALUE, "size", parse_size, print_size, NULL,
	     "Bytes, or with K, M, G or T the powers of 1024."),
	TYPE(size_or_max, VALUE, "size | max", parse_size_or_max, print_size_or_max, NULL,
	     "Bytes, or with K, M, G or T the powers of 1024; or max for no limit."),
	TYPE(swap_size, VALUE, "size | max", parse_swap_size, print_swap_size, NULL,
	     "Bytes, or with K, M, G or T the powers of 1024; or max for no limit."),
	TYPE(cpu_list, LENGTH, "list", parse_cpu_list, print_text, clear_text,
	     "Numbers of processors and ranges of them, separated by commas."),
	TYPE(rate_or_max, VALUE, "rate | max", parse_rate_or_max, print_rate_or_max, NULL,
	     "Bits per second, or with K, M or G the powers of 1000; or max for no limit."),
	TYPE(count, VALUE, "number", parse_count, print_count, NULL, "A whole number."),
	TYPE(count_or_max, VALUE, "number | max", parse_count_or_max, print_count_or_max, NULL,
	     "A whole number, or max for no limit."),
	TYPE(cpu_share, VALUE, "share | max", parse_cpu_share, print_cpu_share, NULL,
	     "Per cent of one processor with a %, or a number of processors: a whole number "
	     "from 10 up needs the % or a decimal point; or max for no limit."),
	TYPE(limit_pair, VALUE, "number[:number]", parse_limit_pair, print_limit_pair, NULL,
	     "Two whole numbers, or one for both."),
	TYPE(rlimit_count, VALUE, "number[:number] | max", parse_rlimit_count, print_rlimit_count, NULL,
	     "Two whole numbers, or one for both; max for no limit."),
	TYPE(rlimit_size, VALUE, "size[:size] | max", parse_rlimit_size, print_rlimit_size, NULL,
	     "Two sizes, or one for both: bytes, or with K, M, G or T the powers of 1024; max for no "
	     "limit."),
	TYPE(rlimit_time, VALUE, "time[:time] | max", parse_rlimit_time, print_rlimit_time, NULL,
	     "Two times, or one for both: seconds, or a number with s, m, h or d; max for no limit."),
	TYPE(octal, VALUE, "mode", parse_octal, print_octal, NULL, "An octal number."),
	TYPE(duration_or_max, VALUE, "time | max", parse_duration_or_max, print_duration_or_max,
	     NULL, "Seconds, or a number with s, m, h or d; or max for no limit."),
	TYPE(linger, VALUE, "time | while-busy", parse_linger, print_linger, NULL,
	     "Seconds, or a number with s, m, h or d; or the word while-busy."),
};
