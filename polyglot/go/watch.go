// SPDX-License-Identifier: MIT OR Apache-2.0

// Watches prices (protocol-docs/tickz.md).
//
//	 publish                       watch
//	┌─────┐   MSFT, time, 41.78   ┌─────┐
//	│ PUB │ ────────────────────▶ │ SUB │
//	└─────┘                       └─────┘
package main

// #cgo LDFLAGS: -lzmq
// #include <zmq.h>
import "C"

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// No frame of a tick is longer. A longer one is cut, and is still too long.
const frameMax = 64

var isSymbol = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,15}$`).MatchString

func main() {
	symbols := make(map[string]bool)
	for _, symbol := range os.Args[1:] {
		if !isSymbol(symbol) {
			usage()
		}
		symbols[symbol] = true
	}
	if len(symbols) == 0 {
		usage()
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()

	ticks := C.zmq_socket(C.zmq_ctx_new(), C.ZMQ_SUB)
	for symbol := range symbols {
		C.zmq_setsockopt(ticks, C.ZMQ_SUBSCRIBE, unsafe.Pointer(C.CString(symbol)), C.size_t(len(symbol)))
	}
	// Without probes a network that fails silently would be waited for without end.
	set(ticks, C.ZMQ_TCP_KEEPALIVE, 1)
	set(ticks, C.ZMQ_TCP_KEEPALIVE_IDLE, 5)
	endpoint := os.Getenv("TICKZ_TICKS")
	if endpoint == "" {
		endpoint = "tcp://127.0.0.1:9003"
	}
	if C.zmq_connect(ticks, C.CString(endpoint)) != 0 {
		fmt.Fprintln(os.Stderr, "error: TICKZ_TICKS:", C.GoString(C.zmq_strerror(C.zmq_errno())))
		os.Exit(1)
	}

	for {
		tick := receive(ticks)
		switch price, ok := priceOf(tick); {
		case tick == nil: // interrupted by a signal
		case !ok:
			drop()
		case symbols[string(tick[0])]: // the subscription is only a prefix: GO also brings GOOG
			fmt.Println(string(tick[0]), strconv.FormatFloat(price, 'f', -1, 64))
		}
	}
}

// drop counts a malformed message, and logs the count at most once a second.
func drop() {
	malformed++
	if time.Since(logged) > time.Second {
		logged = time.Now()
		fmt.Fprintln(os.Stderr, malformed, "malformed ticks dropped")
	}
}

var (
	malformed uint64
	logged    time.Time
)

func usage() {
	fmt.Fprintf(os.Stderr, "usage: %s SYMBOL...\n", os.Args[0])
	os.Exit(2)
}

func set(socket unsafe.Pointer, option C.int, value C.int) {
	C.zmq_setsockopt(socket, option, unsafe.Pointer(&value), C.size_t(unsafe.Sizeof(value)))
}

// receive waits for a message. It returns nil if a signal comes first.
func receive(socket unsafe.Pointer) (frames [][]byte) {
	for more := C.int(1); more != 0; {
		frame := make([]byte, frameMax+1)
		size := int(C.zmq_recv(socket, unsafe.Pointer(&frame[0]), C.size_t(len(frame)), 0))
		if size < 0 {
			return nil
		}
		if size < len(frame) {
			frame = frame[:size]
		}
		frames = append(frames, frame)
		length := C.size_t(unsafe.Sizeof(more))
		C.zmq_getsockopt(socket, C.ZMQ_RCVMORE, unsafe.Pointer(&more), &length)
	}
	return frames
}

// priceOf returns the price of a tick, and whether the tick is well-formed.
func priceOf(tick [][]byte) (float64, bool) {
	if len(tick) < 3 || len(tick) > 3 && len(tick[3]) != 8 || !isSymbol(string(tick[0])) {
		return 0, false
	}
	at, price := f64(tick[1]), f64(tick[2])
	return price, isFinite(at) && isFinite(price) && price > 0
}

func isFinite(number float64) bool {
	return !math.IsNaN(number) && !math.IsInf(number, 0)
}

// f64 returns the number in a frame of 8 bytes, and otherwise one that is not finite.
func f64(frame []byte) float64 {
	if len(frame) != 8 {
		return math.NaN()
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(frame))
}
