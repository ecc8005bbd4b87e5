package loggia

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	v1 "loggia.dev/go/gen/loggia/v1"
	"loggia.dev/go/gen/loggia/v1/loggiav1connect"
)

// ErrBufferFull is returned by Metric, Param and Tag when as much is waiting to be stored as the buffer holds: the server is away,
// or slower than the caller. Nothing of that call was kept. Run.Flush waits for room.
var ErrBufferFull = errors.New("loggia: the buffer is full")

// ErrClosed is returned by whatever logs after Client.Close.
var ErrClosed = errors.New("loggia: the client is closed")

// The entries that wait or are under way, at most, unless WithBuffer says otherwise: some 20 MB.
const defaultBuffer = 200_000

// logger keeps what is logged until it is stored. One goroutine sends it (sender.go), for all runs of a client, in order.
type logger struct {
	ingest loggiav1connect.IngestServiceClient
	unary  bool
	limit  int
	// Names this logger across its connections (ingest.proto).
	producer string

	mu sync.Mutex
	// Not yet sent.
	queue []entry
	// Sent and not yet known to be stored, by ascending sequence.
	unstored []*v1.IngestRequest
	// Entries of unstored.
	underWay int
	// How many entries have ever been taken, and how many of the first of them are settled: stored or refused.
	taken, settled int64
	// The settled count that each request of unstored brings.
	marks    []int64
	sequence int64
	epoch    int64
	// What was refused, by run.
	refusals map[string]*refusal
	// Why nothing more can be stored; nil as long as it can.
	broken error
	closed bool
	// Closed and made anew whenever something of the above changes.
	changed chan struct{}
	running bool
	stop    context.CancelFunc
}

// refusal is what the server did not take of a run. It keeps the first reasons only, or it might grow without end.
type refusal struct {
	errs []error
	more int
}

const reasonsKept = 10

func newLogger(ingest loggiav1connect.IngestServiceClient, limit int, unary bool) *logger {
	return &logger{
		ingest:   ingest,
		unary:    unary,
		limit:    limit,
		producer: rand.Text(),
		refusals: map[string]*refusal{},
		changed:  make(chan struct{}),
	}
}

// add takes all of the entries, or none.
func (l *logger) add(entries ...entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	if l.broken != nil {
		return l.broken
	}
	if len(l.queue)+l.underWay+len(entries) > l.limit {
		return ErrBufferFull
	}
	l.queue = append(l.queue, entries...)
	l.taken += int64(len(entries))
	if !l.running {
		ctx, stop := context.WithCancel(context.Background())
		l.running, l.stop = true, stop
		go l.send(ctx)
	}
	l.announce()
	return nil
}

// announce wakes whoever waits for a change. The lock is held.
func (l *logger) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// flush waits until all that was taken before is settled.
func (l *logger) flush(ctx context.Context) error {
	l.mu.Lock()
	goal := l.taken
	for l.settled < goal && l.broken == nil {
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			l.mu.Lock()
			defer l.mu.Unlock()
			return fmt.Errorf("loggia: %d values are not stored yet: %w", goal-l.settled, ctx.Err())
		}
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	if l.settled < goal {
		return l.broken
	}
	return nil
}

// close flushes, and ends the goroutine also when that fails.
func (l *logger) close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	err := l.flush(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running {
		l.stop()
	}
	return err
}

// next waits for entries and makes the next request of them; nil when the context ended first.
func (l *logger) next(ctx context.Context) *v1.IngestRequest {
	l.mu.Lock()
	for len(l.queue) == 0 || len(l.unstored) >= window {
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	entries, rest := take(l.queue)
	l.queue = rest
	l.sequence++
	request := &v1.IngestRequest{Sequence: l.sequence, Writes: writesOf(entries)}
	l.unstored = append(l.unstored, request)
	l.underWay += len(entries)
	l.marks = append(l.marks, int64(len(entries)))
	return request
}

// pending is what was sent and not stored, for a new connection.
func (l *logger) pending() []*v1.IngestRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*v1.IngestRequest(nil), l.unstored...)
}

// store notes that everything up to a sequence is durable, but for what was refused.
func (l *logger) store(durable int64, refusals []*v1.Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, refused := range refusals {
		l.refuse(refused.GetRunId(), refusedError(refused.GetError()))
	}
	for len(l.unstored) > 0 && l.unstored[0].GetSequence() <= durable {
		l.settleFirst()
	}
	l.announce()
}

// drop gives up the oldest request, which the server will never take, and says so to its runs.
func (l *logger) drop(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.unstored) == 0 {
		return
	}
	told := map[string]bool{}
	for _, writes := range l.unstored[0].GetWrites() {
		if !told[writes.GetRunId()] {
			l.refuse(writes.GetRunId(), err)
		}
		told[writes.GetRunId()] = true
	}
	l.settleFirst()
	l.announce()
}

func (l *logger) settleFirst() {
	l.unstored = l.unstored[1:]
	l.underWay -= int(l.marks[0])
	l.settled += l.marks[0]
	l.marks = l.marks[1:]
}

func (l *logger) refuse(run string, err error) {
	known := l.refusals[run]
	if known == nil {
		known = &refusal{}
		l.refusals[run] = known
	}
	if len(known.errs) < reasonsKept {
		known.errs = append(known.errs, err)
	} else {
		known.more++
	}
}

// refused tells once what was refused of a run since it was last asked.
func (l *logger) refused(run string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.refusals[run]
	if known == nil {
		return nil
	}
	delete(l.refusals, run)
	err := errors.Join(known.errs...)
	if known.more > 0 {
		err = fmt.Errorf("%w\nand %d more", err, known.more)
	}
	return err
}

// fail notes that nothing can be stored any more.
func (l *logger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
	l.announce()
}
