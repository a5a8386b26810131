package eventstore

import "context"

// Extent is how large the log is.
type Extent struct {
	Blocks   uint64
	Bytes    uint64
	Replicas int
}

// Extent asks the server how large the log is.
func (s *Store) Extent(ctx context.Context) (Extent, error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return Extent{}, failure(LogUnavailable, "the size of the log cannot be read", "check the NATS server", err)
	}
	return Extent{Blocks: info.State.Msgs, Bytes: info.State.Bytes, Replicas: info.Config.Replicas}, nil
}
