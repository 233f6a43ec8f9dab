/* SPDX-License-Identifier: MIT */
#include "net/nl.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct nl_calls nl;

/* Never closed: the keeper, which has no library directory any more, needs it at the end. */
static int load(struct err *err)
{
	static void *lib;
	const char *missing = NULL;

	if (lib)
		return 0;
	lib = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return err_set(err, -ENOENT, "libmnl can't be loaded (Debian: libmnl0): %s", dlerror());
#define NL_CALL(name)                                                          \
	nl.name = (__typeof__(nl.name))dlsym(lib, "mnl_" #name);               \
	if (!nl.name)                                                          \
		missing = "mnl_" #name;
	NL_CALLS(NL_CALL)
#undef NL_CALL
	if (!missing)
		return 0;
	(void)dlclose(lib);
	lib = NULL;
	return err_set(err, -ENOTSUP, "libmnl is too old, it lacks %s", missing);
}

int nl_open(struct nl_socket *s, int bus, struct err *err)
{
	int r = load(err);

	*s = (struct nl_socket){0};
	if (r)
		return r;
	s->sock = nl.socket_open2(bus, SOCK_CLOEXEC);
	if (!s->sock)
		return err_set(err, -errno, "a netlink socket");
	if (nl.socket_bind(s->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = err_set(err, -errno, "a netlink socket");
		nl_close(s);
	}
	return r;
}

void nl_close(struct nl_socket *s)
{
	if (s->sock)
		(void)nl.socket_close(s->sock);
	s->sock = NULL;
}

struct nlmsghdr *nl_request(struct nl_socket *s, uint16_t type, uint16_t flags)
{
	if (s->last)
		s->used += NLMSG_ALIGN(s->last->nlmsg_len);
	/* What does not fit is an error of ours, not of the kernel's. */
	if (s->used > sizeof s->room - sizeof s->room / 4)
		abort();
	s->last = nl.nlmsg_put_header(s->room + s->used);
	s->last->nlmsg_type = type;
	s->last->nlmsg_flags = NLM_F_REQUEST | flags;
	s->last->nlmsg_seq = ++s->seq;
	return s->last;
}

static int send_all(struct nl_socket *s)
{
	size_t len = s->used + s->last->nlmsg_len;

	s->last = NULL;
	s->used = 0;
	s->sent = s->seq;
	return nl.socket_sendto(s->sock, s->room, len) < 0 ? -errno : 0;
}

int nl_talk(struct nl_socket *s, unsigned int *ret_failed)
{
	unsigned int first = s->sent + 1, answered = s->sent;
	_Alignas(8) char buf[8192];
	int r = 0, k;

	for (char *p = s->room; p <= (char *)s->last; p += NLMSG_ALIGN(((struct nlmsghdr *)p)->nlmsg_len))
		((struct nlmsghdr *)p)->nlmsg_flags |= NLM_F_ACK;
	k = send_all(s);
	while (!k && answered < s->sent) {
		ssize_t n = nl.socket_recvfrom(s->sock, buf, sizeof buf);
		int len = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (const struct nlmsghdr *h = (const void *)buf; nl.nlmsg_ok(h, len);
		     h = nl.nlmsg_next(h, &len)) {
			const struct nlmsgerr *e = nl.nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			answered = h->nlmsg_seq;
			if (e->error && !r) {
				r = e->error;
				if (ret_failed)
					*ret_failed = h->nlmsg_seq - first;
			}
		}
	}
	return k ? k : r;
}

int nl_ask(struct nl_socket *s, void (*fn)(const struct nlmsghdr *h, void *arg), void *arg)
{
	/* As large as the kernel makes a part of a dump. */
	_Alignas(8) char buf[32768];
	int r = send_all(s);

	while (!r) {
		ssize_t n = nl.socket_recvfrom(s->sock, buf, sizeof buf);
		int len = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (const struct nlmsghdr *h = (const void *)buf; nl.nlmsg_ok(h, len);
		     h = nl.nlmsg_next(h, &len)) {
			const struct nlmsgerr *e = nl.nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return e->error;
			fn(h, arg);
			if (!(h->nlmsg_flags & NLM_F_MULTI))
				return 0;
		}
	}
	return r;
}
