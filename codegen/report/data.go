package report

// What the page shows, as plain data: page/data.ts reads its JSON. Texts are shown
// as they are: who makes them has escaped what could mislead (change.Clean), but for
// values, which are canonical Extended JSON and escaped by the page.

// Page is all that a page shows.
type Page struct {
	Title   string `json:"title"`
	Program string `json:"program"`
	// Before and After are what the two sides are called: "there", "wanted".
	Before string `json:"before"`
	After  string `json:"after"`
	Runs   []Run  `json:"runs"`
}

// Run is one weave in one environment; Environment is empty where two are compared.
type Run struct {
	Command     string    `json:"command"`
	Weave       string    `json:"weave"`
	Environment string    `json:"environment"`
	Outcome     string    `json:"outcome"`
	Facts       []string  `json:"facts,omitempty"`
	Sections    []Section `json:"sections"`
}

// Section is one collection, or with no Name what is said of the whole run.
type Section struct {
	Name string `json:"name"`
	// Collection is Name without the database.
	Collection string   `json:"collection,omitempty"`
	Facts      []string `json:"facts,omitempty"`
	Origin     string   `json:"origin,omitempty"`
	Items      []Item   `json:"items"`
}

// Item is one line of the list: a document, an index, an option, a conflict.
type Item struct {
	Action string   `json:"action"` // insert, update, delete, …, conflict, failure, index, option, collection, hook, record
	Sign   string   `json:"sign"`   // + ~ - ? ! =
	Name   string   `json:"name"`
	Origin string   `json:"origin,omitempty"`
	Says   []string `json:"says,omitempty"`
	// Code is one of a message or a conflict, Link the page about it.
	Code    string   `json:"code,omitempty"`
	Link    string   `json:"link,omitempty"`
	From    []Source `json:"from,omitempty"`
	Changes []Change `json:"changes,omitempty"`
	// BeforeDocument and AfterDocument are whole documents; Words are in them.
	BeforeDocument string `json:"beforeDocument,omitempty"`
	AfterDocument  string `json:"afterDocument,omitempty"`
	Words          []Word `json:"words,omitempty"`
	// Same is the same for items of a weave and collection of which the same is said, in
	// several environments or databases; there is none where nothing else is so.
	Same string `json:"same,omitempty"`
}

// Source is where a value came from: a file, a statement with its text, a commit.
type Source struct {
	Place string `json:"place"`
	Text  string `json:"text,omitempty"`
}

// Change is one place that differs; Before or After is empty when there is no value.
type Change struct {
	Path    string   `json:"path"`
	Note    string   `json:"note,omitempty"`
	Before  string   `json:"before,omitempty"`
	After   string   `json:"after,omitempty"`
	Unknown []string `json:"unknown,omitempty"`
	Words   []Word   `json:"words,omitempty"`
	From    []Source `json:"from,omitempty"`
	// Edit is the same for long texts in which the same differs, whatever stands around it.
	Edit string `json:"edit,omitempty"`
}

// Word is shown in place of a value, at names and positions within Before, After or
// a document: for an `_id` the document that it stands for, for "(secret)" which one.
type Word struct {
	At []string `json:"at"`
	// Of is the value that it stands for; what has another one there is left alone.
	Of   string `json:"of"`
	Text string `json:"text"`
}
