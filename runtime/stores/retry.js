// Trying again: what can be repeated as it is, after waits that grow. The rules are
// docs/enforcement.md, Retries.

const RETRY_WAITS = [250, 500, 1000, 2000, 4000]; // milliseconds

// RETRYABLE_CODES are those of the specifications of retryable reads and writes.
const RETRYABLE_CODES = [6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];
const RETRYABLE_LABELS = ['RetryableWriteError', 'RetryableError'];

const INTERRUPTED = 'interrupted: the run ended before its next write\nRunning again continues where this run stopped';

// retryable reports whether what failed may succeed when it is tried again.
function retryable(e) {
  return e instanceof Failure && (e.lost || RETRYABLE_CODES.includes(e.code) || e.labels.some(l => RETRYABLE_LABELS.includes(l)));
}

// pause waits.
function * pause(ms) {
  yield {kind: 'sleep', ms};
}

// again carries a generator function out until it succeeds, fails for good, or
// has failed as often as there are waits and once more.
function * again(attempt) {
  for (const ms of RETRY_WAITS) {
    try {
      return yield* attempt();
    } catch (e) {
      if (!retryable(e) || host.stopping()) throw e;
    }
    yield* pause(ms);
  }
  return yield* attempt();
}
