/* SPDX-License-Identifier: MIT */
/* Where sftp servers are. */
#ifndef LOGINJAIL_SFTP_H
#define LOGINJAIL_SFTP_H

#define SFTP_SERVERS                                                     \
	{                                                                \
		"/usr/lib/openssh/sftp-server",	    /* Debian */         \
		"/usr/libexec/openssh/sftp-server", /* Red Hat */        \
		"/usr/lib/ssh/sftp-server",	    /* Arch, SUSE, Alpine */ \
		"/usr/libexec/sftp-server",                              \
	}

/*
 * Where set-up shows the host's, in a jail that has none of these: a directory with
 * the server, the libraries that it needs and the loader for both.
 */
#define SFTP_DIR "/run/loginjail/sftp"
#define SFTP_SERVER SFTP_DIR "/sftp-server"
#define SFTP_LOADER SFTP_DIR "/ld.so"

#endif
