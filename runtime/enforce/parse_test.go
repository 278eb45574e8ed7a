package enforce

import "github.com/hayone1/mongocd/internal/doctest"

var parse = doctest.Parse
