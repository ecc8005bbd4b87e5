// Package loggia is a client of a Loggia tracking server: typed calls of every service, over Connect or gRPC, and a logger that
// sends metrics, params and tags in the background.
package loggia

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"connectrpc.com/connect"

	"loggia.dev/go/gen/loggia/v1/loggiav1connect"
	"loggia.dev/go/gen/mlflow/artifacts/artifactsconnect"
	"loggia.dev/go/gen/mlflow/mlflowconnect"
)

// Client calls one server, in one project. Its fields are the services of the server; their messages are in the packages
// loggia.dev/go/gen/mlflow and loggia.dev/go/gen/loggia/v1. Every error that they return is an *Error. A Client may be used by
// many goroutines at once.
type Client struct {
	Mlflow    mlflowconnect.MlflowServiceClient
	Registry  mlflowconnect.ModelRegistryServiceClient
	Artifacts artifactsconnect.MlflowArtifactsServiceClient
	Metrics   loggiav1connect.MetricServiceClient
	Projects  loggiav1connect.ProjectServiceClient
	Members   loggiav1connect.MemberServiceClient
	Users     loggiav1connect.UserServiceClient
	Tokens    loggiav1connect.TokenServiceClient
	Audit     loggiav1connect.AuditServiceClient
	Purge     loggiav1connect.PurgeServiceClient
	CI        loggiav1connect.CiServiceClient
	Ingest    loggiav1connect.IngestServiceClient
	Watch     loggiav1connect.WatchServiceClient
	Exports   loggiav1connect.ExportServiceClient
	// What the pages of the server ask, beyond MLflow's calls.
	Experiments loggiav1connect.ExperimentServiceClient
	Candidates  loggiav1connect.CandidateServiceClient
	Sessions    loggiav1connect.SessionServiceClient

	logger *logger
}

// Option changes how a Client calls its server.
type Option func(*settings)

type settings struct {
	token   string
	project string
	http    connect.HTTPClient
	connect []connect.ClientOption
	buffer  int
	unary   bool
}

// WithToken sends this token with every call, in place of the one in MLFLOW_TRACKING_TOKEN.
func WithToken(token string) Option { return func(s *settings) { s.token = token } }

// WithProject names the project, by number or by path ("team/vision"), in place of the one in the server's URL. Without either
// it is the project "default".
func WithProject(project string) Option { return func(s *settings) { s.project = project } }

// WithGRPC speaks gRPC instead of Connect.
func WithGRPC() Option { return WithConnectOptions(connect.WithGRPC()) }

// WithHTTPClient makes calls through this HTTP client, for proxies, certificates or timeouts of one's own. The streams of Ingest
// need HTTP/2 from end to end; without HTTP/2 the logger still works, by unary calls, given WithUnaryIngest.
func WithHTTPClient(client connect.HTTPClient) Option { return func(s *settings) { s.http = client } }

// WithConnectOptions passes options on to every connect client: interceptors, compression, message size limits.
func WithConnectOptions(options ...connect.ClientOption) Option {
	return func(s *settings) { s.connect = append(s.connect, options...) }
}

// WithBuffer sets how many points, params and tags may wait to be stored, for all runs of the client together; 200,000 unless told
// otherwise, which is some 20 MB.
func WithBuffer(entries int) Option { return func(s *settings) { s.buffer = entries } }

// WithUnaryIngest logs by one call after the other in place of a stream, for where HTTP/2 does not reach the server.
func WithUnaryIngest() Option { return func(s *settings) { s.unary = true } }

// New makes a Client of the server at trackingURI: "http://127.0.0.1:5000", or with the project in it, as MLflow's clients are
// told, "https://mlflow.example.org/api/v4/projects/team%2Fvision/ml/mlflow". When trackingURI is empty it is taken from
// MLFLOW_TRACKING_URI. Nothing is called yet.
func New(trackingURI string, options ...Option) (*Client, error) {
	if trackingURI == "" {
		trackingURI = os.Getenv("MLFLOW_TRACKING_URI")
	}
	if trackingURI == "" {
		return nil, errors.New("loggia: no server: pass its URL, or set MLFLOW_TRACKING_URI")
	}
	address, err := url.Parse(trackingURI)
	if err != nil {
		return nil, fmt.Errorf("loggia: %w", err)
	}
	if (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		return nil, fmt.Errorf("loggia: the server's URL must begin with http:// or https://, got %q", trackingURI)
	}
	chosen := settings{token: os.Getenv("MLFLOW_TRACKING_TOKEN"), buffer: defaultBuffer}
	for _, option := range options {
		option(&chosen)
	}
	if chosen.http == nil {
		chosen.http = defaultHTTPClient(address.Scheme)
	}
	base := strings.TrimRight(trackingURI, "/")
	all := append([]connect.ClientOption{connect.WithInterceptors(identify(chosen), typedErrors{})}, chosen.connect...)
	client := &Client{
		Mlflow:      mlflowconnect.NewMlflowServiceClient(chosen.http, base, all...),
		Registry:    mlflowconnect.NewModelRegistryServiceClient(chosen.http, base, all...),
		Artifacts:   artifactsconnect.NewMlflowArtifactsServiceClient(chosen.http, base, all...),
		Metrics:     loggiav1connect.NewMetricServiceClient(chosen.http, base, all...),
		Projects:    loggiav1connect.NewProjectServiceClient(chosen.http, base, all...),
		Members:     loggiav1connect.NewMemberServiceClient(chosen.http, base, all...),
		Users:       loggiav1connect.NewUserServiceClient(chosen.http, base, all...),
		Tokens:      loggiav1connect.NewTokenServiceClient(chosen.http, base, all...),
		Audit:       loggiav1connect.NewAuditServiceClient(chosen.http, base, all...),
		Purge:       loggiav1connect.NewPurgeServiceClient(chosen.http, base, all...),
		CI:          loggiav1connect.NewCiServiceClient(chosen.http, base, all...),
		Ingest:      loggiav1connect.NewIngestServiceClient(chosen.http, base, all...),
		Watch:       loggiav1connect.NewWatchServiceClient(chosen.http, base, all...),
		Exports:     loggiav1connect.NewExportServiceClient(chosen.http, base, all...),
		Experiments: loggiav1connect.NewExperimentServiceClient(chosen.http, base, all...),
		Candidates:  loggiav1connect.NewCandidateServiceClient(chosen.http, base, all...),
		Sessions:    loggiav1connect.NewSessionServiceClient(chosen.http, base, all...),
	}
	client.logger = newLogger(client.Ingest, chosen.buffer, chosen.unary)
	return client, nil
}

// Close waits until everything that was logged is stored, or ctx ends, and then ends what works in the background. Runs keep the
// status that they have.
func (c *Client) Close(ctx context.Context) error { return c.logger.close(ctx) }

// defaultHTTPClient speaks HTTP/2 also without TLS, which gRPC and two-way streams need and Go's own default does not do.
func defaultHTTPClient(scheme string) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Notices within half a minute that a server is gone which never said so, while a stream is waiting for it.
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second}
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP2(true)
	if scheme == "http" {
		transport.Protocols.SetUnencryptedHTTP2(true)
	} else {
		transport.Protocols.SetHTTP1(true)
	}
	return &http.Client{Transport: transport}
}
