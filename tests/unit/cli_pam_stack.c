/* SPDX-License-Identifier: MIT */
/* PAM's files are read as PAM does, and a stack that lets somebody past our line is found. */
#include <errno.h>
#include <stdlib.h>

#include "cli/pam_stack.h"
#include "tap.h"

/* Files of the test: path, text, ... NULL. */
static int find(void *arg, const char *path, char **ret, struct err *err)
{
	const char *const *f = arg;

	(void)err;
	*ret = NULL;
	for (; *f; f += 2)
		if (strcmp(f[0], path) == 0)
			*ret = strdup(f[1]);
	return 0;
}

/* The stack of service "x" as one text: level, control, module, arguments. */
static void reads(const char *name, const char *const *files, const char *want)
{
	const struct pam_source source = {find, (void *)files};
	struct pam_stack stack = {0};
	struct err err = {""};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	is_int(pam_stack_read(&source, "x", "session", &stack, &err), 0, "%s (%s)", name, err.text);
	for (size_t i = 0; i < stack.n; i++)
		fprintf(f, "%s:%u %u %s %s %s\n", stack.v[i].file, stack.v[i].line, stack.v[i].level,
			stack.v[i].control, stack.v[i].module, stack.v[i].args);
	fclose(f);
	is_str(text, want, "%s", name);
	free(text);
	pam_stack_clear(&stack);
}

#define FILES(...) (const char *const[]){__VA_ARGS__, NULL}

static void reading(void)
{
	reads("words", FILES("/etc/pam.d/x", "auth a b\nSESSION\tRequired  m.so a=b c \n-session optional n.so\n"),
	      "/etc/pam.d/x:2 0 Required m.so a=b c \n/etc/pam.d/x:3 0 optional n.so \n");
	reads("comments", FILES("/etc/pam.d/x", "# session a b\n\nsession a b # c\n  # \\\nsession d e#f\n"),
	      "/etc/pam.d/x:3 0 a b \n/etc/pam.d/x:5 0 d e \n");
	reads("continued", FILES("/etc/pam.d/x", "session \\\n required \\\n m.so a\nsession b c"),
	      "/etc/pam.d/x:1 0 required m.so a\n/etc/pam.d/x:4 0 b c \n");
	reads("brackets", FILES("/etc/pam.d/x", "session [success=ok  default=bad] m.so [a b]\n"),
	      "/etc/pam.d/x:1 0 [success=ok  default=bad] m.so [a b]\n");
	reads("include", FILES("/etc/pam.d/x", "session include y\n@include z\nsession a b\n", "/etc/pam.d/y",
			       "session y1 y\nauth no no\n", "/usr/lib/pam.d/z", "session z1 z\n"),
	      "/etc/pam.d/y:1 0 y1 y \n/usr/lib/pam.d/z:1 0 z1 z \n/etc/pam.d/x:3 0 a b \n");
	reads("substack", FILES("/usr/lib/pam.d/x", "session substack y\nsession a b\n", "/etc/pam.d/y",
				"session y1 y\nauth no no\n"),
	      "/usr/lib/pam.d/x:1 0 substack y \n/etc/pam.d/y:1 1 y1 y \n/usr/lib/pam.d/x:2 0 a b \n");
	reads("a missing include", FILES("/etc/pam.d/x", "session include none\nsession a b\n"),
	      "/etc/pam.d/x:1 0 required  \n/etc/pam.d/x:2 0 a b \n");
	reads("a missing substack", FILES("/etc/pam.d/x", "session substack none\nsession a b\n"),
	      "/etc/pam.d/x:1 0 substack none \n/etc/pam.d/x:1 0 required  \n/etc/pam.d/x:2 0 a b \n");
	reads("one of what is included", FILES("/etc/pam.d/x", "session include y\nsession a b\n", "/etc/pam.d/y",
					       "@include none\n"),
	      "/etc/pam.d/y:1 0 required  \n/etc/pam.d/x:2 0 a b \n");
	reads("/etc is first", FILES("/usr/lib/pam.d/x", "session a b\n", "/etc/pam.d/x", "session c d\n"),
	      "/etc/pam.d/x:1 0 c d \n");
	reads("absolute", FILES("/etc/pam.d/x", "session include /opt/y\n", "/opt/y", "session a b\n"),
	      "/opt/y:1 0 a b \n");
}

static void wrong(const char *name, const char *const *files, int want, const char *says)
{
	const struct pam_source source = {find, (void *)files};
	struct pam_stack stack = {0};
	struct err err = {""};

	is_int(pam_stack_read(&source, "x", "session", &stack, &err), want, "%s", name);
	contains(err.text, says, "%s: the message", name);
	pam_stack_clear(&stack);
}

static void checks(const char *name, const char *text, bool last, int want, const char *says)
{
	const char *const *files = FILES("/etc/pam.d/x", text, "/etc/pam.d/sub", "session sufficient s.so\n"
					 "session [success=5 default=ignore] s.so\n", "/etc/pam.d/ours",
					 "session required pam_loginjail.so\n");
	const struct pam_source source = {find, (void *)files};
	struct pam_stack stack = {0};
	struct err err = {""};

	is_int(pam_stack_read(&source, "x", "session", &stack, &err), 0, "(%s: read)", name);
	is_int(pam_stack_check(&stack, last, &err), want, "%s", name);
	if (want)
		contains(err.text, says, "%s: the message", name);
	pam_stack_clear(&stack);
}

#define OURS "session required pam_loginjail.so open\n"

static void checking(void)
{
	checks("the usual", "session required pam_loginjail.so close\nsession a b\n" OURS, true, 0, "");
	checks("none", "session a b\n", false, -ENOENT, "no line");
	checks("an empty stack", "", true, -ENOENT, "no line");
	checks("close alone is none", "session required pam_loginjail.so close\n", false, -ENOENT, "no line");
	checks("by a path", "session required /opt/pam_loginjail.so\n", true, 0, "");
	checks("another module", "session required xpam_loginjail.so\n", true, -ENOENT, "no line");
	checks("optional", "session optional pam_loginjail.so\n", false, -EINVAL, "write 'required'");
	checks("sufficient", "session sufficient pam_loginjail.so\n", false, -EINVAL, "write 'required'");
	checks("brackets", "session [default=ignore] pam_loginjail.so\n", false, -EINVAL, "x:1: the control");
	checks("silent", "-session required pam_loginjail.so\n", false, -EINVAL, "write 'session'");
	checks("not last", OURS "session optional m.so\n", true, -EINVAL, "x:2: this line");
	checks("need not be", OURS "session optional m.so\n", false, 0, "");
	checks("account after it", OURS "account optional m.so\n", true, 0, "");
	checks("in an include", "session include ours\n", true, 0, "");
	checks("in a substack", "session substack ours\n", false, -EINVAL, "ours:1: the line is in a substack");
	checks("sufficient before it", "session sufficient m.so\n" OURS, true, -EINVAL, "x:1: 'sufficient' of m.so");
	checks("sufficient after it", OURS "session sufficient m.so\n", false, 0, "");
	checks("done before it", "session [success=done default=ignore] m.so\n" OURS, true, -EINVAL, "x:1: ");
	checks("reset after it", OURS "session [default=reset] m.so\n", false, -EINVAL, "x:2: '[default=reset]'");
	checks("reset before it", "session [default=reset] m.so\n" OURS, false, 0, "");
	checks("sufficient in a substack", "session substack sub\n" OURS, true, 0, "");
	checks("sufficient in an include", "session include sub\n" OURS, true, -EINVAL, "sub:1: ");
	checks("sufficient, and no file", "session sufficient m.so\nsession include none\n" OURS, false, -EINVAL,
	       "x:1: 'sufficient' of m.so");
	checks("no file, without ours", "session sufficient m.so\nsession include none\n", false, -ENOENT, "no line");
	checks("a jump up to it", "session [default=1] m.so\nsession a b\n" OURS, true, 0, "");
	checks("a jump over it", "session [default=1] m.so\n" OURS, true, -EINVAL,
	       "x:1: '[default=1]' of m.so may jump");
	checks("a longer one", "session [success=ok ignore=3 default=bad] m.so\nsession a b\nsession c d\n" OURS,
	       true, -EINVAL, "x:1: ");
	checks("a jump over a substack", "session [default=1] m.so\nsession substack sub\n" OURS, true, 0, "");
	checks("which is one module", "session [default=2] m.so\nsession substack sub\n" OURS, true, -EINVAL, "x:1");
}

static void texts(void)
{
	char *text = NULL;

	is_int(pam_text_names_us("a\n# pam_loginjail.so\nsession x pam_other.so # pam_loginjail.so\n"), 0,
	       "comments name nobody");
	is_int(pam_text_names_us("a\n\\\nb \\\n pam_loginjail.so\n"), 2, "a continued line does");
	is_int(pam_text_silence("a\nsession required pam_loginjail.so\nsession \\\n required pam_loginjail.so x\nb",
				&text), 0, "silence");
	is_str(text, "a\n#loginjail removed# session required pam_loginjail.so\n#loginjail removed# session \\\n"
		     "#loginjail removed#  required pam_loginjail.so x\nb", "every part of it");
	is_int(pam_text_names_us(text), 0, "and none is left");
	free(text);
	is_int(pam_text_silence("session required pam_loginjail.so", &text), 0, "without a newline");
	is_str(text, "#loginjail removed# session required pam_loginjail.so", "none comes to it");
	free(text);
}

int main(void)
{
	reading();
	wrong("no service", FILES("/etc/pam.d/y", ""), -ENOENT, "'x'");
	wrong("no include", FILES("/etc/pam.d/x", "auth a b\n@include none\n"), -EINVAL, "/etc/pam.d/x:2: ");
	wrong("no include, by way of another", FILES("/etc/pam.d/x", "session include z\n@include y\n", "/etc/pam.d/y",
						     "@include none\n", "/etc/pam.d/z", ""), -EINVAL,
	      "/etc/pam.d/y:1: ");
	wrong("nothing to include", FILES("/etc/pam.d/x", "session include\n"), -EINVAL, "/etc/pam.d/x:1: ");
	wrong("a loop", FILES("/etc/pam.d/x", "session include x\n"), -EINVAL, "without end");
	checking();
	texts();
	return done_testing();
}
