// Package tracing tells a collector of OpenTelemetry what the server did and how
// long it took: requests, the blocks that their commands were written in, and
// the batches in which the read models took those blocks. It promises:
//
//   - It does nothing unless the environment names a collector, as in
//     OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318; all variables of the
//     OpenTelemetry SDK mean what they mean elsewhere.
//   - A block belongs to many commands, and a batch to many blocks: each is the
//     child of the first and has links to the others. Its context goes with the
//     block in the log, so that the server that projects it need not be the one
//     that wrote it.
//   - Nothing personal is in a span: no values of commands, no names, no texts of
//     refusals.
package tracing
