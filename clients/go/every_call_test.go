package loggia_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"loggia.dev/go"
	v1 "loggia.dev/go/gen/loggia/v1"
	"loggia.dev/go/gen/mlflow"
	"loggia.dev/go/gen/mlflow/artifacts"
)

// The tests speak to a real server in local mode, which `npm test` starts; they make what they need under names of their own.
func server(t *testing.T) string {
	t.Helper()
	address := os.Getenv("LOGGIA_TEST_SERVER")
	if address == "" {
		t.Fatal("LOGGIA_TEST_SERVER must be the URL of a Loggia server in local mode; `npm test` starts one")
	}
	return address
}

// protocols are the ways in which a Go program can call.
var protocols = map[string][]loggia.Option{
	"connect":   nil,
	"json":      {loggia.WithConnectOptions(connect.WithProtoJSON())},
	"grpc":      {loggia.WithGRPC()},
	"grpc-web":  {loggia.WithConnectOptions(connect.WithGRPCWeb())},
	"with gzip": {loggia.WithGRPC(), loggia.WithConnectOptions(connect.WithSendGzip())},
}

// recorder remembers which procedures were called.
type recorder struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (r *recorder) note(procedure string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[procedure] = true
}

func (r *recorder) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		r.note(request.Spec().Procedure)
		return next(ctx, request)
	}
}

func (r *recorder) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		r.note(spec.Procedure)
		return next(ctx, spec)
	}
}

func (r *recorder) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// every lists the procedures of all services whose messages this module has.
func every() []string {
	var procedures []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if pkg := string(file.Package()); !strings.HasPrefix(pkg, "mlflow") && !strings.HasPrefix(pkg, "loggia") {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				procedures = append(procedures, fmt.Sprintf("/%s/%s", service.FullName(), method.Name()))
			}
		}
		return true
	})
	sort.Strings(procedures)
	return procedures
}

// ok makes a call that has to succeed.
func ok[Request, Response any](t *testing.T, call func(context.Context, *Request) (*Response, error), request *Request) *Response {
	t.Helper()
	response, err := call(t.Context(), request)
	if err != nil {
		t.Fatalf("%T: %v", request, err)
	}
	return response
}

// refused makes a call that has to fail in this way.
func refused[Request, Response any](
	t *testing.T, want error, code string, call func(context.Context, *Request) (*Response, error), request *Request,
) {
	t.Helper()
	_, err := call(t.Context(), request)
	var failure *loggia.Error
	if !errors.Is(err, want) || !errors.As(err, &failure) || failure.Code != code || failure.Message == "" {
		t.Fatalf("%T: want %v (%s), got %v", request, want, code, err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}

func TestEveryCallIsAnswered(t *testing.T) {
	for name, options := range protocols {
		t.Run(name, func(t *testing.T) {
			calls := &recorder{seen: map[string]bool{}}
			c, err := loggia.New(server(t), append(options, loggia.WithConnectOptions(connect.WithInterceptors(calls)))...)
			if err != nil {
				t.Fatal(err)
			}
			unique := fmt.Sprintf("go-%s-%d", strings.ReplaceAll(name, " ", "-"), time.Now().UnixNano())
			project := ok(t, c.Projects.CreateProject, &v1.CreateProjectRequest{Path: "go/" + unique}).GetProject()
			c, err = loggia.New(server(t), append(options,
				loggia.WithProject(project.GetPath()),
				loggia.WithConnectOptions(connect.WithInterceptors(calls)))...)
			if err != nil {
				t.Fatal(err)
			}

			run := callTracking(t, c)
			callStreams(t, c, run)
			callCandidates(t, c, run)
			callLoggedModels(t, c, run)
			callRegistry(t, c, run)
			callArtifacts(t, c)
			callPeople(t, c, unique)
			callProject(t, c, run, project)

			for _, procedure := range every() {
				if !calls.seen[procedure] {
					t.Errorf("%s was not called", procedure)
				}
			}
		})
	}
}

// callTracking calls all about experiments and runs. It returns the id of a run that stays.
func callTracking(t *testing.T, c *loggia.Client) string {
	m := c.Mlflow
	experiment := ok(t, m.CreateExperiment, &mlflow.CreateExperiment{Name: proto.String("first")}).ExperimentId
	refused(t, loggia.ErrAlreadyExists, "RESOURCE_ALREADY_EXISTS", m.CreateExperiment, &mlflow.CreateExperiment{Name: proto.String("first")})
	ok(t, m.UpdateExperiment, &mlflow.UpdateExperiment{ExperimentId: experiment, NewName: proto.String("second")})
	ok(t, m.SetExperimentTag, &mlflow.SetExperimentTag{ExperimentId: experiment, Key: proto.String("k"), Value: proto.String("v")})
	found := ok(t, m.GetExperiment, &mlflow.GetExperiment{ExperimentId: experiment}).GetExperiment()
	equal(t, "the name", found.GetName(), "second")
	equal(t, "the tag", found.GetTags()[0].GetValue(), "v")
	ok(t, m.DeleteExperimentTag, &mlflow.DeleteExperimentTag{ExperimentId: experiment, Key: proto.String("k")})
	ok(t, m.DeleteExperiment, &mlflow.DeleteExperiment{ExperimentId: experiment})
	ok(t, m.RestoreExperiment, &mlflow.RestoreExperiment{ExperimentId: experiment})
	byName := ok(t, m.GetExperimentByName, &mlflow.GetExperimentByName{ExperimentName: proto.String("second")})
	equal(t, "the id by name", byName.GetExperiment().GetExperimentId(), *experiment)
	equal(t, "how many are listed", len(ok(t, m.ListExperiments, &mlflow.ListExperiments{}).GetExperiments()), 2)
	searched := ok(t, m.SearchExperiments, &mlflow.SearchExperiments{Filter: proto.String("name = 'second'")})
	equal(t, "how many are found", len(searched.GetExperiments()), 1)

	const step = 1<<53 + 1 // Not a double.
	run := ok(t, m.CreateRun, &mlflow.CreateRun{ExperimentId: experiment, StartTime: proto.Int64(1)}).GetRun().GetInfo().RunId
	ok(t, m.LogMetric, &mlflow.LogMetric{
		RunId: run, Key: proto.String("loss"), Value: proto.Float64(0.5), Timestamp: proto.Int64(1), Step: proto.Int64(step),
	})
	ok(t, m.LogParam, &mlflow.LogParam{RunId: run, Key: proto.String("lr"), Value: proto.String("0.1")})
	refused(t, loggia.ErrInvalid, "INVALID_PARAMETER_VALUE", m.LogParam,
		&mlflow.LogParam{RunId: run, Key: proto.String("lr"), Value: proto.String("0.2")})
	ok(t, m.SetTag, &mlflow.SetTag{RunId: run, Key: proto.String("a"), Value: proto.String("b")})
	ok(t, m.DeleteTag, &mlflow.DeleteTag{RunId: run, Key: proto.String("a")})
	ok(t, m.LogBatch, &mlflow.LogBatch{RunId: run, Tags: []*mlflow.RunTag{{Key: proto.String("c"), Value: proto.String("d")}}})
	ok(t, m.LogModel, &mlflow.LogModel{
		RunId:     run,
		ModelJson: proto.String(`{"artifact_path":"model","flavors":{},"utc_time_created":"2026-01-01","run_id":"` + *run + `"}`),
	})
	ok(t, m.LogInputs, &mlflow.LogInputs{RunId: run, Datasets: []*mlflow.DatasetInput{{Dataset: &mlflow.Dataset{
		Name: proto.String("set"), Digest: proto.String("1"), SourceType: proto.String("local"), Source: proto.String("here"),
	}}}})
	ok(t, m.UpdateRun, &mlflow.UpdateRun{RunId: run, Status: mlflow.RunStatus_FINISHED.Enum(), EndTime: proto.Int64(2)})
	ok(t, m.DeleteRun, &mlflow.DeleteRun{RunId: run})
	ok(t, m.RestoreRun, &mlflow.RestoreRun{RunId: run})
	data := ok(t, m.GetRun, &mlflow.GetRun{RunId: run}).GetRun()
	equal(t, "the step", data.GetData().GetMetrics()[0].GetStep(), int64(step))
	equal(t, "the status", data.GetInfo().GetStatus(), mlflow.RunStatus_FINISHED)
	history := ok(t, m.GetMetricHistory, &mlflow.GetMetricHistory{RunId: run, MetricKey: proto.String("loss")})
	equal(t, "how many points there are", len(history.GetMetrics()), 1)
	runs := ok(t, m.SearchRuns, &mlflow.SearchRuns{ExperimentIds: []string{*experiment}, Filter: proto.String("params.lr = '0.1'")})
	equal(t, "how many runs are found", len(runs.GetRuns()), 1)
	ok(t, m.ListArtifacts, &mlflow.ListArtifacts{RunId: run})
	refused(t, loggia.ErrNotFound, "RESOURCE_DOES_NOT_EXIST", m.GetRun, &mlflow.GetRun{RunId: proto.String(strings.Repeat("0", 32))})
	sampled := ok(t, c.Metrics.SampleHistory, &v1.SampleHistoryRequest{RunIds: []string{*run}, MetricKeys: []string{"loss"}, Buckets: 10})
	equal(t, "the sampled step", sampled.GetHistories()[0].GetPoints()[0].GetStep(), int64(step))
	return *run
}

// received reads a stream to its end.
func received[Response any](t *testing.T, stream *connect.ServerStreamForClient[Response], err error) []*Response {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var all []*Response
	for stream.Receive() {
		all = append(all, any(proto.Clone(any(stream.Msg()).(proto.Message))).(*Response))
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func callStreams(t *testing.T, c *loggia.Client, run string) {
	writes := []*v1.RunWrites{{RunId: run, Metrics: []*v1.MetricSeries{
		{Key: "bulk", Steps: []int64{1, 2}, Timestamps: []int64{1, 2}, Values: []float64{0.5, 0.25}},
	}}}
	equal(t, "what is durable", ok(t, c.Ingest.IngestBatch, &v1.IngestBatchRequest{Sequence: 7, Writes: writes}).GetDurableSequence(), 7)
	ingest, err := c.Ingest.Ingest(t.Context())
	if err == nil {
		err = ingest.Send(&v1.IngestRequest{Sequence: 3, Writes: writes, Producer: &v1.Producer{Id: run, Epoch: 1}})
	}
	if err == nil {
		err = ingest.CloseRequest()
	}
	// Of gRPC-Web no proxy lets both sides stream.
	if answer, err := ingest.Receive(); err == nil {
		equal(t, "what is durable", answer.GetDurableSequence(), 3)
	} else if !strings.Contains(t.Name(), "grpc-web") {
		t.Fatal(err)
	}

	watch, err := c.Watch.Watch(t.Context(), &v1.WatchRequest{RunIds: []string{run}, PointKeys: []string{"bulk"}})
	if err != nil {
		t.Fatal(err)
	}
	for steps := 0; steps < 2; {
		if !watch.Receive() {
			t.Fatalf("the watch ended: %v", watch.Err())
		}
		for _, change := range watch.Msg().GetChanges() {
			equal(t, "the watched run", change.GetRunId(), run)
			for _, series := range change.GetPoints() {
				steps += len(series.GetSteps())
			}
		}
	}
	_ = watch.Close()

	runs, err := c.Exports.ExportRuns(t.Context(), &v1.ExportRunsRequest{})
	equal(t, "the exported run", received(t, runs, err)[0].GetRuns()[0].GetInfo().GetRunId(), run)
	points, err := c.Exports.ExportMetricHistories(t.Context(), &v1.ExportMetricHistoriesRequest{
		RunIds: []string{run}, MetricKeys: []string{"bulk"},
	})
	equal(t, "the exported points", len(received(t, points, err)[0].GetParts()[0].GetSteps()), 2)
}

func callCandidates(t *testing.T, c *loggia.Client, run string) {
	experiments := ok(t, c.Experiments.ListExperiments, &v1.ListExperimentsRequest{Search: "second"}).GetExperiments()
	equal(t, "how many experiments there are", len(experiments), 1)
	id := experiments[0].GetExperimentId()
	equal(t, "how many candidates it has",
		ok(t, c.Experiments.GetExperiment, &v1.GetExperimentRequest{ExperimentId: id}).GetExperiment().GetCandidateCount(), 1)
	k := c.Candidates
	found := ok(t, k.SearchCandidates, &v1.SearchCandidatesRequest{ExperimentIds: []string{id}, ParamKeys: []string{"lr"}})
	equal(t, "the param", found.GetCandidates()[0].GetParams()[0].GetValue(), "0.1")
	refused(t, loggia.ErrInvalid, "INVALID_PARAMETER_VALUE", k.SearchCandidates,
		&v1.SearchCandidatesRequest{ExperimentIds: []string{id}, Filter: "no filter"})
	equal(t, "the candidate", ok(t, k.GetCandidate, &v1.GetCandidateRequest{RunId: run}).GetCandidate().GetRunId(), run)
	several := ok(t, k.GetCandidates, &v1.GetCandidatesRequest{RunIds: []string{run}})
	equal(t, "the candidate among several", several.GetCandidates()[0].GetRunId(), run)
	equal(t, "how many children it has", len(ok(t, k.ListChildren, &v1.ListChildrenRequest{RunId: run}).GetChildren()), 0)
	columns := ok(t, k.ListColumns, &v1.ListColumnsRequest{ExperimentIds: []string{id}, Search: "lr"})
	equal(t, "the column", columns.GetParams()[0].GetKey(), "lr")
	values := ok(t, k.ListValues, &v1.ListValuesRequest{ExperimentIds: []string{id}, Kind: "param", Key: "lr"})
	equal(t, "the value", values.GetValues()[0], "0.1")
	ok(t, k.TagCandidates, &v1.TagCandidatesRequest{RunIds: []string{run}, Key: "seen", Value: proto.String("yes")})
	equal(t, "how many are deleted",
		ok(t, k.DeleteCandidates, &v1.DeleteCandidatesRequest{RunIds: []string{run}}).GetChangedCount(), 1)
	equal(t, "how many are restored",
		ok(t, k.RestoreCandidates, &v1.RestoreCandidatesRequest{RunIds: []string{run}}).GetChangedCount(), 1)

	ok(t, c.Sessions.GetViewer, &v1.GetViewerRequest{})
	ok(t, c.Sessions.SignIn, &v1.SignInRequest{})
	ok(t, c.Sessions.SignOut, &v1.SignOutRequest{})
}

func callLoggedModels(t *testing.T, c *loggia.Client, run string) {
	m := c.Mlflow
	experiment := ok(t, m.GetRun, &mlflow.GetRun{RunId: &run}).GetRun().GetInfo().ExperimentId
	id := ok(t, m.CreateLoggedModel, &mlflow.CreateLoggedModel{ExperimentId: experiment, SourceRunId: &run}).GetModel().GetInfo().ModelId
	ok(t, m.LogLoggedModelParams, &mlflow.LogLoggedModelParamsRequest{
		ModelId: id, Params: []*mlflow.LoggedModelParameter{{Key: proto.String("a"), Value: proto.String("1")}},
	})
	ok(t, m.SetLoggedModelTags, &mlflow.SetLoggedModelTags{
		ModelId: id, Tags: []*mlflow.LoggedModelTag{{Key: proto.String("k"), Value: proto.String("v")}},
	})
	ok(t, m.DeleteLoggedModelTag, &mlflow.DeleteLoggedModelTag{ModelId: id, TagKey: proto.String("k")})
	ok(t, m.FinalizeLoggedModel, &mlflow.FinalizeLoggedModel{ModelId: id, Status: mlflow.LoggedModelStatus_LOGGED_MODEL_READY.Enum()})
	ok(t, m.LogOutputs, &mlflow.LogOutputs{RunId: &run, Models: []*mlflow.ModelOutput{{ModelId: id, Step: proto.Int64(0)}}})
	model := ok(t, m.GetLoggedModel, &mlflow.GetLoggedModel{ModelId: id}).GetModel()
	equal(t, "the status", model.GetInfo().GetStatus(), mlflow.LoggedModelStatus_LOGGED_MODEL_READY)
	ok(t, m.ListLoggedModelArtifacts, &mlflow.ListLoggedModelArtifacts{ModelId: id})
	found := ok(t, m.SearchLoggedModels, &mlflow.SearchLoggedModels{ExperimentIds: []string{*experiment}})
	equal(t, "how many models are found", len(found.GetModels()), 1)
	ok(t, m.DeleteLoggedModel, &mlflow.DeleteLoggedModel{ModelId: id})
}

func callRegistry(t *testing.T, c *loggia.Client, run string) {
	r := c.Registry
	name, version := proto.String("model"), proto.String("1")
	ok(t, r.CreateRegisteredModel, &mlflow.CreateRegisteredModel{Name: proto.String("draft")})
	ok(t, r.RenameRegisteredModel, &mlflow.RenameRegisteredModel{Name: proto.String("draft"), NewName: name})
	ok(t, r.UpdateRegisteredModel, &mlflow.UpdateRegisteredModel{Name: name, Description: proto.String("what it does")})
	ok(t, r.SetRegisteredModelTag, &mlflow.SetRegisteredModelTag{Name: name, Key: proto.String("k"), Value: proto.String("v")})
	model := ok(t, r.GetRegisteredModel, &mlflow.GetRegisteredModel{Name: name}).GetRegisteredModel()
	equal(t, "the description", model.GetDescription(), "what it does")
	ok(t, r.DeleteRegisteredModelTag, &mlflow.DeleteRegisteredModelTag{Name: name, Key: proto.String("k")})
	ok(t, r.ListRegisteredModels, &mlflow.ListRegisteredModels{})
	equal(t, "how many are found", len(ok(t, r.SearchRegisteredModels, &mlflow.SearchRegisteredModels{}).GetRegisteredModels()), 1)
	ok(t, r.CreateModelVersion, &mlflow.CreateModelVersion{Name: name, Source: proto.String("runs:/" + run + "/model"), RunId: &run})
	ok(t, r.UpdateModelVersion, &mlflow.UpdateModelVersion{Name: name, Version: version, Description: proto.String("the first")})
	ok(t, r.TransitionModelVersionStage, &mlflow.TransitionModelVersionStage{
		Name: name, Version: version, Stage: proto.String("Production"), ArchiveExistingVersions: proto.Bool(false),
	})
	latest := ok(t, r.GetLatestVersions, &mlflow.GetLatestVersions{Name: name, Stages: []string{"Production"}})
	equal(t, "how many are in production", len(latest.GetModelVersions()), 1)
	ok(t, r.GetModelVersion, &mlflow.GetModelVersion{Name: name, Version: version})
	ok(t, r.GetModelVersionDownloadUri, &mlflow.GetModelVersionDownloadUri{Name: name, Version: version})
	ok(t, r.SearchModelVersions, &mlflow.SearchModelVersions{Filter: proto.String("name = 'model'")})
	ok(t, r.SetModelVersionTag, &mlflow.SetModelVersionTag{Name: name, Version: version, Key: proto.String("k"), Value: proto.String("v")})
	ok(t, r.DeleteModelVersionTag, &mlflow.DeleteModelVersionTag{Name: name, Version: version, Key: proto.String("k")})
	alias := proto.String("champion")
	ok(t, r.SetRegisteredModelAlias, &mlflow.SetRegisteredModelAlias{Name: name, Version: version, Alias: alias})
	aliased := ok(t, r.GetModelVersionByAlias, &mlflow.GetModelVersionByAlias{Name: name, Alias: alias})
	equal(t, "the version by alias", aliased.GetModelVersion().GetVersion(), "1")
	ok(t, r.DeleteRegisteredModelAlias, &mlflow.DeleteRegisteredModelAlias{Name: name, Alias: alias})
	ok(t, r.DeleteModelVersion, &mlflow.DeleteModelVersion{Name: name, Version: version})
	ok(t, r.DeleteRegisteredModel, &mlflow.DeleteRegisteredModel{Name: name})
}

// callArtifacts also calls what a message cannot carry: bytes go over plain HTTP.
func callArtifacts(t *testing.T, c *loggia.Client) {
	a := c.Artifacts
	equal(t, "how many files there are", len(ok(t, a.ListArtifacts, &artifacts.ListArtifacts{}).GetFiles()), 0)
	refused(t, loggia.ErrUnimplemented, "ENDPOINT_NOT_FOUND", a.DownloadArtifact, &artifacts.DownloadArtifact{})
	refused(t, loggia.ErrUnimplemented, "ENDPOINT_NOT_FOUND", a.UploadArtifact, &artifacts.UploadArtifact{})
	refused(t, loggia.ErrUnimplemented, "ENDPOINT_NOT_FOUND", a.DeleteArtifact, &artifacts.DeleteArtifact{})
}

func callPeople(t *testing.T, c *loggia.Client, unique string) {
	ok(t, c.Users.CreateUser, &v1.CreateUserRequest{Username: unique, Name: "Ada"})
	ok(t, c.Users.UpdateUser, &v1.UpdateUserRequest{Username: unique, Name: proto.String("Ada L.")})
	ok(t, c.Users.ListUsers, &v1.ListUsersRequest{})
	ok(t, c.Users.BlockUser, &v1.BlockUserRequest{Username: unique})
	ok(t, c.Users.UnblockUser, &v1.UnblockUserRequest{Username: unique})
	ok(t, c.Members.SetMember, &v1.SetMemberRequest{Username: unique, Role: "developer"})
	equal(t, "how many members there are", len(ok(t, c.Members.ListMembers, &v1.ListMembersRequest{}).GetMembers()), 1)
	ok(t, c.Members.RemoveMember, &v1.RemoveMemberRequest{Username: unique})

	k := c.Tokens
	ok(t, k.GetCurrentToken, &v1.GetCurrentTokenRequest{})
	token := ok(t, k.CreateToken, &v1.CreateTokenRequest{Name: "job", Role: "developer"}).GetToken().GetTokenId()
	ok(t, k.ListTokens, &v1.ListTokensRequest{})
	token = ok(t, k.RotateToken, &v1.RotateTokenRequest{TokenId: token}).GetToken().GetTokenId()
	ok(t, k.RevokeToken, &v1.RevokeTokenRequest{TokenId: token})
	personal := ok(t, k.CreatePersonalToken, &v1.CreatePersonalTokenRequest{Name: "mine", Username: &unique}).GetToken().GetTokenId()
	ok(t, k.ListPersonalTokens, &v1.ListPersonalTokensRequest{Username: &unique})
	personal = ok(t, k.RotatePersonalToken, &v1.RotatePersonalTokenRequest{TokenId: personal}).GetToken().GetTokenId()
	ok(t, k.RevokePersonalToken, &v1.RevokePersonalTokenRequest{TokenId: personal})

	ok(t, c.Audit.ListEvents, &v1.ListEventsRequest{})
	ok(t, c.Audit.ListServerEvents, &v1.ListServerEventsRequest{})
	events, err := c.Audit.ExportEvents(t.Context(), &v1.ExportEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for events.Receive() {
		count += len(events.Msg().GetEvents())
	}
	if err := events.Err(); err != nil || count == 0 {
		t.Fatalf("%d events were exported: %v", count, err)
	}
}

func callProject(t *testing.T, c *loggia.Client, run string, project *v1.Project) {
	p := c.Projects
	ok(t, p.UpdateProject, &v1.UpdateProjectRequest{Description: proto.String("of a test")})
	equal(t, "the description", ok(t, p.GetProject, &v1.GetProjectRequest{}).GetProject().GetDescription(), "of a test")
	ok(t, p.ListProjects, &v1.ListProjectsRequest{})

	ok(t, c.CI.GetSetup, &v1.GetSetupRequest{})
	ok(t, c.CI.ListTrusts, &v1.ListTrustsRequest{})
	refused(t, loggia.ErrInvalid, "INVALID_PARAMETER_VALUE", c.CI.CreateTrust, &v1.CreateTrustRequest{Issuer: "https://nobody.example.org"})
	refused(t, loggia.ErrNotFound, "RESOURCE_DOES_NOT_EXIST", c.CI.UpdateTrust, &v1.UpdateTrustRequest{TrustId: 1, Role: "guest"})
	refused(t, loggia.ErrNotFound, "RESOURCE_DOES_NOT_EXIST", c.CI.DeleteTrust, &v1.DeleteTrustRequest{TrustId: 1})
	ok(t, c.CI.RotateWebhookSecret, &v1.RotateWebhookSecretRequest{})
	ok(t, c.CI.DeleteWebhookSecret, &v1.DeleteWebhookSecretRequest{})
	ok(t, c.CI.GetJob, &v1.GetJobRequest{RunId: run})
	ok(t, c.CI.GetRunJobs, &v1.GetRunJobsRequest{RunIds: []string{run}})

	equal(t, "how many runs there are", ok(t, c.Purge.GetUsage, &v1.GetUsageRequest{}).GetRuns(), 1)
	ok(t, c.Mlflow.DeleteRun, &mlflow.DeleteRun{RunId: &run})
	ok(t, c.Purge.PurgeRuns, &v1.PurgeRunsRequest{RunIds: []string{run}})
	ok(t, c.Purge.PurgeDeleted, &v1.PurgeDeletedRequest{})
	spare := ok(t, c.Mlflow.CreateExperiment, &mlflow.CreateExperiment{Name: proto.String("spare")}).ExperimentId
	ok(t, c.Mlflow.DeleteExperiment, &mlflow.DeleteExperiment{ExperimentId: spare})
	ok(t, c.Purge.PurgeExperiments, &v1.PurgeExperimentsRequest{ExperimentIds: []string{*spare}})

	ok(t, p.ArchiveProject, &v1.ArchiveProjectRequest{})
	ok(t, p.UnarchiveProject, &v1.UnarchiveProjectRequest{})
	ok(t, p.DeleteProject, &v1.DeleteProjectRequest{Path: project.GetPath()})
}
