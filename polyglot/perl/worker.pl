# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Values orders (protocol-docs/valuz.md).
#
#     source               worker                reduce
#    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
#    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
#    └──────┘         │          SUB │ ◀─────── │ PUB  │
#                     └──────────────┘   EXIT   └──────┘

use v5.36;

use IO::Select;
use List::Util qw(any sum0);
use Sys::Hostname qw(hostname);
use Time::HiRes qw(time);
use ZMQ::FFI qw(ZMQ_DONTWAIT ZMQ_PAIR ZMQ_PULL ZMQ_PUSH ZMQ_SUB);
use ZMQ::FFI::Constants qw(ZMQ_EVENT_DISCONNECTED ZMQ_EVENT_HANDSHAKE_SUCCEEDED);

use constant { EXIT => "\x01", READY => "\x02", REPORT => "\x04" };
use constant BURST => 1000;    # orders that are valued before the loop does anything else

# The result of an order; nothing of a malformed one.
sub value ($symbol, $action = '', $shares = '', $price = '', @tail) {
    my $sign = { "\x00" => 1, "\x01" => -1 }->{$action};
    return unless $symbol =~ /\A[A-Z][A-Z0-9]{1,15}\z/ && $sign;
    return unless length $shares == 4 && length $price == 8;
    return if @tail > 8 || sum0(map { length } @tail) > 1024;

    ($shares, $price) = (unpack('l<', $shares), unpack('d<', $price));
    my $value = $sign * ($shares * $price);
    return unless $shares > 0 && $price > 0 && abs $value < 'inf';
    return $symbol, pack('d<', $value), @tail;
}

# The next message, if one has arrived.
sub receive ($socket) { $socket->recv_multipart(ZMQ_DONTWAIT) }

# Whether there was room for the message.
sub deliver ($socket, @frames) {
    $socket->send_multipart(\@frames, ZMQ_DONTWAIT);
    return !$socket->has_error;
}

# The events of a socket.
sub monitor ($context, $watched, $event) {
    my $pair = $context->socket(ZMQ_PAIR);
    $watched->monitor("inproc://monitor.$event", $event);
    $pair->connect("inproc://monitor.$event");
    return $pair;
}

if (@ARGV) {
    say STDERR 'usage: worker';
    exit 2;
}
my $stopped;
$SIG{INT} = $SIG{TERM} = sub { $stopped = 1 };

my $context = ZMQ::FFI->new;
my ($control, $results, $orders) = map { $context->socket($_) } ZMQ_SUB, ZMQ_PUSH, ZMQ_PULL;
my $handshakes = monitor($context, $orders, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
my $losses = monitor($context, $results, ZMQ_EVENT_DISCONNECTED);
$results->set_linger(500);
$control->subscribe(EXIT);
$control->connect($ENV{VALUZ_CONTROL} // 'tcp://127.0.0.1:9006');
$results->connect($ENV{VALUZ_RESULTS} // 'tcp://127.0.0.1:9005');
$orders->connect($ENV{VALUZ_ORDERS} // 'tcp://127.0.0.1:9004');

my @sockets = ($control, $handshakes, $losses, $orders, $results);
$_->die_on_error(0) for @sockets;
my $descriptors = IO::Select->new(map { $_->get_fd } @sockets);

my $name = join ':', 'perl', hostname, $$;
my ($up, $announced, @held);
my ($done, $reported, $report_at) = (0, 0, time);
my $report = sub { deliver($results, REPORT, $name, pack 'Q<', $done) };

until ($stopped) {
    my ($room, $order) = ($results->has_pollout, $orders->has_pollin);
    my $work = @held ? $room : $order;
    $descriptors->can_read(0.1) unless $work || any { $_->has_pollin } $control, $handshakes, $losses;

    my ($command) = receive($control);
    last if ($command // '') eq EXIT;

    # READY is due when orders is up for the first time, and again when results was lost.
    $up ||= receive($handshakes);
    $announced &&= !receive($losses);
    $announced ||= $up && deliver($results, READY, $name);

    for (1 .. BURST) {
        unless (@held) {
            my @order = receive($orders) or last;
            @held = value(@order) or next;
        }
        deliver($results, @held) or last;
        @held = ();
        $done++;
    }

    if ($done != $reported && time >= $report_at && $report->()) {
        ($reported, $report_at) = ($done, time + 0.1);
    }
}
$report->();
