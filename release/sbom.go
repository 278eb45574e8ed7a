package main

// The bill of materials. In: a program, as the Go toolchain recorded its modules in it, and LICENCES.md; out: CycloneDX 1.6
// as JSON, the same bytes for the same program.

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
)

// licenceRow is a line of LICENCES.md: module, version, licence.
var licenceRow = regexp.MustCompile(`(?m)^\| (\S+) \| (v\S+) \| (\S+) \|$`)

func writeBill(program, licences, to string) error {
	binary, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	listed, err := os.ReadFile(licences)
	if err != nil {
		return err
	}
	b, err := bill(binary, string(listed))
	if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	var out bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).Encode(b); err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(to), out.Bytes(), 0o644)
}

func bill(binary []byte, licences string) (*cyclonedx.BOM, error) {
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, err
	}
	licenceOf := map[string]string{}
	for _, m := range licenceRow.FindAllStringSubmatch(licences, -1) {
		licenceOf[m[1]+" "+m[2]] = m[3]
	}
	digest := sha256.Sum256(binary)
	self := module(&info.Main, "MIT")
	self.Type = cyclonedx.ComponentTypeApplication
	self.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(digest[:])}}
	std := cyclonedx.Component{Type: cyclonedx.ComponentTypeLibrary, Name: "std", Version: info.GoVersion, PackageURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"), Licenses: licence("BSD-3-Clause")}
	std.BOMRef = std.PackageURL
	components := []cyclonedx.Component{std}
	var missing []error
	for _, m := range info.Deps {
		if m.Replace != nil {
			return nil, fmt.Errorf("%s is replaced by %s: releases have no replaced modules", m.Path, m.Replace.Path)
		}
		name := licenceOf[m.Path+" "+m.Version]
		if m.Path == "github.com/hayone1/mongocd" {
			name = "MIT" // it is a dependency where the release was built through a module proxy
		}
		if name == "" {
			missing = append(missing, fmt.Errorf("LICENCES.md has no licence of %s %s", m.Path, m.Version))
			continue
		}
		components = append(components, module(m, name))
	}
	if err := errors.Join(missing...); err != nil {
		return nil, err
	}
	slices.SortFunc(components, func(a, b cyclonedx.Component) int { return strings.Compare(a.BOMRef, b.BOMRef) })
	var needed []string
	for _, c := range components {
		needed = append(needed, c.BOMRef)
	}
	b := cyclonedx.NewBOM()
	b.SpecVersion, b.JSONSchema = cyclonedx.SpecVersion1_6, "http://cyclonedx.org/schema/bom-1.6.schema.json"
	// A UUID of version 8 (RFC 9562): its bits are those of the program's digest.
	digest[6], digest[8] = digest[6]&0x0f|0x80, digest[8]&0x3f|0x80
	b.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", digest[:4], digest[4:6], digest[6:8], digest[8:10], digest[10:16])
	b.Metadata = &cyclonedx.Metadata{Component: &self}
	b.Components = &components
	b.Dependencies = &[]cyclonedx.Dependency{{Ref: self.BOMRef, Dependencies: &needed}}
	return b, nil
}

// module is one as a component; its hash is that of go.sum, over the list of its files.
func module(m *debug.Module, name string) cyclonedx.Component {
	version := m.Version
	if version == "(devel)" {
		version = ""
	}
	c := cyclonedx.Component{Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: version, PackageURL: "pkg:golang/" + m.Path, Licenses: licence(name)}
	if version != "" {
		c.PackageURL += "@" + strings.ReplaceAll(version, "+", "%2B")
	}
	c.BOMRef = c.PackageURL
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) == sha256.Size {
		c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
	}
	return c
}

func licence(name string) *cyclonedx.Licenses {
	return &cyclonedx.Licenses{{License: &cyclonedx.License{ID: name}}}
}
