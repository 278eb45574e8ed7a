package review

// A comparison as text and as Markdown. In: what differs; out: text that is
// safe on a terminal, or in a pull request. Pure.

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// diffActions are the actions in the order they are shown, with their words.
var diffActions = []struct{ action, sign, word string }{
	{describe.ChangeDocument, "~", "changed"},
	{describe.UnknownDocument, "?", "unknown"},
	{describe.MakeDocument, "+", "made"},
	{describe.AddDocument, "+", "added"},
	{describe.LeaveOutExtract, "-", "left out"},
	{describe.RemoveDocument, "-", "removed"},
}

// title says which weave, environment and collections a part is about:
// {"flags", "prod", "shop_test.flags -> shop.flags"}.
func (c *Comparison) title(part *describe.CollectionChanges) (weave, environment, collections string) {
	weave, environment = diag.Safe(part.Weave, 80), diag.Safe(part.Environment, 80)
	switch {
	case part.From == "" && part.To == "":
		collections = "the whole run"
	case part.From == "":
		collections = part.To + " (only " + c.side(c.To) + ")"
	case part.To == "":
		collections = part.From + " (only " + c.side(c.From) + ")"
	case c.Kind == "rules" || part.From != part.To:
		collections = part.From + " -> " + part.To
	default:
		collections = part.To
	}
	return weave, environment, collections
}

// side is a side with the word that goes before it: in prod, at v1.4.0.
func (c *Comparison) side(name string) string {
	switch {
	case c.Kind == "environments" || name == "the workspace":
		return "in " + name
	case c.Kind == "revisions":
		return "at " + name
	}
	return name
}

// summary is "3 documents extracted, 4 wanted, 2 changed, 1 made".
func (c *Comparison) summary(part *describe.CollectionChanges) string {
	text := fmt.Sprintf("%s %s, %d %s", console.Plural(part.Before, "document"), c.side(c.From), part.After, c.side(c.To))
	count := map[string]int{}
	for _, d := range part.Documents {
		count[d.Action]++
	}
	for _, a := range diffActions {
		if n := count[a.action]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, a.word)
		}
	}
	switch {
	case part.Same > 0 && c.Kind == "rules":
		text += fmt.Sprintf(", %d as extracted", part.Same)
	case part.Same > 0:
		text += fmt.Sprintf(", %d the same", part.Same)
	}
	return text
}

// parts are what is shown: of the rules every collection, else those that differ
// or have notes; with everything all of them.
func (c *Comparison) parts(everything bool) []*describe.CollectionChanges {
	var out []*describe.CollectionChanges
	for i := range c.Found {
		if p := &c.Found[i]; c.Kind == "rules" || everything || p.Differs() || len(p.Notes) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// nothing says that no collection differs.
func (c *Comparison) nothing() string {
	if c.Kind == "destination" {
		return "nothing differs from what is wanted"
	}
	return fmt.Sprintf("nothing differs between %s and %s", c.From, c.To)
}

// shownDocuments are the documents to show, and how many of each action are
// not. Without --verbose, changes that documents have in common are apart.
func shownDocuments(documents []describe.DocumentChanges, limit int) (groups []alike, shown []describe.DocumentChanges, hidden map[string]int) {
	if limit == Items {
		groups, documents = groupChanges(documents)
	}
	count := map[string]int{}
	hidden = map[string]int{}
	for _, d := range documents {
		if count[d.Action]++; count[d.Action] > limit {
			hidden[d.Action]++
			continue
		}
		shown = append(shown, d)
	}
	return groups, shown, hidden
}

// paint colours text for terminals that want it.
type paint struct{ on bool }

// SGR parameters (ECMA-48).
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p paint) of(style, text string) string {
	if !p.on {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// sign colours a line's sign and what it is about.
func (p paint) sign(sign, text string) string {
	return p.of(map[string]string{"+": green, "-": red, "~": yellow, "!": red, "?": yellow}[sign], sign+" "+text)
}

// change is of two sides, or of what is said of both.
func (p paint) change(before, after string) string {
	if before == "" {
		return p.of(yellow, after)
	}
	return p.of(red, before) + " → " + p.of(green, after)
}

func (c *Comparison) Text(limit int, colors bool) string {
	p := paint{colors}
	var b strings.Builder
	parts := c.parts(limit != Items)
	for i, part := range parts {
		if i > 0 {
			b.WriteByte('\n')
		}
		weave, environment, collections := c.title(part)
		if environment != "" {
			weave += " for " + environment
		}
		b.WriteString(p.of(bold, weave+": "+collections) + "\n")
		if part.From != "" || part.To != "" {
			fmt.Fprintf(&b, "  %s\n", c.summary(part))
		}
		c.writeText(&b, part, limit, p)
	}
	if len(parts) == 0 {
		b.WriteString(c.nothing() + "\n")
	}
	if len(c.Accepted) > 0 {
		b.WriteString("\n" + p.of(bold, "accepted by the weaves:") + "\n")
	}
	for _, d := range c.Accepted {
		message, reason := acceptedTexts(d)
		fmt.Fprintf(&b, "  %s\n      %s\n", message, reason)
	}
	return b.String()
}

// acceptedTexts are an accepted message with its place, and why it is accepted.
func acceptedTexts(d diag.Diagnostic) (message, reason string) {
	by := d.Related[len(d.Related)-1]
	return fmt.Sprintf("%s at %s: %s", d.Code, diag.Safe(d.Span.String(), 200), d.Message), fmt.Sprintf("%s (%s)", by.Message, diag.Safe(by.Span.String(), 200))
}

func (c *Comparison) writeText(b *strings.Builder, part *describe.CollectionChanges, limit int, p paint) {
	for _, text := range part.Conflicts {
		fmt.Fprintf(b, "  %s\n", p.sign("!", text))
	}
	for _, text := range part.Notes {
		fmt.Fprintf(b, "  %s\n", text)
	}
	for _, f := range part.Settings {
		before, after := fieldTexts(f, 80)
		fmt.Fprintf(b, "  %s: %s\n", p.sign("~", settingPath(f)), p.change(before, after))
	}
	groups, shown, hidden := shownDocuments(part.Documents, limit)
	for _, g := range groups {
		sign := "~"
		if g.before == "" {
			sign = "?"
		}
		fmt.Fprintf(b, "  %s: %s: %s\n", p.sign(sign, console.Plural(g.documents, "document")), g.path, p.change(g.before, g.after))
	}
	for _, act := range diffActions {
		for _, d := range shown {
			if d.Action != act.action {
				continue
			}
			fmt.Fprintf(b, "  %s%s\n", p.sign(act.sign, d.Document), whyText(d))
			for _, f := range d.Fields {
				before, after := fieldTexts(f, 80)
				fmt.Fprintf(b, "      %s: %s\n", f.Path, p.change(before, after))
			}
		}
		if n := hidden[act.action]; n > 0 {
			fmt.Fprintf(b, "  … and %d more %s; --verbose shows them\n", n, act.word)
		}
	}
}

// settingPath is the path of a setting; that of all settings has no name.
func settingPath(f describe.FieldChange) string {
	if f.Path == "" {
		return "settings"
	}
	return f.Path
}

// whyText says of a document that is made or left out that it is.
func whyText(d describe.DocumentChanges) string {
	switch d.Action {
	case describe.MakeDocument:
		return " (made by " + diag.Safe(d.Origin, 200) + ")"
	case describe.LeaveOutExtract:
		return " (left out)"
	}
	return ""
}

// fieldTexts are the two values of a change, told apart; the first one is empty
// where the second one is about both.
func fieldTexts(f describe.FieldChange, max int) (before, after string) {
	if f.Unknown != nil {
		return "", fmt.Sprintf("unknown (%s not given)", diag.Safe(strings.Join(f.Unknown, ", "), 200))
	}
	text := func(v bson.RawValue) string {
		if v.Type == 0 {
			return "(missing)"
		}
		if s, ok := v.StringValueOK(); ok && (s == desired.MaskedSecret || s == desired.MaskedRedacted) {
			return s
		}
		return doc.Show(v, max)
	}
	before, after = text(f.Before), text(f.After)
	if f.Order {
		return before, after + " (in another order)"
	}
	if before == after && !doc.Identical(f.Before, f.After) {
		if a, b := doc.TypeName(f.Before), doc.TypeName(f.After); a != b {
			return before + " (" + a + ")", after + " (" + b + ")"
		}
		after += " (differs further on)"
	}
	return before, after
}

func (c *Comparison) Markdown(limit int) string {
	var b strings.Builder
	title := ""
	parts := c.parts(limit != Items)
	for _, part := range parts {
		weave, environment, collections := c.title(part)
		heading := "## " + inline(weave)
		if environment != "" {
			heading += " for " + inline(environment)
		}
		if heading != title {
			b.WriteString(heading + "\n\n")
			title = heading
		}
		fmt.Fprintf(&b, "**%s**", inline(collections))
		if part.From != "" || part.To != "" {
			fmt.Fprintf(&b, ": %s", markup.Replace(c.summary(part)))
		}
		b.WriteString("\n\n")
		c.writeMarkdown(&b, part, limit)
	}
	if len(parts) == 0 {
		b.WriteString(markup.Replace(c.nothing()) + "\n")
	}
	if len(c.Accepted) > 0 {
		b.WriteString("\n## Accepted by the weaves\n\n")
	}
	for _, d := range c.Accepted {
		message, reason := acceptedTexts(d)
		fmt.Fprintf(&b, "- %s — **%s**\n", inline(message), inline(reason))
	}
	return b.String()
}

func (c *Comparison) writeMarkdown(b *strings.Builder, part *describe.CollectionChanges, limit int) {
	for _, text := range part.Conflicts {
		fmt.Fprintf(b, "- **%s**\n", inline(text))
	}
	for _, text := range part.Notes {
		fmt.Fprintf(b, "- %s\n", inline(text))
	}
	if len(part.Conflicts)+len(part.Notes) > 0 {
		b.WriteByte('\n')
	}
	groups, shown, hidden := shownDocuments(part.Documents, limit)
	if len(part.Settings)+len(groups)+len(shown) == 0 {
		return
	}
	fmt.Fprintf(b, "| | document | field | %s | %s |\n|---|---|---|---|---|\n", markup.Replace(c.From), markup.Replace(c.To))
	for _, f := range part.Settings {
		before, after := fieldTexts(f, 80)
		fmt.Fprintf(b, "| changed | | %s | %s | %s |\n", inline(settingPath(f)), inline(before), inline(after))
	}
	for _, g := range groups {
		fmt.Fprintf(b, "| changed | %s | %s | %s | %s |\n", console.Plural(g.documents, "document"), inline(g.path), inlineAny(g.before), inline(g.after))
	}
	for _, act := range diffActions {
		for _, d := range shown {
			if d.Action != act.action {
				continue
			}
			if len(d.Fields) == 0 {
				fmt.Fprintf(b, "| %s | %s | | | |\n", act.word, inline(d.Document))
			}
			for k, f := range d.Fields {
				word, name := act.word, inline(d.Document)
				if k > 0 {
					word, name = "", ""
				}
				before, after := fieldTexts(f, 80)
				fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", word, name, inline(f.Path), inlineAny(before), inline(after))
			}
		}
		if n := hidden[act.action]; n > 0 {
			fmt.Fprintf(b, "| … | %d more %s | | | |\n", n, act.word)
		}
	}
	b.WriteByte('\n')
}

// inline is a text as code in a Markdown table: nothing in it is markup, a link
// or a mention.
func inline(text string) string {
	return "<code>" + markup.Replace(diag.Safe(text, 300)) + "</code>"
}

// inlineAny is a text as code, or an empty cell.
func inlineAny(text string) string {
	if text == "" {
		return ""
	}
	return inline(text)
}

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;",
	"~", "&#126;", "\\", "&#92;", "@", "&#64;", "#", "&#35;", ":", "&#58;", "$", "&#36;", "www.", "www&#46;")
