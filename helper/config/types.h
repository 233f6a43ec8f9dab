/* SPDX-License-Identifier: MIT */
/* The kinds of value that an option can have. */
#ifndef LOGINJAIL_CONFIG_TYPES_H
#define LOGINJAIL_CONFIG_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "net/addr.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)

/* What the word "max" means, of memory, pids, cpu, disk and others whose least is above 0. */
#define NO_LIMIT UINT64_C(0)
/* The same of those that can be 0: swap, and what setrlimit(2) knows (RLIM_INFINITY). */
#define LIMIT_MAX UINT64_MAX
/* Of the latter: nothing was said, soft and hard. */
#define LIMIT_UNSET (UINT64_MAX - 1)

/* Of linger: the word "while-busy". */
#define LINGER_WHILE_BUSY UINT64_MAX

struct strings {
	char **v;
	size_t n;
};

struct bind {
	char *source;
	char *destination; /* same text as source where the file named none */
};

struct binds {
	struct bind *v;
	size_t n;
};

struct prefixes {
	struct prefix *v;
	size_t n;
};

/* The first one of the family; or NULL. */
static inline const struct prefix *prefixes_find(const struct prefixes *list, int family)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].family == family)
			return &list->v[i];
	return NULL;
}

/* The first one of a that has addresses in common with one of b; or NULL. */
static inline const struct prefix *prefixes_overlap(const struct prefixes *a, const struct prefixes *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (prefix_overlaps(&a->v[i], &b->v[k]))
				return &a->v[i];
	return NULL;
}

struct targets {
	struct target *v;
	size_t n;
};

struct publishes {
	struct publish *v;
	size_t n;
};

/* What a routed jail's network is open for as long as it exists. */
enum gate_kind { GATE_NONE, GATE_FILE, GATE_UNIT, GATE_PROCESS, GATE_KIND_MAX };
struct gate_spec {
	enum gate_kind kind;
	char *name; /* an absolute path; a unit, or its control group; a command name.  NULL of GATE_NONE */
	char *user; /* whose process; NULL: root's */
};

struct limit_pair {
	uint64_t soft;
	uint64_t hard;
};

/* The words stand in types.c in the same order. */
enum yes_no { ANSWER_NO, ANSWER_YES, YES_NO_MAX };
enum storage_kind { STORAGE_EPHEMERAL, STORAGE_MEMORY, STORAGE_PERSISTENT, STORAGE_KIND_MAX };
enum home_kind { HOME_BIND, HOME_PRIVATE, HOME_NONE, HOME_KIND_MAX };
enum network_kind { NETWORK_NONE, NETWORK_PRIVATE, NETWORK_ROUTED, NETWORK_BRIDGE, NETWORK_HOST, NETWORK_KIND_MAX };
enum scope_kind { SCOPE_USER, SCOPE_SESSION, SCOPE_KIND_MAX };

/* Type by type, what a field of struct settings is in C. */
#define FIELD_user_list struct strings	  /* "alice", "#1001" */
#define FIELD_group_list struct strings	  /* "students" */
#define FIELD_except_list struct strings  /* "alice", "#1001", "@staff" */
#define FIELD_service_list struct strings /* "sshd" */
#define FIELD_path_list struct strings
#define FIELD_env_list struct strings	  /* "NAME=VALUE", each name once */
#define FIELD_bind_list struct binds
#define FIELD_hostname char *		  /* never NULL; "" is none */
#define FIELD_path char *		  /* never NULL; "" is none */
#define FIELD_tree_name char *		  /* never NULL; "host" is the host's own tree */
#define FIELD_seccomp_profile char *	  /* never NULL; see filter/builtin.h */
#define FIELD_yes_no enum yes_no
#define FIELD_storage_kind enum storage_kind
#define FIELD_home_kind enum home_kind
#define FIELD_network_kind enum network_kind
#define FIELD_scope_kind enum scope_kind
#define FIELD_pool struct prefixes	  /* at most one of each family */
#define FIELD_address_list struct prefixes /* all of their bits */
#define FIELD_gateway_list struct prefixes /* at most one of each family; the bits behind len are not zero */
#define FIELD_interface char *		  /* never NULL; "" is none */
#define FIELD_target_list struct targets
#define FIELD_publish_list struct publishes
#define FIELD_gate struct gate_spec
#define FIELD_size uint64_t		  /* bytes */
#define FIELD_size_or_max uint64_t	  /* bytes or NO_LIMIT */
#define FIELD_rate_or_max uint64_t	  /* bits per second or NO_LIMIT */
#define FIELD_count uint64_t
#define FIELD_count_or_max uint64_t	  /* or NO_LIMIT */
#define FIELD_cpu_share uint64_t	  /* thousandths of a processor, or NO_LIMIT */
#define FIELD_swap_size uint64_t	  /* bytes or LIMIT_MAX */
#define FIELD_cpu_list char *		  /* as the kernel prints it; "" is none */
#define FIELD_limit_pair struct limit_pair
#define FIELD_rlimit_count struct limit_pair /* or LIMIT_MAX; or both LIMIT_UNSET */
#define FIELD_rlimit_size struct limit_pair
#define FIELD_rlimit_time struct limit_pair /* seconds */
#define FIELD_octal mode_t
#define FIELD_duration_or_max uint64_t	  /* seconds, or NO_LIMIT */
#define FIELD_linger uint64_t		  /* seconds, or LINGER_WHILE_BUSY */

/* Does such a jail have a link to the outside, and rules for it? */
static inline bool network_has_link(enum network_kind k)
{
	return k == NETWORK_ROUTED || k == NETWORK_BRIDGE;
}

/* What a parser may ask of the option it parses for. */
struct range {
	uint64_t min;
	uint64_t max; /* UINT64_MAX is none */
};

/* What an option's range is about. */
enum range_kind { RANGE_NONE, RANGE_VALUE, RANGE_ITEMS, RANGE_LENGTH };

struct type {
	const char *name;
	const char *arg;   /* the placeholder that the man page shows */
	const char *doc;   /* how such a value is written; a sentence */
	const char *const *words; /* of an enumeration, NULL-terminated; else NULL */
	size_t size;	   /* of the field */
	enum range_kind range_kind;

	/*
	 * Parse text into the zeroed field.  On -EINVAL err says what is wrong and
	 * what would be right; lists then hold the items that were good (see
	 * except in read.c), all else is left alone.  -ENOMEM.
	 */
	int (*parse)(const struct type *type, const struct range *range, const char *text,
		     void *field, struct err *err);

	/* The value as it would be written in the file; *ret is the caller's. -ENOMEM. */
	int (*print)(const struct type *type, const void *field, char **ret);

	/* Free what the field owns and zero it; of a zeroed field as well. NULL: owns nothing. */
	void (*clear)(void *field);
};

enum type_id {
	TYPE_user_list,
	TYPE_group_list,
	TYPE_except_list,
	TYPE_service_list,
	TYPE_path_list,
	TYPE_env_list,
	TYPE_bind_list,
	TYPE_hostname,
	TYPE_path,
	TYPE_tree_name,
	TYPE_seccomp_profile,
	TYPE_yes_no,
	TYPE_storage_kind,
	TYPE_home_kind,
	TYPE_network_kind,
	TYPE_scope_kind,
	TYPE_pool,
	TYPE_address_list,
	TYPE_gateway_list,
	TYPE_interface,
	TYPE_target_list,
	TYPE_publish_list,
	TYPE_gate,
	TYPE_size,
	TYPE_size_or_max,
	TYPE_rate_or_max,
	TYPE_count,
	TYPE_count_or_max,
	TYPE_cpu_share,
	TYPE_swap_size,
	TYPE_cpu_list,
	TYPE_limit_pair,
	TYPE_rlimit_count,
	TYPE_rlimit_size,
	TYPE_rlimit_time,
	TYPE_octal,
	TYPE_duration_or_max,
	TYPE_linger,
	TYPE_MAX,
};

extern const struct type types[TYPE_MAX];

#endif
