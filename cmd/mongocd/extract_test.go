package main

import "testing"

func TestWithPassword(t *testing.T) {
	for _, test := range []struct{ uri, password, want string }{
		{"mongodb://ann@db.example/x", "s:e/c@r+t %", "mongodb://ann:s%3Ae%2Fc%40r%2Bt%20%25@db.example/x"},
		{"mongodb+srv://ann@db.example?w=1", "p", "mongodb+srv://ann:p@db.example?w=1"},
		{"mongodb://ann@h1:1,h2:2/", "p", "mongodb://ann:p@h1:1,h2:2/"},
		{"mongodb://ann:own@db.example", "p", "mongodb://ann:own@db.example"},
		{"mongodb://db.example/?authSource=a@b", "p", "mongodb://db.example/?authSource=a@b"},
		{"mongodb://ann@db.example", "", "mongodb://ann@db.example"},
		{"nonsense", "p", "nonsense"},
	} {
		if got := withPassword(test.uri, test.password); got != test.want {
			t.Errorf("withPassword(%q): %q, want %q", test.uri, got, test.want)
		}
	}
}
