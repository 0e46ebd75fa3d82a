package metric

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Config is what the plugin is told. It never holds a secret: credentials are the sender's. A field that is left out has
// the contract's default.
type Config struct {
	// Address is host:port, or http(s)://host[:port][/prefix].
	Address string `json:"address"`
	// TimeWindow is the window of a rate, a Prometheus duration such as 5m.
	TimeWindow string `json:"timewindow,omitempty"`
	// LabelSchema is documented or agent.
	LabelSchema string `json:"label_schema,omitempty"`
	// SampleInterval is the seconds between two samples.
	SampleInterval *uint32 `json:"sample_interval,omitempty"`
	// MaxRange is the longest range, in seconds.
	MaxRange *uint32 `json:"max_range,omitempty"`
	// MaxPoints is the most points that a series may have.
	MaxPoints *uint32 `json:"max_points,omitempty"`
	// MaxResultBytes is the most bytes that a result may hold.
	MaxResultBytes *uint64 `json:"max_result_bytes,omitempty"`
	// Timeout is the milliseconds until a call gives up.
	Timeout *uint32 `json:"timeout,omitempty"`
	// Method is auto, post or get.
	Method string `json:"method,omitempty"`
	// Backend is auto, prometheus, thanos, mimir, victoria or victoria_cluster.
	Backend string `json:"backend,omitempty"`
	// Partial says whether an answer may be partial.
	Partial bool `json:"partial,omitempty"`
	// Now is the time of day in Unix milliseconds, for a plugin has no clock.
	Now *int64 `json:"now,omitempty"`
}

// Query is a time-series query.
type Query struct {
	MetricName string `json:"metric_name"`
	// Start and End are RFC 3339, a date, or Unix seconds; both ends belong to the range.
	Start string `json:"start"`
	End   string `json:"end"`
	// Step is the seconds between two points. None: chosen from the length of the range.
	Step *uint32 `json:"step,omitempty"`
	// Labels are the filters.
	Labels Labels `json:"labels"`
	// GroupBy is what to tell apart: agent_id, kernel_id, session_id, user_id, project_id, metric_name, value_type.
	GroupBy []string `json:"group_by,omitempty"`
	// MetricType is gauge, rate or diff. None: detected.
	MetricType string `json:"metric_type,omitempty"`
	// Pointwise is what a point stands for: {"statistic": "max", "over": "time", "window": 3600}.
	Pointwise json.RawMessage `json:"pointwise,omitempty"`
	// UTCOffset is seconds east of UTC, for steps in the caller's days.
	UTCOffset *int32 `json:"utc_offset,omitempty"`
}

// Labels are the filters of a query: of each, any of the values. None: all series.
type Labels struct {
	// ValueType is usage, capacity, current or pct.
	ValueType string   `json:"value_type,omitempty"`
	AgentID   []string `json:"agent_id,omitempty"`
	KernelID  []string `json:"kernel_id,omitempty"`
	SessionID []string `json:"session_id,omitempty"`
	UserID    []string `json:"user_id,omitempty"`
	ProjectID []string `json:"project_id,omitempty"`
}

// Result is the answer to a query.
type Result struct {
	PromQL     string  `json:"promql"`
	MetricType string  `json:"metric_type"`
	Unit       *string `json:"unit"`
	// Step is seconds, Start and End the first and last point that were asked for, Unix milliseconds.
	Step     uint32   `json:"step"`
	Start    int64    `json:"start"`
	End      int64    `json:"end"`
	Series   []Series `json:"series"`
	Warnings []string `json:"warnings"`
	Infos    []string `json:"infos"`
	Partial  bool     `json:"partial"`
}

// Series is one series in columns, equally long.
type Series struct {
	Labels map[string]string `json:"labels"`
	// Timestamps are Unix milliseconds, ascending. A gap in the data is a gap here.
	Timestamps []int64 `json:"timestamps"`
	Values     []Value `json:"values"`
}

// Value is a value in the result's unit; it may be NaN or infinite where Prometheus says so.
type Value float64

// UnmarshalJSON also reads the words that JSON has for want of numbers.
func (value *Value) UnmarshalJSON(text []byte) error {
	if len(text) > 1 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	number, err := strconv.ParseFloat(string(text), 64)
	*value = Value(number)
	return err
}

// MarshalJSON writes them.
func (value Value) MarshalJSON() ([]byte, error) {
	number := float64(value)
	switch {
	case math.IsNaN(number):
		return []byte(`"NaN"`), nil
	case math.IsInf(number, 0):
		return []byte(fmt.Sprintf(`"%+f"`, number)), nil
	case number == 0 && math.Signbit(number):
		// "-0" is a whole number to many who read JSON, and those have but one zero.
		return []byte("-0.0"), nil
	}
	return json.Marshal(number)
}

// Metadata are the metrics that Prometheus holds.
type Metadata struct {
	Metrics  []Metric `json:"metrics"`
	Warnings []string `json:"warnings"`
	Infos    []string `json:"infos"`
	Partial  bool     `json:"partial"`
}

// Metric is one of them. Of one that the catalogue does not know, all but the first two are missing.
type Metric struct {
	Name        string   `json:"name"`
	MetricType  string   `json:"metric_type"`
	Description *string  `json:"description"`
	Unit        *string  `json:"unit"`
	RateUnit    *string  `json:"rate_unit"`
	Category    *string  `json:"category"`
	Cumulative  *bool    `json:"cumulative"`
	ValueTypes  []string `json:"value_types"`
}

// Error is why a call failed, as the contract says it. Type is one of invalid_time_range, invalid_argument (the caller
// can mend these), failed_to_get_metric, connection_failed, timed_out, malformed_response, limit_exceeded,
// partial_answer, denied; the fields that belong to it are set.
type Error struct {
	Type      string  `json:"type"`
	Reason    string  `json:"reason,omitempty"`
	Accepted  string  `json:"accepted,omitempty"`
	Field     string  `json:"field,omitempty"`
	Status    int     `json:"status,omitempty"`
	ErrorType *string `json:"error_type,omitempty"`
	Message   *string `json:"message,omitempty"`
	Limit     string  `json:"limit,omitempty"`
	Maximum   *uint64 `json:"maximum,omitempty"`
	Requested *uint64 `json:"requested,omitempty"`
}

// Error says it in one line.
func (failure *Error) Error() string {
	said := failure.Type
	for _, part := range []string{failure.Field, failure.Limit, failure.Reason, failure.Accepted} {
		if part != "" {
			said += ": " + part
		}
	}
	if failure.Message != nil {
		said += ": " + *failure.Message
	}
	return said
}

func failed(kind, message string) *Error {
	return &Error{Type: kind, Message: &message}
}
