package metric

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// ResponseBytes is the largest answer that is read by default.
const ResponseBytes = 256 << 20

// DefaultTimeout is the contract's, for a Config without one.
const DefaultTimeout = 30 * time.Second

// Client asks with a plugin that only makes requests and reads answers; its requests are sent by HTTP, which has the
// credentials, the proxies, the kept connections. One request a call. It may be shared between goroutines.
type Client struct {
	// Plugin is metric_codec.wasm, which imports nothing, or metric_service.wasm.
	Plugin *Plugin
	Config Config
	// HTTP sends. None: http.DefaultClient. Redirects are not followed, whatever it says.
	HTTP *http.Client
	// MaxResponseBytes is the largest answer that is read. Zero: ResponseBytes.
	MaxResponseBytes int64
}

type codecRequest struct {
	Config Config `json:"config"`
	Query  *Query `json:"query,omitempty"`
	Status int    `json:"status,omitempty"`
}

type httpRequest struct {
	Method        string      `json:"method"`
	Scheme        string      `json:"scheme"`
	Authority     string      `json:"authority"`
	PathWithQuery string      `json:"path_with_query"`
	Headers       [][2]string `json:"headers"`
	Body          string      `json:"body"`
}

// QueryMetadata lists the metrics that Prometheus holds.
func (client *Client) QueryMetadata(ctx context.Context) (*Metadata, error) {
	var metadata Metadata
	return &metadata, client.ask(ctx, "metadata", nil, &metadata)
}

// QueryMetric builds the query, asks Prometheus, and returns the series.
func (client *Client) QueryMetric(ctx context.Context, query Query) (*Result, error) {
	var result Result
	return &result, client.ask(ctx, "metric", &query, &result)
}

func (client *Client) ask(ctx context.Context, what string, query *Query, result any) error {
	request := codecRequest{Config: client.Config, Query: query}
	if request.Config.Now == nil {
		now := time.Now().UnixMilli()
		request.Config.Now = &now
	}
	var outgoing httpRequest
	if err := client.Plugin.codec(what+"-request", request, nil, &outgoing); err != nil {
		return err
	}
	status, body, err := client.send(ctx, outgoing)
	if err != nil {
		return err
	}
	request.Status = status
	return client.Plugin.codec(what+"-response", request, body, result)
}

func (client *Client) send(ctx context.Context, outgoing httpRequest) (int, []byte, error) {
	timeout := DefaultTimeout
	if client.Config.Timeout != nil {
		timeout = time.Duration(*client.Config.Timeout) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	url := outgoing.Scheme + "://" + outgoing.Authority + outgoing.PathWithQuery
	request, err := http.NewRequestWithContext(ctx, strings.ToUpper(outgoing.Method), url, strings.NewReader(outgoing.Body))
	if err != nil {
		return 0, nil, failed("connection_failed", err.Error())
	}
	for _, header := range outgoing.Headers {
		request.Header.Set(header[0], header[1])
	}
	// No coding that net/http would undo, and so hide from the bound.
	request.Header.Set("accept-encoding", "identity")
	// A query changes nothing: on a kept connection that the server has closed, net/http may send it again.
	request.Header["Idempotency-Key"] = nil

	sender := http.Client{}
	if client.HTTP != nil {
		sender = *client.HTTP
	}
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := sender.Do(request)
	if err != nil {
		return 0, nil, sendError(err)
	}
	defer response.Body.Close()
	if location := response.Header.Get("location"); response.StatusCode/100 == 3 {
		message := fmt.Sprintf("redirected: %s; redirects are not followed: configure the address that answers", location)
		return 0, nil, &Error{Type: "failed_to_get_metric", Status: response.StatusCode, Message: &message}
	}
	body, err := client.read(response.Body)
	if err != nil {
		return 0, nil, err
	}
	if !utf8.Valid(body) {
		if response.StatusCode/100 == 2 {
			return 0, nil, failed("malformed_response", "the answer is not UTF-8")
		}
		// Of a refusal in another encoding the message is kept as far as it can be.
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	return response.StatusCode, body, nil
}

func (client *Client) read(from io.Reader) ([]byte, error) {
	most := client.MaxResponseBytes
	if most == 0 {
		most = ResponseBytes
	}
	body, err := io.ReadAll(io.LimitReader(from, most+1))
	var timeout net.Error
	switch {
	case int64(len(body)) > most:
		maximum := uint64(most)
		return nil, &Error{Type: "limit_exceeded", Limit: "response-bytes", Maximum: &maximum}
	case errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded):
		return nil, failed("timed_out", err.Error())
	case errors.Is(err, context.Canceled):
		return nil, err
	case err != nil:
		return nil, failed("malformed_response", "the answer stops half-way: "+err.Error())
	}
	return body, nil
}

// sendError says what went wrong before there was an answer. A caller who has cancelled is told so.
func sendError(err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &timeout) && timeout.Timeout():
		return failed("timed_out", err.Error())
	// net/http has no types for these.
	case strings.Contains(err.Error(), "malformed"), strings.Contains(err.Error(), "HTTP response to HTTPS client"),
		strings.Contains(err.Error(), "server response headers exceeded"), strings.Contains(err.Error(), "unsupported transfer encoding"):
		return failed("malformed_response", err.Error())
	}
	return failed("connection_failed", err.Error())
}
