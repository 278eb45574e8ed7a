package browser

// Pictures for documentation. In: what a page looks like; out: a small PNG of it.

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"slices"
	"strings"
)

// Picture is what is seen, as a PNG in 256 colours: those that most of it has, for
// others the nearest.
func (tab *Tab) Picture() []byte {
	tab.t.Helper()
	full, err := png.Decode(bytes.NewReader(tab.Screenshot()))
	if err != nil {
		tab.t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			r, g, b, _ := full.At(x, y).RGBA()
			count[color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 255}]++
		}
	}
	order := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], strings.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	var palette color.Palette
	near := map[color.RGBA]bool{}
	for _, c := range order { // one of those that are nearly alike
		if like := (color.RGBA{R: c.R &^ 15, G: c.G &^ 15, B: c.B &^ 15}); !near[like] && len(palette) < 256 {
			near[like], palette = true, append(palette, c)
		}
	}
	paletted := image.NewPaletted(full.Bounds(), palette)
	draw.Draw(paletted, full.Bounds(), full, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, paletted); err != nil {
		tab.t.Fatal(err)
	}
	return out.Bytes()
}
