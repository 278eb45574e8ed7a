// What the report's text and its Markdown write in different ways.

class Texter {
  constructor({markdown, verbose}) {
    this.markdown = markdown;
    this.limit = verbose ? Infinity : TEXT_ITEMS; // documents of one action, conflicts of one code
    this.out = [];
  }

  // line appends a line: what goes before and after it in the form that is written.
  line(text, markdown, line) {
    const [before, after] = this.markdown ? markdown : text;
    this.out.push(before + line + after);
  }

  // title is the first line, head begins a part, part one that has no head as text.
  title(line) {
    this.line(['', '\n'], ['### ', '\n'], line);
  }

  head(line) {
    this.line(['\n', '\n'], ['\n#### ', '\n\n'], line);
  }

  part(name) {
    this.line(['', '\n'], ['\n#### ', '\n\n'], this.markdown ? name : '');
  }

  // item is one of a list; sign says what is done with it. below belongs to the item before it.
  item(sign, line) {
    this.line(['  ' + sign + ' ', '\n'], ['- `' + sign + '` ', '\n'], line);
  }

  below(line) {
    this.line(['      ', '\n'], ['  - ', '\n'], line);
  }

  // note is an item without a sign, entry one of a part that has no head as text.
  note(line) {
    this.line(['  ', '\n'], ['- ', '\n'], line);
  }

  entry(line) {
    this.line(['', '\n'], ['- ', '\n'], line);
  }

  // alone is a line of its own, result the last one.
  alone(line) {
    this.line(['\n', '\n'], ['\n', '\n'], line);
  }

  result(line) {
    this.line(['\n', '\n'], ['\n**', '**\n'], line);
  }

  // block is a message of one or several lines.
  block(message) {
    const lines = message.split('\n').map(clean);
    if (!this.markdown) {
      this.out.push('  ' + lines.join('\n  ') + '\n');
      return;
    }
    const text = lines.join('\n'), fence = '`'.repeat(Math.max(3, backticks(text) + 1));
    this.out.push(fence + 'text\n' + text + '\n' + fence + '\n');
  }

  // name writes a name, value the short form of a value, names a list.
  name(name) {
    return this.code(clean(name));
  }

  value(v) {
    return this.code(short(v));
  }

  names(names) {
    return names.map(name => this.name(name)).join(', ');
  }

  // code writes a text of one line so that nothing in it is markup.
  code(text) {
    if (!this.markdown) return text;
    const pad = text === '' || /^[ `]|[ `]$/.test(text) ? ' ' : ''; // one on each side is not shown
    const fence = '`'.repeat(backticks(text) + 1);
    return fence + pad + text + pad + fence;
  }
}

// backticks is the length of the longest run of backticks.
function backticks(text) {
  return Math.max(0, ...(text.match(/`+/g) || []).map(run => run.length));
}
