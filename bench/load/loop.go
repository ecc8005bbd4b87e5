package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Caller makes one call and says whether it went well.
type Caller func() error

// Report is what one measurement found. Latencies are in milliseconds.
type Report struct {
	Calls      int     `json:"calls"` // that went well
	Errors     int     `json:"errors"`
	FirstError string  `json:"firstError,omitempty"`
	Seconds    float64 `json:"seconds"`
	PerSecond  float64 `json:"perSecond"`
	P50        float64 `json:"p50"`
	P90        float64 `json:"p90"`
	P99        float64 `json:"p99"`
	Max        float64 `json:"max"`
	Things     int     `json:"things"` // objects in one answer
	Bytes      int     `json:"bytes"`  // of one answer's body
}

// closedLoop lets each caller call as soon as it is answered, for a time, but once at least.
func closedLoop(callers []Caller, length time.Duration) Report {
	start := time.Now()
	end := start.Add(length)
	return collect(callers, start, func(call func(time.Time)) {
		for {
			begin := time.Now()
			call(begin)
			if time.Now().After(end) {
				return
			}
		}
	})
}

// openLoop starts calls at a constant rate whatever the answers do, for a time. A call's latency counts from the moment
// it was due, so that a server which stalls is charged for the calls that wait behind the stall.
func openLoop(callers []Caller, length time.Duration, rate float64) Report {
	start := time.Now()
	total := int64(length.Seconds() * rate)
	var taken atomic.Int64
	return collect(callers, start, func(call func(time.Time)) {
		for {
			n := taken.Add(1) - 1
			if n >= total {
				return
			}
			due := start.Add(time.Duration(float64(n) / rate * float64(time.Second)))
			time.Sleep(time.Until(due))
			call(due)
		}
	})
}

// collect runs one loop per caller and sums up what they saw.
func collect(callers []Caller, start time.Time, loop func(call func(begin time.Time))) Report {
	var mutex sync.Mutex
	var report Report
	var latencies []time.Duration
	var group sync.WaitGroup
	for _, caller := range callers {
		group.Add(1)
		go func() {
			defer group.Done()
			var seen []time.Duration
			var first error
			failures := 0
			loop(func(begin time.Time) {
				if err := caller(); err != nil {
					if failures++; first == nil {
						first = err
					}
					return
				}
				seen = append(seen, time.Since(begin))
			})
			mutex.Lock()
			defer mutex.Unlock()
			latencies = append(latencies, seen...)
			report.Errors += failures
			if first != nil && report.FirstError == "" {
				report.FirstError = first.Error()
			}
		}()
	}
	group.Wait()
	report.Seconds = time.Since(start).Seconds()
	report.Calls = len(latencies)
	report.PerSecond = float64(len(latencies)) / report.Seconds
	slices.Sort(latencies)
	at := func(share float64) float64 {
		if len(latencies) == 0 {
			return 0
		}
		return float64(latencies[int(share*float64(len(latencies)-1))].Microseconds()) / 1000
	}
	report.P50, report.P90, report.P99, report.Max = at(0.5), at(0.9), at(0.99), at(1)
	return report
}
