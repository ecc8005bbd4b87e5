package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"sync/atomic"
)

// Replay is what a server sent to Postgres for one call of each client, as bench/capture.ts found it in Postgres' log.
type Replay struct {
	Socket, User, Database string
	Calls                  [][]Statement // one list per client
}

// numbers are those that count up from call to call: steps and times in milliseconds. A replayed call must write other
// points than the one before it, or Postgres would have nothing to do.
var numbers = regexp.MustCompile(`\b1\d{12}\b`)

// stride is more than the steps of one call.
const stride = 1000

var shifts atomic.Int64

// prepareRaw makes one connection per client, on which it repeats its statements with later steps and times.
func prepareRaw(spec *Spec) ([]Caller, prepared, error) {
	var replay Replay
	if err := json.Unmarshal(spec.Raw, &replay); err != nil {
		return nil, prepared{}, err
	}
	var callers []Caller
	var connections []*Postgres
	for _, call := range replay.Calls {
		conn, err := ConnectPostgres(replay.Socket, replay.User, replay.Database)
		if err != nil {
			return nil, prepared{}, err
		}
		connections = append(connections, conn)
		var templates []template
		for _, statement := range call {
			for i := range statement.Values {
				if value := &statement.Values[i]; *value != nil && numbers.MatchString(**value) {
					templates = append(templates, newTemplate(value))
				}
			}
		}
		callers = append(callers, func() error {
			shift := shifts.Add(stride)
			for _, template := range templates {
				template.fill(shift)
			}
			return conn.Run(call)
		})
	}
	return callers, prepared{
		answer: func() (int, int) { return 0, 0 },
		close: func() {
			for _, conn := range connections {
				conn.Close()
			}
		},
	}, nil
}

// template is a value cut at its numbers, so that moving a thousand of them costs no search.
type template struct {
	value   **string
	texts   []string // one more than numbers
	numbers []int64
}

func newTemplate(value **string) template {
	t, text, end := template{value: value}, **value, 0
	for _, at := range numbers.FindAllStringIndex(text, -1) {
		number, _ := strconv.ParseInt(text[at[0]:at[1]], 10, 64) // 13 digits
		t.texts, t.numbers = append(t.texts, text[end:at[0]]), append(t.numbers, number)
		end = at[1]
	}
	t.texts = append(t.texts, text[end:])
	return t
}

// fill sets the value, with every number moved by shift.
func (t template) fill(shift int64) {
	var b []byte
	for i, number := range t.numbers {
		b = strconv.AppendInt(append(b, t.texts[i]...), number+shift, 10)
	}
	filled := string(append(b, t.texts[len(t.numbers)]...))
	*t.value = &filled
}
