package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// requestTimeout is the MLflow client's own (MLFLOW_HTTP_REQUEST_TIMEOUT).
const requestTimeout = 120 * time.Second

// Conn is one client: one keep-alive connection and the bytes of the MLflow 1.28 client, whose header lines are written
// in the order in which it sends them. It is net/http without what a load generator pays for and does not need, so that
// the two cores that client, server and database share are spent on the latter two.
type Conn struct {
	address string // host:port
	base    string // path before /api/2.0
	token   string // the header line of the user name in the URL, "" without one
	tcp     net.Conn
	in      *bufio.Reader
	out     bytes.Buffer
	body    bytes.Buffer
	gzipped bool
}

// NewConn takes an MLFLOW_TRACKING_URI, maybe with an MLFLOW_TRACKING_TOKEN as its user name.
func NewConn(tracking string) (*Conn, error) {
	u, err := url.Parse(tracking)
	if err != nil {
		return nil, err
	}
	c := &Conn{address: u.Host, base: strings.TrimSuffix(u.EscapedPath(), "/")}
	if u.User != nil {
		c.token = "Authorization: Bearer " + u.User.Username() + "\r\n"
	}
	return c, nil
}

// Get asks for path (below /api/2.0/mlflow/) with its query string.
func (c *Conn) Get(path string) error { return c.send("GET", path, nil) }

// Post sends body as JSON to path (below /api/2.0/mlflow/).
func (c *Conn) Post(path string, body []byte) error { return c.send("POST", path, body) }

// send makes one exchange. Afterwards Text is the body of the answer, which was 200: any other status is an error.
// A server that closes each connection (gunicorn's synchronous workers) is connected to again, as the client does.
func (c *Conn) send(method, path string, body []byte) error {
	fresh := c.tcp == nil
	status, err := c.exchange(method, path, body)
	if err != nil && !fresh {
		// The server may close an idle connection at any time; requests repeats the call once on a new one.
		c.Close()
		status, err = c.exchange(method, path, body)
	}
	if err != nil {
		c.Close()
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if status != 200 {
		text, _ := c.Text()
		return fmt.Errorf("%s %s: %d %.200s", method, path, status, text)
	}
	return nil
}

func (c *Conn) exchange(method, path string, body []byte) (int, error) {
	if c.tcp == nil {
		tcp, err := net.Dial("tcp", c.address)
		if err != nil {
			return 0, err
		}
		c.tcp, c.in = tcp, bufio.NewReaderSize(tcp, 64<<10)
	}
	c.out.Reset()
	fmt.Fprintf(&c.out, "%s %s/api/2.0/mlflow/%s HTTP/1.1\r\nHost: %s\r\n", method, c.base, path, c.address)
	c.out.WriteString("User-Agent: mlflow-python-client/1.28.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n")
	c.out.WriteString(c.token)
	if method == "POST" {
		fmt.Fprintf(&c.out, "Content-Length: %d\r\nContent-Type: application/json\r\n", len(body))
	}
	c.out.WriteString("\r\n")
	c.out.Write(body)
	c.tcp.SetDeadline(time.Now().Add(requestTimeout))
	if _, err := c.tcp.Write(c.out.Bytes()); err != nil {
		return 0, err
	}
	return c.receive()
}

// receive reads one answer: its body by length, by chunks, or up to the end of the connection.
func (c *Conn) receive() (int, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("not HTTP: %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, err
	}
	length, chunked, closes := int64(-1), false, false
	c.gzipped = false
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("connection")):
			closes = bytes.EqualFold(value, []byte("close"))
		case bytes.EqualFold(name, []byte("content-encoding")):
			c.gzipped = bytes.EqualFold(value, []byte("gzip"))
		}
	}
	c.body.Reset()
	switch {
	case chunked:
		err = c.receiveChunks()
	case length >= 0:
		_, err = io.CopyN(&c.body, c.in, length)
	default:
		closes = true
		_, err = io.Copy(&c.body, c.in)
	}
	if closes {
		c.Close()
	}
	return status, err
}

func (c *Conn) receiveChunks() error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		digits, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
		size, err := strconv.ParseInt(string(digits), 16, 64)
		if err != nil {
			return err
		}
		if _, err = io.CopyN(&c.body, c.in, size); err != nil {
			return err
		}
		// The empty line after each chunk; after the last one the same, for no server here sends trailers.
		if _, err = c.in.Discard(2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

// Text is the body of the last answer, decompressed; valid until the next call.
func (c *Conn) Text() ([]byte, error) {
	if !c.gzipped {
		return c.body.Bytes(), nil
	}
	unzip, err := gzip.NewReader(bytes.NewReader(c.body.Bytes()))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unzip)
}

// Close ends the connection; the next call makes another.
func (c *Conn) Close() {
	if c.tcp != nil {
		c.tcp.Close()
		c.tcp = nil
	}
}
