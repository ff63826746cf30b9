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
// #include <zmq.h>
import "C"

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
	"unsafe"
)

const (
	exit, ready, report = "\x01", "\x02", "\x04"

	frameMax  = 1024 // a longer frame is cut, and is still too long
	burst     = 1000 // how many orders are valued before the loop does anything else
	reportMs  = 100
	lingerMs  = 250
	succeeded = C.ZMQ_EVENT_HANDSHAKE_SUCCEEDED
)

var isSymbol = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,15}$`).Match

// worker is what is known between two waits.
type worker struct {
	orders, results    unsafe.Pointer
	sourceUp, reduceUp bool
	name               string   // go:host:pid
	ready              bool     // READY is sent on the present connection to reduce
	held               [][]byte // a result that waits for room
	done, reported     uint64
	reportAt, loggedAt time.Time
	malformed          uint64
}

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintf(os.Stderr, "usage: %s\n", os.Args[0])
		os.Exit(2)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	host, _ := os.Hostname()

	context := C.zmq_ctx_new()
	control, results, orders := socket(context, C.ZMQ_SUB), socket(context, C.ZMQ_PUSH), socket(context, C.ZMQ_PULL)
	source := monitor(context, orders, "inproc://source", succeeded)
	reduce := monitor(context, results, "inproc://reduce", succeeded|C.ZMQ_EVENT_DISCONNECTED)
	C.zmq_setsockopt(control, C.ZMQ_SUBSCRIBE, unsafe.Pointer(C.CString(exit)), 1)
	connect(control, "VALUZ_CONTROL", "tcp://127.0.0.1:9006")
	connect(results, "VALUZ_RESULTS", "tcp://127.0.0.1:9005")
	connect(orders, "VALUZ_ORDERS", "tcp://127.0.0.1:9004")

	w := worker{orders: orders, results: results, name: fmt.Sprintf("go:%s:%d", host, os.Getpid())}
	for !isStopped(stop) && !isExit(receive(control)) {
		follow(source, &w.sourceUp)
		follow(reduce, &w.reduceUp)
		w.announce()
		w.value()
		w.reportWhenDue()
		w.wait(control, source, reduce)
	}
	w.report()

	C.zmq_socket_monitor(orders, nil, 0) // before its receiver closes: libzmq would wait for it
	C.zmq_socket_monitor(results, nil, 0)
	for _, socket := range []unsafe.Pointer{source, reduce, orders, results, control} {
		C.zmq_close(socket)
	}
	uninterrupted(func() (C.int, error) {
		result, err := C.zmq_ctx_term(context)
		return result, err
	})
}

// announce sends READY once both connections are up, and again when reduce was lost and is back.
func (w *worker) announce() {
	w.ready = w.reduceUp && (w.ready || w.sourceUp && send(w.results, []byte(ready), []byte(w.name)))
}

// value values orders while there are some and their results find room.
func (w *worker) value() {
	for i := 0; w.ready && i < burst; i++ {
		if w.held == nil {
			order := receive(w.orders)
			if order == nil {
				return
			}
			if w.held = resultOf(order); w.held == nil {
				w.drop()
			}
		}
		if w.held != nil {
			if !send(w.results, w.held...) {
				return
			}
			w.held = nil
			w.done++
		}
	}
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
	return append([][]byte{symbol, u64(math.Float64bits(value))}, tail...)
}

// drop counts a malformed order, and logs the count at most once a second.
func (w *worker) drop() {
	w.malformed++
	if time.Now().After(w.loggedAt) {
		w.loggedAt = time.Now().Add(time.Second)
		fmt.Fprintln(os.Stderr, w.malformed, "malformed orders dropped")
	}
}

// reportWhenDue reports changes, at most ten times a second.
func (w *worker) reportWhenDue() {
	if w.done != w.reported && time.Now().After(w.reportAt) && w.report() {
		w.reported, w.reportAt = w.done, time.Now().Add(reportMs*time.Millisecond)
	}
}

// report reports how many orders are valued.
func (w *worker) report() bool {
	return send(w.results, []byte(report), []byte(w.name), u64(w.done))
}

// wait returns when something has arrived, when the held result finds room, or when a report may be due.
func (w *worker) wait(sockets ...unsafe.Pointer) {
	var items []C.zmq_pollitem_t
	for _, socket := range sockets {
		items = append(items, C.zmq_pollitem_t{socket: socket, events: C.ZMQ_POLLIN})
	}
	if w.ready && w.held == nil {
		items = append(items, C.zmq_pollitem_t{socket: w.orders, events: C.ZMQ_POLLIN})
	} else if w.ready {
		items = append(items, C.zmq_pollitem_t{socket: w.results, events: C.ZMQ_POLLOUT})
	}
	C.zmq_poll(&items[0], C.int(len(items)), reportMs)
}

func isStopped(stop chan os.Signal) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

func isExit(command [][]byte) bool {
	return len(command) > 0 && string(command[0]) == exit
}

func socket(context unsafe.Pointer, kind C.int) unsafe.Pointer {
	socket, linger := C.zmq_socket(context, kind), C.int(lingerMs)
	C.zmq_setsockopt(socket, C.ZMQ_LINGER, unsafe.Pointer(&linger), C.size_t(unsafe.Sizeof(linger)))
	return socket
}

// connect connects a socket, now or when its peer is there.
func connect(socket unsafe.Pointer, variable, endpoint string) {
	if value := os.Getenv(variable); value != "" {
		endpoint = value
	}
	if C.zmq_connect(socket, C.CString(endpoint)) != 0 {
		fmt.Fprintf(os.Stderr, "error: %s: %s\n", variable, C.GoString(C.zmq_strerror(C.zmq_errno())))
		os.Exit(1)
	}
}

// monitor returns a socket on which these events of another one arrive.
func monitor(context, socket unsafe.Pointer, address string, events C.int) unsafe.Pointer {
	C.zmq_socket_monitor(socket, C.CString(address), events)
	monitor := C.zmq_socket(context, C.ZMQ_PAIR)
	C.zmq_connect(monitor, C.CString(address))
	return monitor
}

// follow takes one event of a connection: so a loss is not missed, even if the peer is back already.
func follow(monitor unsafe.Pointer, up *bool) {
	if event := receive(monitor); event != nil {
		*up = *(*uint16)(unsafe.Pointer(&event[0][0])) == succeeded // in the byte order of the host
	}
}

// receive returns the next message, nil if there is none yet.
func receive(socket unsafe.Pointer) (frames [][]byte) {
	for more := C.int(1); more != 0; {
		size := uninterrupted(func() (C.int, error) {
			size, err := C.zmq_recv(socket, unsafe.Pointer(&buffer), C.size_t(len(buffer)), C.ZMQ_DONTWAIT)
			return size, err
		})
		if size < 0 {
			return nil
		}
		if size > len(buffer) {
			size = len(buffer)
		}
		frames = append(frames, append([]byte{}, buffer[:size]...))
		length := C.size_t(unsafe.Sizeof(more))
		C.zmq_getsockopt(socket, C.ZMQ_RCVMORE, unsafe.Pointer(&more), &length)
	}
	return frames
}

var buffer [frameMax + 1]byte

// send sends a message. It returns false if there is no room: then nothing is sent.
func send(socket unsafe.Pointer, frames ...[]byte) bool {
	for i, frame := range frames {
		flags := C.int(C.ZMQ_DONTWAIT)
		if i+1 < len(frames) {
			flags |= C.ZMQ_SNDMORE
		}
		var data unsafe.Pointer
		if len(frame) > 0 {
			data = unsafe.Pointer(&frame[0])
		}
		sent := uninterrupted(func() (C.int, error) {
			size, err := C.zmq_send(socket, data, C.size_t(len(frame)), flags)
			return size, err
		})
		if sent < 0 {
			return false
		}
	}
	return true
}

// uninterrupted calls into libzmq until no signal interrupts the call. Go's runtime signals its own threads at any time, even
// between two frames of a message.
func uninterrupted(call func() (C.int, error)) int {
	for {
		if result, err := call(); result >= 0 || err != syscall.EINTR {
			return int(result)
		}
	}
}

func u64(number uint64) []byte {
	frame := make([]byte, 8)
	binary.LittleEndian.PutUint64(frame, number)
	return frame
}
