// Command load offers the requests of MLflow's 1.28.0 client to a tracking server, or replays SQL to Postgres, and
// reports what it saw. It reads one Spec per line and answers with two lines: "ready" when everything is prepared and
// warm, upon which it waits for an empty line, and a Report. So its caller can read counters at both ends of the
// measured part.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var spec Spec
		if err = json.Unmarshal(line, &spec); err == nil {
			err = measure(&spec, in)
		}
		if err != nil {
			answer(map[string]string{"failed": err.Error()})
		}
	}
}

func measure(spec *Spec, in *bufio.Reader) error {
	callers, last, err := prepare(spec)
	if err != nil {
		return err
	}
	defer last.close()
	if spec.Warmup > 0 {
		warm := closedLoop(callers, seconds(spec.Warmup))
		if warm.Calls == 0 {
			return fmt.Errorf("no call succeeds: %s", warm.FirstError)
		}
	}
	fmt.Println("ready")
	if _, err := in.ReadBytes('\n'); err != nil {
		return err
	}
	var report Report
	if spec.Rate > 0 {
		report = openLoop(callers, seconds(spec.Seconds), spec.Rate)
	} else {
		report = closedLoop(callers, seconds(spec.Seconds))
	}
	report.Things, report.Bytes = last.answer()
	answer(report)
	return nil
}

// prepared is what remains to be asked and done after a measurement.
type prepared struct {
	answer func() (things, bytes int)
	close  func()
}

func prepare(spec *Spec) ([]Caller, prepared, error) {
	if spec.Workload == "raw" {
		return prepareRaw(spec)
	}
	workload, known := workloads[spec.Workload]
	if !known {
		return nil, prepared{}, fmt.Errorf("no workload %q", spec.Workload)
	}
	var clients []*Client
	var callers []Caller
	for number := range max(spec.Clients, 1) {
		conn, err := NewConn(spec.URL)
		if err != nil {
			return nil, prepared{}, err
		}
		client := &Client{Conn: conn, spec: spec, number: number}
		if workload.prepare != nil {
			if err := workload.prepare(client); err != nil {
				return nil, prepared{}, err
			}
		}
		clients = append(clients, client)
		callers = append(callers, func() error { return workload.call(client) })
	}
	return callers, prepared{
		answer: func() (int, int) {
			size := clients[0].body.Len()
			if workload.things == "" {
				return 0, size
			}
			text, _ := clients[0].Text()
			return bytes.Count(text, []byte(workload.things)), size
		},
		close: func() {
			for _, client := range clients {
				client.Close()
			}
		},
	}, nil
}

func answer(what any) {
	text, _ := json.Marshal(what) // of this program's own types: cannot fail
	fmt.Println(string(text))
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
