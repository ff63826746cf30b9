// SPDX-License-Identifier: MIT OR Apache-2.0

// Values orders (protocol-docs/valuz.md).
//
//	 source               worker                reduce
//	┌──────┐  order  ┌──────────────┐  result  ┌──────┐
//	│ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
//	└──────┘         │          SUB │ ◀─────── │ PUB  │
//	                 └──────────────┘   EXIT   └──────┘
package main

// #cgo LDFLAGS: -lzmq
// #include <signal.h>
// #include <zmq.h>
//
// static void block_signals(void) {
//     sigset_t signals;
//     sigemptyset(&signals);
//     sigaddset(&signals, SIGINT);
//     sigaddset(&signals, SIGTERM);
//     sigaddset(&signals, SIGURG);
//     pthread_sigmask(SIG_BLOCK, &signals, NULL);
// }
import "C"

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

const (
	exit, ready, report = "\x01", "\x02", "\x04"
	succeeded           = C.ZMQ_EVENT_HANDSHAKE_SUCCEEDED
	burst               = 1000 // how many orders are valued before the loop does anything else
	reportMs, lingerMs  = 100, 250
)

var (
	zmq       = C.zmq_ctx_new()
	frame     C.zmq_msg_t // that was received last
	isSymbol  = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,15}$`).Match
	malformed int
	loggedAt  time.Time
)

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintf(os.Stderr, "usage: %s\n", os.Args[0])
		os.Exit(2)
	}
	// Go's runtime sends signals to its threads at any time. Blocked in this one, none ends a call into libzmq between two frames.
	runtime.LockOSThread()
	C.block_signals()
	stop, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	host, _ := os.Hostname()
	name := []byte(fmt.Sprintf("go:%s:%d", host, os.Getpid()))

	C.zmq_msg_init(&frame)
	control, _ := connected(C.ZMQ_SUB, "VALUZ_CONTROL", "tcp://127.0.0.1:9006", 0)
	results, reduce := connected(C.ZMQ_PUSH, "VALUZ_RESULTS", "tcp://127.0.0.1:9005", succeeded|C.ZMQ_EVENT_DISCONNECTED)
	orders, source := connected(C.ZMQ_PULL, "VALUZ_ORDERS", "tcp://127.0.0.1:9004", succeeded)
	items := []C.zmq_pollitem_t{
		{socket: control, events: C.ZMQ_POLLIN}, {socket: source, events: C.ZMQ_POLLIN}, {socket: reduce, events: C.ZMQ_POLLIN}, {},
	}

	var sourceUp, reduceUp, isReady bool
	var held [][]byte // a result that waits for room
	var done, reported uint64
	var reportAt time.Time
	sendReport := func() bool {
		return send(results, []byte(report), name, binary.LittleEndian.AppendUint64(nil, done))
	}
	for stop.Err() == nil {
		count := C.int(3)
		if isReady {
			count = 4
		}
		items[3] = C.zmq_pollitem_t{socket: orders, events: C.ZMQ_POLLIN}
		if held != nil {
			items[3] = C.zmq_pollitem_t{socket: results, events: C.ZMQ_POLLOUT}
		}
		C.zmq_poll(&items[0], count, reportMs)
		if command := receive(control); command != nil && string(command[0]) == exit {
			break
		}

		// READY goes out once both connections are up, and again when reduce was lost and is back.
		follow(source, &sourceUp)
		follow(reduce, &reduceUp)
		isReady = reduceUp && (isReady || sourceUp && send(results, []byte(ready), name))

		for i := 0; isReady && i < burst; i++ {
			if held == nil {
				order := receive(orders)
				if order == nil {
					break
				}
				if held = resultOf(order); held == nil {
					drop()
				}
			}
			if held != nil {
				if !send(results, held...) {
					break
				}
				held, done = nil, done+1
			}
		}

		if done != reported && time.Now().After(reportAt) && sendReport() {
			reported, reportAt = done, time.Now().Add(reportMs*time.Millisecond)
		}
	}

	sendReport()
	C.zmq_socket_monitor(orders, nil, 0) // before its receiver closes: libzmq would wait for it
	C.zmq_socket_monitor(results, nil, 0)
	for _, socket := range []unsafe.Pointer{source, reduce, orders, results, control} {
		C.zmq_close(socket)
	}
	C.zmq_ctx_term(zmq)
}

// resultOf returns the result of an order: its symbol, the value, its tail. It is nil if the order is malformed.
func resultOf(order [][]byte) [][]byte {
	if len(order) < 4 || len(order) > 12 || !isSymbol(order[0]) {
		return nil
	}
	symbol, action, shares, price, tail := order[0], order[1], order[2], order[3], order[4:]
	if len(action) != 1 || action[0] > 1 || len(shares) != 4 || len(price) != 8 || len(bytes.Join(tail, nil)) > 1024 {
		return nil
	}
	number := int32(binary.LittleEndian.Uint32(shares))
	each := math.Float64frombits(binary.LittleEndian.Uint64(price))
	value := float64(number) * each
	if number <= 0 || !(each > 0) || math.IsInf(value, 0) {
		return nil
	}
	if action[0] == 1 {
		value = -value
	}
	return append([][]byte{symbol, binary.LittleEndian.AppendUint64(nil, math.Float64bits(value))}, tail...)
}

// drop counts a malformed order, and logs the count at most once a second.
func drop() {
	malformed++
	if time.Since(loggedAt) > time.Second {
		loggedAt = time.Now()
		fmt.Fprintln(os.Stderr, malformed, "malformed orders dropped")
	}
}

// connected returns a socket that connects, now or when its peer is there, and one on which these events of its connection arrive.
func connected(kind C.int, variable, endpoint string, events C.int) (socket, monitor unsafe.Pointer) {
	socket = C.zmq_socket(zmq, kind)
	linger := C.int(lingerMs)
	C.zmq_setsockopt(socket, C.ZMQ_LINGER, unsafe.Pointer(&linger), C.size_t(unsafe.Sizeof(linger)))
	if kind == C.ZMQ_SUB {
		C.zmq_setsockopt(socket, C.ZMQ_SUBSCRIBE, unsafe.Pointer(C.CString(exit)), 1)
	}
	if events != 0 {
		address := C.CString("inproc://" + variable)
		C.zmq_socket_monitor(socket, address, events)
		monitor = C.zmq_socket(zmq, C.ZMQ_PAIR)
		C.zmq_connect(monitor, address)
	}
	if value := os.Getenv(variable); value != "" {
		endpoint = value
	}
	if C.zmq_connect(socket, C.CString(endpoint)) != 0 {
		fmt.Fprintf(os.Stderr, "error: %s: %s\n", variable, C.GoString(C.zmq_strerror(C.zmq_errno())))
		os.Exit(1)
	}
	return socket, monitor
}

// follow takes one event of a connection: so a loss is not missed, even if the peer is back already.
func follow(monitor unsafe.Pointer, up *bool) {
	if event := receive(monitor); event != nil {
		*up = *(*uint16)(unsafe.Pointer(&event[0][0])) == succeeded // in the byte order of the host
	}
}

// receive returns the next message, nil if there is none yet.
func receive(socket unsafe.Pointer) (frames [][]byte) {
	for more := true; more; more = C.zmq_msg_more(&frame) != 0 {
		if C.zmq_msg_recv(&frame, socket, C.ZMQ_DONTWAIT) < 0 {
			return nil
		}
		frames = append(frames, C.GoBytes(C.zmq_msg_data(&frame), C.int(C.zmq_msg_size(&frame))))
	}
	return frames
}

// send sends a message. It returns false if there is no room: then nothing is sent.
func send(socket unsafe.Pointer, frames ...[]byte) bool {
	for i, frame := range frames {
		flags := C.int(C.ZMQ_DONTWAIT)
		if i+1 < len(frames) {
			flags |= C.ZMQ_SNDMORE
		}
		var data unsafe.Pointer // none of an empty frame
		if len(frame) > 0 {
			data = unsafe.Pointer(&frame[0])
		}
		if C.zmq_send(socket, data, C.size_t(len(frame)), flags) < 0 {
			return false
		}
	}
	return true
}
