/* SPDX-License-Identifier: MIT */
/*
 * mute-fuse TARGET UID MODE: mounts a FUSE of that user's there, for all to see, whose root has that
 * mode (in octal), and answers none of what it is asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} reply = {.head.len = sizeof reply, .init = {.major = 7, .minor = 31, .max_write = 4096}};
	static char buf[1 << 17];
	const struct fuse_in_header *asked = (const void *)buf;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];
	ssize_t n;

	if (argc != 4 || fd < 0)
		return 1;
	snprintf(options, sizeof options, "fd=%d,rootmode=%s,user_id=%s,group_id=%s,allow_other", fd, argv[3], argv[2],
		 argv[2]);
	if (mount("mute", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		return 1;
	puts("mounted");
	fflush(stdout);
	while ((n = read(fd, buf, sizeof buf)) > 0 || errno == EINTR)
		if (n > 0 && asked->opcode == FUSE_INIT) {
			reply.head.unique = asked->unique;
			if (write(fd, &reply, sizeof reply) < 0)
				return 1;
		}
	return 0;
}
