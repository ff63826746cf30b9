// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Watches prices (protocol-docs/tickz.md).
//
//     publish                       watch
//    ┌─────┐   MSFT, time, 41.78   ┌─────┐
//    │ PUB │ ────────────────────▶ │ SUB │
//    └─────┘                       └─────┘

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>
#include <zmq_addon.hpp>

static_assert(std::endian::native == std::endian::little, "numbers are read as they are on the wire");

bool is_symbol(std::string_view text) {
    auto is_upper = [](char c) { return 'A' <= c && c <= 'Z'; };
    auto is_digit = [](char c) { return '0' <= c && c <= '9'; };
    return 2 <= text.size() && text.size() <= 16 && is_upper(text[0]) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return is_upper(c) || is_digit(c); });
}

/// The number in a frame of 8 bytes; not finite if it has another width.
double f64(const zmq::message_t& frame) {
    double number = NAN;
    if (frame.size() == sizeof number)
        std::memcpy(&number, frame.data(), sizeof number);
    return number;
}

/// Counts a malformed message, and logs the count at most once a second.
void drop() {
    static long count = 0;
    static std::time_t logged = 0;
    ++count;
    if (std::time(nullptr) != logged)
        std::cerr << count << " malformed ticks dropped\n";
    logged = std::time(nullptr);
}

/// The price of a tick; none of a malformed one.
std::optional<double> price_of(const std::vector<zmq::message_t>& tick) {
    if (tick.size() < 3 || (tick.size() > 3 && tick[3].size() != 8))
        return {};
    double time = f64(tick[1]), price = f64(tick[2]);
    if (!is_symbol(tick[0].to_string_view()) || !std::isfinite(time) || !std::isfinite(price) || price <= 0)
        return {};
    return price;
}

int main(int argc, char** argv) try {
    const std::vector<std::string> symbols(argv + 1, argv + argc);
    if (symbols.empty() || !std::all_of(symbols.begin(), symbols.end(), is_symbol)) {
        std::cerr << "usage: " << argv[0] << " SYMBOL...\n";
        return 2;
    }
    for (int signal : {SIGINT, SIGTERM})
        std::signal(signal, [](int) { std::_Exit(0); });

    zmq::context_t context;
    zmq::socket_t ticks(context, zmq::socket_type::sub);
    for (const auto& symbol : symbols)
        ticks.set(zmq::sockopt::subscribe, symbol);
    // Without probes a network that fails silently would be waited for without end.
    ticks.set(zmq::sockopt::tcp_keepalive, 1);
    ticks.set(zmq::sockopt::tcp_keepalive_idle, 5);
    const char* endpoint = std::getenv("TICKZ_TICKS");
    ticks.connect(endpoint ? endpoint : "tcp://127.0.0.1:9003");

    for (;;) {
        std::vector<zmq::message_t> tick;
        if (!zmq::recv_multipart(ticks, std::back_inserter(tick)))
            continue;
        auto price = price_of(tick);
        if (!price) {
            drop();
            continue;
        }
        // The subscription is only a prefix: GO also brings GOOG.
        auto symbol = tick[0].to_string();
        if (std::find(symbols.begin(), symbols.end(), symbol) != symbols.end()) {
            char text[400]; // the shortest decimal that gives the same number back
            auto end = std::to_chars(text, text + sizeof text, *price, std::chars_format::fixed).ptr;
            std::cout << symbol << ' ' << std::string_view(text, end - text) << std::endl;
        }
    }
} catch (const zmq::error_t& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
}
