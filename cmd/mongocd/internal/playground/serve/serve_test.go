package serve

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/playground"
)

// TestHandler: the page has its headers; another host, another origin and whoever does
// not know the secret get nothing.
func TestHandler(t *testing.T) {
	h := Handler("127.0.0.1:80", "secret", playground.Options{Program: "mongocd test", Log: t.Output()})
	get := func(method, url string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, url, nil))
		return w
	}
	ok := get("GET", "http://127.0.0.1:80/secret/")
	if ok.Code != http.StatusOK || !strings.HasPrefix(ok.Header().Get("Content-Type"), "text/html") {
		t.Error(ok.Code, ok.Header())
	}
	policy := ok.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	if strings.Contains(policy, "http") || ok.Header().Get("X-Content-Type-Options") != "nosniff" || ok.Header().Get("Referrer-Policy") != "no-referrer" || ok.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error(ok.Header())
	}
	for name, of := range map[string]string{"page.js": "text/javascript", "page.css": "text/css", "licences.txt": "text/plain"} {
		if r := get("GET", "http://127.0.0.1:80/secret/"+name); r.Code != http.StatusOK || !strings.HasPrefix(r.Header().Get("Content-Type"), of) {
			t.Error(name, r.Code, r.Header())
		}
	}
	for _, url := range []string{"http://127.0.0.1:80/", "http://127.0.0.1:80/other/", "http://127.0.0.1:80/secret/no", "http://127.0.0.1:80/secret/../serve.go", "http://127.0.0.1:80/secret/index.html", "http://rebound.example:80/secret/", "http://localhost:80/secret/"} {
		if r := get("GET", url); r.Code != http.StatusNotFound {
			t.Error(url, r.Code)
		}
	}
	if r := get("POST", "http://127.0.0.1:80/secret/"); r.Code != http.StatusNotFound {
		t.Error(r.Code)
	}

	address := strings.Replace(program(t, playground.Options{}), "http", "ws", 1)
	_, refused, err := websocket.Dial(t.Context(), address+"session", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://other.example"}}})
	if err == nil || refused == nil || refused.StatusCode != http.StatusForbidden {
		t.Error("another origin is answered:", err)
	}
	if refused != nil {
		if err := refused.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	for message, want := range map[string]string{"{": "the first message opens a workspace", `{"example": "no"}`: "there is no example"} {
		conn, _, err := websocket.Dial(t.Context(), address+"session", nil) //nolint:bodyclose // it is the connection's
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if _, answer, err := conn.Read(t.Context()); err != nil || !strings.Contains(string(answer), want) {
			t.Errorf("%s %v", answer, err)
		}
		if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Error(err)
		}
	}
}
