package loggia

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"connectrpc.com/connect"
)

const (
	firstPause = 100 * time.Millisecond
	// The longest pause, unless the server asks for a longer one.
	lastPause = 15 * time.Second
)

// isTransient tells whether the same call may succeed later: the server is away, busy or over a limit, or did not answer in full. What
// connect makes of a broken answer, such as CodeInvalidArgument, is no refusal.
func isTransient(err error) bool {
	var failure *connect.Error
	if !errors.As(err, &failure) {
		return true
	}
	switch failure.Code() {
	case connect.CodeUnauthenticated, connect.CodePermissionDenied, connect.CodeNotFound, connect.CodeUnimplemented:
		return false
	case connect.CodeInvalidArgument, connect.CodeAlreadyExists, connect.CodeFailedPrecondition, connect.CodeOutOfRange:
		return !connect.IsWireError(failure)
	}
	return true
}

// backoff is how long to wait after this many failures in a row, from 1: twice as long each time, and a random part of it, so
// that many clients do not come back at once.
func backoff(failures int, err error) time.Duration {
	pause := min(firstPause<<min(failures-1, 10), lastPause)
	pause = pause/2 + rand.N(pause/2)
	var failure *Error
	if errors.As(err, &failure) {
		return max(pause, failure.RetryAfter)
	}
	return pause
}

// sleep waits, or returns the context's error when it ends first.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// persist repeats a call that is safe to repeat until it succeeds, is refused, or the context ends; then it returns the last
// failure beside the context's.
func persist(ctx context.Context, call func() error) error {
	for failures := 1; ; failures++ {
		err := call()
		if err == nil || !isTransient(err) {
			return err
		}
		if ctx.Err() != nil || sleep(ctx, backoff(failures, err)) != nil {
			return errors.Join(ctx.Err(), err)
		}
	}
}
