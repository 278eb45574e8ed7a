// Trying again: what can be repeated as it is, after waits that grow. The rules are
// docs/enforcement.md, Retries.

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
