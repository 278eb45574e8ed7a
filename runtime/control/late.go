package control

// What may arrive late. In: the writes of this run as they are sent, and the lease
// that another run left; out: what was sent and is not known to be done under the
// lease, in words, and the time that a run waits before it observes. The rules are
// docs/state.md, Late writes.

import (
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/stores"
)

//js:table
const (
	// settleSeconds is how long what a run has sent is waited for, from the end of its lease.
	settleSeconds = 60
	settleStep    = 10 * time.Second
)

// SettleSeconds is how long the next run waits for what a run has sent.
const SettleSeconds = settleSeconds

// Late are the writes that a run has sent and that are not known to be done under
// its leases.
type Late struct {
	clock stores.Clock
	count int // of all that were sent
	open  []sent
}

// sent is a write that this run has sent.
type sent struct {
	number int
	text   string // what it writes
	at     time.Time
	// unsure: an attempt of it had no answer, and may be carried out at any time.
	unsure bool
}

// Next is the number of the write that is sent next.
func (l *Late) Next() int { return l.count + 1 }

// sending remembers a write that is about to be sent.
func (l *Late) sending(text string) {
	l.count++
	l.open = append(l.open, sent{number: l.count, text: text, at: l.clock.Now()})
}

// Unanswered says of the last write that an attempt of it had no answer.
func (l *Late) Unanswered() {
	if n := len(l.open); n > 0 {
		l.open[n-1].unsure = true
	}
}

// answered: the server carried the last write out under the lease, or refused it.
func (l *Late) answered() {
	if n := len(l.open); n > 0 && !l.open[n-1].unsure {
		l.open = l.open[:n-1]
	}
}

// arrived: of the last write, if that is its number, no more is left than the text
// says; empty: nothing.
func (l *Late) arrived(number int, left string) {
	n := len(l.open)
	if n == 0 || l.open[n-1].number != number {
		return // the server refused it
	}
	if l.open[n-1].text = left; left == "" {
		l.open = l.open[:n-1]
	}
}

// since says what was sent after a time and is not known to be done under the lease.
func (l *Late) since(at time.Time) []string {
	var texts []string
	for _, s := range l.open {
		if s.at.After(at) {
			texts = append(texts, s.text)
		}
	}
	return texts
}

// mayArrive says what has no answer and may still arrive within the time that the
// next run waits for it.
func (l *Late) mayArrive() []string { return l.since(l.clock.Now().Add(-settleSeconds * time.Second)) }

// Note says what may arrive after the end of the run; empty: nothing.
func (l *Late) Note() string {
	late := l.mayArrive()
	if len(late) == 0 {
		return ""
	}
	return change.Fill(noteMayArrive, "late", strings.Join(late, "; "), "seconds", strconv.Itoa(settleSeconds))
}

// settling is how long a lease that another run left is waited for, by the server's
// clock when it was read: what was sent under it has arrived by then, or is taken
// to be lost.
func settling(before bson.Raw, now int64) time.Duration {
	if textOf(before, "run") == "" {
		return 0 // no run has held it
	}
	end := min(now, before.Lookup("expires").DateTime())
	return max(0, time.Duration(end+settleSeconds*1000-now)*time.Millisecond)
}
