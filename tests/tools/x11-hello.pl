#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Connects to $DISPLAY with the cookie that xauth(1) knows and prints what the
# server says.
use strict;
use warnings;
use IO::Socket::INET;

my ($host, $display) = ($ENV{DISPLAY} // '') =~ /^(.*):(\d+)/ or die "no DISPLAY\n";
my ($cookie) = `xauth list` =~ /:$display\s+MIT-MAGIC-COOKIE-1\s+([0-9a-f]{32})/
	or die "no cookie for $display\n";
my $server = IO::Socket::INET->new(
	PeerAddr => $host,
	PeerPort => 6000 + $display,
	Timeout  => 5
) or die "no connection: $@\n";
my $name = 'MIT-MAGIC-COOKIE-1';
syswrite $server, pack('a1 x v v v v x2 a20 a16', 'l', 11, 0, 18, 16, $name, pack('H*', $cookie));
alarm 10;
print scalar <$server> // "closed\n";
