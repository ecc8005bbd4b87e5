package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// Spec says what to do; bench/main.ts writes it to the standard input as one line of JSON.
type Spec struct {
	Workload string
	URL      string  // MLFLOW_TRACKING_URI; for raw: host:port or the path of a socket
	Clients  int     // concurrent clients; with Rate, the most that may be
	Seconds  float64 // length of the measured part; each client makes at least one call
	Warmup   float64 // seconds of the same before it
	Rate     float64 // calls per second to offer (open loop); 0: each client calls as fast as it is answered (closed loop)

	Experiment string          // where runs are made, or searched
	Run, Key   string          // whose history is read
	Filter     string          // of a search
	OrderBy    []string        // of a search
	Pages      int             // of a walk
	Raw        json.RawMessage // what to replay against Postgres; see raw.go
}

// Client is one caller: a connection and what it knows of its own run.
type Client struct {
	*Conn
	spec   *Spec
	number int
	run    string
	step   int    // of the training loop
	text   []byte // of the next request, kept to be reused
}

// Workload is a row of the table.
type Workload struct {
	prepare func(*Client) error // before the clock starts; may be nil
	call    func(*Client) error // one measured call
	things  string              // a word that occurs once per object in an answer, so that answers can be compared
}

var workloads = map[string]Workload{
	"log-metric":         {createRun, func(c *Client) error { return logMetric(c, "loss") }, ""},
	"log-metric-one-key": {shareRun, func(c *Client) error { return logMetric(c, "loss") }, ""},
	"log-batch":          {createRun, func(c *Client) error { return logMetrics(c, 10, 100) }, ""},
	"create-run":         {nil, createRun, ""},
	"training-loop":      {nil, trainingStep, ""},
	"get-run":            {createFullRun, getRun, `"key"`},
	"get-history":        {nil, getHistory, `"step"`},
	"search-runs":        {nil, func(c *Client) error { _, err := searchRuns(c, ""); return err }, `"info"`},
	"walk-runs":          {nil, walkRuns, `"info"`},
	"search-experiments": {nil, searchExperiments, `"lifecycle_stage"`},
	"list-experiments":   {nil, listExperiments, `"lifecycle_stage"`},
}

// steps makes every logged point another one, over all clients and all measurements of a database.
var steps atomic.Int64

func nextSteps(n int64) int64 {
	steps.CompareAndSwap(0, time.Now().Unix()*1000)
	return steps.Add(n) - n
}

func now() int64 { return time.Now().UnixMilli() }

func createRun(c *Client) error {
	c.text = fmt.Appendf(c.text[:0], `{"experiment_id": "%s", "user_id": "bench", "start_time": %d, "tags": [{"key": "mlflow.user", "value": "bench"}, {"key": "mlflow.source.name", "value": "train.py"}, {"key": "mlflow.source.type", "value": "LOCAL"}]}`, c.spec.Experiment, now())
	if err := c.Post("runs/create", c.text); err != nil {
		return err
	}
	text, err := c.Text()
	if err != nil {
		return err
	}
	var answer struct {
		Run struct {
			Info struct {
				RunID string `json:"run_id"`
			}
		}
	}
	err = json.Unmarshal(text, &answer)
	c.run = answer.Run.Info.RunID
	return err
}

var shared atomic.Pointer[string]

// shareRun gives all clients the run of the first.
func shareRun(c *Client) error {
	if c.number > 0 {
		c.run = *shared.Load()
		return nil
	}
	err := createRun(c)
	shared.Store(&c.run)
	return err
}

func logMetric(c *Client, key string) error {
	c.text = fmt.Appendf(c.text[:0], `{"run_uuid": "%s", "key": "%s", "value": %v, "timestamp": %d, "step": %d, "run_id": "%s"}`,
		c.run, key, rand.Float64(), now(), nextSteps(1), c.run)
	return c.Post("runs/log-metric", c.text)
}

// logMetrics logs the next points of several keys, as a client with a buffer does.
func logMetrics(c *Client, keys, points int) error {
	b := append(c.text[:0], `{"run_id": "`...)
	b = append(append(b, c.run...), `", "metrics": [`...)
	first, time := nextSteps(int64(points)), now()
	for i := range keys * points {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, `{"key": "metric-`...)
		b = strconv.AppendInt(b, int64(i%keys), 10)
		b = append(b, `", "value": `...)
		b = strconv.AppendFloat(b, rand.Float64(), 'g', -1, 64)
		b = append(b, `, "timestamp": `...)
		b = strconv.AppendInt(b, time, 10)
		b = append(b, `, "step": `...)
		b = strconv.AppendInt(b, first+int64(i/keys), 10)
		b = append(b, '}')
	}
	c.text = append(b, "]}"...)
	return c.Post("runs/log-batch", c.text)
}

// logPairs logs params or tags p0…, t0….
func logPairs(c *Client, kind string, n int) error {
	b := fmt.Appendf(c.text[:0], `{"run_id": "%s", "%s": [`, c.run, kind)
	for i := range n {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = fmt.Appendf(b, `{"key": "%s-%d", "value": "value %d"}`, kind[:1], i, i)
	}
	c.text = append(b, "]}"...)
	return c.Post("runs/log-batch", c.text)
}

// trainingStep makes the next call of a training: create, 20 params, 200 batches of 10 metrics, tags, end; then anew.
func trainingStep(c *Client) (err error) {
	const batches = 200
	switch c.step {
	case 0:
		err = createRun(c)
	case 1:
		err = logPairs(c, "params", 20)
	case batches + 2:
		err = logPairs(c, "tags", 5)
	case batches + 3:
		c.text = fmt.Appendf(c.text[:0], `{"run_uuid": "%s", "status": "FINISHED", "end_time": %d, "run_id": "%s"}`, c.run, now(), c.run)
		err = c.Post("runs/update", c.text)
	default:
		err = logMetrics(c, 10, 1)
	}
	c.step = (c.step + 1) % (batches + 4)
	return err
}

// createFullRun makes a run with 50 metrics, 50 params and 17 + 3 tags.
func createFullRun(c *Client) error {
	if err := createRun(c); err != nil {
		return err
	}
	if err := logMetrics(c, 50, 1); err != nil {
		return err
	}
	if err := logPairs(c, "params", 50); err != nil {
		return err
	}
	return logPairs(c, "tags", 17)
}

func getRun(c *Client) error { return c.Get("runs/get?run_uuid=" + c.run + "&run_id=" + c.run) }

func getHistory(c *Client) error {
	s := c.spec
	return c.Get("metrics/get-history?run_uuid=" + s.Run + "&metric_key=" + url.QueryEscape(s.Key) + "&run_id=" + s.Run)
}

func searchRuns(c *Client, token string) (next string, err error) {
	s := c.spec
	b := fmt.Appendf(c.text[:0], `{"experiment_ids": ["%s"], "run_view_type": "ACTIVE_ONLY", "filter": %s, "max_results": 100`, s.Experiment, quote(s.Filter))
	for i, order := range s.OrderBy {
		b = append(b, [2]string{`, "order_by": [`, ", "}[min(i, 1)]+quote(order)...)
	}
	if len(s.OrderBy) > 0 {
		b = append(b, ']')
	}
	if token != "" {
		b = append(b, `, "page_token": `+quote(token)...)
	}
	c.text = append(b, '}')
	if err := c.Post("runs/search", c.text); err != nil || s.Pages == 0 {
		return "", err
	}
	text, err := c.Text()
	if err != nil {
		return "", err
	}
	// The token is the last member of the answer: looking for it is cheaper than parsing 100 runs.
	_, rest, found := bytes.Cut(text, []byte(`"next_page_token"`))
	if !found {
		return "", nil // the last page
	}
	_, rest, _ = bytes.Cut(rest, []byte(`"`))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value), nil
}

// walkRuns reads the first pages of a search, one after the other.
func walkRuns(c *Client) (err error) {
	token := ""
	for page := range c.spec.Pages {
		if page > 0 && token == "" {
			return fmt.Errorf("runs/search: page %d is the last", page)
		}
		if token, err = searchRuns(c, token); err != nil {
			return err
		}
	}
	return nil
}

func searchExperiments(c *Client) error {
	return c.Post("experiments/search", []byte(`{"max_results": 1000, "view_type": "ACTIVE_ONLY"}`))
}

func listExperiments(c *Client) error {
	return c.Get("experiments/list?view_type=ACTIVE_ONLY&max_results=1000")
}

func quote(text string) string {
	quoted, _ := json.Marshal(text) // a string always can be
	return string(quoted)
}
