/// <reference types="tree-sitter-cli/dsl" />
// The grammar of .weave files for editors. docs/language-grammar.md is printed from the compiler's own parser; the names
// of rules are those of it. What is no weave is not always refused here: an editor wants a tree all the same.
//
// make tree-sitter generates src/ anew.

const list = (rule) => seq(rule, repeat(seq(",", rule)));
const open_list = (rule) => seq(list(rule), optional(","));
const NAME = "[\\p{L}_$][\\p{L}\\p{M}\\p{Nd}_$]*";

module.exports = grammar({
  name: "weave",
  word: ($) => $.identifier,
  extras: ($) => [/[ \t\r\n\uFEFF]/, $.comment],
  supertypes: ($) => [$.declaration, $.statement],
  inline: ($) => [$._field_word],

  rules: {
    file: ($) => repeat($.declaration),

    declaration: ($) =>
      choice(
        $.weave, $.environments, $.environment, $.source, $.input, $.from, $.defaults, $.amend, $.test, $.accept, $.let,
      ),
    weave: ($) => seq("weave", field("name", $.name), optional(seq("language", $.number))),
    environments: ($) => seq("environments", list($.environment_entry)),
    environment_entry: ($) => seq(field("name", $.name), optional(seq("=", "(", list($.name), ")"))),
    environment: ($) => seq("environment", field("name", $.name), "{", "cluster", "matches", $.regex, "}"),
    source: ($) =>
      seq("source", field("name", $.name), "{", optional(seq("database", $.name)), repeat(choice($.redact, $.omit, $.not_secret)), "}"),
    input: ($) => seq("input", field("name", $.identifier), ":", field("type", $.identifier), optional(seq("=", $._expr))),
    from: ($) =>
      seq("from", field("source", choice($.per_environment, $.name)), "into", field("database", $._database), optional($.fan_out), field("body", $.from_block)),
    _database: ($) => choice($.per_environment, $.name, alias($.steps, $.path)),
    steps: ($) => seq($.identifier, repeat1($._step)),
    fan_out: ($) => seq("for", "each", field("name", $.identifier), "in", $._collection, optional(seq("where", $._expr)), optional($.expect)),
    defaults: ($) => seq("defaults", field("body", $.defaults_block)),
    amend: ($) => seq("amend", $._collection, optional(seq("for", $._environments)), field("body", $.block)),
    test: ($) => seq("test", field("name", $._text), optional(seq("for", $._environments)), field("body", $.test_block)),
    accept: ($) => seq("accept", field("code", $.name), field("reason", $._text)),
    given: ($) => seq("given", $._collection, $.object),
    expected: ($) =>
      seq(
        "expect",
        choice(
          seq("error", field("code", $.name)),
          seq("warning", field("code", $.name)),
          seq(choice("no", $.number), $._collection, optional(seq("with", $.object))),
          seq($._collection, choice(seq("exactly", $.object), seq("with", $.object, optional(seq("without", list($.path)))))),
        ),
      ),
    _collection: ($) => seq(field("collection", $.name), optional(seq("from", field("source", $.name)))),
    _environments: ($) => seq(optional(seq("all", "except")), list(field("environment", choice($.name, alias("all", $.name))))),

    from_block: ($) => seq("{", repeat(choice($.sync, $._policy, $.for, $.accept)), "}"),
    defaults_block: ($) => seq("{", repeat(choice($._policy, $.for, $.accept)), "}"),
    test_block: ($) => seq("{", repeat(choice($.given, alias($.expected, $.expect_statement), $.accept)), "}"),
    block: ($) => seq("{", repeat($.statement), "}"),
    sync: ($) =>
      prec.right(
        seq(
          "sync",
          choice("all", list($._pattern)),
          optional(seq("except", list($._pattern))),
          repeat(choice(seq("as", field("as", $.name)), seq("by", list(field("by", $.path))))),
          optional($.expect),
          optional(field("body", $.block)),
        ),
      ),
    _pattern: ($) => field("collection", choice($.regex, $.name)),
    expect: ($) => seq("expect", choice("any", seq($.number, optional(choice(seq("to", $.number), seq("or", "more")))))),

    statement: ($) =>
      choice(
        $.only, $.except, $.lookup, $.let, $.set, $.create, $.remove, $.rename, $.add, $.each, $.where, $.for, $.document, $.moved,
        $.check, $.warn, $._policy, $.accept,
      ),
    only: ($) => seq("only", "where", $._expr, optional($.expect)),
    except: ($) => seq("except", "where", $._expr, optional($.expect)),
    lookup: ($) => seq("lookup", field("name", $.identifier), "in", $._collection, "where", $._expr, optional($.expect)),
    let: ($) => seq("let", field("name", $.identifier), "=", field("value", $._expr)),
    set: ($) => seq("set", field("path", $.path), "=", field("value", $._expr)),
    create: ($) => seq("create", field("path", $.path), "=", field("value", $._expr)),
    remove: ($) => seq("remove", list($.path), optional($.expect)),
    rename: ($) => seq("rename", $.path, "to", $.path),
    add: ($) => seq("add", field("value", $._expr), "to", field("path", $.path)),
    each: ($) =>
      seq(
        "each", field("name", $.identifier), optional(seq(",", field("name", $.identifier))),
        choice("in", seq("at", "any", "depth", "of")), field("path", $.path),
        optional(seq("where", $._expr)), optional($.expect), field("body", $.block),
      ),
    where: ($) => seq("where", field("condition", $._expr), optional($.expect), field("body", $.block), optional($.else)),
    else: ($) => seq("else", choice($.where, seq(optional($.expect), field("body", $.block)))),
    for: ($) => seq("for", $._environments, field("body", $.block)),
    document: ($) => seq("document", $.object),
    moved: ($) => seq("moved", $._expr, "to", $._expr),
    check: ($) => seq("check", $._check),
    warn: ($) => seq("warn", $._check),
    _check: ($) => seq(choice(seq("unique", list($.path)), seq($._expr, optional($.reference))), optional(seq("else", field("message", $._expr)))),
    reference: ($) => seq("refers", "to", field("collection", $.name), ".", field("path", $.path), optional(seq("from", field("source", $.name)))),

    _policy: ($) =>
      choice(
        $.mode, $.redact, $.omit, $.not_secret, $.link, $.preserve, $.ignore, $.absent, $.elements, $.ensure, $.prune, $.backup, $.drift, $.indexes,
        $.index, $.drop_index, $.options, $.before, $.after,
      ),
    mode: ($) => seq("mode", field("mode", $.identifier)),
    redact: ($) => seq("redact", list($._path_pattern)),
    omit: ($) => seq("omit", list($._path_pattern)),
    // One token: behind a value `not` alone begins `not in`.
    not_secret: ($) => seq(token(/not[ \t]+secret/), list($._path_pattern)),
    link: ($) => seq("link", $.path, "to", field("collection", $.name)),
    preserve: ($) => seq("preserve", list($.path)),
    ignore: ($) => seq("ignore", list($.path)),
    absent: ($) => seq("absent", list($.path)),
    elements: ($) => seq("elements", $.path, optional(seq("by", list(field("by", $.path)))), optional(seq("without", list($._expr)))),
    ensure: ($) => seq("ensure", $.path, "has", optional("no"), list($._expr)),
    prune: ($) => seq("prune", choice("all", seq("where", $._expr)), "at", "most", $._bounds),
    _bounds: ($) => choice($._bound, seq("per", "environment", "{", open_list(seq(choice($.name, "else"), ":", $._bound)), "}")),
    _bound: ($) => choice("any", seq($.number, optional("%"))),
    backup: ($) => seq("backup", "keep", $.number),
    drift: ($) => seq("drift", field("policy", $.identifier)),
    indexes: ($) => seq("indexes", choice(seq("from", "source"), "exact", "none")),
    index: ($) => seq("index", "on", list($.index_key), optional($.object)),
    index_key: ($) => seq($.path, optional(choice("asc", "desc", "text", "hashed", $.raw_text))),
    drop_index: ($) => seq("drop", "index", field("name", $.name)),
    options: ($) => seq("options", choice(seq("from", "source"), $.object)),
    before: ($) => seq("before", $._runs),
    after: ($) => seq("after", $._runs),
    _runs: ($) => seq("{", repeat($.run), "}"),
    run: ($) => seq("run", $.object, optional(seq("on", $.name))),

    // Expressions, from loose to tight. An operator is taken, where it can be, before what it may belong to has an end.
    _expr: ($) => choice($.or, $._and),
    or: ($) => prec.left(1, seq($._expr, "or", $._and)),
    _and: ($) => choice($.and, $._not),
    and: ($) => prec.left(2, seq($._and, "and", $._not)),
    _not: ($) => choice($.not, $.quantified, $._compare),
    not: ($) => seq("not", $._not),
    // What is behind `has`, as behind `else`, goes as far as it can.
    quantified: ($) =>
      prec(-1, seq(choice("any", "every"), field("name", $.identifier), "in", $._sum, optional(seq("where", $._expr)), "has", $._expr)),
    _compare: ($) => choice($.comparison, $._default),
    comparison: ($) =>
      prec.left(4, seq(
        $._default,
        choice(
          seq(choice("==", "!=", "<", "<=", ">", ">="), $._default),
          seq(optional("not"), "in", $._default),
          seq("is", optional("not"), field("type", $.identifier)),
          seq(optional("not"), "matches", $.regex),
          seq(optional("not"), "between", $._default, "and", $._default),
        ),
      )),
    _default: ($) => choice(alias($.default_value, $.binary), $._sum),
    default_value: ($) => prec.left(5, seq($._default, "??", $._sum)),
    _sum: ($) => choice(alias($.sum, $.binary), $._product),
    sum: ($) => prec.left(6, seq($._sum, choice("+", "-"), $._product)),
    _product: ($) => choice(alias($.product, $.binary), $._unary),
    product: ($) => prec.left(7, seq($._product, choice("*", "/", "%"), $._unary)),
    _unary: ($) => choice($.negative, $.select, $._primary),
    negative: ($) => seq("-", $._unary),
    select: ($) => prec.right(9, seq($._no_path, repeat1($._step))),
    _primary: ($) => choice($._no_path, $.path),
    _no_path: ($) =>
      choice($.number, $._text, $.regex, $.true, $.false, $.null, $.per_environment, $.if, $.list, $.object, $.made_object, $.parentheses, $.call),
    true: () => "true",
    false: () => "false",
    null: () => "null",
    parentheses: ($) => seq("(", $._expr, ")"),
    if: ($) => prec(-1, seq("if", field("condition", $._expr), "then", field("then", $._expr), "else", field("else", $._expr))),
    list: ($) => seq("[", optional(choice(seq($._expr, $.for_each), open_list($._expr))), "]"),
    call: ($) => seq(field("function", $.identifier), "(", optional(open_list($._expr)), ")"),
    per_environment: ($) => seq("per", "environment", "{", open_list($.entry), "}"),
    entry: ($) => seq(choice(field("environment", $.name), "else"), ":", field("value", $._expr)),
    object: ($) => seq("{", optional(open_list($.field)), "}"),
    field: ($) => seq(choice(seq(optional("create"), field("name", $._field_name)), seq("[", field("key", $._expr), "]")), ":", field("value", $._expr)),
    _field_name: ($) => choice(alias($._field_word, $.field_name), $.number, $._text),
    _field_word: ($) => choice($.identifier, "create"),
    made_object: ($) => seq("{", "[", field("key", $._expr), "]", ":", field("value", $._expr), $.for_each, "}"),
    for_each: ($) =>
      seq("for", field("name", $.identifier), "in", $._expr, optional(seq("where", $._expr)), optional(seq("sort", "by", list(seq($._expr, optional("desc")))))),

    path: ($) => prec.right(9, seq($.identifier, repeat($._step))),
    _step: ($) => choice(seq(".", field("step", choice(alias($.identifier, $.field_name), $._text))), $.position),
    position: ($) => seq("[", optional($.number), "]"),
    _path_pattern: ($) => choice($.path, $.everywhere),
    everywhere: ($) => seq("*", ".", choice(alias($.identifier, $.field_name), $._text)),

    name: ($) => choice(seq($.identifier, optional(token.immediate(/(-[\p{L}\p{M}\p{Nd}_$]+)+/))), $._text),
    identifier: () => new RustRegex(NAME),
    number: () => /\d+(\.\d+)?([eE][+-]?\d+)?/,
    regex: () => /\/([^\/*\\\[\s]|\\[^\n]|\[([^\]\\\n]|\\[^\n])*\])([^\/\\\[\n]|\\[^\n]|\[([^\]\\\n]|\\[^\n])*\])*\/[\p{L}\p{M}\p{Nd}_$]*/,

    _text: ($) => choice($.raw_text, $.text),
    raw_text: () => /'([^'\n]|'')*'/,
    text: ($) =>
      choice(
        seq('"', repeat(choice($._characters, token.immediate(prec(1, "$")), $.escape, $.interpolation)), token.immediate('"')),
        seq('"""', repeat(choice($._lines, token.immediate(prec(1, "$")), token.immediate(prec(1, /""?/)), $.escape, $.interpolation)), token.immediate(prec(2, '"""'))),
      ),
    _characters: () => token.immediate(prec(1, /[^"\\$\n]+/)),
    _lines: () => token.immediate(prec(1, /[^"\\$]+/)),
    escape: () => token.immediate(prec(1, /\\(["\\\/bfnrt$]|u\{[0-9A-Fa-f]+\}|u[0-9A-Fa-f]{4})/)),
    interpolation: ($) => seq(token.immediate(prec(2, "${")), $._expr, "}"),

    comment: () => token(choice(/#[^\n]*/, /\/\/[^\n]*/, /\/\*[^*]*\*+([^\/*][^*]*\*+)*\//)),
  },
});
