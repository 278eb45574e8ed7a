package view

// Failures of which there is no report. In: a command line, and what went wrong; out:
// whether Markdown is asked for, and the failure as Markdown, so that the summary or the
// comment of a job says why there is nothing else in it. Pure.

import "strings"

// failureBytes is how much of a message is said; a comment on GitHub has 65,536 characters.
//
//js:table
const failureBytes = 60_000

// Failure is a failure of mongocd as Markdown, under a heading of this program, with the
// hidden marker of its command, by which a job finds its own comment; there may be none.
func Failure(command, heading, message string) string {
	if command == "" {
		return failed(line(heading), message)
	}
	return failed(line(heading), message, command)
}

// NotRun is a failure of an artefact before it had a report.
func NotRun(command, weave, environment, message string) string {
	return failed(line(name(weave), " for ", name(environment), " was not run"), message, command, weave, environment)
}

func failed(heading []span, message string, of ...string) string {
	lines := cleanLines(strings.TrimSuffix(message, "\n"))
	size := 0
	for i, l := range lines {
		if size += len(l) + 1; size > failureBytes {
			more := len(lines) - i
			lines = append(lines[:i:i], "… and "+count(more)+" more "+plural(more, "line", "lines"))
			break
		}
	}
	return marker(of...) + "\n### " + markdown(heading) + "\n\n" + fenced("text", strings.Join(lines, "\n"))
}

// AsksMarkdown reports whether a command line asks for Markdown, though it may be wrong
// otherwise: the last one of --output counts.
func AsksMarkdown(args []string) bool {
	asked := ""
	for i, arg := range args {
		name, value, joined := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		switch {
		case strings.TrimPrefix(name, "-") != "output" || !strings.HasPrefix(arg, "-"):
		case joined:
			asked = value
		case i+1 < len(args):
			asked = args[i+1]
		}
	}
	return asked == "markdown"
}
