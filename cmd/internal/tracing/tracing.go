package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"aidledger/projections"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes spans. A nil Tracer makes none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// carrier is the form in which the context of a span is handed on.
var carrier propagation.TraceContext

// Open returns a tracer for the collector that the environment names, nil where
// it names none. What cannot be delivered is reported to out.
func Open(ctx context.Context, version string, out *slog.Logger) (*Tracer, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("the collector of traces: %w", err)
	}
	of, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "aidledger"), attribute.String("service.version", version)),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("the attributes of traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { out.Warn("traces are not delivered", "error", err) }))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(of))
	return &Tracer{provider, provider.Tracer("aidledger")}, nil
}

// Close delivers what is left.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Request begins the span of a request, which a header may make the child of a
// span of its client. The request that is returned carries it; done ends it, with
// the code and the status of a problem.
func (t *Tracer) Request(r *http.Request) (traced *http.Request, done func(status int, code string)) {
	if t == nil {
		return r, func(int, string) {}
	}
	name := r.Pattern
	attributes := []attribute.KeyValue{attribute.String("http.request.method", r.Method), attribute.String("http.route", r.Pattern)}
	add := func(key, value string) {
		if value != "" {
			attributes = append(attributes, attribute.String(key, value))
		}
	}
	add("aidledger.ledger", r.PathValue("ledger"))
	if command := r.PathValue("command"); command != "" && r.Method == http.MethodPost {
		name = "command " + command
		add("aidledger.command", command)
		add("aidledger.entry", r.Header.Get("Idempotency-Key"))
	}
	ctx := carrier.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attributes...))
	return r.WithContext(ctx), func(status int, code string) {
		if code != "" {
			span.SetAttributes(attribute.Int("http.response.status_code", status), attribute.String("error.type", code))
		}
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, code)
		}
		span.End()
	}
}

// Block begins the span of a block; see Writing of [eventstore.Config].
func (t *Tracer) Block(ledger string, entries int, calls []context.Context) (carry string, done func(sequence uint64, err error)) {
	var causes []trace.SpanContext
	for _, call := range calls {
		causes = append(causes, trace.SpanContextFromContext(call))
	}
	ctx, span := t.follow(causes, "block", trace.SpanKindProducer,
		attribute.String("aidledger.ledger", ledger), attribute.Int("aidledger.entries", entries))
	text := propagation.MapCarrier{}
	carrier.Inject(ctx, text)
	return text["traceparent"], func(sequence uint64, err error) {
		if err == nil {
			span.SetAttributes(attribute.Int64("aidledger.block", int64(sequence)))
		}
		end(span, err)
	}
}

// Batch begins the span of a batch; see Writing of [projections.Runner].
func (t *Tracer) Batch(b projections.Batch) (done func(error)) {
	var causes []trace.SpanContext
	for _, text := range b.Traces {
		causes = append(causes, trace.SpanContextFromContext(carrier.Extract(context.Background(), propagation.MapCarrier{"traceparent": text})))
	}
	_, span := t.follow(causes, "projection", trace.SpanKindConsumer, attribute.Int64("aidledger.from_block", int64(b.From)),
		attribute.Int64("aidledger.block", int64(b.To)), attribute.Int64("aidledger.events", int64(b.Events)))
	return func(err error) { end(span, err) }
}

// follow begins a span after others: as the child of the first, with links to
// the rest.
func (t *Tracer) follow(causes []trace.SpanContext, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	ctx := context.Background()
	options := []trace.SpanStartOption{trace.WithSpanKind(kind), trace.WithAttributes(attributes...)}
	seen := map[trace.SpanID]bool{}
	for _, cause := range causes {
		if !cause.IsValid() || seen[cause.SpanID()] {
			continue
		}
		if len(seen) == 0 {
			ctx = trace.ContextWithRemoteSpanContext(ctx, cause)
		} else {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: cause}))
		}
		seen[cause.SpanID()] = true
	}
	return t.tracer.Start(ctx, name, options...)
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "it failed") // the texts of errors may hold values
	}
	span.End()
}
