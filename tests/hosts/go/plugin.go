// Package metric asks Prometheus, through the Metric Service plugin, what a kernel, session, agent, user or project
// used: CPU, memory, network, disk.
//
// A [Plugin] calls any verb by its name; it sends its requests itself. A [Client] sends them with a [net/http.Client] of
// yours. The texts that cross are described by wit/schema/metric-service.schema.json.
package metric

/*
#cgo CFLAGS: -I${SRCDIR}/../c
#cgo LDFLAGS: -L${SRCDIR}/../c -lmetric -Wl,-rpath,${SRCDIR}/../c
#include <stdlib.h>
#include "metric.h"
*/
import "C"

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// Limits is what one call may use. Zero is the default.
type Limits struct {
	// MemoryBytes is linear memory. By default 512 MiB.
	MemoryBytes int64
	// ComputeSeconds is how long wasm may compute; waiting for Prometheus does not count. By default 60.
	ComputeSeconds uint32
}

// Plugin is a compiled component. It may be shared between goroutines: each call runs in a fresh instance.
type Plugin struct {
	plugin *C.metric_plugin
}

// Load compiles a component, which is the whole cost of loading it: keep it.
func Load(wasm []byte, limits Limits) (*Plugin, error) {
	if len(wasm) == 0 {
		return nil, errors.New("metric: the component is empty")
	}
	given := C.metric_limits{memory_bytes: C.int64_t(limits.MemoryBytes), compute_seconds: C.uint32_t(limits.ComputeSeconds)}
	var failure *C.char
	loaded := C.metric_load((*C.uint8_t)(unsafe.Pointer(&wasm[0])), C.size_t(len(wasm)), &given, &failure)
	if loaded == nil {
		return nil, fmt.Errorf("metric: %s", taken(failure))
	}
	plugin := &Plugin{loaded}
	runtime.SetFinalizer(plugin, func(plugin *Plugin) { C.metric_unload(plugin.plugin) })
	return plugin, nil
}

// Call calls a verb of metric_service.wasm, such as "query-metric", and reads its result into `result`. What the caller
// or Prometheus did wrong is an [*Error]; any other error is a plugin that broke.
func (plugin *Plugin) Call(verb string, request, result any) error {
	given, err := json.Marshal(request)
	if err != nil {
		return err
	}
	answer, err := plugin.CallText(verb, string(given))
	return settle(answer, err, result)
}

// CallText is Call with the texts as they are.
func (plugin *Plugin) CallText(verb, request string) (string, error) {
	cVerb, cRequest := C.CString(verb), C.CString(request)
	defer C.free(unsafe.Pointer(cVerb))
	defer C.free(unsafe.Pointer(cRequest))
	var failure *C.char
	answer := C.metric_call(plugin.plugin, cVerb, cRequest, &failure)
	runtime.KeepAlive(plugin)
	return plugin.settled(answer, failure)
}

// CodecText calls a verb without I/O of either component, such as "metric-request", or "metric-response", whose body
// is what came from Prometheus.
func (plugin *Plugin) CodecText(verb, request string, body []byte) (string, error) {
	cVerb, cRequest, cBody := C.CString(verb), C.CString(request), C.CBytes(body)
	defer C.free(unsafe.Pointer(cVerb))
	defer C.free(unsafe.Pointer(cRequest))
	defer C.free(cBody)
	var failure *C.char
	answer := C.metric_codec_call(plugin.plugin, cVerb, cRequest, (*C.char)(cBody), C.size_t(len(body)), &failure)
	runtime.KeepAlive(plugin)
	return plugin.settled(answer, failure)
}

func (plugin *Plugin) codec(verb string, request any, body []byte, result any) error {
	given, err := json.Marshal(request)
	if err != nil {
		return err
	}
	answer, err := plugin.CodecText(verb, string(given), body)
	return settle(answer, err, result)
}

func (plugin *Plugin) settled(answer, failure *C.char) (string, error) {
	if answer == nil {
		return "", fmt.Errorf("metric: %s", taken(failure))
	}
	return taken(answer), nil
}

func taken(text *C.char) string {
	defer C.metric_free(text)
	return C.GoString(text)
}

// settle reads an answer: the result, or the error.
func settle(answer string, err error, result any) error {
	if err != nil {
		return err
	}
	var read struct {
		Result json.RawMessage `json:"result"`
		Error  *Error          `json:"error"`
	}
	if err := json.Unmarshal([]byte(answer), &read); err != nil {
		return err
	}
	if read.Error != nil {
		return read.Error
	}
	return json.Unmarshal(read.Result, result)
}
