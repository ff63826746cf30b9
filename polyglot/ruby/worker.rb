# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Values orders (protocol-docs/valuz.md).
#
#     source               worker                reduce
#    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
#    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
#    └──────┘         │          SUB │ ◀─────── │ PUB  │
#                     └──────────────┘   EXIT   └──────┘

require "ffi-rzmq"
require "socket"

READY, REPORT, EXIT = "\x02".b, "\x04".b, "\x01".b
SIGNS = { "\x00".b => 1, "\x01".b => -1 }.freeze
BURST = 1000 # orders that are valued before the loop does anything else

# The result of an order; nil of a malformed one.
def value(symbol, action = nil, shares = nil, price = nil, *tail)
  return unless symbol.match?(/\A[A-Z][A-Z0-9]{1,15}\z/) && SIGNS[action]
  return unless shares&.bytesize == 4 && price&.bytesize == 8
  return if tail.size > 8 || tail.sum(&:bytesize) > 1024

  shares, price = shares.unpack1("l<"), price.unpack1("E")
  value = SIGNS[action] * (shares * price)
  [symbol, [value].pack("E"), *tail] if shares.positive? && price.positive? && value.finite?
end

# The next message, if one has arrived.
def receive(socket)
  frames = []
  frames if ZMQ::Util.resultcode_ok?(socket.recv_strings(frames, ZMQ::DONTWAIT))
end

# Whether there was room for the message.
def deliver(socket, *frames)
  ZMQ::Util.resultcode_ok?(socket.send_strings(frames, ZMQ::DONTWAIT))
end

# The events of a socket. The library has no monitor, but libzmq's function.
def monitor(context, watched, events)
  address = "inproc://monitor.#{events}"
  LibZMQ.zmq_socket_monitor(watched.socket, address, events)
  context.socket(ZMQ::PAIR).tap { |pair| pair.connect(address) }
end

def poller(readable, writable = [])
  ZMQ::Poller.new.tap do |poller|
    readable.each { |socket| poller.register_readable(socket) }
    writable.each { |socket| poller.register_writable(socket) }
  end
end

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

unless ARGV.empty?
  warn "usage: worker"
  exit 2
end
stopped = false
%w[INT TERM].each { |signal| trap(signal) { stopped = true } }

context = ZMQ::Context.new
control, results, orders = [ZMQ::SUB, ZMQ::PUSH, ZMQ::PULL].map { |type| context.socket(type) }
handshakes = monitor(context, orders, 0x1000)
losses = monitor(context, results, 0x0200)
results.setsockopt(ZMQ::LINGER, 500)
control.setsockopt(ZMQ::SUBSCRIBE, EXIT)
control.connect(ENV.fetch("VALUZ_CONTROL", "tcp://127.0.0.1:9006"))
results.connect(ENV.fetch("VALUZ_RESULTS", "tcp://127.0.0.1:9005"))
orders.connect(ENV.fetch("VALUZ_ORDERS", "tcp://127.0.0.1:9004"))

others = [control, handshakes, losses]
waits_for_order, waits_for_room = poller([orders, *others]), poller(others, [results])

name = "ruby:#{Socket.gethostname}:#{Process.pid}"
up = announced = held = nil
done = reported = 0
report_at = now

until stopped || receive(control)&.first == EXIT
  (held ? waits_for_room : waits_for_order).poll(100)

  # READY is due when orders is up for the first time, and again when results was lost.
  up ||= receive(handshakes)
  announced = false if receive(losses)
  announced ||= up && deliver(results, READY, name)

  BURST.times do
    held ||= value(*(receive(orders) || break)) || next
    break unless deliver(results, *held)

    done += 1
    held = nil
  end

  if done != reported && now >= report_at && deliver(results, REPORT, name, [done].pack("Q<"))
    reported = done
    report_at = now + 0.1
  end
end
deliver(results, REPORT, name, [done].pack("Q<"))
[control, results, orders, handshakes, losses].each(&:close)
context.terminate
