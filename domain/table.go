package domain

// undoLog remembers how to take back what was folded into the state since the
// last acknowledged block. A writer decides several commands ahead of the log;
// when another writer was faster, it takes them back and decides again. While
// it is off (during a replay) nothing is remembered and nothing is paid.
type undoLog struct {
	on     bool
	steps  []func()
	tables []stored // whose changes it takes back, in the order of their making
}

func (u *undoLog) rollback(mark int) {
	for i := len(u.steps) - 1; i >= mark; i-- {
		u.steps[i]()
	}
	clear(u.steps[mark:])
	u.steps = u.steps[:mark]
}

// table is a map whose changes can be taken back. Values are copied in and out,
// so a value that holds a slice must be given a new slice, never an edited one.
type table[K comparable, V any] struct {
	rows map[K]V
	undo *undoLog
}

func newTable[K comparable, V any](u *undoLog) table[K, V] {
	t := table[K, V]{rows: map[K]V{}, undo: u}
	u.tables = append(u.tables, &t)
	return t
}

func (t *table[K, V]) get(k K) (V, bool) {
	v, ok := t.rows[k]
	return v, ok
}

func (t *table[K, V]) has(k K) bool {
	_, ok := t.rows[k]
	return ok
}

func (t *table[K, V]) put(k K, v V) {
	if t.undo.on {
		old, had := t.rows[k]
		t.undo.steps = append(t.undo.steps, func() {
			if had {
				t.rows[k] = old
			} else {
				delete(t.rows, k)
			}
		})
	}
	t.rows[k] = v
}

func (t *table[K, V]) del(k K) {
	if old, had := t.rows[k]; had {
		if t.undo.on {
			t.undo.steps = append(t.undo.steps, func() { t.rows[k] = old })
		}
		delete(t.rows, k)
	}
}
