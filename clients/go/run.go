package loggia

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os/user"
	"slices"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"loggia.dev/go/gen/mlflow"
)

// RunConfig says what a run begins with. All of it may be left out.
type RunConfig struct {
	// Experiment is the name of the experiment, which is made if it is not there; "Default" when empty.
	Experiment string
	// Name is what the run is called; the server finds a name when empty.
	Name string
	// Params are written as fmt.Sprint does.
	Params map[string]any
	Tags   map[string]string
}

// Run is a run that is being logged to. Its methods may be called by many goroutines. Metric, Param and Tag return at once; what
// they take is sent in the background and stored in order.
type Run struct {
	// ID is what the server calls the run: 32 hexadecimal digits.
	ID           string
	ExperimentID string

	client *Client
}

// Status is how a run ended.
type Status = mlflow.RunStatus

const (
	Finished = mlflow.RunStatus_FINISHED
	Failed   = mlflow.RunStatus_FAILED
	Killed   = mlflow.RunStatus_KILLED
)

// StartRun makes a run, which is there when StartRun returns. It tries until ctx ends while the server is not to be reached.
func (c *Client) StartRun(ctx context.Context, config RunConfig) (*Run, error) {
	experiment, err := c.experiment(ctx, config.Experiment)
	if err != nil {
		return nil, err
	}
	return c.startRun(ctx, experiment, config)
}

// StartRun makes a run below this one, in the same experiment.
func (r *Run) StartRun(ctx context.Context, config RunConfig) (*Run, error) {
	tags := map[string]string{"mlflow.parentRunId": r.ID}
	maps.Copy(tags, config.Tags)
	config.Tags = tags
	return r.client.startRun(ctx, r.ExperimentID, config)
}

func (c *Client) startRun(ctx context.Context, experiment string, config RunConfig) (*Run, error) {
	request := &mlflow.CreateRun{ExperimentId: &experiment, StartTime: proto.Int64(time.Now().UnixMilli())}
	if config.Name != "" {
		request.RunName = &config.Name
	}
	if who, err := user.Current(); err == nil {
		request.UserId = &who.Username
	}
	for _, key := range slices.Sorted(maps.Keys(config.Tags)) {
		request.Tags = append(request.Tags, &mlflow.RunTag{Key: &key, Value: proto.String(config.Tags[key])})
	}
	var made *mlflow.CreateRun_Response
	// The same for each attempt, so that one whose answer was lost has made no other run.
	key := rand.Text()
	err := persist(ctx, func() (err error) {
		call, info := connect.NewClientContext(ctx)
		info.RequestHeader().Set("Idempotency-Key", key)
		made, err = c.Mlflow.CreateRun(call, request)
		return err
	})
	if err != nil {
		return nil, err
	}
	run := &Run{ID: made.GetRun().GetInfo().GetRunId(), ExperimentID: experiment, client: c}
	for _, key := range slices.Sorted(maps.Keys(config.Params)) {
		if err := run.Param(key, config.Params[key]); err != nil {
			return run, err
		}
	}
	return run, nil
}

// experiment is the id of the experiment with this name.
func (c *Client) experiment(ctx context.Context, name string) (id string, err error) {
	if name == "" {
		return "0", nil
	}
	err = persist(ctx, func() error {
		found, err := c.Mlflow.GetExperimentByName(ctx, &mlflow.GetExperimentByName{ExperimentName: &name})
		if err == nil {
			id = found.GetExperiment().GetExperimentId()
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		made, err := c.Mlflow.CreateExperiment(ctx, &mlflow.CreateExperiment{Name: &name})
		if errors.Is(err, ErrAlreadyExists) { // Someone else made it at the same moment.
			found, err = c.Mlflow.GetExperimentByName(ctx, &mlflow.GetExperimentByName{ExperimentName: &name})
			id = found.GetExperiment().GetExperimentId()
			return err
		}
		id = made.GetExperimentId()
		return err
	})
	return id, err
}

// Metric logs a point, at the present time. NaN and infinities are values like others.
// Its error is ErrBufferFull, ErrClosed, or why nothing can be stored any more.
func (r *Run) Metric(key string, value float64, step int64) error {
	return r.MetricAt(key, value, step, time.Now())
}

// MetricAt logs a point of another time. Times are kept in milliseconds.
func (r *Run) MetricAt(key string, value float64, step int64, at time.Time) error {
	return r.client.logger.add(entry{
		run: r.ID, kind: point, key: key, value: value, step: step, timestamp: at.UnixMilli(),
	})
}

// Metrics logs a point of each of several metrics: all of them, or none.
func (r *Run) Metrics(values map[string]float64, step int64) error {
	now := time.Now().UnixMilli()
	entries := make([]entry, 0, len(values))
	for key, value := range values {
		entries = append(entries, entry{run: r.ID, kind: point, key: key, value: value, step: step, timestamp: now})
	}
	return r.client.logger.add(entries...)
}

// Param logs a parameter, written as fmt.Sprint does. A parameter does not change: another value for the same key is refused, which
// Flush and End tell.
func (r *Run) Param(key string, value any) error {
	return r.client.logger.add(entry{run: r.ID, kind: param, key: key, text: fmt.Sprint(value)})
}

// Tag sets a tag (of GitLab, a candidate's metadata). The last value of a key stays.
func (r *Run) Tag(key, value string) error {
	return r.client.logger.add(entry{run: r.ID, kind: tag, key: key, text: value})
}

// Flush waits until everything that was logged before is stored, or ctx ends. It returns what the server refused of this run since
// Flush was last called, each an *Error, joined.
func (r *Run) Flush(ctx context.Context) error {
	err := r.client.logger.flush(ctx)
	return errors.Join(err, r.client.logger.refused(r.ID))
}

// End flushes, and ends the run as Finished. Of a run that could not be flushed the status stays as it is.
func (r *Run) End(ctx context.Context) error { return r.EndAs(ctx, Finished) }

// EndAs flushes, and ends the run with a status. What the server refused is returned, and does not keep the run from ending.
func (r *Run) EndAs(ctx context.Context, status Status) error {
	if err := r.client.logger.flush(ctx); err != nil {
		return errors.Join(err, r.client.logger.refused(r.ID))
	}
	request := &mlflow.UpdateRun{RunId: &r.ID, Status: status.Enum(), EndTime: proto.Int64(time.Now().UnixMilli())}
	err := persist(ctx, func() error {
		_, err := r.client.Mlflow.UpdateRun(ctx, request)
		return err
	})
	return errors.Join(err, r.client.logger.refused(r.ID))
}
