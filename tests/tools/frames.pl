#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# usage: frames send INTERFACE HEX...      sends frames as they are written
#        frames listen INTERFACE FILE      appends each frame that comes in, as a line
use strict;
use warnings;
use Socket;

my ($verb, $interface, @rest) = @ARGV;
my ($af_packet, $all, $outgoing) = (17, 0x0003, 4);
socket(my $s, $af_packet, SOCK_RAW, unpack('S', pack('n', $all))) or die "socket: $!\n";
my $request = pack 'Z16 x16', $interface;
ioctl $s, 0x8933, $request or die "$interface: $!\n";
my $index = unpack 'x16 i', $request;
bind $s, pack('S n i S C C x8', $af_packet, $all, $index, 0, 0, 0) or die "bind: $!\n";
if ($verb eq 'send') {
	for (@rest) {
		my $frame = pack 'H*', s/\s//gr;
		$frame .= "\0" x (60 - length $frame) if length $frame < 60;
		defined send $s, $frame, 0 or die "send: $!\n";
	}
	exit;
}
open my $out, '>>', $rest[0] or die "$rest[0]: $!\n";
$out->autoflush(1);
while (defined(my $from = recv $s, my $frame, 65536, 0)) {
	next if unpack('x10 C', $from) == $outgoing;
	print $out unpack('H*', $frame), "\n";
}
