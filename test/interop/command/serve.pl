#!/usr/bin/perl
# A model in Perl that serves the Open Inference Protocol itself: how long a text is, and how often it says a word.
# Nothing but what comes with Perl. Listens on the port that it is given.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;

my ($port) = @ARGV;
my $json = JSON::PP->new->utf8->canonical;
my $metadata = {
    name     => "words",
    versions => ["1"],
    platform => "perl_hand",
    inputs   => [
        { name => "text", datatype => "BYTES", shape => [ -1 ] },
        { name => "word", datatype => "BYTES", shape => [ -1 ] },
    ],
    outputs => [
        { name => "length", datatype => "INT64", shape => [ -1 ] },
        { name => "share",  datatype => "FP64",  shape => [ -1 ] },
    ],
};

sub infer {
    my ($request) = @_;
    my %input = map { $_->{name} => $_->{data} } @{ $request->{inputs} };
    my ( @length, @share );
    for my $row ( 0 .. $#{ $input{text} } ) {
        my ( $text, $word ) = ( $input{text}[$row], $input{word}[$row] );
        kill 'SEGV', $$ if $word eq 'segfault';
        sleep 1000 if $word eq 'sleep';
        die "$> reads " . join( ' ', grep { -r } split ' ', $text ) . "\n" if $word eq 'read';
        die "There is no word to count.\n" if $word eq '';
        my @words = split ' ', $text;
        push @length, length($text) + 0;
        push @share, @words ? ( grep { $_ eq $word } @words ) / @words : 0;
    }
    my $shape = [ scalar @length ];
    return {
        model_name => "words",
        outputs    => [
            { name => "length", datatype => "INT64", shape => $shape, data => \@length },
            { name => "share",  datatype => "FP64",  shape => $shape, data => \@share },
        ],
    };
}

sub answer {
    my ( $method, $path, $body ) = @_;
    return ( 200, {} ) if $path =~ m{^/v2/health/(?:live|ready)$} || $path eq '/v2/models/words/ready';
    return ( 200, { name => "perl", version => "1", extensions => [] } ) if $path eq '/v2';
    return ( 200, $metadata ) if $path eq '/v2/models/words';
    return ( 404, { error => "There is nothing at $path." } ) if $path ne '/v2/models/words/infer';
    my $response = eval { infer( $json->decode($body) ) };
    return $response ? ( 200, $response ) : ( 400, { error => $@ } );
}

my $server = IO::Socket::INET->new( LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 16, ReuseAddr => 1 )
  or die "cannot listen on $port: $!\n";
print STDERR "words: listening on $port\n";
my $select = IO::Select->new($server);
my %seen;
while ( my @ready = $select->can_read ) {
    for my $socket (@ready) {
        if ( $socket == $server ) { $select->add( scalar $server->accept ); next }
        my $read = sysread $socket, $seen{$socket}, 65536, length( $seen{$socket} // '' );
        if ( !$read ) { $select->remove($socket); delete $seen{$socket}; close $socket; next }
        while ( $seen{$socket} =~ /\A(\S+) (\S+) HTTP\/1\.1\r\n(.*?)\r\n\r\n/s ) {
            my ( $method, $path, $head, $from ) = ( $1, $2, "$3\r\n", $+[0] );
            my ($length) = $head =~ /^content-length: *(\d+)/im;
            last if length( $seen{$socket} ) < $from + ( $length // 0 );
            my $body = substr $seen{$socket}, $from, $length // 0;
            substr( $seen{$socket}, 0, $from + ( $length // 0 ) ) = '';
            my ( $status, $value ) = answer( $method, $path, $body );
            my $text = $json->encode($value);
            my $type = "Content-Type: application/json\r\nContent-Length: " . length $text;
            syswrite $socket, "HTTP/1.1 $status .\r\n$type\r\n\r\n$text";
        }
    }
}
