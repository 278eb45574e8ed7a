package main

// How pipelines sign in (docs/guides/authentication.md). In: connection strings and variables
// as the guide has them; a proxy with a certificate of an authority of our own, which plays
// the server's part of signing in and passes everything else on to a real server; out: what
// both engines send to sign in, and that their runs end as they should.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// authority signs certificates; its own is in ca.pem of its folder.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.issue(t, "ca.pem", &x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// issue writes a certificate, with its key where it is no authority's, into a file.
func (a *authority) issue(t *testing.T, file string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if !template.IsCA {
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	}
	if err := os.WriteFile(filepath.Join(a.dir, file), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// inFront listens with TLS and passes on what it gets; clients need a certificate when so is said.
func (a *authority) inFront(t *testing.T, target string, clients bool) string {
	t.Helper()
	a.issue(t, "server.pem", &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pair, err := tls.LoadX509KeyPair(filepath.Join(a.dir, "server.pem"), filepath.Join(a.dir, "server.pem"))
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if clients {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AddCert(a.cert)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { carry(client, target) })
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	return listener.Addr().String()
}

// carry passes bytes on in both directions until one side ends. What ends it, a refused
// certificate for one, the client says.
func carry(client net.Conn, target string) {
	defer func() { _ = client.Close() }()
	server, err := (&net.Dialer{Timeout: time.Minute}).Dial("tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{server, client}, {client, server}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}

// TestSignIn: both engines sign in as the guide says, and apply.
func TestSignIn(t *testing.T) {
	uri, err := url.Parse(engine.ForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	mongosh := engine.MongoshPath(t)
	proxy, err := wire.Start(context.WithoutCancel(t.Context()), uri.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	var mu sync.Mutex
	var sent []bson.Raw
	// The server's part of signing in: it takes everything, in as many steps as the mechanism has.
	proxy.Between(func(c wire.Command, pass func(wire.Command) (bson.Raw, error)) (bson.Raw, error) {
		said := func(done bool, payload bson.D) (bson.Raw, error) {
			mu.Lock()
			sent = append(sent, c.Body)
			mu.Unlock()
			data, err := bson.Marshal(payload)
			if err != nil {
				return nil, err
			}
			return bson.Marshal(bson.D{{Key: "ok", Value: 1.0}, {Key: "conversationId", Value: 1}, {Key: "done", Value: done}, {Key: "payload", Value: bson.Binary{Data: data}}})
		}
		switch strings.ToLower(c.Name) {
		case "saslstart":
			if c.Body.Lookup("mechanism").StringValue() == "SCRAM-SHA-256" {
				return nil, wire.ErrCut
			}
			if c.Body.Lookup("mechanism").StringValue() == "MONGODB-AWS" {
				_, client := c.Body.Lookup("payload").Binary()
				nonce := append(append([]byte{}, bson.Raw(client).Lookup("r").Value[5:]...), make([]byte, 32)...)
				return said(false, bson.D{{Key: "s", Value: bson.Binary{Data: nonce}}, {Key: "h", Value: "sts.amazonaws.com"}})
			}
			return said(true, bson.D{})
		case "saslcontinue", "authenticate":
			return said(true, bson.D{})
		case "hello", "ismaster":
			var body bson.D
			if err := bson.Unmarshal(c.Body, &body); err != nil {
				return nil, err
			}
			kept := bson.D{}
			for _, e := range body {
				if e.Key != "speculativeAuthenticate" && e.Key != "saslSupportedMechs" { // the long way is asked for
					kept = append(kept, e)
				}
			}
			plain, err := bson.Marshal(kept)
			if err != nil {
				return nil, err
			}
			return pass(wire.Command{Name: c.Name, Database: c.Database, Body: plain, Sequences: c.Sequences})
		}
		return pass(c)
	})
	ca := newAuthority(t)
	ca.issue(t, "client.pem", &x509.Certificate{Subject: pkix.Name{CommonName: "deployer"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	open, strict := ca.inFront(t, proxy.Addr(), false), ca.inFront(t, proxy.Addr(), true)
	token := filepath.Join(ca.dir, "token")
	writeText(t, token, "eyJ.of.the-pipeline")
	own := "&tls=true&tlsCAFile=" + url.QueryEscape(filepath.Join(ca.dir, "ca.pem"))

	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "shop.weave"), "weave shop\nenvironments prod\nfrom shop into signin {\n  sync flags\n}\n")
	writeText(t, filepath.Join(dir, "extracted/shop/flags/collection.json"), `{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": []}`)
	writeText(t, filepath.Join(dir, "extracted/shop/flags/documents.jsonl"), "{\"_id\": 1, \"on\": true}\n")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	mongocd := filepath.Join(dir, "bin", "mongocd")
	if err := os.Symlink(self, mongocd); err != nil { // TestMain is mongocd by this name
		t.Fatal(err)
	}
	command := func(variables []string, name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "HOME="+dir), variables...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if said, err := command(nil, mongocd, "compile"); err != nil {
		t.Fatal(said)
	}
	oidc := "&authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s"
	for _, way := range []struct {
		name, address, more string
		variables           []string
		refused             string // what both say when it does not go
		mechanism           string // that was signed in with; empty: nobody did
		with                string // in what was sent
	}{
		{"a certificate of nobody", open, "&tls=true", nil, "certificate", "", ""},
		{"TLS with an own authority", open, own, nil, "", "", ""},
		{"TLS where a certificate is asked for", strict, own, nil, "certificate", "", ""},
		{"X.509", strict, own + "&authMechanism=MONGODB-X509&authSource=%24external&tlsCertificateKeyFile=" + url.QueryEscape(filepath.Join(ca.dir, "client.pem")), nil, "", "MONGODB-X509", ""},
		{"OIDC, GitHub and EKS", open, own + oidc, []string{"AWS_WEB_IDENTITY_TOKEN_FILE=" + token}, "", "MONGODB-OIDC", "eyJ.of.the-pipeline"},
		{"OIDC, AKS", open, own + oidc, []string{"AZURE_FEDERATED_TOKEN_FILE=" + token}, "", "MONGODB-OIDC", "eyJ.of.the-pipeline"},
		{"OIDC without a token", open, own + oidc, []string{"AZURE_FEDERATED_TOKEN_FILE=" + token + "-not"}, "token-not", "", ""},
		{"cut while signing in", open, own + "&authMechanism=SCRAM-SHA-256", nil, "closed", "", ""},
		{"AWS IAM", open, own + "&authMechanism=MONGODB-AWS&authSource=%24external", []string{"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=of-a-test", "AWS_SESSION_TOKEN=session"}, "", "MONGODB-AWS", "Credential=AKIDEXAMPLE/"},
	} {
		for _, engineName := range []string{"go", "mongosh"} {
			t.Run(way.name+" "+engineName, func(t *testing.T) {
				mu.Lock()
				sent = nil
				mu.Unlock()
				user := ""
				if strings.Contains(way.more, "SCRAM") {
					user = "deployer:of-a-test@"
				}
				to := "mongodb://" + user + way.address + "/?directConnection=true&serverSelectionTimeoutMS=5000" + way.more
				variables := append([]string{"MONGOCD_DESTINATION_URI=" + to, "MONGOCD_MODE=apply", "URI=" + to}, way.variables...)
				var said string
				var err error
				if engineName == "go" {
					said, err = command(variables, mongocd, "apply", "--env", "prod", "--yes")
				} else { // as docs/guides/secrets.md has it, so that no list of processes shows the connection string
					said, err = command(variables, mongosh, "--norc", "--nodb", "--quiet", "--eval", "db = connect(process.env.URI)", "--file", "build/prod/shop/mongosh.js")
				}
				if strings.Contains(said, "eyJ.of") || strings.Contains(said, "of-a-test") {
					t.Errorf("a secret is shown:\n%s", said)
				}
				if way.refused == "closed" && strings.Contains(said, "was not accepted") {
					t.Errorf("nobody said that the user is not accepted:\n%s", said)
				}
				if way.refused != "" {
					if err == nil || !strings.Contains(said, way.refused) {
						t.Errorf("it is not refused for %q: %v\n%s", way.refused, err, said)
					}
					return
				}
				if err != nil {
					t.Fatalf("%v\n%s", err, said)
				}
				mu.Lock()
				defer mu.Unlock()
				found := way.mechanism == ""
				all := ""
				for _, body := range sent {
					if mechanism, ok := body.Lookup("mechanism").StringValueOK(); ok {
						found = found || mechanism == way.mechanism
					}
					all += string(body)
				}
				if !found || !strings.Contains(all, way.with) {
					t.Errorf("it does not sign in with %s (%q): %q", way.mechanism, way.with, all)
				}
			})
		}
	}
}
