package cli

// The commit that the record of a run names where neither the build nor --label does.
// In: the variables of CI; out: a commit.

import "regexp"

// commitVariables are those in which CI systems name the commit that a job is about.
//
//js:table
var commitVariables = []string{
	"GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "CIRCLE_SHA1", "BITBUCKET_COMMIT", "BUILDKITE_COMMIT", "GIT_COMMIT",
	"TRAVIS_COMMIT", "DRONE_COMMIT_SHA", "CODEBUILD_RESOLVED_SOURCE_VERSION", "SEMAPHORE_GIT_SHA", "APPVEYOR_REPO_COMMIT",
}

// commitID is the name of a commit in full, SHA-1 or SHA-256: a branch is none.
var commitID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// Commit is the first commit that a variable of CI names; empty: none does.
func Commit(lookup func(string) (string, bool)) string {
	for _, name := range commitVariables {
		if id, _ := lookup(name); commitID.MatchString(id) {
			return id
		}
	}
	return ""
}
