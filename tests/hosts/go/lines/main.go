// Command lines answers calls, one JSON object a line in and one out: how the tests, which are in Python, play the
// shared cases.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"

	"backend.ai/metric"
)

type asked struct {
	// Interface is json, json-codec or client.
	Interface, Verb, Request, Body string
	// Limits and MaxResponseBytes are what a case takes away.
	MemoryBytes, MaxResponseBytes int64
}

type answered struct {
	Answer string `json:"answer,omitempty"`
	Error  string `json:"error,omitempty"`
}

func main() {
	wasm, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	plugins := map[int64]*metric.Plugin{}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var call asked
		if err := json.Unmarshal(line, &call); err != nil {
			panic(err)
		}
		plugin := plugins[call.MemoryBytes]
		if plugin == nil {
			if plugin, err = metric.Load(wasm, metric.Limits{MemoryBytes: call.MemoryBytes}); err != nil {
				panic(err)
			}
			plugins[call.MemoryBytes] = plugin
		}
		answer, err := answer(plugin, call)
		said := answered{Answer: answer}
		if err != nil {
			said.Error = err.Error()
		}
		if err := out.Encode(said); err != nil {
			panic(err)
		}
	}
}

func answer(plugin *metric.Plugin, call asked) (string, error) {
	switch call.Interface {
	case "json":
		return plugin.CallText(call.Verb, call.Request)
	case "json-codec":
		return plugin.CodecText(call.Verb, call.Request, []byte(call.Body))
	}
	var request struct {
		Config metric.Config
		Query  metric.Query
	}
	if err := json.Unmarshal([]byte(call.Request), &request); err != nil {
		return "", err
	}
	client := metric.Client{Plugin: plugin, Config: request.Config, MaxResponseBytes: call.MaxResponseBytes}
	var result any
	var err error
	if call.Verb == "query-metric" {
		result, err = client.QueryMetric(context.Background(), request.Query)
	} else {
		result, err = client.QueryMetadata(context.Background())
	}
	var failure *metric.Error
	if errors.As(err, &failure) {
		return text(map[string]any{"error": failure})
	}
	if err != nil {
		return "", err
	}
	return text(map[string]any{"result": result})
}

func text(value any) (string, error) {
	written, err := json.Marshal(value)
	return string(written), err
}
