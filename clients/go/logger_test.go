package loggia_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"loggia.dev/go"
	"loggia.dev/go/gen/mlflow"
)

func client(t *testing.T, address string, options ...loggia.Option) *loggia.Client {
	t.Helper()
	c, err := loggia.New(address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = c.Close(ctx)
	})
	return c
}

func start(t *testing.T, c *loggia.Client, config loggia.RunConfig) *loggia.Run {
	t.Helper()
	run, err := c.StartRun(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func history(t *testing.T, c *loggia.Client, run, key string) []*mlflow.Metric {
	t.Helper()
	return ok(t, c.Mlflow.GetMetricHistory, &mlflow.GetMetricHistory{RunId: &run, MetricKey: &key}).GetMetrics()
}

var ways = map[string][]loggia.Option{
	"connect": nil,
	"grpc":    {loggia.WithGRPC()},
	"unary":   {loggia.WithUnaryIngest()},
}

func TestWhatIsLoggedIsThereWhenTheRunHasEnded(t *testing.T) {
	for name, options := range ways {
		t.Run(name, func(t *testing.T) {
			c := client(t, server(t), options...)
			run := start(t, c, loggia.RunConfig{
				Experiment: "go logger",
				Name:       name,
				Params:     map[string]any{"lr": 0.1, "layers": 3},
				Tags:       map[string]string{"team": "vision"},
			})
			const points = 12_000
			for step := range int64(points) {
				must(t, run.Metric("loss", float64(step), step))
			}
			must(t, run.Metric("odd", math.Inf(1), math.MinInt64))
			must(t, run.Metrics(map[string]float64{"a": 1, "b": math.NaN()}, 7))
			for i := range 100 {
				must(t, run.Tag("last", fmt.Sprint(i)))
			}
			child, err := run.StartRun(t.Context(), loggia.RunConfig{Name: "child"})
			must(t, err)
			must(t, child.EndAs(t.Context(), loggia.Failed))
			must(t, run.End(t.Context()))

			steps := map[int64]bool{}
			for _, point := range history(t, c, run.ID, "loss") {
				equal(t, "the value", point.GetValue(), float64(point.GetStep()))
				steps[point.GetStep()] = true
			}
			equal(t, "how many points there are", len(steps), points)
			equal(t, "the infinite point's step", history(t, c, run.ID, "odd")[0].GetStep(), int64(math.MinInt64))
			equal(t, "whether b is NaN", math.IsNaN(history(t, c, run.ID, "b")[0].GetValue()), true)

			found := ok(t, c.Mlflow.GetRun, &mlflow.GetRun{RunId: &run.ID}).GetRun()
			equal(t, "the status", found.GetInfo().GetStatus(), mlflow.RunStatus_FINISHED)
			params, tags := map[string]string{}, map[string]string{}
			for _, param := range found.GetData().GetParams() {
				params[param.GetKey()] = param.GetValue()
			}
			for _, tag := range found.GetData().GetTags() {
				tags[tag.GetKey()] = tag.GetValue()
			}
			equal(t, "lr", params["lr"], "0.1")
			equal(t, "layers", params["layers"], "3")
			equal(t, "the last of the tags", tags["last"], "99")
			equal(t, "the tag of the beginning", tags["team"], "vision")
			below := ok(t, c.Mlflow.SearchRuns, &mlflow.SearchRuns{
				ExperimentIds: []string{run.ExperimentID},
				Filter:        proto.String(fmt.Sprintf("tags.mlflow.parentRunId = '%s'", run.ID)),
			}).GetRuns()
			equal(t, "how many children there are", len(below), 1)
			equal(t, "the child's status", below[0].GetInfo().GetStatus(), mlflow.RunStatus_FAILED)
		})
	}
}

func TestARefusedParamCostsNoPoint(t *testing.T) {
	c := client(t, server(t))
	run := start(t, c, loggia.RunConfig{Params: map[string]any{"lr": 0.1}})
	must(t, run.Flush(t.Context()))
	must(t, run.Metric("loss", 1, 0))
	must(t, run.Param("lr", 0.2))
	must(t, run.Metric("loss", 2, 1))
	err := run.Flush(t.Context())
	var refused *loggia.Error
	if !errors.Is(err, loggia.ErrInvalid) || !errors.As(err, &refused) || refused.Code != "INVALID_PARAMETER_VALUE" {
		t.Fatalf("the changed param is refused with %v", err)
	}
	must(t, run.End(t.Context()))
	equal(t, "how many points there are", len(history(t, c, run.ID, "loss")), 2)
}

func TestMalformedDataIsToldAndTheRestIsStored(t *testing.T) {
	c := client(t, server(t))
	run, other := start(t, c, loggia.RunConfig{}), start(t, c, loggia.RunConfig{})
	must(t, run.Metric("", 1, 0))
	if err := run.Flush(t.Context()); !errors.Is(err, loggia.ErrInvalid) {
		t.Fatalf("a metric without a key: %v", err)
	}
	must(t, other.Metric("loss", 1, 0))
	must(t, other.End(t.Context()))
	equal(t, "how many points there are", len(history(t, c, other.ID, "loss")), 1)
}

func TestAFullBufferSaysSoAndKeepsWhatItHas(t *testing.T) {
	c := client(t, server(t), loggia.WithBuffer(100))
	run := start(t, c, loggia.RunConfig{})
	values := map[string]float64{}
	for i := range 101 {
		values[fmt.Sprint(i)] = 1
	}
	if err := run.Metrics(values, 0); !errors.Is(err, loggia.ErrBufferFull) {
		t.Fatalf("101 values in a buffer of 100: %v", err)
	}
	delete(values, "0")
	must(t, run.Metrics(values, 0))
	must(t, run.End(t.Context()))
	equal(t, "how many metrics there are", len(ok(t, c.Mlflow.GetRun, &mlflow.GetRun{RunId: &run.ID}).GetRun().GetData().GetMetrics()), 100)
}

func TestFlushEndsWithItsContextAndLosesNothing(t *testing.T) {
	p := serve(t)
	c := client(t, p.url)
	run := start(t, c, loggia.RunConfig{})
	p.signal(syscall.SIGSTOP)
	must(t, run.Metric("loss", 1, 0))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := run.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("flushing to a server that stands still: %v", err)
	}
	p.signal(syscall.SIGCONT)
	must(t, run.End(t.Context()))
	equal(t, "how many points there are", len(history(t, c, run.ID, "loss")), 1)
}

func TestNothingIsLostOrDoubledWhenTheServerIsKilled(t *testing.T) {
	p := serve(t)
	c := client(t, p.url)
	run := start(t, c, loggia.RunConfig{})
	const points = 30_000
	logged := make(chan error, 1)
	go func() {
		for step := range int64(points) {
			if err := run.Metric("loss", float64(step), step); err != nil {
				logged <- err
				return
			}
			if step%100 == 0 {
				_ = run.Tag("step", fmt.Sprint(step))
				time.Sleep(5 * time.Millisecond) // The pace of a training, so that the kills fall into it.
			}
		}
		logged <- nil
	}()
	for range 3 {
		// Killed once something of this life is stored.
		seen := latest(t, c, run.ID)
		for seen == latest(t, c, run.ID) && seen < points-1 {
			select {
			case err := <-logged:
				must(t, err)
				logged <- nil
			default:
			}
		}
		p.kill()
		p = p.again(t)
	}
	must(t, <-logged)
	must(t, run.End(t.Context()))
	var steps []int64
	for _, point := range history(t, c, run.ID, "loss") {
		steps = append(steps, point.GetStep())
	}
	equal(t, "how many points there are", len(steps), points)
	slices.Sort(steps)
	equal(t, "how many different steps there are", len(slices.Compact(steps)), points)
	for _, tag := range ok(t, c.Mlflow.GetRun, &mlflow.GetRun{RunId: &run.ID}).GetRun().GetData().GetTags() {
		if tag.GetKey() == "step" {
			equal(t, "the last tag", tag.GetValue(), fmt.Sprint(points-100))
		}
	}
}

func TestAWrongTokenIsToldAtOnce(t *testing.T) {
	closed := os.Getenv("LOGGIA_TEST_CLOSED_SERVER")
	if closed == "" {
		t.Fatal("LOGGIA_TEST_CLOSED_SERVER must be the URL of a server that wants a token; `npm test` starts one")
	}
	c := client(t, closed, loggia.WithToken("glmt_NotATokenAtAllButLongEnoughToBeOne"))
	_, err := c.StartRun(t.Context(), loggia.RunConfig{})
	var failure *loggia.Error
	if !errors.Is(err, loggia.ErrUnauthenticated) || !errors.As(err, &failure) || failure.Code != "CUSTOMER_UNAUTHORIZED" {
		t.Fatalf("a run with a wrong token: %v", err)
	}
}

func TestACanceledCallIsCanceled(t *testing.T) {
	c := client(t, server(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Mlflow.SearchExperiments(ctx, &mlflow.SearchExperiments{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a canceled call: %v", err)
	}
}

// latest is the step of the last point of "loss"; -1 when there is none.
func latest(t *testing.T, c *loggia.Client, run string) int64 {
	t.Helper()
	for _, metric := range ok(t, c.Mlflow.GetRun, &mlflow.GetRun{RunId: &run}).GetRun().GetData().GetMetrics() {
		return metric.GetStep()
	}
	return -1
}

// process is a server of a test's own.
type process struct {
	command *exec.Cmd
	data    string
	port    string
	url     string
}

var readyAt = regexp.MustCompile(`ready at (http://[^:\s]+:(\d+))`)

// serve starts the program that LOGGIA_TEST_PROGRAM names, on a free port and empty data, and waits until it is ready.
func serve(t *testing.T) *process {
	t.Helper()
	p := &process{data: t.TempDir(), port: "0"}
	t.Cleanup(p.kill)
	p.start(t)
	return p
}

func (p *process) start(t *testing.T) {
	t.Helper()
	program := os.Getenv("LOGGIA_TEST_PROGRAM")
	if program == "" {
		t.Fatal("LOGGIA_TEST_PROGRAM must be the path of bin/loggia; `npm test` sets it")
	}
	p.command = exec.Command(program, "serve", "--port", p.port, "--data-dir", p.data, "--log-format", "text", "--log-level", "warn")
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.command.Stderr = os.Stderr
	output, err := p.command.StdoutPipe()
	must(t, err)
	must(t, p.command.Start())
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := readyAt.FindStringSubmatch(lines.Text()); found != nil {
			p.url, p.port = found[1], found[2]
			go func() { // Whatever else it prints must not make it wait.
				for lines.Scan() {
				}
			}()
			return
		}
	}
	t.Fatal("the server did not become ready")
}

// again starts it on the same data and port.
func (p *process) again(t *testing.T) *process {
	t.Helper()
	p.start(t)
	return p
}

func (p *process) signal(signal syscall.Signal) { _ = p.command.Process.Signal(signal) }

// kill ends the server as kill -9 does; the database's supervisor follows by itself.
func (p *process) kill() {
	if p.command == nil || p.command.ProcessState != nil {
		return
	}
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}
