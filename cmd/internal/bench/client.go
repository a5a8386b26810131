package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"strings"
)

// client is a keep-alive HTTP/1.1 connection that costs as little as possible,
// so that the server is measured and not its client. It understands what the
// server answers and nothing else.
type client struct {
	net.Conn
	in    *bufio.Reader
	token string
	ask   []byte
	text  []byte // of the last answer
}

func dial(address, token string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{Conn: conn, in: bufio.NewReader(conn), token: token}, nil
}

func (c *client) post(path string, want int, body []byte) error {
	c.ask = append(c.ask[:0], "POST "...)
	c.ask = append(c.ask, path...)
	c.ask = append(c.ask, " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "...)
	c.ask = append(c.ask, c.token...)
	c.ask = append(c.ask, "\r\nIdempotency-Key: "...)
	c.ask = append(c.ask, newID()...)
	c.ask = append(c.ask, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	c.ask = strconv.AppendInt(c.ask, int64(len(body)), 10)
	c.ask = append(c.ask, "\r\n\r\n"...)
	if _, err := c.Write(append(c.ask, body...)); err != nil {
		return err
	}
	status, err := c.answer()
	if err == nil && (status != want || bytes.Contains(c.text, []byte(`"code":`))) {
		err = fmt.Errorf("status %d: %.300s", status, c.text)
	}
	return err
}

// answer reads one answer to its end.
func (c *client) answer() (status int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil || len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("the answer begins with %q: %w", line, err)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := 0, false
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(string(value))); err != nil {
				return 0, err
			}
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
	}
	if chunked {
		if c.text, err = io.ReadAll(httputil.NewChunkedReader(c.in)); err == nil {
			_, err = c.in.ReadSlice('\n') // the end of the trailer, which is empty
		}
		return status, err
	}
	c.text = append(c.text[:0], make([]byte, length)...)
	_, err = io.ReadFull(c.in, c.text)
	return status, err
}
