<% # A page of the asp partition.
$Response->{ContentType} = 'text/plain';
$Response->{CacheControl} = 'no-store';
my $sum = 0;
$sum += $_ for 1 .. 10;
%>asp adds up to <%= $sum %>
