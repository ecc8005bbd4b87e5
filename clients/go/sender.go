package loggia

import (
	"context"
	"errors"
	"io"
	"time"

	"connectrpc.com/connect"

	v1 "loggia.dev/go/gen/loggia/v1"
)

const (
	// Requests under way at once. More would not make the server faster: it commits what waits together.
	window = 8
	// How long a stream without anything to send is kept.
	idle = 10 * time.Second
)

// send stores what the logger takes until the context ends. After a failure it begins again with what is not known to be stored;
// the server stores nothing twice.
func (l *logger) send(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		before := l.progress()
		err := l.stream(ctx)
		if err == nil {
			failures = 0
			continue
		}
		if ctx.Err() != nil {
			return
		}
		var failure *Error
		if errors.As(err, &failure) && failure.Code == "INVALID_PARAMETER_VALUE" && l.hasPending() {
			// What came before the malformed request is stored and told; it is the first that is not.
			l.drop(err)
			continue
		}
		if !isTransient(err) {
			l.fail(err)
			return
		}
		if l.progress() > before {
			failures = 0
		}
		failures++
		if sleep(ctx, backoff(failures, err)) != nil {
			return
		}
	}
}

func (l *logger) progress() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled
}

func (l *logger) hasPending() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.unstored) > 0
}

// connection carries requests one way and acknowledgements the other.
type connection interface {
	Send(*v1.IngestRequest) error
	// CloseRequest says that nothing more will be sent; Receive then returns io.EOF after the last acknowledgement.
	CloseRequest() error
	Receive() (*v1.IngestResponse, error)
}

// stream sends over one connection, until it breaks, nothing has come for a while, or the context ends.
func (l *logger) stream(ctx context.Context) error {
	first := l.firstRequests(ctx)
	if first == nil {
		return ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := l.connect(ctx)
	if err != nil {
		return err
	}
	first[0].Producer = l.nextEpoch()

	received := make(chan error, 1)
	go func() {
		// What is sent after the connection broke would wait for nobody.
		defer cancel()
		received <- l.receive(conn)
	}()
	for _, request := range first {
		if conn.Send(request) != nil {
			return <-received // Send's own error is but that the stream has ended; Receive knows why.
		}
	}
	for {
		patience, done := context.WithTimeout(ctx, idle)
		request := l.next(patience)
		done()
		if request == nil {
			_ = conn.CloseRequest()
			err := <-received
			if errors.Is(err, io.EOF) && !l.hasPending() {
				return nil
			}
			return err
		}
		if conn.Send(request) != nil {
			return <-received
		}
	}
}

// firstRequests are those that a new connection begins with: what an older one left behind, or else the next that comes.
func (l *logger) firstRequests(ctx context.Context) []*v1.IngestRequest {
	if pending := l.pending(); len(pending) > 0 {
		return pending
	}
	if request := l.next(ctx); request != nil {
		return []*v1.IngestRequest{request}
	}
	return nil
}

func (l *logger) receive(conn connection) error {
	for {
		response, err := conn.Receive()
		if err != nil {
			return err
		}
		l.store(response.GetDurableSequence(), response.GetRefusals())
	}
}

// nextEpoch lets the server tell a later connection, or call, from an earlier one. Only the sending goroutine asks.
func (l *logger) nextEpoch() *v1.Producer {
	l.epoch++
	return &v1.Producer{Id: l.producer, Epoch: l.epoch}
}

func (l *logger) connect(ctx context.Context) (connection, error) {
	if l.unary {
		return &unaryConnection{ctx: ctx, logger: l, answers: make(chan answer, window)}, nil
	}
	return l.ingest.Ingest(ctx)
}

// unaryConnection is a connection made of single calls, for where HTTP/2 does not reach.
type unaryConnection struct {
	ctx     context.Context
	logger  *logger
	answers chan answer
}

type answer struct {
	response *v1.IngestResponse
	err      error
}

func (c *unaryConnection) Send(request *v1.IngestRequest) error {
	stored, err := c.logger.ingest.IngestBatch(c.ctx, &v1.IngestBatchRequest{
		Sequence: request.GetSequence(), Writes: request.GetWrites(), Producer: c.logger.nextEpoch(),
	})
	c.answers <- answer{&v1.IngestResponse{
		DurableSequence: stored.GetDurableSequence(), Refusals: stored.GetRefusals(),
	}, err}
	return err
}

func (c *unaryConnection) CloseRequest() error {
	c.answers <- answer{err: io.EOF}
	return nil
}

func (c *unaryConnection) Receive() (*v1.IngestResponse, error) {
	select {
	case got := <-c.answers:
		if got.err != nil {
			return nil, got.err
		}
		return got.response, nil
	case <-c.ctx.Done():
		return nil, connect.NewError(connect.CodeCanceled, c.ctx.Err())
	}
}
