-- SPDX-License-Identifier: MIT OR Apache-2.0
--
-- Watches prices (protocol-docs/tickz.md).
--
--     publish                       watch
--    ┌─────┐   MSFT, time, 41.78   ┌─────┐
--    │ PUB │ ────────────────────▶ │ SUB │
--    └─────┘                       └─────┘
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
]]
local C, zmq = ffi.C, ffi.load("libzmq.so.5")
local SUB, SUBSCRIBE, RCVMORE, TCP_KEEPALIVE = 2, 6, 13, 34
local DONTWAIT, POLLIN = 1, 1
local SYMBOL = "^[A-Z][A-Z0-9]+$"
assert(ffi.abi("le"), "it reads numbers in the byte order of the machine, so that must be little-endian")

-- The next message, if one has arrived. It keeps no more of a frame, and no more frames, than a tick has.
local buffer, more, width = ffi.new("char[64]"), ffi.new("int[1]"), ffi.new("size_t[1]", 4)
local function receive(socket)
  local frames = {}
  repeat
    local length = zmq.zmq_recv(socket, buffer, 64, DONTWAIT)
    if length < 0 then return end
    if #frames < 4 then table.insert(frames, ffi.string(buffer, math.min(length, 64))) end
    zmq.zmq_getsockopt(socket, RCVMORE, more, width)
  until more[0] == 0
  return frames
end

-- The number in a frame; nil if it is none, or not finite.
local function float(frame)
  local number = #(frame or "") == 8 and ffi.cast("const double *", frame)[0]
  return number and math.abs(number) < math.huge and number or nil
end

-- The price of a tick; nil of a malformed one.
local function price_of(symbol, timestamp, price, sequence)
  price = float(price)
  if #symbol > 16 or not symbol:find(SYMBOL) or not float(timestamp) then return end
  if not price or price <= 0 or #(sequence or "8 bytes.") ~= 8 then return end
  return price
end

-- A decimal that is the same number: 15 digits, without zeros at the end, or as many more as it takes.
local function decimal(number)
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(number)
    if tonumber(text) == number then return text end
  end
end

local wanted, is_valid = {}, #arg > 0
for _, symbol in ipairs(arg) do
  wanted[symbol] = true
  is_valid = is_valid and #symbol <= 16 and symbol:find(SYMBOL)
end
if not is_valid then
  io.stderr:write("usage: watch SYMBOL...\n")
  os.exit(2)
end

-- Signals are blocked before libzmq starts its threads, and polled like a socket.
local signals = ffi.new("sigset_t")
C.sigemptyset(signals)
C.sigaddset(signals, 2) -- SIGINT
C.sigaddset(signals, 15) -- SIGTERM
C.sigprocmask(0, signals, nil)

local context = zmq.zmq_ctx_new()
local ticks = zmq.zmq_socket(context, SUB)
zmq.zmq_setsockopt(ticks, TCP_KEEPALIVE, ffi.new("int[1]", 1), 4)
for symbol in pairs(wanted) do zmq.zmq_setsockopt(ticks, SUBSCRIBE, symbol, #symbol) end
local endpoint = os.getenv("TICKZ_TICKS") or "tcp://127.0.0.1:9003"
assert(zmq.zmq_connect(ticks, endpoint) == 0, endpoint)

io.stdout:setvbuf("line")
local watch, malformed, log_at = zmq.zmq_stopwatch_start(), 0, 0
local items = ffi.new("zmq_pollitem_t[2]", {
  { fd = C.signalfd(-1, signals, 0), events = POLLIN },
  { socket = ticks, events = POLLIN },
})
while items[0].revents == 0 do
  zmq.zmq_poll(items, 2, -1)
  local tick = receive(ticks)
  local price = tick and price_of(unpack(tick))
  if price and wanted[tick[1]] then -- a subscription is a prefix: GO also brings GOOG
    io.write(tick[1], " ", decimal(price), "\n")
  elseif tick and not price then
    malformed = malformed + 1
    local now = tonumber(zmq.zmq_stopwatch_intermediate(watch)) -- in microseconds
    if now >= log_at then
      io.stderr:write(malformed, " malformed ticks dropped\n")
      log_at = now + 1e6
    end
  end
end
zmq.zmq_close(ticks)
zmq.zmq_ctx_term(context)
