/* SPDX-License-Identifier: MIT */
/*
 * usage: reach [SOURCE@]PROTOCOL/ADDRESS[/PORT] ...
 *
 * Who answers there?  PROTOCOL is tcp, udp (both send a line and wait for one), icmp
 * (an echo), raw or packet (whether such a socket can be had), arp or nd (announce on eth0
 * that ADDRESS is here, to all).  With SOURCE the socket
 * is bound to that address, whoever's it is.  Prints a line for each: what was
 * answered, or "-" and why nothing was.
 *
 * usage: reach --serve WORD PORT
 *
 * Answers on that port of all addresses, by TCP and UDP, with the word and the address
 * of who asks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 3

/* Without a name service, which a static program can't have. */
static int numeric(const char *addr, const char *port, struct sockaddr_in6 *ret)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof *ret);
	/* The same place in both. */
	ret->sin6_port = htons((uint16_t)atoi(port ? port : "0"));
	if (inet_pton(AF_INET, addr, &four->sin_addr) == 1)
		ret->sin6_family = AF_INET;
	else if (inet_pton(AF_INET6, addr, &ret->sin6_addr) == 1)
		ret->sin6_family = AF_INET6;
	return ret->sin6_family;
}

static int bind_source(int s, const char *source)
{
	struct sockaddr_in6 a;
	int one = 1;

	if (!numeric(source, NULL, &a))
		return -1;
	/* Needs no privilege, in either family. */
	if (a.sin6_family == AF_INET)
		(void)setsockopt(s, IPPROTO_IP, IP_FREEBIND, &one, sizeof one);
	else
		(void)setsockopt(s, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof one);
	return bind(s, (struct sockaddr *)&a, sizeof a);
}

static const char *announce_arp(const struct sockaddr_in *who)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("eth0"), .sll_halen = 6,
				 .sll_protocol = htons(ETH_P_ARP), .sll_addr = {255, 255, 255, 255, 255, 255}};
	/* Ethernet, IPv4, a reply; from me to all. */
	uint8_t frame[28] = {0, 1, 8, 0, 6, 4, 0, 2, 2, 9, 9, 9, 9, 9};
	int s = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP));

	memcpy(frame + 14, &who->sin_addr, 4);
	memcpy(frame + 18, frame + 8, 10);
	return sendto(s, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to) < 0 ? NULL : "sent";
}

static const char *announce_nd(const struct sockaddr_in6 *who)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_scope_id = if_nametoindex("eth0")};
	/* An advertisement, override set; an option with the hardware address. */
	uint8_t message[32] = {136, [4] = 0x20, [24] = 2, 1, 2, 9, 9, 9, 9, 9};
	int s = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), hops = 255;

	(void)inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
	memcpy(message + 8, &who->sin6_addr, 16);
	(void)setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
	return sendto(s, message, sizeof message, 0, (struct sockaddr *)&to, sizeof to) < 0 ? NULL : "sent";
}

static const char *ask(const char *source, const char *proto, const char *addr, const char *port)
{
	static char answer[256];
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const int type = !strcmp(proto, "tcp") ? SOCK_STREAM : SOCK_DGRAM;
	char echo[16] = {0}, *what = strdup("hello\n");
	size_t len = strlen(what);
	struct sockaddr_in6 a;
	int s, protocol = 0, one = 1;
	ssize_t n;

	if (!strcmp(proto, "packet"))
		return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) < 0 ? NULL : "a socket";
	if (!numeric(addr, port, &a))
		return NULL;
	if (!strcmp(proto, "arp"))
		return announce_arp((struct sockaddr_in *)&a);
	if (!strcmp(proto, "nd"))
		return announce_nd(&a);
	if (!strcmp(proto, "raw"))
		return socket(a.sin6_family, SOCK_RAW, IPPROTO_UDP) < 0 ? NULL : "a socket";
	if (!strcmp(proto, "icmp")) {
		protocol = a.sin6_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		echo[0] = a.sin6_family == AF_INET ? 8 : (char)128;
		what = echo;
		len = sizeof echo;
	}
	s = socket(a.sin6_family, type, protocol);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
	    setsockopt(s, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) < 0 ||
	    (source && bind_source(s, source) < 0) || connect(s, (struct sockaddr *)&a, sizeof a) < 0 ||
	    send(s, what, len, MSG_NOSIGNAL) < 0)
		return NULL;
	n = recv(s, answer, sizeof answer - 1, 0);
	if (n <= 0)
		return NULL;
	(void)close(s);
	if (protocol)
		return "echo";
	answer[n] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	return answer;
}

static size_t answer_to(char *text, size_t size, const char *word, const struct sockaddr_in6 *who)
{
	char name[INET6_ADDRSTRLEN] = "?";

	if (IN6_IS_ADDR_V4MAPPED(&who->sin6_addr))
		(void)inet_ntop(AF_INET, &who->sin6_addr.s6_addr[12], name, sizeof name);
	else
		(void)inet_ntop(AF_INET6, &who->sin6_addr, name, sizeof name);
	return (size_t)snprintf(text, size, "%s %s\n", word, name);
}

/* From the address that was asked, whichever of ours that is. */
static void serve_udp(int s, const char *word)
{
	char text[128], control[256];
	struct sockaddr_in6 who;
	struct iovec iov = {text, sizeof text};
	struct msghdr m = {.msg_name = &who, .msg_namelen = sizeof who, .msg_iov = &iov, .msg_iovlen = 1,
			   .msg_control = control, .msg_controllen = sizeof control};

	if (recvmsg(s, &m, 0) < 0)
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_type == IPV6_PKTINFO)
			((struct in6_pktinfo *)(void *)CMSG_DATA(c))->ipi6_ifindex = 0;
	iov.iov_len = answer_to(text, sizeof text, word, &who);
	(void)!sendmsg(s, &m, 0);
}

/* One at a time: all that is served here is a line. */
static void serve_tcp(int s, const char *word)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_in6 who;
	socklen_t len = sizeof who;
	char text[128];
	int conn = accept(s, (struct sockaddr *)&who, &len);

	if (conn < 0)
		return;
	if (fork() > 0) {
		(void)close(conn);
		return;
	}
	(void)setsockopt(conn, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)!write(conn, text, answer_to(text, sizeof text, word, &who));
	/* Until the other side has closed. */
	while (read(conn, text, sizeof text) > 0)
		;
	_exit(0);
}

static int serve(const char *word, const char *port)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
	struct pollfd p[2];
	int one = 1, zero = 0;

	(void)signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		int s = socket(AF_INET6, i ? SOCK_DGRAM : SOCK_STREAM, 0);

		p[i] = (struct pollfd){.fd = s, .events = POLLIN};
		(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		(void)setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
		(void)setsockopt(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
		if (bind(s, (const struct sockaddr *)&any, sizeof any) < 0 || (!i && listen(s, 64) < 0)) {
			perror("reach: bind");
			return 1;
		}
	}
	while (poll(p, 2, -1) >= 0) {
		if (p[0].revents)
			serve_tcp(p[0].fd, word);
		if (p[1].revents)
			serve_udp(p[1].fd, word);
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--serve"))
		return serve(argv[2], argv[3]);
	for (int i = 1; i < argc; i++) {
		char *all = strdup(argv[i]), *at = strchr(all, '@'), *rest = at ? at + 1 : all;
		const char *proto = strsep(&rest, "/"), *addr = strsep(&rest, "/"), *answer;

		if (at)
			*at = '\0';
		errno = 0;
		answer = ask(at ? all : NULL, proto, addr ? addr : "", rest);
		printf("%s %s%s\n", argv[i], answer ? answer : "- ", answer ? "" : strerror(errno));
		free(all);
	}
	return 0;
}
