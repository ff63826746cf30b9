-- SPDX-License-Identifier: MIT OR Apache-2.0
--
-- Values orders (protocol-docs/valuz.md).
--
--     source               worker                reduce
--    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
--    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
--    └──────┘         │          SUB │ ◀─────── │ PUB  │
--                     └──────────────┘   EXIT   └──────┘
--
-- No binding: LuaJIT calls the functions of C that are declared here.

local ffi = require("ffi")
ffi.cdef [[
  void *zmq_ctx_new(void);
  int zmq_ctx_term(void *context);
  void *zmq_socket(void *context, int type);
  int zmq_close(void *socket);
  int zmq_setsockopt(void *socket, int option, const void *value, size_t length);
  int zmq_getsockopt(void *socket, int option, void *value, size_t *length);
  int zmq_connect(void *socket, const char *endpoint);
  int zmq_socket_monitor(void *socket, const char *endpoint, int events);
  int zmq_send(void *socket, const void *bytes, size_t length, int flags);
  int zmq_recv(void *socket, void *bytes, size_t length, int flags);
  typedef struct { void *socket; int fd; short events, revents; } zmq_pollitem_t;
  int zmq_poll(zmq_pollitem_t *items, int count, long timeout_ms);
  void *zmq_stopwatch_start(void);
  unsigned long zmq_stopwatch_intermediate(void *watch);

  typedef struct { unsigned long bits[16]; } sigset_t;
  int sigemptyset(sigset_t *set);
  int sigaddset(sigset_t *set, int signal);
  int sigprocmask(int how, const sigset_t *set, sigset_t *old);
  int signalfd(int fd, const sigset_t *set, int flags);
  int gethostname(char *name, size_t length);
  int getpid(void);
]]
local C, zmq = ffi.C, ffi.load("libzmq.so.5")
local PAIR, SUB, PULL, PUSH = 0, 2, 7, 8
local SUBSCRIBE, RCVMORE, LINGER = 6, 13, 17
local DONTWAIT, SNDMORE, POLLIN, POLLOUT = 1, 2, 1, 2
local HANDSHAKE_SUCCEEDED, DISCONNECTED = 0x1000, 0x0200
local EXIT, READY, REPORT = "\1", "\2", "\4"
local SIGNS = { ["\0"] = 1, ["\1"] = -1 }
local BURST = 1000 -- orders that are valued before the loop does anything else
local SECOND = 1e6 -- in the stopwatch's microseconds
assert(ffi.abi("le"), "it reads numbers in the byte order of the machine, so that must be little-endian")

local function bytes(kind, value) return ffi.string(ffi.new(kind, value), 8) end

-- The result of an order; nil of a malformed one.
local function value(symbol, action, shares, price, ...)
  local sign, tail = SIGNS[action], { ... }
  if #symbol > 16 or not symbol:find("^[A-Z][A-Z0-9]+$") or not sign then return end
  if #(shares or "") ~= 4 or #(price or "") ~= 8 then return end
  if #tail > 8 or #table.concat(tail) > 1024 then return end

  shares, price = ffi.cast("const int32_t *", shares)[0], ffi.cast("const double *", price)[0]
  local product = shares * price
  if not (shares > 0 and price > 0 and product < math.huge) then return end
  return { symbol, bytes("double[1]", sign * product), ... }
end

-- The next message, if one has arrived. It keeps no more of a frame, and no more frames, than show that they are too many.
local buffer, more, width = ffi.new("char[2048]"), ffi.new("int[1]"), ffi.new("size_t[1]", 4)
local function receive(socket)
  local frames = {}
  repeat
    local length = zmq.zmq_recv(socket, buffer, 2048, DONTWAIT)
    if length < 0 then return end
    if #frames < 13 then table.insert(frames, ffi.string(buffer, math.min(length, 2048))) end
    zmq.zmq_getsockopt(socket, RCVMORE, more, width)
  until more[0] == 0
  return frames
end

-- Whether there was room for the message. If there is for its first frame, there is for all.
local function deliver(socket, ...)
  for i = 1, select("#", ...) do
    local frame = select(i, ...)
    local sent = zmq.zmq_send(socket, frame, #frame, DONTWAIT + (i < select("#", ...) and SNDMORE or 0))
    if i == 1 and sent < 0 then return false end
  end
  return true
end

if #arg > 0 then
  io.stderr:write("usage: worker\n")
  os.exit(2)
end

-- Signals are blocked before libzmq starts its threads, and polled like a socket.
local signals = ffi.new("sigset_t")
C.sigemptyset(signals)
C.sigaddset(signals, 2) -- SIGINT
C.sigaddset(signals, 15) -- SIGTERM
C.sigprocmask(0, signals, nil)
local stop = { fd = C.signalfd(-1, signals, 0), events = POLLIN }

local context, watch = zmq.zmq_ctx_new(), zmq.zmq_stopwatch_start()
local function now() return tonumber(zmq.zmq_stopwatch_intermediate(watch)) end
local function socket(type) return zmq.zmq_socket(context, type) end
local function connect(socket, endpoint) assert(zmq.zmq_connect(socket, endpoint) == 0, endpoint) end
local function monitor(watched, events)
  local pair, endpoint = socket(PAIR), "inproc://monitor." .. events
  zmq.zmq_socket_monitor(watched, endpoint, events)
  connect(pair, endpoint)
  return pair
end

local control, results, orders = socket(SUB), socket(PUSH), socket(PULL)
local handshakes, losses = monitor(orders, HANDSHAKE_SUCCEEDED), monitor(results, DISCONNECTED)
zmq.zmq_setsockopt(results, LINGER, ffi.new("int[1]", 500), 4)
zmq.zmq_setsockopt(control, SUBSCRIBE, EXIT, #EXIT)
connect(control, os.getenv("VALUZ_CONTROL") or "tcp://127.0.0.1:9006")
connect(results, os.getenv("VALUZ_RESULTS") or "tcp://127.0.0.1:9005")
connect(orders, os.getenv("VALUZ_ORDERS") or "tcp://127.0.0.1:9004")

local function poller(socket, events)
  local items = { stop, { socket = socket, events = events } }
  for _, other in ipairs { control, handshakes, losses } do
    table.insert(items, { socket = other, events = POLLIN })
  end
  return ffi.new("zmq_pollitem_t[5]", items)
end
local waits_for_order, waits_for_room = poller(orders, POLLIN), poller(results, POLLOUT)

local host = ffi.new("char[65]")
C.gethostname(host, 64)
local name = ("lua:%s:%d"):format(ffi.string(host), C.getpid())
local up, announced, held = false, false, nil
local done, reported, report_at = 0, 0, 0
local malformed, logged, log_at = 0, 0, 0

while true do
  local poll = held and waits_for_room or waits_for_order
  zmq.zmq_poll(poll, 5, 100)
  local command = receive(control)
  if poll[0].revents ~= 0 or (command and command[1] == EXIT) then break end

  -- READY is due when orders is up for the first time, and again when results was lost.
  up = receive(handshakes) and true or up
  announced = not receive(losses) and announced
  announced = announced or (up and deliver(results, READY, name))

  for _ = 1, BURST do
    local order = not held and receive(orders)
    if order then
      held = value(unpack(order))
      if not held then malformed = malformed + 1 end
    end
    if held and deliver(results, unpack(held)) then
      held, done = nil, done + 1
    elseif held or not order then
      break
    end
  end

  if done ~= reported and now() >= report_at and deliver(results, REPORT, name, bytes("uint64_t[1]", done)) then
    reported, report_at = done, now() + SECOND / 10
  end
  if malformed > logged and now() >= log_at then
    io.stderr:write(malformed, " malformed orders dropped\n")
    logged, log_at = malformed, now() + SECOND
  end
end
deliver(results, REPORT, name, bytes("uint64_t[1]", done))
for _, watched in ipairs { orders, results } do zmq.zmq_socket_monitor(watched, nil, 0) end
for _, socket in ipairs { control, results, orders, handshakes, losses } do zmq.zmq_close(socket) end
zmq.zmq_ctx_term(context)
