/* SPDX-License-Identifier: MIT */
/* What a jail on a bridge may send, as a program that the kernel runs for each frame. Pure. */
#ifndef LOGINJAIL_NET_PORT_FILTER_H
#define LOGINJAIL_NET_PORT_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "net/link.h"

#define PORT_FILTER_MAX 256

/* The jail's hardware address, and that of IPv6 which it has on the link alone. */
void port_hardware(const struct link_address address[static 2], uint8_t mac[static 6]);
void port_link_local(const uint8_t mac[static 6], uint8_t addr[static 16]);

/*
 * The program for a jail of these addresses (of family 0: none); returns its length.  It
 * says 0 to what the jail must not send, and to what is too short to tell.
 */
size_t port_filter(const struct link_address address[static 2], struct sock_filter prog[static PORT_FILTER_MAX]);

#endif
