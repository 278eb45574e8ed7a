// A page is everything that is said of a run, in order. In: a report; out: a page, which
// text.js and markdown.js write.

/** @typedef {{head: Span[], message: string, more: Span[]}} Complaint */

// reportText gives the report for people. form: {markdown, quiet, verbose, collections,
// path, maxSize}.
function reportText(r, form) {
  if (r.command === 'doctor') return doctorText(r);
  if (r.command === 'status') return statusText(r);
  const whole = {markdown: false, quiet: false, verbose: false, collections: [], path: '', maxSize: 0, ...form};
  return writePage(r.runs === undefined ? pageOf(r, whole) : runsPage(r), whole);
}

function writePage(page, form) {
  return form.markdown ? pageMarkdown(page, form) : pageText(page);
}

// pageOf is the page of a report.
function pageOf(r, form) {
  const head = said(clean(r.command) + ' ', nameSpan(r.weave), ' for ', nameSpan(r.environment));
  const page = {
    marker: '', title: /** @type {Span[]} */ ([]), filtered: /** @type {Span[]} */ ([]), outline: {parts: [], lists: [], notes: []},
    conflicts: complaintsOf(r, form), failures: r.failure === undefined ? [] : [failureOf(r.failure)], tail: /** @type {Span[][]} */ ([]),
    results: [said(form.quiet ? head : 'result', ': ' + r.outcome + ', exit ' + r.exit)],
  };
  if (form.quiet) return page; // the result says what ran
  const less = filteredReport(r, form);
  page.marker = markerOf(clean(r.command), r.weave, r.environment);
  page.title = said(head, ': ' + reportSummary(r));
  page.outline = outlineOf(less, form);
  if (!form.verbose) briefly(page.outline);
  if (filters(form)) {
    const all = changesIn(r);
    page.filtered = said('filtered: ', filterText(form), ': ' + count(changesIn(less)) + ' of ' + count(all) + ' ' + plural(all, 'change is', 'changes are') + ' shown; counts, digest and result are of all');
  }
  page.tail = approvalOf(r);
  return page;
}

// reportSummary is the head's counts.
function reportSummary(r) {
  return tallyText(tallyOfAll(r)) || (['refused', 'failed', 'stopped'].includes(r.outcome) ? r.outcome : 'nothing to do'); // nobody knows what there is to do
}

// approvalOf says what the digest of a plan binds.
function approvalOf(r) {
  if (r.digest === undefined) return [];
  const what = tallyText({...tallyOfAll({...r, control: []}), inSync: 0, unknown: 0, absent: 0, kept: 0, lost: 0, left: 0});
  const binds = what === '' ? 'the artefact, that nothing is written' : 'the artefact, ' + what + ', and the values that are written over or deleted';
  return [said('digest: ', nameSpan(r.digest)), said('it binds ' + binds), ...(r.engine === undefined ? [] : [said('engine: ', nameSpan(r.engine))])];
}

function failureOf(f) {
  return {head: said('failure in stage ' + clean(f.stage)), message: f.message, more: []};
}

// complaintsOf are the conflicts of a report, of each code and collection the first ones.
/** @returns {Complaint[]} */
function complaintsOf(r, form) {
  const out = [], {conflicts} = r, limit = form.verbose ? Infinity : TEXT_ITEMS;
  for (let i = 0; i < conflicts.length;) {
    const first = conflicts[i];
    const where = first.database === '' ? [] : said(' in ', nameSpan(first.collection === '' ? first.database : first.database + '.' + first.collection));
    let n = 0;
    for (; i < conflicts.length; i++) {
      const c = conflicts[i];
      if (c.code !== first.code || c.database !== first.database || c.collection !== first.collection) break;
      if (++n > limit) continue;
      out.push({head: said('conflict ' + clean(c.code), where, c.origin === '' ? [] : said(', ', nameSpan(c.origin))), message: c.message + (c.fix === '' ? '' : '\nfix: ' + c.fix), more: []});
    }
    if (n > limit) out[out.length - 1].more = said('… and ' + count(n - limit) + ' more ' + clean(first.code), where);
  }
  return out;
}

// markerOf is a comment of HTML that says whose output this is. Nothing in it ends it.
function markerOf(...words) {
  const bytes = word => Array.from(host.encode(word), c => String.fromCharCode(c)).join('');
  return '<!-- mongocd' + words.map(word => ' ' + bytes(word).replace(/[^a-zA-Z0-9._-]/g, '_').replace(/^-/, '_').replace(/--/g, '-_')).join('') + ' -->';
}
