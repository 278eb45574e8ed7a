package doctor

// How a server is reached from this machine. In: a connection string, the names of
// members; out: whether a connection to them can be made, and is encrypted.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// dialTime is how long a member is waited for.
const dialTime = 3 * time.Second

// reachable reports whether this machine gets a connection to a host.
func reachable(ctx context.Context, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	return err == nil && conn.Close() == nil
}

// transport finds whether the connection is encrypted, by connecting once more.
func (e *examination) transport(ctx context.Context) error {
	e.Connection.TLS = "off"
	client := options.Client().ApplyURI(e.URI)
	if err := client.Validate(); err != nil || client.TLSConfig == nil || len(client.Hosts) == 0 {
		return nil // Open has connected by it
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := (&tls.Dialer{Config: client.TLSConfig}).DialContext(ctx, "tcp", client.Hosts[0])
	if err != nil {
		e.Connection.TLS = "on"
		return nil // the driver has found another member, or another way
	}
	if secure, ok := conn.(*tls.Conn); ok {
		state := secure.ConnectionState()
		e.Connection.TLS = tls.VersionName(state.Version)
		if len(state.PeerCertificates) > 0 {
			leaf := state.PeerCertificates[0]
			e.Connection.Certificate = "valid until " + leaf.NotAfter.UTC().Format("2006-01-02")
			if left := leaf.NotAfter.Sub(e.clock.Now()); left < 14*24*time.Hour {
				e.problem("the server's certificate ends in %d days: renew it", int(left.Hours()/24))
			}
		}
	}
	if err := conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing a connection: %w", err)
	}
	return nil
}
