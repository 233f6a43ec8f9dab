/* SPDX-License-Identifier: MIT */
/*
 * As Linux-PAM reads them: a line goes on after a '\' at its end, '#' begins a comment, the
 * first word may have a '-', the second may be in brackets.  "include" and Debian's
 * "@include" put the other file's lines in this place; "substack" does so a level deeper.
 */
#include "cli/pam_stack.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "lib/scope.h"

#define INCLUDE_MAX 32
#define BLANKS " \t\r"

static const char *const pam_dirs[] = {PAM_DIR, PAM_VENDOR_DIR};

struct reading {
	const struct pam_source *source;
	const char *type;
	struct pam_stack *stack;
	struct err *err;
	unsigned typed; /* "include" and "substack" lines around */
};

/*
 * Take a logical line off *text: comment and continuation are gone.  Returns how many
 * physical lines it had, 0 at the end, -ENOMEM.
 */
static int line_next(const char **text, char **ret)
{
	size_t len = 0;
	int lines = 0;
	FILE *f;

	if (!**text)
		return 0;
	f = open_memstream(ret, &len);
	if (!f)
		return -ENOMEM;
	for (bool more = true; more && **text; lines++) {
		size_t n = strcspn(*text, "\n"), said = strcspn(*text, "#\n");

		/* A comment is not continued: PAM's versions differ, and this is the stricter. */
		more = said == n && n > 0 && (*text)[n - 1] == '\\';
		fwrite(*text, 1, more ? n - 1 : said, f);
		if (more)
			fputc(' ', f);
		*text += n + ((*text)[n] == '\n');
	}
	return fclose(f) ? -ENOMEM : lines;
}

/* The next word of a line, cut off in place; in brackets it is one, with its blanks. */
static char *word_next(char **at)
{
	char *word = *at + strspn(*at, BLANKS), *end;

	if (*word == '[') {
		for (end = word + 1; *end && *end != ']'; end++)
			if (*end == '\\' && end[1] == ']')
				end++;
		end += *end == ']';
	} else {
		end = word + strcspn(word, BLANKS);
	}
	*at = end + (*end != '\0');
	*end = '\0';
	return word;
}

/* What a control says about the lines after it. */
static void read_control(struct pam_entry *e)
{
	const char *at = e->control;

	if (*at != '[') {
		e->ends = strcasecmp(at, "sufficient") == 0;
		return;
	}
	while ((at = strchr(at, '='))) {
		at += 1 + strspn(at + 1, BLANKS);
		if (strncasecmp(at, "done", 4) == 0)
			e->ends = true;
		if (strncasecmp(at, "reset", 5) == 0)
			e->resets = true;
		if (isdigit((unsigned char)*at) && strtoul(at, NULL, 10) > e->jump)
			e->jump = (unsigned)strtoul(at, NULL, 10);
	}
}

static int add_entry(struct reading *r, const char *file, unsigned line, unsigned level, bool silent,
		     bool substack, const char *control, const char *module, const char *args)
{
	struct pam_entry *v = reallocarray(r->stack->v, r->stack->n + 1, sizeof *v), *e;

	if (!v)
		return -ENOMEM;
	r->stack->v = v;
	e = &v[r->stack->n++];
	*e = (struct pam_entry){
		.file = strdup(file), .line = line, .level = level, .silent = silent,
		.substack = substack, .control = strdup(control), .module = strdup(module),
		.args = strdup(args + strspn(args, BLANKS)),
	};
	if (!e->file || !e->control || !e->module || !e->args)
		return -ENOMEM;
	if (!substack)
		read_control(e);
	return 0;
}

static int read_service(struct reading *r, const char *service, unsigned depth, unsigned level);

/*
 * What a line brings in from another file, some levels deeper.  Without the file PAM gives the service
 * up, but where a line with a type asks for it, or for what asks for it: in its place there is
 * a module that fails, and one before it may have ended the stack by then.
 */
static int include(struct reading *r, const char *file, unsigned line, const char *what, unsigned depth,
		   unsigned level, unsigned deeper)
{
	int k;

	if (!*what)
		return err_set(r->err, 0, "%s:%u: what to include is missing", file, line);
	if (depth >= INCLUDE_MAX)
		return err_set(r->err, 0, "%s:%u: files include each other without end", file, line);
	k = read_service(r, what, depth + 1, level + deeper);
	if (k == -ENOENT && r->typed > 0)
		return add_entry(r, file, line, level, false, false, "required", "", "");
	if (k == -ENOENT)
		return err_set(r->err, 0, "%s:%u: there is no file '%s' to include", file, line, what);
	return k;
}

static int include_typed(struct reading *r, const char *file, unsigned line, const char *what, unsigned depth,
			 unsigned level, unsigned deeper)
{
	int k;

	r->typed++;
	k = include(r, file, line, what, depth, level, deeper);
	r->typed--;
	return k;
}

static int read_line(struct reading *r, const char *file, unsigned line, char *at, unsigned depth,
		     unsigned level)
{
	char *type = word_next(&at), *control, *module;
	bool silent = *type == '-';

	if (!*type)
		return 0;
	if (strcasecmp(type, "@include") == 0)
		return include(r, file, line, word_next(&at), depth, level, 0);
	if (strcasecmp(type + silent, r->type) != 0)
		return 0;
	control = word_next(&at);
	module = word_next(&at);
	if (strcasecmp(control, "include") == 0)
		return include_typed(r, file, line, module, depth, level, 0);
	if (strcasecmp(control, "substack") == 0) {
		int k = add_entry(r, file, line, level, silent, true, control, module, "");

		return k ? k : include_typed(r, file, line, module, depth, level, 1);
	}
	return add_entry(r, file, line, level, silent, false, control, module, at);
}

static int read_text(struct reading *r, const char *file, const char *text, unsigned depth, unsigned level)
{
	unsigned line = 1;

	for (;;) {
		_cleanup_free_ char *logical = NULL;
		int n = line_next(&text, &logical), k;

		if (n <= 0)
			return n;
		k = read_line(r, file, line, logical, depth, level);
		if (k)
			return k;
		line += (unsigned)n;
	}
}

static int read_path(struct reading *r, const char *path, unsigned depth, unsigned level)
{
	_cleanup_free_ char *text = NULL;
	int k = r->source->read(r->source->arg, path, &text, r->err);

	if (k || !text)
		return k ? k : -ENOENT;
	return read_text(r, path, text, depth, level);
}

/* The first of that name; -ENOENT is of the file itself only, see include(). */
static int read_service(struct reading *r, const char *service, unsigned depth, unsigned level)
{
	int k = -ENOENT;

	if (*service == '/')
		return read_path(r, service, depth, level);
	for (size_t i = 0; k == -ENOENT && i < sizeof pam_dirs / sizeof *pam_dirs; i++) {
		_cleanup_free_ char *path = text_format("%s/%s", pam_dirs[i], service);

		k = path ? read_path(r, path, depth, level) : -ENOMEM;
	}
	return k;
}

int pam_stack_read(const struct pam_source *source, const char *service, const char *type,
		   struct pam_stack *ret, struct err *err)
{
	struct pam_stack stack = {0};
	struct reading reading = {.source = source, .type = type, .stack = &stack, .err = err};
	int r = read_service(&reading, service, 0, 0);

	if (r) {
		pam_stack_clear(&stack);
		if (r == -ENOENT)
			return err_set(err, r, "PAM service '%s'", service);
		return r == -ENOMEM ? err_set(err, r, "PAM service '%s'", service) : r;
	}
	*ret = stack;
	return 0;
}

void pam_stack_clear(struct pam_stack *stack)
{
	for (size_t i = 0; i < stack->n; i++) {
		free(stack->v[i].file);
		free(stack->v[i].control);
		free(stack->v[i].module);
		free(stack->v[i].args);
	}
	free(stack->v);
	*stack = (struct pam_stack){0};
}

bool pam_entry_is_ours(const struct pam_entry *e)
{
	const char *slash = strrchr(e->module, '/');

	return strcmp(slash ? slash + 1 : e->module, PAM_MODULE_NAME) == 0;
}

static bool has_word(const char *args, const char *word)
{
	size_t len = strlen(word), n;

	for (; *args; args += n) {
		args += strspn(args, BLANKS);
		n = strcspn(args, BLANKS);
		if (n == len && memcmp(args, word, n) == 0)
			return true;
	}
	return false;
}

const struct pam_entry *pam_stack_ours(const struct pam_stack *stack)
{
	for (size_t i = stack->n; i-- > 0;)
		if (pam_entry_is_ours(&stack->v[i]) && !has_word(stack->v[i].args, "close"))
			return &stack->v[i];
	return NULL;
}

/* Can a line before ours, on its own level, keep it from being run? */
static int check_way(const struct pam_stack *stack, const struct pam_entry *ours, struct err *err)
{
	for (const struct pam_entry *e = stack->v; e < ours; e++) {
		unsigned between = 0;

		if (e->level > ours->level)
			continue;
		if (e->ends)
			return err_set(err, 0, "%s:%u: '%s' of %s may end the session's modules before "
					       "ours at %s:%u, and a user would get in without a jail: "
					       "put 'session required " PAM_MODULE_NAME "' before it by "
					       "hand, or make it 'optional'", e->file, e->line, e->control,
				       e->module, ours->file, ours->line);
		for (const struct pam_entry *k = e + 1; k < ours; k++)
			between += k->level <= ours->level;
		if (e->jump > between)
			return err_set(err, 0, "%s:%u: '%s' of %s may jump over our line at %s:%u, and a "
					       "user would get in without a jail: put another module "
					       "after it, or lower the number", e->file, e->line,
				       e->control, e->module, ours->file, ours->line);
	}
	return 0;
}

int pam_stack_check(const struct pam_stack *stack, bool last, struct err *err)
{
	const struct pam_entry *ours = pam_stack_ours(stack);
	const struct pam_entry *end;

	if (!ours)
		return err_set(err, -ENOENT, "no line of type session has " PAM_MODULE_NAME);
	end = &stack->v[stack->n - 1];
	if (strcasecmp(ours->control, "required") != 0 && strcasecmp(ours->control, "requisite") != 0)
		return err_set(err, 0, "%s:%u: the control is '%s', which may let a user in whose jail "
				       "can't be made: write 'required'", ours->file, ours->line,
			       ours->control);
	if (ours->silent)
		return err_set(err, 0, "%s:%u: with '-session' everybody would get in without a jail if "
				       "the module were missing: write 'session'", ours->file, ours->line);
	if (ours->level > 0)
		return err_set(err, 0, "%s:%u: the line is in a substack, whose failure is not that of "
				       "the login: put it into the service's own file", ours->file,
			       ours->line);
	if (last && ours != end)
		return err_set(err, 0, "%s:%u: this line is run after ours at %s:%u, in the fence: move "
				       "ours to the end of the file", end->file, end->line, ours->file,
			       ours->line);
	for (const struct pam_entry *e = ours + 1; e <= end; e++)
		if (e->resets)
			return err_set(err, 0, "%s:%u: '%s' of %s may make PAM forget that our line at "
					       "%s:%u has refused: move ours to the end of the file", e->file,
				       e->line, e->control, e->module, ours->file, ours->line);
	return check_way(stack, ours, err);
}

int pam_text_includes(const char *text, int (*fn)(void *arg, const char *what), void *arg)
{
	for (;;) {
		_cleanup_free_ char *logical = NULL;
		const char *type, *control, *what = "";
		int r = line_next(&text, &logical);
		char *at = logical;

		if (r <= 0)
			return r;
		type = word_next(&at);
		control = word_next(&at);
		if (strcasecmp(type, "@include") == 0)
			what = control;
		else if (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0)
			what = word_next(&at);
		r = *what ? fn(arg, what) : 0;
		if (r)
			return r;
	}
}

unsigned pam_text_names_us(const char *text)
{
	unsigned line = 1;

	for (;;) {
		_cleanup_free_ char *logical = NULL;
		int n = line_next(&text, &logical);

		if (n <= 0)
			return n < 0 ? line : 0; /* without memory: rather one too many */
		if (strstr(logical, PAM_MODULE_NAME))
			return line;
		line += (unsigned)n;
	}
}

int pam_text_silence(const char *text, char **ret)
{
	size_t len;
	FILE *f = open_memstream(ret, &len);

	if (!f)
		return -ENOMEM;
	while (*text) {
		_cleanup_free_ char *logical = NULL;
		const char *at = text;
		int n = line_next(&text, &logical);

		if (n < 0) {
			(void)fclose(f);
			free(*ret);
			return n;
		}
		while (n-- > 0) {
			size_t all = strcspn(at, "\n") + 1;

			if (at + all > text)
				all = (size_t)(text - at);
			if (strstr(logical, PAM_MODULE_NAME))
				fputs("#loginjail removed# ", f);
			fwrite(at, 1, all, f);
			at += all;
		}
	}
	return fclose(f) ? -ENOMEM : 0;
}
