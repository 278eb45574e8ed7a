package wire

// A handler between clients and the server. In: each command, and a function that
// passes one on; out: the reply that the client gets. So a proxy stands for a server
// of another make, for a member of a replica set, for one that is about to fail.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Handler answers a command. pass sends a command to the server and gives its reply;
// it may be called never, once or several times, with any command. An error of the
// handler ends the client's connection; ErrCut does so without being an error of the
// proxy.
type Handler func(c Command, pass func(Command) (bson.Raw, error)) (bson.Raw, error)

// ErrCut ends a client's connection, as a network or a server does that goes down.
var ErrCut = errors.New("wire: the connection is cut")

// Between sets the handler of all connections that are made from now on. Their
// commands are recorded as they were sent by the client. Unacknowledged writes and
// greetings by OP_QUERY are handled too; replies stream no more (exhaustAllowed), as
// each one has been asked for.
func (p *Proxy) Between(handler Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.between = handler
}

// handled carries one client's connection through a handler.
func (p *Proxy) handled(client, server io.ReadWriter, handler Handler) error {
	pass := func(c Command) (bson.Raw, error) {
		if _, err := server.Write(c.message()); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCut, err)
		}
		reply, err := readMessage(server)
		if err != nil {
			return nil, fmt.Errorf("%w: the server: %w", ErrCut, err)
		}
		answer, err := parseMsg(reply[headerLength:])
		if err != nil {
			return nil, err
		}
		return answer.Body, nil
	}
	for {
		message, command, ok, err := next(client)
		if message == nil || err != nil {
			return err
		}
		greeting := binary.LittleEndian.Uint32(message[12:]) == opQuery
		if greeting {
			command, err = parseQuery(message[headerLength:])
			if err != nil {
				return err
			}
		} else if !ok {
			return fmt.Errorf("wire: a message of opcode %d", binary.LittleEndian.Uint32(message[12:]))
		}
		reply := p.record(command)
		if reply == nil {
			reply, err = handler(command, pass)
			if errors.Is(err, ErrCut) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		if !greeting && binary.LittleEndian.Uint32(message[headerLength:])&flagMoreToCome != 0 {
			continue // the client waits for no reply
		}
		out := replyTo(message, reply)
		if greeting {
			out = replyToQuery(message, reply)
		}
		if _, err := client.Write(out); err != nil {
			if gone(err) {
				return nil
			}
			return fmt.Errorf("wire: answering: %w", err)
		}
	}
}

// message is the command as an OP_MSG, without flags.
func (c Command) message() []byte {
	out := make([]byte, headerLength+4, headerLength+64+len(c.Body))
	binary.LittleEndian.PutUint32(out[12:], opMsg)
	out = append(append(out, 0), c.Body...)
	for _, s := range c.Sequences {
		size := 4 + len(s.Identifier) + 1
		for _, d := range s.Documents {
			size += len(d)
		}
		out = binary.LittleEndian.AppendUint32(append(out, 1), uint32(size))
		out = append(append(out, s.Identifier...), 0)
		for _, d := range s.Documents {
			out = append(out, d...)
		}
	}
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}

// parseQuery reads the command of an OP_QUERY, with which drivers greet a server
// whose version they do not know: {isMaster: 1, …} to admin.$cmd.
func parseQuery(b []byte) (Command, error) {
	end := 4 // after the flags
	for end < len(b) && b[end] != 0 {
		end++
	}
	end += 1 + 8 // the name's end; numbers to skip and to return
	if end > len(b) {
		return Command{}, errors.New("wire: an OP_QUERY is truncated")
	}
	body, _, err := cutDocument(b[end:])
	if err != nil {
		return Command{}, err
	}
	first, err := body.IndexErr(0)
	if err != nil {
		return Command{}, fmt.Errorf("wire: an OP_QUERY without a command: %w", err)
	}
	with, err := appended(body, bson.E{Key: "$db", Value: "admin"})
	if err != nil {
		return Command{}, err
	}
	return Command{Name: first.Key(), Database: "admin", Body: with}, nil
}

// replyToQuery is an OP_REPLY with one document.
func replyToQuery(message []byte, reply bson.Raw) []byte {
	out := make([]byte, headerLength+20, headerLength+20+len(reply))
	binary.LittleEndian.PutUint32(out, uint32(headerLength+20+len(reply)))
	copy(out[8:12], message[4:8])
	binary.LittleEndian.PutUint32(out[12:], opReply)
	binary.LittleEndian.PutUint32(out[headerLength:], 8)    // AwaitCapable
	binary.LittleEndian.PutUint32(out[headerLength+16:], 1) // one document, after cursor and offset of 0
	return append(out, reply...)
}

// appended is a document with more fields.
func appended(d bson.Raw, more ...bson.E) (bson.Raw, error) {
	elements, err := d.Elements()
	if err != nil {
		return nil, err
	}
	fields := make(bson.D, 0, len(elements)+len(more))
	for _, e := range elements {
		fields = append(fields, bson.E{Key: e.Key(), Value: e.Value()})
	}
	return bson.Marshal(append(fields, more...))
}
