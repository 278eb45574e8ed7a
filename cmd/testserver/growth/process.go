package main

// A process, run and measured. In: a program, its arguments and variables; out: how long it took and the most that was
// resident, as /usr/bin/time says it.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// processTimeout ends what would never end.
const processTimeout = 30 * time.Minute

// took is what a process needed.
type took struct {
	time   time.Duration
	memory int64 // bytes
}

// median is the middle of several runs, of each number by itself.
func median(of []took) took {
	times, memory := make([]time.Duration, len(of)), make([]int64, len(of))
	for i, t := range of {
		times[i], memory[i] = t.time, t.memory
	}
	slices.Sort(times)
	slices.Sort(memory)
	return took{times[len(of)/2], memory[len(of)/2]}
}

// settle has on the disk what the stages before have written: else the next one would wait for that
// where it syncs its own.
func settle(ctx context.Context) error {
	if err := exec.CommandContext(ctx, "sync").Run(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// process runs a program in a folder; its exit code has to be 0.
func process(ctx context.Context, dir string, env []string, program string, args ...string) (took, error) {
	ctx, cancel := context.WithTimeout(ctx, processTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(os.Environ(), env...), 5*time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := settle(ctx); err != nil {
		return took{}, err
	}
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return took{}, fmt.Errorf("%s %q: %w\n%s", filepath.Base(program), args, err, tail(out.Bytes()))
	}
	return took{time.Since(began), engine.Resident(cmd.ProcessState)}, nil
}

func tail(b []byte) []byte {
	const most = 2000
	return b[max(0, len(b)-most):]
}

// size is of a file, or of all files below a folder, in bytes.
func size(path string) (int64, error) {
	total := int64(0)
	err := filepath.WalkDir(path, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
