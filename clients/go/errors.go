package loggia

import (
	"context"
	"errors"
	"strconv"
	"time"

	"connectrpc.com/connect"

	"loggia.dev/go/gen/mlflow"
)

// What an error is, for errors.Is. The rest of an *Error tells more.
var (
	ErrNotFound         = errors.New("not found")
	ErrAlreadyExists    = errors.New("already exists")
	ErrInvalid          = errors.New("invalid parameter")
	ErrUnauthenticated  = errors.New("unauthenticated")
	ErrPermissionDenied = errors.New("permission denied")
	ErrLimitExceeded    = errors.New("limit exceeded")
	ErrUnavailable      = errors.New("temporarily unavailable")
	ErrUnimplemented    = errors.New("not served")
	ErrInternal         = errors.New("internal error")
)

var kinds = map[connect.Code]error{
	connect.CodeNotFound:           ErrNotFound,
	connect.CodeAlreadyExists:      ErrAlreadyExists,
	connect.CodeInvalidArgument:    ErrInvalid,
	connect.CodeUnauthenticated:    ErrUnauthenticated,
	connect.CodePermissionDenied:   ErrPermissionDenied,
	connect.CodeResourceExhausted:  ErrLimitExceeded,
	connect.CodeUnavailable:        ErrUnavailable,
	connect.CodeUnimplemented:      ErrUnimplemented,
	connect.CodeInternal:           ErrInternal,
	connect.CodeUnknown:            ErrInternal,
	connect.CodeDataLoss:           ErrInternal,
	connect.CodeFailedPrecondition: ErrInvalid,
	connect.CodeOutOfRange:         ErrInvalid,
}

// Error is a refusal or a failure of a call. errors.Is tells its kind (ErrNotFound, …; also context.Canceled and
// context.DeadlineExceeded), and errors.As finds the *connect.Error in it.
type Error struct {
	// Code is MLflow's name of the error, such as "RESOURCE_DOES_NOT_EXIST"; empty when the call did not reach a server.
	Code string
	// Message is a sentence for a person. It names the parameter that is wrong.
	Message string
	// RetryAfter is how long the server asks to wait before the call is made again; 0 when it did not say.
	RetryAfter time.Duration

	cause *connect.Error
}

func (e *Error) Error() string {
	if e.Code == "" {
		return "loggia: " + e.Message
	}
	return "loggia: " + e.Code + ": " + e.Message
}

// Unwrap gives the *connect.Error.
func (e *Error) Unwrap() error { return e.cause }

// Is tells whether the error is of this kind.
func (e *Error) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.cause.Code() == connect.CodeCanceled
	case context.DeadlineExceeded:
		return e.cause.Code() == connect.CodeDeadlineExceeded
	}
	return target == kinds[e.cause.Code()]
}

// asError gives every error of a call its one form. An io.EOF, which ends a stream, and nil stay what they are.
func asError(err error) error {
	var failure *connect.Error
	var known *Error
	if errors.As(err, &known) || !errors.As(err, &failure) {
		return err
	}
	found := &Error{Message: failure.Message(), cause: failure}
	for _, detail := range failure.Details() {
		if value, err := detail.Value(); err == nil {
			if exception, ok := value.(*mlflow.DatabricksServiceExceptionProto); ok && exception.ErrorCode != nil {
				found.Code = exception.GetErrorCode().String()
			}
		}
	}
	if seconds, err := strconv.Atoi(failure.Meta().Get("Retry-After")); err == nil {
		found.RetryAfter = time.Duration(seconds) * time.Second
	}
	return found
}

// refusedError is the error of a part of what was sent, told in an answer that is none itself.
func refusedError(told *mlflow.DatabricksServiceExceptionProto) *Error {
	code := connect.CodeUnknown
	switch told.GetErrorCode() {
	case mlflow.ErrorCode_INVALID_PARAMETER_VALUE:
		code = connect.CodeInvalidArgument
	case mlflow.ErrorCode_RESOURCE_DOES_NOT_EXIST:
		code = connect.CodeNotFound
	}
	return &Error{
		Code:    told.GetErrorCode().String(),
		Message: told.GetMessage(),
		cause:   connect.NewError(code, errors.New(told.GetMessage())),
	}
}
