package main

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// TestAuthentication extracts from a server that asks who is there: the
// password comes from the environment, and is in no message.
func TestAuthentication(t *testing.T) {
	engine.RequireExact(t, "users and roles")
	server, err := engine.Start(context.WithoutCancel(t.Context()), engine.Options{Flags: []string{"--auth"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the clients' own
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	const password = "p@ss:w/rd %"
	connect := func(o *options.ClientOptions) *mongo.Client {
		client, err := mongo.Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := client.Disconnect(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
		return client
	}
	user := func(client *mongo.Client, name string, roles bson.A) {
		command := bson.D{{Key: "createUser", Value: name}, {Key: "pwd", Value: password}, {Key: "roles", Value: roles}}
		if err := client.Database("admin").RunCommand(t.Context(), command).Err(); err != nil {
			t.Fatal(err)
		}
	}
	user(connect(options.Client().ApplyURI(server.URI())), "root", bson.A{"root"})
	root := connect(options.Client().ApplyURI(server.URI()).SetAuth(options.Credential{Username: "root", Password: password}))
	user(root, "reader", bson.A{bson.D{{Key: "role", Value: "read"}, {Key: "db", Value: "shop"}}})
	user(root, "stranger", bson.A{bson.D{{Key: "role", Value: "read"}, {Key: "db", Value: "other"}}})
	if _, err := root.Database("shop").Collection("flags").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "a"}}); err != nil {
		t.Fatal(err)
	}
	as := func(name, more string) string {
		return strings.Replace(server.URI(), "://", "://"+name+"@", 1) + "&authSource=admin" + more
	}
	for _, test := range []struct {
		name, uri, password string
		code                int
		says                string
	}{
		{"reader", as("reader", ""), password, console.ExitDone, "shop.flags: 1 document"},
		{"in the string", as("reader:"+strings.ReplaceAll(url.QueryEscape(password), "+", "%20"), ""), "", console.ExitDone, "shop.flags: 1 document"},
		{"wrong password", as("reader", ""), password + "x", console.ExitFailed, "Check user, password and authSource"},
		{"nobody", server.URI(), "", console.ExitFailed, "the role read on the database"},
		{"no rights", as("stranger", ""), password, console.ExitFailed, "the role read on the database"},
		{"TLS", as("reader", "&tls=true&tlsInsecure=true&serverSelectionTimeoutMS=300"), password, console.ExitFailed, "connecting to 127.0.0.1"},
	} {
		c := &cell{t: t, dir: t.TempDir(), environment: map[string]string{"MONGOCD_SOURCE_URI": test.uri, "MONGOSOURCEPASSWORD": test.password}}
		code, out := c.run("extract", "--database", "shop", "--collection", "flags", "-v")
		if code != test.code || !strings.Contains(out, test.says) {
			t.Errorf("%s: ends with %d, want %d and …%s…:\n%s", test.name, code, test.code, test.says, out)
		}
		for _, secret := range []string{password, url.QueryEscape(password), strings.ReplaceAll(url.QueryEscape(password), "+", "%20")} {
			if strings.Contains(out, secret) {
				t.Errorf("%s: the password is shown:\n%s", test.name, out)
			}
		}
	}
}
