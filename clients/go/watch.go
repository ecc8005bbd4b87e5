package loggia

import (
	"context"
	"errors"
	"iter"

	"google.golang.org/protobuf/proto"

	v1 "loggia.dev/go/gen/loggia/v1"
)

// WatchRuns tells what is there of the runs that the request names, or of an experiment's, and then every change, until ctx ends or the
// loop is left. A connection that breaks is taken up again where it ended, so that a change may be told twice but none is missed.
// The last error, if any, comes alone: the server refuses the watch, or ctx has ended.
func (c *Client) WatchRuns(ctx context.Context, request *v1.WatchRequest) iter.Seq2[*v1.RunChange, error] {
	return func(yield func(*v1.RunChange, error) bool) {
		wanted := proto.CloneOf(request)
		for failures := 0; ; {
			told := false
			err := c.watchOnce(ctx, wanted, func(response *v1.WatchResponse) bool {
				told = true
				for _, change := range response.GetChanges() {
					if !yield(change, nil) {
						return false
					}
				}
				if token := response.GetResumeToken(); token != "" {
					wanted.ResumeToken = token
				}
				return true
			})
			if err == errLeft {
				return
			}
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if err != nil && !isTransient(err) {
				yield(nil, err)
				return
			}
			if told {
				failures = 0
			}
			failures++
			if err := sleep(ctx, backoff(failures, err)); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

var errLeft = errors.New("the loop was left")

// watchOnce follows one stream to its end. It returns errLeft when each returned false.
func (c *Client) watchOnce(ctx context.Context, request *v1.WatchRequest, each func(*v1.WatchResponse) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.Watch.Watch(ctx, request)
	if err != nil {
		return err
	}
	defer stream.Close()
	for stream.Receive() {
		if !each(stream.Msg()) {
			return errLeft
		}
	}
	return stream.Err()
}
