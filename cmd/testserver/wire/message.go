package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Opcodes and limits of the wire protocol
// (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/).
const (
	opReply      = 1
	opQuery      = 2004
	opCompressed = 2012
	opMsg        = 2013

	headerLength = 16
	// maxMessage is maxMessageSizeBytes (48,000,000) and room for the envelope.
	maxMessage = 48_000_000 + 64*1024

	flagChecksum   = 1 << 0
	flagMoreToCome = 1 << 1
)

// Command is one command that a client sent in an OP_MSG.
type Command struct {
	// Name is the command's name as sent, the first field of Body.
	Name     string
	Database string
	// Body is the command without its document sequences.
	Body bson.Raw
	// Sequences are the document sequences (sections of kind 1), in the order sent.
	Sequences []Sequence
}

// Sequence is a document sequence: an array argument sent outside of the body.
type Sequence struct {
	Identifier string // "documents", "updates", "deletes", …
	Documents  []bson.Raw
}

// Collection returns the collection that the command names, or "".
func (c Command) Collection() string {
	name, ok := c.Body.Lookup(c.Name).StringValueOK()
	if !ok {
		return ""
	}
	return name
}

// Statements returns the documents of an array argument ("documents",
// "updates", "deletes"), whether they were sent in a sequence or in the body.
func (c Command) Statements(identifier string) []bson.Raw {
	var out []bson.Raw
	for _, s := range c.Sequences {
		if s.Identifier == identifier {
			out = append(out, s.Documents...)
		}
	}
	array, ok := c.Body.Lookup(identifier).ArrayOK()
	if !ok {
		return out
	}
	values, err := array.Values()
	if err != nil {
		return out // the body was validated when it was read: not reached
	}
	for _, v := range values {
		if d, ok := v.DocumentOK(); ok {
			out = append(out, d)
		}
	}
	return out
}

// readMessage reads one whole message, header included; io.EOF between messages,
// io.ErrUnexpectedEOF within one.
func readMessage(r io.Reader) ([]byte, error) {
	var header [headerLength]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := int(int32(binary.LittleEndian.Uint32(header[:])))
	if length < headerLength || length > maxMessage {
		return nil, fmt.Errorf("it says it has %d bytes", length)
	}
	message := make([]byte, length)
	copy(message, header[:])
	if _, err := io.ReadFull(r, message[headerLength:]); err != nil {
		return nil, err
	}
	return message, nil
}

// replyTo is an OP_MSG that answers a message with a document.
func replyTo(message []byte, reply bson.Raw) []byte {
	out := make([]byte, headerLength, headerLength+5+len(reply))
	binary.LittleEndian.PutUint32(out, uint32(headerLength+5+len(reply)))
	copy(out[8:12], message[4:8]) // responseTo is the request's id
	binary.LittleEndian.PutUint32(out[12:], opMsg)
	return append(append(out, 0, 0, 0, 0, 0), reply...) // no flags; a section of kind 0
}

// parse reads the command of an OP_MSG. Other messages (OP_QUERY, with which
// some clients greet) give false. OP_COMPRESSED is an error: URI asks for no
// compressor, so no client that was given it negotiates one.
func parse(message []byte) (Command, bool, error) {
	switch op := binary.LittleEndian.Uint32(message[12:]); op {
	case opMsg:
		c, err := parseMsg(message[headerLength:])
		return c, err == nil, err
	case opCompressed:
		return Command{}, false, errors.New("wire: a client sent OP_COMPRESSED; connect without compressors")
	default:
		return Command{}, false, nil
	}
}

var errTruncated = errors.New("wire: an OP_MSG is truncated")

func parseMsg(b []byte) (Command, error) {
	if len(b) < 4 {
		return Command{}, errTruncated
	}
	flags := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if flags&flagChecksum != 0 {
		if len(b) < 4 {
			return Command{}, errTruncated
		}
		b = b[:len(b)-4]
	}
	var c Command
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		switch kind {
		case 0:
			body, rest, err := cutDocument(b)
			if err != nil {
				return Command{}, err
			}
			c.Body, b = body, rest
		case 1:
			s, rest, err := cutSequence(b)
			if err != nil {
				return Command{}, err
			}
			c.Sequences, b = append(c.Sequences, s), rest
		default:
			return Command{}, fmt.Errorf("wire: an OP_MSG has a section of kind %d", kind)
		}
	}
	first, err := c.Body.IndexErr(0)
	if err != nil {
		return Command{}, fmt.Errorf("wire: an OP_MSG without a command: %w", err)
	}
	c.Name = first.Key()
	if db, ok := c.Body.Lookup("$db").StringValueOK(); ok {
		c.Database = db
	}
	return c, nil
}

func cutSequence(b []byte) (Sequence, []byte, error) {
	if len(b) < 4 {
		return Sequence{}, nil, errTruncated
	}
	size := int(int32(binary.LittleEndian.Uint32(b)))
	if size < 5 || size > len(b) {
		return Sequence{}, nil, errTruncated
	}
	section, rest := b[4:size], b[size:]
	end := 0
	for end < len(section) && section[end] != 0 {
		end++
	}
	if end == len(section) {
		return Sequence{}, nil, errTruncated
	}
	s := Sequence{Identifier: string(section[:end])}
	for section = section[end+1:]; len(section) > 0; {
		d, more, err := cutDocument(section)
		if err != nil {
			return Sequence{}, nil, err
		}
		s.Documents, section = append(s.Documents, d), more
	}
	return s, rest, nil
}

func cutDocument(b []byte) (bson.Raw, []byte, error) {
	if len(b) < 5 {
		return nil, nil, errTruncated
	}
	size := int(int32(binary.LittleEndian.Uint32(b)))
	if size < 5 || size > len(b) {
		return nil, nil, errTruncated
	}
	d := bson.Raw(b[:size:size])
	if err := d.Validate(); err != nil {
		return nil, nil, fmt.Errorf("wire: a document that is not BSON: %w", err)
	}
	return d, b[size:], nil
}
