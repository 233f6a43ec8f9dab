#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# sftp-poke PATH OFFSET TEXT -- SSH-COMMAND...: by the sftp subsystem, open PATH for
# writing without creating or truncating it, and write TEXT at OFFSET.  Prints
# "opened" and "written", as far as it gets.  sftp(1) itself can't do this.
use strict;
use warnings;
use IPC::Open2;

my ($path, $offset, $text, $dashes, @ssh) = @ARGV;
$dashes eq '--' or die "usage\n";
$SIG{PIPE} = 'IGNORE';
alarm 30;
my $pid = open2(my $from, my $to, @ssh);
binmode $_ for $from, $to;

sub packet {
	my $body = shift;
	syswrite $to, pack('N/a*', $body);
}

sub answer {
	my ($head, $body) = ('', '');
	while (length $head < 4) {
		sysread $from, $head, 4 - length $head, length $head or exit 1;
	}
	my $length = unpack 'N', $head;
	while (length $body < $length) {
		sysread $from, $body, $length - length $body, length $body or exit 1;
	}
	return unpack 'C a*', $body;
}

packet(pack 'C N', 1, 3);
answer();
packet(pack 'C N N/a* N N', 3, 1, $path, 2, 0);
my ($type, $rest) = answer();
$type == 102 or exit 1;
my (undef, $handle) = unpack 'N N/a*', $rest;
print "opened\n";
packet(pack 'C N N/a* Q> N/a*', 6, 2, $handle, hex $offset, $text);
($type, $rest) = answer();
my (undef, $code) = unpack 'N N', $rest;
print "written\n" if $type == 101 && $code == 0;
