package metric_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"backend.ai/metric"
)

const empty = `{"status":"success","data":{"resultType":"matrix","result":[]}}`

var query = metric.Query{MetricName: "mem", Start: "2026-01-05", End: "2026-01-05T01:00:00Z"}

var loaded = map[string]*metric.Plugin{}

// load gives the component that a variable names, compiled once for all tests.
func load(t testing.TB, variable string) *metric.Plugin {
	t.Helper()
	if plugin, is := loaded[variable]; is {
		return plugin
	}
	wasm, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		t.Fatalf("%s names no component: %v", variable, err)
	}
	plugin, err := metric.Load(wasm, metric.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	loaded[variable] = plugin
	return plugin
}

// address is a server's host and port.
func address(server *httptest.Server) string {
	return strings.TrimPrefix(server.URL, "http://")
}

func TestBothWaysToSendGiveTheSame(t *testing.T) {
	config := metric.Config{Address: os.Getenv("METRIC_ADDRESS")}
	var own metric.Result
	if err := load(t, "METRIC_PLUGIN").Call("query-metric", map[string]any{"config": config, "query": query}, &own); err != nil {
		t.Fatal(err)
	}
	client := metric.Client{Plugin: load(t, "METRIC_CODEC"), Config: config}
	sent, err := client.QueryMetric(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	if len(own.Series) == 0 || !reflect.DeepEqual(&own, sent) {
		t.Fatalf("%+v\n%+v", own, sent)
	}
	metadata, err := client.QueryMetadata(context.Background())
	if err != nil || len(metadata.Metrics) == 0 || metadata.Metrics[0].Unit == nil {
		t.Fatalf("%+v %v", metadata, err)
	}
}

func TestWhatTheCallerDidWrongIsAnErrorWithItsFields(t *testing.T) {
	client := metric.Client{Plugin: load(t, "METRIC_CODEC"), Config: metric.Config{Address: "127.0.0.1:9"}}
	zero := uint32(0)
	wrong := query
	wrong.Step = &zero
	_, err := client.QueryMetric(context.Background(), wrong)
	var failure *metric.Error
	if !errors.As(err, &failure) || failure.Type != "invalid_argument" || failure.Field != "step" {
		t.Fatal(err)
	}
	_, err = client.QueryMetric(context.Background(), query)
	if !errors.As(err, &failure) || failure.Type != "connection_failed" {
		t.Fatal(err)
	}
}

func TestWhatIsNoPluginIsRefusedInWords(t *testing.T) {
	for _, wasm := range [][]byte{nil, {}, []byte("not wasm"), []byte("\x00asm\x01\x00\x00\x00")} {
		if plugin, err := metric.Load(wasm, metric.Limits{}); err == nil || plugin != nil {
			t.Fatalf("%q is taken", wasm)
		}
	}
	if _, err := metric.Load([]byte("x"), metric.Limits{MemoryBytes: -1}); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Fatal(err)
	}
}

func TestACallThatIsCancelledEndsAtOnce(t *testing.T) {
	came := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		// The server sees that the client has gone only when it has read the request.
		io.Copy(io.Discard, request.Body)
		close(came)
		<-request.Context().Done()
	}))
	defer server.Close()
	client := metric.Client{Plugin: load(t, "METRIC_CODEC"), Config: metric.Config{Address: address(server)}}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-came
		cancel()
	}()
	start := time.Now()
	if _, err := client.QueryMetric(ctx, query); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Fatal(took)
	}
}

func TestAConnectionThatTheServerHasClosedIsReplaced(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, empty) }))
	defer server.Close()
	client := metric.Client{Plugin: load(t, "METRIC_CODEC"), Config: metric.Config{Address: address(server)}, HTTP: &http.Client{Transport: &http.Transport{}}}
	for range [3]int{} {
		if _, err := client.QueryMetric(context.Background(), query); err != nil {
			t.Fatal(err)
		}
		server.CloseClientConnections()
	}
}

func TestGoroutinesShareAPlugin(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, empty) }))
	defer server.Close()
	plugin := load(t, "METRIC_PLUGIN")
	client := metric.Client{Plugin: plugin, Config: metric.Config{Address: address(server)}}
	var failures atomic.Int64
	var all sync.WaitGroup
	for number := 0; number < 32; number++ {
		all.Add(1)
		go func(number int) {
			defer all.Done()
			for round := 0; round < 20; round++ {
				own := query
				own.MetricName = "metric_" + strconv.Itoa(number)
				var promql string
				asked := map[string]any{"config": client.Config, "query": own}
				if err := plugin.Call("build-promql", asked, &promql); err != nil || !strings.Contains(promql, `"`+own.MetricName+`"`) {
					failures.Add(1)
				}
				if result, err := client.QueryMetric(context.Background(), own); err != nil || result.PromQL != promql {
					failures.Add(1)
				}
			}
		}(number)
	}
	all.Wait()
	if failures.Load() != 0 {
		t.Fatal(failures.Load())
	}
}

func residentKilobytes(t testing.TB) int {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc here")
	}
	pages, _ := strconv.Atoi(string(bytes.Fields(statm)[1]))
	return pages * os.Getpagesize() / 1024
}

func TestTenThousandCallsLeaveNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, empty) }))
	defer server.Close()
	plugin := load(t, "METRIC_PLUGIN")
	client := metric.Client{Plugin: plugin, Config: metric.Config{Address: address(server)}}
	asked := map[string]any{"config": client.Config, "query": query}
	calls := func(count int) int {
		for number := 0; number < count; number++ {
			var promql string
			err := plugin.Call("build-promql", asked, &promql)
			if err == nil && number%10 == 0 {
				_, err = client.QueryMetric(context.Background(), query)
			}
			if err == nil && number%50 == 0 {
				err = plugin.Call("query-metric", asked, &metric.Result{})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		return residentKilobytes(t)
	}
	before := calls(1000)
	if grown := calls(10_000) - before; grown > 16<<10 {
		t.Fatalf("%d kB more", grown)
	}
}

func BenchmarkBuildPromQL(b *testing.B) {
	plugin := load(b, "METRIC_CODEC")
	request := `{"config":{"address":"h:1"},"query":{"metric_name":"mem","start":"2026-01-05","end":"2026-01-06"}}`
	b.ResetTimer()
	for number := 0; number < b.N; number++ {
		if _, err := plugin.CodecText("build-promql", request, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQueryMetric(b *testing.B) {
	client := metric.Client{Plugin: load(b, "METRIC_CODEC"), Config: metric.Config{Address: os.Getenv("METRIC_ADDRESS")}}
	if _, err := client.QueryMetric(context.Background(), query); err != nil {
		b.Fatal(err)
	}
	var mebibytes []int
	start := time.Now()
	b.ResetTimer()
	for number := 0; number < b.N; number++ {
		if _, err := client.QueryMetric(context.Background(), query); err != nil {
			b.Fatal(err)
		}
		if b.N >= 4 && number%(b.N/4) == 0 {
			mebibytes = append(mebibytes, residentKilobytes(b)>>10)
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "calls/s")
	b.Logf("%v MiB, %d MiB", mebibytes, residentKilobytes(b)>>10)
}
