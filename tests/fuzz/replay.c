/* SPDX-License-Identifier: MIT */
/*
 * usage: PROGRAM DIRECTORY
 *
 * Gives a fuzz target each file of its corpus, as TAP.  The sanitizers end the program
 * at the first input that they complain of; the name is out before.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "fuzz.h"

static const char *current = "nothing";
static int run;

/* By write, since it is called on the way out, wherever that was begun. */
static void complain(int signal)
{
	char line[300];
	int n = snprintf(line, sizeof line, "not ok %d - %s (run by hand to see more)\n1..%d\n", run, current, run);

	(void)signal;
	(void)!write(1, line, (size_t)n);
	_exit(1);
}

static void run_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;

	must(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
	/* Of just its size: what is read behind it is noticed. */
	data = malloc((size_t)st.st_size);
	must(read(fd, data, (size_t)st.st_size) == st.st_size);
	(void)close(fd);
	(void)fuzz_one(data, (size_t)st.st_size);
	free(data);
	printf("ok %d - %s\n", run, name);
}

#ifdef __SANITIZE_ADDRESS__
void __sanitizer_set_death_callback(void (*callback)(void));

static void at_death(void)
{
	complain(0);
}
#endif

int main(int argc, char **argv)
{
	struct dirent **names;
	int n, dir;

	setvbuf(stdout, NULL, _IOLBF, 0);
	must(argc == 2);
	n = scandir(argv[1], &names, NULL, alphasort);
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(n > 2 && dir >= 0);
	(void)signal(SIGABRT, complain);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(at_death);
#endif
	for (int i = 0; i < n; i++) {
		current = names[i]->d_name;
		if (current[0] != '.') {
			run++;
			run_file(dir, current);
		}
		free(names[i]);
	}
	free(names);
	(void)close(dir);
	current = "memory that was not freed";
	run++;
#ifndef __SANITIZE_ADDRESS__
	(void)complain;
#else
	{
		int __lsan_do_recoverable_leak_check(void);

		if (__lsan_do_recoverable_leak_check())
			complain(0);
	}
#endif
	printf("ok %d - nothing is left in memory\n1..%d\n", run, run);
	return 0;
}
