package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
)

// Postgres is one connection that speaks the extended protocol, with named statements and values as text: what is left
// of a driver when only its cost counts. It can log in where Postgres trusts (the embedded one's socket).
type Postgres struct {
	net.Conn
	in    *bufio.Reader
	out   []byte
	names map[string]string // statement text → its name on this connection
}

// ConnectPostgres opens a connection through a unix socket.
func ConnectPostgres(socket, user, database string) (*Postgres, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	p := &Postgres{Conn: conn, in: bufio.NewReaderSize(conn, 64<<10), names: map[string]string{}}
	startup := binary.BigEndian.AppendUint32(nil, 3<<16) // protocol 3.0
	for _, word := range []string{"user", user, "database", database, "options", "-c jit=off", ""} {
		startup = append(append(startup, word...), 0)
	}
	p.out = append(binary.BigEndian.AppendUint32(nil, uint32(len(startup)+4)), startup...)
	return p, p.flush()
}

// Statement is one statement with its values; nil is NULL.
type Statement struct {
	SQL    string
	Values []*string
}

// Run executes the statements in one round trip. Without begin and commit among them they are one transaction.
func (p *Postgres) Run(statements []Statement) error {
	for _, s := range statements {
		name, known := p.names[s.SQL]
		if !known {
			name = fmt.Sprintf("s%d", len(p.names))
			p.names[s.SQL] = name
			p.message('P', func(b []byte) []byte { return append(text(text(b, name), s.SQL), 0, 0) })
		}
		p.message('B', func(b []byte) []byte {
			b = append(text(append(b, 0), name), 0, 0) // the unnamed portal; every format is text
			b = binary.BigEndian.AppendUint16(b, uint16(len(s.Values)))
			for _, value := range s.Values {
				if value == nil {
					b = binary.BigEndian.AppendUint32(b, 1<<32-1)
					continue
				}
				b = append(binary.BigEndian.AppendUint32(b, uint32(len(*value))), *value...)
			}
			return append(b, 0, 0)
		})
		p.message('E', func(b []byte) []byte { return append(b, 0, 0, 0, 0, 0) })
	}
	p.message('S', func(b []byte) []byte { return b })
	return p.flush()
}

// message appends one message to what the next flush sends.
func (p *Postgres) message(kind byte, write func([]byte) []byte) {
	start := len(p.out) + 1
	p.out = write(append(p.out, kind, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(p.out[start:], uint32(len(p.out)-start))
}

// flush sends what is pending and reads answers up to ReadyForQuery. The error is the first that Postgres told.
func (p *Postgres) flush() (failure error) {
	_, err := p.Write(p.out)
	p.out = p.out[:0]
	if err != nil {
		return err
	}
	for {
		head, err := p.in.Peek(5)
		if err != nil {
			return err
		}
		kind, length := head[0], int(binary.BigEndian.Uint32(head[1:]))-4
		p.in.Discard(5)
		switch kind {
		case 'Z':
			p.in.Discard(length)
			return failure
		case 'E':
			body := make([]byte, length)
			if _, err := io.ReadFull(p.in, body); err != nil {
				return err
			}
			if failure == nil {
				failure = fmt.Errorf("postgres: %s", strings.ReplaceAll(string(body), "\x00", " "))
			}
		default:
			if _, err := p.in.Discard(length); err != nil {
				return err
			}
		}
	}
}

func text(b []byte, value string) []byte { return append(append(b, value...), 0) }
