// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values orders (protocol-docs/valuz.md).
//
//     source               worker                reduce
//    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
//    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
//    └──────┘         │          SUB │ ◀─────── │ PUB  │
//                     └──────────────┘   EXIT   └──────┘

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>
#include <zmq.hpp>
#include <zmq_addon.hpp>

static_assert(std::endian::native == std::endian::little, "numbers are read and written as they are on the wire");

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Frames = std::vector<zmq::message_t>;

constexpr std::string_view EXIT = "\x01", READY = "\x02", REPORT = "\x04";
constexpr auto REPORT_EVERY = 100ms;
constexpr int BURST = 1000, LINGER_MS = 250;

/// The signals that end this program. They stay blocked, so that none interrupts libzmq between two frames.
class StopSignals {
  public:
    StopSignals() {
        sigset_t blocked;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGINT);
        sigaddset(&blocked, SIGTERM);
        sigprocmask(SIG_BLOCK, &blocked, nullptr);
    }

    bool came() const {
        sigset_t pending;
        sigpending(&pending);
        return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
    }
};

/// Connects a socket, now or when its peer is there.
void connect(zmq::socket_t& socket, const char* variable, const char* standard) {
    const char* endpoint = std::getenv(variable);
    socket.set(zmq::sockopt::linger, LINGER_MS);
    socket.connect(endpoint ? endpoint : standard);
}

/// The next message, empty if there is none yet.
Frames receive(zmq::socket_t& socket) {
    Frames frames;
    (void)zmq::recv_multipart(socket, std::back_inserter(frames), zmq::recv_flags::dontwait);
    return frames;
}

/// Sends a message. False if there is no room: then nothing is sent.
template <class Range> bool send(zmq::socket_t& socket, Range&& frames) {
    return zmq::send_multipart(socket, frames, zmq::send_flags::dontwait).has_value();
}

/// Whether a connection is up.
class Connection {
  public:
    Connection(zmq::context_t& context, zmq::socket_t& socket, const std::string& address, int events)
        : monitor(context, zmq::socket_type::pair), watched(socket) {
        zmq_socket_monitor(socket.handle(), address.c_str(), events);
        monitor.connect(address);
    }

    /// Stops the events before their receiver closes: libzmq would wait for it.
    ~Connection() { zmq_socket_monitor(watched.handle(), nullptr, 0); }

    /// Takes one event: a loss is not missed even if the peer is back already.
    bool follow() {
        if (Frames event = receive(monitor); !event.empty()) {
            std::uint16_t kind;
            std::memcpy(&kind, event[0].data(), sizeof kind);
            up = kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        }
        return up;
    }

    zmq::socket_t monitor;

  private:
    zmq::socket_ref watched;
    bool up = false;
};

bool is_symbol(std::string_view text) {
    auto is_upper = [](char c) { return 'A' <= c && c <= 'Z'; };
    auto is_digit = [](char c) { return '0' <= c && c <= '9'; };
    return 2 <= text.size() && text.size() <= 16 && is_upper(text[0]) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return is_upper(c) || is_digit(c); });
}

/// Counts a malformed message, and logs the count at most once a second.
void drop() {
    static long count = 0;
    static std::time_t logged = 0;
    ++count;
    if (std::time(nullptr) != logged)
        std::cerr << count << " malformed orders dropped\n";
    logged = std::time(nullptr);
}

template <class Number> bool read(const zmq::message_t& frame, Number& number) {
    if (frame.size() != sizeof number)
        return false;
    std::memcpy(&number, frame.data(), sizeof number);
    return true;
}

/// The result of an order: its symbol, the value, its tail. Empty if the order is malformed.
Frames result_of(Frames order) {
    std::uint8_t action;
    std::int32_t shares;
    double price;
    if (order.size() < 4 || order.size() > 12 || !is_symbol(order[0].to_string_view()) || !read(order[1], action) ||
        !read(order[2], shares) || !read(order[3], price))
        return {};
    std::size_t tail = 0;
    for (std::size_t i = 4; i < order.size(); ++i)
        tail += order[i].size();

    double value = (action == 0 ? 1 : -1) * (shares * price);
    if (action > 1 || shares <= 0 || !(price > 0) || !std::isfinite(value) || tail > 1024)
        return {};
    order.erase(order.begin() + 1, order.begin() + 3);
    order[1].rebuild(&value, sizeof value);
    return order;
}

int main(int argc, char** argv) try {
    if (argc > 1) {
        std::cerr << "usage: " << argv[0] << '\n';
        return 2;
    }
    const StopSignals stop;
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    const auto name = "cpp:" + std::string(host) + ":" + std::to_string(getpid());

    zmq::context_t context;
    zmq::socket_t control(context, zmq::socket_type::sub), results(context, zmq::socket_type::push),
        orders(context, zmq::socket_type::pull);
    Connection to_reduce(context, results, "inproc://results", ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    Connection to_source(context, orders, "inproc://orders", ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    control.set(zmq::sockopt::subscribe, EXIT);
    connect(control, "VALUZ_CONTROL", "tcp://127.0.0.1:9006");
    connect(results, "VALUZ_RESULTS", "tcp://127.0.0.1:9005");
    connect(orders, "VALUZ_ORDERS", "tcp://127.0.0.1:9004");

    bool ready = false;
    Frames held; // a result that waits for room
    std::uint64_t done = 0, reported = 0;
    auto report_at = Clock::now();
    auto report = [&] {
        return send(results, std::vector{zmq::buffer(REPORT), zmq::buffer(name), zmq::const_buffer(&done, sizeof done)});
    };

    while (!stop.came()) {
        zmq::pollitem_t items[] = {{control.handle(), 0, ZMQ_POLLIN, 0},
                                   {to_source.monitor.handle(), 0, ZMQ_POLLIN, 0},
                                   {to_reduce.monitor.handle(), 0, ZMQ_POLLIN, 0},
                                   {orders.handle(), 0, ZMQ_POLLIN, 0}};
        if (!held.empty())
            items[3] = {results.handle(), 0, ZMQ_POLLOUT, 0};
        zmq::poll(items, ready ? 4 : 3, REPORT_EVERY);

        if (Frames command = receive(control); !command.empty() && command[0].to_string_view() == EXIT)
            break;

        // READY goes out once both connections are up, and again when reduce was lost and is back.
        bool source_up = to_source.follow(), reduce_up = to_reduce.follow();
        if (!reduce_up)
            ready = false;
        else if (source_up && !ready)
            ready = send(results, std::vector{zmq::buffer(READY), zmq::buffer(name)});

        for (int i = 0; ready && i < BURST; ++i) {
            if (held.empty()) {
                Frames order = receive(orders);
                if (order.empty())
                    break;
                held = result_of(std::move(order));
                if (held.empty())
                    drop();
            }
            if (!held.empty()) {
                if (!send(results, held))
                    break;
                held.clear();
                ++done;
            }
        }

        if (done != reported && Clock::now() >= report_at && report()) {
            reported = done;
            report_at = Clock::now() + REPORT_EVERY;
        }
    }
    report();
} catch (const zmq::error_t& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
}
