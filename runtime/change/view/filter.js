// What people ask to see of a report. In: names of collections, and a path (form.collections,
// form.path); out: whether something is shown. A filter is about what is shown alone: the
// digest of a plan covers all of it, and so does the result.

// filters reports whether something may be left out, filterText is the filter in words.
function filters(form) {
  return form.collections.length > 0 || form.path !== '';
}

function filterText({collections, path}) {
  const of = collections.length === 0 ? [] : said(plural(collections.length, 'collection ', 'collections '), nameSpans(collections));
  return said(of, of.length > 0 && path !== '' ? ', ' : '', path === '' ? [] : said('path ', nameSpan(path)));
}

// picks reports whether a path is asked for.
function picks({path: asked}, path) {
  if (asked === '') return true;
  if (!asked.includes('[')) path = anyElement(path).split('[]').join('');
  else if (asked.includes('[]')) path = anyElement(path);
  return path === asked || isBelow(path, asked) || isBelow(asked, path);
}

// isBelow reports whether a path leads on from another one.
function isBelow(path, above) {
  return path.startsWith(above) && ['.', '['].includes(path[above.length]);
}

// filtered is a report with what is asked for alone.
function filteredReport(r, form) {
  if (!filters(form)) return r;
  const {collections} = form, asked = r.collections.filter(c => collections.length === 0 || collections.includes(c.collection) || collections.includes(c.database + '.' + c.collection));
  return {...r, collections: form.path === '' ? asked : asked.map(c => belowPath(c, form))};
}

// belowPath is a collection with what has the path alone.
function belowPath(c, form) {
  const has = changes => (changes || []).some(x => picks(form, x.path));
  return {
    ...c, missing: false, indexes: c.indexes.filter(x => picks(form, 'indexes') || has(x.changes)), options: c.options.filter(x => picks(form, x.name) || has(x.changes)),
    documents: c.documents.filter(d => has(d.changes) || d.document !== undefined && fields(d.document).some(f => picks(form, pathText([f.name])))),
  };
}

// changesIn is how many changes a report has.
function changesIn(r) {
  return r.collections.reduce((n, c) => n + c.documents.length + c.indexes.length + c.options.length, 0);
}
