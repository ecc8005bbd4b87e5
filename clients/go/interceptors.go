package loggia

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
)

// identity says with every call who calls and which project is meant.
type identity struct{ settings }

func identify(chosen settings) connect.Interceptor { return identity{chosen} }

func (i identity) addTo(header http.Header) {
	if i.token != "" {
		header.Set("Authorization", "Bearer "+i.token)
	}
	if i.project != "" {
		header.Set("Loggia-Project", i.project)
	}
}

func (i identity) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		i.addTo(request.Header())
		return next(ctx, request)
	}
}

func (i identity) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		conn := next(ctx, spec)
		i.addTo(conn.RequestHeader())
		return conn
	}
}

func (identity) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

// typedErrors turns the errors of calls into *Error.
type typedErrors struct{}

func (typedErrors) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		response, err := next(ctx, request)
		return response, asError(err)
	}
}

func (typedErrors) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		return typedErrorConn{next(ctx, spec)}
	}
}

func (typedErrors) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

type typedErrorConn struct{ connect.StreamingClientConn }

func (c typedErrorConn) Send(message any) error { return asError(c.StreamingClientConn.Send(message)) }
func (c typedErrorConn) Receive(message any) error {
	return asError(c.StreamingClientConn.Receive(message))
}
