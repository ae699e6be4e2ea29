#!/usr/bin/perl
# A program of the cgi partition: says what it was asked.
use strict;
use warnings;

my $query = $ENV{QUERY_STRING} // '';
$query =~ s/[^\w=&]//g;
print "Content-Type: text/plain\r\nCache-Control: no-store\r\n\r\n";
print "perl searches for '$query'\n";
