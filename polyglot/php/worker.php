<?php
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values orders (protocol-docs/valuz.md).
//
//     source               worker                reduce
//    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
//    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
//    └──────┘         │          SUB │ ◀─────── │ PUB  │
//                     └──────────────┘   EXIT   └──────┘

const COMMAND_EXIT = "\x01", READY = "\x02", REPORT = "\x04";
const BURST = 1000; // orders that are valued before the loop does anything else
const REPORT_EVERY_NS = 100_000_000;
const HANDSHAKE_SUCCEEDED = 0x1000, DISCONNECTED = 0x0200;

// The result of an order; none of a malformed one.
function value(array $order): ?array
{
    [$symbol, $action, $shares, $price] = $order + ['', '', '', ''];
    $tail = array_slice($order, 4);
    $sign = ["\x00" => 1, "\x01" => -1][$action] ?? null;
    if (!preg_match('/\A[A-Z][A-Z0-9]{1,15}\z/', $symbol) || $sign === null) return null;
    if (strlen($shares) !== 4 || strlen($price) !== 8) return null;
    if (count($tail) > 8 || array_sum(array_map('strlen', $tail)) > 1024) return null;

    $shares = unpack('V', $shares)[1];
    $price = unpack('e', $price)[1];
    $value = $sign * ($shares * $price);
    if ($shares < 1 || $shares > 0x7fffffff || !($price > 0) || !is_finite($value)) return null;
    return [$symbol, pack('e', $value), ...$tail];
}

function endpoint(string $variable, string $standard): string
{
    return getenv($variable) ?: $standard;
}

// The events of a socket.
function monitor(ZMQContext $context, ZMQSocket $watched, int $events): ZMQSocket
{
    $watched->monitor("inproc://monitor.$events", $events);
    return $context->getSocket(ZMQ::SOCKET_PAIR)->connect("inproc://monitor.$events");
}

function poll(array $readable, array $writable = []): ZMQPoll
{
    $poll = new ZMQPoll();
    foreach ($readable as $socket) $poll->add($socket, ZMQ::POLL_IN);
    foreach ($writable as $socket) $poll->add($socket, ZMQ::POLL_OUT);
    return $poll;
}

if ($argc > 1) {
    fwrite(STDERR, "usage: worker\n");
    exit(2);
}
pcntl_sigprocmask(SIG_BLOCK, [SIGINT, SIGTERM]); // the loop asks for them

$context = new ZMQContext();
$control = $context->getSocket(ZMQ::SOCKET_SUB);
$results = $context->getSocket(ZMQ::SOCKET_PUSH);
$orders = $context->getSocket(ZMQ::SOCKET_PULL);
$handshakes = monitor($context, $orders, HANDSHAKE_SUCCEEDED);
$losses = monitor($context, $results, DISCONNECTED);
$results->setSockOpt(ZMQ::SOCKOPT_LINGER, 500);
$control->setSockOpt(ZMQ::SOCKOPT_SUBSCRIBE, COMMAND_EXIT);
$control->connect(endpoint('VALUZ_CONTROL', 'tcp://127.0.0.1:9006'));
$results->connect(endpoint('VALUZ_RESULTS', 'tcp://127.0.0.1:9005'));
$orders->connect(endpoint('VALUZ_ORDERS', 'tcp://127.0.0.1:9004'));

$others = [$control, $handshakes, $losses];
$waitsForOrder = poll([$orders, ...$others]);
$waitsForRoom = poll($others, [$results]);
$receive = fn(ZMQSocket $socket) => $socket->recvMulti(ZMQ::MODE_DONTWAIT);
$send = fn(string ...$frames) => $results->sendMulti($frames, ZMQ::MODE_DONTWAIT);

$name = 'php:' . gethostname() . ':' . getmypid();
$up = $announced = false;
$held = null;
$done = $reported = $reportAt = 0;

while (pcntl_sigtimedwait([SIGINT, SIGTERM], $signal, 0, 0) < 1) {
    $readable = $writable = [];
    ($held ? $waitsForRoom : $waitsForOrder)->poll($readable, $writable, 100);
    $command = $receive($control);
    if ($command && $command[0] === COMMAND_EXIT) break;

    // READY is due when orders is up for the first time, and again when results was lost.
    $up = $up || $receive($handshakes);
    $announced = $announced && !$receive($losses);
    $announced = $announced || ($up && $send(READY, $name));

    for ($i = 0; $i < BURST; $i++) {
        if (!$held) {
            $order = $receive($orders);
            if (!$order) break;
            $held = value($order);
            if (!$held) continue; // malformed
        }
        if (!$send(...$held)) break;
        $held = null;
        $done++;
    }

    if ($done !== $reported && hrtime(true) >= $reportAt && $send(REPORT, $name, pack('P', $done))) {
        $reported = $done;
        $reportAt = hrtime(true) + REPORT_EVERY_NS;
    }
}
$send(REPORT, $name, pack('P', $done));
