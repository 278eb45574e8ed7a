// Failures of which there is no report. In: what went wrong; out: the failure as Markdown,
// so that the summary or the comment of a job says why there is nothing else in it.

// notRun is a failure of an artefact before it had a report, with the hidden marker by
// which a job finds its own comment.
function notRun(command, weave, environment, message) {
  const lines = cleanLines(message.replace(/\n$/, ''));
  for (let i = 0, size = 0; i < lines.length; i++) {
    size += utf8Size(lines[i]) + 1;
    if (size <= FAILURE_BYTES) continue;
    const more = lines.length - i;
    lines.splice(i, more, '… and ' + count(more) + ' more ' + plural(more, 'line', 'lines'));
  }
  return markerOf(command, weave, environment) + '\n### ' + markdownText(said(nameSpan(weave), ' for ', nameSpan(environment), ' was not run')) + '\n\n' + fencedText('text', lines.join('\n'));
}
