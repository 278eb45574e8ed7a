package review

// The flags of what people are shown, which commands share.

import (
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/runtime/change/view"
)

// BindFilter adds the flags that say what is shown.
func BindFilter(flags *pflag.FlagSet, f *view.Filter) {
	flags.StringArrayVar(&f.Collections, "collection", nil, "show this `collection` only, NAME or DATABASE.NAME (repeatable); what is done, and the digest, are about all")
	flags.StringVar(&f.Path, "path", "", "show only what is at, above or below this `path`, such as prices.amount; as --collection")
}

// BindSize adds the flag for what a comment or a summary can hold.
func BindSize(flags *pflag.FlagSet, size *int) {
	flags.IntVar(size, "max-size", 0, "of markdown: at most so many `bytes` (65536: a comment; 1000000: a job summary); what is left out is counted")
}
