package loggia

import (
	v1 "loggia.dev/go/gen/loggia/v1"
)

// What one request of Ingest may hold: half of what the server allows, so that it is never the last bit that is refused.
const (
	itemsPerRequest = 5_000
	bytesPerRequest = 1 << 20
)

// entry is a point, a param or a tag of a run, as long as it waits.
type entry struct {
	run  string
	kind kind
	key  string
	// The value of a param or tag.
	text      string
	value     float64
	step      int64
	timestamp int64
}

type kind uint8

const (
	point kind = iota
	param
	tag
)

// bytes is about what the entry takes in a request.
func (e *entry) bytes() int { return 24 + len(e.key) + len(e.text) }

// take splits off the beginning of a queue: as much as one request may hold, at least one entry.
func take(queue []entry) (first, rest []entry) {
	bytes := 0
	for i := range queue {
		bytes += queue[i].bytes()
		if i == itemsPerRequest || (i > 0 && bytes > bytesPerRequest) {
			return queue[:i], queue[i:]
		}
	}
	return queue, nil
}

// writesOf arranges entries by run and metric. Each param is a group of writes of its own, because the server refuses a group as a
// whole when one param in it has another value already: no point is lost for that.
func writesOf(entries []entry) []*v1.RunWrites {
	var all []*v1.RunWrites
	byRun := map[string]*v1.RunWrites{}
	type series struct{ run, key string }
	bySeries := map[series]*v1.MetricSeries{}
	for i := range entries {
		e := &entries[i]
		if e.kind == param {
			all = append(all, &v1.RunWrites{RunId: e.run, Params: []*v1.KeyValue{{Key: e.key, Value: e.text}}})
			continue
		}
		writes := byRun[e.run]
		if writes == nil {
			writes = &v1.RunWrites{RunId: e.run}
			byRun[e.run] = writes
			all = append(all, writes)
		}
		if e.kind == tag {
			writes.Tags = append(writes.Tags, &v1.KeyValue{Key: e.key, Value: e.text})
			continue
		}
		of := series{e.run, e.key}
		metric := bySeries[of]
		if metric == nil {
			metric = &v1.MetricSeries{Key: e.key}
			bySeries[of] = metric
			writes.Metrics = append(writes.Metrics, metric)
		}
		metric.Steps = append(metric.Steps, e.step)
		metric.Timestamps = append(metric.Timestamps, e.timestamp)
		metric.Values = append(metric.Values, e.value)
	}
	return all
}
