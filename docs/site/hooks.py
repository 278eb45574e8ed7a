"""Makes the pages and the navigation of the site. Used by mkdocs.yml.

In: the Markdown files of the repository, and what `mongocd explain` (bin/mongocd) says of
each code. Out: pages at the same relative paths, so that links between files hold; links
to other files lead to the repository. A guide that docs/guides/README.md does not name,
and a link to a file that is not there, are warnings, which end a strict build.
"""

import html
import logging
import pathlib
import posixpath
import re
import subprocess

import pygments.lexers
from mkdocs.structure.files import File
from pygments.lexer import RegexLexer
from pygments.token import Comment, Keyword, Name, Number, String, Text

ROOT = pathlib.Path(__file__).parents[2]
SOURCE = "https://github.com/hayone1/mongocd"
FENCE = re.compile(r"^( *```+)(\w*)[^\n`]*\n(.*?)^\1$", re.M | re.S)
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
log = logging.getLogger("mkdocs.hooks.site")


class Weave(RegexLexer):
    """Colours for weaves, by the words of the grammar that editors have."""

    GRAMMAR = (ROOT / "editors/vscode/syntaxes/weave.tmLanguage.json").read_text(encoding="utf-8")
    WORDS = {w for group in re.findall(r"\((?:\?:)?([a-z]+(?:[| ][a-z]+)*)\)", GRAMMAR) for w in re.split(r"[| ]", group)}
    name = "Weave"
    aliases = ["weave"]
    tokens = {
        "root": [
            (r"#.*?$|//.*?$", Comment),
            (r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', String),
            (r"\d[\d.]*", Number),
            (r"[A-Za-z_$][\w$]*(?=\()", Name.Function),
            (r"[A-Za-z_$][\w$-]*(?=:)|\.[A-Za-z_$][\w$]*", Name),
            (r"\b(?:%s)\b(?!-)" % "|".join(sorted(WORDS)), Keyword),
            (r"[A-Za-z_$][\w$-]*", Name),
            (r"(?:.|\n)", Text),
        ]
    }


def names(*patterns):
    """Files of the repository, sorted within each pattern."""
    return [f.relative_to(ROOT).as_posix() for p in patterns for f in sorted(ROOT.glob(p))]


def links(path, pattern):
    """What a file links to, in its order, of what matches."""
    text = (ROOT / path).read_text(encoding="utf-8")
    targets = (posixpath.normpath(posixpath.join(posixpath.dirname(path), t.split("#")[0])) for _, t, _ in LINK.findall(text))
    return [t for t in dict.fromkeys(targets) if re.fullmatch(pattern, t)]


def title(path):
    return re.search(r"^# (.*)$", (ROOT / path).read_text(encoding="utf-8"), re.M)[1].replace("`", "")


def explain(*code):
    return subprocess.run([ROOT / "bin/mongocd", "explain", *code], capture_output=True, text=True, check=True).stdout


def prose(text):
    """Text with code between backticks as Markdown: nothing else in it is markup."""
    plain = lambda t: re.sub(r"([*_\[\]\\])", r"\\\1", html.escape(t, quote=False))
    return "`".join(part if i % 2 else plain(part) for i, part in enumerate(text.split("`")))


def message(code):
    """The page of a code: what `mongocd explain` prints is indented code and prose."""
    blocks = re.split(r"(^(?:    .*\n|\n(?=    ))+)", explain(code), flags=re.M)
    said = "".join(b if i % 2 else prose(b) for i, b in enumerate(blocks))
    head, _, rest = said.partition("\n")
    return f"# {code}\n\n{head.partition(': ')[2].capitalize()}.\n{rest}"


def messages():
    """The pages of all codes, and one that lists them."""
    lines = ["# Messages\n", "What `mongocd` says about rules and data, and the conflicts with which a run refuses, by code: `mongocd explain CODE` prints the same.\n", "| code | says |", "|---|---|"]
    pages = {}
    for line in explain().splitlines():
        code, _, what = line.partition(" ")
        if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) and not line.endswith(":"):
            lines.append(f"| [{code}]({code}.md) | {prose(what.strip()).replace('|', chr(92) + '|')} |")
            pages[f"messages/{code}.md"] = message(code)
    return {"messages/index.md": "\n".join(lines) + "\n"} | pages


def navigation():
    """Sections in the order in which the repository's own lists name their files."""
    guides, language = "docs/guides/README.md", "docs/language.md"
    of_language = names("docs/language-*.md")
    first = ["docs/tutorial.md", "docs/how-to.md", "docs/coming-from-mongoprismsync.md"]
    listed = links(guides, r"docs/guides/[^/]+\.md")
    for path in names("docs/guides/*.md"):
        if path not in listed and path != guides:
            log.warning("%s is not named in %s", path, guides)
    reference = [p for p in names("docs/*.md") if p not in first + of_language + [language]]
    return [
        {"mongocd": "README.md"},
        {"Begin": first},
        {"Guides": [guides, *listed]},
        {"Language": [language, *of_language]},
        {"Reference": [*reference, {"Messages": "messages/index.md"}]},
        {"Examples": names("examples/*/README.md")},
        {"Project": ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "LICENCES.md"]},
    ]


def pages(nav):
    for entry in nav:
        yield from [entry] if isinstance(entry, str) else pages(entry.values()) if isinstance(entry, dict) else pages(entry)


def on_config(config):
    config.nav = navigation()
    pygments.lexers.LEXERS["Weave"] = (__name__, "Weave", ("weave",), (), ())
    pygments.lexers._lexer_cache["Weave"] = Weave
    return config


def on_files(files, config):
    made = messages()
    for path in pages(config.nav):
        if path not in made:
            files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    for path in names("docs/images/*", "docs/*.json"):
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def tried(markdown, address, text):
    """The page with a link below its title to what is no page, and so not looked for."""
    head, _, rest = markdown.partition("\n")
    return f'{head}\n\n<a href="{address}">{text}</a>\n{rest}'


def on_page_markdown(markdown, page, config, files):
    """Fences without what tests are told in them; links that hold on the site."""
    here = posixpath.dirname(page.file.src_uri)

    def link(match):
        target, _, anchor = match[2].partition("#")
        if not target or "://" in target or page.file.src_uri.startswith("messages/"):
            return match[0]
        path = posixpath.normpath(posixpath.join(here, target))
        if not (ROOT / path).exists():
            log.warning("%s links to %s, which is not there", page.file.src_uri, match[2])
        for known in (path, path + "/README.md"):
            if files.get_file_from_path(known):
                target = posixpath.relpath(known, here or ".")
                return match[1] + target + (anchor and "#" + anchor) + match[3]
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        return f"{match[1]}{SOURCE}/{kind}/main/{path}{match[3]}"

    example = re.fullmatch(r"examples/(\w+)/README.md", page.file.src_uri)
    if example:
        markdown = tried(markdown, f"../../playground/index.html#example={example[1]}", "Open it in the playground")
    if page.file.src_uri == "docs/guides/playground.md":
        markdown = tried(markdown, "../../playground/index.html", "Open the playground of this site")
    out, last = [], 0
    for fence in FENCE.finditer(markdown):
        out += [LINK.sub(link, markdown[last : fence.start()]), f"{fence[1]}{fence[2]}\n{fence[3]}{fence[1]}"]
        last = fence.end()
    return "".join(out) + LINK.sub(link, markdown[last:])
